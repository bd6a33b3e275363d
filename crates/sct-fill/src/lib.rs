//! The event loop: RAW files of one run to its hit maps.
//!
//! ```no_run
//! use sct_cabling::Cabling;
//! use sct_fill::{Config, Inputs, fill};
//! use sct_id::{BarrelSwap, ReadoutSwap};
//!
//! let (cabling, swap) = (Cabling::default(), ReadoutSwap::new(BarrelSwap::Side1));
//! let inputs = Inputs {
//!     files: &["run.data".into()],
//!     open: &|path| Ok(Box::new(std::fs::read(path)?)),
//!     cabling: &cabling,
//!     swap: &swap,
//!     majority: None,
//! };
//! let outcome = fill(&inputs, &Config::default(), &|_| {})?;
//! println!("{} events", outcome.summary.used);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Events are found first, then sorted by lumi block and shared out among the threads; the maps are sums of whole numbers,
//! so that neither the order of the files nor the number of threads changes anything. What an event brings:
//!
//! | event | hits | byte-stream errors | counted as |
//! |---|---|---|---|
//! | outside the lumi blocks, times or the first so many events asked for | no | no | `unselected` |
//! | damaged | no | no | `damaged` |
//! | detector off (majority state) | no | yes | `detector_off` |
//! | more than ten clusters on unknown fibres | no | yes | `left_out` |
//! | any other | yes | yes | `used` |

mod config;
mod error;
mod event_list;
mod fill;
mod held;
mod summary;

pub use self::{
    config::{Bytes, Config, Inputs, LumiBlockAxis, Majority, Open},
    error::Error,
    fill::{Outcome, fill},
    summary::{DamagedEvent, FileSummary, Summary},
};
