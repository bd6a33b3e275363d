//! What world is simulated.

use sct_id::RunNumber;
use serde::Serialize;

use crate::Settings;

/// What is simulated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorldSettings {
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// Number of the first run.
    pub first_run: RunNumber,
    /// Runs beside the given ones, at least one of each kind: 12 or more.
    pub runs: usize,
    /// Lumi blocks of a run at most; short runs have fewer.
    pub lumi_blocks: u32,
    /// When the running run has its last lumi block so far, seconds since 1970.
    pub until: u64,
    /// Runs that must be there; later than the others and before the running one.
    pub given: Vec<GivenRun>,
}

/// A run that must be there: with stable beams and the whole detector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct GivenRun {
    /// The run.
    pub run: RunNumber,
    /// Its begin, seconds since 1970.
    pub start: u64,
    /// Length of a lumi block, seconds.
    pub lumi_block_seconds: u64,
    /// Lumi blocks.
    pub lumi_blocks: u32,
    /// Events in the stream of the calibration.
    pub events: u64,
}

impl GivenRun {
    /// The run of a simulation.
    pub fn of(settings: &Settings) -> Self {
        Self {
            run: settings.run,
            start: settings.start,
            lumi_block_seconds: settings.lumi_block_seconds,
            lumi_blocks: settings.last_lumi_block().to_u32(),
            events: settings.events,
        }
    }

    /// Its end, seconds since 1970.
    pub(super) fn end(&self) -> u64 {
        self.start + self.lumi_block_seconds * u64::from(self.lumi_blocks)
    }
}

impl Default for WorldSettings {
    fn default() -> Self {
        Self {
            seed: 1,
            first_run: RunNumber::new(437_500).expect("below 2^31"),
            runs: 30,
            lumi_blocks: 120,
            until: 1_666_000_000,
            given: Vec::new(),
        }
    }
}

impl WorldSettings {
    /// A world in which these runs were, with thirty others before them.
    pub fn around(given: Vec<GivenRun>) -> Self {
        let base = Self::default();
        // Run numbers grow by three at most.
        let room = 3 * u32::try_from(base.runs).unwrap_or(0);
        let first = given
            .iter()
            .map(|given| given.run.to_u32())
            .min()
            .map(|first| first.saturating_sub(room).max(1));
        let first_run =
            first.and_then(|first| RunNumber::new(first).ok()).unwrap_or(base.first_run);
        let until = given.iter().map(GivenRun::end).max().map_or(base.until, |end| end + 3600);
        Self { first_run, until, given, ..base }
    }
}
