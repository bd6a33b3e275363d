//! What was put into the histograms, and what the tasks must find in them.

use std::path::Path;

use sct_id::{Side, WaferHash};
use serde::{Deserialize, Serialize};

use super::{
    HistSettings,
    lorentz::Clusters,
    numbers::{Numbers, WaferNumbers},
};
use crate::{Error, output};

/// Where a wafer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct PlainTruth {
    /// The wafer.
    pub wafer: WaferHash,
    /// -2, 0 or 2.
    pub bec: i8,
    /// Layer or disk.
    pub layer: usize,
    /// Side.
    pub side: Side,
    /// Module in the direction of eta.
    pub eta: i8,
    /// Module in the direction of phi.
    pub phi: usize,
}

/// A noisy wafer.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct NoisyTruth {
    /// The wafer.
    #[serde(flatten)]
    pub place: PlainTruth,
    /// Its noise per strip, event and time bin.
    pub occupancy: f64,
}

/// An inefficient wafer.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct WeakTruth {
    /// The wafer.
    #[serde(flatten)]
    pub place: PlainTruth,
    /// Its efficiency.
    pub efficiency: f64,
}

/// A wafer with byte-stream errors.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct RareTruth {
    /// The wafer.
    #[serde(flatten)]
    pub place: PlainTruth,
    /// Name of the error.
    #[serde(rename = "type")]
    pub kind: String,
    /// Part of the events meant to have it.
    pub fraction: f64,
    /// Events that have it.
    pub events: u64,
}

/// Tracks through a wafer or chip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Crossings {
    /// All of them.
    pub tracks: u64,
    /// Those with a hit.
    pub found: u64,
}

/// A profile of cluster widths: the parameters behind it, angles in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct LorentzTruth {
    /// Barrel layer.
    pub layer: usize,
    /// Side.
    pub side: Side,
    /// Crystal orientation, 100 or 111.
    pub surface: u32,
    /// Slope, strips per unit of the tangent.
    pub a: f64,
    /// Lorentz angle.
    pub angle: f64,
    /// Width at that angle without smearing, strips.
    pub b: f64,
    /// Width of the smearing.
    pub sigma: f64,
}

/// What was counted, by wafer in hash order: what the tasks find, whatever chance had to do with it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct SeenTruth {
    /// Hits in the map of noise over all events and time bins.
    pub noise_hits: Vec<u64>,
    /// Hits in the map of hits.
    pub hits: Vec<u64>,
    /// Tracks of all bunches.
    pub crossings: Vec<Crossings>,
    /// Tracks of the first bunch of a train.
    pub first_bunch: Vec<Crossings>,
}

/// All of it. Names of the lists are those of the other generator of such files.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct HistTruth {
    /// Settings of the file.
    pub settings: HistSettings,
    /// Wafers that were not read out.
    pub no_data: Vec<PlainTruth>,
    /// Noisy wafers.
    pub noisy_modules: Vec<NoisyTruth>,
    /// Inefficient wafers.
    pub bad_efficiency: Vec<WeakTruth>,
    /// Wafers with errors.
    pub errors: Vec<RareTruth>,
    /// Parameters of the profiles that have sensors.
    pub lorentz: Vec<LorentzTruth>,
    /// Counts of all wafers.
    pub seen: SeenTruth,
}

impl HistTruth {
    /// Its name beside the histograms.
    pub const FILE: &'static str = "truth.json";

    pub(super) fn new(settings: &HistSettings, numbers: &Numbers, clusters: &Clusters) -> Self {
        let mut truth = Self {
            settings: settings.clone(),
            no_data: Vec::new(),
            noisy_modules: Vec::new(),
            bad_efficiency: Vec::new(),
            errors: Vec::new(),
            lorentz: clusters.0.iter().filter_map(|profile| profile.truth).collect(),
            seen: SeenTruth::default(),
        };
        numbers.wafers.iter().for_each(|(wafer, found)| truth.add(wafer, found));
        truth
    }

    fn add(&mut self, wafer: WaferHash, found: &WaferNumbers) {
        let (place, condition) = (PlainTruth::of(wafer), &found.condition);
        if condition.no_data {
            self.no_data.push(place);
        }
        if condition.is_noisy {
            self.noisy_modules.push(NoisyTruth { place, occupancy: condition.noise });
        }
        if condition.is_inefficient {
            self.bad_efficiency.push(WeakTruth { place, efficiency: condition.efficiency });
        }
        if let (Some((kind, events)), Some((_, fraction))) = (found.error, condition.error) {
            self.errors.push(RareTruth { place, kind: kind.name().to_owned(), fraction, events });
        }
        self.seen.noise_hits.push(found.noise[0]);
        self.seen.hits.push(found.hits);
        self.seen.crossings.push(found.crossings[0]);
        self.seen.first_bunch.push(found.crossings[1]);
    }

    /// Reads a truth file.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] and [`Error::Truth`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text =
            std::fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        serde_json::from_slice(&text)
            .map_err(|source| Error::Truth { path: path.to_owned(), source })
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    ///
    /// [`Error::Write`].
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_vec(self).expect("numbers and names can be written as JSON");
        output::write_whole(path, &text)
    }
}

impl PlainTruth {
    fn of(wafer: WaferHash) -> Self {
        let module = wafer.position().module();
        Self {
            wafer,
            bec: module.region().barrel_ec(),
            layer: module.layer_disk(),
            side: wafer.side(),
            eta: module.eta(),
            phi: module.phi(),
        }
    }
}
