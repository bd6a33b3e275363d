//! The table of runs: what is known of runs and is not in COOL. One small SQLite file, `runs.db`.
//!
//! Names of tables and columns are those of the databases that the original asks. `docs/formats/run-query.md` has them.

use std::{collections::BTreeMap, path::Path};

use sct_id::RunNumber;
use sct_ledger::{Area, Journal, Ledger, sql};

use crate::Error;

mod import;

pub use self::import::Imported;

/// The tables. `LFN` tells files apart, so that importing again changes nothing.
const RUNS: Area = Area {
    name: "runs",
    steps: &["
        CREATE TABLE RUNNUMBER (
            RUNNUMBER INTEGER PRIMARY KEY, STARTAT TEXT NOT NULL, DURATION INTEGER NOT NULL, PARTITIONNAME TEXT NOT NULL
        ) STRICT;
        CREATE TABLE SFO_TZ_RUN (
            RUNNR INTEGER NOT NULL, STREAMTYPE TEXT NOT NULL, STREAM TEXT NOT NULL, STATE TEXT NOT NULL,
            PRIMARY KEY (RUNNR, STREAMTYPE, STREAM)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE SFO_TZ_FILE (
            RUNNR INTEGER NOT NULL, STREAMTYPE TEXT NOT NULL, STREAM TEXT NOT NULL, LUMIBLOCKNR INTEGER NOT NULL,
            LFN TEXT NOT NULL, NREVENTS INTEGER NOT NULL, FILESIZE INTEGER NOT NULL,
            PRIMARY KEY (RUNNR, STREAMTYPE, STREAM, LUMIBLOCKNR, LFN)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE SFO_TZ_OVERLAP (
            RUNNR INTEGER NOT NULL, TYPE TEXT NOT NULL, REFERENCE_STREAM TEXT NOT NULL, OVERLAP_EVENTS INTEGER NOT NULL,
            PRIMARY KEY (RUNNR, TYPE, REFERENCE_STREAM)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE STREAM_SUM (
            RUNNR INTEGER NOT NULL, STREAMTYPE TEXT NOT NULL, STREAM TEXT NOT NULL, NREVENTS INTEGER NOT NULL,
            FILESIZE INTEGER NOT NULL, PRIMARY KEY (RUNNR, STREAMTYPE, STREAM)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER SUM_OPENED AFTER INSERT ON SFO_TZ_RUN BEGIN
            INSERT INTO STREAM_SUM VALUES (new.RUNNR, new.STREAMTYPE, new.STREAM, 0, 0) ON CONFLICT DO NOTHING;
        END;
        CREATE TRIGGER SUM_NEW AFTER INSERT ON SFO_TZ_FILE BEGIN
            INSERT INTO STREAM_SUM VALUES (new.RUNNR, new.STREAMTYPE, new.STREAM, new.NREVENTS, new.FILESIZE)
            ON CONFLICT DO UPDATE SET NREVENTS = NREVENTS + new.NREVENTS, FILESIZE = FILESIZE + new.FILESIZE;
        END;
        CREATE TRIGGER SUM_CHANGED AFTER UPDATE ON SFO_TZ_FILE BEGIN
            UPDATE STREAM_SUM SET NREVENTS = NREVENTS + new.NREVENTS - old.NREVENTS,
                FILESIZE = FILESIZE + new.FILESIZE - old.FILESIZE
            WHERE RUNNR = new.RUNNR AND STREAMTYPE = new.STREAMTYPE AND STREAM = new.STREAM;
        END;
        CREATE TRIGGER SUM_OLD AFTER DELETE ON SFO_TZ_FILE BEGIN
            UPDATE STREAM_SUM SET NREVENTS = NREVENTS - old.NREVENTS, FILESIZE = FILESIZE - old.FILESIZE
            WHERE RUNNR = old.RUNNR AND STREAMTYPE = old.STREAMTYPE AND STREAM = old.STREAM;
        END;
    "],
};

/// Events and bytes of a stream in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamSum {
    /// Events.
    pub events: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Streams of a run by `type_name`.
pub type Streams = BTreeMap<String, StreamSum>;

/// The open table.
#[derive(Debug)]
pub struct RunTable {
    ledger: Ledger,
}

impl RunTable {
    /// Opens a table to add to it; makes it when there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { ledger: Ledger::open(path, Journal::Rollback, &[RUNS])? })
    }

    /// Opens a table for reading.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn open_to_read(path: &Path) -> Result<Self, Error> {
        let ledger = Ledger::open_to_read(path, &[RUNS])?;
        // Runs are looked up in order: a page is not come back to.
        ledger.read("cache", |rows| rows.execute_batch("PRAGMA cache_size=-256"))?;
        Ok(Self { ledger })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        self.ledger.path()
    }

    /// Streams of the runs from `first` to `last`; a run without entry is left out.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn streams(
        &self,
        first: RunNumber,
        last: RunNumber,
    ) -> Result<BTreeMap<RunNumber, Streams>, Error> {
        let mut runs: BTreeMap<RunNumber, Streams> = BTreeMap::new();
        self.each_stream(&[(first, last)], |run, kind, name, sum| {
            runs.entry(run).or_default().insert(format!("{kind}_{name}"), sum);
        })?;
        Ok(runs)
    }

    /// Hands over the streams of the runs of some ranges, range by range and ascending, with the type and name of each.
    pub(crate) fn each_stream(
        &self,
        ranges: &[(RunNumber, RunNumber)],
        mut take: impl FnMut(RunNumber, &str, &str, StreamSum),
    ) -> Result<(), Error> {
        let text = "SELECT RUNNR, STREAMTYPE, STREAM, NREVENTS, FILESIZE FROM STREAM_SUM WHERE RUNNR BETWEEN ?1 AND ?2 \
                    ORDER BY RUNNR";
        Ok(self.ledger.read("streams", |rows| {
            let _snapshot = rows.unchecked_transaction()?;
            let mut statement = rows.prepare_cached(text)?;
            for (first, last) in ranges {
                let mut rows = statement.query([first.to_u32(), last.to_u32()])?;
                while let Some(row) = rows.next()? {
                    let sum = StreamSum { events: count(row, 3)?, bytes: count(row, 4)? };
                    take(run(row, 0)?, text_at(row, 1)?, text_at(row, 2)?, sum);
                }
            }
            Ok(())
        })?)
    }

    /// Hands over the files of physics streams of the runs of some ranges, range by range and ascending: run, name of the
    /// stream, lumi block, events.
    pub(crate) fn each_physics_file(
        &self,
        ranges: &[(RunNumber, RunNumber)],
        mut take: impl FnMut(RunNumber, &str, u32, u64),
    ) -> Result<(), Error> {
        let text = "SELECT RUNNR, STREAM, LUMIBLOCKNR, NREVENTS FROM SFO_TZ_FILE WHERE RUNNR BETWEEN ?1 AND ?2 AND \
                    STREAMTYPE = 'physics' ORDER BY RUNNR";
        Ok(self.ledger.read("files", |rows| {
            let _snapshot = rows.unchecked_transaction()?;
            let mut statement = rows.prepare_cached(text)?;
            for (first, last) in ranges {
                let mut rows = statement.query([first.to_u32(), last.to_u32()])?;
                while let Some(row) = rows.next()? {
                    take(run(row, 0)?, text_at(row, 1)?, row.get(2)?, count(row, 3)?);
                }
            }
            Ok(())
        })?)
    }

    /// Events of the runs of some ranges, without overlap between streams.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn events(
        &self,
        ranges: &[(RunNumber, RunNumber)],
    ) -> Result<BTreeMap<RunNumber, u64>, Error> {
        let text = "SELECT RUNNR, OVERLAP_EVENTS FROM SFO_TZ_OVERLAP WHERE RUNNR BETWEEN ?1 AND ?2 AND \
                    TYPE = 'EVENTCOUNT' AND REFERENCE_STREAM = 'physics_EventCount'";
        Ok(self.ledger.read("events", |rows| {
            let _snapshot = rows.unchecked_transaction()?;
            let mut statement = rows.prepare_cached(text)?;
            let mut events = BTreeMap::new();
            for (first, last) in ranges {
                let mut rows = statement.query([first.to_u32(), last.to_u32()])?;
                while let Some(row) = rows.next()? {
                    events.insert(run(row, 0)?, count(row, 1)?);
                }
            }
            Ok(events)
        })?)
    }
}

fn text_at<'a>(row: &'a sql::Row<'_>, index: usize) -> sql::Result<&'a str> {
    row.get_ref(index)?.as_str().map_err(|error| wrong(index, error))
}

fn count(row: &sql::Row<'_>, index: usize) -> sql::Result<u64> {
    let value: i64 = row.get(index)?;
    u64::try_from(value).map_err(|error| wrong(index, error))
}

fn run(row: &sql::Row<'_>, index: usize) -> sql::Result<RunNumber> {
    let value: u32 = row.get(index)?;
    RunNumber::new(value).map_err(|error| wrong(index, error))
}

fn wrong(index: usize, error: impl std::error::Error + Send + Sync + 'static) -> sql::Error {
    sql::Error::FromSqlConversionFailure(index, sql::types::Type::Integer, Box::new(error))
}
