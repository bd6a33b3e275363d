//! The upload pass.

use std::path::Path;

use sct_mail::Secret;
use sct_upload::{Done, RequestName, State, check};
use serde_json::json;

use super::Outcome;
use crate::{schedule::Settings, uploader::Uploader};

/// Uploads what is requested. With `dry_run` it only says what that is, and whether it would be taken.
pub(super) fn run(settings: &Settings, who: &str, dry_run: bool) -> anyhow::Result<Outcome> {
    let mut uploader = Uploader::open(settings.uploads(who))?;
    if let Some(what) = rejected(settings) {
        let waiting = waiting(settings, &mut uploader)?;
        // The requests stay as they are: none is tried, and so none fails, until the file is right.
        let text = format!("{what}; nothing is uploaded until it changes, {} wait", waiting.len());
        return Ok(Outcome::failed(text, json!({ "rejected": what, "waiting": waiting })));
    }
    if dry_run {
        let waiting = waiting(settings, &mut uploader)?;
        let text =
            if waiting.is_empty() { "nothing is requested".to_owned() } else { waiting.join("; ") };
        return Ok(Outcome::ok(text, json!({ "waiting": waiting })));
    }
    Ok(outcome(&uploader.pass()?))
}

/// What a pass over the queue comes to.
pub(crate) fn outcome(done: &Done) -> Outcome {
    let counts = [
        (done.done.len(), "done"),
        (done.unchanged.len(), "unchanged"),
        (done.refused.len(), "refused"),
        (done.waiting.len(), "waiting"),
        (done.failed.len(), "failed"),
        (done.unreadable.len(), "unreadable"),
    ];
    let text: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    let text = if text.is_empty() { "nothing to do".to_owned() } else { text.join(", ") };
    let trouble = counts[2..].iter().any(|(n, _)| *n > 0);
    Outcome::of(!trouble, text, json!(done))
}

/// An upload pass is late after so many seconds.
const LATE: i64 = 3_600;

/// When there was an upload pass last. Every one writes its log, also when there is nothing to do, and also one of a crontab
/// without heartbeats.
pub(crate) fn last(settings: &Settings) -> Option<i64> {
    let log = settings.uploads("").uploads_log();
    let time = std::fs::metadata(log).and_then(|data| data.modified()).ok()?;
    jiff::Timestamp::try_from(time).ok().map(jiff::Timestamp::as_second)
}

/// Whether uploads are alive when the last pass was then.
pub(crate) fn is_alive(last: Option<i64>, now: i64) -> bool {
    last.is_some_and(|last| now - last <= LATE)
}

/// Why nothing may be uploaded at the moment: the key that the masters are written with is missing, or open to others.
pub fn rejected(settings: &Settings) -> Option<String> {
    let path = settings.data.join(settings.upload.key_file.as_ref()?);
    let error = Secret::check(&path).err()?;
    let what = sct_tasks::failure::message(&error.into());
    Some(format!("credentials rejected, renew key file: {what}"))
}

/// What is requested and not done yet, in words.
fn waiting(settings: &Settings, uploader: &mut Uploader) -> anyhow::Result<Vec<String>> {
    let mut waiting = Vec::new();
    for upload in uploader.queue().uploads(Some(State::Requested))? {
        let checked =
            check(&upload.file, upload.run, upload.task, &upload.tag, Some(&upload.sha256));
        let what = match checked {
            Ok(checked) => format!("{} objects for {}", checked.objects, upload.destination),
            Err(error) => sct_tasks::failure::message(&error.into()),
        };
        waiting
            .push(format!("upload {} ({} of run {}): {what}", upload.id, upload.task, upload.run));
    }
    waiting.extend(
        request_files(&settings.uploads("").requests())
            .iter()
            .map(|name| format!("request file {}.up", name.stem())),
    );
    Ok(waiting)
}

/// Request files that no pass has taken yet.
pub(crate) fn request_files(folder: &Path) -> Vec<RequestName> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| RequestName::parse(entry.file_name().to_str()?).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_are_alive_for_an_hour() {
        assert!(is_alive(Some(1_000), 1_000) && is_alive(Some(1_000), 4_600));
        assert!(!is_alive(Some(1_000), 4_601) && !is_alive(None, 0));
    }
}
