//! The audit log: who did what, when, from where and why. It can only grow.

use sct_ledger::sql::{self, Connection, params};
use serde::Serialize;

use crate::{Accounts, Error, Note};

/// Letters of a text that are kept: a log is no store for what visitors send.
const LONGEST: usize = 2_000;

/// Something that was done, or refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Seconds since 1970.
    pub time: i64,
    /// Account or person; empty when nobody is known.
    pub who: String,
    /// Address; empty on the command line.
    pub from: String,
    /// What was done, as `upload request`.
    pub action: String,
    /// What it was done to.
    pub subject: String,
    /// Why.
    pub reason: String,
    /// How it ended.
    pub outcome: String,
}

/// Which entries are looked for; the default finds all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this account.
    pub who: Option<String>,
    /// Actions that begin so, as `account`.
    pub action: Option<String>,
    /// With this subject.
    pub subject: Option<String>,
    /// From this time on.
    pub since: Option<i64>,
    /// Older than the entry of this number: the next page.
    pub before: Option<i64>,
}

impl Accounts {
    /// Writes down what was done. Changes of accounts and signing in write themselves down.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn audit(&mut self, entry: &Entry) -> Result<(), Error> {
        Ok(self.ledger.write("audit log", |rows| append(rows, entry))?)
    }

    /// Entries with their numbers, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn entries(&self, filter: &Filter, limit: u32) -> Result<Vec<(i64, Entry)>, Error> {
        let Filter { who, action, subject, since, before } = filter;
        let text = "SELECT id, time, who, origin, action, subject, reason, outcome FROM account_audit \
                    WHERE (?1 IS NULL OR who = ?1) AND (?2 IS NULL OR substr(action, 1, length(?2)) = ?2) \
                    AND (?3 IS NULL OR subject = ?3) AND (?4 IS NULL OR time >= ?4) AND (?5 IS NULL OR id < ?5) \
                    ORDER BY id DESC LIMIT ?6";
        Ok(self.ledger.read("audit log", |rows| {
            let values = params![who, action, subject, since, before, limit];
            rows.prepare_cached(text)?.query_map(values, entry)?.collect()
        })?)
    }
}

fn entry(row: &sql::Row<'_>) -> sql::Result<(i64, Entry)> {
    let entry = Entry {
        time: row.get(1)?,
        who: row.get(2)?,
        from: row.get(3)?,
        action: row.get(4)?,
        subject: row.get(5)?,
        reason: row.get(6)?,
        outcome: row.get(7)?,
    };
    Ok((row.get(0)?, entry))
}

fn append(rows: &Connection, entry: &Entry) -> sql::Result<()> {
    let Entry { time, who, from, action, subject, reason, outcome } = entry;
    let text = "INSERT INTO account_audit (time, who, origin, action, subject, reason, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values =
        params![time, cut(who), cut(from), cut(action), cut(subject), cut(reason), cut(outcome)];
    rows.prepare_cached(text)?.execute(values).map(|_| ())
}

/// The line of a change, in the transaction of the change.
pub(crate) fn remember(
    rows: &Connection,
    note: &Note,
    action: &str,
    subject: &str,
    outcome: &str,
) -> sql::Result<()> {
    append(
        rows,
        &Entry {
            time: note.time,
            who: note.who.clone(),
            from: note.from.clone(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            reason: note.why.clone(),
            outcome: outcome.to_owned(),
        },
    )
}

fn cut(text: &str) -> &str {
    text.char_indices().nth(LONGEST).map_or(text, |(end, _)| &text[..end])
}
