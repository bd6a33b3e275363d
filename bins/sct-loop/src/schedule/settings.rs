//! The loop's settings: `sct-loop.toml` in the data folder. Every key has a default; a folder without the file works too.

use std::{
    collections::BTreeMap,
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_sched::Table;
use sct_tasks::failure::Coded;
use serde::Deserialize;
use serde_json::{Map, Value};

pub mod passes;

pub use self::passes::{Copy, Credentials, Mail, Passes};

/// Name of the file.
pub const FILE: &str = "sct-loop.toml";

/// Everything that is set. Paths are relative to the data folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The data folder itself.
    #[serde(skip)]
    pub data: PathBuf,
    /// Table of tasks; the nine tasks of the guide when absent.
    pub table: Option<PathBuf>,
    /// Where files come from.
    pub spool: Spool,
    /// Keys that every job dictionary gets: conditions, modules, knownBad, cabling.
    pub job: Map<String, Value>,
    /// What runs the jobs.
    pub backend: Backend,
    /// Which runs are taken, and in which order.
    pub order: Order,
    /// What is uploaded.
    pub upload: Upload,
    /// The web page.
    pub web: Web,
    /// Seconds between two looks at everything.
    pub poll: f64,
    /// How often passes are made.
    pub passes: Passes,
    /// Who is written to.
    pub mail: Mail,
    /// Results that are made elsewhere.
    pub copy: Copy,
    /// Credentials that run out.
    pub credentials: Credentials,
}

/// Where files come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spool {
    /// Folders that are watched, with those below them.
    pub folders: Vec<PathBuf>,
    /// A text file with one path on each line, instead of or besides folders.
    pub list: Option<PathBuf>,
    /// A file that changed less than this many seconds ago is still being written.
    pub settle: f64,
    /// A data set is complete when none of its files changed for so many seconds.
    pub close: f64,
}

/// What runs the jobs.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backend {
    /// `local`, `slurm` or `condor`.
    pub kind: String,
    /// Cores that local jobs share; all of the machine when absent.
    pub cores: Option<u32>,
    /// Memory that local jobs share, MB; no limit when absent.
    pub memory_mb: Option<u64>,
    /// Folder with the commands of the batch system; those of the path when absent.
    pub commands: Option<PathBuf>,
    /// Further options of the submission, as they are.
    pub options: Vec<String>,
    /// A failed submission or a job that the batch system lost is tried again so often.
    pub retries: u32,
}

/// Which runs are taken, and in which order.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Order {
    /// COOL files of run control, or a folder with them; without it the selection by stable beams and streams is left out.
    pub run_control: Vec<PathBuf>,
    /// Table of runs.
    pub runs: Option<PathBuf>,
    /// File of the last run.
    pub last_run: PathBuf,
    /// Further files that the last run is written to, for those who select runs elsewhere.
    pub publish: Vec<PathBuf>,
    /// A run waits for earlier ones until so many hours after its end.
    pub deadline_hours: f64,
}

/// What is uploaded.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Upload {
    /// Tasks whose results are requested for upload by themselves when their flag is green; none unless named here.
    pub automatic: Vec<String>,
    /// Master files by instance; `CONDBR2.db` and `MONP200.db` in the data folder unless named here.
    pub masters: BTreeMap<String, PathBuf>,
    /// Keep no copies of sources and masters.
    pub no_backup: bool,
    /// File of the key that the masters are written with; nothing is uploaded while others may read it, or it is missing.
    pub key_file: Option<PathBuf>,
}

/// The web page.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Web {
    /// Address and port to listen at; behind a proxy that speaks TLS when others than this machine are to see it.
    pub listen: SocketAddr,
    /// Address under which people open the page, for links in mails; with `https:` cookies are kept to TLS.
    pub url: String,
    /// Runs on a page of a tab.
    pub rows: usize,
    /// Addresses of proxies that say truly where a request comes from.
    pub proxies: Vec<IpAddr>,
    /// Other pages people need, by name, as links of the Help tab.
    pub links: BTreeMap<String, String>,
    /// `OpenID` Connect provider that people may sign in with.
    pub openid: Option<sct_openid::Settings>,
}

impl Web {
    /// Whether the page is reached by TLS.
    pub fn is_secure(&self) -> bool {
        self.url.starts_with("https:")
    }
}

impl Default for Web {
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 8024));
        Self {
            listen,
            url: String::new(),
            rows: 20,
            proxies: Vec::new(),
            links: BTreeMap::new(),
            openid: None,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: PathBuf::from("."),
            table: None,
            spool: Spool::default(),
            job: Map::new(),
            backend: Backend::default(),
            order: Order::default(),
            upload: Upload::default(),
            web: Web::default(),
            poll: 10.0,
            passes: Passes::default(),
            mail: Mail::default(),
            copy: Copy::default(),
            credentials: Credentials::default(),
        }
    }
}

impl Default for Spool {
    fn default() -> Self {
        Self { folders: vec![PathBuf::from("spool")], list: None, settle: 30.0, close: 600.0 }
    }
}

impl Default for Backend {
    fn default() -> Self {
        let kind = "local".to_owned();
        Self { kind, cores: None, memory_mb: None, commands: None, options: Vec::new(), retries: 3 }
    }
}

impl Default for Order {
    fn default() -> Self {
        let last_run = PathBuf::from("lastRun");
        Self {
            run_control: Vec::new(),
            runs: None,
            last_run,
            publish: Vec::new(),
            deadline_hours: 24.0,
        }
    }
}

impl Settings {
    /// Reads the settings of a data folder.
    ///
    /// # Errors
    ///
    /// When the folder does not exist, or the file has a fault: with its line.
    pub fn read(data: &Path) -> anyhow::Result<Self> {
        let data = fs::canonicalize(data).with_context(|| {
            let what = format!("there is no data folder {}", data.display());
            Coded::new(ExitCode::InputFileValidationFail, what)
        })?;
        let path = data.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                let what = format!("{}: {error}", path.display());
                return Err(Coded::new(ExitCode::InputFileValidationFail, what).into());
            }
        };
        let mut settings: Self = toml::from_str(&text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = 1 + text[..start].matches('\n').count();
            fault(&path, &format!("line {line}: {}", error.message()))
        })?;
        settings.data = data;
        settings.check(&path)?;
        Ok(settings)
    }

    fn check(&self, path: &Path) -> anyhow::Result<()> {
        for (name, seconds) in
            [("poll", self.poll), ("settle", self.spool.settle), ("close", self.spool.close)]
        {
            if !(0.0..=1e9).contains(&seconds) {
                return Err(fault(path, &format!("{name} is {seconds}, expected seconds")));
            }
        }
        if !(1..=1000).contains(&self.web.rows) {
            let what = format!("[web] rows is {}, expected 1 to 1000", self.web.rows);
            return Err(fault(path, &what));
        }
        for link in
            self.web.links.values().chain((!self.web.url.is_empty()).then_some(&self.web.url))
        {
            if !["https://", "http://"].iter().any(|scheme| link.starts_with(scheme)) {
                return Err(fault(
                    path,
                    &format!("[web] has '{link}', expected http:// or https://"),
                ));
            }
        }
        for name in self.upload.masters.keys() {
            if !["CONDBR2", "MONP200"].contains(&name.as_str()) {
                let what = format!("[upload] masters has '{name}', expected CONDBR2 or MONP200");
                return Err(fault(path, &what));
            }
        }
        if let Some(what) = passes::fault(&self.mail) {
            return Err(fault(path, &what));
        }
        for key in self.job.keys() {
            let known = sct_job::ARGUMENTS.iter().any(|argument| argument.name == key);
            let own =
                ["input", "prefix", "part", "ledger", "doRunSelector"].contains(&key.as_str());
            if !known || own {
                return Err(fault(
                    path,
                    &format!("[job] has '{key}', which is no key for all jobs"),
                ));
            }
        }
        Ok(())
    }

    /// The table of tasks.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or has a fault: with its line.
    pub fn table(&self) -> anyhow::Result<Table> {
        let Some(path) = &self.table else { return Ok(Table::default()) };
        let path = self.data.join(path);
        let text = fs::read_to_string(&path).with_context(|| {
            Coded::new(
                ExitCode::InputFileValidationFail,
                format!("table of tasks {}", path.display()),
            )
        })?;
        Table::parse(&path.display().to_string(), &text)
            .map_err(|error| Coded::new(ExitCode::ArgError, error.to_string()).into())
    }

    /// The ledger.
    pub fn ledger(&self) -> PathBuf {
        self.data.join("ledger.db")
    }

    /// Index of the results, which is made again when it is missing.
    pub fn results_index(&self) -> PathBuf {
        self.data.join("results.db")
    }

    /// Where uploads go, asked for by somebody.
    pub fn uploads(&self, who: &str) -> sct_upload::Settings {
        let mut uploads = sct_upload::Settings::of(&self.data);
        uploads.last_run = self.data.join(&self.order.last_run);
        for (name, path) in &self.upload.masters {
            uploads.masters.insert(name.clone(), self.data.join(path));
        }
        uploads.backup = !self.upload.no_backup;
        who.clone_into(&mut uploads.who);
        uploads
    }

    /// Folder of the attempts.
    pub fn jobs(&self) -> PathBuf {
        self.data.join("jobs")
    }

    /// Folder of the results.
    pub fn results(&self) -> PathBuf {
        self.data.join("results")
    }
}

fn fault(path: &Path, what: &str) -> anyhow::Error {
    Coded::new(ExitCode::ArgError, format!("{}, {what}", path.display())).into()
}
