//! Whether the SCT was probably in STANDBY: run with the high voltage down, as it is between fills. Data of such a run
//! look like data until one knows.

use std::fmt;

use sct_id::{Part, RunNumber};

use crate::WaferMap;

/// What the monitoring of a run says, as far as it is there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Evidence<'a> {
    /// Hits per strip and event of every wafer, of all hits.
    pub raw_occupancy: Option<&'a WaferMap<f32>>,
    /// The same from the monitoring of noise.
    pub noise_occupancy: Option<&'a WaferMap<f32>>,
    /// Part of the track crossings with a hit, for every wafer that was crossed.
    pub efficiency: Option<&'a WaferMap<Option<f32>>>,
    /// Clusters in each profile of cluster widths.
    pub clusters: Option<&'a [f64]>,
}

/// What is usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StandbyLimits {
    /// Wafers above this occupancy are much too noisy, hits per strip and event. A wafer without any hit is too quiet.
    pub max_occupancy: f32,
    /// Wafers below this efficiency hardly see tracks.
    pub min_efficiency: f32,
    /// Profiles with fewer clusters say nothing.
    pub min_clusters: f64,
}

impl StandbyLimits {
    /// Far from what any running detector showed: occupancies are below 0.02 in the densest collisions, efficiencies above
    /// 0.9. The guide has no numbers.
    pub const PRODUCTION: Self =
        Self { max_occupancy: 0.1, min_efficiency: 0.5, min_clusters: 100.0 };
}

/// What was found odd in more than half of the places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// Layers and rings most of whose wafers have no hit.
    NoHits,
    /// Layers and rings most of whose wafers have hits everywhere.
    ManyHits,
    /// Layers and rings most of whose wafers have no noise.
    NoNoise,
    /// Layers and rings most of whose wafers are much too noisy.
    MuchNoise,
    /// Layers and rings most of whose crossed wafers hardly see tracks.
    Inefficient,
    /// All of them: there was no track crossing anywhere.
    NoTracks,
    /// Profiles of cluster widths.
    FewClusters,
}

/// An oddity with the number of places that have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is odd.
    pub oddity: Oddity,
    /// Where: so many layers and rings, or profiles.
    pub odd: usize,
    /// Of so many.
    pub of: usize,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { oddity, odd, of } = *self;
        match oddity {
            Oddity::NoHits => write!(f, "no hits in {odd} of {of} parts"),
            Oddity::ManyHits => write!(f, "very large raw occupancy in {odd} of {of} parts"),
            Oddity::NoNoise => write!(f, "no noise in {odd} of {of} parts"),
            Oddity::MuchNoise => write!(f, "very large noise occupancy in {odd} of {of} parts"),
            Oddity::Inefficient => write!(f, "efficiency near 0 in {odd} of {of} parts"),
            Oddity::NoTracks => f.write_str("no track crossings"),
            Oddity::FewClusters => {
                write!(f, "too few clusters for the Lorentz angle in {odd} of {of} profiles")
            }
        }
    }
}

/// The verdict that the SCT was probably in STANDBY; its text is the same wherever it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standby {
    /// The run.
    pub run: RunNumber,
    /// Everything that speaks for it; never empty.
    pub findings: Vec<Finding>,
}

impl fmt::Display for Standby {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let findings: Vec<String> = self.findings.iter().map(Finding::to_string).collect();
        write!(f, "{}: {}", Self::sentence(self.run), findings.join(", "))
    }
}

impl Standby {
    /// The sentence that begins every such text.
    pub fn sentence(run: RunNumber) -> String {
        format!("SCT probably in STANDBY in run {run}")
    }

    /// Judges a run: it was in STANDBY when hits, noise, efficiency or cluster widths are out of the limits in more than
    /// half of the layers and rings (or profiles). What is missing speaks neither for nor against. Source: failure F3 of the
    /// guide, see `docs/physics/standby.md`.
    pub fn judge(run: RunNumber, evidence: &Evidence<'_>, limits: &StandbyLimits) -> Option<Self> {
        let mut findings = Vec::new();
        let occupancies = [
            (evidence.raw_occupancy, Oddity::NoHits, Oddity::ManyHits),
            (evidence.noise_occupancy, Oddity::NoNoise, Oddity::MuchNoise),
        ];
        for (map, none, many) in occupancies {
            let Some(map) = map else { continue };
            findings.extend(in_parts(none, |wafer| Some(map[wafer] <= 0.0)));
            // A number that is none is no usual occupancy.
            let too_many = |occupancy: f32| occupancy > limits.max_occupancy || occupancy.is_nan();
            findings.extend(in_parts(many, |wafer| Some(too_many(map[wafer]))));
        }
        if let Some(map) = evidence.efficiency {
            findings.extend(in_parts(Oddity::Inefficient, |wafer| {
                map[wafer]
                    .map(|efficiency| efficiency < limits.min_efficiency || efficiency.is_nan())
            }));
            if map.iter().all(|(_, crossed)| crossed.is_none()) {
                let parts = Part::all().count();
                findings.push(Finding { oddity: Oddity::NoTracks, odd: parts, of: parts });
            }
        }
        if let Some(clusters) = evidence.clusters {
            let few = clusters.iter().filter(|&&number| number < limits.min_clusters).count();
            findings.extend(majority(Oddity::FewClusters, few, clusters.len()));
        }
        (!findings.is_empty()).then_some(Self { run, findings })
    }
}

/// Counts the parts most of whose wafers are odd. Wafers and parts that cannot be judged do not count.
fn in_parts(oddity: Oddity, odd: impl Fn(sct_id::WaferHash) -> Option<bool>) -> Option<Finding> {
    let mut parts = [0; 2];
    for part in Part::all() {
        let judged: Vec<bool> = part.wafers().iter().filter_map(|&wafer| odd(wafer)).collect();
        let odd = judged.iter().filter(|odd| **odd).count();
        parts[0] += usize::from(2 * odd > judged.len());
        parts[1] += usize::from(!judged.is_empty());
    }
    majority(oddity, parts[0], parts[1])
}

fn majority(oddity: Oddity, odd: usize, of: usize) -> Option<Finding> {
    (2 * odd > of).then_some(Finding { oddity, odd, of })
}

#[cfg(test)]
mod tests {
    use sct_id::{Region, WaferHash};

    use super::*;

    fn judge(evidence: &Evidence<'_>) -> Option<String> {
        let run = RunNumber::new(440_199).unwrap();
        let verdict = Standby::judge(run, evidence, &StandbyLimits::PRODUCTION);
        verdict.map(|standby| standby.to_string())
    }

    fn raw(occupancy: impl Fn(WaferHash) -> f32) -> Option<String> {
        let map = WaferMap::from_fn(occupancy);
        judge(&Evidence { raw_occupancy: Some(&map), ..Evidence::default() })
    }

    fn efficiency(efficiency: impl Fn(WaferHash) -> Option<f32>) -> Option<String> {
        let map = WaferMap::from_fn(efficiency);
        judge(&Evidence { efficiency: Some(&map), ..Evidence::default() })
    }

    fn is_barrel(wafer: WaferHash) -> bool {
        wafer.position().module().region().is_barrel()
    }

    #[test]
    fn nothing_speaks_for_nothing() {
        assert_eq!(judge(&Evidence::default()), None);
        assert_eq!(raw(|_| 1e-5), None);
        assert_eq!(efficiency(|_| Some(0.99)), None);
    }

    #[test]
    fn the_sentence_names_the_run_and_what_was_found() {
        let text = "SCT probably in STANDBY in run 440199: no hits in 48 of 48 parts";
        assert_eq!(raw(|_| 0.0).as_deref(), Some(text));
        let text =
            "SCT probably in STANDBY in run 440199: very large raw occupancy in 48 of 48 parts";
        assert_eq!(raw(|_| 0.2).as_deref(), Some(text));
        assert_eq!(raw(|_| f32::NAN).as_deref(), Some(text));
    }

    #[test]
    fn one_end_cap_off_is_no_standby_and_two_are() {
        let region = |wafer: WaferHash| wafer.position().module().region();
        assert_eq!(raw(|wafer| if region(wafer) == Region::EndCapC { 0.0 } else { 1e-5 }), None);
        assert!(raw(|wafer| if is_barrel(wafer) { 1e-5 } else { 0.0 }).is_some());
    }

    #[test]
    fn a_few_hits_here_and_there_are_no_hits() {
        let nearly = |wafer: WaferHash| if wafer.index().is_multiple_of(3) { 1e-4 } else { 0.0 };
        assert!(raw(nearly).is_some());
        assert_eq!(raw(|wafer| if wafer.index().is_multiple_of(3) { 0.0 } else { 1e-5 }), None);
    }

    #[test]
    fn efficiency_is_judged_where_there_are_tracks() {
        // Cosmic rays cross the barrel alone.
        assert_eq!(efficiency(|wafer| is_barrel(wafer).then_some(0.97)), None);
        let text = "SCT probably in STANDBY in run 440199: efficiency near 0 in 4 of 4 parts";
        assert_eq!(efficiency(|w| is_barrel(w).then_some(0.02)).as_deref(), Some(text));
        let text = "SCT probably in STANDBY in run 440199: no track crossings";
        assert_eq!(efficiency(|_| None).as_deref(), Some(text));
    }

    #[test]
    fn most_profiles_without_clusters_are_odd() {
        let clusters = |few: usize| {
            let mut clusters = [1e5; 14];
            clusters[..few].fill(12.0);
            judge(&Evidence { clusters: Some(&clusters), ..Evidence::default() })
        };
        assert_eq!(clusters(7), None);
        assert!(clusters(8).unwrap().ends_with("in 8 of 14 profiles"));
    }
}
