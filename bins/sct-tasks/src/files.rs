//! Files of a result, whichever task made it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use sct_conditions::Destination;
use sct_cool::FolderContent;
use sct_job::ExitCode;
use sct_wholefile::Pending;
use sct_xml::XmlFile;

use crate::failure::Coded;

/// What a task has for the database.
#[derive(Clone, Debug, PartialEq)]
pub enum Stored {
    /// A folder with its rows.
    Rows(FolderContent),
    /// Nothing, with the reason.
    Nothing(String),
}

impl Stored {
    /// The folder, if there is one.
    pub fn rows(&self) -> Option<&FolderContent> {
        match self {
            Self::Rows(content) => Some(content),
            Self::Nothing(_) => None,
        }
    }

    fn reason(&self) -> Option<&str> {
        match self {
            Self::Rows(_) => None,
            Self::Nothing(reason) => Some(reason),
        }
    }
}

/// Files of a result.
#[derive(Debug, Default)]
pub struct Files {
    /// Written files by the name of their report argument.
    pub written: Vec<(&'static str, PathBuf)>,
    /// Files that are rightly absent, with the reason.
    pub absent: Vec<(&'static str, String)>,
}

/// Files of a result that are complete on the disk and have no name yet.
#[derive(Debug, Default)]
pub struct Prepared {
    /// By the name of their report argument.
    complete: Vec<(&'static str, PathBuf, Pending)>,
    /// Files that are rightly absent, with the reason.
    absent: Vec<(&'static str, PathBuf, String)>,
}

impl Prepared {
    /// Adds a list or summary.
    ///
    /// # Errors
    ///
    /// When it cannot be written; exit code `TRF_OUTPUT_FILE_ERROR`.
    pub fn add_xml(
        &mut self,
        argument: &'static str,
        path: PathBuf,
        content: &dyn XmlFile,
    ) -> Result<(), sct_wholefile::Error> {
        let pending = content.prepare(&path)?;
        pending.sync()?;
        self.add(argument, path, pending);
        Ok(())
    }

    /// Adds a file that is complete.
    pub fn add(&mut self, argument: &'static str, path: PathBuf, complete: Pending) {
        self.complete.push((argument, path, complete));
    }

    /// The folders of one job in one database, `mycool.db`, or the reason for none.
    ///
    /// # Errors
    ///
    /// When it cannot be written; exit code `TRF_OUTPUT_FILE_ERROR`.
    pub fn database(path: PathBuf, stored: &[Stored]) -> anyhow::Result<Self> {
        let contents: Vec<&FolderContent> = stored.iter().filter_map(Stored::rows).collect();
        if contents.is_empty() {
            let mut reasons: Vec<&str> = stored.iter().filter_map(Stored::reason).collect();
            reasons.dedup();
            let absent = vec![("mycool.db", path, reasons.join("; "))];
            return Ok(Self { absent, ..Self::default() });
        }
        // Files of the loop have this instance inside, wherever they are merged to.
        let pending = sct_cool::prepare_file(&path, Destination::Condbr2.name(), &contents)
            .with_context(|| {
                Coded::new(ExitCode::OutputFileError, format!("database {}", path.display()))
            })?;
        Ok(Self { complete: vec![("COOL", path, pending)], ..Self::default() })
    }

    /// Adds others.
    pub fn extend(&mut self, other: Self) {
        self.complete.extend(other.complete);
        self.absent.extend(other.absent);
    }

    /// Gives the files their names, all or none as far as the disk is concerned. A file of an earlier job under the name of
    /// one that is absent is removed: it must not be taken for this job's.
    ///
    /// # Errors
    ///
    /// When a file cannot be named or removed; exit code `TRF_OUTPUT_FILE_ERROR`.
    pub fn name(self) -> anyhow::Result<Files> {
        let mut files = Files::default();
        let mut pending = Vec::new();
        for (argument, path, complete) in self.complete {
            files.written.push((argument, path));
            pending.push(complete);
        }
        sct_wholefile::finish_all(pending)?;
        for (name, path, reason) in self.absent {
            remove_stale(&path)?;
            files.absent.push((name, reason));
        }
        Ok(files)
    }
}

impl Files {
    /// Writes the folders of one job into one database, `mycool.db`; without any, removes that of an earlier job.
    ///
    /// # Errors
    ///
    /// When a file cannot be written or removed; exit code `TRF_OUTPUT_FILE_ERROR`.
    pub fn store(&mut self, database: PathBuf, stored: &[Stored]) -> anyhow::Result<()> {
        self.extend(Prepared::database(database, stored)?.name()?);
        Ok(())
    }

    /// Adds the files of another part of the same job.
    pub fn extend(&mut self, other: Self) {
        self.written.extend(other.written);
        self.absent.extend(other.absent);
    }
}

fn remove_stale(database: &Path) -> anyhow::Result<()> {
    match fs::remove_file(database) {
        Ok(()) => tracing::warn!("removed {}, left by an earlier job", database.display()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            let what = format!("{}, left by an earlier job, cannot be removed", database.display());
            return Err(
                anyhow::Error::new(error).context(Coded::new(ExitCode::OutputFileError, what))
            );
        }
    }
    Ok(())
}
