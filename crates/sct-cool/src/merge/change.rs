//! How one object of a source compares with what the master has in its channel.

use rusqlite::{OptionalExtension as _, params};
use sct_conditions::Row;
use sct_id::Iov;

use crate::{Database, Error, Node, Object};

/// One object of the source.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The object.
    pub row: Row,
    /// What the master has at its start or, where nothing is valid there, had last.
    pub before: Option<Previous>,
    /// What is to be done with it.
    pub state: State,
    /// Objects of the master it would hide.
    pub hides: Vec<u64>,
}

/// What the master has for a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Previous {
    /// The object.
    pub object: Object,
    /// Whether it is valid where the new object begins; otherwise it ended before.
    pub valid: bool,
}

/// How an object of the source compares with the master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The master has nothing that begins in this run.
    New,
    /// The master has the same.
    Identical,
    /// The master had the same, and a later object has cut its end since.
    Overtaken,
    /// The master has something else that begins in this run.
    Different,
    /// Something that begins in a later run lies inside its interval, and would be hidden.
    Later,
}

impl Change {
    /// Whether the master has the object already.
    pub fn is_there(&self) -> bool {
        matches!(self.state, State::Identical | State::Overtaken)
    }
}

/// Compares one object with what the master has in its channel.
pub(super) fn change(master: &Database, node: &Node, tag: u32, row: Row) -> Result<Change, Error> {
    let hides = overlapped(master, node, tag, &row)?;
    let before = previous(master, node, tag, &row)?;
    let same_start =
        before.as_ref().filter(|before| before.object.row.iov.since() == row.iov.since());
    let same_run = before
        .as_ref()
        .is_some_and(|before| before.object.row.iov.since() >> 32 == row.iov.since() >> 32);
    let state = match same_start {
        Some(before) if before.object.row.payload == row.payload => {
            let there = &before.object.row.iov;
            if there.until() == row.iov.until() {
                State::Identical
            } else if there.until() < row.iov.until()
                && uncut(master, node, before.object.id)? == Some(row.iov)
            {
                State::Overtaken
            } else {
                State::Different
            }
        }
        Some(_) => State::Different,
        None if same_run => State::Different,
        None => match next_start(master, node, tag, &row)? {
            Some(start) if start >> 32 == row.iov.since() >> 32 => State::Different,
            Some(_) => State::Later,
            None => State::New,
        },
    };
    Ok(Change { row, before, state, hides })
}

/// Visible objects of the channel that share a key with `row`.
fn overlapped(master: &Database, node: &Node, tag: u32, row: &Row) -> Result<Vec<u64>, Error> {
    let table = &node.tables.iovs;
    let sql = format!(
        "SELECT OBJECT_ID FROM \"{table}\" WHERE CHANNEL_ID = ?1 AND USER_TAG_ID = ?2 AND NEW_HEAD_ID = 0 AND IOV_SINCE < \
         ?4 AND IOV_UNTIL > ?3 AND IOV_SINCE >= coalesce((SELECT max(IOV_SINCE) FROM \"{table}\" WHERE CHANNEL_ID = ?1 AND \
         USER_TAG_ID = ?2 AND NEW_HEAD_ID = 0 AND IOV_SINCE <= ?3), 0)"
    );
    let (since, until) = (row.iov.since().cast_signed(), row.iov.until().cast_signed());
    let failed = || master.failed("overlapping objects");
    let mut statement = master.connection.prepare_cached(&sql).map_err(failed())?;
    let ids =
        statement.query_map(params![row.channel.0, tag, since, until], |row| row.get::<_, i64>(0));
    let ids: Vec<i64> = ids.and_then(Iterator::collect).map_err(failed())?;
    Ok(ids.into_iter().map(i64::cast_unsigned).collect())
}

/// The visible object that begins last at or before the start of `row`.
fn previous(
    master: &Database,
    node: &Node,
    tag: u32,
    row: &Row,
) -> Result<Option<Previous>, Error> {
    let object = master.last_object(node, tag, row.channel, row.iov.since())?;
    Ok(object.map(|object| Previous { valid: object.row.iov.contains(row.iov.since()), object }))
}

/// Where the next visible object of the channel begins after the start of `row` and inside its interval.
fn next_start(master: &Database, node: &Node, tag: u32, row: &Row) -> Result<Option<u64>, Error> {
    let sql = format!(
        "SELECT min(IOV_SINCE) FROM \"{}\" WHERE CHANNEL_ID = ?1 AND USER_TAG_ID = ?2 AND NEW_HEAD_ID = 0 AND IOV_SINCE > ?3 \
         AND IOV_SINCE < ?4",
        node.tables.iovs
    );
    let failed = || master.failed("objects of the run");
    let (since, until) = (row.iov.since().cast_signed(), row.iov.until().cast_signed());
    let mut statement = master.connection.prepare_cached(&sql).map_err(failed())?;
    let start: Option<i64> = statement
        .query_row(params![row.channel.0, tag, since, until], |row| row.get(0))
        .map_err(failed())?;
    Ok(start.map(i64::cast_unsigned))
}

/// The interval of the object that this one, perhaps over several steps, is a remainder of.
fn uncut(master: &Database, node: &Node, object: u64) -> Result<Option<Iov>, Error> {
    let sql = format!(
        "SELECT ORIGINAL_ID, IOV_SINCE, IOV_UNTIL FROM \"{}\" WHERE OBJECT_ID = ?1",
        node.tables.iovs
    );
    let failed = || master.failed("original object");
    let mut id = object.cast_signed();
    loop {
        let mut statement = master.connection.prepare_cached(&sql).map_err(failed())?;
        let found: Option<(i64, i64, i64)> = statement
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()
            .map_err(failed())?;
        match found {
            Some((0, since, until)) => {
                return Ok(Iov::new(since.cast_unsigned(), until.cast_unsigned()).ok());
            }
            // A remainder is younger than what it was cut from, so this ends.
            Some((original, ..)) if original < id => id = original,
            _ => return Ok(None),
        }
    }
}
