//! Looks at credentials: when they run out, and who may read them.

use std::path::PathBuf;

use jiff::{Timestamp, civil, tz::TimeZone};
use sct_mail::Secret;
use serde::Serialize;
use serde_json::json;

use super::Outcome;
use crate::schedule::Settings;

/// Something about a credential that somebody should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The file.
    pub path: PathBuf,
    /// Which finding: the same word as long as nothing changes.
    pub step: String,
    /// In words for people.
    pub text: String,
    /// It cannot be used any more.
    pub is_over: bool,
}

pub(super) fn run(settings: &Settings, now: i64) -> anyhow::Result<Outcome> {
    let findings = findings(settings, now)?;
    if findings.is_empty() {
        let count = files(settings).len();
        let text = format!("{count} files looked at, nothing to do");
        return Ok(Outcome::ok(text, json!({ "findings": [] })));
    }
    let text: Vec<&str> = findings.iter().map(|finding| finding.text.as_str()).collect();
    Ok(Outcome::attention(text.join("; "), json!({ "findings": findings })))
}

struct Known {
    path: PathBuf,
    what: String,
    expires: Option<civil::Date>,
    warn_days: i64,
}

/// The files of the settings: those that are named, and those that are used.
fn files(settings: &Settings) -> Vec<Known> {
    let named = settings.credentials.file.iter().map(|file| Known {
        path: settings.data.join(&file.path),
        what: file.what.clone(),
        expires: file.expires.map(|day| day.0),
        warn_days: i64::from(file.warn_days),
    });
    let mut files: Vec<Known> = named.collect();
    let server = settings.mail.server.as_ref();
    let used = [
        (server.and_then(|server| server.password_file.as_ref()), "password of the mail server"),
        (settings.upload.key_file.as_ref(), "key of the uploads"),
    ];
    for (path, what) in used {
        let Some(path) = path.map(|path| settings.data.join(path)) else { continue };
        match files.iter_mut().find(|known| known.path == path) {
            Some(known) if known.what.is_empty() => what.clone_into(&mut known.what),
            Some(_) => {}
            None => {
                files.push(Known { path, what: what.to_owned(), expires: None, warn_days: 0 });
            }
        }
    }
    files
}

/// What somebody should know of the credentials.
///
/// # Errors
///
/// When `now` is no time.
pub fn findings(settings: &Settings, now: i64) -> anyhow::Result<Vec<Finding>> {
    let today = Timestamp::from_second(now)?.to_zoned(TimeZone::UTC).date();
    let mut findings = Vec::new();
    for Known { path, what, expires, warn_days } in files(settings) {
        let name = if what.is_empty() {
            path.display().to_string()
        } else {
            format!("{what} ({})", path.display())
        };
        if let Err(error) = Secret::check(&path) {
            let said = sct_tasks::failure::message(&error.into());
            let step = format!("use: {said}");
            let text = format!("{name} cannot be used: {said}");
            findings.push(Finding { path: path.clone(), step, text, is_over: true });
        }
        let Some(expires) = expires else { continue };
        // Whole days of the calendar: the last day counts.
        let left = i64::from(today.until(expires)?.get_days());
        let (step, text) = if left < 0 {
            ("over", format!("{name} ran out on {expires}: renew it"))
        } else if left <= warn_days {
            ("soon", format!("{name} runs out on {expires}, in {left} days: renew it"))
        } else {
            continue;
        };
        let step = format!("{step}: {expires}");
        findings.push(Finding { path, step, text, is_over: left < 0 });
    }
    Ok(findings)
}
