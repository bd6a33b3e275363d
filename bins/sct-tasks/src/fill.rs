//! RAW files to hit map files; used by its program and by the job transformation alike.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sct_bytestream::{EventConfig, EventDecoder, rod::Readout, storage::RawFile};
use sct_cabling::Cabling;
use sct_conditions::{Majority, MajorityHistory};
use sct_fill::{Config, Inputs, LumiBlockAxis, Outcome, Summary};
use sct_id::{ReadoutSwap, RunNumber};
use sct_job::{ExitCode, Properties};
use sct_wholefile::Mapped;

use crate::{failure::Coded, progress};

/// Lumi blocks on the axis when nobody knows how many the run has. Source: the original's default.
const USUAL_LUMI_BLOCKS: usize = 1000;
const NANOSECONDS: u64 = 1_000_000_000;

/// Which files to fill, and what is known of the detector.
#[derive(Clone, Copy, Debug)]
pub struct FillJob<'a> {
    /// RAW files of one run.
    pub files: &'a [PathBuf],
    /// Which wafer sends over which fibre.
    pub cabling: &'a Cabling,
    /// Read-out direction.
    pub swap: &'a ReadoutSwap,
    /// When the detector was on; always, without it.
    pub majority: Option<&'a MajorityHistory>,
    /// Part of the events that may be lost before the job fails.
    pub max_lost_fraction: f32,
    /// No progress bar.
    pub quiet: bool,
}

/// Which hit map files to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// `SCTLB.root`.
    pub lumi_blocks: bool,
    /// `SCTBSErrors.root`.
    pub bs_errors: bool,
}

/// Settings of the event loop from the properties. `lumi_blocks` is the number that the run information gives.
pub fn config(
    properties: &Properties,
    run: Option<RunNumber>,
    lumi_blocks: Option<u32>,
    wanted: Wanted,
) -> Config {
    let given = usize::try_from(properties.lb_max).ok().filter(|&given| given > 0);
    let known = lumi_blocks.filter(|&known| known > 0).map(|known| known as usize);
    let axis = LumiBlockAxis {
        lumi_blocks: given.or(known).unwrap_or(USUAL_LUMI_BLOCKS),
        per_window: usize::try_from(properties.lbs_per_window).unwrap_or(1),
    };
    Config {
        run,
        axis: wanted.lumi_blocks.then_some(axis),
        max_unplaced: u64::try_from(properties.max_unknown_ids).unwrap_or(0),
        ..Config::default()
    }
}

/// The run of a RAW file: that of its header, or of its first event where the header leaves it open.
///
/// # Errors
///
/// When the file cannot be opened, is no RAW file, or does not say its run.
pub fn run_of(path: &Path) -> anyhow::Result<RunNumber> {
    let bytes = map(path)?;
    let file = RawFile::new(&bytes).with_context(|| bad_input(path))?;
    let known = |run: u32| RunNumber::new(run).ok().filter(|_| run > 0);
    let of_event = || {
        let readout = Readout::new(&Cabling::default(), &ReadoutSwap::none());
        let mut decoder = EventDecoder::new(readout, EventConfig::default());
        let mut blocks = file.blocks().flatten();
        blocks.find_map(|block| known(decoder.peek(&block, file.is_compressed()).ok()?.run_number))
    };
    known(file.header().run.run_number).or_else(of_event).ok_or_else(|| {
        let what = format!("{}: neither header nor events say the run", path.display());
        Coded::new(ExitCode::ArgDataset, what).into()
    })
}

/// Fills the maps. What was odd is said in the log.
///
/// # Errors
///
/// Files that cannot be read or are cut short, events of another run, more lost events than allowed.
pub fn fill(job: &FillJob<'_>, config: &Config) -> anyhow::Result<Outcome> {
    let is_on = |seconds: u32| {
        let state = job.majority.and_then(|states| states.at(u64::from(seconds) * NANOSECONDS));
        state.is_some_and(|state| state.is_good(Majority::REQUIRED_FRACTION))
    };
    let inputs = Inputs {
        files: job.files,
        open: &|path| Ok(Box::new(Mapped::open(path)?)),
        cabling: job.cabling,
        swap: job.swap,
        majority: job.majority.is_some().then_some(&is_on),
    };
    let bar = progress::bar("filling", 0, job.quiet);
    let outcome = sct_fill::fill(&inputs, config, &|events| bar.inc(events));
    bar.finish_and_clear();
    let outcome = outcome?;
    report(&outcome.summary);
    check(&outcome.summary, job.max_lost_fraction)?;
    Ok(outcome)
}

fn bad_input(path: &Path) -> Coded {
    Coded::new(ExitCode::InputFileValidationFail, path.display().to_string())
}

fn map(path: &Path) -> anyhow::Result<Mapped> {
    Mapped::open(path).with_context(|| bad_input(path))
}

/// Says what was odd, each thing in one line.
fn report(summary: &Summary) {
    tracing::info!(
        "{} events in {} files, {} of them used",
        summary.read,
        summary.files.len(),
        summary.used
    );
    for file in summary.files.iter().filter(|file| file.damaged > 0) {
        let first = &file.damaged_events[0];
        let (path, damaged) = (file.path.display(), file.damaged);
        tracing::warn!("{path}: {damaged} damaged events, the first: {}", first.reason);
    }
    for (path, offset) in
        summary.files.iter().filter_map(|file| Some((&file.path, file.truncated_at?)))
    {
        tracing::warn!("{}: cut short after byte {offset}", path.display());
    }
    if summary.unplaced_clusters > 0 {
        tracing::warn!(
            "{} clusters on fibres without a module in {} events; {} events with too many of them are left out",
            summary.unplaced_clusters,
            summary.events_with_unplaced,
            summary.left_out
        );
    }
    if summary.checksums_bad > 0 || summary.damaged_fragments > 0 {
        tracing::warn!(
            "{} checksums do not agree, {} fragments are damaged; what can be read of them is used",
            summary.checksums_bad,
            summary.damaged_fragments
        );
    }
    if summary.detector_off > 0 {
        tracing::warn!("{} events while the detector was off have no hits", summary.detector_off);
    }
}

fn check(summary: &Summary, most: f32) -> anyhow::Result<()> {
    if summary.lost_fraction() <= f64::from(most) {
        return Ok(());
    }
    let what = format!(
        "{} events are damaged and {} left out, of {}: more than the part of {most} that MaxSkippedFraction allows",
        summary.damaged,
        summary.left_out,
        summary.read + summary.damaged
    );
    Err(Coded::new(ExitCode::ExecValidationEventCount, what).into())
}

/// Writes the hit map files; `path` gives the path of each by its name. Gives the files with their numbers of events.
///
/// # Errors
///
/// When a file cannot be written; exit code `TRF_OUTPUT_FILE_ERROR`.
pub fn write(
    outcome: &Outcome,
    wanted: Wanted,
    path: impl Fn(&str) -> PathBuf,
) -> anyhow::Result<Vec<(PathBuf, u64)>> {
    let failed = || Coded::new(ExitCode::OutputFileError, "hit maps");
    let maps = &outcome.maps;
    let lumi_blocks = maps.lumi_blocks.as_ref().filter(|_| wanted.lumi_blocks);
    let paths = ["SCTLB.root", "SCTHitMaps.root", "SCTBSErrors.root"].map(&path);
    let [for_lumi_blocks, for_hits, for_errors] = &paths;
    // All at once: while one file waits for the disk, another is packed. The largest comes first.
    let (by_lumi_block, (hits, errors)) = rayon::join(
        || lumi_blocks.map(|maps| sct_histfile::write_lumi_block_maps(for_lumi_blocks, maps)),
        || {
            rayon::join(
                || sct_histfile::write_hit_maps(for_hits, &maps.hits),
                || {
                    let errors = wanted.bs_errors.then_some(&outcome.errors);
                    errors.map(|errors| sct_histfile::write_bs_errors(for_errors, errors))
                },
            )
        },
    );
    hits.with_context(failed)?;
    by_lumi_block.transpose().with_context(failed)?;
    errors.transpose().with_context(failed)?;
    let [for_lumi_blocks, for_hits, for_errors] = paths;
    let mut written = vec![(for_hits, maps.hits.events())];
    written.extend(lumi_blocks.map(|maps| (for_lumi_blocks, maps.chips.total_events())));
    written.extend(wanted.bs_errors.then(|| (for_errors, outcome.errors.events())));
    Ok(written)
}
