//! What is in a database, for people and scripts.

use std::fmt::Write as _;

use sct_conditions::{ChannelId, PayloadMode, Value, Versioning};
use sct_id::Iov;
use serde::Serialize;
use serde_json::{Map, json};

use crate::{Database, Error, LockStatus, Node, Object, Selection, VectorObject};

/// One tag of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TagSummary {
    /// Name; HEAD for the head.
    pub name: String,
    /// `unlocked`, `locked` or `partially locked`.
    pub lock: &'static str,
    /// Visible objects.
    pub objects: usize,
}

/// One folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FolderSummary {
    /// Node number.
    pub id: u32,
    /// Full path.
    pub path: String,
    /// `single` or `multi`.
    pub versioning: &'static str,
    /// `inline`, `separate` or `vector`.
    pub payload_mode: &'static str,
    /// Columns.
    pub payload: String,
    /// Description.
    pub description: String,
    /// Channels.
    pub channels: u64,
    /// Rows of intervals, hidden ones included.
    pub intervals: u64,
    /// Rows of payload, where it is separate.
    pub payloads: Option<u64>,
    /// Head and tags with visible objects.
    pub tags: Vec<TagSummary>,
}

/// All folders by node number.
///
/// # Errors
///
/// [`Error`] when the file is damaged.
pub fn summaries(database: &Database) -> Result<Vec<FolderSummary>, Error> {
    database.folders().map(|node| summary(database, node)).collect()
}

fn summary(database: &Database, node: &Node) -> Result<FolderSummary, Error> {
    let folder = node.require_folder(database)?;
    let count = |table: &str| {
        let sql = format!("SELECT count(*) FROM \"{table}\"");
        database
            .connection
            .query_row(&sql, [], |row| row.get::<_, i64>(0))
            .map_err(database.failed(table))
    };
    let rows = |table: &str| count(table).map(|rows| u64::try_from(rows).unwrap_or(0));
    let objects = |tag: &str| database.count_objects(node, &Selection::tag(tag));
    let mut tags = Vec::new();
    let head = objects("")?;
    if head > 0 {
        tags.push(TagSummary { name: "HEAD".to_owned(), lock: "unlocked", objects: head });
    }
    for tag in database.tags(node)? {
        let lock = match tag.lock {
            LockStatus::Unlocked => "unlocked",
            LockStatus::Locked => "locked",
            LockStatus::PartiallyLocked => "partially locked",
        };
        tags.push(TagSummary { objects: objects(&tag.name)?, name: tag.name, lock });
    }
    Ok(FolderSummary {
        id: node.id,
        path: node.path.clone(),
        versioning: if folder.versioning == Versioning::Single { "single" } else { "multi" },
        payload_mode: match folder.payload_mode {
            PayloadMode::Inline => "inline",
            PayloadMode::Separate => "separate",
            PayloadMode::Vector => "vector",
        },
        payload: folder.payload.to_string(),
        description: node.description.clone(),
        channels: rows(&node.tables.channels)?,
        intervals: rows(&node.tables.iovs)?,
        payloads: node.tables.payload.as_deref().map(rows).transpose()?,
        tags,
    })
}

/// One JSON object per visible object: folder, tag, channel, since, until, object, inserted and payload by column name
/// (a list of payloads where the folder has vectors).
///
/// # Errors
///
/// [`Error`] when the file is damaged or `folder` does not exist.
pub fn dump_lines(database: &Database, folder: Option<&str>) -> Result<Vec<String>, Error> {
    let nodes: Vec<&Node> = match folder {
        Some(path) => vec![database.folder(path)?],
        None => database.folders().collect(),
    };
    let mut lines = Vec::new();
    for node in nodes {
        for tag in summary(database, node)?.tags {
            lines.extend(dump_tag(database, node, &tag.name)?);
        }
    }
    Ok(lines)
}

fn dump_tag(database: &Database, node: &Node, tag: &str) -> Result<Vec<String>, Error> {
    let folder = node.require_folder(database)?;
    let selection = Selection::tag(tag);
    let named = |values: &[Value]| -> serde_json::Value {
        let fields = folder.payload.fields().iter().zip(values);
        fields
            .map(|(field, value)| (field.name.clone(), json_value(value)))
            .collect::<Map<_, _>>()
            .into()
    };
    let line = |id: u64, inserted: &str, channel: ChannelId, iov: Iov, payload| {
        json!({
            "folder": node.path,
            "tag": tag,
            "channel": channel.0,
            "since": iov.since(),
            "until": iov.until(),
            "object": id,
            "inserted": inserted,
            "payload": payload,
        })
        .to_string()
    };
    if folder.payload_mode == PayloadMode::Vector {
        let objects = database.node_vectors(node, &selection)?;
        let vector = |VectorObject { id, inserted, row }: VectorObject| {
            let items: Vec<_> = row.items.iter().map(|item| named(item)).collect();
            line(id, &inserted, row.channel, row.iov, items.into())
        };
        return Ok(objects.into_iter().map(vector).collect());
    }
    let objects = database.node_objects(node, &selection)?;
    let single = |Object { id, inserted, row }: Object| {
        line(id, &inserted, row.channel, row.iov, named(&row.payload))
    };
    Ok(objects.into_iter().map(single).collect())
}

/// Blobs as hexadecimal text; everything else as JSON has it.
fn json_value(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Int(number) => json!(number),
        Value::Real(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Blob(bytes) => json!(bytes.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })),
    }
}
