//! The search for dead and quiet components from files to files; used by its program, the job transformation and the demo
//! alike.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sct_conditions::{DEAD_CHIPS, DEAD_STRIPS, DefectType, SctFolder, defect_row};
use sct_cool::FolderContent;
use sct_dead::{Config, Defect, Inputs, Outcome, find};
use sct_histfile::ReadOptions;
use sct_hitmap::{BsErrorMap, ChipHits as _, Hitmap};
use sct_id::{Iov, ModuleHash, RunNumber};
use sct_job::{ExitCode, Properties};

use crate::{
    detector::Detector,
    failure::Coded,
    files::{Files, Stored},
    noisy_strip::RunTimes,
};

mod extras;
mod results;
mod warnings;

pub use self::{
    extras::write_extras,
    results::{flag_meaning, summary_json},
};

/// One job; it may search for dead and for quiet components.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Run.
    pub run: RunNumber,
    /// Hits per strip.
    pub hitmaps: &'a Path,
    /// Byte-stream errors; without them links with errors are searched like others.
    pub bs_errors: Option<&'a Path>,
    /// Hits by lumi block: for the number of lumi blocks with events only. Without them that of the run is given.
    pub lumi_blocks: Option<&'a Path>,
    /// Times of the run.
    pub times: RunTimes,
    /// Thresholds, switches, tags.
    pub properties: &'a Properties,
    /// The detector.
    pub detector: &'a Detector,
}

/// What is searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    /// Dead or quiet components.
    pub defect: Defect,
    /// List strips.
    pub strips: bool,
    /// List chips.
    pub chips: bool,
}

/// What a job read.
#[derive(Debug)]
pub struct Data {
    /// The hits.
    pub hitmap: Hitmap,
    /// The byte-stream errors.
    pub bs_errors: Option<BsErrorMap>,
    /// Lumi blocks with events, or those of the run; 0 when neither is known.
    pub lumi_blocks: u64,
    /// What was odd.
    pub warnings: Vec<String>,
}

/// One search and its result.
#[derive(Debug)]
pub struct Found {
    /// What was searched for.
    pub search: Search,
    /// The result.
    pub outcome: Outcome,
    /// What was odd.
    pub warnings: Vec<String>,
}

/// Thresholds of a search from the properties.
pub fn config(properties: &Properties, search: Search) -> Config {
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    Config {
        defect: search.defect,
        strips: search.strips,
        chips: search.chips,
        min_events_strips: count(properties.dead_strip_min_stat),
        min_events_strips_busy: count(properties.dead_strip_min_stat_busy),
        min_events_chips: count(properties.dead_chip_min_stat),
        strip_significance: properties.dead_strip_significance as f64,
        chip_significance: properties.dead_chip_significance as f64,
        busy_occupancy: properties.busy_thr4_dead_finding,
        noisy_occupancy: properties.noisy_thr4_dead_finding,
        quiet_strip: properties.quiet_threshold_strip,
        quiet_chip: properties.quiet_threshold_chip,
        strip_upload_test: properties.dead_strip_upload_test,
        chip_upload_test: properties.dead_chip_upload_test,
        use_configuration: properties.use_configuration,
    }
}

/// Reads the files.
///
/// # Errors
///
/// Damaged or missing files.
pub fn read(job: &Job<'_>) -> anyhow::Result<Data> {
    let max_missing_wafers =
        usize::try_from(job.properties.max_missing_wafers).unwrap_or(usize::MAX);
    let named = |path: &Path, odd: Vec<sct_histfile::Warning>| {
        odd.into_iter().map(|odd| format!("{}: {odd}", path.display())).collect::<Vec<_>>()
    };
    let (hitmap, odd) =
        sct_histfile::read_hit_maps(job.hitmaps, ReadOptions { max_missing_wafers })?;
    let mut warnings = named(job.hitmaps, odd);
    let bs_errors = match job.bs_errors {
        None => {
            let what = "no byte-stream errors (SCTBSErrors.root): links with errors are searched like others";
            warnings.push(what.to_owned());
            None
        }
        Some(path) => {
            let (errors, odd) = sct_histfile::read_bs_errors(path)?;
            warnings.extend(named(path, odd));
            if errors.events() != hitmap.events() {
                let (hits, errors) = (hitmap.events(), errors.events());
                warnings.push(format!(
                    "the hit maps have {hits} events, the byte-stream errors {errors}: they may belong to different runs"
                ));
            }
            Some(errors)
        }
    };
    let lumi_blocks = match job.lumi_blocks {
        Some(path) => {
            let file = sct_histfile::LumiBlockFile::open(path)?;
            file.events().iter().filter(|&&events| events > 0).count() as u64
        }
        None => job.times.lumi_blocks.unwrap_or(0).into(),
    };
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    Ok(Data { hitmap, bs_errors, lumi_blocks, warnings })
}

/// Searches what was read.
///
/// # Errors
///
/// No events (exit code `TRF_NOEVENTS`), thresholds out of range.
pub fn search(job: &Job<'_>, data: &Data, search: Search) -> anyhow::Result<Found> {
    let inputs = Inputs {
        hitmap: &data.hitmap,
        bs_errors: data.bs_errors.as_ref(),
        known_bad: Some(&job.detector.known_bad),
        swap: &job.detector.swap,
    };
    let outcome = find(&inputs, &config(job.properties, search)).with_context(|| {
        let (defect, path) = (search.defect, job.hitmaps.display());
        let what = format!("{defect} components of run {} in {path}", job.run);
        let empty = data.hitmap.events() == 0;
        Coded::new(if empty { ExitCode::NoEvents } else { ExitCode::ExecFail }, what)
    })?;
    let warnings = warnings::of(search, &outcome);
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    for (part, mean) in outcome.layers.iter() {
        tracing::debug!("mean occupancy of {}: {mean:e}", part.name());
    }
    Ok(Found { search, outcome, warnings })
}

/// Writes the lists and the summary of a search; `path` gives the path of each by its name.
///
/// # Errors
///
/// When a file cannot be written; exit code `TRF_OUTPUT_FILE_ERROR`.
pub fn write(
    job: &Job<'_>,
    data: &Data,
    found: &Found,
    path: impl Fn(&str) -> PathBuf,
) -> anyhow::Result<Files> {
    let failed = || Coded::new(ExitCode::OutputFileError, format!("results of run {}", job.run));
    let [strips, chips, summary] = match found.search.defect {
        Defect::Dead => ["DeadStripsFile.xml", "DeadChipsFile.xml", "DeadSummaryFile.xml"],
        Defect::Quiet => ["QuietStripsFile.xml", "QuietChipsFile.xml", "QuietSummaryFile.xml"],
    };
    let mut files = Files::default();
    if found.search.strips {
        results::strips_list(job, found).write(&path(strips)).with_context(failed)?;
        files.written.push(("DeadStripFile", path(strips)));
    }
    if found.search.chips {
        results::chips_list(job, found).write(&path(chips)).with_context(failed)?;
        files.written.push(("DeadChipFile", path(chips)));
    }
    results::summary(job, data, found).write(&path(summary)).with_context(failed)?;
    files.written.push(("DeadSummaryFile", path(summary)));
    Ok(files)
}

/// The folders of strips and of chips with their rows, as far as they were searched, or why there are none. Quiet components
/// share the folders of dead ones.
///
/// # Errors
///
/// A list that does not fit its column.
pub fn store(job: &Job<'_>, found: &Found) -> anyhow::Result<Vec<Stored>> {
    let modules = &found.outcome.modules;
    let (strip, chip) = results::thresholds(job, found);
    let mut stored = Vec::new();
    if found.search.strips {
        let listed = modules.iter().filter(|module| !module.strips.is_empty());
        let lists = listed.map(|module| (module.module, module.strips.defect_list_by_side()));
        let tag = &job.properties.tag_dead_strips;
        stored.push(rows(job, found, DEAD_STRIPS, tag, strip, &lists.collect::<Vec<_>>())?);
    }
    if found.search.chips {
        let listed = modules.iter().filter(|module| !module.chips.is_empty());
        let lists = listed.map(|module| (module.module, module.chip_list()));
        let tag = &job.properties.tag_dead_chips;
        stored.push(rows(job, found, DEAD_CHIPS, tag, chip, &lists.collect::<Vec<_>>())?);
    }
    Ok(stored)
}

/// One folder: a row for every module with a list.
fn rows(
    job: &Job<'_>,
    found: &Found,
    folder: SctFolder,
    tag: &str,
    threshold: f32,
    lists: &[(ModuleHash, String)],
) -> anyhow::Result<Stored> {
    if !job.properties.write_to_cool {
        return Ok(Stored::Nothing("writing is switched off (WriteToCool)".to_owned()));
    }
    if lists.is_empty() {
        return Ok(Stored::Nothing(format!("no {} was found", found.search.words())));
    }
    let row = |(module, list): &(_, String)| {
        defect_row(*module, Iov::run(job.run), found.search.defect_type(), threshold, list)
    };
    let rows = lists.iter().map(row).collect::<Result<_, _>>();
    let rows = rows.with_context(|| {
        Coded::new(ExitCode::OutputFileError, format!("results of run {}", job.run))
    })?;
    Ok(Stored::Rows(FolderContent { folder: folder.folder(), tag: tag.to_owned(), rows }))
}

impl Search {
    /// The word in files and folders.
    fn defect_type(self) -> DefectType {
        match self.defect {
            Defect::Dead => DefectType::Dead,
            Defect::Quiet => DefectType::Quiet,
        }
    }

    /// What is searched for, in words: `dead strip or chip`.
    pub fn words(self) -> String {
        let components = match (self.strips, self.chips) {
            (true, false) => "strip",
            (false, true) => "chip",
            _ => "strip or chip",
        };
        format!("{} {components}", self.defect)
    }
}
