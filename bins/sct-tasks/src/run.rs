//! The verbs of `sct-run`, and what a job asks of run control.

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::Context as _;
use jiff::Timestamp;
use sct_job::ExitCode;
use sct_run::{RunControl, RunTable, query::Catalogues};

use crate::failure::Coded;

pub mod info;
pub mod order;
pub mod query;
pub mod select;

/// Where run control is read from.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct SourceOptions {
    /// COOL file with folders of run control, trigger or detector control; repeatable. Without it the files
    /// `COOLONL_TDAQ.db`, `COOLONL_TRIGGER.db` and `COOLOFL_DCS.db` of --data.
    #[arg(long, value_name = "DB")]
    pub conditions: Vec<PathBuf>,
    /// Table of runs: streams and numbers of events. Without it runs.db of --data, if there is one.
    #[arg(long, value_name = "FILE")]
    pub runs: Option<PathBuf>,
    /// Folder with the files above.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub data: PathBuf,
}

/// Open sources.
#[derive(Debug)]
pub struct Sources {
    control: RunControl,
    table: Option<RunTable>,
    catalogues: Option<PathBuf>,
    /// Before the files were opened.
    opened: SystemTime,
}

impl SourceOptions {
    /// Opens the files.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or there is none.
    pub fn open(&self) -> anyhow::Result<Sources> {
        let found = RunControl::files_in(&self.data);
        let files = if self.conditions.is_empty() { &found } else { &self.conditions };
        if files.is_empty() {
            let what = format!(
                "no COOL file of run control in {}: name one with --conditions",
                self.data.display()
            );
            return Err(Coded::new(ExitCode::InputFileValidationFail, what).into());
        }
        let table = match &self.runs {
            Some(path) => Some(path.clone()),
            None => Some(self.data.join(TABLE)).filter(|path| path.exists()),
        };
        if table.is_none() {
            tracing::warn!(
                "no table of runs (--runs): streams and numbers of events are not known"
            );
        }
        Sources::open(files, table.as_deref())
    }
}

/// Name of the table of runs.
pub const TABLE: &str = "runs.db";

impl Sources {
    /// Opens files.
    ///
    /// # Errors
    ///
    /// When a file cannot be read.
    pub fn open(files: &[PathBuf], table: Option<&Path>) -> anyhow::Result<Self> {
        let opened = SystemTime::now();
        let control = RunControl::open(files)?;
        let table = table.map(RunTable::open_to_read).transpose()?;
        Ok(Self { control, table, catalogues: None, opened })
    }

    /// Keeps the lumi blocks of runs in a folder, from one query over many runs to the next.
    #[must_use]
    pub fn keep_in(self, folder: Option<PathBuf>) -> Self {
        Self { catalogues: folder, ..self }
    }

    /// COOL files.
    pub fn control(&self) -> &RunControl {
        &self.control
    }

    /// Table of runs.
    pub fn table(&self) -> Option<&RunTable> {
        self.table.as_ref()
    }

    /// As the query takes them.
    pub fn as_query(&self) -> sct_run::query::Sources<'_> {
        let folder = self.catalogues.as_deref();
        let catalogues = folder.map(|folder| Catalogues { folder, now: self.opened });
        sct_run::query::Sources { control: &self.control, table: self.table.as_ref(), catalogues }
    }
}

/// The time that "now" stands for.
#[derive(clap::Args, Clone, Copy, Debug, Default)]
pub struct NowOption {
    /// What "now" stands for, as 2026-11-24T12:00:00Z; the system's time without it.
    #[arg(long, value_name = "TIME")]
    pub now: Option<Timestamp>,
}

impl NowOption {
    /// The time.
    pub fn time(self) -> Timestamp {
        self.now.unwrap_or_else(Timestamp::now)
    }
}

/// Makes a folder.
fn make_folder(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| {
        Coded::new(ExitCode::OutputFileError, format!("output folder {}", folder.display()))
    })
}
