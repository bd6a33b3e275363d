//! Settings of the passes: how often, where mails go, what is copied, which credentials run out.

use std::path::PathBuf;

use jiff::civil;
use sct_mail::{Address, Login, Security, Smtp};
use serde::Deserialize;

/// How often each pass is made by the service, in minutes; 0 switches it off.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Passes {
    /// Uploads.
    pub upload: Minutes,
    /// Reminders and other mails.
    pub mail: Minutes,
    /// Publication of the last run.
    pub last_run: Minutes,
    /// Copy of results from elsewhere.
    pub copy: Minutes,
    /// Look at credentials.
    pub credentials: Minutes,
}

/// Minutes between two passes.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Minutes(f64);

impl Minutes {
    /// Seconds; none when it is switched off.
    pub fn seconds(self) -> Option<i64> {
        #[expect(clippy::cast_possible_truncation, reason = "at most a month")]
        let seconds = (60.0 * self.0).round() as i64;
        (self.0 > 0.0).then_some(seconds.max(1))
    }
}

impl TryFrom<f64> for Minutes {
    type Error = String;

    fn try_from(minutes: f64) -> Result<Self, String> {
        if (0.0..=44_640.0).contains(&minutes) {
            return Ok(Self(minutes));
        }
        Err(format!("{minutes} minutes, expected 0 to 44640"))
    }
}

impl Default for Passes {
    fn default() -> Self {
        Self {
            upload: Minutes(60.0),
            mail: Minutes(30.0),
            last_run: Minutes(10.0),
            copy: Minutes(240.0),
            credentials: Minutes(1440.0),
        }
    }
}

/// Who is written to, when, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// Who writes.
    pub from: Address,
    /// People who always read.
    pub experts: Vec<Address>,
    /// File of the shifters: begin and end of duty, name, address.
    pub shifters: Option<PathBuf>,
    /// Hours left before the deadline of a run at which people are reminded, each once.
    pub steps: Vec<Hours>,
    /// What else is written about.
    pub events: Vec<MailEvent>,
    /// Folder of the messages.
    pub outbox: PathBuf,
    /// Server that takes them; without one they stay in the outbox.
    pub server: Option<MailServer>,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            from: Address::new("SCT calibration loop", "sct-loop@localhost")
                .expect("it is an address"),
            experts: Vec::new(),
            shifters: None,
            steps: [12.0, 6.0, 3.0, 1.0].map(Hours).to_vec(),
            events: MailEvent::ALL.to_vec(),
            outbox: PathBuf::from("outbox"),
            server: None,
        }
    }
}

/// Hours before a deadline.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Deserialize)]
#[serde(try_from = "f64")]
pub struct Hours(f64);

impl Hours {
    /// Seconds.
    pub fn seconds(self) -> i64 {
        #[expect(clippy::cast_possible_truncation, reason = "at most 1000 hours")]
        let seconds = (3600.0 * self.0).round() as i64;
        seconds
    }
}

impl TryFrom<f64> for Hours {
    type Error = String;

    fn try_from(hours: f64) -> Result<Self, String> {
        if hours > 0.0 && hours <= 1000.0 {
            return Ok(Self(hours));
        }
        Err(format!("{hours} hours, expected more than 0 and at most 1000"))
    }
}

/// What is written about besides reminders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailEvent {
    /// An upload has failed or was refused.
    UploadFailed,
    /// No upload pass was made for more than an hour.
    UploadSilent,
    /// A result has a red flag.
    RedFlag,
    /// Later runs wait for one that has failed, or for too long.
    QueueBlocked,
    /// A pass has failed.
    PassFailed,
    /// Credentials run out, or others may read them.
    Credentials,
}

impl MailEvent {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::UploadFailed,
        Self::UploadSilent,
        Self::RedFlag,
        Self::QueueBlocked,
        Self::PassFailed,
        Self::Credentials,
    ];

    /// Word in settings and in the ledger.
    pub const fn word(self) -> &'static str {
        match self {
            Self::UploadFailed => "upload-failed",
            Self::UploadSilent => "upload-silent",
            Self::RedFlag => "red-flag",
            Self::QueueBlocked => "queue-blocked",
            Self::PassFailed => "pass-failed",
            Self::Credentials => "credentials",
        }
    }
}

/// The server that takes mails.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailServer {
    /// Host.
    pub host: String,
    /// Port; 25, 587 or 465 by its security when absent.
    pub port: Option<u16>,
    /// `none` for a relay on this machine, `starttls` or `tls`.
    #[serde(default)]
    pub security: Security,
    /// File with a further certificate that is trusted (PEM).
    pub certificate: Option<PathBuf>,
    /// Account.
    pub user: Option<String>,
    /// File with its password, readable by its owner alone.
    pub password_file: Option<PathBuf>,
    /// Longest silence, seconds.
    #[serde(default = "thirty")]
    pub timeout: u64,
    /// Attempts after which a message is given up; a day of passes.
    #[serde(default = "day_of_passes")]
    pub attempts: u32,
}

const fn thirty() -> u64 {
    30
}

const fn day_of_passes() -> u32 {
    48
}

impl MailServer {
    /// The server, with files of the data folder.
    pub fn smtp(&self, data: &std::path::Path) -> Smtp {
        let port = match self.security {
            Security::None => 25,
            Security::StartTls => 587,
            Security::Tls => 465,
        };
        let login = self.user.as_ref().zip(self.password_file.as_ref());
        Smtp {
            host: self.host.clone(),
            port: self.port.unwrap_or(port),
            security: self.security,
            certificate: self.certificate.as_ref().map(|path| data.join(path)),
            login: login
                .map(|(user, path)| Login { user: user.clone(), password_file: data.join(path) }),
            timeout: std::time::Duration::from_secs(self.timeout.max(1)),
            attempts: self.attempts.max(1),
        }
    }
}

/// Results that are made elsewhere.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Copy {
    /// Folder with results in the same order, `RUN/KIND/files`; nothing is copied without it.
    pub from: Option<PathBuf>,
}

/// Credentials that are looked at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Credentials {
    /// Files.
    pub file: Vec<CredentialFile>,
}

/// A file with a password, a token or a key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialFile {
    /// The file.
    pub path: PathBuf,
    /// What it is for, in words for people.
    #[serde(default)]
    pub what: String,
    /// Last day on which it can be used.
    pub expires: Option<Day>,
    /// Days before that from which on it is said.
    #[serde(default = "fortnight")]
    pub warn_days: u32,
}

const fn fortnight() -> u32 {
    14
}

/// A day, `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Day(pub civil::Date);

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let day = text.parse().map_err(|_| format!("'{text}' is no day, expected YYYY-MM-DD"))?;
        Ok(Self(day))
    }
}

/// What does not go together; none when everything does.
pub(super) fn fault(passes: &Mail) -> Option<String> {
    let server = passes.server.as_ref()?;
    if server.user.is_some() != server.password_file.is_some() {
        return Some("[mail.server] has one of user and password_file, expected both".to_owned());
    }
    server.host.trim().is_empty().then(|| "[mail.server] has no host".to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::{FILE, Settings};

    fn read(text: &str) -> Result<Settings, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), text).unwrap();
        Settings::read(folder.path()).map_err(|error| sct_tasks::failure::message(&error))
    }

    #[test]
    fn everything_can_be_set() {
        let settings = read(
            "[passes]\nmail = 0\nupload = 0.5\n[mail]\nexperts = [\"Ann <ann@example.org>\"]\nsteps = [2]\n\
             events = [\"red-flag\"]\n[mail.server]\nhost = \"mail\"\nsecurity = \"tls\"\n[copy]\nfrom = \"/batch\"\n\
             [[credentials.file]]\npath = \"key\"\nexpires = \"2027-01-31\"\n",
        );
        let settings = settings.unwrap();
        assert_eq!(settings.passes.mail.seconds(), None);
        assert_eq!(settings.passes.upload.seconds(), Some(30));
        assert_eq!(settings.passes.copy.seconds(), Some(14_400));
        assert_eq!(settings.mail.server.as_ref().unwrap().smtp(&settings.data).port, 465);
        assert_eq!(settings.credentials.file[0].warn_days, 14);
    }

    #[test]
    fn faults_are_named_with_their_line() {
        for (text, expected) in [
            ("[passes]\nmail = -1\n", "line 2: -1 minutes"),
            ("[passes]\nmails = 1\n", "line 2: unknown field `mails`"),
            ("[mail]\n\nexperts = [\"ann\"]\n", "line 3: 'ann' is no address"),
            ("[mail]\nsteps = [0]\n", "line 2: 0 hours"),
            ("[mail]\nevents = [\"rain\"]\n", "line 2: unknown variant `rain`"),
            (
                "[[credentials.file]]\npath = \"a\"\nexpires = \"soon\"\n",
                "line 3: 'soon' is no day",
            ),
            ("[mail.server]\nhost = \"a\"\nuser = \"b\"\n", "one of user and password_file"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
