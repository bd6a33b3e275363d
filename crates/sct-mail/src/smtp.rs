//! A connection to an SMTP server.

use std::{fs, path::PathBuf, time::Duration};

use lettre::transport::smtp::{
    authentication::{Credentials, Mechanism},
    client::{Certificate, SmtpConnection, TlsParameters},
    commands::{Data, Mail, Rcpt, Rset},
    extension::ClientId,
};

use crate::{Address, Error, Secret, error::io};

/// How the way to the server is kept private.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Not at all: for a relay on this machine.
    None,
    /// By STARTTLS; a server without it is not used.
    #[default]
    StartTls,
    /// TLS from the first byte.
    Tls,
}

/// Who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// Account.
    pub user: String,
    /// File with the password, readable by its owner alone.
    pub password_file: PathBuf,
}

/// The server that takes our mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smtp {
    /// Host.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Privacy of the connection.
    pub security: Security,
    /// File with a further certificate (PEM) that is trusted, beside those of the system.
    pub certificate: Option<PathBuf>,
    /// Account, where the server wants one.
    pub login: Option<Login>,
    /// Longest time of silence.
    pub timeout: Duration,
    /// Attempts after which a message is given up.
    pub attempts: u32,
}

/// What one attempt brought.
#[derive(Debug, Default)]
pub(crate) struct Attempt {
    /// Taken.
    pub(crate) delivered: Vec<Address>,
    /// Not taken, and not to be tried again.
    pub(crate) refused: Vec<(Address, String)>,
    /// Why some are to be tried again; empty when none.
    pub(crate) reason: String,
    /// The connection can be used no more.
    pub(crate) broken: bool,
}

impl Smtp {
    /// Host and port.
    pub fn name(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    fn wrong(&self, what: impl std::fmt::Display) -> Error {
        Error::Server { server: self.name(), what: what.to_string() }
    }

    /// Says what cannot work, without a connection.
    ///
    /// # Errors
    ///
    /// [`Error::Server`], and as [`Secret::check`].
    pub fn check(&self) -> Result<(), Error> {
        let Some(login) = &self.login else { return Ok(()) };
        let here = ["localhost", "127.0.0.1", "::1"].contains(&self.host.as_str());
        if self.security == Security::None && !here {
            return Err(self.wrong("a password is not sent without TLS to another machine"));
        }
        Secret::check(&login.password_file)
    }

    pub(crate) fn connect(&self) -> Result<SmtpConnection, Error> {
        self.check()?;
        let tls = match self.security {
            Security::None => None,
            Security::StartTls | Security::Tls => Some(self.tls()?),
        };
        let hello = ClientId::default();
        let first = tls.as_ref().filter(|_| self.security == Security::Tls);
        let address = (self.host.as_str(), self.port);
        let mut connection =
            SmtpConnection::connect(address, Some(self.timeout), &hello, first, None)
                .map_err(|error| self.wrong(chain(&error)))?;
        if let (Security::StartTls, Some(tls)) = (self.security, &tls) {
            connection.starttls(tls, &hello).map_err(|error| self.wrong(chain(&error)))?;
        }
        if let Some(login) = &self.login {
            let password = Secret::read(&login.password_file)?;
            let credentials = Credentials::new(login.user.clone(), password.reveal().to_owned());
            let signed = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials);
            signed.map_err(|error| {
                if error.is_permanent() {
                    Error::Credentials {
                        server: self.name(),
                        file: login.password_file.clone(),
                        what: chain(&error),
                    }
                } else {
                    self.wrong(chain(&error))
                }
            })?;
        }
        Ok(connection)
    }

    fn tls(&self) -> Result<TlsParameters, Error> {
        let mut builder = TlsParameters::builder(self.host.clone());
        if let Some(path) = &self.certificate {
            let pem = fs::read(path).map_err(io(path))?;
            let certificate = Certificate::from_pem(&pem)
                .map_err(|error| self.wrong(format!("{}: {error}", path.display())))?;
            builder = builder.add_root_certificate(certificate);
        }
        builder.build_rustls().map_err(|error| self.wrong(chain(&error)))
    }
}

/// Gives one message to the server, for those recipients that it takes.
pub(crate) fn deliver(
    connection: &mut SmtpConnection,
    from: &Address,
    to: &[&Address],
    bytes: &[u8],
) -> Attempt {
    let mut attempt = Attempt::default();
    let mail = Mail::new(Some(from.mailbox().email), Vec::new());
    if let Err(error) = connection.command(mail) {
        // A sender that is not taken is a matter of the settings, not of the message: it is tried again.
        attempt.retry(&error);
        return attempt;
    }
    let mut taken = Vec::new();
    for address in to {
        match connection.command(Rcpt::new(address.mailbox().email, Vec::new())) {
            Ok(_) => taken.push((*address).clone()),
            Err(error) if error.is_permanent() => {
                attempt.refused.push(((*address).clone(), chain(&error)));
            }
            Err(error) => attempt.retry(&error),
        }
        if attempt.broken {
            return attempt;
        }
    }
    if taken.is_empty() {
        attempt.broken = connection.command(Rset).is_err();
        return attempt;
    }
    match connection.command(Data).and_then(|_| connection.message(bytes)) {
        Ok(_) => attempt.delivered = taken,
        Err(error) if error.is_permanent() => {
            let reason = chain(&error);
            attempt.refused.extend(taken.into_iter().map(|address| (address, reason.clone())));
        }
        Err(error) => attempt.retry(&error),
    }
    attempt
}

impl Attempt {
    fn retry(&mut self, error: &lettre::transport::smtp::Error) {
        self.reason = chain(error);
        self.broken |= error.status().is_none();
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let said = next.to_string();
        if !text.contains(&said) {
            text.push_str(&format!(": {said}"));
        }
        cause = next.source();
    }
    crate::address::one_line(&text)
}
