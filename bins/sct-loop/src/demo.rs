//! The demo: two simulated runs through the loop, compared with their truth.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_sim::{
    Comparison, DefectNumbers, Found, RawSettings, Settings, Truth, WorldRun, simulate_raw,
    write_conditions,
};
use sct_tasks::{failure::Coded, simulation::run_info};
use sct_xml::{BadStripsList, BadStripsSummary};
use serde_json::{Value, json};

use crate::uploader::Uploader;

mod earlier;
mod job;
mod monitoring;
mod report;
mod results;
mod serve;
mod silent;
mod tasks;
mod times;
mod upload;

pub use self::{
    serve::Stage, silent::SilentResult, tasks::TaskResult, times::TimesResult, upload::UploadResult,
};

/// What the demo is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder for everything.
    pub out: PathBuf,
    /// Seed of the hits.
    pub seed: u64,
    /// A small run instead of a full-size one.
    pub small: bool,
}

/// One run, worked through.
#[derive(Debug)]
pub struct RunResult {
    /// How it was simulated.
    pub settings: Settings,
    /// Folder of the job.
    pub folder: PathBuf,
    /// The summary, read back from its file.
    pub summary: BadStripsSummary,
    /// Report of the job.
    pub report: Value,
    /// Found and true defects.
    pub comparison: Comparison,
    /// Dead and quiet components.
    pub silent: [SilentResult; 2],
    /// Tasks that read monitoring histograms.
    pub tasks: Vec<TaskResult>,
    /// Noisy lumi blocks and HV trips.
    pub times: TimesResult,
    /// The upload of its noisy strips; none for the run that is left to the shifter.
    pub upload: Option<UploadResult>,
    /// Files of the job, by name with its size.
    pub files: Vec<(String, u64)>,
    /// Plots by name.
    pub plots: Vec<(String, String)>,
}

impl RunResult {
    /// Whether everything found agrees with the truth.
    pub fn is_exact(&self) -> bool {
        self.comparison.is_exact()
            && self.times.is_exact()
            && self.upload.as_ref().is_none_or(UploadResult::is_exact)
            && self.tasks.iter().all(TaskResult::is_exact)
    }
}

/// The whole demo.
#[derive(Debug)]
pub struct Done {
    /// Both runs.
    pub runs: Vec<RunResult>,
    /// The page.
    pub page: PathBuf,
    /// Data folder of the loop, with the masters and the results.
    pub data: PathBuf,
}

/// A folder with this file was made by a demo and may be replaced.
const MARKER: &str = ".sct-loop-demo";
/// RAW files of each run: a job each fills hit maps from one of them.
const FILES: usize = 3;
/// Events of a full-size run; ten times as many would only take ten times as long.
const EVENTS: u64 = 20_000;

/// Bursts of noise in each run.
const BURSTS: usize = 2;

/// Runs the demo; `say` gets a line for every step.
///
/// # Errors
///
/// When the folder is not ours to replace, a file cannot be written, or a job fails.
pub fn run(options: &Options, say: &dyn Fn(&str)) -> anyhow::Result<Done> {
    let out = prepare(&options.out)?;
    let full = || Settings { events: EVENTS, ..Settings::full_size() };
    let base = if options.small { Settings::small() } else { full() };
    let defects = DefectNumbers { bursts: BURSTS, ..base.defects.clone() };
    let first = Settings { seed: options.seed, files: FILES, defects, ..base };
    let second = first.next_run();
    say("the world: run control, LHC and masters of thirty runs before");
    let data = out.join("data");
    let (mut uploader, before) = upload::prepare(&data, [&first, &second])?;
    let mut runs: Vec<RunResult> = Vec::new();
    for settings in [first, second] {
        // The first run is compared with simulated uploads; the second finds the upload of the first in the master.
        let reference = (!runs.is_empty()).then(|| out.join("data/CONDBR2.db"));
        let before = if runs.is_empty() { &before[..] } else { &[] };
        runs.push(work(&out, settings, reference.as_deref(), before, &mut uploader, say)?);
    }
    let page = out.join("report.html");
    let html = report::page(&runs, &out);
    sct_wholefile::write(&page, html.as_bytes())
        .with_context(|| Coded::new(ExitCode::OutputFileError, "page of the demo"))?;
    Ok(Done { runs, page, data })
}

impl Done {
    /// Whether everything found agrees with the truth.
    ///
    /// # Errors
    ///
    /// Names the runs that disagree; exit code `TRF_EXEC_VALIDATION_FAIL`.
    pub fn verdict(&self) -> anyhow::Result<()> {
        let wrong = self.runs.iter().filter(|run| !run.is_exact());
        let wrong: Vec<String> = wrong.map(|run| run.settings.run.to_string()).collect();
        for pair in self.runs.windows(2) {
            let (uploaded, found) = (pair[0].summary.strips_all, pair[1].summary.strips_reference);
            if uploaded != found {
                let what = format!("the reference has {found} strips, {uploaded} were uploaded");
                return Err(Coded::new(ExitCode::ExecValidationFail, what).into());
            }
        }
        if wrong.is_empty() {
            return Ok(());
        }
        let what = format!(
            "results of run {} differ from the truth, see {}",
            wrong.join(", "),
            self.page.display()
        );
        Err(Coded::new(ExitCode::ExecValidationFail, what).into())
    }

    /// Page, and numbers of each run.
    pub fn to_json(&self) -> Value {
        let runs = self.runs.iter().map(|run| {
            json!({
                "run": run.settings.run,
                "folder": run.folder,
                "flag": run.summary.flag.to_string(),
                "strips": run.summary.strips_all,
                "modules": run.summary.modules_count,
                "exact": run.is_exact(),
                "deadChips": run.silent[0].summary.chips,
                "quietChips": run.silent[1].summary.chips,
                "noisyLbModules": run.times.noisy.modules.len(),
                "bursts": run.times.noisy.bursts,
                "hvTrips": run.times.trips.modules.len(),
                "upload": run.upload.as_ref().map(|upload| &upload.upload),
                "uploadedObjects": run.upload.as_ref().map(|upload| upload.receipt.alteration().objects),
                "lastRun": run.upload.as_ref().map(|upload| upload.last_run),
            })
        });
        json!({ "page": self.page, "data": self.data, "runs": runs.collect::<Vec<_>>() })
    }
}

/// Makes the folder, replacing an earlier demo but nothing else.
fn prepare(out: &Path) -> anyhow::Result<PathBuf> {
    let failed =
        || Coded::new(ExitCode::OutputFileError, format!("folder of the demo {}", out.display()));
    if out.exists() {
        let empty = fs::read_dir(out).with_context(failed)?.next().is_none();
        if !empty && !out.join(MARKER).exists() {
            return Err(anyhow::Error::msg(
                "it has other files in it; give an empty folder with --out",
            )
            .context(failed()));
        }
        fs::remove_dir_all(out).with_context(failed)?;
    }
    fs::create_dir_all(out).with_context(failed)?;
    fs::write(out.join(MARKER), "").with_context(failed)?;
    fs::canonicalize(out).with_context(failed)
}

fn work(
    out: &Path,
    settings: Settings,
    reference: Option<&Path>,
    before: &[WorldRun],
    uploader: &mut Uploader,
    say: &dyn Fn(&str),
) -> anyhow::Result<RunResult> {
    let folder = out.join(format!("run{}", settings.run));
    let inputs = folder.join("input");
    fs::create_dir_all(&inputs)
        .with_context(|| Coded::new(ExitCode::OutputFileError, folder.display().to_string()))?;
    say(&format!(
        "run {}: simulating {} events in {} RAW files",
        settings.run, settings.events, settings.files
    ));
    let conditions = write_conditions(&settings, &inputs.join("conditions.db"))?;
    let run = simulate_raw(&settings, &RawSettings::default(), &inputs)?;
    sct_wholefile::write(&folder.join("runInfo.txt"), run_info(&settings).to_text().as_bytes())?;
    say(&format!("run {}: filling hit maps, a job for each file", settings.run));
    let hit_maps = job::fill(&settings, &run.files, &conditions, &folder)?;
    say(&format!("run {}: merging, searching, storing", settings.run));
    let data = uploader.settings();
    let dictionary = job::dictionary(&settings, &hit_maps, &conditions, reference, data);
    job::write_properties(&folder)?;
    job::start(&folder, &dictionary)?;
    let published = data.data.join("results").join(format!("{:08}", settings.run.to_u32()));
    results::publish(&folder, &job::prefix(&settings), results::HIT_MAPS, &published)?;
    let silent = silent::read_back(&settings, &folder, &run)?;
    say(&format!("run {}: noisy lumi blocks and HV trips", settings.run));
    let lumi_blocks: Vec<PathBuf> = hit_maps
        .iter()
        .filter(|(name, _)| name.ends_with("SCTLB.root"))
        .map(|(name, _)| folder.join(name))
        .collect();
    let times = times::work(&settings, &folder, &lumi_blocks, &conditions, &run.truth)?;
    say(&format!("run {}: monitoring simulated, and all tasks that read it", settings.run));
    let tasks = monitoring::work(&settings, &folder, &conditions, &published)?;
    if !before.is_empty() {
        say(&earlier::work(uploader, settings.seed, before, &published)?);
    }
    // The second run waits for the shifter.
    let upload =
        reference.is_none().then(|| upload::work(uploader, &settings, &folder)).transpose()?;
    match &upload {
        Some(upload) => say(&format!(
            "run {}: uploaded, {} objects in {}; the next run {}",
            settings.run,
            upload.receipt.alteration().objects,
            upload.upload.destination,
            upload.next[1]
        )),
        None => say(&format!("run {}: waits for the shifter on the page", settings.run)),
    }
    let result = read_back(settings, folder, &run.truth, silent, times, tasks, upload)?;
    let counts = &result.summary;
    say(&format!(
        "run {}: {} noisy strips on {} modules, flag {}; {}",
        counts.run,
        counts.strips_all,
        counts.modules_count,
        counts.flag,
        if result.comparison.is_exact() { "exactly the true ones" } else { "NOT the true ones" }
    ));
    let [dead, quiet] = &result.silent;
    say(&format!(
        "run {}: dead are {} chips and {} strips on {} links and modules, quiet are {} chips and {} strips",
        counts.run,
        dead.summary.chips,
        dead.summary.strips,
        dead.summary.links + dead.summary.modules_count,
        quiet.summary.chips,
        quiet.summary.strips
    ));
    let times = &result.times;
    say(&format!(
        "run {}: {} modules noisy at times, bursts in lumi blocks {}, {} times without high voltage; {}",
        counts.run,
        times.noisy.modules.len(),
        times.noisy.bursts,
        times.trips.modules.len(),
        if times.is_exact() { "exactly the true ones" } else { "NOT the true ones" }
    ));
    let exact = result.tasks.iter().filter(|task| task.is_exact()).count();
    say(&format!(
        "run {}: {exact} of {} monitoring tasks as simulated",
        counts.run,
        result.tasks.len()
    ));
    Ok(result)
}

/// Reads the job's files as a user would, and compares them with the truth.
fn read_back(
    settings: Settings,
    folder: PathBuf,
    truth: &Truth,
    silent: [SilentResult; 2],
    times: TimesResult,
    tasks: Vec<TaskResult>,
    upload: Option<UploadResult>,
) -> anyhow::Result<RunResult> {
    let path = |name: &str| folder.join(job::output(&settings, name));
    let list = BadStripsList::read(&path("BadStripsAllFile.xml"))?;
    let summary = BadStripsSummary::read(&path("BadStripsSummaryFile.xml"))?;
    let mut found = Found::default();
    for (module, strips) in &list.modules {
        let listed = summary.modules.iter().find(|listed| listed.module == *module);
        let chips = listed.map(|listed| listed.chips.clone()).unwrap_or_default();
        let links = listed.map(|listed| listed.links.clone()).unwrap_or_default();
        found.add(*module, strips, chips, links);
    }
    let report = fs::read_to_string(folder.join("jobReport.json")).context("report of the job")?;
    Ok(RunResult {
        comparison: truth.compare(&found),
        silent,
        times,
        tasks,
        upload,
        report: serde_json::from_str(&report).context("report of the job")?,
        files: files(&folder)?,
        plots: plots(&folder.join("plots"))?,
        settings,
        folder,
        summary,
    })
}

fn files(folder: &Path) -> anyhow::Result<Vec<(String, u64)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_file() {
            files.push((entry.file_name().to_string_lossy().into_owned(), metadata.len()));
        }
    }
    files.sort();
    Ok(files)
}

fn plots(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut plots = Vec::new();
    for (name, _) in files(folder)? {
        let svg = fs::read_to_string(folder.join(&name))?;
        plots.push((name, svg));
    }
    Ok(plots)
}
