//! The noisy-strip task from files to files; used by its program, the job transformation and the demo alike.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sct_conditions::{MONITORING, monitoring_row};
use sct_cool::FolderContent;
use sct_histfile::{LumiBlockFile, ReadOptions};
use sct_hitmap::{ChipHits, Hitmap, WithoutLumiBlocks};
use sct_id::{Iov, RunNumber};
use sct_job::{ExitCode, Properties};
use sct_noisy_strip::{Config, Inputs, Outcome, Store, find};
use sct_xml::BadStripsList;

use crate::{
    detector::Detector,
    failure::Coded,
    files::{Files, Stored},
};

mod bursts;
mod extras;
mod plots;
mod reference;
mod results;
mod times;

pub use self::{
    bursts::WithoutBursts,
    extras::write_extras,
    plots::plots,
    reference::Reference,
    results::{flag_meaning, ntuple_rows, summary, summary_json},
    times::RunTimes,
};

/// One search.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Run; the last one where hit maps of several were added.
    pub run: RunNumber,
    /// What the result is valid for.
    pub iov: Iov,
    /// Hits per strip.
    pub hitmaps: &'a Path,
    /// Hits by lumi block; without them the lumi-block columns stay empty.
    pub lumi_blocks: Option<&'a Path>,
    /// Times of the run.
    pub times: RunTimes,
    /// Thresholds, switches, tags.
    pub properties: &'a Properties,
    /// The detector.
    pub detector: &'a Detector,
    /// The last upload, and numbers of recent ones.
    pub reference: &'a Reference,
}

/// What a search read and found.
#[derive(Debug)]
pub struct Done {
    /// The hits.
    pub hitmap: Hitmap,
    /// Hits by lumi block.
    pub lumi_blocks: Option<LumiBlockFile>,
    /// The result.
    pub outcome: Outcome,
    /// What was left out for bursts, if that was asked for.
    pub without_bursts: Option<WithoutBursts>,
    /// What was odd.
    pub warnings: Vec<String>,
}

/// Thresholds of the search from the properties.
pub fn config(properties: &Properties) -> Config {
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    Config {
        update: properties.noisy_update,
        write_all_modules: properties.noisy_write_all_modules,
        strip_all: properties.noisy_strip_all,
        offline_threshold: properties.noisy_strip_thr_def,
        max_occupancy_offline: properties.noisy_strip_thr_offline,
        max_occupancy_online: properties.noisy_strip_thr_online,
        wafer_finder: properties.noisy_wafer_finder,
        wafer_write: properties.noisy_wafer_write,
        wafer_all_strips: properties.noisy_wafer_all_strips,
        max_wafer_occupancy_barrel: properties.noisy_wafer_thr_barrel,
        max_wafer_occupancy_end_cap_a: properties.noisy_wafer_thr_eca,
        max_wafer_occupancy_end_cap_c: properties.noisy_wafer_thr_ecc,
        wafer_fraction: properties.noisy_wafer_fraction,
        chip_fraction: properties.noisy_chip_fraction,
        upload_test: properties.noisy_upload_test,
        min_events: count(properties.noisy_min_stat),
        max_modules: count(properties.noisy_module_list),
        max_module_increase: properties.noisy_module_diff,
        max_strip_increase: properties.noisy_strip_diff,
        use_configuration: properties.use_configuration,
        use_calibration: properties.use_calibration,
    }
}

/// Reads the files and searches.
///
/// # Errors
///
/// Damaged or missing files, no events, thresholds out of range.
pub fn search(job: &Job<'_>) -> anyhow::Result<Done> {
    let max_missing_wafers =
        usize::try_from(job.properties.max_missing_wafers).unwrap_or(usize::MAX);
    let (mut hitmap, odd) =
        sct_histfile::read_hit_maps(job.hitmaps, ReadOptions { max_missing_wafers })?;
    let mut warnings: Vec<String> =
        odd.iter().map(|odd| format!("{}: {odd}", job.hitmaps.display())).collect();
    let lumi_blocks = job.lumi_blocks.map(LumiBlockFile::open).transpose()?;
    match &lumi_blocks {
        None => warnings.push("no hits by lumi block (SCTLB.root): the lumi-block columns stay empty".to_owned()),
        Some(file) if file.total_events() != hitmap.events() => warnings.push(format!(
            "the hit maps have {} events, the lumi-block file {}: they may belong to different runs",
            hitmap.events(),
            file.total_events()
        )),
        Some(_) => {}
    }
    let without_bursts = bursts::leave_out(job, &mut hitmap, lumi_blocks.as_ref())?;
    warnings.extend(without_bursts.as_ref().map(WithoutBursts::warning));
    let kept = without_bursts
        .as_ref()
        .zip(lumi_blocks.as_ref())
        .map(|(without, file)| WithoutLumiBlocks::new(file, &without.left_out.lumi_blocks));
    let kept = kept.as_ref().map(|kept| kept as &dyn ChipHits);
    let inputs = Inputs {
        hitmap: &hitmap,
        chip_hits: kept.or(lumi_blocks.as_ref().map(|file| file as &dyn ChipHits)),
        lumi_blocks: job.times.lumi_blocks,
        known_bad: Some(&job.detector.known_bad),
        reference: job.reference.strips.as_ref(),
        recent: job.reference.recent(job.properties),
        swap: &job.detector.swap,
    };
    let outcome = find(&inputs, &config(job.properties)).with_context(|| {
        let what = format!("noisy strips of run {} in {}", job.run, job.hitmaps.display());
        Coded::new(if hitmap.events() == 0 { ExitCode::NoEvents } else { ExitCode::ExecFail }, what)
    })?;
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    Ok(Done { hitmap, lumi_blocks, outcome, without_bursts, warnings })
}

/// Writes lists and summary; `path` gives the path of each by its name.
///
/// # Errors
///
/// When a file cannot be written; exit code `TRF_OUTPUT_FILE_ERROR`.
pub fn write(
    job: &Job<'_>,
    outcome: &Outcome,
    path: impl Fn(&str) -> PathBuf,
) -> anyhow::Result<Files> {
    let mut files = Files::default();
    let failed = || Coded::new(ExitCode::OutputFileError, format!("results of run {}", job.run));
    let list = |new: bool| BadStripsList {
        iov: job.iov,
        tag: job.properties.tag_noisy_strips.clone(),
        threshold: outcome.threshold,
        modules: outcome
            .modules
            .iter()
            .map(|module| (module.module, if new { module.newly_bad } else { module.all }))
            .filter(|(_, strips)| !strips.is_empty())
            .collect(),
    };
    let summary_path = path("BadStripsSummaryFile.xml");
    summary(job, outcome).write(&summary_path).with_context(failed)?;
    files.written.push(("BSSummaryFile", summary_path));
    for (argument, name, new) in
        [("BSAllFile", "BadStripsAllFile.xml", false), ("BSNewFile", "BadStripsNewFile.xml", true)]
    {
        let path = path(name);
        list(new).write(&path).with_context(failed)?;
        files.written.push((argument, path));
    }
    Ok(files)
}

/// The folder with its rows, or why there is none.
///
/// # Errors
///
/// A list that is too long for its column.
pub fn store(job: &Job<'_>, outcome: &Outcome) -> anyhow::Result<Stored> {
    if !job.properties.write_to_cool {
        return Ok(Stored::Nothing("writing is switched off (WriteToCool)".to_owned()));
    }
    let modules = match &outcome.store {
        Store::Modules(modules) => modules,
        Store::Nothing(reason) => return Ok(Stored::Nothing((*reason).to_owned())),
    };
    // In update mode a list holds until the next one; else it belongs to its run.
    let open = Iov::new(job.iov.since(), Iov::INFINITY).unwrap_or(job.iov);
    let iov = if job.properties.noisy_update { open } else { job.iov };
    let rows = modules.iter().map(|(module, strips)| {
        monitoring_row(*module, iov, outcome.threshold, &strips.defect_list())
    });
    let failed = || Coded::new(ExitCode::OutputFileError, format!("results of run {}", job.run));
    Ok(Stored::Rows(FolderContent {
        folder: MONITORING.folder(),
        tag: job.properties.tag_noisy_strips.clone(),
        rows: rows.collect::<Result<_, _>>().with_context(failed)?,
    }))
}
