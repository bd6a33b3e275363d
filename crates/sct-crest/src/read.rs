//! Reading a tag back.

use std::{collections::BTreeMap, fs, path::Path};

use sct_conditions::{ChannelId, PayloadSpec, Row, Value};

use crate::{Error, containers::Gathered, value, write::sha256};

/// A tag as a dump has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Dump {
    /// Description of the folder.
    pub description: String,
    /// Columns.
    pub payload: PayloadSpec,
    /// Objects by channel and start; intervals that follow each other and say the same are one.
    pub rows: Vec<Row>,
}

/// Reads a tag, and checks every container against its digest.
///
/// # Errors
///
/// [`Error::Content`] with file and place, [`Error::Io`].
pub fn read(root: &Path, tag: &str) -> Result<Dump, Error> {
    let folder = root.join("tags").join(tag);
    let info = json(&folder.join("tagmetainfo.json"))?;
    let wrong = |what: &str| {
        let path = folder.join("tagmetainfo.json");
        Error::Content { path, what: what.to_owned() }
    };
    let inner = info["tagInfo"].as_str().ok_or_else(|| wrong("it has no text tagInfo"))?;
    let inner: serde_json::Value =
        serde_json::from_str(inner).map_err(|error| wrong(&error.to_string()))?;
    let payload = specification(&inner["payload_spec"]).map_err(|what| wrong(&what))?;
    let path = folder.join("iovs.json");
    let bad = |what: String| Error::Content { path: path.clone(), what };
    let list = json(&path)?;
    let list = list.as_array().ok_or_else(|| bad("it is no list".to_owned()))?;
    let mut iovs = Vec::new();
    for (index, iov) in list.iter().enumerate() {
        match (iov["since"].as_u64(), iov["payloadHash"].as_str()) {
            (Some(since), Some(hash))
                if hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
            {
                iovs.push((since, hash));
            }
            _ => return Err(bad(format!("interval {index} has no since or no payloadHash"))),
        }
    }
    iovs.sort_by_key(|(since, _)| *since);
    let mut gathered = Gathered::default();
    for (since, hash) in iovs {
        gathered.add(since, container(root, hash, &payload)?);
    }
    let description = inner["node_description"].as_str().unwrap_or_default().to_owned();
    Ok(Dump { description, payload, rows: gathered.finish() })
}

fn container(
    root: &Path,
    hash: &str,
    payload: &PayloadSpec,
) -> Result<BTreeMap<ChannelId, Vec<Value>>, Error> {
    let path = root.join("data").join(&hash[..3]).join(hash).join("payload.json");
    let wrong = |what: String| Error::Content { path: path.clone(), what };
    let bytes = fs::read(&path).map_err(|source| Error::Io { path: path.clone(), source })?;
    let found = sha256(&bytes);
    if found != hash {
        return Err(wrong(format!("its SHA-256 is {found}")));
    }
    let text: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    let data = text["data"].as_object().ok_or_else(|| wrong("it has no object data".to_owned()))?;
    let fields = payload.fields();
    let mut channels = BTreeMap::new();
    for (channel, cells) in data {
        let bad = |what: String| wrong(format!("channel {channel}: {what}"));
        let number = channel.parse().map_err(|_| bad("it is no number".to_owned()))?;
        let cells = cells.as_array().filter(|cells| cells.len() == fields.len());
        let cells = cells.ok_or_else(|| bad(format!("expected {} values", fields.len())))?;
        let values =
            cells.iter().zip(fields).map(|(cell, field)| value::from_json(cell, field.storage));
        channels.insert(ChannelId(number), values.collect::<Result<_, _>>().map_err(bad)?);
    }
    Ok(channels)
}

/// Columns from a list of objects with one name and type each.
fn specification(list: &serde_json::Value) -> Result<PayloadSpec, String> {
    let list = list.as_array().ok_or("payload_spec is no list")?;
    let mut columns = Vec::new();
    for column in list {
        let pair = column.as_object().and_then(|column| column.iter().next());
        match pair.and_then(|(name, kind)| Some((name, kind.as_str()?))) {
            Some((name, kind)) => columns.push(format!("{name}:{kind}")),
            None => return Err(format!("column {column} has no name and type")),
        }
    }
    columns.join(",").parse().map_err(|error| format!("payload_spec: {error}"))
}

fn json(path: &Path) -> Result<serde_json::Value, Error> {
    let bytes = fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Error::Content { path: path.to_owned(), what: error.to_string() })
}
