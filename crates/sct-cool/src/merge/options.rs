//! What a merge is asked for.

use sct_id::RunNumber;

/// How a merge is done. The default merges every tag of every folder of the source, strictly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own on the command line"
)]
pub struct MergeOptions {
    /// Folders of the source; all when empty.
    pub folders: Vec<String>,
    /// Tags of the source; all when empty.
    pub tags: Vec<String>,
    /// Tag of the master, where it is not that of the source.
    pub retag: Option<String>,
    /// Accept another description; the master's stays.
    pub ignore_description: bool,
    /// Make tags the master does not have.
    pub create_tags: bool,
    /// Make folders the master does not have.
    pub create_folders: bool,
    /// Lay other content over a run that is there already.
    pub replace: bool,
    /// Store objects also where the same is visible already, as the original does.
    pub write_identical: bool,
    /// Add to a locked tag what overlaps nothing in it.
    pub append_locked: bool,
    /// Check the whole file before the merge becomes valid; takes as long as the master is large.
    pub full_check: bool,
    /// Give tags made here the lock of the source's.
    pub copy_lock: bool,
    /// Update mode that is not to protect the tag, as UPD4.
    pub ignore_mode: Option<String>,
    /// Last run whose processing has begun: tags with an update mode take later runs only.
    pub processed: Option<RunNumber>,
}

/// Who merges, and from what; goes into the receipt as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Person or account.
    pub who: String,
    /// Comment.
    pub comment: String,
    /// SHA-256 of the source, hexadecimal.
    pub sha256: String,
    /// Size of the source, bytes.
    pub size: u64,
}
