//! Folder sets and folders.

use rusqlite::Row;
use sct_conditions::{Folder, PayloadMode, PayloadSpec, Versioning};

use crate::{Database, Error};

/// A node of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Identifier.
    pub id: u32,
    /// Identifier of the node above; the root has none.
    pub parent: Option<u32>,
    /// Full path.
    pub path: String,
    /// Description.
    pub description: String,
    /// What makes it a folder; folder sets have none.
    pub folder: Option<Folder>,
    /// Names of its tables, as the file gives them.
    pub(crate) tables: Tables,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tables {
    pub(crate) iovs: String,
    pub(crate) tags: String,
    pub(crate) iov2tag: String,
    pub(crate) channels: String,
    pub(crate) payload: Option<String>,
}

impl Node {
    /// The folder; an error for folder sets.
    pub(crate) fn require_folder(&self, database: &Database) -> Result<&Folder, Error> {
        let missing = || Error::Folder { path: database.path.clone(), folder: self.path.clone() };
        self.folder.as_ref().ok_or_else(missing)
    }

    /// Start of the names of its tables, as `CONDBR2_F0003_`.
    pub(crate) fn stem(&self, database: &Database) -> String {
        database.table(&format!("F{:04}_", self.id))
    }
}

struct Raw {
    id: u32,
    parent: Option<u32>,
    path: String,
    description: Option<String>,
    leaf: bool,
    versioning: i64,
    payload: Option<String>,
    inline: Option<i64>,
    schema: Option<String>,
    tables: [Option<String>; 5],
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        id: row.get(0)?,
        parent: row.get(1)?,
        path: row.get(2)?,
        description: row.get(3)?,
        leaf: row.get::<_, i64>(4)? != 0,
        versioning: row.get(5)?,
        payload: row.get(6)?,
        inline: row.get(7)?,
        schema: row.get(8)?,
        tables: [row.get(9)?, row.get(10)?, row.get(11)?, row.get(12)?, row.get(13)?],
    })
}

pub(crate) fn read(database: &Database) -> Result<Vec<Node>, Error> {
    let sql = format!(
        "SELECT NODE_ID, NODE_PARENTID, NODE_FULLPATH, NODE_DESCRIPTION, NODE_ISLEAF, FOLDER_VERSIONING, \
         FOLDER_PAYLOADSPEC, FOLDER_PAYLOAD_INLINE, NODE_SCHEMA_VERSION, FOLDER_IOVTABLENAME, FOLDER_TAGTABLENAME, \
         FOLDER_IOV2TAGTABLENAME, FOLDER_CHANNELTABLENAME, FOLDER_PAYLOAD_EXTREF FROM \"{}\" ORDER BY NODE_ID",
        database.table("NODES")
    );
    let mut statement =
        database.connection.prepare(&sql).map_err(database.failed("list of nodes"))?;
    let rows = statement.query_map([], raw).map_err(database.failed("list of nodes"))?;
    rows.map(|row| node(database, row.map_err(database.failed("list of nodes"))?)).collect()
}

fn node(database: &Database, raw: Raw) -> Result<Node, Error> {
    let description = raw.description.unwrap_or_default();
    let bare = |folder, tables| Node {
        id: raw.id,
        parent: raw.parent,
        path: raw.path.clone(),
        description: description.clone(),
        folder,
        tables,
    };
    if !raw.leaf {
        return Ok(bare(None, Tables::default()));
    }
    let wrong = |detail: String| database.content(raw.path.clone(), detail);
    let payload: PayloadSpec = raw
        .payload
        .unwrap_or_default()
        .parse()
        .map_err(|error| wrong(format!("payload specification: {error}")))?;
    let versioning = match raw.versioning {
        0 => Versioning::Single,
        1 => Versioning::Multi,
        other => return Err(wrong(format!("versioning is {other}, expected 0 or 1"))),
    };
    let payload_mode = match (raw.schema.as_deref(), raw.inline.unwrap_or(0)) {
        (Some("2.9.0"), _) => PayloadMode::Vector,
        (_, 0) => PayloadMode::Inline,
        _ => PayloadMode::Separate,
    };
    // Names from the file go into SQL, so they must be plain.
    let plain = |name: Option<String>| {
        let name = name.unwrap_or_default();
        let sound = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if sound {
            Ok(name)
        } else {
            Err(wrong(
                "a table has a name with other characters than letters, digits, '_'".to_owned(),
            ))
        }
    };
    let [iovs, tags, iov2tag, channels, external] = raw.tables;
    let external = plain(external)?;
    let tables = Tables {
        iovs: plain(iovs)?,
        tags: plain(tags)?,
        iov2tag: plain(iov2tag)?,
        channels: plain(channels)?,
        payload: (payload_mode != PayloadMode::Inline).then_some(external),
    };
    let folder = Folder {
        path: raw.path.clone(),
        description: description.clone(),
        versioning,
        payload_mode,
        payload,
    };
    Ok(bare(Some(folder), tables))
}
