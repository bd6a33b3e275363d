//! A run and a kind of task as one number, so that tables are in the order in which they are read.

use std::collections::HashMap;

use sct_id::RunNumber;
use sct_ledger::sql::{self, Connection, OptionalExtension as _};

/// The number of a kind of task and a run: all runs of a kind follow each other.
pub(crate) fn of(kind: i64, run: RunNumber) -> i64 {
    kind << 32 | i64::from(run.to_u32())
}

/// Kind and run of a number.
pub(crate) fn parts(key: i64) -> (i64, u32) {
    let run = u32::try_from(key & 0xFFFF_FFFF).unwrap_or(u32::MAX);
    (key >> 32, run)
}

/// Numbers of a kind: the first and the last.
pub(crate) fn range(kind: i64) -> (i64, i64) {
    (kind << 32, kind << 32 | 0xFFFF_FFFF)
}

/// The number of every kind.
pub(crate) fn kinds(rows: &Connection) -> sql::Result<HashMap<String, i64>> {
    let mut all = rows.prepare_cached("SELECT kind, id FROM kinds")?;
    all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// The number of a kind that is there.
pub(crate) fn find(rows: &Connection, kind: &str) -> sql::Result<Option<i64>> {
    let mut find = rows.prepare_cached("SELECT id FROM kinds WHERE kind = ?1")?;
    find.query_row([kind], |row| row.get(0)).optional()
}

/// The number of a kind, made when it has none.
pub(crate) fn kind(rows: &Connection, kind: &str) -> sql::Result<i64> {
    if let Some(id) = find(rows, kind)? {
        return Ok(id);
    }
    rows.execute("INSERT INTO kinds (kind) VALUES (?1)", [kind])?;
    Ok(rows.last_insert_rowid())
}
