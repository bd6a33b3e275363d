//! Publishes the last uploaded run, for those who select runs.

use sct_id::RunNumber;
use sct_job::{read_last_run, write_last_run};
use sct_upload::{Queue, Task};
use serde_json::json;

use super::Outcome;
use crate::schedule::Settings;

/// Writes the last uploaded run of noisy strips to the file of the last run, and that file's run to those that are published
/// elsewhere. No file goes back.
pub(super) fn run(settings: &Settings, dry_run: bool) -> anyhow::Result<Outcome> {
    let own = settings.data.join(&settings.order.last_run);
    let uploaded = last_uploaded(settings)?;
    // A run without events moves the file as well: whoever reads a copy sees the same.
    let Some(run) = uploaded.max(read_last_run(&own)?) else {
        return Ok(Outcome::ok("no run is uploaded yet", json!({ "last_run": null })));
    };
    let (mut written, mut there, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    let files = settings.order.publish.iter().map(|path| settings.data.join(path));
    for path in std::iter::once(own).chain(files) {
        let name = path.display().to_string();
        match read_last_run(&path) {
            Ok(Some(found)) if found == run => there.push(format!("{name} has run {run} already")),
            Ok(Some(found)) if found > run => {
                there.push(format!("{name} has the later run {found}"));
            }
            Ok(_) if dry_run => written.push(format!("run {run} would be written to {name}")),
            Ok(_) => match write_last_run(&path, run, false) {
                Ok(_) => written.push(format!("run {run} written to {name}")),
                Err(error) => faults.push(sct_tasks::failure::message(&error.into())),
            },
            Err(error) => faults.push(sct_tasks::failure::message(&error.into())),
        }
    }
    let detail = json!({ "last_run": run, "written": written, "there": there, "faults": faults });
    let text = [faults.as_slice(), &written, &there].concat().join("; ");
    Ok(if faults.is_empty() { Outcome::ok(text, detail) } else { Outcome::failed(text, detail) })
}

/// The last run whose noisy strips are in the master.
///
/// # Errors
///
/// When the ledger cannot be read.
pub fn last_uploaded(settings: &Settings) -> anyhow::Result<Option<RunNumber>> {
    let uploads = Queue::open(&settings.ledger())?.uploads(None)?;
    let there = uploads.iter().filter(|one| one.task == Task::NoisyStrip && one.state.is_there());
    Ok(there.map(|upload| upload.run).max())
}
