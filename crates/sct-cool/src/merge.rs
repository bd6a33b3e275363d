//! Merging the objects of one file into a master database: one transaction, checked before and read back after. Source:
//! section 13 of `docs/formats/cool.md`.

mod apply;
mod change;
mod options;
mod plan;
mod receipt;
mod undo;

pub use self::{
    apply::Merged,
    change::{Change, Previous, State},
    options::{MergeOptions, Provenance},
    plan::{FolderPlan, Plan, plan},
    receipt::{
        Alteration, Cell, ChannelBefore, FolderReceipt, Hidden, NewRow, Receipt, SequenceStep,
        SourceFile,
    },
};

use crate::Error;

/// One reason for which nothing is merged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The source holds nothing to merge.
    #[error("nothing to merge: {0}")]
    Empty(String),
    /// The master has no such folder.
    #[error("the master has no folder {0}; folders are made with --create-folders only")]
    Folder(String),
    /// The folder is another one at the master.
    #[error("folder {folder}: {what} is {source_has} in the source and {master_has} in the master")]
    Specification {
        /// Folder.
        folder: String,
        /// What differs.
        what: &'static str,
        /// Text of the source.
        source_has: String,
        /// Text of the master.
        master_has: String,
    },
    /// A channel has another name at the master.
    #[error(
        "folder {folder}: channel {channel} is named '{source_has}' in the source and '{master_has}' in the master"
    )]
    Channel {
        /// Folder.
        folder: String,
        /// Channel.
        channel: u32,
        /// Name in the source.
        source_has: String,
        /// Name in the master.
        master_has: String,
    },
    /// The tag cannot take objects.
    #[error("folder {folder}: tag '{tag}' is {what}")]
    Locked {
        /// Folder.
        folder: String,
        /// Tag.
        tag: String,
        /// Why not.
        what: String,
    },
    /// The master has no such tag.
    #[error("folder {folder}: the master has no tag '{tag}', it has {}; a new tag is made with --create-tag only", if known.is_empty() { "none".to_owned() } else { known.join(", ") })]
    Tag {
        /// Folder.
        folder: String,
        /// Tag.
        tag: String,
        /// Tags of the folder at the master.
        known: Vec<String>,
    },
    /// The tag name cannot be used in this folder.
    #[error("folder {folder}: tag '{tag}' {what}")]
    TagName {
        /// Folder.
        folder: String,
        /// Tag.
        tag: String,
        /// Why not.
        what: &'static str,
    },
    /// The update mode of the tag protects these intervals.
    #[error("folder {folder}: tag '{tag}' has update mode {mode}: {what}")]
    Mode {
        /// Folder.
        folder: String,
        /// Tag.
        tag: String,
        /// Mode, as UPD4.
        mode: String,
        /// What it forbids.
        what: String,
    },
    /// The run is there already, with other content.
    #[error("folder {folder}, tag '{tag}': {what}; give --replace to lay the new content over it")]
    Content {
        /// Folder.
        folder: String,
        /// Tag.
        tag: String,
        /// Run, and how much differs.
        what: String,
    },
    /// The rows of an upload are not as its receipt says.
    #[error("{0}")]
    Undo(String),
}

/// Why nothing was merged or undone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// The content does not fit the master; nothing was written.
    #[error("refused: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Refused(Vec<Refusal>),
    /// What was written did not read back as it should; it was taken back.
    #[error("taken back: {0}")]
    ReadBack(String),
    /// The receipt could not be written; the merge was taken back.
    #[error("the receipt could not be written; the merge was taken back")]
    Receipt(#[source] sct_wholefile::Error),
    /// A file is missing, damaged, locked or full.
    #[error(transparent)]
    Database(#[from] Error),
}
