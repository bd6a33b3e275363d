//! The commands of `sct-cool` that compare, check and merge.

mod diff;
mod export_crest;
mod merge;
mod verify;

pub use self::{
    diff::Diff,
    export_crest::ExportCrest,
    merge::{Merge, Undo},
    verify::Verify,
};
