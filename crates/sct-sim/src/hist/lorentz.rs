//! Clusters of tracks in the barrel: their width against the angle of the track.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Normal};
use rayon::prelude::*;
use sct_id::{Region, Side};

use super::{HistSettings, LorentzTruth, Standby, numbers};
use crate::stream::{Purpose, stream};

/// Bins of angles, degrees.
pub(super) const ANGLES: (u32, f64, f64) = (360, -90.0, 90.0);
/// Most tracks come at this angle, spread by the second number. Degrees.
const TRACKS: (f64, f64) = (-3.0, 9.0);
/// Clusters of tracks in each profile per event.
const CLUSTERS: f64 = 10.0;
/// Widest cluster, strips.
const WIDEST: f64 = 20.0;
/// Orientations of crystals.
const SURFACES: [u32; 2] = [100, 111];

/// Clusters in one bin of angles: how many, their strips, and the squares of those.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Bin {
    pub(super) clusters: u64,
    pub(super) strips: u64,
    pub(super) squares: u64,
}

/// One profile. Layer 1 has no sensors of surface 100: no parameters and no clusters.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    pub(super) layer: usize,
    pub(super) side: Side,
    pub(super) surface: u32,
    pub(super) truth: Option<LorentzTruth>,
    pub(super) bins: Vec<Bin>,
}

/// All profiles in the order of the files.
#[derive(Clone, Debug)]
pub(super) struct Clusters(pub(super) Vec<Profile>);

impl Clusters {
    pub(super) fn draw(settings: &HistSettings) -> Self {
        let layers = 0..Region::Barrel.layers();
        let places: Vec<(usize, Side, u32)> = layers
            .flat_map(|layer| Side::ALL.map(|side| (layer, side)))
            .flat_map(|(layer, side)| SURFACES.map(|surface| (layer, side, surface)))
            .collect();
        let profile = |(index, &(layer, side, surface))| {
            let exist = !(layer == 1 && surface == 100);
            let truth = exist.then(|| parameters(settings, index, (layer, side, surface)));
            let bins = truth.as_ref().map_or_else(
                || vec![Bin::default(); ANGLES.0 as usize],
                |truth| bins(settings, index, truth),
            );
            Profile { layer, side, surface, truth, bins }
        };
        Self(places.par_iter().enumerate().map(profile).collect())
    }
}

fn parameters(
    settings: &HistSettings,
    index: usize,
    (layer, side, surface): (usize, Side, u32),
) -> LorentzTruth {
    let mut rng = stream(settings.defect_seed, Purpose::Lorentz, index, 0);
    let angles = Normal::new(-4.2, 0.3).expect("the width is positive");
    LorentzTruth {
        layer,
        side,
        surface,
        a: rng.random_range(0.9..1.3),
        angle: angles.sample(&mut rng),
        b: rng.random_range(1.1..1.2),
        sigma: rng.random_range(1.5..3.0),
    }
}

fn bins(settings: &HistSettings, index: usize, truth: &LorentzTruth) -> Vec<Bin> {
    let ready = match settings.standby {
        None => 1.0,
        Some(Standby::Empty) => 0.0,
        Some(Standby::Sparse) => 1e-5,
        Some(Standby::Noisy) => 1e-3,
    };
    let clusters = CLUSTERS * ready * settings.events as f64;
    let centre =
        |bin: u32| ANGLES.1 + (f64::from(bin) + 0.5) * (ANGLES.2 - ANGLES.1) / f64::from(ANGLES.0);
    let shape = |angle: f64| (-0.5 * ((angle - TRACKS.0) / TRACKS.1).powi(2)).exp();
    let total: f64 = (0..ANGLES.0).map(|bin| shape(centre(bin))).sum();
    // Noise alone makes clusters of one strip or two, whatever the angle.
    let noise = settings.standby.is_some();
    let mut rng = stream(settings.seed, Purpose::LorentzClusters, index, 0);
    let bin = |bin| {
        let angle = centre(bin);
        let number = numbers::poisson(&mut rng, clusters * shape(angle) / total);
        let width = if noise { 1.1 } else { truth.cluster_width(angle).clamp(1.0, WIDEST) };
        Bin::draw(&mut rng, number, width - 1.0)
    };
    (0..ANGLES.0).map(bin).collect()
}

impl Bin {
    /// Clusters of one strip and a Poisson number of further ones: drawn by how many have none, one, two..., as there may be
    /// millions.
    fn draw(rng: &mut ChaCha8Rng, number: u64, further: f64) -> Self {
        let mut found = Self { clusters: number, ..Self::default() };
        let (mut left, mut probability, mut rest) = (number, (-further).exp(), 1.0);
        for strips in 1.. {
            if left == 0 {
                break;
            }
            // Beyond the precision of the sum of probabilities nothing is left to choose.
            let part = if rest > 1e-12 { (probability / rest).min(1.0) } else { 1.0 };
            let here = numbers::binomial(rng, left, part);
            found.strips += here * strips;
            found.squares += here * strips * strips;
            left -= here;
            rest -= probability;
            probability *= further / strips as f64;
        }
        found
    }
}

impl LorentzTruth {
    /// Mean number of strips at an angle in degrees: a |tan x - tan L| + b, smeared with a Gaussian. The integral is a sum of
    /// the simulation's own, finer than that of the fit, and compared with it.
    pub fn cluster_width(&self, angle: f64) -> f64 {
        const STEP: f64 = 0.02;
        const STEPS: i32 = 300;
        let at_kink = self.angle.to_radians().tan();
        let (mut sum, mut weights) = (0.0, 0.0);
        for step in -STEPS..=STEPS {
            let offset = STEP * f64::from(step);
            let weight = (-0.5 * offset * offset).exp();
            let tangent = (angle + self.sigma * offset).to_radians().tan();
            sum += weight * (tangent - at_kink).abs();
            weights += weight;
        }
        self.a * sum / weights + self.b
    }
}
