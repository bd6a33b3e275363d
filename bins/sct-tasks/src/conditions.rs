//! What a conditions database says about the detector: bad components and cabling at a run, voltages over time.

mod cabling;

use std::path::Path;

use anyhow::{Context as _, bail};
use sct_conditions::{
    CALIBRATION_FOLDERS, CHANNEL_STATE_FOLDER, CHIP_FOLDERS, Configuration, ConfigurationFolder,
    HV_FOLDER, HvState, KnownBad, LumiBlockTime, MAJORITY_FOLDER, MODULE_FOLDERS, MUR_FOLDERS,
    MajorityHistory, MajorityRegion, ModuleValue, Row, SerialNumbers, TimeStamp, VectorRow,
    Versioning, add_calibration_defects, hv_states, hv_voltages, lumi_block_times,
    run_control::LUMI_BLOCKS,
};
use sct_cool::{Database, Node, Selection};
use sct_id::{Iov, LumiBlock, ReadoutSwap, RunLumi, RunNumber, ValidityKey};
use sct_job::ExitCode;

pub use self::cabling::cabling;
use crate::{failure::Coded, noisy_strip::RunTimes};

/// When a run was, for folders keyed by run and for folders keyed by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The run.
    pub run: RunNumber,
    /// Its start, whole seconds since 1970, when known.
    pub start: Option<i64>,
}

/// The first lumi block of a run that has events.
const FIRST_LUMI_BLOCK: LumiBlock = LumiBlock::new(1);
const NANOSECONDS: u64 = 1_000_000_000;

impl Moment {
    /// Of a run with its times; a start of 0 means that they are not known.
    pub fn new(run: RunNumber, times: &RunTimes) -> Self {
        Self { run, start: (times.start > 0).then_some(times.start) }
    }

    fn key(self, node: &Node) -> anyhow::Result<ValidityKey> {
        match TimeStamp::from_description(&node.description) {
            Some(TimeStamp::RunLumi) => {
                Ok(RunLumi { run: self.run, lumi_block: FIRST_LUMI_BLOCK }.key())
            }
            Some(TimeStamp::Time) => {
                let start = self.start.and_then(|start| u64::try_from(start).ok());
                let start = start.with_context(|| {
                    let path = &node.path;
                    format!("folder {path} is keyed by time, and the start of the run is not known")
                })?;
                Ok(start.saturating_mul(NANOSECONDS).min(Iov::INFINITY - 1))
            }
            None => bail!(
                "the description of folder {} does not say whether it is keyed by run or time",
                node.path
            ),
        }
    }
}

/// Adds the components that the configuration and calibration folders call bad at the beginning of a run. A database
/// without such folders adds nothing; the log says so.
///
/// # Errors
///
/// When the file is damaged, rows cannot be, or a folder is keyed by time and that of the run is not known.
pub fn add_known_bad(
    known: &mut KnownBad,
    path: &Path,
    moment: Moment,
    serials: &SerialNumbers,
    swap: &ReadoutSwap,
) -> anyhow::Result<()> {
    let mut read = || -> anyhow::Result<()> {
        let database = Database::open(path)?;
        let configuration = Configuration::new(serials, swap);
        for folders in [&MUR_FOLDERS[..], &MODULE_FOLDERS, &CHIP_FOLDERS] {
            if let Some((folder, rows)) = configuration_rows(&database, folders, moment)? {
                let named = configuration.add(known, folder, &rows)?;
                if named == 0 && !rows.is_empty() {
                    let (file, path) = (database.path().display(), folder.path);
                    tracing::warn!(
                        "{file}: no row of {path} names a module of the table of serial numbers"
                    );
                }
            }
        }
        for folder in CALIBRATION_FOLDERS {
            let Some(node) = find(&database, &[folder]) else { continue };
            let rows: Vec<Row> = database
                .node_objects(node, &selection(&database, node, moment)?)?
                .into_iter()
                .map(|object| object.row)
                .collect();
            let spec = node.folder.as_ref().map(|folder| folder.payload.clone());
            add_calibration_defects(known, folder, &spec.unwrap_or_default(), &rows, swap)?;
        }
        Ok(())
    };
    read().with_context(|| unreadable(path))
}

/// The voltages of the detector over time; none when the database does not have the folder.
///
/// # Errors
///
/// When the file is damaged or rows cannot be.
pub fn majority(path: &Path) -> anyhow::Result<Option<MajorityHistory>> {
    let read = || -> anyhow::Result<Option<MajorityHistory>> {
        let database = Database::open(path)?;
        let Some(node) = find(&database, &[MAJORITY_FOLDER]) else { return Ok(None) };
        if TimeStamp::from_description(&node.description) != Some(TimeStamp::Time) {
            bail!("folder {MAJORITY_FOLDER} is not keyed by time");
        }
        let objects = database.node_objects(node, &Selection::tag(&tag(&database, node)?))?;
        let rows: Vec<Row> = objects.into_iter().map(|object| object.row).collect();
        Ok(Some(MajorityHistory::new(MajorityRegion::Overall, &rows)?))
    };
    read().with_context(|| unreadable(path))
}

/// Voltages and states of the modules during a run (none when there is no such folder), and times of its lumi blocks (none
/// when there is no such folder, or no row of the run).
pub type HighVoltage =
    (Option<Vec<ModuleValue<f32>>>, Option<Vec<ModuleValue<HvState>>>, Vec<LumiBlockTime>);

/// Reads voltages, states and lumi blocks of a run; `time` is when it was, nanoseconds since 1970.
///
/// # Errors
///
/// When the file is damaged, rows cannot be, a folder has keys of another kind, or there is neither of the first two folders.
pub fn high_voltage(path: &Path, run: RunNumber, time: Iov) -> anyhow::Result<HighVoltage> {
    let read = || -> anyhow::Result<HighVoltage> {
        let database = Database::open(path)?;
        let rows = |folder: &str, kind: TimeStamp, first, last| {
            let Some(node) = find(&database, &[folder]) else { return Ok(None) };
            if TimeStamp::from_description(&node.description) != Some(kind) {
                bail!("folder {folder} is not keyed by {kind:?}");
            }
            let selection = Selection::tag(&tag(&database, node)?).within(first, last);
            let rows = database.node_objects(node, &selection)?;
            let rows: Vec<Row> = rows.into_iter().map(|object| object.row).collect();
            let spec = node.folder.as_ref().map(|folder| folder.payload.clone());
            Ok(Some((spec.unwrap_or_default(), rows)))
        };
        let (first, last) = (time.since(), time.until() - 1);
        let voltages = rows(HV_FOLDER, TimeStamp::Time, first, last)?;
        let states = rows(CHANNEL_STATE_FOLDER, TimeStamp::Time, first, last)?;
        if voltages.is_none() && states.is_none() {
            bail!("there is neither a folder {HV_FOLDER} nor {CHANNEL_STATE_FOLDER}");
        }
        let iov = Iov::run(run);
        let times = rows(LUMI_BLOCKS.path, TimeStamp::RunLumi, iov.since(), iov.until())?;
        Ok((
            voltages.map(|(spec, rows)| hv_voltages(&spec, &rows)).transpose()?,
            states.map(|(spec, rows)| hv_states(&spec, &rows)).transpose()?,
            times
                .map(|(spec, rows)| lumi_block_times(run, &spec, &rows))
                .transpose()?
                .unwrap_or_default(),
        ))
    };
    read().with_context(|| unreadable(path))
}

fn unreadable(path: &Path) -> Coded {
    Coded::new(ExitCode::InputFileValidationFail, path.display().to_string())
}

/// The first of some folders that the database has.
fn find<'a>(database: &'a Database, paths: &[&str]) -> Option<&'a Node> {
    let found = paths.iter().find_map(|path| database.folder(path).ok());
    if found.is_none() {
        let (file, folders) = (database.path().display(), paths.join(", "));
        tracing::info!("{file} has no {folders}: nothing is known from there");
    }
    found
}

/// The rows of the first of some configuration folders that the database has.
fn configuration_rows<'a>(
    database: &Database,
    folders: &'a [ConfigurationFolder],
    moment: Moment,
) -> anyhow::Result<Option<(&'a ConfigurationFolder, Vec<VectorRow>)>> {
    let paths: Vec<&str> = folders.iter().map(|folder| folder.path).collect();
    let Some(node) = find(database, &paths) else { return Ok(None) };
    let objects = database.vector_objects(&node.path, &selection(database, node, moment)?)?;
    if objects.is_empty() {
        let (file, run) = (database.path().display(), moment.run);
        tracing::warn!("{file}: folder {} has nothing valid at run {run}", node.path);
    }
    let rows = objects.into_iter().map(|object| object.row).collect();
    Ok(folders.iter().find(|folder| folder.path == node.path).map(|folder| (folder, rows)))
}

fn selection(database: &Database, node: &Node, moment: Moment) -> anyhow::Result<Selection> {
    Ok(Selection::tag(&tag(database, node)?).at(moment.key(node)?))
}

/// The tag of a multi-version folder, if it has exactly one; the head if it has none.
fn tag(database: &Database, node: &Node) -> anyhow::Result<String> {
    let multi = node.folder.as_ref().is_some_and(|folder| folder.versioning == Versioning::Multi);
    let tags = if multi { database.tags(node)? } else { Vec::new() };
    match tags.as_slice() {
        [] => Ok(String::new()),
        [tag] => Ok(tag.name.clone()),
        several => {
            let names: Vec<&str> = several.iter().map(|tag| tag.name.as_str()).collect();
            bail!("folder {} has the tags {}, expected one", node.path, names.join(", "))
        }
    }
}
