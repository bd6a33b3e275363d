//! Files of a result, whichever task made it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use sct_conditions::Destination;
use sct_cool::FolderContent;
use sct_job::ExitCode;

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

impl Files {
    /// Writes the folders of one job into one database, `mycool.db`. Where there is nothing to store, a database of an
    /// earlier job under the same name is removed: it must not be taken for this job's.
    ///
    /// # Errors
    ///
    /// When a file cannot be written or removed; exit code `TRF_OUTPUT_FILE_ERROR`.
    pub fn store(&mut self, database: PathBuf, stored: &[Stored]) -> anyhow::Result<()> {
        let contents: Vec<FolderContent> =
            stored.iter().filter_map(Stored::rows).cloned().collect();
        if contents.is_empty() {
            remove_stale(&database)?;
            let mut reasons: Vec<&str> = stored.iter().filter_map(Stored::reason).collect();
            reasons.dedup();
            self.absent.push(("mycool.db", reasons.join("; ")));
            return Ok(());
        }
        // Files of the loop have this instance inside, wherever they are merged to.
        sct_cool::write_file(&database, Destination::Condbr2.name(), &contents).with_context(
            || Coded::new(ExitCode::OutputFileError, format!("database {}", database.display())),
        )?;
        self.written.push(("COOL", database));
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
