//! Conditions as the file-system client of CREST has them: a folder of tags, intervals and payload containers.
//!
//! ```text
//! tags/NAME/tag.json           name, kind of keys, description
//! tags/NAME/tagmetainfo.json   folder description, columns, channels
//! tags/NAME/iovs.json          [{"tagName", "since", "insertionTime", "payloadHash"}, ...]
//! data/abc/abc.../payload.json {"data": {"channel": [values in column order], ...}}
//! data/abc/abc.../meta.json    size, checksum and kind of the payload
//! ```
//!
//! COOL keeps an interval for each channel; CREST keeps a container of all channels, valid until the next one begins. So
//! each key at which any channel begins or ends begins a container, which has the channels that are valid there. Containers
//! are addressed by the SHA-256 of their bytes: equal ones are one file. Source: `CrestApiFs`, `CrestContainer` and
//! `CrestModel` of Athena's `Database/CrestApi`; `docs/formats/crest.md`.
//!
//! ```
//! use sct_conditions::{MONITORING, monitoring_row};
//! use sct_crest::{Tag, read, write};
//! use sct_id::{Iov, ModuleHash, RunNumber};
//!
//! let folder = tempfile::tempdir()?;
//! let iov = Iov::run(RunNumber::new(440_199)?);
//! let rows = vec![monitoring_row(ModuleHash::new(0)?, iov, 0.015, " 5 ")?];
//! let tag = Tag { name: MONITORING.tag.into(), folder: MONITORING.folder(), inserted: "2022-12-01".into(), rows };
//! write(folder.path(), &tag)?;
//! assert_eq!(read(folder.path(), MONITORING.tag)?.rows, tag.rows);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod containers;
mod error;
mod read;
mod value;
mod write;

use sct_conditions::{Folder, Row};

pub use self::{
    containers::joined,
    error::Error,
    read::{Dump, read},
    write::{Written, write},
};

/// One tag of a folder, to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag {
    /// Name.
    pub name: String,
    /// The folder.
    pub folder: Folder,
    /// Time of insertion as text; the same content with the same time gives the same files.
    pub inserted: String,
    /// Visible objects by channel and start.
    pub rows: Vec<Row>,
}
