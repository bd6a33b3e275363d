//! The outbox: a folder with the messages that are to be sent, those that were, and those that could not be.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{Address, Error, Message, error::io};

/// Folders of an outbox.
const NEW: &str = "new";
const SENT: &str = "sent";
const FAILED: &str = "failed";

/// A folder of messages.
#[derive(Clone, Debug)]
pub struct Outbox {
    folder: PathBuf,
}

/// A recipient whom the server does not take.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Refusal {
    /// The recipient.
    pub to: Address,
    /// What the server said.
    pub reason: String,
}

/// How a message stands: the record beside its file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Entry {
    /// Identifier.
    pub id: String,
    /// When it was written, seconds since 1970.
    pub time: i64,
    /// Who writes.
    pub from: Address,
    /// Who is to read it.
    pub to: Vec<Address>,
    /// Subject.
    pub subject: String,
    /// Those to whom it is delivered.
    pub delivered: Vec<Address>,
    /// Those whom the server does not take.
    pub refused: Vec<Refusal>,
    /// Attempts so far.
    pub attempts: u32,
    /// Why the last attempt did not end it; empty when it did.
    pub reason: String,
    /// When it was sent or given up.
    pub ended: Option<i64>,
}

impl Entry {
    /// Recipients to whom it is still to go.
    pub fn remaining(&self) -> Vec<&Address> {
        let over = |to: &Address| {
            self.delivered.contains(to) || self.refused.iter().any(|refusal| refusal.to == *to)
        };
        self.to.iter().filter(|to| !over(to)).collect()
    }
}

impl Outbox {
    /// Opens an outbox, and makes its folders when there are none.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        for name in [NEW, SENT, FAILED] {
            let path = folder.join(name);
            fs::create_dir_all(&path).map_err(io(&path))?;
        }
        Ok(Self { folder: folder.to_owned() })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a message to be sent. Gives false when there is one of this identifier already, wherever it stands by now.
    ///
    /// # Errors
    ///
    /// [`Error::Identifier`], [`Error::Message`], and when it cannot be written: then it is not there.
    pub fn put(&self, id: &str, message: &Message, time: i64) -> Result<bool, Error> {
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if id.is_empty() || id.starts_with('.') || id.len() > 200 || !id.chars().all(known) {
            return Err(Error::Identifier(id.to_owned()));
        }
        if [NEW, SENT, FAILED].iter().any(|folder| self.message(folder, id).exists()) {
            return Ok(false);
        }
        let bytes = message.to_bytes(id, time)?;
        let mut to = message.to.clone();
        to.dedup_by(|a, b| a.address() == b.address());
        let entry = Entry {
            id: id.to_owned(),
            time,
            from: message.from.clone(),
            to,
            subject: message.subject.clone(),
            delivered: Vec::new(),
            refused: Vec::new(),
            attempts: 0,
            reason: String::new(),
            ended: None,
        };
        // The record first: where the message is, everything is.
        self.save(&entry)?;
        sct_wholefile::write(&self.message(NEW, id), &bytes)?;
        Ok(true)
    }

    /// Messages that are to be sent, oldest first.
    ///
    /// # Errors
    ///
    /// When the folder or a record cannot be read.
    pub fn waiting(&self) -> Result<Vec<Entry>, Error> {
        self.list(NEW)
    }

    /// Messages that were sent, oldest first.
    ///
    /// # Errors
    ///
    /// As [`Self::waiting`].
    pub fn sent(&self) -> Result<Vec<Entry>, Error> {
        self.list(SENT)
    }

    /// Messages that were given up, with the reason, oldest first.
    ///
    /// # Errors
    ///
    /// As [`Self::waiting`].
    pub fn failed(&self) -> Result<Vec<Entry>, Error> {
        self.list(FAILED)
    }

    /// Puts messages that were given up back to those that are to be sent, with their attempts counted anew. Gives how many.
    ///
    /// # Errors
    ///
    /// When they cannot be moved.
    pub fn retry(&self) -> Result<usize, Error> {
        let entries = self.failed()?;
        for entry in &entries {
            let fresh = Entry {
                attempts: 0,
                reason: String::new(),
                ended: None,
                refused: Vec::new(),
                ..entry.clone()
            };
            self.save(&fresh)?;
            self.rename(FAILED, NEW, &entry.id)?;
            let _ = fs::remove_file(self.record(FAILED, &entry.id));
        }
        Ok(entries.len())
    }

    pub(crate) fn bytes(&self, id: &str) -> Result<Vec<u8>, Error> {
        let path = self.message(NEW, id);
        fs::read(&path).map_err(io(&path))
    }

    /// Writes the record of a message that is to be sent.
    pub(crate) fn save(&self, entry: &Entry) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(entry).unwrap_or_default();
        Ok(sct_wholefile::write(&self.record(NEW, &entry.id), text.as_bytes())?)
    }

    /// Moves a message to where it ends. The message comes first: after a kill in between the record follows it.
    pub(crate) fn end(&self, entry: &Entry) -> Result<(), Error> {
        let to =
            if entry.delivered.is_empty() || !entry.remaining().is_empty() { FAILED } else { SENT };
        self.rename(NEW, to, &entry.id)?;
        self.save(entry)?;
        self.follow(to, &entry.id)
    }

    /// Records that were left behind by a kill.
    pub(crate) fn tidy(&self) -> Result<(), Error> {
        for id in self.names(NEW, "json")? {
            if self.message(NEW, &id).exists() {
                continue;
            }
            if let Some(to) = [SENT, FAILED].iter().find(|to| self.message(to, &id).exists()) {
                self.follow(to, &id)?;
            }
        }
        Ok(())
    }

    fn follow(&self, to: &str, id: &str) -> Result<(), Error> {
        let from = self.record(NEW, id);
        fs::rename(&from, self.record(to, id)).map_err(io(&from))
    }

    fn rename(&self, from: &str, to: &str, id: &str) -> Result<(), Error> {
        let (from, to) = (self.message(from, id), self.message(to, id));
        fs::rename(&from, &to).map_err(io(&from))?;
        // The new name is on the disk when its folder is.
        let folder = to.parent().unwrap_or(&self.folder);
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(folder))
    }

    fn message(&self, folder: &str, id: &str) -> PathBuf {
        self.folder.join(folder).join(format!("{id}.eml"))
    }

    fn record(&self, folder: &str, id: &str) -> PathBuf {
        self.folder.join(folder).join(format!("{id}.json"))
    }

    fn names(&self, folder: &str, end: &str) -> Result<Vec<String>, Error> {
        let path = self.folder.join(folder);
        let mut names = Vec::new();
        for entry in fs::read_dir(&path).map_err(io(&path))? {
            let name = entry.map_err(io(&path))?.file_name().to_string_lossy().into_owned();
            let stem = name.strip_suffix(end).and_then(|name| name.strip_suffix('.'));
            // Names that begin with a dot are still being written.
            names.extend(stem.filter(|stem| !stem.starts_with('.')).map(str::to_owned));
        }
        Ok(names)
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        for id in self.names(folder, "eml")? {
            let path = self.record(folder, &id);
            let read = match fs::read(&path) {
                // A kill has come between message and record.
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    fs::read(self.record(NEW, &id)).map_err(io(&path))
                }
                read => read.map_err(io(&path)),
            }?;
            let entry = serde_json::from_slice(&read);
            entries.push(entry.map_err(|error| Error::Record { path, what: error.to_string() })?);
        }
        entries.sort_by(|a: &Entry, b: &Entry| (a.time, &a.id).cmp(&(b.time, &b.id)));
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message {
            from: "loop@example.org".parse().unwrap(),
            to: vec!["ann@example.org".parse().unwrap()],
            subject: "s".to_owned(),
            text: "t\n".to_owned(),
        }
    }

    #[test]
    fn identifiers_are_names_of_files() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(folder.path()).unwrap();
        for id in ["", "../a", "a/b", ".a", "a b", "a\n"] {
            let put = outbox.put(id, &message(), 0);
            assert!(matches!(put, Err(Error::Identifier(_))), "{id:?}");
        }
        assert!(outbox.waiting().unwrap().is_empty());
    }

    #[test]
    fn a_kill_between_message_and_record_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(folder.path()).unwrap();
        // Before the message was written there is only a record.
        assert!(outbox.put("a", &message(), 0).unwrap());
        fs::remove_file(folder.path().join("new/a.eml")).unwrap();
        outbox.tidy().unwrap();
        assert!(outbox.waiting().unwrap().is_empty());
        assert!(outbox.put("a", &message(), 1).unwrap(), "it is put anew");
        // After it was moved, its record may be behind.
        fs::rename(folder.path().join("new/a.eml"), folder.path().join("sent/a.eml")).unwrap();
        assert_eq!(outbox.sent().unwrap().len(), 1);
        outbox.tidy().unwrap();
        assert!(folder.path().join("sent/a.json").exists());
        assert!(!outbox.put("a", &message(), 2).unwrap());
        assert_eq!((outbox.waiting().unwrap().len(), outbox.sent().unwrap().len()), (0, 1));
    }

    #[test]
    fn a_damaged_record_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(folder.path()).unwrap();
        outbox.put("a", &message(), 0).unwrap();
        fs::write(folder.path().join("new/a.json"), "{").unwrap();
        assert!(outbox.waiting().unwrap_err().to_string().contains("a.json"));
    }
}
