//! Folders of run control, wherever they are: schemas are separate COOL files, or all in one.

use std::path::{Path, PathBuf};

use sct_conditions::{Value, run_control::RunControlFolder};
use sct_cool::{Database, Place, Scan, Snapshot};
use sct_id::{LumiBlock, RunLumi, RunNumber};

use crate::Error;

/// Names of the COOL files of run control and detector control, one for each schema.
pub const SCHEMA_FILES: [&str; 3] = ["COOLONL_TDAQ.db", "COOLONL_TRIGGER.db", "COOLOFL_DCS.db"];

/// Open COOL files.
#[derive(Debug)]
pub struct RunControl {
    databases: Vec<Database>,
}

impl RunControl {
    /// Opens files; each must hold one instance.
    ///
    /// # Errors
    ///
    /// As [`Database::open`].
    pub fn open<P: AsRef<Path>>(paths: &[P]) -> Result<Self, Error> {
        let databases = paths.iter().map(|path| Database::open(path.as_ref()));
        Self::new(databases.collect::<Result<_, _>>()?)
    }

    fn new(databases: Vec<Database>) -> Result<Self, Error> {
        databases.iter().try_for_each(Database::keep_few_pages)?;
        Ok(Self { databases })
    }

    /// Holds the state of all files for the questions of one query.
    pub(crate) fn snapshot(&self) -> Result<Vec<Snapshot<'_>>, Error> {
        Ok(self.databases.iter().map(Database::snapshot).collect::<Result<_, _>>()?)
    }

    /// Where the files are, to open them again in another thread.
    pub(crate) fn places(&self) -> Vec<Place> {
        self.databases.iter().map(Database::place).collect()
    }

    /// Opens the files of a control once more, as [`Place::open`]; none when one of them is another one now.
    pub(crate) fn open_again(places: &[Place]) -> Result<Option<Self>, Error> {
        let databases: Option<Vec<Database>> =
            places.iter().map(Place::open).collect::<Result<_, _>>()?;
        databases.map(Self::new).transpose()
    }

    /// Those of [`SCHEMA_FILES`] that a folder has.
    pub fn files_in(folder: &Path) -> Vec<PathBuf> {
        SCHEMA_FILES
            .map(|name| folder.join(name))
            .into_iter()
            .filter(|path| path.exists())
            .collect()
    }

    /// Prepares questions about the first of some folders that is there; none when none is.
    pub(crate) fn find<'a>(
        &'a self,
        folders: &[(&'static RunControlFolder, &[&str])],
    ) -> Result<Option<Found<'a>>, Error> {
        for (folder, columns) in folders {
            for database in &self.databases {
                if database.folder(folder.path).is_ok() {
                    let scan = database.scan(folder.path, folder.channel, columns)?;
                    return Ok(Some(Found { folder, database, scan }));
                }
            }
        }
        Ok(None)
    }

    /// The same when it must be there.
    pub(crate) fn require<'a>(
        &'a self,
        folders: &[(&'static RunControlFolder, &[&str])],
    ) -> Result<Found<'a>, Error> {
        self.find(folders)?.ok_or_else(|| {
            let folders: Vec<&str> = folders.iter().map(|(folder, _)| folder.path).collect();
            let files: Vec<String> = self
                .databases
                .iter()
                .map(|database| database.path().display().to_string())
                .collect();
            let files =
                if files.is_empty() { "no file at all".to_owned() } else { files.join(", ") };
            Error::Folder { folders: folders.join(" or "), files }
        })
    }
}

/// A folder, and where it was found.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    pub(crate) folder: &'static RunControlFolder,
    pub(crate) database: &'a Database,
    pub(crate) scan: Scan<'a>,
}

impl Found<'_> {
    pub(crate) fn path(&self) -> &Path {
        self.database.path()
    }

    pub(crate) fn wrong(&self, run: RunNumber, what: impl Into<String>) -> Error {
        Error::Content {
            path: self.path().to_owned(),
            folder: self.folder.path,
            run,
            what: what.into(),
        }
    }
}

/// First and last key of a run.
pub(crate) const fn keys(run: RunNumber) -> (u64, u64) {
    let first = RunLumi { run, lumi_block: LumiBlock::new(0) }.key();
    (first, first | LumiBlock::MAX.to_u32() as u64)
}

/// A whole number that is not negative.
pub(crate) fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

/// A text, also of a number: Run 1 has numbers where later runs have texts.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    }
}
