//! What is simulated.

use sct_id::{BarrelSwap, LumiBlock, ReadoutSwap, RunNumber, WaferHash};
use serde::{Deserialize, Serialize};

use crate::Error;

/// How many defects of each kind a detector has, and how fast they change.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct DefectNumbers {
    /// Wafers with one to four noisy strips.
    pub noisy_strip_wafers: usize,
    /// Wafers with one strip within 5 % of the threshold.
    pub marginal_strip_wafers: usize,
    /// Chips that are noisy in a range of lumi blocks.
    pub noisy_chips: usize,
    /// Bursts: lumi blocks in which a large part of the detector is noisy.
    pub bursts: usize,
    /// Modules that lose their high voltage at times.
    pub hv_trip_modules: usize,
    /// Modules without high voltage during the whole run.
    pub hv_off_modules: usize,
    /// Wafers noisy in more than half of their strips.
    pub noisy_wafers: usize,
    /// Wafers with raised noise, well below the threshold.
    pub warm_wafers: usize,
    /// Wafers with one to five dead strips.
    pub dead_strip_wafers: usize,
    /// Dead chips.
    pub dead_chips: usize,
    /// Links that send nothing, and nobody knows.
    pub dead_links: usize,
    /// Modules of which both links do.
    pub dead_modules: usize,
    /// Wafers with one to five strips that lose most of their hits.
    pub quiet_strip_wafers: usize,
    /// Chips whose strips do.
    pub quiet_chips: usize,
    /// Wafers with byte-stream errors.
    pub error_wafers: usize,
    /// Modules switched off in the configuration.
    pub masked_modules: usize,
    /// Links switched off in the configuration.
    pub masked_links: usize,
    /// Chips switched off in the configuration.
    pub masked_chips: usize,
    /// Wafers with one to eight strips masked in the configuration.
    pub masked_strip_wafers: usize,
    /// Healthy strips that calibration data call bad.
    pub calibration_strips: usize,
    /// Interruptions of data taking: ranges of lumi blocks without events.
    pub gaps: usize,
    /// Probability that a noisy strip is quiet in the next run; chips and wafers recover four times as fast.
    pub recovery: f64,
    /// Wafers that become noisy from one run to the next, with one to four strips each.
    pub new_noisy_strip_wafers: usize,
}

impl Default for DefectNumbers {
    fn default() -> Self {
        Self {
            noisy_strip_wafers: 250,
            marginal_strip_wafers: 40,
            noisy_chips: 40,
            bursts: 0,
            hv_trip_modules: 30,
            hv_off_modules: 3,
            noisy_wafers: 6,
            warm_wafers: 6,
            dead_strip_wafers: 120,
            dead_chips: 60,
            dead_links: 6,
            dead_modules: 2,
            quiet_strip_wafers: 60,
            quiet_chips: 30,
            error_wafers: 80,
            masked_modules: 12,
            masked_links: 12,
            masked_chips: 30,
            masked_strip_wafers: 100,
            calibration_strips: 100,
            gaps: 3,
            recovery: 0.05,
            new_noisy_strip_wafers: 13,
        }
    }
}

/// A simulated run. Missing fields take the full-size defaults.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Run number.
    pub run: RunNumber,
    /// Start of the run, seconds since 1970.
    pub start: u64,
    /// Length of a lumi block, seconds.
    pub lumi_block_seconds: u64,
    /// Events of the whole run.
    pub events: u64,
    /// Lumi blocks of the run.
    pub lumi_blocks: usize,
    /// Lumi blocks in one window of the strip maps.
    pub window: usize,
    /// Files over which the lumi blocks are spread.
    pub files: usize,
    /// Seed of hits and events.
    pub seed: u64,
    /// Seed of the detector and its defects.
    pub defect_seed: u64,
    /// Age of the detector in runs.
    pub epoch: u32,
    /// Mean noise of a good strip, hits per event.
    pub occupancy: f64,
    /// Width of the logarithm of the noise over the strips.
    pub spread: f64,
    /// Hits per strip and event from tracks in the innermost barrel layer; less further out.
    pub physics: f64,
    /// Occupancy above which a strip is expected to be called noisy.
    pub threshold: f32,
    /// Which barrel side is read backwards.
    #[serde(with = "swap_text")]
    pub swap: BarrelSwap,
    /// Numbers of defects.
    pub defects: DefectNumbers,
}

impl Default for Settings {
    fn default() -> Self {
        Self::full_size()
    }
}

impl Settings {
    /// Counts up to here are exact in the single-precision histograms: 2^24.
    const MOST_EVENTS: u64 = 1 << 24;
    const MOST_LUMI_BLOCKS: usize = 65_535;

    /// A run as the loop sees it: 200 000 events in 900 lumi blocks, in one file.
    pub fn full_size() -> Self {
        Self {
            run: RunNumber::new(437_548).expect("below 2^31"),
            start: 1_666_000_000,
            lumi_block_seconds: 60,
            events: 200_000,
            lumi_blocks: 900,
            window: 30,
            files: 1,
            seed: 1,
            defect_seed: 24,
            epoch: 3,
            occupancy: 1e-5,
            spread: 0.5,
            physics: 1e-5,
            threshold: 0.015,
            swap: BarrelSwap::Side1,
            defects: DefectNumbers::default(),
        }
    }

    /// A run for tests: the whole detector, but few events and lumi blocks, and a quarter of the defects. Still enough
    /// events for a search with production limits.
    pub fn small() -> Self {
        let defects = DefectNumbers {
            noisy_strip_wafers: 60,
            marginal_strip_wafers: 10,
            noisy_chips: 12,
            bursts: 0,
            hv_trip_modules: 12,
            hv_off_modules: 1,
            noisy_wafers: 2,
            warm_wafers: 2,
            dead_strip_wafers: 30,
            dead_chips: 15,
            dead_links: 2,
            dead_modules: 1,
            quiet_strip_wafers: 15,
            quiet_chips: 8,
            error_wafers: 20,
            masked_modules: 3,
            masked_links: 3,
            masked_chips: 8,
            masked_strip_wafers: 25,
            calibration_strips: 25,
            gaps: 1,
            recovery: 0.05,
            new_noisy_strip_wafers: 4,
        };
        Self {
            events: 12_000,
            lumi_blocks: 40,
            window: 10,
            physics: 2e-6,
            defects,
            ..Self::full_size()
        }
    }

    /// The run after this one, as long, with the detector a little older.
    #[must_use]
    pub fn next_run(&self) -> Self {
        let mut next = self.clone();
        next.run = RunNumber::new(self.run.to_u32().saturating_add(1)).unwrap_or(self.run);
        next.start = self.end().saturating_add(3600);
        next.seed = self.seed.wrapping_add(1);
        next.epoch = self.epoch.saturating_add(1);
        next
    }

    /// The run before this one; a new detector has none.
    pub fn previous_run(&self) -> Option<Self> {
        let mut previous = self.clone();
        previous.run = self.run.previous()?;
        previous.epoch = self.epoch.checked_sub(1)?;
        previous.seed = self.seed.wrapping_sub(1);
        let length = self.end() - self.start;
        previous.start = self.start.saturating_sub(3600 + length);
        Some(previous)
    }

    /// End of the run, seconds since 1970.
    pub fn end(&self) -> u64 {
        let length = self.lumi_block_seconds.saturating_mul(self.lumi_blocks as u64);
        self.start.saturating_add(length)
    }

    /// The last lumi block.
    pub fn last_lumi_block(&self) -> LumiBlock {
        LumiBlock::new(u32::try_from(self.lumi_blocks).unwrap_or(u32::MAX))
    }

    /// The read-out direction of every wafer.
    pub fn readout_swap(&self) -> ReadoutSwap {
        ReadoutSwap::new(self.swap)
    }

    /// Checks all ranges.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] with the first setting that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        let within = |good: bool, name: &'static str, value: String, expected: &'static str| {
            if good { Ok(()) } else { Err(Error::Setting { name, value, expected }) }
        };
        let rate = |name: &'static str, value: f64, most: f64, expected: &'static str| {
            within((0.0..=most).contains(&value), name, value.to_string(), expected)
        };
        let events = self.events;
        within(
            (1..=Self::MOST_EVENTS).contains(&events),
            "events",
            events.to_string(),
            "1 to 16777216",
        )?;
        let blocks = self.lumi_blocks;
        within(
            (1..=Self::MOST_LUMI_BLOCKS).contains(&blocks),
            "lumi_blocks",
            blocks.to_string(),
            "1 to 65535",
        )?;
        within(
            (1..=blocks).contains(&self.window),
            "window",
            self.window.to_string(),
            "1 to the number of lumi blocks",
        )?;
        within(
            (1..=blocks).contains(&self.files),
            "files",
            self.files.to_string(),
            "1 to the number of lumi blocks",
        )?;
        within(self.epoch <= 1000, "epoch", self.epoch.to_string(), "0 to 1000")?;
        rate("occupancy", self.occupancy, 0.01, "0 to 0.01")?;
        rate("spread", self.spread, 2.0, "0 to 2")?;
        rate("physics", self.physics, 0.01, "0 to 0.01")?;
        rate("threshold", f64::from(self.threshold), 0.5, "0 to 0.5")?;
        rate("recovery", self.defects.recovery, 0.25, "0 to 0.25")?;
        let gaps = self.defects.gaps;
        within(gaps <= WaferHash::COUNT, "gaps", gaps.to_string(), "0 to 8176")
    }
}

/// The setting by its name on command lines.
mod swap_text {
    use sct_id::BarrelSwap;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
    pub(super) fn serialize<S: Serializer>(swap: &BarrelSwap, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(swap)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BarrelSwap, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_in_range_and_survive_json() {
        for settings in [Settings::full_size(), Settings::small()] {
            settings.check().unwrap();
            let text = serde_json::to_string(&settings).unwrap();
            assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), settings);
        }
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(serde_json::from_str::<Settings>(r#"{"event": 3}"#).is_err());
        let partial: Settings = serde_json::from_str(r#"{"events": 3}"#).unwrap();
        assert_eq!((partial.events, partial.lumi_blocks), (3, 900));
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let check = |settings: Settings, name: &str| {
            assert!(settings.check().unwrap_err().to_string().contains(name), "{name}");
        };
        let full = Settings::full_size;
        check(Settings { events: 0, ..full() }, "events");
        check(Settings { files: 901, ..full() }, "files");
        check(Settings { window: 0, ..full() }, "window");
        check(Settings { occupancy: f64::NAN, ..full() }, "occupancy");
        check(Settings { threshold: -1.0, ..full() }, "threshold");
    }

    #[test]
    fn runs_follow_each_other() {
        let first = Settings::small();
        let second = first.next_run();
        assert_eq!(second.run.to_u32(), first.run.to_u32() + 1);
        assert_eq!(second.previous_run(), Some(first.clone()));
        assert_eq!(Settings { epoch: 0, ..first }.previous_run(), None);
    }
}
