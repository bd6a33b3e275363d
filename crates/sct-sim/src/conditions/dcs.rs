//! High voltage of all modules over time, with trips, and when the lumi blocks were.

use std::{collections::BTreeSet, path::Path};

use rand::{Rng, RngExt as _, seq::SliceRandom as _};
use sct_conditions::{
    Folder, HvState, LumiBlockTime, Row, channel_state_folder, channel_state_row, hv_folder,
    hv_row, lumi_block_row, run_control::LUMI_BLOCKS,
};
use sct_cool::{StoreTarget, Writer};
use sct_id::{Iov, LumiBlock, ModuleHash, RunNumber, ValidityKey};
use serde::{Deserialize, Serialize};

use crate::{
    Error, Settings, output,
    stream::{Purpose, stream},
};

const NANOSECONDS: u64 = 1_000_000_000;
/// The detector is on this long before the run, seconds.
const ON_BEFORE: u64 = 600;
/// Bias voltage, and how far it is read from it, V.
const BIAS: f32 = 150.0;
const BIAS_SPREAD: f32 = 0.5;
/// A module at this voltage or below is off, V.
const LIMIT: f32 = 55.0;
/// Off times at most this far apart are one trip.
const GAP: u64 = 5 * NANOSECONDS;
/// Leakage current of a module that is on, A.
const CURRENT: f32 = 3e-7;
/// Steps in which voltage comes back, V and seconds.
const RAMP: [(f32, u64); 3] = [(30.0, 7), (70.0, 7), (120.0, 7)];

/// A time in which a module was off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct HvTrip {
    /// The module.
    pub module: ModuleHash,
    /// Start, nanoseconds since 1970.
    pub since: ValidityKey,
    /// End.
    pub until: ValidityKey,
}

/// What a search for trips must find.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct HvTruth {
    /// The run.
    pub run: RunNumber,
    /// Times in which modules were off during the run, those at most five seconds apart joined.
    pub trips: BTreeSet<HvTrip>,
}

impl HvTruth {
    /// Name of the file.
    pub const FILE: &'static str = "hv-truth.json";

    /// Reads a truth file.
    ///
    /// # Errors
    ///
    /// [`Error::Read`], and [`Error::Truth`] for anything else.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let path_owned = || path.to_owned();
        let bytes =
            std::fs::read(path).map_err(|source| Error::Read { path: path_owned(), source })?;
        serde_json::from_slice(&bytes).map_err(|source| Error::Truth { path: path_owned(), source })
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|source| Error::Truth { path: path.to_owned(), source })?;
        bytes.push(b'\n');
        output::write_whole(path, &bytes)
    }
}

/// State and voltage of a module from some time on.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    since: ValidityKey,
    state: HvState,
    volts: f32,
}

/// All modules over time.
#[derive(Debug)]
pub(super) struct HighVoltage {
    run: Iov,
    /// By module: steps, ascending.
    modules: Vec<(ModuleHash, Vec<Step>)>,
}

impl HighVoltage {
    /// The modules of a run: which ones fail depends on the detector and its age.
    pub(super) fn new(settings: &Settings) -> Self {
        let key = |seconds: u64| seconds.saturating_mul(NANOSECONDS).min(Iov::INFINITY - 1);
        let run = Iov::new(key(settings.start), key(settings.end())).unwrap_or(Iov::ALL);
        let epoch = settings.epoch as usize;
        let mut rng = stream(settings.defect_seed, Purpose::HighVoltage, epoch, 0);
        let mut order: Vec<ModuleHash> = ModuleHash::all().collect();
        order.shuffle(&mut rng);
        let off = settings.defects.hv_off_modules.min(order.len());
        let (off, rest) = order.split_at(off);
        let trips = &rest[..settings.defects.hv_trip_modules.min(rest.len())];
        let mut modules = Vec::with_capacity(ModuleHash::COUNT);
        for module in ModuleHash::all() {
            let bias = BIAS + rng.random_range(-BIAS_SPREAD..BIAS_SPREAD);
            let before = key(settings.start.saturating_sub(ON_BEFORE));
            let mut steps = if off.contains(&module) {
                vec![Step { since: 0, state: HvState::Disabled, volts: 0.0 }]
            } else {
                let off = Step { since: 0, state: HvState::Off, volts: 0.0 };
                vec![off, Step { since: before, state: HvState::On, volts: bias }]
            };
            if trips.contains(&module) {
                History { rng: &mut rng, bias, steps: &mut steps }.trips(run);
            }
            modules.push((module, steps));
        }
        Self { run, modules }
    }

    /// Stores voltages, states and lumi blocks.
    pub(super) fn store(
        &self,
        writer: &mut Writer,
        settings: &Settings,
    ) -> Result<(), sct_cool::Error> {
        let voltages = self.rows(
            |step| step.volts.to_bits(),
            |module, iov, step| {
                let amperes = if step.volts > LIMIT { CURRENT } else { 0.0 };
                hv_row(module, iov, step.volts, amperes)
            },
        );
        let states = self.rows(
            |step| u32::from(step.state as u8),
            |module, iov, step| channel_state_row(module, iov, step.state),
        );
        let lumi_blocks = lumi_blocks(settings, self.run);
        let contents: [(Folder, Vec<Row>); 3] = [
            (hv_folder(), voltages),
            (channel_state_folder(), states),
            (LUMI_BLOCKS.folder(), lumi_blocks),
        ];
        for (folder, rows) in contents {
            writer.create_folder(&folder)?;
            writer.store(&folder.path, &StoreTarget::Head, &rows)?;
        }
        Ok(())
    }

    /// Rows of one quantity, a new one whenever it changes.
    fn rows(
        &self,
        same: impl Fn(&Step) -> u32,
        row: impl Fn(ModuleHash, Iov, &Step) -> Row,
    ) -> Vec<Row> {
        let mut rows = Vec::new();
        for (module, steps) in &self.modules {
            let mut starts =
                steps.chunk_by(|one, other| same(one) == same(other)).map(|run| run[0]).peekable();
            while let Some(step) = starts.next() {
                let until = starts.peek().map_or(Iov::INFINITY, |next| next.since);
                rows.extend(Iov::new(step.since, until).ok().map(|iov| row(*module, iov, &step)));
            }
        }
        rows
    }

    /// What a search must find, by the definition: off below the limit or in any state but on and manual.
    pub(super) fn truth(&self, settings: &Settings) -> HvTruth {
        let mut trips = BTreeSet::new();
        for (module, steps) in &self.modules {
            let mut last: Option<HvTrip> = None;
            for (number, step) in steps.iter().enumerate() {
                let good =
                    step.volts > LIMIT && matches!(step.state, HvState::On | HvState::Manual);
                let until = steps.get(number + 1).map_or(Iov::INFINITY, |next| next.since);
                let (since, until) =
                    (step.since.max(self.run.since()), until.min(self.run.until()));
                if good || since >= until {
                    continue;
                }
                last = Some(match last {
                    Some(trip) if since - trip.until <= GAP => HvTrip { until, ..trip },
                    other => {
                        trips.extend(other);
                        HvTrip { module: *module, since, until }
                    }
                });
            }
            trips.extend(last);
        }
        HvTruth { run: settings.run, trips }
    }
}

/// How a module comes by its trips.
struct History<'a, R> {
    rng: &'a mut R,
    bias: f32,
    steps: &'a mut Vec<Step>,
}

impl<R: Rng> History<'_, R> {
    /// One to three failures, spread over the run, each in its own part of it.
    fn trips(&mut self, run: Iov) {
        let count = self.rng.random_range(1..=3_u64);
        let part = (run.until() - run.since()) / count;
        for number in 0..count {
            let first = run.since() + number * part;
            let start = first + self.rng.random_range(0..part / 2 + 1);
            let start =
                start.max(self.steps.last().map_or(0, |step| step.since) + 60 * NANOSECONDS);
            self.failure(start);
        }
    }

    fn failure(&mut self, start: ValidityKey) {
        let long = self.rng.random_range(20..600_u64) * NANOSECONDS;
        let trip =
            if self.rng.random_bool(0.5) { HvState::TripHardware } else { HvState::TripSoftware };
        match self.rng.random_range(0..4) {
            // Tripped, and brought back in steps.
            0 => {
                self.step(start, trip, 0.4);
                let mut time = start + long;
                for (volts, seconds) in RAMP {
                    self.step(time, HvState::Ramping, volts);
                    time += seconds * NANOSECONDS;
                }
                self.on(time);
            }
            // Back for some seconds, and gone again: one trip or two.
            1 => {
                self.step(start, trip, 0.0);
                self.on(start + long);
                let again = start + long + self.rng.random_range(1..=10) * NANOSECONDS;
                self.step(again, trip, 0.0);
                self.on(again + long);
            }
            // The voltage is gone, and no state says so.
            2 => {
                let volts = self.rng.random_range(0.0..LIMIT);
                self.step(start, HvState::On, volts);
                self.on(start + long);
            }
            // The state is bad at full voltage, and ends within a second.
            _ => {
                self.step(start, HvState::Interlocked, self.bias);
                let end = start + long + self.rng.random_range(1..NANOSECONDS);
                self.on(end);
            }
        }
    }

    fn step(&mut self, since: ValidityKey, state: HvState, volts: f32) {
        self.steps.push(Step { since, state, volts });
    }

    fn on(&mut self, since: ValidityKey) {
        self.step(since, HvState::On, self.bias);
    }
}

fn lumi_blocks(settings: &Settings, run: Iov) -> Vec<Row> {
    let length = settings.lumi_block_seconds.saturating_mul(NANOSECONDS);
    let row = |number: u32| {
        let since = run.since() + length * u64::from(number - 1);
        let iov = Iov::new(since, since + length).ok()?;
        Some(lumi_block_row(
            settings.run,
            LumiBlockTime { lumi_block: LumiBlock::new(number), iov },
        ))
    };
    (1..=settings.last_lumi_block().to_u32()).filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_truth_is_what_the_steps_say() {
        for defect_seed in [1, 2, 24] {
            let settings = Settings { defect_seed, ..Settings::small() };
            let high_voltage = HighVoltage::new(&settings);
            let truth = high_voltage.truth(&settings);
            let always = truth.trips.iter().filter(|trip| {
                (trip.since, trip.until) == (high_voltage.run.since(), high_voltage.run.until())
            });
            assert_eq!(always.count(), settings.defects.hv_off_modules);
            let modules: BTreeSet<ModuleHash> =
                truth.trips.iter().map(|trip| trip.module).collect();
            let failing = settings.defects.hv_off_modules + settings.defects.hv_trip_modules;
            assert_eq!(modules.len(), failing);
            for pair in truth.trips.iter().collect::<Vec<_>>().windows(2) {
                let apart = pair[0].module != pair[1].module || pair[1].since > pair[0].until + GAP;
                assert!(apart && pair[0].since < pair[0].until, "{pair:?}");
            }
            assert!(
                high_voltage
                    .modules
                    .iter()
                    .all(|(_, steps)| steps.is_sorted_by(|a, b| a.since < b.since))
            );
        }
    }

    #[test]
    fn rows_of_a_module_follow_each_other_without_gaps() {
        let settings = Settings::small();
        let high_voltage = HighVoltage::new(&settings);
        let rows = high_voltage.rows(
            |step| step.volts.to_bits(),
            |module, iov, step| hv_row(module, iov, step.volts, 0.0),
        );
        for channel in rows.chunk_by(|one, other| one.channel == other.channel) {
            assert_eq!(
                (channel[0].iov.since(), channel[channel.len() - 1].iov.is_open()),
                (0, true)
            );
            assert!(channel.windows(2).all(|pair| pair[0].iov.until() == pair[1].iov.since()));
            assert!(channel.windows(2).all(|pair| pair[0].payload != pair[1].payload));
        }
        assert!(rows.len() > 2 * ModuleHash::COUNT);
    }
}
