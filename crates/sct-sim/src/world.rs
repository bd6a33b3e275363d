//! A small world around the runs: what run control, trigger, LHC, magnets and the data acquisition know of some thirty runs
//! of different kinds, and the master databases that results are uploaded to.
//!
//! Runs follow each other in time; the last one still goes on. Some may be given ([`GivenRun`]): the runs of a demo.

use std::path::{Path, PathBuf};

use rand::{RngExt as _, seq::SliceRandom as _};
use sct_id::RunNumber;
use serde::Serialize;

use crate::{
    Error, Settings, output,
    stream::{Purpose, stream},
};

mod cool;
mod masters;
mod table;

/// What is simulated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorldSettings {
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// Number of the first run.
    pub first_run: RunNumber,
    /// Runs beside the given ones, at least one of each kind: 12 or more.
    pub runs: usize,
    /// Lumi blocks of a run at most; short runs have fewer.
    pub lumi_blocks: u32,
    /// When the running run has its last lumi block so far, seconds since 1970.
    pub until: u64,
    /// Runs that must be there; later than the others and before the running one.
    pub given: Vec<GivenRun>,
}

/// Events of the express stream that the search for dead strips needs more than.
const EXPRESS: u64 = 200_000;

/// A run that must be there: with stable beams, the whole detector, and events enough to be selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct GivenRun {
    /// The run.
    pub run: RunNumber,
    /// Its begin, seconds since 1970.
    pub start: u64,
    /// Length of a lumi block, seconds.
    pub lumi_block_seconds: u64,
    /// Lumi blocks.
    pub lumi_blocks: u32,
    /// Events in the stream of the calibration.
    pub events: u64,
}

impl GivenRun {
    /// The run of a simulation.
    pub fn of(settings: &Settings) -> Self {
        Self {
            run: settings.run,
            start: settings.start,
            lumi_block_seconds: settings.lumi_block_seconds,
            lumi_blocks: settings.last_lumi_block().to_u32(),
            events: settings.events,
        }
    }

    fn end(&self) -> u64 {
        self.start + self.lumi_block_seconds * u64::from(self.lumi_blocks)
    }
}

impl Default for WorldSettings {
    fn default() -> Self {
        Self {
            seed: 1,
            first_run: RunNumber::new(437_500).expect("below 2^31"),
            runs: 30,
            lumi_blocks: 120,
            until: 1_666_000_000,
            given: Vec::new(),
        }
    }
}

impl WorldSettings {
    /// A world in which these runs were, with thirty others before them.
    pub fn around(given: Vec<GivenRun>) -> Self {
        let base = Self::default();
        // Run numbers grow by three at most.
        let room = 3 * u32::try_from(base.runs).unwrap_or(0);
        let first = given
            .iter()
            .map(|given| given.run.to_u32())
            .min()
            .map(|first| first.saturating_sub(room).max(1));
        let first_run =
            first.and_then(|first| RunNumber::new(first).ok()).unwrap_or(base.first_run);
        let until = given.iter().map(GivenRun::end).max().map_or(base.until, |end| end + 3600);
        Self { first_run, until, given, ..base }
    }
}

/// What a run is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunKind {
    /// Stable beams, whole detector, enough events.
    Stable,
    /// Cosmic rays, no beams.
    Cosmic,
    /// Stable beams for a while, and too few events.
    Short,
    /// Beams that were never declared stable.
    Unstable,
    /// Stable beams, the SCT not in the read-out.
    NoSct,
    /// Stable beams, one end-cap of the SCT missing.
    Partial,
    /// Stable beams, the SCT without high voltage: events without hits.
    Standby,
    /// Ions.
    HeavyIon,
    /// Another partition: calibration of the SCT alone.
    Calibration,
    /// Stable beams, but the data acquisition's tables do not know the run.
    NotInTable,
    /// Stable beams, magnets off.
    NoField,
    /// Goes on.
    Running,
}

impl RunKind {
    /// All that have ended.
    const ENDED: [Self; 11] = [
        Self::Stable,
        Self::Cosmic,
        Self::Short,
        Self::Unstable,
        Self::NoSct,
        Self::Partial,
        Self::Standby,
        Self::HeavyIon,
        Self::Calibration,
        Self::NotInTable,
        Self::NoField,
    ];

    fn has_stable_beams(self) -> bool {
        !matches!(self, Self::Cosmic | Self::Unstable | Self::Calibration)
    }

    fn project(self, year: i16) -> String {
        let suffix = match self {
            Self::Cosmic => "cos",
            Self::Calibration => "calib",
            Self::HeavyIon => "hi",
            _ => "13p6TeV",
        };
        format!("data{:02}_{suffix}", year.rem_euclid(100))
    }

    /// Detector mask: most parts of the detector, and the SCT as it is.
    fn mask(self) -> u128 {
        const SCT: u128 = 0xF0;
        const ALL: u128 = 0x1F_0000_D000_069F_FFFF_FFF7;
        match self {
            Self::NoSct => ALL & !SCT,
            // Without end-cap C.
            Self::Partial => ALL & !0x80,
            Self::Calibration => SCT,
            _ => ALL | SCT,
        }
    }
}

/// A run, as it truly was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorldRun {
    /// The run.
    pub run: RunNumber,
    /// Its kind.
    pub kind: RunKind,
    /// Project tag.
    pub project: String,
    /// Partition.
    pub partition: &'static str,
    /// Detector mask, hexadecimal.
    pub detector_mask: String,
    /// Begin, seconds since 1970.
    pub start: u64,
    /// Length of a lumi block, seconds.
    pub lumi_block_seconds: u64,
    /// Lumi blocks, so far.
    pub lumi_blocks: u32,
    /// Whether the run has ended.
    pub ended: bool,
    /// First and last lumi block with stable beams.
    pub stable: Option<(u32, u32)>,
    /// Number of the fill.
    pub fill: u32,
    /// Whether solenoid and toroids are on.
    pub field: bool,
    /// Events that were recorded.
    pub events: u64,
    /// Streams: type, name and events per lumi block.
    pub streams: Vec<WorldStream>,
}

/// A stream of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorldStream {
    /// As `physics`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// As `Main`.
    pub name: &'static str,
    /// Events of the first lumi block, and so on.
    pub events: Vec<u64>,
}

impl WorldRun {
    /// End of its last lumi block, seconds since 1970.
    pub fn end(&self) -> u64 {
        self.start + self.lumi_block_seconds * u64::from(self.lumi_blocks)
    }

    /// Events of a stream.
    pub fn events_of(&self, kind: &str, name: &str) -> u64 {
        let stream = self.streams.iter().find(|stream| stream.kind == kind && stream.name == name);
        stream.map_or(0, |stream| stream.events.iter().sum())
    }
}

/// Files of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldFiles {
    /// COOL files of run control, trigger and detector control, named for their schemas.
    pub control: [PathBuf; 3],
    /// What is not in COOL, as JSON to be imported into the table of runs.
    pub runs: PathBuf,
    /// Master databases.
    pub masters: [PathBuf; 2],
    /// The truth.
    pub truth: PathBuf,
}

/// A world and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    /// Runs, oldest first.
    pub runs: Vec<WorldRun>,
    /// Files.
    pub files: WorldFiles,
}

/// Length of a lumi block of a drawn run.
const LUMI_BLOCK_SECONDS: u64 = 60;

/// Draws the runs of a world, oldest first. The same settings give the same runs.
///
/// # Errors
///
/// [`Error::Setting`] for too few runs or lumi blocks, or given runs that are not later than the others.
pub fn world_runs(settings: &WorldSettings) -> Result<Vec<WorldRun>, Error> {
    let wrong = |name, value: String, expected| Error::Setting { name, value, expected };
    if settings.runs <= RunKind::ENDED.len() {
        return Err(wrong("runs", settings.runs.to_string(), "12 or more: one of each kind"));
    }
    if settings.lumi_blocks < 20 {
        return Err(wrong("lumi_blocks", settings.lumi_blocks.to_string(), "20 or more"));
    }
    let mut random = stream(settings.seed, Purpose::World, 0, 0);
    let ended = settings.runs - 1;
    // Every kind once, the rest stable.
    let mut kinds: Vec<RunKind> = RunKind::ENDED.to_vec();
    kinds.resize(ended, RunKind::Stable);
    kinds.shuffle(&mut random);
    let blocks: Vec<u32> = kinds
        .iter()
        .map(|kind| match kind {
            RunKind::Short => settings.lumi_blocks / 10,
            _ => random.random_range(settings.lumi_blocks / 2..=settings.lumi_blocks),
        })
        .collect();
    // Backwards from the given runs, or from the one that goes on.
    let running = settings.lumi_blocks / 4;
    let running_start = settings.until.saturating_sub(u64::from(running) * LUMI_BLOCK_SECONDS);
    let mut end = settings.given.iter().map(|given| given.start).min().unwrap_or(running_start);
    let mut starts = Vec::new();
    for blocks in blocks.iter().rev() {
        end = end.saturating_sub(random.random_range(600..7200));
        end = end.saturating_sub(u64::from(*blocks) * LUMI_BLOCK_SECONDS);
        starts.push(end);
    }
    starts.reverse();
    let mut number = settings.first_run.to_u32();
    let mut runs = Vec::new();
    for ((kind, blocks), start) in kinds.into_iter().zip(blocks).zip(starts) {
        let fill = 8_000 + u32::try_from(runs.len()).unwrap_or(0);
        runs.push(drawn(
            run_number(number)?,
            kind,
            (start, LUMI_BLOCK_SECONDS, blocks),
            fill,
            &mut random,
        ));
        number += random.random_range(1..=3);
    }
    let mut given = settings.given.clone();
    given.sort_by_key(|given| given.run);
    for given in given {
        if given.run.to_u32() < number
            || runs.last().is_some_and(|before: &WorldRun| before.end() > given.start)
        {
            return Err(wrong(
                "given",
                given.run.to_string(),
                "runs later than all drawn ones, one after the other",
            ));
        }
        let fill = 8_000 + u32::try_from(runs.len()).unwrap_or(0);
        let place = (given.start, given.lumi_block_seconds, given.lumi_blocks);
        let mut run = drawn(given.run, RunKind::Stable, place, fill, &mut random);
        for stream in &mut run.streams {
            match stream.name {
                "SCTNoise" => stream.events = shared(given.events, given.lumi_blocks),
                // Enough for dead strips and chips, however short the run is.
                "express" if stream.events.iter().sum::<u64>() <= EXPRESS => {
                    stream.events = shared(EXPRESS + EXPRESS / 10, given.lumi_blocks);
                }
                _ => {}
            }
        }
        number = given.run.to_u32() + 1;
        runs.push(run);
    }
    let start = settings
        .given
        .iter()
        .map(GivenRun::end)
        .max()
        .map_or(running_start, |end| running_start.max(end + 600));
    let fill = 8_000 + u32::try_from(runs.len()).unwrap_or(0);
    runs.push(drawn(
        run_number(number)?,
        RunKind::Running,
        (start, LUMI_BLOCK_SECONDS, running),
        fill,
        &mut random,
    ));
    Ok(runs)
}

fn run_number(number: u32) -> Result<RunNumber, Error> {
    let wrong = |_| Error::Setting {
        name: "first_run",
        value: number.to_string(),
        expected: "a run number far below 2^31",
    };
    RunNumber::new(number).map_err(wrong)
}

fn drawn(
    run: RunNumber,
    kind: RunKind,
    (start, lumi_block_seconds, lumi_blocks): (u64, u64, u32),
    fill: u32,
    random: &mut impl rand::Rng,
) -> WorldRun {
    let second = i64::try_from(start).unwrap_or(0);
    let year = jiff::Timestamp::from_second(second)
        .map_or(1970, |time| jiff::tz::TimeZone::UTC.to_datetime(time).year());
    // Beams become stable after a tenth of the run, and are dumped a little before its end.
    let stable = kind.has_stable_beams().then(|| {
        let first = 1 + lumi_blocks / 10;
        (first, lumi_blocks.saturating_sub(lumi_blocks / 20).max(first))
    });
    let mut draw = |rate: u64| -> Vec<u64> {
        (0..lumi_blocks).map(|_| rate * random.random_range(90_u64..110) / 100).collect()
    };
    let noise = match kind {
        RunKind::Short => 9_000 / u64::from(lumi_blocks.max(1)),
        _ => 45_000 / u64::from(lumi_blocks.max(1)) + 200,
    };
    let stream = |kind, name, events| WorldStream { kind, name, events };
    let streams = match kind {
        RunKind::Cosmic => vec![
            stream("calibration", "SCTNoise", draw(noise)),
            stream("express", "express", draw(900)),
            stream("physics", "IDCosmic", draw(4_000)),
        ],
        RunKind::Calibration => vec![stream("calibration", "SCTNoise", draw(noise))],
        _ => vec![
            stream("calibration", "LArCells", draw(700)),
            stream("calibration", "SCTNoise", draw(noise)),
            stream("express", "express", draw(4_500)),
            stream("physics", "Main", draw(60_000)),
            stream("physics", "CosmicCalo", draw(300)),
        ],
    };
    let physics = streams.iter().filter(|stream| stream.kind == "physics");
    let events = physics.flat_map(|stream| &stream.events).sum();
    WorldRun {
        run,
        kind,
        project: kind.project(year),
        partition: if kind == RunKind::Calibration { "SCT_Calibration" } else { "ATLAS" },
        detector_mask: format!("{:032x}", kind.mask()),
        start,
        lumi_block_seconds,
        lumi_blocks,
        ended: kind != RunKind::Running,
        stable,
        fill,
        field: kind != RunKind::NoField,
        events,
        streams,
    }
}

/// Events shared out evenly.
fn shared(events: u64, lumi_blocks: u32) -> Vec<u64> {
    let blocks = u64::from(lumi_blocks.max(1));
    (0..blocks).map(|block| events * (block + 1) / blocks - events * block / blocks).collect()
}

/// Writes a world into a folder: `COOLONL_TDAQ.db`, `COOLONL_TRIGGER.db` and `COOLOFL_DCS.db`; `runs.json` with what is not
/// in COOL; the masters `CONDBR2.db` and `MONP200.db`; `world.json` with the truth.
///
/// # Errors
///
/// As [`world_runs`], and [`Error`] for files that cannot be written.
pub fn write_world(settings: &WorldSettings, folder: &Path) -> Result<World, Error> {
    let runs = world_runs(settings)?;
    output::make_folder(folder)?;
    let control = cool::write(&runs, folder)?;
    let masters = masters::write(&runs, folder)?;
    let (table, truth) = (folder.join("runs.json"), folder.join("world.json"));
    output::write_whole(&table, table::json(&runs).as_bytes())?;
    let json = serde_json::json!({ "settings": settings, "runs": runs });
    output::write_whole(&truth, format!("{json:#}\n").as_bytes())?;
    Ok(World { runs, files: WorldFiles { control, runs: table, masters, truth } })
}

#[cfg(test)]
mod tests;
