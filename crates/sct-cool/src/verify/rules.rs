//! Rules as queries that give the rows that break them.

use rusqlite::OptionalExtension as _;
use sct_conditions::{Folder, PayloadMode, Versioning};

use super::{Finding, Severity};
use crate::{Database, Error, Node};

/// A query for the first row that breaks a rule, and how many there are.
pub(super) struct Rule {
    /// What is wrong with such a row; the row's number follows.
    what: &'static str,
    /// `SELECT count(*), min(number) ...`.
    sql: String,
}

/// The rules of a folder.
pub(super) fn of(database: &Database, node: &Node, folder: &Folder) -> Vec<Rule> {
    let (iovs, channels) = (&node.tables.iovs, &node.tables.channels);
    let rule = |what, sql: String| Rule { what, sql };
    let mut rules = vec![
        rule(
            "an interval is empty or out of range, object",
            format!(
                "SELECT count(*), min(OBJECT_ID) FROM \"{iovs}\" WHERE IOV_SINCE < 0 OR IOV_SINCE >= IOV_UNTIL"
            ),
        ),
        rule(
            "visible rows of a channel overlap, object",
            format!(
                "SELECT count(*), min(OBJECT_ID) FROM (SELECT OBJECT_ID, IOV_SINCE, max(IOV_UNTIL) OVER (PARTITION BY \
                 USER_TAG_ID, CHANNEL_ID ORDER BY IOV_SINCE, OBJECT_ID ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS \
                 BEFORE FROM \"{iovs}\" WHERE NEW_HEAD_ID = 0) WHERE IOV_SINCE < BEFORE"
            ),
        ),
        rule(
            "a channel's last object is not its newest row, channel",
            format!(
                "SELECT count(*), min(CHANNEL_ID) FROM \"{channels}\" AS c WHERE c.LAST_OBJECT_ID <> coalesce((SELECT \
                 max(i.OBJECT_ID) FROM \"{iovs}\" AS i WHERE i.CHANNEL_ID = c.CHANNEL_ID), 0)"
            ),
        ),
        rule(
            "a store to a channel was not finished, channel",
            format!("SELECT count(*), min(CHANNEL_ID) FROM \"{channels}\" WHERE HAS_NEW_DATA <> 0"),
        ),
    ];
    if let Some(payload) = &node.tables.payload {
        rules.extend(payload_rules(iovs, payload, folder.payload_mode));
    }
    match folder.versioning {
        Versioning::Multi => rules.extend(version_rules(database, node)),
        Versioning::Single => rules.push(rule(
            "a row of a single-version folder has a tag or was covered, object",
            format!(
                "SELECT count(*), min(OBJECT_ID) FROM \"{iovs}\" WHERE USER_TAG_ID <> 0 OR ORIGINAL_ID <> 0 OR NEW_HEAD_ID <> 0"
            ),
        )),
    }
    rules
}

fn payload_rules(iovs: &str, payload: &str, mode: PayloadMode) -> Vec<Rule> {
    let rule = |what, sql: String| Rule { what, sql };
    if mode == PayloadMode::Vector {
        return vec![rule(
            "items belong to no object, set",
            format!(
                "SELECT count(*), min(PAYLOAD_SET_ID) FROM \"{payload}\" WHERE PAYLOAD_SET_ID NOT IN (SELECT PAYLOAD_SET_ID \
                 FROM \"{iovs}\")"
            ),
        )];
    }
    vec![
        rule(
            "a payload belongs to no row, payload",
            format!(
                "SELECT count(*), min(PAYLOAD_ID) FROM \"{payload}\" WHERE PAYLOAD_ID NOT IN (SELECT PAYLOAD_ID FROM \"{iovs}\" \
                 WHERE PAYLOAD_ID IS NOT NULL)"
            ),
        ),
        rule(
            "a row has no payload, object",
            format!(
                "SELECT count(*), min(OBJECT_ID) FROM \"{iovs}\" AS i WHERE NOT EXISTS(SELECT 1 FROM \"{payload}\" AS p WHERE \
                 p.PAYLOAD_ID = i.PAYLOAD_ID)"
            ),
        ),
    ]
}

fn version_rules(database: &Database, node: &Node) -> Vec<Rule> {
    let (iovs, tags, all) = (&node.tables.iovs, &node.tables.tags, database.table("TAGS"));
    let id = node.id;
    let rule = |what, sql: String| Rule { what, sql };
    let shared = if node.tables.payload.is_some() && !is_vector(node) {
        " OR o.PAYLOAD_ID IS NOT i.PAYLOAD_ID"
    } else {
        ""
    };
    vec![
        rule(
            "a covered row is covered by nothing that lies over it, object",
            format!(
                "SELECT count(*), min(i.OBJECT_ID) FROM \"{iovs}\" AS i WHERE i.NEW_HEAD_ID <> 0 AND NOT EXISTS(SELECT 1 FROM \
                 \"{iovs}\" AS n WHERE n.OBJECT_ID = i.NEW_HEAD_ID AND n.OBJECT_ID > i.OBJECT_ID AND n.CHANNEL_ID = i.CHANNEL_ID \
                 AND n.USER_TAG_ID = i.USER_TAG_ID AND n.IOV_SINCE < i.IOV_UNTIL AND n.IOV_UNTIL > i.IOV_SINCE)"
            ),
        ),
        rule(
            "a remainder is no part of what it was cut from, object",
            format!(
                "SELECT count(*), min(i.OBJECT_ID) FROM \"{iovs}\" AS i LEFT JOIN \"{iovs}\" AS o ON o.OBJECT_ID = i.ORIGINAL_ID \
                 WHERE i.ORIGINAL_ID <> 0 AND (o.OBJECT_ID IS NULL OR o.OBJECT_ID >= i.OBJECT_ID OR o.CHANNEL_ID <> \
                 i.CHANNEL_ID OR o.USER_TAG_ID <> i.USER_TAG_ID OR o.NEW_HEAD_ID = 0 OR i.IOV_SINCE < o.IOV_SINCE OR i.IOV_UNTIL \
                 > o.IOV_UNTIL{shared})"
            ),
        ),
        rule(
            "a row has a tag the folder does not have, object",
            format!(
                "SELECT count(*), min(OBJECT_ID) FROM \"{iovs}\" WHERE USER_TAG_ID <> 0 AND USER_TAG_ID NOT IN (SELECT TAG_ID FROM \
                 \"{tags}\")"
            ),
        ),
        rule(
            "a tag of the folder is not in the list of all tags, tag",
            format!(
                "SELECT count(*), min(t.TAG_ID) FROM \"{tags}\" AS t LEFT JOIN \"{all}\" AS g ON g.NODE_ID = {id} AND g.TAG_ID = \
                 t.TAG_ID WHERE g.TAG_NAME IS NOT t.TAG_NAME"
            ),
        ),
        rule(
            "the list of all tags has one the folder does not have, tag",
            format!(
                "SELECT count(*), min(TAG_ID) FROM \"{all}\" WHERE NODE_ID = {id} AND (TAG_ID NOT IN (SELECT TAG_ID FROM \
                 \"{tags}\") OR TAG_LOCK_STATUS NOT IN (0, 1, 2))"
            ),
        ),
    ]
}

fn is_vector(node: &Node) -> bool {
    node.folder.as_ref().is_some_and(|folder| folder.payload_mode == PayloadMode::Vector)
}

/// Asks for rows that break a rule.
pub(super) fn apply(
    database: &Database,
    node: &Node,
    rule: &Rule,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let (count, first): (i64, Option<i64>) = database
        .connection
        .query_row(&rule.sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(database.failed(&format!("check of {}", node.path)))?;
    if count > 0 {
        let what = format!("{} {} ({count} in all)", rule.what, first.unwrap_or_default());
        findings.push(Finding { severity: Severity::Error, place: node.path.clone(), what });
    }
    Ok(())
}

/// The largest number of a column.
pub(super) fn largest(
    database: &Database,
    column: &str,
    table: &str,
) -> Result<Option<u64>, Error> {
    let sql = format!("SELECT max({column}) FROM \"{table}\"");
    let found: Option<i64> = database
        .connection
        .query_row(&sql, [], |row| row.get(0))
        .map_err(database.failed(table))?;
    Ok(found.map(i64::cast_unsigned))
}

/// A sequence table has one row, under its own name, with a number that is not behind what was given out.
pub(super) fn sequence(
    database: &Database,
    table: &str,
    last: Option<u64>,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let sql = format!("SELECT count(*), min(SEQUENCE_NAME), max(CURRENT_VALUE) FROM \"{table}\"");
    let found: Option<(i64, Option<String>, Option<i64>)> = database
        .connection
        .query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()
        .map_err(database.failed(table))?;
    let mut wrong = |what: String| {
        findings.push(Finding { severity: Severity::Error, place: table.to_owned(), what });
    };
    match found {
        Some((1, Some(name), value)) => {
            if name != table {
                wrong(format!("the sequence is named {name}"));
            }
            let value = value.unwrap_or(0).cast_unsigned();
            if last.is_some_and(|last| last > value) {
                wrong(format!(
                    "the sequence stands at {value}, behind {}",
                    last.unwrap_or_default()
                ));
            }
        }
        _ => wrong("it does not have exactly one row".to_owned()),
    }
    Ok(())
}
