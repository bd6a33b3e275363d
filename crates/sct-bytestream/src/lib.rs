//! ATLAS RAW files down to the strips of the Semiconductor Tracker, read and written.
//!
//! Three layers, each usable alone: [`storage`] for the records of a file, [`eformat`] for events, ROBs and RODs, [`rod`]
//! for the half words of the SCT. [`EventDecoder`] puts them together. All numbers are little-endian 32-bit words; readers
//! borrow the bytes of a mapped file. Damage is data: a bad fragment becomes byte-stream errors, a bad event is an error
//! of that event alone. Facts, sources and what is not known: `docs/formats/raw.md`.
//!
//! ```
//! use sct_bytestream::{EventConfig, EventDecoder, rod::Readout, storage::RawFile};
//! use sct_cabling::Cabling;
//! use sct_id::{BarrelSwap, ReadoutSwap};
//!
//! fn hits(bytes: &[u8], cabling: &Cabling) -> Result<u64, sct_bytestream::storage::Error> {
//!     let file = RawFile::new(bytes)?;
//!     let readout = Readout::new(cabling, &ReadoutSwap::new(BarrelSwap::Side1));
//!     let mut decoder = EventDecoder::new(readout, EventConfig::default());
//!     let mut strips = 0;
//!     for block in file.blocks().flatten() {
//!         match decoder.decode(&block, file.is_compressed()) {
//!             Ok(event) if !event.is_skipped => {
//!                 strips += event.clusters.iter().map(|cluster| u64::from(cluster.size)).sum::<u64>();
//!             }
//!             _ => {} // left out: counted by the caller
//!         }
//!     }
//!     Ok(strips)
//! }
//! assert!(hits(b"no RAW file", &Cabling::default()).is_err());
//! ```

mod bs_error;
mod checksum;
pub mod eformat;
mod error;
mod event;
mod inflate;
pub mod rod;
pub mod storage;
mod words;

pub use self::{
    bs_error::{ByteStreamError, ErrorMask},
    checksum::{Checksum, ChecksumCounts, ChecksumKind},
    error::EventError,
    event::{Damage, DamageKind, DecodedEvent, EventConfig, EventDecoder},
    inflate::{InflateError, ZlibLevel},
    storage::Error,
    words::Words,
};
