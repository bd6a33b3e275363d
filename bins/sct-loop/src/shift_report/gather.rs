//! What happened in a shift, from results and ledger.

use std::{collections::BTreeMap, fs};

use sct_account::{Accounts, Filter as AuditFilter};
use sct_id::RunNumber;
use sct_run::order;
use sct_sched::{FileState, Store, TaskState, store::Filter};
use sct_upload::{Queue, State, Task, Upload};
use sct_xml::Verdict;

use super::{Action, Section, is_within};
use crate::{
    passes::{
        Passes, Word,
        mail::compose::span,
        runs::{Fate, NoisyRun, noisy_runs},
    },
    schedule::{self, Settings},
    tasks::{
        status::trouble,
        time_text,
        why::{stands, waits},
    },
};

/// Everything there is to say, by section.
pub(super) fn sections(
    settings: &Settings,
    from: i64,
    to: i64,
    now: i64,
    actions: &[Action],
) -> anyhow::Result<Vec<Section>> {
    #[expect(clippy::cast_possible_truncation, reason = "hours of a setting")]
    let patience = (3600.0 * settings.order.deadline_hours) as i64;
    let store = Store::open(&settings.ledger())?;
    let queue = Queue::open(&settings.ledger())?;
    let order = order::Queue::open(&settings.ledger())?;
    let noisy = noisy_runs(settings, from - patience)?;
    let uploads = queue.uploads(None)?;
    let shift = Shift { settings, from, to, now, patience };
    let (runs, people) = shift.tasks(&store)?;
    let mut people = people;
    people.extend(shift.steps(&queue, &uploads)?);
    people.extend(shift.order(&order.order()?));
    people.sort();
    let section = |name, title, lines| Section { name, title, lines };
    let upload = |states: &[State]| shift.uploads(&uploads, states);
    Ok(vec![
        section("runs", "Runs", runs),
        section("flags", "Flags", shift.flags(&noisy)),
        section("done", "Uploads done", upload(&[State::Done, State::Unchanged])),
        section(
            "failed",
            "Uploads failed, refused or taken back",
            upload(&[State::Failed, State::Refused, State::Cancelled, State::Undone]),
        ),
        section("missed", "Missed", shift.missed(&noisy)),
        section("bad", "Marked bad", shift.bad(&queue)?),
        section("open", "Open points", shift.open(&store, &order, &noisy, &uploads)?),
        section("passes", "Passes", shift.passes()?),
        section("page", "Done from the page", actions.iter().map(Action::line).collect()),
        section("people", "Who did what", people.into_iter().map(|(_, line)| line).collect()),
    ])
}

/// Actions of the audit log that are about runs, uploads and tasks: all begin so.
const ACTIONS: [&str; 8] = [
    "upload request",
    "mark bad",
    "take bad mark away",
    "undo upload",
    "retry",
    "cancel upload",
    "truncate",
    "release",
];

/// Most entries of the log that are looked at: a shift of people has fewer.
const MOST: u32 = 100_000;

/// What people did from the page and by its API, as the audit log has it, the oldest first.
pub(super) fn actions(settings: &Settings, from: i64, to: i64) -> anyhow::Result<Vec<Action>> {
    let accounts = Accounts::open(&settings.ledger())?;
    let filter = AuditFilter { since: Some(from), ..AuditFilter::default() };
    let entries = accounts.entries(&filter, MOST)?.into_iter().rev().map(|(_, entry)| entry);
    let of_shift = entries.filter(|entry| {
        entry.time < to && ACTIONS.iter().any(|action| entry.action.starts_with(action))
    });
    let action = |entry: sct_account::Entry| Action {
        time: entry.time,
        who: entry.who,
        action: entry.action,
        subject: entry.subject,
        reason: entry.reason,
        outcome: entry.outcome,
    };
    Ok(of_shift.map(action).collect())
}

struct Shift<'a> {
    settings: &'a Settings,
    from: i64,
    to: i64,
    now: i64,
    patience: i64,
}

/// Something somebody did, with its time to sort by.
type Deed = (String, String);

impl Shift<'_> {
    fn has(&self, time: i64) -> bool {
        (self.from..self.to).contains(&time)
    }

    /// Tasks that changed, by run, and what people did to them.
    fn tasks(&self, store: &Store) -> anyhow::Result<(Vec<String>, Vec<Deed>)> {
        let filter = Filter { changed_since: Some(self.from), ..Filter::default() };
        let mut tasks = store.tasks(&filter)?;
        tasks.sort_by_key(|task| (task.run, task.id));
        let (mut lines, mut deeds) = (Vec::new(), Vec::new());
        for task in tasks {
            let history = store.history(task.id)?;
            let of_shift: Vec<_> = history.iter().filter(|line| self.has(line.time)).collect();
            for line in &of_shift {
                if line.who.is_empty() || line.who == schedule::WHO {
                    continue;
                }
                let why =
                    if line.why.is_empty() { String::new() } else { format!(": {}", line.why) };
                let time = time_text(line.time);
                let what = format!(
                    "{time} {}: {} of run {} {}{why}",
                    line.who, task.kind, task.run, line.what
                );
                deeds.push((time, what));
            }
            if !of_shift.is_empty() || self.has(task.since) {
                lines.push(format!("run {}: {}", task.run, stands(&task)));
            }
        }
        Ok((lines, deeds))
    }

    /// Flags of all results that came, with reasons.
    fn flags(&self, noisy: &[NoisyRun]) -> Vec<String> {
        let mut lines: BTreeMap<(RunNumber, String), String> = BTreeMap::new();
        for run in noisy.iter().filter(|run| self.has(run.came)) {
            // The other tasks of a run have flags in their summaries.
            let Some(folder) = run.summary.parent().and_then(|folder| folder.parent()) else {
                continue;
            };
            for kind in fs::read_dir(folder).into_iter().flatten().flatten() {
                let files = fs::read_dir(kind.path()).into_iter().flatten().flatten();
                for file in files {
                    if !file.file_name().to_string_lossy().ends_with("SummaryFile.xml") {
                        continue;
                    }
                    let Ok(Verdict { flag: Some(flag), reason, .. }) = Verdict::read(&file.path())
                    else {
                        continue;
                    };
                    let kind = kind.file_name().to_string_lossy().into_owned();
                    let reason = reason.trim_end_matches([';', ' ']);
                    let reason =
                        if reason.is_empty() { String::new() } else { format!(": {reason}") };
                    let line = format!("run {} {kind}: {} ({flag}){reason}", run.run, colour(flag));
                    lines.insert((run.run, kind), line);
                }
            }
        }
        lines.into_values().collect()
    }

    fn uploads(&self, uploads: &[Upload], states: &[State]) -> Vec<String> {
        let of_shift = uploads
            .iter()
            .filter(|upload| states.contains(&upload.state))
            .filter(|upload| is_within(&upload.changed, self.from, self.to));
        of_shift.map(upload_line).collect()
    }

    fn missed(&self, noisy: &[NoisyRun]) -> Vec<String> {
        let missed = noisy
            .iter()
            .filter(|run| self.has(run.end + self.patience) && run.end + self.patience <= self.now)
            .filter_map(|run| match &run.fate {
                Fate::Open(note) => Some((run, note)),
                _ => None,
            });
        missed
            .map(|(run, note)| {
                let note = if note.is_empty() { "nobody asked for it" } else { note };
                let until = time_text(run.end + self.patience);
                format!("run {}: noisy strips were not uploaded until {until}: {note}", run.run)
            })
            .collect()
    }

    /// Marks of the shift that are still there, the oldest first.
    fn bad(&self, queue: &Queue) -> anyhow::Result<Vec<String>> {
        let mut marks = Vec::new();
        for task in Task::ALL {
            for (run, bad) in queue.bad_runs(task)? {
                if is_within(&bad.time, self.from, self.to) {
                    let time = seconds(&bad.time);
                    marks.push(format!(
                        "{time} {task} of run {run} is marked bad by {}: {}",
                        bad.who, bad.reason
                    ));
                }
            }
        }
        marks.sort();
        Ok(marks)
    }

    /// What waits, and until when.
    fn open(
        &self,
        store: &Store,
        order: &order::Queue,
        noisy: &[NoisyRun],
        uploads: &[Upload],
    ) -> anyhow::Result<Vec<String>> {
        let mut lines = Vec::new();
        for run in noisy.iter().filter(|run| matches!(run.fate, Fate::Open(_))) {
            let deadline = run.end + self.patience;
            if deadline > self.now {
                lines.push(format!(
                    "run {}: noisy strips are to be uploaded or marked bad until {}, {} left",
                    run.run,
                    time_text(deadline),
                    span(deadline - self.now)
                ));
            }
        }
        for upload in uploads {
            if matches!(upload.state, State::Requested | State::Running) {
                lines.push(upload_line(upload));
            }
        }
        lines.extend(order.waiting()?.iter().map(|one| {
            let until = time_text(one.deadline);
            format!("run {} {}; until {until} at most", one.run, waits(one))
        }));
        let failed = Filter {
            states: vec![TaskState::Failed],
            changed_since: Some(self.from),
            ..Filter::default()
        };
        let failed = store.tasks(&failed)?;
        lines.extend(
            failed
                .iter()
                .filter(|task| task.state == TaskState::Failed)
                .map(|task| format!("run {}: {}", task.run, stands(task))),
        );
        let broken = store.files(None)?;
        lines.extend(
            broken
                .iter()
                .filter(|file| file.state == FileState::Broken)
                .map(|file| format!("cannot be read: {}: {}", file.path.display(), file.reason)),
        );
        Ok(lines)
    }

    /// Passes that are late now, and those of the shift that did not end well.
    fn passes(&self) -> anyhow::Result<Vec<String>> {
        let passes = Passes::open(self.settings.clone())?;
        let mut lines: Vec<String> =
            passes.standings(self.now)?.iter().filter(|one| one.late).filter_map(trouble).collect();
        for beat in passes.beats().between(self.from, self.to)? {
            let word = match (beat.result, beat.end) {
                (Some(Word::Ok), _) => continue,
                (None, _) if self.now - beat.begin < 60 => continue,
                (None, _) => "did not end",
                (Some(Word::Attention), _) => "wants attention",
                (Some(Word::Failed), _) => "failed",
            };
            let begin = time_text(beat.begin);
            let text =
                if beat.text.is_empty() { String::new() } else { format!(": {}", beat.text) };
            lines.push(format!("the pass {} of {begin} {word}{text}", beat.pass));
        }
        Ok(lines)
    }

    /// What people did to uploads.
    fn steps(&self, queue: &Queue, uploads: &[Upload]) -> anyhow::Result<Vec<Deed>> {
        let mut deeds = Vec::new();
        for upload in uploads.iter().filter(|upload| {
            // What changed before the shift has no steps in it.
            upload.changed >= sct_conditions::time_text(self.from, 0)
        }) {
            for (time, who, state, reason) in queue.steps(upload.id)? {
                let by_program = state == "running" || who == schedule::WHO || who.is_empty();
                if by_program || !is_within(&time, self.from, self.to) {
                    continue;
                }
                let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
                let time = seconds(&time);
                let what = format!(
                    "{time} {who}: upload {} ({} of run {}) {state}{reason}",
                    upload.id, upload.task, upload.run
                );
                deeds.push((time, what));
            }
        }
        Ok(deeds)
    }

    /// What people said about the order of runs.
    fn order(&self, order: &order::Order) -> Vec<Deed> {
        let of_shift = order.places().iter().filter(|(_, place)| {
            self.has(place.note.time)
                && !place.note.who.is_empty()
                && place.note.who != schedule::WHO
        });
        of_shift
            .map(|(run, place)| {
                let time = time_text(place.note.time);
                let reason = match place.note.reason.as_str() {
                    "" => String::new(),
                    reason => format!(": {reason}"),
                };
                let what =
                    format!("{time} {}: run {run} is {}{reason}", place.note.who, place.state);
                (time, what)
            })
            .collect()
    }
}

/// A time of the queue as people read it.
fn seconds(time: &str) -> String {
    time.get(..19).unwrap_or(time).replace('_', " ")
}

fn upload_line(upload: &Upload) -> String {
    let Upload { id, run, task, state, reason, who, .. } = upload;
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    format!("upload {id}: {task} of run {run} is {state}, requested by {who}{reason}")
}

const fn colour(flag: char) -> &'static str {
    match flag {
        'G' => "green",
        'Y' => "yellow",
        'R' => "red",
        _ => "grey",
    }
}
