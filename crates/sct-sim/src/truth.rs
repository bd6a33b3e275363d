//! What was put into a run, and what a search must find in it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
};

use sct_id::{Chip, LumiBlock, LumiBlockSet, ModuleHash, ReadoutSwap, Strip, WaferHash};
use serde::{Deserialize, Serialize};

use crate::{
    Burst, DeadChip, DeadLink, DeadStrips, Detector, Error, ErrorRate, Known, KnownComponent,
    LumiRange, NoisyChip, NoisyStrip, NoisyWafer, QuietChip, QuietStrips, Settings, drawn::Drawn,
    lumi::LumiProfile, output,
};

/// More noisy strips than this make a chip noisy: half of its 128 strips.
const CHIP_LIMIT: usize = Strip::PER_CHIP / 2;
/// More noisy strips than this, and a mean occupancy above the second number, make a wafer noisy.
const WAFER_LIMIT: usize = Strip::PER_WAFER / 2;
const WAFER_OCCUPANCY: f64 = 1e-3;
/// Rates nearer to the threshold than this many standard deviations can come out on either side.
const MARGINAL_SIGMAS: f64 = 5.0;

/// What a rate leads one to expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Above the threshold.
    Noisy,
    /// So near that chance decides.
    Marginal,
    /// Below.
    Quiet,
}

/// A noisy strip and the hits drawn for it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct StripTruth {
    /// The defect.
    #[serde(flatten)]
    pub defect: NoisyStrip,
    /// Hits drawn, ordinary noise and tracks included.
    pub hits: u32,
    /// What the rate leads one to expect.
    pub verdict: Verdict,
    /// Whether the hits drawn are above the threshold.
    pub above: bool,
}

/// A noisy chip and what came of it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ChipTruth {
    /// The defect.
    #[serde(flatten)]
    pub defect: NoisyChip,
    /// Hits drawn on its strips.
    pub hits: u64,
    /// Strips above the threshold over the whole run.
    pub strips_above: usize,
}

/// A noisy or warm wafer and what came of it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct WaferTruth {
    /// The defect.
    #[serde(flatten)]
    pub defect: NoisyWafer,
    /// Hits drawn.
    pub hits: u64,
    /// Strips above the threshold.
    pub strips_above: usize,
}

/// A strip above the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct StripCount {
    /// The wafer.
    pub wafer: WaferHash,
    /// The strip, offline order.
    pub strip: Strip,
    /// Hits drawn.
    pub hits: u32,
    /// Whether it is known to be bad before the run.
    pub known: Option<Known>,
}

/// A chip with more than 64 strips above the threshold.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ChipCount {
    /// The wafer.
    pub wafer: WaferHash,
    /// The chip, read-out numbering.
    pub chip: Chip,
    /// How many of its strips are above the threshold.
    pub strips: usize,
    /// Lumi blocks in which it has more than threshold x 64 hits per event.
    pub lumi_blocks: Vec<LumiBlock>,
}

/// A chip that is noisy at times.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ChipTimes {
    /// The wafer.
    pub wafer: WaferHash,
    /// The chip, read-out numbering.
    pub chip: Chip,
    /// Lumi blocks with enough events in which it has more than threshold x 64 hits per event.
    pub lumi_blocks: LumiBlockSet,
}

/// What a correct search finds in the hits drawn, in wafer order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Expected {
    /// Strips with `hits / events > threshold` in single precision.
    pub strips: Vec<StripCount>,
    /// Chips with more than 64 of them.
    pub chips: Vec<ChipCount>,
    /// Wafers with more than 384 of them and a mean occupancy above 1e-3.
    pub wafers: Vec<WaferHash>,
    /// Chips that are noisy in some lumi blocks, whatever they are over the whole run.
    #[serde(default)]
    pub noisy_lumi_blocks: Vec<ChipTimes>,
    /// Lumi blocks in which more than a tenth of the modules with hits has such a chip.
    #[serde(default)]
    pub bursts: LumiBlockSet,
}

/// Everything about the hits of a run or a file of it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Truth {
    /// Version of this format.
    pub version: u32,
    /// What was asked for.
    pub settings: Settings,
    /// The file, when this is not the whole run.
    pub file: Option<usize>,
    /// Events drawn.
    pub events: u64,
    /// Lumi blocks with events.
    pub lumi_blocks_with_events: usize,
    /// Interruptions of the run.
    pub gaps: Vec<LumiRange>,
    /// Noisy strips, marginal ones among them.
    pub noisy_strips: Vec<StripTruth>,
    /// Noisy chips.
    pub noisy_chips: Vec<ChipTruth>,
    /// Bursts of noise in a large part of the detector.
    #[serde(default)]
    pub bursts: Vec<Burst>,
    /// Noisy wafers.
    pub noisy_wafers: Vec<WaferTruth>,
    /// Warm wafers.
    pub warm_wafers: Vec<WaferTruth>,
    /// Dead strips.
    pub dead_strips: Vec<DeadStrips>,
    /// Dead chips.
    pub dead_chips: Vec<DeadChip>,
    /// Dead links; both of a dead module.
    #[serde(default)]
    pub dead_links: Vec<DeadLink>,
    /// Quiet strips.
    #[serde(default)]
    pub quiet_strips: Vec<QuietStrips>,
    /// Quiet chips.
    #[serde(default)]
    pub quiet_chips: Vec<QuietChip>,
    /// Byte-stream errors.
    pub errors: Vec<ErrorRate>,
    /// Components known to be bad, those among the noisy strips left out.
    pub known_bad: Vec<KnownComponent>,
    /// What a correct search finds.
    pub expected: Expected,
    /// Hits in all.
    pub hits: u64,
    /// Hits of each wafer, in hash order.
    pub hits_per_wafer: Vec<u64>,
}

impl Truth {
    /// Version of the format that is written and read.
    pub const VERSION: u32 = 1;
    /// Name of the file.
    pub const FILE: &'static str = "truth.json";

    pub(crate) fn new(
        settings: &Settings,
        detector: &Detector,
        profile: &LumiProfile,
        file: Option<usize>,
        drawn: &Drawn,
    ) -> Self {
        let judge = Judge { settings, drawn, profile, swap: settings.readout_swap() };
        let hitmap = &drawn.hitmap;
        let hits_per_wafer: Vec<u64> = WaferHash::all().map(|wafer| hitmap.hits(wafer)).collect();
        let wafers = |wafers: &[NoisyWafer]| wafers.iter().map(|w| judge.wafer(w)).collect();
        Self {
            version: Self::VERSION,
            settings: settings.clone(),
            file,
            events: hitmap.events(),
            lumi_blocks_with_events: profile.processed(),
            gaps: profile.gaps.clone(),
            noisy_strips: detector.noisy_strips.iter().map(|noisy| judge.strip(noisy)).collect(),
            noisy_chips: detector.noisy_chips.iter().map(|noisy| judge.chip(noisy)).collect(),
            bursts: detector.bursts.clone(),
            noisy_wafers: wafers(&detector.noisy_wafers),
            warm_wafers: wafers(&detector.warm_wafers),
            dead_strips: detector.dead_strips.clone(),
            dead_chips: detector.dead_chips.clone(),
            dead_links: detector.dead_links.clone(),
            quiet_strips: detector.quiet_strips.clone(),
            quiet_chips: detector.quiet_chips.clone(),
            errors: detector.errors.clone(),
            known_bad: detector.known_bad.clone(),
            expected: judge.expected(detector),
            hits: hits_per_wafer.iter().sum(),
            hits_per_wafer,
        }
    }

    /// Reads a truth file.
    ///
    /// # Errors
    ///
    /// [`Error::Read`], and [`Error::Truth`] for anything but a truth file of this version.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes =
            std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let wrong = |source| Error::Truth { path: path.to_owned(), source };
        let truth: Self = serde_json::from_slice(&bytes).map_err(wrong)?;
        if truth.version != Self::VERSION {
            let text = format!("version {}, expected {}", truth.version, Self::VERSION);
            return Err(wrong(serde::de::Error::custom(text)));
        }
        Ok(truth)
    }

    /// Writes a truth file, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::Write`].
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|source| Error::Truth { path: path.to_owned(), source })?;
        bytes.push(b'\n');
        output::write_whole(path, &bytes)
    }
}

/// Compares counts with the threshold, by the definitions themselves.
struct Judge<'a> {
    settings: &'a Settings,
    drawn: &'a Drawn,
    profile: &'a LumiProfile,
    swap: ReadoutSwap,
}

impl Judge<'_> {
    /// The definition of a noisy strip: single precision, strictly greater.
    fn is_above(&self, hits: u32) -> bool {
        hits as f32 / self.drawn.hitmap.events() as f32 > self.settings.threshold
    }

    fn above(&self, wafer: WaferHash) -> impl Iterator<Item = (Strip, u32)> + '_ {
        let counts = Strip::all().zip(self.drawn.hitmap.wafer(wafer).iter().copied());
        counts.filter(|&(_, hits)| self.is_above(hits))
    }

    fn strip(&self, defect: &NoisyStrip) -> StripTruth {
        let hits = self.drawn.hitmap.wafer(defect.wafer)[defect.strip.index()];
        let (threshold, events) =
            (f64::from(self.settings.threshold), self.drawn.hitmap.events().max(1) as f64);
        let sigma = (defect.rate / events).sqrt();
        let distance = defect.rate - threshold;
        let verdict = if distance.abs() < MARGINAL_SIGMAS * sigma {
            Verdict::Marginal
        } else if distance > 0.0 {
            Verdict::Noisy
        } else {
            Verdict::Quiet
        };
        StripTruth { defect: defect.clone(), hits, verdict, above: self.is_above(hits) }
    }

    fn chip(&self, defect: &NoisyChip) -> ChipTruth {
        let own = |strip: &Strip| self.swap.chip(defect.wafer, *strip) == defect.chip;
        let counts = self.drawn.hitmap.wafer(defect.wafer);
        let hits = Strip::all().filter(own).map(|strip| u64::from(counts[strip.index()])).sum();
        let strips_above = self.above(defect.wafer).filter(|(strip, _)| own(strip)).count();
        ChipTruth { defect: defect.clone(), hits, strips_above }
    }

    fn wafer(&self, defect: &NoisyWafer) -> WaferTruth {
        let hits = self.drawn.hitmap.hits(defect.wafer);
        let strips_above = self.above(defect.wafer).count();
        WaferTruth { defect: defect.clone(), hits, strips_above }
    }

    /// Lumi blocks in which a chip is noisy: its hits per event are above the threshold times half of its strips, a product
    /// in single precision.
    fn noisy_lumi_blocks(&self, wafer: WaferHash, chip: Chip) -> Vec<LumiBlock> {
        let limit = f64::from(self.settings.threshold * Strip::PER_CHIP as f32 * 0.5);
        let Some(rows) = self.drawn.chips.get(&wafer) else { return Vec::new() };
        let counts = (1..).zip(rows[chip.in_side()].iter().zip(&self.profile.events));
        counts
            .filter(|&(_, (&hits, &events))| events > 0 && f64::from(hits) / events as f64 > limit)
            .map(|(number, _)| LumiBlock::new(number))
            .collect()
    }

    /// Lumi blocks in which more than a tenth of the modules with hits has a noisy chip.
    fn bursts(&self) -> LumiBlockSet {
        let with_hits = ModuleHash::all()
            .filter(|module| module.wafers().iter().any(|&w| self.drawn.hitmap.hits(w) > 0))
            .count();
        let mut noisy: BTreeMap<LumiBlock, BTreeSet<ModuleHash>> = BTreeMap::new();
        for ((wafer, _), times) in &self.drawn.noisy {
            for number in times.iter() {
                noisy.entry(number).or_default().insert(wafer.module());
            }
        }
        let bursts = noisy.into_iter().filter(|(_, modules)| 10 * modules.len() > with_hits);
        bursts.map(|(number, _)| number).collect()
    }

    fn expected(&self, detector: &Detector) -> Expected {
        let known: HashMap<(WaferHash, Strip), Known> = detector
            .noisy_strips
            .iter()
            .filter_map(|noisy| Some(((noisy.wafer, noisy.strip), noisy.known?)))
            .collect();
        let mut expected = Expected::default();
        for wafer in WaferHash::all() {
            let mut per_chip = [0; Chip::COUNT];
            let before = expected.strips.len();
            for (strip, hits) in self.above(wafer) {
                per_chip[self.swap.chip(wafer, strip).index()] += 1;
                let known = known.get(&(wafer, strip)).copied();
                expected.strips.push(StripCount { wafer, strip, hits, known });
            }
            let chips = Chip::all().zip(per_chip).filter(|&(_, strips)| strips > CHIP_LIMIT);
            expected.chips.extend(chips.map(|(chip, strips)| {
                let lumi_blocks = self.noisy_lumi_blocks(wafer, chip);
                ChipCount { wafer, chip, strips, lumi_blocks }
            }));
            let mean = self.drawn.hitmap.hits(wafer) as f64
                / Strip::PER_WAFER as f64
                / self.drawn.hitmap.events() as f64;
            if expected.strips.len() - before > WAFER_LIMIT && mean > WAFER_OCCUPANCY {
                expected.wafers.push(wafer);
            }
        }
        let noisy = self.drawn.noisy.iter();
        expected.noisy_lumi_blocks = noisy
            .map(|(&(wafer, chip), times)| ChipTimes { wafer, chip, lumi_blocks: times.clone() })
            .collect();
        expected.bursts = self.bursts();
        expected
    }
}
