//! The hits of one wafer.

use std::collections::HashMap;

use rand::{Rng, RngExt as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution as _, Poisson};
use sct_histfile::WaferLumiBlocks;
use sct_id::{Chip, ReadoutSwap, Strip, WaferHash};

use crate::{
    Detector, LumiRange, Settings,
    detector::WaferDefects,
    lumi::{LumiProfile, LumiSampler},
    stream::{Purpose, stream},
};

/// Probabilities that a track fires one, two or three strips.
const CLUSTERS: [f64; 3] = [0.65, 0.28, 0.07];

/// What the wafers of one file share.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    settings: &'a Settings,
    file: usize,
    profile: &'a LumiProfile,
    sampler: LumiSampler,
    swap: ReadoutSwap,
    defects: HashMap<WaferHash, WaferDefects>,
    healthy: WaferDefects,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(
        settings: &'a Settings,
        detector: &Detector,
        profile: &'a LumiProfile,
        file: usize,
    ) -> Self {
        Self {
            settings,
            file,
            profile,
            sampler: LumiSampler::new(&profile.events),
            swap: settings.readout_swap(),
            defects: detector.by_wafer(settings),
            healthy: WaferDefects::default(),
        }
    }

    fn defects(&self, wafer: WaferHash) -> &WaferDefects {
        self.defects.get(&wafer).unwrap_or(&self.healthy)
    }

    /// Draws the hits of a wafer in this file; always the same ones.
    pub(crate) fn hits(&self, wafer: WaferHash) -> WaferHits {
        let mut hits = WaferHits::new(self.settings);
        self.draw(wafer, &mut hits);
        hits
    }

    /// Draws the hits of a wafer into a sink.
    pub(crate) fn draw(&self, wafer: WaferHash, hits: &mut impl Sink) {
        let defects = self.defects(wafer);
        let mut draw = Draw {
            scene: self,
            rng: stream(self.settings.seed, Purpose::Hits, self.file, wafer.index()),
            chips: Strip::all().map(|strip| self.swap.chip(wafer, strip).in_side()).collect(),
            silent: Strip::all().map(|strip| defects.silent.contains(&strip)).collect(),
            kept: defects.kept(),
            hits,
        };
        if draw.silent.iter().all(|&silent| silent) {
            return;
        }
        draw.noise(wafer, defects);
        draw.tracks(Detector::tracks(self.settings, wafer));
        for &(strip, rate) in &defects.strips {
            draw.steady(strip.index(), rate, 0..self.profile.events.len());
        }
        draw.noisy(wafer, defects);
        // Last, so that a burst changes no other hit.
        draw.bursts(defects);
    }

    /// Whether a wafer has chips that can be noisy.
    pub(crate) fn has_noisy_chips(&self, wafer: WaferHash) -> bool {
        let defects = self.defects(wafer);
        !defects.chips.is_empty() || is_noisy(defects.rate, self.settings)
    }

    /// Draws the events with byte-stream errors of a wafer: type and number.
    pub(crate) fn errors(&self, wafer: WaferHash) -> Vec<(usize, u32)> {
        let mut rng = stream(self.settings.seed, Purpose::Errors, self.file, wafer.index());
        let events = self.profile.total();
        let count = |&(kind, rate): &(usize, f64)| (kind, binomial(&mut rng, events, rate));
        self.defects(wafer).errors.iter().map(count).collect()
    }
}

/// Takes hits as they are drawn.
pub(crate) trait Sink {
    /// Counts hits of a strip in a lumi block (index from 0), read by the chip at a place of the side.
    fn add(&mut self, strip: usize, lumi_block: usize, in_side: usize, count: u32);
}

/// The hits of a wafer: per strip, and everything by lumi block.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WaferHits {
    per_window: usize,
    pub(crate) strips: Vec<u32>,
    pub(crate) lumi_blocks: WaferLumiBlocks,
}

impl WaferHits {
    fn new(settings: &Settings) -> Self {
        let windows = settings.lumi_blocks.div_ceil(settings.window);
        let lumi_blocks = WaferLumiBlocks {
            windows: vec![0; windows * Strip::PER_WAFER],
            chips: std::array::from_fn(|_| vec![0; settings.lumi_blocks]),
            ..WaferLumiBlocks::default()
        };
        Self { per_window: settings.window, strips: vec![0; Strip::PER_WAFER], lumi_blocks }
    }
}

impl Sink for WaferHits {
    #[inline]
    fn add(&mut self, strip: usize, lumi_block: usize, in_side: usize, count: u32) {
        let window = lumi_block / self.per_window;
        let maps = &mut self.lumi_blocks;
        self.strips[strip] += count;
        maps.windows[window * Strip::PER_WAFER + strip] += count;
        maps.chips[in_side][lumi_block] += count;
        let (number, hits) = (lumi_block as u64 + 1, u64::from(count));
        maps.sums.lumi_block += hits * number;
        maps.sums.lumi_block2 += hits * number * number;
        maps.sums.strip_lumi_block += hits * number * strip as u64;
    }
}

struct Draw<'a, S> {
    scene: &'a Scene<'a>,
    rng: ChaCha8Rng,
    /// Place on the side of the chip of each strip.
    chips: Vec<usize>,
    silent: Vec<bool>,
    /// Part of its hits that a strip keeps.
    kept: Vec<f64>,
    hits: &'a mut S,
}

impl<S: Sink> Draw<'_, S> {
    /// Noise of healthy strips and of warm wafers: few hits, each put into a lumi block of its own.
    fn noise(&mut self, wafer: WaferHash, defects: &WaferDefects) {
        let settings = self.scene.settings;
        let warm = if is_noisy(defects.rate, settings) { 0.0 } else { defects.rate };
        let events = self.scene.profile.total() as f64;
        for (strip, rate) in Detector::noise(settings, wafer).into_iter().enumerate() {
            if self.silent[strip] {
                continue;
            }
            for _ in 0..poisson(&mut self.rng, (rate + warm) * events * self.kept[strip]) {
                let lumi_block = self.scene.sampler.sample(&mut self.rng);
                self.hits.add(strip, lumi_block, self.chips[strip], 1);
            }
        }
    }

    /// Tracks fire up to three neighbouring strips; a group counts for the chip of its first strip, as in the files of the
    /// original.
    fn tracks(&mut self, rate: f64) {
        let size: f64 = CLUSTERS.iter().zip(1_u8..).map(|(part, n)| part * f64::from(n)).sum();
        let events = self.scene.profile.total() as f64;
        let tracks = poisson(&mut self.rng, rate * events * Strip::PER_WAFER as f64 / size);
        for _ in 0..tracks {
            let first = self.rng.random_range(0..Strip::PER_WAFER);
            let chance: f64 = self.rng.random();
            let size = 1
                + usize::from(chance >= CLUSTERS[0])
                + usize::from(chance >= CLUSTERS[0] + CLUSTERS[1]);
            let lumi_block = self.scene.sampler.sample(&mut self.rng);
            let mut group = None;
            for strip in first..(first + size).min(Strip::PER_WAFER) {
                // Random numbers are drawn on quiet strips only: other wafers stay as they are.
                let kept = self.kept[strip];
                if self.silent[strip] || (kept < 1.0 && self.rng.random::<f64>() >= kept) {
                    group = None;
                    continue;
                }
                let chip = *group.get_or_insert(self.chips[strip]);
                self.hits.add(strip, lumi_block, chip, 1);
            }
        }
    }

    /// Many hits of one strip: drawn lumi block by lumi block.
    fn steady(&mut self, strip: usize, rate: f64, lumi_blocks: std::ops::Range<usize>) {
        if self.silent[strip] {
            return;
        }
        for lumi_block in lumi_blocks {
            let events = self.scene.profile.events[lumi_block];
            let count = if events == 0 { 0 } else { binomial(&mut self.rng, events, rate) };
            if count > 0 {
                self.hits.add(strip, lumi_block, self.chips[strip], count);
            }
        }
    }

    /// Noisy chips and wafers.
    fn noisy(&mut self, wafer: WaferHash, defects: &WaferDefects) {
        let settings = self.scene.settings;
        let all = self.scene.profile.events.len();
        let whole = is_noisy(defects.rate, settings);
        if !whole && defects.chips.is_empty() {
            return;
        }
        let factors = Detector::noisy_factors(settings, wafer);
        for (strip, factor) in factors.into_iter().enumerate() {
            if whole {
                self.steady(strip, defects.rate * factor, 0..all);
            }
            for &(chip, range, rate) in &defects.chips {
                if self.reads(chip, strip) {
                    self.steady(strip, rate * factor, clip(range, all));
                }
            }
        }
    }

    /// All strips, evenly, in the lumi blocks of a burst; what is quiet keeps its part of these hits too.
    fn bursts(&mut self, defects: &WaferDefects) {
        let all = self.scene.profile.events.len();
        for &(range, rate) in &defects.bursts {
            for strip in 0..Strip::PER_WAFER {
                self.steady(strip, rate * self.kept[strip], clip(range, all));
            }
        }
    }

    fn reads(&self, chip: Chip, strip: usize) -> bool {
        self.chips[strip] == chip.in_side()
    }
}

impl WaferDefects {
    /// Part of its hits that each strip keeps.
    fn kept(&self) -> Vec<f64> {
        let mut kept = vec![1.0; Strip::PER_WAFER];
        self.thinned.iter().for_each(|&(strip, part)| kept[strip.index()] = part);
        kept
    }

    /// Mean rate of every strip over the run, hits per event, that of noisy strips, chips and wafers left out. Strips at the
    /// ends of a wafer have up to a third fewer tracks than said here.
    pub(crate) fn rates(&self, settings: &Settings, wafer: WaferHash) -> Vec<f64> {
        let warm = if is_noisy(self.rate, settings) { 0.0 } else { self.rate };
        let tracks = Detector::tracks(settings, wafer);
        let rates = Strip::all().zip(Detector::noise(settings, wafer)).zip(self.kept());
        rates
            .map(
                |((strip, noise), kept)| {
                    if self.silent.contains(&strip) { 0.0 } else { (noise + warm + tracks) * kept }
                },
            )
            .collect()
    }
}

/// Whether the rate of a whole wafer needs drawing by lumi block.
fn is_noisy(rate: f64, settings: &Settings) -> bool {
    rate > f64::from(settings.threshold)
}

fn clip(range: LumiRange, lumi_blocks: usize) -> std::ops::Range<usize> {
    let (first, last) = range.indices().into_inner();
    first.min(lumi_blocks)..(last + 1).min(lumi_blocks)
}

/// A Poisson number; 0 when the mean is none.
fn poisson(rng: &mut impl Rng, mean: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole and positive; a cast of a larger one saturates"
    )]
    Poisson::new(mean).map_or(0, |poisson| poisson.sample(rng) as u32)
}

/// How many of `events` happen with probability `rate`, at most 0.95: no strip fires in every event.
fn binomial(rng: &mut impl Rng, events: u64, rate: f64) -> u32 {
    let count = Binomial::new(events, rate.clamp(0.0, 0.95)).map_or(0, |law| law.sample(rng));
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sct_id::BarrelSwap;

    use super::*;

    fn any_settings() -> impl Strategy<Value = Settings> {
        let swap =
            prop_oneof![Just(BarrelSwap::Side0), Just(BarrelSwap::Side1), Just(BarrelSwap::None)];
        let sizes = (1_u64..5000, 1_usize..70).prop_flat_map(|(events, lumi_blocks)| {
            (Just(events), Just(lumi_blocks), 1..=lumi_blocks, 1..=lumi_blocks)
        });
        (sizes, any::<u64>(), any::<u64>(), swap, 0_u32..4).prop_map(
            |((events, lumi_blocks, window, files), seed, defect_seed, swap, epoch)| {
                let (occupancy, physics) = (1e-3, 1e-4);
                let sizes = Settings { events, lumi_blocks, window, files, ..Settings::small() };
                Settings { seed, defect_seed, epoch, occupancy, physics, swap, ..sizes }
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn hits_are_the_same_in_any_order_and_lie_where_events_are(settings in any_settings()) {
            let detector = Detector::new(&settings).unwrap();
            let run = LumiProfile::run(&settings);
            let file = settings.files - 1;
            let profile = run.part(file, settings.files);
            let scene = Scene::new(&settings, &detector, &profile, file);
            let wafers = [
                detector.noisy_chips[0].wafer,
                detector.noisy_wafers[0].wafer,
                detector.warm_wafers[0].wafer,
                detector.noisy_strips[0].wafer,
            ];
            let first = wafers.map(|wafer| scene.hits(wafer));
            let again = Scene::new(&settings, &detector, &profile, file);
            for (&wafer, hits) in wafers.iter().zip(&first).rev() {
                prop_assert!(again.hits(wafer) == *hits);
                let maps = &hits.lumi_blocks;
                let total: u32 = hits.strips.iter().sum();
                prop_assert_eq!(maps.windows.iter().sum::<u32>(), total);
                prop_assert_eq!(maps.chips.iter().flatten().sum::<u32>(), total);
                for row in &maps.chips {
                    let empty = row.iter().zip(&profile.events).filter(|&(_, &events)| events == 0);
                    prop_assert_eq!(empty.map(|(hits, _)| hits).sum::<u32>(), 0);
                }
            }
        }
    }

    fn with_scene(settings: &Settings, check: impl Fn(&Scene<'_>, &Detector)) {
        let detector = Detector::new(settings).unwrap();
        let profile = LumiProfile::run(settings);
        check(&Scene::new(settings, &detector, &profile, 0), &detector);
    }

    #[test]
    fn all_maps_of_a_wafer_hold_the_same_hits() {
        let settings = Settings { physics: 1e-4, ..Settings::small() };
        with_scene(&settings, |scene, detector| {
            let busy = [
                detector.noisy_strips[0].wafer,
                detector.noisy_chips[0].wafer,
                detector.noisy_wafers[0].wafer,
                detector.dead_chips[0].wafer,
            ];
            for wafer in busy {
                let hits = scene.hits(wafer);
                let total: u32 = hits.strips.iter().sum();
                assert!(total > 0);
                let maps = hits.lumi_blocks;
                assert_eq!(maps.windows.iter().sum::<u32>(), total);
                assert_eq!(maps.chips.iter().flatten().sum::<u32>(), total);
                for strip in 0..Strip::PER_WAFER {
                    let windows = maps.windows.iter().skip(strip).step_by(Strip::PER_WAFER);
                    assert_eq!(windows.sum::<u32>(), hits.strips[strip]);
                }
                let numbers = |row: &Vec<u32>| -> u64 {
                    (1..).zip(row).map(|(number, &count)| number * u64::from(count)).sum()
                };
                assert_eq!(maps.sums.lumi_block, maps.chips.iter().map(numbers).sum::<u64>());
            }
        });
    }

    #[test]
    fn dead_and_masked_strips_have_no_hits() {
        let settings = Settings { occupancy: 5e-3, physics: 1e-4, ..Settings::small() };
        with_scene(&settings, |scene, detector| {
            let swap = settings.readout_swap();
            let dead = &detector.dead_chips[0];
            let hits = scene.hits(dead.wafer);
            for strip in Strip::all() {
                let silent = swap.chip(dead.wafer, strip) == dead.chip;
                assert_eq!(hits.strips[strip.index()] == 0, silent, "strip {strip}");
            }
            let dead = &detector.dead_strips[0];
            let hits = scene.hits(dead.wafer);
            assert!(dead.strips.iter().all(|strip| hits.strips[strip.index()] == 0));
            let masked = detector.known_bad[0].part.wafers();
            assert_eq!(masked.len(), 2);
            assert!(masked.iter().all(|&wafer| scene.hits(wafer).strips.iter().all(|&n| n == 0)));
        });
    }

    #[test]
    fn noisy_strips_fire_at_their_rate() {
        let settings = Settings::small();
        with_scene(&settings, |scene, detector| {
            for noisy in detector.noisy_strips.iter().step_by(9) {
                let hits = scene.hits(noisy.wafer).strips[noisy.strip.index()];
                let expected = noisy.rate * settings.events as f64;
                assert!((f64::from(hits) - expected).abs() < 6.0 * expected.sqrt() + 10.0);
            }
        });
    }

    #[test]
    fn interruptions_have_no_hits() {
        let settings = Settings { occupancy: 1e-3, ..Settings::small() };
        with_scene(&settings, |scene, detector| {
            for gap in &scene.profile.gaps {
                for wafer in [detector.noisy_wafers[0].wafer, detector.noisy_strips[0].wafer] {
                    let maps = scene.hits(wafer).lumi_blocks;
                    assert!(
                        maps.chips.iter().all(|row| row[gap.indices()].iter().all(|&n| n == 0))
                    );
                }
            }
        });
    }
}
