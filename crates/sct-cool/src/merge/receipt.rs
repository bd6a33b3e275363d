//! What a merge did to a master, exact enough to take it back.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What one merge wrote. Identifiers are those of the folder's tables at the master.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Version of this form: 1.
    pub version: u32,
    /// Time of the merge, as COOL writes times.
    pub when: String,
    /// Person or account.
    pub who: String,
    /// Comment.
    pub comment: String,
    /// What was merged.
    pub source: SourceFile,
    /// Master file.
    pub master: PathBuf,
    /// Instance within the master.
    pub instance: String,
    /// By folder and tag, in order of writing.
    pub folders: Vec<FolderReceipt>,
}

/// The file that was merged.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// File.
    pub file: PathBuf,
    /// Instance within it.
    pub instance: String,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Size, bytes.
    pub size: u64,
}

/// What was written under one tag of one folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FolderReceipt {
    /// Folder.
    pub folder: String,
    /// Tag of the master.
    pub tag: String,
    /// Number of the tag.
    pub tag_id: u32,
    /// Whether this merge made the tag.
    pub tag_created: bool,
    /// Objects left out because the same is visible.
    pub skipped: usize,
    /// Smallest start and largest end of the objects written.
    pub interval: Option<(u64, u64)>,
    /// Rows added: objects, and remainders of what they cut.
    pub rows: Vec<NewRow>,
    /// Rows of payload added, first and last.
    pub payloads: Option<(u64, u64)>,
    /// Rows that were visible before.
    pub hidden: Vec<Hidden>,
    /// Channels as they were.
    pub channels: Vec<ChannelBefore>,
    /// Sequence tables that went on.
    pub sequences: Vec<SequenceStep>,
}

/// A row added to the table of intervals.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewRow {
    /// Object identifier.
    pub object: u64,
    /// Channel.
    pub channel: u32,
    /// First key.
    pub since: u64,
    /// First key past the end.
    pub until: u64,
    /// Object this is a remainder of; 0 for what was stored.
    pub original: u64,
    /// Time of insertion.
    pub inserted: String,
}

/// A row that the merge hid.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Hidden {
    /// Object identifier.
    pub object: u64,
    /// Time of its last change before.
    pub modified: String,
}

/// A channel as it was before.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelBefore {
    /// Channel.
    pub channel: u32,
    /// Its last object; none when the merge made the channel.
    pub last_object: Option<u64>,
}

/// A value of a sequence table with its time.
pub type Cell = (Option<u64>, Option<String>);

/// A sequence table that went on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SequenceStep {
    /// Table.
    pub table: String,
    /// Value and time before.
    pub before: Cell,
    /// Value and time after.
    pub after: Cell,
}

/// How much a merge changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Alteration {
    /// Objects stored.
    pub objects: usize,
    /// Objects left out because the same is visible.
    pub skipped: usize,
    /// Remainders of objects that were cut.
    pub remainders: usize,
    /// Objects that are no longer visible.
    pub hidden: usize,
    /// Channels stored to.
    pub channels: usize,
}

impl Receipt {
    /// Reads the text of a receipt.
    ///
    /// # Errors
    ///
    /// What is wrong with it, with line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        let receipt: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match receipt.version {
            1 => Ok(receipt),
            other => Err(format!("version {other} of a receipt is not known, expected 1")),
        }
    }

    /// The text of the receipt.
    pub fn to_json(&self) -> String {
        let mut text =
            serde_json::to_string_pretty(self).expect("a receipt has text keys and numbers only");
        text.push('\n');
        text
    }

    /// Sums over folders.
    pub fn alteration(&self) -> Alteration {
        let mut sum = Alteration::default();
        for folder in &self.folders {
            let stored = folder.rows.iter().filter(|row| row.original == 0).count();
            sum.objects += stored;
            sum.remainders += folder.rows.len() - stored;
            sum.skipped += folder.skipped;
            sum.hidden += folder.hidden.len();
            sum.channels += folder.channels.len();
        }
        sum
    }
}
