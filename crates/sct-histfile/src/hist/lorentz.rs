//! Profiles of cluster width against incidence angle.

use sct_id::Sensors;
use sct_roothist::{Class, ContentsView, RootFile, Scratch, View};

use super::names;
use crate::{
    Error,
    read::{self, Binning},
};

/// Angles in degrees.
const ANGLES: Binning = (360, -90.0, 90.0);

/// One bin of a profile: plain sums over the clusters in it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LorentzBin {
    /// Clusters; with weights, the sum of weights.
    pub entries: f64,
    /// Sum of cluster widths, strips.
    pub sum: f64,
    /// Sum of squared cluster widths.
    pub sum_of_squares: f64,
    /// Sum of squared weights, when the clusters had weights.
    pub squared_weights: Option<f64>,
}

/// Cluster width in strips against the angle to the wafer's normal in degrees, for the modules of one barrel layer, side
/// and crystal orientation.
#[derive(Clone, Debug, PartialEq)]
pub struct LorentzProfile {
    /// Layer, side and crystal orientation.
    pub sensors: Sensors,
    /// Edges of the bins in degrees: 361, -90 to 90.
    pub edges: Vec<f64>,
    /// The 360 bins; what was filled outside is left out.
    pub bins: Vec<LorentzBin>,
}

pub(super) fn read(file: &RootFile, base: &str) -> Result<Vec<LorentzProfile>, Error> {
    let mut scratch = Scratch::default();
    let mut profiles = Vec::new();
    for sensors in Sensors::all() {
        let object = format!("{base}/{}", names::lorentz(sensors));
        let key = file.require(&object)?;
        let view = read::checked(file, &key, &mut scratch, Class::Profile, ANGLES, None)?;
        let bins = bins(file, &object, &view)?;
        profiles.push(LorentzProfile { sensors, edges: edges(), bins });
    }
    Ok(profiles)
}

fn edges() -> Vec<f64> {
    let (bins, low, high) = ANGLES;
    (0..=bins).map(|bin| low + (high - low) * bin as f64 / bins as f64).collect()
}

fn bins(file: &RootFile, object: &str, view: &View<'_>) -> Result<Vec<LorentzBin>, Error> {
    let odd = |found: String| Error::Shape {
        path: file.path().to_owned(),
        object: object.to_owned(),
        found,
        expected: "a TProfile with sums of squares and errors of the mean".to_owned(),
    };
    let (Some(profile), ContentsView::F64(sums)) = (view.profile(), view.contents()) else {
        return Err(odd(view.class().to_string()));
    };
    if profile.error_mode != 0 {
        return Err(odd(format!("one with error mode {}", profile.error_mode)));
    }
    let squares = view.sumw2();
    let bin = |number: usize| {
        let entries = profile.bin_entries.get(number).unwrap_or(f64::NAN);
        // Without weights ROOT keeps no squares of them.
        let weights = profile.bin_sumw2.get(number).filter(|&squares| squares != 0.0);
        let bin = LorentzBin {
            entries,
            sum: sums.get(number).unwrap_or(f64::NAN),
            sum_of_squares: squares.get(number).unwrap_or(f64::NAN),
            squared_weights: weights,
        };
        let finite = [bin.entries, bin.sum, bin.sum_of_squares, weights.unwrap_or(0.0)]
            .into_iter()
            .all(f64::is_finite);
        if finite && entries >= 0.0 {
            Ok(bin)
        } else {
            Err(odd(format!("one whose bin {number} is no mean: {bin:?}")))
        }
    };
    (1..=ANGLES.0).map(bin).collect()
}
