//! From the outbox to the server.

use std::fs::{self, File, TryLockError};

use crate::{
    Entry, Error, Outbox, Refusal, Secret, Smtp,
    error::io,
    smtp::{Attempt, chain, deliver},
};

/// Remembers a password that was rejected, so that it is not tried again and again until the account is locked.
const REJECTED: &str = "rejected";

/// What became of the messages that were to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sent {
    /// Identifiers of those that are sent.
    pub sent: Vec<String>,
    /// Those that are tried again, with the reason.
    pub waiting: Vec<(String, String)>,
    /// Those that are given up, with the reason.
    pub failed: Vec<(String, String)>,
}

impl Outbox {
    /// Sends what waits. What is wrong with one message stops no other; a server that cannot be reached is tried once.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] when another program is at it. [`Error::Credentials`] when the server does not take user and password:
    /// nothing is tried again until the file of the password changes. [`Error`] when the outbox cannot be read or written.
    pub fn send(&self, smtp: &Smtp, now: i64) -> Result<Sent, Error> {
        let _lock = self.lock()?;
        self.tidy()?;
        let waiting = self.waiting()?;
        let mut sent = Sent::default();
        if waiting.is_empty() {
            return Ok(sent);
        }
        self.check_rejected(smtp)?;
        let mut connection = None;
        let mut unreachable = None;
        for mut entry in waiting {
            if connection.is_none() && unreachable.is_none() {
                match smtp.connect() {
                    Ok(open) => connection = Some(open),
                    Err(error @ Error::Credentials { .. }) => {
                        self.reject(smtp, &error)?;
                        return Err(error);
                    }
                    Err(error @ (Error::Secret { .. } | Error::Io { .. })) => return Err(error),
                    Err(error) => unreachable = Some(chain(&error)),
                }
            }
            let attempt = match (&mut connection, &unreachable) {
                (Some(open), _) => {
                    deliver(open, &entry.from, &entry.remaining(), &self.bytes(&entry.id)?)
                }
                (None, reason) => {
                    Attempt { reason: reason.clone().unwrap_or_default(), ..Attempt::default() }
                }
            };
            if attempt.broken {
                connection = None;
            }
            self.note(&mut entry, attempt, smtp, now, &mut sent)?;
        }
        if let Some(mut open) = connection {
            // The messages are there, whatever the server says now.
            let _ = open.quit();
        }
        Ok(sent)
    }

    /// Writes down what an attempt brought.
    fn note(
        &self,
        entry: &mut Entry,
        attempt: Attempt,
        smtp: &Smtp,
        now: i64,
        sent: &mut Sent,
    ) -> Result<(), Error> {
        entry.attempts += 1;
        entry.delivered.extend(attempt.delivered);
        entry
            .refused
            .extend(attempt.refused.into_iter().map(|(to, reason)| Refusal { to, reason }));
        entry.reason = attempt.reason;
        let open = !entry.remaining().is_empty();
        if open && entry.attempts < smtp.attempts {
            self.save(entry)?;
            sent.waiting.push((entry.id.clone(), entry.reason.clone()));
            return Ok(());
        }
        entry.ended = Some(now);
        if open {
            entry.reason = format!("given up after {} attempts: {}", entry.attempts, entry.reason);
        } else if entry.delivered.is_empty() {
            entry.reason =
                entry.refused.first().map_or_else(String::new, |refusal| refusal.reason.clone());
        }
        self.end(entry)?;
        if open || entry.delivered.is_empty() {
            sent.failed.push((entry.id.clone(), entry.reason.clone()));
        } else {
            sent.sent.push(entry.id.clone());
        }
        Ok(())
    }

    fn lock(&self) -> Result<File, Error> {
        let path = self.folder().join("lock");
        let mut options = fs::OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(io(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(Error::Busy(self.folder().to_owned())),
            Err(TryLockError::Error(source)) => Err(Error::Io { path, source }),
        }
    }

    /// Refuses a password that was rejected before.
    fn check_rejected(&self, smtp: &Smtp) -> Result<(), Error> {
        let Some(login) = &smtp.login else { return Ok(()) };
        let path = self.folder().join(REJECTED);
        let Ok(text) = fs::read_to_string(&path) else { return Ok(()) };
        let (known, what) = text.split_once('\n').unwrap_or((text.as_str(), ""));
        if known == Self::mark(smtp)? {
            return Err(Error::Credentials {
                server: smtp.name(),
                file: login.password_file.clone(),
                what: format!("{} (not tried again until the file changes)", what.trim()),
            });
        }
        fs::remove_file(&path).map_err(io(&path))
    }

    fn reject(&self, smtp: &Smtp, error: &Error) -> Result<(), Error> {
        let Error::Credentials { what, .. } = error else { return Ok(()) };
        let text = format!("{}\n{what}\n", Self::mark(smtp)?);
        Ok(sct_wholefile::write(&self.folder().join(REJECTED), text.as_bytes())?)
    }

    /// Server, user and state of the password file in one line.
    fn mark(smtp: &Smtp) -> Result<String, Error> {
        let Some(login) = &smtp.login else { return Ok(String::new()) };
        let file = Secret::fingerprint(&login.password_file)?;
        Ok(format!("{} {} {file}", smtp.name(), login.user))
    }
}
