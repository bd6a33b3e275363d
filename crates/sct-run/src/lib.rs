//! What run control knows: information about one run, queries over many, and the order in which noisy strips are taken.
//!
//! * [`run_info`]: start, end, lumi blocks and SCT parts of a run, for `runInfo.txt`.
//! * [`query`]: the run-query language over COOL files and one small table of what is not in COOL ([`RunTable`]).
//! * [`select`]: whether a run is to be calibrated.
//! * [`order`]: which run waits for which, and why; a pure state machine, and the ledger that remembers it.
//!
//! Times are nanoseconds since 1970 in UTC; lumi blocks count from 1; ranges of lumi blocks leave out their end.
//! See `docs/formats/run-info.md` and `docs/formats/run-query.md`.

pub mod control;
mod detector_mask;
mod error;
mod info;
pub mod order;
pub mod query;
mod run_table;
pub mod select;

pub use self::{
    control::RunControl,
    detector_mask::{Decoder, DetectorMask, MaskError},
    error::Error,
    info::{Information, run_info},
    run_table::{Imported, RunTable, StreamSum, Streams},
};
