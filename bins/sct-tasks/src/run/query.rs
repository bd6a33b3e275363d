//! `sct-run query`: options or a sentence, and the files of an answer.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
    thread,
};

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_run::{
    RunTable,
    query::{Answer, Query, Unknown, answer},
};
use sct_wholefile::Pending;
use serde_json::json;

use super::{NowOption, SourceOptions, Sources};
use crate::{
    cli::{self, Verbosity},
    failure::Coded,
};

/// The command line. Options and their short forms are those of the run query; `-q` is therefore data quality here.
#[derive(clap::Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the switches are those of the run query")]
pub struct Args {
    /// The query as one sentence: "find run 267000+ and ready 1 / show run and events".
    pub sentence: Option<String>,
    /// Run ranges: N, A-B, A+, A-, comma lists of these, or "last N".
    #[arg(short, long)]
    pub run: Vec<String>,
    /// Time ranges, UTC: `D.M.YYYY`, `D.M.YYYY_HH:MM:SS`, A-B, A+, A-, comma lists of these, or "last 3d 12h".
    #[arg(short, long)]
    pub time: Vec<String>,
    /// Partition.
    #[arg(short, long)]
    pub partition: Option<String>,
    /// Whether the detector is ready for physics: 1 or 0.
    #[arg(long, value_name = "FLAG")]
    pub readyforphysics: Option<String>,
    /// Database of the conditions. The files at hand are the database; the name is only checked.
    #[arg(long)]
    pub db: Option<String>,
    /// Duration in seconds: N or N+ longer, N- shorter.
    #[arg(short = 'l', long)]
    pub duration: Option<String>,
    /// Ranges of the number of events; k and m stand for zeros.
    #[arg(short, long)]
    pub events: Option<String>,
    /// Show the counters of all trigger levels.
    #[arg(long)]
    pub allevents: bool,
    /// Magnets: on, off, solenoidon, solenoidoff, toroidon, toroidoff.
    #[arg(short, long)]
    pub bfield: Vec<String>,
    /// Bits of the detector mask that must be there, decimal; with A behind it, at least one of them.
    #[arg(long, value_name = "MASK")]
    pub detmaskin: Vec<String>,
    /// Bits of the detector mask that must not be there, decimal.
    #[arg(long, value_name = "MASK")]
    pub detmaskout: Vec<String>,
    /// Project tags with * and ?, comma list.
    #[arg(long, visible_alias = "filenametag")]
    pub projecttag: Option<String>,
    /// Stream and its events: `*calibration_SCTNoise 10000+`.
    #[arg(long, value_name = "PATTERN N")]
    pub streams: Vec<String>,
    /// "stablebeams TRUE", "fillnumber RANGE", "beamenergy RANGE", "beammode TEXT".
    #[arg(long, value_name = "KEY VALUE")]
    pub lhc: Vec<String>,
    /// What to show: run, time, duration, events, projecttag, streams, lhc ...
    #[arg(short, long, value_name = "TAG")]
    pub show: Vec<String>,
    /// File and label of the good-runs list, in either order.
    #[arg(long, value_name = "FILE:LABEL", default_value = "MyLBCollection.xml:MyLBCollection")]
    pub xmlfile: String,
    /// No good-runs list.
    #[arg(long)]
    pub nogrl: bool,
    /// Times in UTC. They always are; the option is there for scripts.
    #[arg(long)]
    pub utc: bool,
    /// Take runs whose values are not known (default).
    #[arg(long = "selectOnUnknown", conflicts_with = "skip_unknown")]
    pub select_on_unknown: bool,
    /// Leave out runs whose values are not known.
    #[arg(long = "skipUnknown")]
    pub skip_unknown: bool,
    /// Super master keys; not available here.
    #[arg(short = 'k', long, hide = true)]
    pub smk: Option<String>,
    /// Release; not available here.
    #[arg(long, hide = true)]
    pub release: Option<String>,
    /// Trigger; not available here.
    #[arg(long, hide = true)]
    pub trigger: Option<String>,
    /// Conditions tag; not available here.
    #[arg(short, long, hide = true)]
    pub ctag: Option<String>,
    /// Data quality; not available here.
    #[arg(short = 'q', long, hide = true)]
    pub dq: Vec<String>,
    /// Data sets; not available here.
    #[arg(long, hide = true)]
    pub datasets: Option<String>,
    /// Luminosity; not available here.
    #[arg(long, hide = true)]
    pub luminosity: Option<String>,
    /// Online luminosity; not available here.
    #[arg(long, hide = true)]
    pub olclumi: Option<String>,
    /// Beam spot; not available here.
    #[arg(long, hide = true)]
    pub beamspot: Option<String>,
    /// Beam monitors; not available here.
    #[arg(long, hide = true)]
    pub bpm: Option<String>,
    /// Calorimeter; not available here.
    #[arg(long, hide = true)]
    pub larcond: Option<String>,
    /// Plots, which are not made here.
    #[arg(long, hide = true, overrides_with = "noroot")]
    pub root: bool,
    /// No plots.
    #[arg(long, hide = true)]
    pub noroot: bool,
    /// A web page, which is not made here.
    #[arg(long, hide = true, overrides_with = "nohtml")]
    pub html: bool,
    /// No web page.
    #[arg(long, hide = true)]
    pub nohtml: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "the text would show in --help")]
    pub sources: SourceOptions,
    #[command(flatten)]
    #[expect(missing_docs, reason = "the text would show in --help")]
    pub now: NowOption,
    /// Folder in which the folder data is made.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
    /// Folder in which the lumi blocks of runs are kept, so that the next query over many runs is quick; sct-loop in
    /// the cache folder of the user (`$XDG_CACHE_HOME`, `~/.cache`) without it. It may be deleted at any time.
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// Keep nothing, and use nothing that is kept.
    #[arg(long, conflicts_with = "cache")]
    pub no_cache: bool,
    /// Print the answer as JSON instead of a table.
    #[arg(long)]
    pub json: bool,
    /// Say more on standard error; twice for details.
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Say only errors. (-q is data quality.)
    #[arg(long, conflicts_with = "verbose")]
    pub quiet: bool,
}

/// Names of the files in `data`.
const FILES: [&str; 3] = ["QueryResult.txt", "atlrunquery.pickle", "atlrunquery.json"];

/// Bytes that are gathered before they go to a file.
const BUFFER: usize = 1 << 16;

impl Args {
    fn query(&self) -> anyhow::Result<Query> {
        let now = self.now.time();
        let options = self.options();
        let mut query = match &self.sentence {
            Some(sentence) if options.is_empty() => Query::from_sentence(sentence, now)?,
            Some(_) => {
                let what = "a sentence and options together: give one of them";
                return Err(Coded::new(ExitCode::ArgError, what).into());
            }
            None => Query::from_options(&options, now)?,
        };
        if self.skip_unknown {
            query.unknown = Unknown::Skip;
        }
        Ok(query)
    }

    /// The options that make up the query, by name.
    fn options(&self) -> Vec<(&'static str, &str)> {
        let several = [
            ("run", &self.run),
            ("time", &self.time),
            ("bfield", &self.bfield),
            ("detmaskin", &self.detmaskin),
            ("detmaskout", &self.detmaskout),
            ("streams", &self.streams),
            ("lhc", &self.lhc),
            ("dq", &self.dq),
            ("show", &self.show),
        ];
        let single = [
            ("partition", &self.partition),
            ("readyforphysics", &self.readyforphysics),
            ("db", &self.db),
            ("duration", &self.duration),
            ("events", &self.events),
            ("projecttag", &self.projecttag),
            ("smk", &self.smk),
            ("release", &self.release),
            ("trigger", &self.trigger),
            ("ctag", &self.ctag),
            ("datasets", &self.datasets),
            ("luminosity", &self.luminosity),
            ("olclumi", &self.olclumi),
            ("beamspot", &self.beamspot),
            ("bpm", &self.bpm),
            ("larcond", &self.larcond),
        ];
        let several = several
            .into_iter()
            .flat_map(|(name, values)| values.iter().map(move |value| (name, value.as_str())));
        let single = single
            .into_iter()
            .filter_map(|(name, value)| value.as_deref().map(|value| (name, value)));
        let counters = self.allevents.then_some(("show", "allevents"));
        several.chain(single).chain(counters).collect()
    }

    /// Where lumi blocks of runs are kept.
    fn catalogues(&self) -> Option<PathBuf> {
        if self.no_cache {
            return None;
        }
        let folder = |name: &str| {
            std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
        };
        let caches = || folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
        self.cache.clone().or_else(|| Some(caches()?.join("sct-loop")))
    }

    /// File and label of the good-runs list.
    fn good_runs(&self) -> (String, String) {
        let named = |text: &str| {
            Path::new(text).extension().is_some_and(|end| end.eq_ignore_ascii_case("xml"))
        };
        match self.xmlfile.split_once(':') {
            Some((label, file)) if named(file) && !named(label) => {
                (file.to_owned(), label.to_owned())
            }
            Some((file, label)) => (file.to_owned(), label.to_owned()),
            None => (self.xmlfile.clone(), "MyLBCollection".to_owned()),
        }
    }
}

/// Answers a query: a table or JSON on standard output, and the historic files in the folder `data`.
///
/// # Errors
///
/// Exit code 7 for a query that cannot be read, 13 for parts of the language that need what is not here, 37 when folders are
/// missing, 74 for damaged files.
pub fn run(args: &Args) -> anyhow::Result<()> {
    Verbosity { verbose: args.verbose, quiet: args.quiet }.start_logging();
    // Plots and pages are not made; whoever asks for them hears it.
    if args.root || args.html {
        tracing::warn!("plots and web pages are not made here (--root, --html)");
    }
    let query = args.query()?;
    let sources = args.sources.open()?.keep_in(args.catalogues());
    let answer = answer(sources.as_query(), &query)?;
    for warning in &answer.warnings {
        tracing::warn!("{warning}");
    }
    let folder = data_folder(&args.out);
    write(args, &answer, &sources, &folder)?;
    tracing::info!("{} runs, files in {}", answer.runs.len(), folder.display());
    match (args.json, args.quiet) {
        (true, _) => cli::print(&answer.to_json()),
        (false, false) => cli::print(&answer.to_table()),
        (false, true) => Ok(()),
    }
}

/// The folder `data`, or the one above it when it cannot be made.
fn data_folder(out: &Path) -> PathBuf {
    let folder = out.join("data");
    match fs::create_dir_all(&folder) {
        Ok(()) => folder,
        Err(error) => {
            tracing::warn!(
                "{} cannot be made ({error}): files go to {}",
                folder.display(),
                out.display()
            );
            out.to_owned()
        }
    }
}

/// Writes the files of an answer. Those of a former query are removed first, so that none is taken for the answer.
fn write(args: &Args, answer: &Answer, sources: &Sources, folder: &Path) -> anyhow::Result<()> {
    let (list, label) = args.good_runs();
    let failed =
        |name: &str| Coded::new(ExitCode::OutputFileError, folder.join(name).display().to_string());
    for name in FILES.into_iter().chain([list.as_str()]) {
        match fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| failed(name));
            }
            _ => {}
        }
    }
    // Each form of thousands of runs takes some milliseconds, and each file some more to reach the disk.
    let files = thread::scope(|scope| {
        let [text, pickle, json] = FILES.map(|name| folder.join(name));
        let pickle = scope.spawn(move || begin(&pickle, |out| answer.write_pickle(out)));
        let json = scope.spawn(move || begin(&json, |out| answer.write_historic_json(out)));
        let text = scope.spawn(move || begin(&text, |out| answer.write_text(out)));
        // The table of runs belongs to this thread.
        let good_runs = || {
            let created = args.now.time().strftime("%Y-%m-%d %H:%M:%S").to_string();
            let xml = answer.good_runs(&label, &created, sources.table())?.to_xml();
            anyhow::Ok(begin(&folder.join(&list), |out| out.write_all(xml.as_bytes()))?)
        };
        let good_runs = (!args.nogrl).then(good_runs).transpose()?;
        let files = [joined(text)?, joined(pickle)?, joined(json)?];
        anyhow::Ok(files.into_iter().chain(good_runs).collect())
    })?;
    Ok(sct_wholefile::finish_all(files)?)
}

/// A file on the disk that has no name yet.
fn begin(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<Pending, sct_wholefile::Error> {
    let file = Pending::create(path)?;
    let mut out = BufWriter::with_capacity(BUFFER, file.handle()?);
    write(&mut out)
        .and_then(|()| out.flush())
        .map_err(|source| sct_wholefile::Error { path: path.to_owned(), source })?;
    file.sync()?;
    Ok(file)
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// The command line of the import.
#[derive(clap::Args, Clone, Debug)]
pub struct Import {
    /// CSV with the columns of a table, JSON with runs, or jobReport.json of a job that filled hit maps.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Table of runs; made when there is none.
    #[arg(long, value_name = "FILE", default_value = super::TABLE)]
    pub runs: PathBuf,
    /// Print the numbers of rows as JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "the text would show in --help")]
    pub verbosity: Verbosity,
}

/// Imports files, each whole or not at all.
///
/// # Errors
///
/// Exit code 74 for a file that cannot be imported.
pub fn import(args: &Import) -> anyhow::Result<()> {
    args.verbosity.start_logging();
    let mut table = RunTable::open(&args.runs)?;
    let mut text = String::new();
    let mut files = Vec::new();
    for file in &args.files {
        let imported = table.import(file)?;
        let rows: Vec<String> =
            imported.iter().map(|(table, rows)| format!("{rows} {table}")).collect();
        text.push_str(&format!("{}: {}\n", file.display(), rows.join(", ")));
        files.push(json!({ "file": file, "rows": imported }));
    }
    if args.json {
        return cli::print(&format!("{:#}\n", json!(files)));
    }
    if args.verbosity.quiet { Ok(()) } else { cli::print(&text) }
}
