//! Which mails are due, and what they say: a function of what is known, the time, and what was written before.

use std::collections::{BTreeMap, BTreeSet};

use sct_conditions::time_text;
use sct_id::RunNumber;
use sct_run::order::{Place, State as RunState, Waiting};
use sct_upload::{State, Upload};

use super::super::{
    GRACE, Standing,
    beats::Beat,
    credentials::Finding,
    runs::{Fate, NoisyRun},
};
use crate::schedule::{Settings, settings::passes::MailEvent};

/// Event, subject and step of something that is written about once.
pub type Key = (String, String, String);

/// Deadlines that passed earlier than this are no news any more, seconds.
const MISSED: i64 = 2 * 86_400;

/// Shortest silence of the upload pass that is written about, seconds.
const SILENCE: i64 = 3600;

/// Everything that mails are about. Times are seconds since 1970.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time.
    pub now: i64,
    /// From the end of a run to its deadline, seconds.
    pub patience: i64,
    /// What is older is no news.
    pub news: i64,
    /// Runs with a result.
    pub runs: Vec<NoisyRun>,
    /// All uploads.
    pub uploads: Vec<Upload>,
    /// Runs that wait for others.
    pub waiting: Vec<Waiting>,
    /// Where runs are in the order.
    pub places: BTreeMap<RunNumber, Place>,
    /// How the upload pass stands.
    pub uploading: Standing,
    /// Passes that failed the last time, with the number of the last heartbeat before that was good.
    pub failing: Vec<(i64, Beat)>,
    /// What is wrong with credentials.
    pub credentials: Vec<Finding>,
}

/// A mail that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// What it is about, each once.
    pub keys: Vec<Key>,
    /// Subject.
    pub subject: String,
    /// Text.
    pub text: String,
}

/// One thing to write about.
struct Item {
    key: Key,
    text: String,
}

/// The mails that are due.
pub fn mails(settings: &Settings, facts: &Facts, said: &BTreeSet<Key>) -> Vec<Mail> {
    let mut mails: Vec<Mail> = Vec::new();
    mails.extend(reminder(settings, facts, said));
    mails.extend(missed(settings, facts, said));
    for event in MailEvent::ALL {
        if !settings.mail.events.contains(&event) {
            continue;
        }
        let mut items = items(settings, event, facts);
        items.retain(|item| !said.contains(&item.key));
        let Some(first) = items.first() else { continue };
        let more = items.len() - 1;
        let first: String =
            first.text.lines().next().unwrap_or_default().chars().take(150).collect();
        let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
        let list: String = items.iter().map(|item| format!("{}\n\n", item.text)).collect();
        mails.push(Mail {
            subject: format!("{}: {first}{more}", headline(event)),
            text: format!("{list}What to do\n{}{}", advice(event), signature(settings)),
            keys: items.into_iter().map(|item| item.key).collect(),
        });
    }
    mails
}

const fn headline(event: MailEvent) -> &'static str {
    match event {
        MailEvent::UploadFailed => "upload failed",
        MailEvent::UploadSilent => "uploads are silent",
        MailEvent::RedFlag => "red flag",
        MailEvent::QueueBlocked => "queue blocked",
        MailEvent::PassFailed => "pass failed",
        MailEvent::Credentials => "credentials",
    }
}

const fn advice(event: MailEvent) -> &'static str {
    match event {
        MailEvent::UploadFailed => {
            "  read the reason: sct-loop upload list, and the log of the upload\n  mend it, then: sct-loop upload retry ID\n  \
             or mark the run bad: sct-loop upload bad --run RUN --task TASK --reason TEXT\n"
        }
        MailEvent::UploadSilent => {
            "  is the service at work? sct-loop status, sct-loop pass list, systemctl status sct-loop\n  one pass by hand: sct-loop \
             pass upload\n"
        }
        MailEvent::RedFlag => {
            "  look at the plots and the reason; do not upload unseen\n  unusable: sct-loop upload bad --run RUN --task noisy-strip \
             --reason TEXT\n"
        }
        MailEvent::QueueBlocked => {
            "  who waits for whom, and why: sct-loop why RUN\n  run the job again: sct-loop tasks retry TASK --reason TEXT\n  let the \
             others go on: sct-loop release RUN --reason TEXT\n"
        }
        MailEvent::PassFailed => {
            "  read the reason: sct-loop pass list\n  mend it, then: sct-loop pass NAME; it is also tried again by itself\n"
        }
        MailEvent::Credentials => {
            "  renew the file, and keep it readable by its owner alone: chmod 600\n"
        }
    }
}

fn signature(settings: &Settings) -> String {
    let page = settings.web.url.trim_end_matches('/');
    let page = if page.is_empty() { String::new() } else { format!("The page: {page}/\n") };
    format!("\n{page}Data folder: {}\n", settings.data.display())
}

fn items(settings: &Settings, event: MailEvent, facts: &Facts) -> Vec<Item> {
    let item = |subject: String, step: String, text: String| Item {
        key: (event.word().to_owned(), subject, step),
        text,
    };
    match event {
        MailEvent::UploadFailed => facts
            .uploads
            .iter()
            .filter(|upload| matches!(upload.state, State::Failed | State::Refused))
            .filter(|upload| upload.changed >= time_text(facts.news, 0))
            .map(|upload| {
                let Upload { id, run, task, state, reason, changed, .. } = upload;
                let text = format!(
                    "upload {id} ({task} of run {run}) is {state}: {reason}{}",
                    link(settings, &format!("uploads/{id}"))
                );
                item(id.to_string(), changed.clone(), text)
            })
            .collect(),
        MailEvent::UploadSilent => {
            silence(facts).into_iter().map(|(beat, text)| item(beat, String::new(), text)).collect()
        }
        MailEvent::RedFlag => facts
            .runs
            .iter()
            .filter(|run| run.flag == Some('R') && run.came >= facts.news)
            .filter(|run| matches!(run.fate, Fate::Open(_)))
            .map(|run| {
                let text = format!(
                    "noisy strips of run {} have a red flag: {}{}",
                    run.run,
                    run.reason.trim_end_matches([';', ' ']),
                    link(settings, &format!("runs/{}", run.run))
                );
                item(run.run.to_string(), run.came.to_string(), text)
            })
            .collect(),
        MailEvent::QueueBlocked => facts
            .waiting
            .iter()
            .filter_map(|waiting| {
                let state = facts.places.get(&waiting.waits_for).map(|place| place.state);
                let failed = state == Some(RunState::Failed);
                if !failed && !waiting.overdue {
                    return None;
                }
                let Waiting { run, waits_for, why, since, overdue, .. } = waiting;
                let overdue = if *overdue { ", overdue" } else { "" };
                let text = format!(
                    "run {run} waits for run {waits_for}, which {why}; since {}{overdue}{}",
                    moment(*since),
                    link(settings, &format!("runs/{waits_for}"))
                );
                let step = if failed { "failed" } else { "overdue" };
                Some(item(format!("{run} {waits_for}"), step.to_owned(), text))
            })
            .collect(),
        MailEvent::PassFailed => facts
            .failing
            .iter()
            .map(|(since, beat)| {
                let text =
                    format!("pass {} of {} failed: {}", beat.pass, moment(beat.begin), beat.text);
                item(beat.pass.name().to_owned(), since.to_string(), text)
            })
            .collect(),
        MailEvent::Credentials => facts
            .credentials
            .iter()
            .map(|finding| {
                item(finding.path.display().to_string(), finding.step.clone(), finding.text.clone())
            })
            .collect(),
    }
}

/// Since when there was no upload pass, when that is too long: the heartbeat it is counted from, and what to say.
fn silence(facts: &Facts) -> Option<(String, String)> {
    let interval = facts.uploading.interval_minutes.unwrap_or(0.0) * 60.0;
    #[expect(clippy::cast_possible_truncation, reason = "at most a month")]
    let allowed = (interval as i64).max(SILENCE) + GRACE;
    if let Some(beat) = &facts.uploading.last {
        let silent = facts.now - beat.begin > allowed;
        let text = format!(
            "no upload pass since {}; the last one: {}",
            moment(beat.begin),
            if beat.text.is_empty() { beat.word() } else { &beat.text }
        );
        return silent.then(|| (beat.id.to_string(), text));
    }
    // There never was one: that matters as soon as somebody waits for it.
    let oldest = facts.uploads.iter().filter(|upload| upload.state == State::Requested);
    let oldest = oldest.min_by_key(|upload| upload.requested.clone())?;
    let waits = oldest.requested < time_text(facts.now - allowed, 0);
    let text = format!(
        "no upload pass was made yet; upload {} waits since {}",
        oldest.id, oldest.requested
    );
    waits.then(|| (format!("upload {}", oldest.id), text))
}

/// Runs somebody has to decide about, with the time that is left.
fn open(facts: &Facts) -> impl Iterator<Item = (&NoisyRun, i64)> {
    let open = facts.runs.iter().filter(|run| matches!(run.fate, Fate::Open(_)));
    open.map(move |run| (run, run.end + facts.patience - facts.now))
}

const REMINDER: &str = "reminder";
const LATE: &str = "missed";

/// One mail about all runs, when one of them has come to a further step.
fn reminder(settings: &Settings, facts: &Facts, said: &BTreeSet<Key>) -> Option<Mail> {
    let mut keys = Vec::new();
    let mut runs: Vec<(&NoisyRun, i64)> = open(facts).filter(|(_, left)| *left > 0).collect();
    runs.sort_by_key(|(run, left)| (*left, run.run));
    for (run, left) in &runs {
        // Steps that are behind: after a pause only the latest is written about.
        let passed = settings.mail.steps.iter().filter(|step| *left <= step.seconds());
        let key = |step: &&crate::schedule::settings::passes::Hours| {
            (REMINDER.to_owned(), run.run.to_string(), step.seconds().to_string())
        };
        let behind: Vec<Key> = passed.clone().map(|step| key(&step)).collect();
        let latest = passed.min_by_key(|step| step.seconds()).map(|step| key(&step));
        if latest.is_some_and(|latest| !said.contains(&latest)) {
            keys.extend(behind.into_iter().filter(|key| !said.contains(key)));
        }
    }
    let (first, left) = runs.first().filter(|_| !keys.is_empty())?;
    let more =
        if runs.len() > 1 { format!(" (and {} more)", runs.len() - 1) } else { String::new() };
    let list: String = runs.iter().map(|(run, left)| entry(settings, run, Some(*left))).collect();
    Some(Mail {
        subject: format!("run {}: {} left to upload noisy strips{more}", first.run, span(*left)),
        text: format!(
            "Noisy strips of these runs are neither uploaded, nor requested, nor marked bad:\n\n{list}What to do\n{}{}",
            todo(),
            signature(settings)
        ),
        keys,
    })
}

/// One notice about runs whose time is over.
fn missed(settings: &Settings, facts: &Facts, said: &BTreeSet<Key>) -> Option<Mail> {
    let key = |run: &NoisyRun| (LATE.to_owned(), run.run.to_string(), String::new());
    let runs: Vec<&NoisyRun> = open(facts)
        .filter(|(run, left)| *left <= 0 && *left > -MISSED && !said.contains(&key(run)))
        .map(|(run, _)| run)
        .collect();
    let first = runs.first()?;
    let more =
        if runs.len() > 1 { format!(" (and {} more)", runs.len() - 1) } else { String::new() };
    let list: String = runs.iter().map(|run| entry(settings, run, None)).collect();
    Some(Mail {
        subject: format!("run {}: missed, noisy strips were not uploaded in time{more}", first.run),
        text: format!(
            "The time of these runs is over; there will be no further mail about them:\n\n{list}What to do\n  later runs go on \
             without them; ask an expert before you upload them now\n  mark them bad if they are unusable: sct-loop upload bad --run RUN \
             --task noisy-strip --reason TEXT\n{}",
            signature(settings)
        ),
        keys: runs.iter().map(|run| key(run)).collect(),
    })
}

fn todo() -> &'static str {
    "  flag G: upload, on the page with Send, or sct-loop upload request --run RUN --task noisy-strip --file DATABASE\n  other flags: \
     look at the plots and the reason first; upload with --confirm-flag --comment TEXT\n  unusable: sct-loop upload bad --run RUN \
     --task noisy-strip --reason TEXT\n  why a run is where it is: sct-loop why RUN\n"
}

fn entry(settings: &Settings, run: &NoisyRun, left: Option<i64>) -> String {
    let flag = run.flag.map_or_else(|| "none".to_owned(), String::from);
    let reason = run.reason.trim_end_matches([';', ' ']);
    let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
    let left = left.map_or_else(String::new, |left| format!("{} left, ", span(left)));
    let note = match &run.fate {
        Fate::Open(note) if !note.is_empty() => format!("\n  {note}"),
        _ => String::new(),
    };
    format!(
        "run {}: {left}ended {}\n  flag {flag}{reason}{note}\n  database {}{}\n\n",
        run.run,
        moment(run.end),
        run.database().display(),
        link(settings, &format!("runs/{}", run.run))
    )
}

fn link(settings: &Settings, page: &str) -> String {
    match settings.web.url.trim_end_matches('/') {
        "" => String::new(),
        url => format!("\n  {url}/{page}"),
    }
}

fn moment(time: i64) -> String {
    format!("{} UTC", crate::tasks::time_text(time))
}

/// Seconds as hours and minutes.
pub fn span(seconds: i64) -> String {
    let minutes = seconds / 60;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
