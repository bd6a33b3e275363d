//! The mail pass: reminders before deadlines, and what went wrong.
//!
//! What is due follows from the results and the ledger ([`compose`]). Messages, and that they were written about what, enter
//! the ledger in one step; from there they become files of the outbox, under the number of their row, and are sent. A kill
//! anywhere leaves the rest to the next pass, and nothing is written about twice.

use std::fs;

use sct_mail::{Address, Message, Outbox};
use sct_upload::{Queue, Upload};
use serde_json::json;

use super::{Outcome, Pass, Passes, credentials, runs};
use crate::schedule::Settings;

pub mod compose;
mod ledger;
pub mod roster;

pub use self::compose::{Facts, Mail};
use self::ledger::Said;

/// Days in which failures and results are news.
const NEWS_DAYS: i64 = 7;

/// Everything that mails are about.
fn facts(settings: &Settings, now: i64) -> anyhow::Result<Facts> {
    #[expect(clippy::cast_possible_truncation, reason = "hours of a setting")]
    let patience = (3600.0 * settings.order.deadline_hours) as i64;
    let passes = Passes::open(settings.clone())?;
    let uploads: Vec<Upload> = Queue::open(&settings.ledger())?.uploads(None)?;
    let order = sct_run::order::Queue::open(&settings.ledger())?;
    let beats = passes.beats();
    let mut failing = Vec::new();
    for pass in Pass::ALL {
        let since = beats.success(pass)?.map_or(0, |beat| beat.id);
        let failed = beats.ended(pass)?.filter(|beat| beat.result == Some(super::Word::Failed));
        failing.extend(failed.map(|beat| (since, beat)));
    }
    Ok(Facts {
        now,
        patience,
        news: now - 86_400 * NEWS_DAYS,
        runs: runs::noisy_runs(settings, now - patience - 86_400 * NEWS_DAYS)?,
        uploads,
        waiting: order.waiting()?,
        places: order.order()?.places().clone(),
        uploading: passes.standing(Pass::Upload, now)?,
        failing,
        credentials: credentials::findings(settings, now)?,
    })
}

/// Writes and sends what is due. With `dry_run` it is written to the folder `dry-run` of the outbox, and nothing else.
pub(super) fn run(settings: &Settings, now: i64, dry_run: bool) -> anyhow::Result<Outcome> {
    let (to, complaints) = recipients(settings, now);
    let mut said = Said::open(&settings.ledger())?;
    let due = compose::mails(settings, &facts(settings, now)?, &said.all()?);
    let folder = settings.data.join(&settings.mail.outbox);
    let subjects: Vec<&str> = due.iter().map(|mail| mail.subject.as_str()).collect();
    if dry_run {
        let folder = folder.join("dry-run");
        for (number, mail) in due.iter().enumerate() {
            // Without recipients the message would not be one; the text is what is asked for.
            let to = if to.is_empty() { vec![settings.mail.from.clone()] } else { to.clone() };
            let id = format!("{now}-{}", number + 1);
            let bytes = message(settings, mail, to).to_bytes(&id, now)?;
            fs::create_dir_all(&folder)?;
            sct_wholefile::write(&folder.join(format!("{id}.eml")), &bytes)?;
        }
        let text = format!("{} mails would be sent", due.len());
        return Ok(Outcome::ok(
            text,
            json!({ "mails": subjects, "folder": folder, "complaints": complaints }),
        ));
    }
    let outbox = Outbox::open(&folder)?;
    if to.is_empty() {
        let text = format!(
            "{} mails are due and nobody is there to read them: set [mail] experts or shifters",
            due.len()
        );
        let detail = json!({ "mails": subjects, "complaints": complaints });
        return Ok(Outcome::of(due.is_empty(), text, detail));
    }
    for mail in &due {
        said.remember(mail, &message(settings, mail, to.clone()), now)?;
    }
    said.write(&outbox)?;
    let mut text = format!("{} mails written", due.len());
    let mut trouble = !complaints.is_empty();
    let mut detail = json!({ "mails": subjects, "complaints": complaints });
    if let Some(server) = &settings.mail.server {
        let sent = outbox.send(&server.smtp(&settings.data), now)?;
        text.push_str(&format!(", {} sent", sent.sent.len()));
        for (list, word) in [(&sent.waiting, "wait"), (&sent.failed, "failed")] {
            if let Some((_, reason)) = list.first() {
                text.push_str(&format!(", {} {word}: {reason}", list.len()));
                trouble = true;
            }
        }
        detail["sent"] = json!(sent);
    }
    for complaint in &complaints {
        text.push_str(&format!("; {complaint}"));
    }
    Ok(Outcome::of(!trouble, text, detail))
}

/// Messages that were given up, to be sent once more at the next pass.
///
/// # Errors
///
/// When they cannot be moved.
pub fn retry(settings: &Settings) -> anyhow::Result<usize> {
    Ok(Outbox::open(&settings.data.join(&settings.mail.outbox))?.retry()?)
}

fn message(settings: &Settings, mail: &Mail, to: Vec<Address>) -> Message {
    Message {
        from: settings.mail.from.clone(),
        to,
        subject: format!("[sct-loop] {}", mail.subject),
        text: mail.text.clone(),
    }
}

/// Shifters on duty and experts, each address once; and what is wrong with the file of the shifters.
fn recipients(settings: &Settings, now: i64) -> (Vec<Address>, Vec<String>) {
    let mut complaints = Vec::new();
    let mut to = Vec::new();
    if let Some(path) = &settings.mail.shifters {
        let path = settings.data.join(path);
        match fs::read_to_string(&path) {
            Ok(text) => {
                let (on_duty, wrong) = roster::on_duty(&text, now);
                if on_duty.is_empty() {
                    complaints.push(format!("{}: nobody is on duty", path.display()));
                }
                complaints.extend(wrong.iter().map(|what| format!("{}, {what}", path.display())));
                to = on_duty;
            }
            Err(error) => complaints.push(format!("{}: {error}", path.display())),
        }
    }
    for expert in &settings.mail.experts {
        if to.iter().all(|known| known.address() != expert.address()) {
            to.push(expert.clone());
        }
    }
    (to, complaints)
}
