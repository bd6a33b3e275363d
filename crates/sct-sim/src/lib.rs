//! Simulated runs with known defects.
//!
//! A run is described by [`Settings`]; everything follows from it and nothing else: the same settings give the same bytes,
//! whatever the number of threads. The detector with its defects comes from `defect_seed` and `epoch`, the hits from
//! `seed`: the files of a run share both, the next run ([`Settings::next_run`]) has the same detector a little older.
//!
//! [`simulate_run`] writes the histogram files of a run and `truth.json` beside them: every defect put in, and what a
//! correct search must find in the hits that were drawn ([`Truth::expected`]), to the last strip. [`write_conditions`]
//! writes what the search is told about earlier: the lists of earlier runs, known-bad components, serial numbers, cabling.
//!
//! Rates are hits per strip per event; lumi blocks count from 1.
//!
//! ```
//! use sct_sim::{Detector, Settings};
//!
//! let run = Settings::small();
//! let detector = Detector::new(&run)?;
//! let next = Detector::new(&run.next_run())?;
//! assert_ne!(detector.noisy_strips, next.noisy_strips);
//! # Ok::<(), sct_sim::Error>(())
//! ```

mod cabling;
mod compare;
mod conditions;
mod defects;
mod detector;
mod drawn;
mod error;
mod hist;
mod hitmaps;
mod lumi;
mod output;
mod raw;
mod results;
mod serial;
mod settings;
mod silent;
mod stream;
mod truth;
mod wafer;
mod world;

pub use self::{
    cabling::{cabling, default_cabling},
    compare::{Comparison, Found, Match, NoisyTriple},
    conditions::{
        Conditions, HvTrip, HvTruth, known_bad_csv, reference_rows, write_conditions,
        write_reference,
    },
    defects::{
        Burst, DeadChip, DeadLink, DeadStrips, ErrorRate, Known, KnownBadPart, KnownComponent,
        NoisyChip, NoisyStrip, NoisyWafer, QuietChip, QuietStrips,
    },
    detector::Detector,
    error::Error,
    hist::{
        Crossings, HistSettings, HistStyle, HistTruth, LorentzTruth, NoisyTruth, PlainTruth,
        RareTruth, SeenTruth, Standby, WeakTruth, simulate_hist,
    },
    hitmaps::{RunFiles, draw_hit_maps, simulate_hitmaps, simulate_run},
    lumi::LumiRange,
    raw::{Packing, RawCounts, RawRun, RawSettings, Zlib, simulate_raw},
    results::{EarlierRun, Like, ResultSettings, write_earlier_results, write_results},
    serial::{serial_number, serial_numbers},
    settings::{DefectNumbers, Settings},
    silent::{Silent, SilentComparison, mean_hit_map, quiet_by_rate},
    truth::{
        ChipCount, ChipTimes, ChipTruth, Expected, StripCount, StripTruth, Truth, Verdict,
        WaferTruth,
    },
    world::{
        GivenRun, RunKind, World, WorldFiles, WorldRun, WorldSettings, WorldStream, world_runs,
        write_world,
    },
};
