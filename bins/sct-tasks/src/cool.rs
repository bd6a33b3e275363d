//! The commands of `sct-cool` that compare, check and merge.

mod diff;
mod merge;
mod verify;

pub use self::{
    diff::Diff,
    merge::{Merge, Undo},
    verify::Verify,
};
