//! `EventStorage`: the records of a RAW file around its events.
//!
//! Reading works on the bytes of a whole file, mapped or loaded by the caller; writing goes to any [`std::io::Write`].
//! Source: section 1 of `docs/formats/raw.md`.

mod blocks;
mod end;
mod error;
mod header;
mod metadata;
mod name;
mod read;
mod record;
mod run_parameters;
mod stamp;
mod text;
mod write;

pub use self::{
    blocks::{Block, BlockPlace, Blocks, Ending, Scan},
    end::FileEnd,
    error::{BlockError, Error},
    header::{FileHeader, FileVersion},
    metadata::Metadata,
    name::{NameError, RawFileName},
    read::RawFile,
    run_parameters::{BeamType, RunParameters},
    stamp::Stamp,
    text::Text,
    write::{RawWriter, Sequence, Written},
};
