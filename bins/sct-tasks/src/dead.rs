//! The search for dead and quiet components from files to files; used by its program, the job transformation and the demo
//! alike.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sct_conditions::{DEAD_CHIPS, DEAD_STRIPS, DefectType, SctFolder, defect_row};
use sct_cool::FolderContent;
use sct_dead::{Config, Defect, Inputs, Outcome, find};
use sct_histfile::ReadOptions;
use sct_hitmap::{BsErrorMap, ChipHits as _, Hitmap};
use sct_id::{Iov, RunNumber};
use sct_job::{ExitCode, Properties};

use crate::{
    detector::Detector,
    failure::Coded,
    noisy_strip::{Files, RunTimes, remove_stale},
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

/// Writes lists, summaries and the database; `path` gives the path of each by its name. A database of an earlier job under
/// the same name is removed when there is nothing to store.
///
/// # Errors
///
/// When a file cannot be written; exit code `TRF_OUTPUT_FILE_ERROR`.
pub fn write(
    job: &Job<'_>,
    data: &Data,
    found: &[Found],
    path: impl Fn(&str) -> PathBuf,
) -> anyhow::Result<Files> {
    let failed = || Coded::new(ExitCode::OutputFileError, format!("results of run {}", job.run));
    let mut files = Files::default();
    for found in found {
        files.written.extend(write_lists(job, data, found, &path)?);
    }
    let database = path("mycool.db");
    match store(job, found).with_context(failed)? {
        Ok(contents) => {
            // Files of the loop have this instance inside, wherever they are merged to.
            let instance = sct_conditions::Destination::Condbr2.name();
            sct_cool::write_file(&database, instance, &contents).with_context(failed)?;
            files.written.push(("COOL", database));
        }
        Err(reason) => {
            remove_stale(&database)?;
            files.absent.push(("mycool.db", reason));
        }
    }
    Ok(files)
}

/// Writes the lists and the summary of one search. Gives the files by the name of their report argument.
///
/// # Errors
///
/// As [`write()`].
pub fn write_lists(
    job: &Job<'_>,
    data: &Data,
    found: &Found,
    path: impl Fn(&str) -> PathBuf,
) -> anyhow::Result<Vec<(&'static str, PathBuf)>> {
    let failed = || Coded::new(ExitCode::OutputFileError, format!("results of run {}", job.run));
    let [strips, chips, summary] = match found.search.defect {
        Defect::Dead => ["DeadStripsFile.xml", "DeadChipsFile.xml", "DeadSummaryFile.xml"],
        Defect::Quiet => ["QuietStripsFile.xml", "QuietChipsFile.xml", "QuietSummaryFile.xml"],
    };
    let mut written = Vec::new();
    if found.search.strips {
        results::strips_list(job, found).write(&path(strips)).with_context(failed)?;
        written.push(("DeadStripFile", path(strips)));
    }
    if found.search.chips {
        results::chips_list(job, found).write(&path(chips)).with_context(failed)?;
        written.push(("DeadChipFile", path(chips)));
    }
    results::summary(job, data, found).write(&path(summary)).with_context(failed)?;
    written.push(("DeadSummaryFile", path(summary)));
    Ok(written)
}

/// The folders with their rows, or why there are none. Dead and quiet components share the folders: what is dead is stored
/// before what is quiet.
///
/// # Errors
///
/// A list that does not fit its column.
pub fn store(job: &Job<'_>, found: &[Found]) -> anyhow::Result<Result<Vec<FolderContent>, String>> {
    if !job.properties.write_to_cool {
        return Ok(Err("writing is switched off (WriteToCool)".to_owned()));
    }
    let mut contents: Vec<FolderContent> = Vec::new();
    let mut by_defect: Vec<&Found> = found.iter().collect();
    by_defect.sort_by_key(|found| found.search.defect);
    for found in by_defect {
        for content in folders(job, found)? {
            let path = &content.folder.path;
            if contents.iter().any(|stored| stored.folder.path == *path) {
                tracing::warn!(
                    "{path} has the dead components: the quiet ones are in their lists only"
                );
            } else {
                contents.push(content);
            }
        }
    }
    if contents.is_empty() {
        let searched: Vec<String> = found.iter().map(|found| found.search.words()).collect();
        return Ok(Err(format!("no {} was found", searched.join(", no "))));
    }
    Ok(Ok(contents))
}

/// The folders of one search: those in which something was found.
fn folders(job: &Job<'_>, found: &Found) -> anyhow::Result<Vec<FolderContent>> {
    let Properties { tag_dead_strips, tag_dead_chips, .. } = job.properties;
    let folder = |folder: SctFolder, tag: &str, threshold, lists: Vec<_>| {
        let row = |(module, list): &(_, String)| {
            defect_row(*module, Iov::run(job.run), found.search.defect_type(), threshold, list)
        };
        let rows = lists.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        let content = FolderContent { folder: folder.folder(), tag: tag.to_owned(), rows };
        anyhow::Ok(content)
    };
    let modules = &found.outcome.modules;
    let strips = modules.iter().filter(|module| !module.strips.is_empty());
    let strips = strips.map(|module| (module.module, module.strips.defect_list_by_side()));
    let chips = modules.iter().filter(|module| !module.chips.is_empty());
    let chips = chips.map(|module| (module.module, module.chip_list()));
    let (strip, chip) = results::thresholds(job, found);
    let folders = [
        folder(DEAD_STRIPS, tag_dead_strips, strip, strips.collect())?,
        folder(DEAD_CHIPS, tag_dead_chips, chip, chips.collect())?,
    ];
    Ok(folders.into_iter().filter(|content| !content.rows.is_empty()).collect())
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
