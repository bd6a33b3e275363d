//! What was counted on each wafer.

use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution as _, Poisson};
use rayon::prelude::*;
use sct_hitmap::WaferMap;
use sct_id::{Chip, Strip, WaferHash};

use super::{Crossings, HistSettings, condition::Condition, errors::ErrorKind};
use crate::{
    Settings,
    lumi::LumiProfile,
    stream::{Purpose, stream},
};

/// Part of the tracks that belong to the first bunch of a train.
const FIRST_BUNCH: f64 = 0.1;
/// Further strips of a group, in the mean.
const FURTHER_STRIPS: f64 = 0.3;
/// Events of noise triggers are one in so many.
const TRIGGERED: u64 = 20;

/// Maps of noise: over all events or those of noise triggers, of all hits or those in no space point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noise {
    Hits,
    HitsOfTriggers,
    Lone,
    LoneOfTriggers,
}

impl Noise {
    pub(super) const ALL: [Self; 4] =
        [Self::Hits, Self::HitsOfTriggers, Self::Lone, Self::LoneOfTriggers];

    /// Events a wafer was looked at in.
    pub(super) const fn events(self, events: u64) -> u64 {
        match self {
            Self::Hits | Self::Lone => events,
            Self::HitsOfTriggers | Self::LoneOfTriggers => events / TRIGGERED,
        }
    }

    /// Hits for each of a single time bin: the read-out has three, and most noise is in no space point.
    const fn factor(self) -> f64 {
        match self {
            Self::Hits => 3.0,
            Self::HitsOfTriggers => 1.0,
            Self::Lone | Self::LoneOfTriggers => 0.9,
        }
    }
}

/// One wafer.
#[derive(Clone, Debug)]
pub(super) struct WaferNumbers {
    pub(super) condition: Condition,
    /// Hits by [`Noise::ALL`].
    pub(super) noise: [u64; Noise::ALL.len()],
    /// Groups of strips, and strips in them.
    pub(super) groups: u64,
    pub(super) hits: u64,
    /// Tracks of all bunches and of the first.
    pub(super) crossings: [Crossings; 2],
    /// The same by chip, where asked for.
    pub(super) chips: Option<[[Crossings; 2]; Chip::PER_SIDE]>,
    /// Events with an error.
    pub(super) error: Option<(ErrorKind, u64)>,
}

/// The whole detector.
#[derive(Clone, Debug)]
pub(super) struct Numbers {
    pub(super) wafers: WaferMap<WaferNumbers>,
    /// Events by lumi block, from 1 on.
    pub(super) lumi_blocks: Vec<u64>,
}

impl Numbers {
    pub(super) fn draw(settings: &HistSettings) -> Self {
        let hashes: Vec<WaferHash> = WaferHash::all().collect();
        let drawn: Vec<WaferNumbers> =
            hashes.par_iter().map(|&wafer| WaferNumbers::draw(settings, wafer)).collect();
        let mut drawn = drawn.into_iter();
        let wafers = WaferMap::from_fn(|_| drawn.next().expect("one was drawn for every wafer"));
        let run = Settings {
            events: settings.events,
            lumi_blocks: settings.lumi_blocks,
            seed: settings.seed,
            defect_seed: settings.defect_seed,
            ..Settings::full_size()
        };
        Self { wafers, lumi_blocks: LumiProfile::run(&run).events }
    }
}

impl WaferNumbers {
    fn draw(settings: &HistSettings, wafer: WaferHash) -> Self {
        let condition = Condition::of(settings, wafer);
        let mut rng = stream(settings.seed, Purpose::MonitoringNumbers, wafer.index(), 0);
        let looked_at = if condition.no_data { 0 } else { settings.events };
        let strips = Strip::PER_WAFER as f64;
        let noise = Noise::ALL.map(|kind| {
            let events = kind.events(looked_at) as f64;
            poisson(&mut rng, condition.noise * kind.factor() * strips * events)
        });
        let mean = condition.hits * strips * looked_at as f64;
        let groups = poisson(&mut rng, mean / (1.0 + FURTHER_STRIPS));
        let hits = groups + poisson(&mut rng, FURTHER_STRIPS * groups as f64);
        let tracks = condition.tracks * looked_at as f64;
        let mut both = |tracks: f64| {
            [1.0, FIRST_BUNCH].map(|part| crossings(&mut rng, tracks * part, condition.efficiency))
        };
        let of_wafer = both(tracks);
        let chips = settings.chips.then(|| [(); Chip::PER_SIDE].map(|()| both(tracks / 6.0)));
        let error =
            condition.error.map(|(kind, part)| (kind, binomial(&mut rng, settings.events, part)));
        Self { condition, noise, groups, hits, crossings: of_wafer, chips, error }
    }
}

fn crossings(rng: &mut ChaCha8Rng, mean: f64, efficiency: f64) -> Crossings {
    let tracks = poisson(rng, mean);
    Crossings { tracks, found: binomial(rng, tracks, efficiency) }
}

pub(super) fn poisson(rng: &mut ChaCha8Rng, mean: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number")]
    Poisson::new(mean).map_or(0, |poisson| poisson.sample(rng) as u64)
}

pub(super) fn binomial(rng: &mut ChaCha8Rng, count: u64, part: f64) -> u64 {
    Binomial::new(count, part).map_or(0, |binomial| binomial.sample(rng))
}
