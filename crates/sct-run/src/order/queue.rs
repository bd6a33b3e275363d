//! The order in the ledger.

use std::path::Path;

use sct_id::RunNumber;
use sct_ledger::{Area, Journal, Ledger, sql};
use serde::Serialize;

use super::{Blocker, Event, Note, Order, Place, Refused, State, Verdict};
use crate::Error;

/// Tables: where runs are, who waits for whom, and everything that happened.
const ORDER: Area = Area {
    name: "order",
    steps: &["
        CREATE TABLE order_runs (
            run INTEGER PRIMARY KEY, state TEXT NOT NULL, since INTEGER NOT NULL, who TEXT NOT NULL, reason TEXT NOT NULL
        ) STRICT;
        CREATE TABLE order_waits (
            run INTEGER NOT NULL, waits_for INTEGER NOT NULL, since INTEGER NOT NULL, deadline INTEGER NOT NULL,
            overdue INTEGER NOT NULL, PRIMARY KEY (run, waits_for)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE order_last (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), run INTEGER NOT NULL) STRICT;
        CREATE TABLE order_history (
            id INTEGER PRIMARY KEY, run INTEGER NOT NULL, event TEXT NOT NULL, state TEXT NOT NULL, time INTEGER NOT NULL,
            who TEXT NOT NULL, reason TEXT NOT NULL
        ) STRICT;
    "],
};

/// A run that waits for another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The run that waits.
    pub run: RunNumber,
    /// The run it waits for.
    pub waits_for: RunNumber,
    /// Why: the state of that run, in words.
    pub why: String,
    /// Since when, seconds since 1970.
    pub since: i64,
    /// Until when at most.
    pub deadline: i64,
    /// It has waited too long.
    pub overdue: bool,
}

/// The order, remembered.
#[derive(Debug)]
pub struct Queue {
    ledger: Ledger,
}

/// What a transaction on the order can end with.
enum Failure {
    Sql(sql::Error),
    Refused(Refused),
}

impl From<sql::Error> for Failure {
    fn from(error: sql::Error) -> Self {
        Self::Sql(error)
    }
}

impl Queue {
    /// Opens a ledger; makes it when there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { ledger: Ledger::open(path, Journal::Wal, &[ORDER])? })
    }

    /// The order as it is now.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn order(&self) -> Result<Order, Error> {
        Ok(self.ledger.read("order of runs", load)?)
    }

    /// Takes an event and writes it down.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] and [`Error::Ledger`]; nothing is changed.
    pub fn apply(&mut self, run: RunNumber, event: Event, note: &Note) -> Result<State, Error> {
        let path = self.ledger.path().to_owned();
        let result = self.ledger.write_or(|rows| {
            let mut order = load(rows)?;
            let before = order.places().get(&run).cloned();
            let state = order.apply(run, event, note).map_err(Failure::Refused)?;
            store(rows, &order, run)?;
            if !state.blocks() {
                // Nobody waits for it any more, nor it for others.
                rows.execute("DELETE FROM order_waits WHERE run = ?1 OR waits_for = ?1", [run.to_u32()])?;
            }
            // Knowing once more what is known is no history.
            if before.as_ref() != order.places().get(&run) {
                let text = "INSERT INTO order_history (run, event, state, time, who, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
                let values = sql::params![run.to_u32(), event.word(), state.word(), note.time, note.who, note.reason];
                rows.execute(text, values)?;
            }
            Ok(state)
        });
        result.map_err(|failure| match failure {
            Failure::Refused(refused) => Error::Refused(refused),
            Failure::Sql(source) => Error::Ledger(sct_ledger::Error::Sqlite {
                path,
                what: "order of runs".to_owned(),
                source,
            }),
        })
    }

    /// Moves the last run; it never goes back.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn advance(&mut self, run: RunNumber) -> Result<(), Error> {
        Ok(self.ledger.write("last run", |rows| {
            let mut order = load(rows)?;
            order.advance(run);
            store_last(rows, &order)
        })?)
    }

    /// Asks for a run among others that are wanted as it is, and writes down whom it waits for: since its first question, until `deadline` at most (seconds since
    /// 1970). The second value says that it is past the deadline.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn ask(
        &mut self,
        run: RunNumber,
        wanted: &[RunNumber],
        now: i64,
        deadline: i64,
    ) -> Result<(Verdict, bool), Error> {
        let overdue = now > deadline;
        Ok(self.ledger.write("question of a run", |rows| {
            let verdict = load(rows)?.ask_among(run, |earlier| wanted.contains(&earlier));
            let blockers: &[Blocker] = if let Verdict::Wait(blockers) = &verdict { blockers } else { &[] };
            let names: Vec<String> = blockers.iter().map(|blocker| blocker.run.to_string()).collect();
            let gone = format!("DELETE FROM order_waits WHERE run = ?1 AND waits_for NOT IN ({})", names.join(","));
            rows.execute(&gone, [run.to_u32()])?;
            let text = "INSERT INTO order_waits VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET deadline = \
                        excluded.deadline, overdue = excluded.overdue";
            for blocker in blockers {
                rows.execute(text, sql::params![run.to_u32(), blocker.run.to_u32(), now, deadline, overdue])?;
            }
            Ok((verdict, overdue))
        })?)
    }

    /// Everybody who waits.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn waiting(&self) -> Result<Vec<Waiting>, Error> {
        let text = "SELECT w.run, w.waits_for, w.since, w.deadline, w.overdue, r.state FROM order_waits AS w JOIN \
                    order_runs AS r ON r.run = w.waits_for ORDER BY 1, 2";
        Ok(self.ledger.read("waiting runs", |rows| {
            let mut statement = rows.prepare(text)?;
            let waiting = statement.query_map([], |row| {
                Ok(Waiting {
                    run: number(row, 0)?,
                    waits_for: number(row, 1)?,
                    since: row.get(2)?,
                    deadline: row.get(3)?,
                    overdue: row.get(4)?,
                    why: state(row, 5)?.why().to_owned(),
                })
            })?;
            waiting.collect()
        })?)
    }
}

fn load(rows: &sql::Connection) -> sql::Result<Order> {
    let mut order = Order::default();
    let mut statement =
        rows.prepare_cached("SELECT run, state, since, who, reason FROM order_runs")?;
    let mut places = statement.query([])?;
    while let Some(row) = places.next()? {
        let note = Note { time: row.get(2)?, who: row.get(3)?, reason: row.get(4)? };
        order.restore(number(row, 0)?, Place { state: state(row, 1)?, note });
    }
    let mut statement = rows.prepare_cached("SELECT run FROM order_last")?;
    let last = statement.query_map([], |row| number(row, 0))?.next().transpose()?;
    last.map(|last| order.advance(last));
    Ok(order)
}

fn store(rows: &sql::Connection, order: &Order, run: RunNumber) -> sql::Result<()> {
    if let Some(Place { state, note }) = order.places().get(&run) {
        let text = "INSERT INTO order_runs VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET state = excluded.state, \
                    since = excluded.since, who = excluded.who, reason = excluded.reason";
        rows.execute(
            text,
            sql::params![run.to_u32(), state.word(), note.time, note.who, note.reason],
        )?;
    }
    store_last(rows, order)
}

fn store_last(rows: &sql::Connection, order: &Order) -> sql::Result<()> {
    let Some(last) = order.last() else { return Ok(()) };
    let text = "INSERT INTO order_last VALUES (1, ?1) ON CONFLICT DO UPDATE SET run = excluded.run WHERE excluded.run > run";
    rows.execute(text, [last.to_u32()]).map(|_| ())
}

fn number(row: &sql::Row<'_>, index: usize) -> sql::Result<RunNumber> {
    let value: u32 = row.get(index)?;
    RunNumber::new(value).map_err(|error| wrong(index, error.to_string()))
}

fn state(row: &sql::Row<'_>, index: usize) -> sql::Result<State> {
    let word: String = row.get(index)?;
    let found = State::ALL.into_iter().find(|state| state.word() == word);
    found.ok_or_else(|| wrong(index, format!("'{word}' is no state of a run")))
}

fn wrong(index: usize, what: String) -> sql::Error {
    sql::Error::FromSqlConversionFailure(index, sql::types::Type::Text, what.into())
}
