//! Event format: full events, read-out buffer (ROB) and read-out driver (ROD) fragments.
//!
//! Views borrow the words of the file and check sizes once, when they are made. Source: sections 2 and 3 of
//! `docs/formats/raw.md`.

mod error;
mod event;
mod fragment;
mod rob;
mod rod;
mod tags;
mod write;

pub use self::{
    error::{FragmentError, Level},
    event::{Event, EventHeader, PayloadCompression},
    fragment::{EventVersion, Fragment},
    rob::{Rob, RobStatus, Robs, sub_detector},
    rod::{Rod, RodHeader, StatusPosition},
    tags::{StreamTags, pack_tags},
    write::{EventWriter, RobFragment, RodFragment},
};

/// First word of a full event.
pub const EVENT_MARKER: u32 = 0xAA12_34AA;
/// First word of a ROB fragment.
pub const ROB_MARKER: u32 = 0xDD12_34DD;
/// First word of a ROD fragment.
pub const ROD_MARKER: u32 = 0xEE12_34EE;
