//! Writing a tag.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use sct_conditions::{PayloadMode, TimeStamp};
use serde_json::{Map, json};
use sha2::{Digest as _, Sha256};

use crate::{Error, Tag, containers::sweep, value};

/// Letters of the digest that name the folder above a payload. Source: `s_FS_PREFIX_LENGTH`.
const PREFIX: usize = 3;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Intervals.
    pub iovs: usize,
    /// Payload containers that were not there before.
    pub payloads: usize,
}

/// Writes a tag into a dump; what other tags have there stays. The list of intervals is written last, so that a tag that can
/// be read is complete.
///
/// # Errors
///
/// [`Error::Unsuited`] for vector payload, blobs and names that are no file names; [`Error`] when a file cannot be written.
pub fn write(root: &Path, tag: &Tag) -> Result<Written, Error> {
    let unsuited = |what: String| Error::Unsuited { tag: tag.name.clone(), what };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    if tag.name.is_empty() || tag.name.starts_with('.') || !tag.name.bytes().all(plain) {
        return Err(unsuited("its name cannot be the name of a folder".to_owned()));
    }
    if tag.folder.payload_mode == PayloadMode::Vector {
        return Err(unsuited("its objects have several payloads each".to_owned()));
    }
    value::check(&tag.folder.payload).map_err(unsuited)?;
    let mut written = Written::default();
    let mut iovs = Vec::new();
    let fields = tag.folder.payload.fields();
    sweep(&tag.rows, |since, channels| {
        let mut data = Map::new();
        for (channel, payload) in channels {
            let values =
                payload.iter().zip(fields).map(|(cell, field)| value::to_json(cell, field.storage));
            data.insert(channel.to_string(), values.collect());
        }
        let container = json!({ "data": data }).to_string();
        let hash = store(root, &container, tag, &mut written)?;
        iovs.push(json!({
            "tagName": tag.name,
            "since": since,
            "insertionTime": tag.inserted,
            "payloadHash": hash,
        }));
        Ok::<(), Error>(())
    })?;
    written.iovs = iovs.len();
    let folder = root.join("tags").join(&tag.name);
    make(&folder)?;
    let file = |name: &str, value: serde_json::Value| {
        sct_wholefile::write(&folder.join(name), value.to_string().as_bytes())
    };
    file("tag.json", about(tag))?;
    file("tagmetainfo.json", meta(tag))?;
    file("iovs.json", iovs.into())?;
    Ok(written)
}

/// Stores a container under its digest; gives the digest.
fn store(root: &Path, container: &str, tag: &Tag, written: &mut Written) -> Result<String, Error> {
    let hash = sha256(container.as_bytes());
    let folder = root.join("data").join(&hash[..PREFIX]).join(&hash);
    let meta = folder.join("meta.json");
    if meta.exists() {
        return Ok(hash);
    }
    make(&folder)?;
    sct_wholefile::write(&folder.join("payload.json"), container.as_bytes())?;
    let about = json!({
        "hash": hash,
        "checkSum": "SHA-256",
        "objectType": "crest-json-single-iov",
        "version": "1.0",
        "size": container.len(),
        "streamerInfo": "{}",
        "compressionType": "none",
        "insertionTime": tag.inserted,
    });
    sct_wholefile::write(&meta, about.to_string().as_bytes())?;
    written.payloads += 1;
    Ok(hash)
}

fn about(tag: &Tag) -> serde_json::Value {
    let time_type = match TimeStamp::from_description(&tag.folder.description) {
        Some(TimeStamp::Time) => "time",
        _ => "run-lumi",
    };
    json!({
        "name": tag.name,
        "timeType": time_type,
        "payloadSpec": "crest-json-single-iov",
        "synchronization": "none",
        "description": tag.folder.path,
        "lastValidatedTime": 0,
        "endOfValidity": 0,
        "insertionTime": tag.inserted,
        "modificationTime": tag.inserted,
    })
}

fn meta(tag: &Tag) -> serde_json::Value {
    let fields = tag.folder.payload.fields();
    let columns: Vec<_> =
        fields.iter().map(|field| json!({ &field.name: field.storage.name() })).collect();
    let channels: BTreeSet<_> = tag.rows.iter().map(|row| row.channel).collect();
    let list: Vec<_> = channels.iter().map(|channel| json!({ channel.to_string(): "" })).collect();
    let info = json!({
        "node_description": tag.folder.description,
        "payload_spec": columns,
        "channel_list": list,
    });
    json!({
        "tagName": tag.name,
        "description": tag.folder.path,
        "chansize": channels.len(),
        "colsize": fields.len(),
        // The client keeps this part as text within the text.
        "tagInfo": info.to_string(),
        "insertionTime": tag.inserted,
    })
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn make(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|source| Error::Io { path: folder.to_owned(), source })
}
