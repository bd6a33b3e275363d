//! The runs before those of the demo: their results, as the loop would have kept them, and their uploads.
//!
//! They are not worked through: their results are drawn so that they lead up to those of the first run.

use std::{fs, path::Path};

use anyhow::Context as _;
use sct_id::RunNumber;
use sct_sim::{EarlierRun, Like, RunKind, WorldRun, write_earlier_results};
use sct_upload::{NewUpload, State, Task, check, check_flag};
use sct_xml::{BadStripsSummary, DeadSummary, LorentzAngleSummary, MonitoringSummary};

use crate::uploader::Uploader;

/// Runs with results; those whose beams were stable, and which had the whole detector.
const RUNS: usize = 12;

/// Writes the results of the newest runs of the world beside those of the first run of the demo, whose folder is given; then
/// their noisy strips are uploaded, or marked bad when they are not green. Gives a line to say.
pub(super) fn work(
    uploader: &mut Uploader,
    seed: u64,
    world: &[WorldRun],
    first: &Path,
) -> anyhow::Result<String> {
    let good = world.iter().filter(|run| run.kind == RunKind::Stable);
    let runs = good.map(earlier_run).collect::<anyhow::Result<Vec<EarlierRun>>>()?;
    let runs = &runs[runs.len().saturating_sub(RUNS)..];
    let data = uploader.settings().data.clone();
    write_earlier_results(seed, runs, &like(first)?, &data)?;
    let (mut ids, mut bad) = (Vec::new(), 0);
    for run in runs.iter().map(|run| run.run) {
        match request(uploader, run, &data)? {
            Some(id) => ids.push(id),
            None => bad += 1,
        }
    }
    uploader.pass()?;
    for id in &ids {
        let upload = uploader.queue().upload(*id)?;
        if upload.state != State::Done {
            anyhow::bail!(
                "the upload of run {} is {}: {}",
                upload.run,
                upload.state,
                upload.reason
            );
        }
    }
    let done = ids.len();
    Ok(format!("results of {} runs before: {done} uploaded, {bad} marked bad", runs.len()))
}

/// Asks for the upload of noisy strips; a run whose flag somebody would have to look at is marked bad.
fn request(uploader: &mut Uploader, run: RunNumber, data: &Path) -> anyhow::Result<Option<i64>> {
    let task = Task::NoisyStrip;
    let folder = data.join("results").join(format!("{:08}", run.to_u32())).join("sctns");
    let file = file(&folder, "mycool.db")?;
    let checked = check(&file, run, task, task.folder().tag, None)?;
    if check_flag(&checked, false).is_err() {
        uploader.mark_bad(run, task, "a part of the detector was noisy for once")?;
        return Ok(None);
    }
    let id = uploader.queue().request(&NewUpload {
        comment: "simulated".to_owned(),
        ..NewUpload::of(&checked, file, run, task, "demo")
    })?;
    Ok(Some(id))
}

fn earlier_run(run: &WorldRun) -> anyhow::Result<EarlierRun> {
    Ok(EarlierRun {
        run: run.run,
        start: i64::try_from(run.start)?,
        end: i64::try_from(run.end())?,
        lumi_blocks: run.lumi_blocks.into(),
        noise_events: run.events_of("calibration", "SCTNoise"),
        monitored_events: run.events_of("express", "express"),
    })
}

/// What was found in the first run of the demo.
fn like(first: &Path) -> anyhow::Result<Like> {
    let summary = |kind: &str, name: &str| file(&first.join(kind), name);
    let monitored = [
        ("sctno", "NoiseOccupancySummaryFile.xml"),
        ("sctro", "RawOccupancySummaryFile.xml"),
        ("scteff", "EfficiencySummaryFile.xml"),
        ("sctbse", "BSErrorSummaryFile.xml"),
    ];
    let mut like = Like::default();
    for (kind, name) in monitored {
        like.levels.extend(MonitoringSummary::read(&summary(kind, name)?)?.values);
    }
    like.angles =
        LorentzAngleSummary::read(&summary("sctla", "LorentzAngleSummaryFile.xml")?)?.parts;
    like.dead = DeadSummary::read(&summary("sctdc", "DeadSummaryFile.xml")?)?.modules;
    let noisy = BadStripsSummary::read(&summary("sctns", "BadStripsSummaryFile.xml")?)?;
    like.noisy = noisy.modules.into_iter().map(|module| (module.module, module.all)).collect();
    Ok(like)
}

/// The file of a result whose name ends so.
fn file(folder: &Path, end: &str) -> anyhow::Result<std::path::PathBuf> {
    let failed = || format!("results in {}", folder.display());
    for entry in fs::read_dir(folder).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(end)) {
            return Ok(path);
        }
    }
    Err(anyhow::anyhow!("there is no file {end}").context(failed()))
}
