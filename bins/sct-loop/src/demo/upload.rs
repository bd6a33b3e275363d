//! The upload of a run's noisy strips into the master, before the next run starts.

use std::{fs, path::Path};

use anyhow::{Context as _, bail};
use sct_cool::Receipt;
use sct_id::RunNumber;
use sct_job::{read_last_run, write_last_run};
use sct_run::order::Verdict;
use sct_sim::{GivenRun, Settings, WorldRun, WorldSettings};
use sct_tasks::simulation;
use sct_upload::{NewUpload, State, Task, Upload, check, check_flag};

use super::job;
use crate::{page::Block, uploader::Uploader};

/// Lines of the log shown on the page.
const LINES: usize = 60;

/// One upload, read back from ledger, receipt and log.
#[derive(Debug)]
pub struct UploadResult {
    /// As the ledger has it.
    pub upload: Upload,
    /// What the merge left.
    pub receipt: Receipt,
    /// The last run after it.
    pub last_run: Option<RunNumber>,
    /// What the order of runs said about the next run before and after it.
    pub next: [String; 2],
    /// The order of runs after it: run, state, reason.
    pub order: Vec<[String; 3]>,
    /// What the log says.
    pub log: String,
}

impl UploadResult {
    /// Whether everything is in the master, and later runs are compared with it.
    pub fn is_exact(&self) -> bool {
        self.upload.state == State::Done && self.last_run == Some(self.upload.run)
    }
}

/// Makes the data folder of a loop that has run for a while: a world in which the runs of the demo follow thirty others, whose
/// uploads are done. Gives those others, too.
pub(super) fn prepare(
    folder: &Path,
    runs: [&Settings; 2],
) -> anyhow::Result<(Uploader, Vec<WorldRun>)> {
    let given = runs.map(GivenRun::of).to_vec();
    let world = simulation::world(&WorldSettings::around(given), folder)?;
    let mut settings = sct_upload::Settings::of(folder);
    "demo".clone_into(&mut settings.who);
    let earlier: Vec<WorldRun> =
        world.runs.into_iter().filter(|run| run.run < runs[0].run).collect();
    if let Some(run) = earlier.iter().map(|run| run.run).max() {
        write_last_run(&settings.last_run, run, false)?;
    }
    Ok((Uploader::open(settings)?, earlier))
}

/// Asks for the upload of a run, as a shifter does who has looked at it, and uploads it.
pub(super) fn work(
    uploader: &mut Uploader,
    settings: &Settings,
    folder: &Path,
) -> anyhow::Result<UploadResult> {
    let (run, task) = (settings.run, Task::NoisyStrip);
    let file = folder.join(job::database(settings));
    let checked = check(&file, run, task, task.folder().tag, None)?;
    // Whatever the flag says: the demo compares everything with the truth.
    check_flag(&checked, true)?;
    let before = next(uploader, settings)?;
    let id = uploader.queue().request(&NewUpload {
        comment: "simulated".to_owned(),
        ..NewUpload::of(&checked, file, run, task, "demo")
    })?;
    uploader.pass()?;
    let upload = uploader.queue().upload(id)?;
    if upload.state != State::Done {
        bail!("the upload of run {run} is {}: {}", upload.state, upload.reason);
    }
    let read = |path: &Path| {
        fs::read_to_string(path)
            .with_context(|| format!("what upload {id} left: {}", path.display()))
    };
    let paths = uploader.settings();
    let receipt = Receipt::parse(&read(&paths.receipt(id))?).map_err(anyhow::Error::msg)?;
    let (last_run, log) = (read_last_run(&paths.last_run)?, read(&paths.log(&upload))?);
    let order = uploader.order().order()?;
    let places = order.places().iter();
    let order = places
        .map(|(run, place)| [run.to_string(), place.state.to_string(), place.note.reason.clone()])
        .collect();
    Ok(UploadResult {
        upload,
        receipt,
        last_run,
        next: [before, next(uploader, settings)?],
        order,
        log,
    })
}

/// What the order of runs says about the run after one.
fn next(uploader: &Uploader, settings: &Settings) -> anyhow::Result<String> {
    Ok(match uploader.order().order()?.ask(settings.next_run().run) {
        Verdict::Go => "may start".to_owned(),
        Verdict::Wait(blockers) => {
            let list: Vec<String> = blockers.iter().map(ToString::to_string).collect();
            format!("waits: {}", list.join("; "))
        }
        Verdict::Overtaken(last) => format!("is overtaken by run {last}"),
    })
}

/// What the page says about it.
pub(super) fn blocks(result: &UploadResult, out: &Path) -> Vec<(String, Block)> {
    let UploadResult { upload, receipt, last_run, next, order, log } = result;
    let done = receipt.alteration();
    let relative = |path: &Path| path.strip_prefix(out).unwrap_or(path).display().to_string();
    let [before, after] = next;
    let facts = [
        ("Upload", format!("{} of {}, {}", upload.id, upload.task, upload.state)),
        (
            "Into",
            format!("{} ({}), tag {}", upload.destination, relative(&receipt.master), upload.tag),
        ),
        ("Written", format!("{} objects in {} channels", done.objects, done.channels)),
        ("SHA-256 of the file", upload.sha256.clone()),
        ("Asked for by", format!("{}, at {}", upload.who, upload.requested)),
        ("Last run then", last_run.map_or_else(|| "none".to_owned(), |run| run.to_string())),
        ("The next run before it", before.clone()),
        ("The next run after it", after.clone()),
    ];
    let facts = facts.map(|(label, value)| (label.to_owned(), value)).to_vec();
    let header = ["run", "state", "why"].map(str::to_owned).to_vec();
    let rows = order.iter().map(|row| row.to_vec()).collect();
    let lines = log.lines().take(LINES).map(|line| vec![line.to_owned()]).collect();
    vec![
        ("Upload".to_owned(), Block::Facts(facts)),
        ("Order of noisy strips after the upload".to_owned(), Block::Table { header, rows }),
        ("Log of the upload".to_owned(), Block::Table { header: vec![String::new()], rows: lines }),
    ]
}
