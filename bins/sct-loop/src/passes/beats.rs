//! Heartbeats of the passes, in the ledger.

use std::path::Path;

use sct_ledger::{
    Area, Error, Journal, Ledger,
    sql::{OptionalExtension as _, Row, params, types::Type},
};
use serde::Serialize;

use super::{Outcome, Pass};

/// Heartbeats, what was written about, and messages that wait for their file. Times are seconds since 1970.
pub const AREA: Area = Area {
    name: "passes",
    steps: &["
        CREATE TABLE pass_beats (
            id INTEGER PRIMARY KEY, pass TEXT NOT NULL, begin INTEGER NOT NULL, end INTEGER, result TEXT, text TEXT NOT NULL,
            next INTEGER, who TEXT NOT NULL
        ) STRICT;
        CREATE INDEX pass_beats_of_pass ON pass_beats (pass, id);
        CREATE TABLE mail_said (
            event TEXT NOT NULL, subject TEXT NOT NULL, step TEXT NOT NULL, time INTEGER NOT NULL, mail INTEGER NOT NULL,
            PRIMARY KEY (event, subject, step)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE mails (
            id INTEGER PRIMARY KEY, time INTEGER NOT NULL, message TEXT NOT NULL, is_written INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX mails_to_write ON mails (is_written) WHERE is_written = 0;
    "],
};

/// Heartbeats of a pass that are kept.
const KEPT: u32 = 1000;

/// How a pass ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    /// All is well.
    Ok,
    /// Done, and somebody should look.
    Attention,
    /// Not done.
    Failed,
}

impl Word {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Ok, "ok"), (Self::Attention, "attention"), (Self::Failed, "failed")];

    /// The word.
    pub fn word(self) -> &'static str {
        let found = Self::ALL.iter().find(|(word, _)| *word == self);
        found.map(|(_, text)| *text).expect("every word is in the list")
    }
}

/// One pass as it was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Beat {
    /// Number.
    pub id: i64,
    /// The pass.
    pub pass: Pass,
    /// When it began.
    pub begin: i64,
    /// When it ended; none while it is made, or when it was killed.
    pub end: Option<i64>,
    /// How it ended.
    pub result: Option<Word>,
    /// What it did, in a line.
    pub text: String,
    /// When the next one is due.
    pub next: Option<i64>,
    /// Who made it.
    pub who: String,
}

impl Beat {
    /// The result for people.
    pub fn word(&self) -> &'static str {
        self.result.map_or("not ended", Word::word)
    }
}

/// The heartbeats in an open ledger.
#[derive(Debug)]
pub struct Beats {
    ledger: Ledger,
}

impl Beats {
    /// Opens a ledger; makes it when there is none.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { ledger: Ledger::open(path, Journal::Wal, &[AREA])? })
    }

    /// Writes down that a pass begins. Gives its number.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written.
    pub fn begin(
        &mut self,
        pass: Pass,
        begin: i64,
        who: &str,
        next: Option<i64>,
    ) -> Result<i64, Error> {
        self.ledger.write("beginning of a pass", |rows| {
            rows.execute(
                "INSERT INTO pass_beats (pass, begin, text, next, who) VALUES (?1, ?2, '', ?3, ?4)",
                params![pass.name(), begin, next, who],
            )?;
            let id = rows.last_insert_rowid();
            rows.execute(
                "DELETE FROM pass_beats WHERE pass = ?1 AND id <= (SELECT id FROM pass_beats WHERE pass = ?1 ORDER BY id DESC \
                 LIMIT 1 OFFSET ?2)",
                params![pass.name(), KEPT],
            )?;
            Ok(id)
        })
    }

    /// Writes down how a pass ended.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written.
    pub fn end(&mut self, id: i64, end: i64, outcome: &Outcome) -> Result<(), Error> {
        self.ledger.write("end of a pass", |rows| {
            let text = "UPDATE pass_beats SET end = ?2, result = ?3, text = ?4 WHERE id = ?1";
            rows.execute(text, params![id, end, outcome.result.word(), outcome.text]).map(|_| ())
        })
    }

    /// The latest heartbeat of a pass.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn last(&self, pass: Pass) -> Result<Option<Beat>, Error> {
        self.one("WHERE pass = ?1 ORDER BY id DESC LIMIT 1", pass)
    }

    /// When the latest pass that did its work ended.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn last_success(&self, pass: Pass) -> Result<Option<i64>, Error> {
        Ok(self.success(pass)?.and_then(|beat| beat.end))
    }

    /// The latest pass that did its work.
    pub(super) fn success(&self, pass: Pass) -> Result<Option<Beat>, Error> {
        let which = "WHERE pass = ?1 AND result IN ('ok', 'attention') ORDER BY id DESC LIMIT 1";
        self.one(which, pass)
    }

    /// The latest pass that came to an end.
    pub(super) fn ended(&self, pass: Pass) -> Result<Option<Beat>, Error> {
        self.one("WHERE pass = ?1 AND result IS NOT NULL ORDER BY id DESC LIMIT 1", pass)
    }

    /// Heartbeats that began between two times, oldest first.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn between(&self, from: i64, to: i64) -> Result<Vec<Beat>, Error> {
        self.ledger.read("passes", |rows| {
            let text = format!("{COLUMNS} WHERE begin >= ?1 AND begin < ?2 ORDER BY id");
            rows.prepare(&text)?.query_map([from, to], beat)?.collect()
        })
    }

    fn one(&self, which: &str, pass: Pass) -> Result<Option<Beat>, Error> {
        self.ledger.read("passes", |rows| {
            rows.query_row(&format!("{COLUMNS} {which}"), [pass.name()], beat).optional()
        })
    }
}

const COLUMNS: &str = "SELECT id, pass, begin, end, result, text, next, who FROM pass_beats";

fn beat(row: &Row<'_>) -> Result<Beat, sct_ledger::sql::Error> {
    let wrong = |index, what: String| {
        sct_ledger::sql::Error::FromSqlConversionFailure(index, Type::Text, what.into())
    };
    let pass: String = row.get(1)?;
    let result: Option<String> = row.get(4)?;
    let word = |text: String| {
        let found = Word::ALL.iter().find(|(_, word)| *word == text);
        found.map(|(word, _)| *word).ok_or_else(|| wrong(4, format!("'{text}' is no result")))
    };
    Ok(Beat {
        id: row.get(0)?,
        pass: pass.parse().map_err(|what| wrong(1, what))?,
        begin: row.get(2)?,
        end: row.get(3)?,
        result: result.map(word).transpose()?,
        text: row.get(5)?,
        next: row.get(6)?,
        who: row.get(7)?,
    })
}
