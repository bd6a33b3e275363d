//! The tasks that read monitoring histograms: one file each says how its results are read and held against the truth.

use sct_sim::HistTruth;
use sct_xml::{Measure, PartValue};

use super::monitoring::Outputs;

mod bs_error;
mod efficiency;
mod lorentz_angle;
mod noise_occupancy;
mod raw_occupancy;

/// All tasks in the order of the page.
pub(super) const ALL: [Task; 5] = [
    noise_occupancy::TASK,
    raw_occupancy::TASK,
    efficiency::TASK,
    bs_error::TASK,
    lorentz_angle::TASK,
];

/// A task of the job.
pub(super) struct Task {
    /// Its name in the job dictionary.
    pub(super) part: &'static str,
    /// Its name on the page.
    pub(super) title: &'static str,
    /// How the names of its plots begin.
    pub(super) plots: &'static str,
    /// Reads its files and compares them.
    pub(super) read: fn(&Outputs, &HistTruth) -> anyhow::Result<Found>,
}

/// What a task found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// What was held against the truth.
    pub(crate) checks: Vec<Check>,
    /// Values by layer and ring, under their heading.
    pub(crate) layers: Vec<Layers>,
}

/// Values by layer and ring.
#[derive(Clone, Debug)]
pub(crate) struct Layers {
    pub(crate) heading: &'static str,
    pub(crate) values: Vec<(String, f64)>,
}

/// One comparison.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) what: &'static str,
    pub(crate) compared: usize,
    pub(crate) wrong: usize,
}

/// A task of one run.
#[derive(Clone, Debug)]
pub struct TaskResult {
    pub(crate) title: &'static str,
    pub(crate) found: Found,
    /// Pictures by heading.
    pub(crate) pictures: Vec<(String, String)>,
}

impl TaskResult {
    /// Whether everything is as the truth says.
    pub fn is_exact(&self) -> bool {
        self.found.checks.iter().all(|check| check.wrong == 0 && check.compared > 0)
    }
}

impl Check {
    /// Counts pairs that differ by more than the six digits of the lists.
    fn numbers(what: &'static str, pairs: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let differs = |found: f64, truth: f64| (found - truth).abs() > 1e-5 * truth.abs();
        let pairs = pairs.into_iter();
        let (compared, wrong) = pairs.fold((0, 0), |(compared, wrong), (found, truth)| {
            (compared + 1, wrong + usize::from(differs(found, truth)))
        });
        Self { what, compared, wrong }
    }
}

impl Layers {
    /// The values of one kind.
    fn of(heading: &'static str, values: &[PartValue], measure: Measure) -> Self {
        let values = values.iter().filter(|value| value.measure == measure);
        Self { heading, values: values.map(|value| (value.part.name(), value.value)).collect() }
    }

    /// A check that these are the means of true values of wafers.
    fn check(&self, what: &'static str, truth: impl Fn(sct_id::WaferHash) -> f64) -> Check {
        let part = |name: &str| sct_id::Part::all().find(|part| part.name() == name);
        let mean = |name: &str| {
            let wafers = part(name).map_or(&[][..], sct_id::Part::wafers);
            wafers.iter().map(|&wafer| truth(wafer)).sum::<f64>() / wafers.len().max(1) as f64
        };
        Check::numbers(what, self.values.iter().map(|(name, found)| (*found, mean(name))))
    }
}

/// Hits per strip and event.
fn occupancy(hits: u64, truth: &HistTruth) -> f64 {
    hits as f64 / (sct_id::Strip::PER_WAFER as f64 * truth.settings.events as f64)
}
