use serde_json::{Map, json};

use super::*;
use crate::{FileState, JobState, TaskState, attempt::Record, backend::Handle, table::Kind};

struct Fixture {
    store: Store,
    // Keeps the ledger.
    folder: tempfile::TempDir,
}

fn note(time: i64) -> Note {
    Note { time, who: "test".to_owned(), why: String::new() }
}

fn new_task(dataset: &str) -> NewTask {
    NewTask {
        kind: Kind::new("scthm").unwrap(),
        dataset: dataset.to_owned(),
        run: sct_id::RunNumber::new(300_000).unwrap(),
        project: "data22_13p6TeV".to_owned(),
        stream: "calibration_SCTNoise".to_owned(),
    }
}

fn record(exit_code: i32) -> Record {
    Record {
        exit_code,
        killed: String::new(),
        started: 5,
        ended: 7,
        wall: 2.0,
        cpu: 1.5,
        memory: 1000,
        host: "here".to_owned(),
    }
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { store: Store::open(&folder.path().join("ledger.db")).unwrap(), folder }
    }

    /// A task with this many jobs in the queue.
    fn task(&mut self, jobs: u32) -> i64 {
        let task = self.store.define(&new_task("a.b"), &note(1)).unwrap().unwrap();
        let job = |number| NewJob { number, inputs: vec![json!("file")] };
        let jobs: Vec<NewJob> = (1..=jobs).map(job).collect();
        self.store.add_jobs(task, &jobs, &note(2)).unwrap();
        task
    }

    fn begin(&mut self) -> Vec<Attempt> {
        let new: Vec<NewAttempt> = self
            .store
            .ready_jobs()
            .unwrap()
            .iter()
            .map(|job| NewAttempt {
                job: job.id,
                number: job.attempts + 1,
                backend: "local".to_owned(),
                folder: "f".into(),
                dictionary: "{}".to_owned(),
            })
            .collect();
        self.store.begin(&new, &note(3)).unwrap();
        self.store.under_way().unwrap()
    }

    fn state(&self, task: i64) -> TaskState {
        self.store.task(task).unwrap().unwrap().state
    }
}

#[test]
fn a_task_is_defined_once_by_whoever_comes_first() {
    let mut one = Fixture::new();
    let mut other = Store::open(&one.folder.path().join("ledger.db")).unwrap();
    let task = one.store.define(&new_task("a.b"), &note(1)).unwrap();
    assert!(task.is_some());
    assert_eq!(other.define(&new_task("a.b"), &note(2)).unwrap(), None);
    assert_eq!(one.store.define(&new_task("a.b"), &note(3)).unwrap(), None);
    assert!(other.define(&new_task("a.c"), &note(4)).unwrap().is_some());
    assert_eq!(one.store.tasks(&Filter::default()).unwrap().len(), 2);
    assert_eq!(one.store.history(task.unwrap()).unwrap().len(), 1);
}

#[test]
fn a_job_is_claimed_once() {
    let mut fixture = Fixture::new();
    fixture.task(2);
    let mut other = Store::open(&fixture.folder.path().join("ledger.db")).unwrap();
    let ready = other.ready_jobs().unwrap();
    assert_eq!(fixture.begin().len(), 2);
    let late = NewAttempt {
        job: ready[0].id,
        number: 1,
        backend: "local".to_owned(),
        folder: "g".into(),
        dictionary: "{}".to_owned(),
    };
    assert_eq!(other.begin(&[late], &note(4)).unwrap(), [None]);
}

#[test]
fn a_task_follows_its_jobs() {
    let mut fixture = Fixture::new();
    let task = fixture.task(2);
    assert_eq!(fixture.state(task), TaskState::Queued);
    let attempts = fixture.begin();
    fixture.store.name(&[(attempts[0].id, Handle("7".to_owned()))]).unwrap();
    fixture.store.started(&attempts[0], &note(5)).unwrap();
    assert_eq!(fixture.state(task), TaskState::Running);
    let ended = |record, job| Ended { record, message: "so".to_owned(), job, is_empty: false };
    fixture.store.validating(&attempts[0], &note(7)).unwrap();
    assert!(
        fixture.store.end(&attempts[0], &ended(Some(record(0)), JobState::Done), &note(8)).unwrap()
    );
    // Once is enough.
    assert!(!fixture.store.end(&attempts[0], &ended(None, JobState::Failed), &note(9)).unwrap());
    assert_eq!(fixture.state(task), TaskState::Queued);
    // A lost attempt is tried again and does not count.
    fixture.store.end(&attempts[1], &ended(None, JobState::Ready), &note(9)).unwrap();
    let ready = fixture.store.ready_jobs().unwrap();
    assert_eq!((ready.len(), ready[0].attempts, ready[0].lost), (1, 1, 1));
    let again = fixture.begin();
    fixture.store.end(&again[0], &ended(Some(record(65)), JobState::Failed), &note(10)).unwrap();
    let found = fixture.store.task(task).unwrap().unwrap();
    assert_eq!((found.state, found.done, found.failed), (TaskState::Failed, 1, 1));
    assert_eq!(found.reason, "so");
    let attempts = fixture.store.attempts(task).unwrap();
    assert_eq!(attempts.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [1, 1, 2]);
    assert_eq!((attempts[0].handle.as_deref(), attempts[0].cpu), (Some("7"), Some(1.5)));
}

#[test]
fn people_take_tasks_up_again_and_give_them_up() {
    let mut fixture = Fixture::new();
    let task = fixture.task(1);
    let attempts = fixture.begin();
    let failed = Ended {
        record: Some(record(7)),
        message: String::new(),
        job: JobState::Failed,
        is_empty: false,
    };
    fixture.store.end(&attempts[0], &failed, &note(4)).unwrap();
    let corrections: Map<_, _> = [("maxEvents".to_owned(), json!(5))].into_iter().collect();
    assert_eq!(fixture.store.reactivate(task, Some(2), &corrections, &note(5)).unwrap(), 0);
    assert_eq!(fixture.store.reactivate(task, None, &corrections, &note(5)).unwrap(), 1);
    assert_eq!(fixture.state(task), TaskState::Queued);
    assert_eq!(fixture.store.jobs(task).unwrap()[0].corrections, corrections);
    assert!(fixture.store.truncate(task, &note(6)).unwrap());
    assert!(!fixture.store.truncate(task, &note(7)).unwrap());
    assert_eq!(fixture.state(task), TaskState::Truncated);
    assert_eq!(fixture.store.reactivate(task, None, &Map::new(), &note(8)).unwrap(), 1);
    assert_eq!(fixture.state(task), TaskState::Queued);
    let what: Vec<String> =
        fixture.store.history(task).unwrap().into_iter().map(|line| line.what).collect();
    assert!(what.contains(&"reactivated with {\"maxEvents\":5}".to_owned()), "{what:?}");
}

#[test]
fn a_task_whose_only_job_makes_nothing_is_skipped() {
    for (jobs, state) in [(1, TaskState::Skipped), (2, TaskState::Finished)] {
        let mut fixture = Fixture::new();
        let task = fixture.task(jobs);
        for attempt in fixture.begin() {
            let message = "no events".to_owned();
            let ended =
                Ended { record: Some(record(0)), message, job: JobState::Done, is_empty: true };
            fixture.store.end(&attempt, &ended, &note(4)).unwrap();
        }
        let found = fixture.store.task(task).unwrap().unwrap();
        assert_eq!((found.state, found.reason.as_str()), (state, "no events"));
    }
}

#[test]
fn files_add_up_to_data_sets() {
    let mut fixture = Fixture::new();
    let file = |name: &str, state, events, bytes| SpoolFile {
        path: name.into(),
        dataset: "a.b".to_owned(),
        bytes,
        modified: 1,
        state,
        events,
        reason: String::new(),
    };
    let files =
        [file("1", FileState::Complete, Some(10), 5), file("2", FileState::Broken, None, 5)];
    fixture.store.put_files(&files, 100).unwrap();
    fixture.store.put_files(&files, 200).unwrap();
    let datasets = fixture.store.datasets().unwrap();
    assert_eq!((datasets[0].files, datasets[0].complete, datasets[0].events), (2, 1, 10));
    // Seen again, not changed.
    assert_eq!(datasets[0].changed, 100);
    fixture.store.put_files(&[file("2", FileState::Complete, Some(7), 6)], 300).unwrap();
    let datasets = fixture.store.datasets().unwrap();
    assert_eq!((datasets[0].complete, datasets[0].events, datasets[0].changed), (2, 17, 300));
    assert_eq!(fixture.store.files(Some("a.b")).unwrap().len(), 2);
}

#[test]
fn filters_leave_out_what_is_not_asked_for() {
    let mut fixture = Fixture::new();
    let task = fixture.task(1);
    let count = |filter: Filter| fixture.store.tasks(&filter).unwrap().len();
    let run = |number| sct_id::RunNumber::new(number).unwrap();
    assert_eq!(count(Filter { states: vec![TaskState::Queued], ..Filter::default() }), 1);
    assert_eq!(count(Filter { states: vec![TaskState::Failed], ..Filter::default() }), 0);
    assert_eq!(count(Filter { kind: Kind::new("sctns"), ..Filter::default() }), 0);
    assert_eq!(count(Filter { runs: Some((run(1), run(299_999))), ..Filter::default() }), 0);
    assert_eq!(count(Filter { runs: Some((run(1), run(300_000))), ..Filter::default() }), 1);
    // What is under way is shown however old it is.
    assert_eq!(count(Filter { changed_since: Some(1000), ..Filter::default() }), 1);
    fixture.store.truncate(task, &note(9)).unwrap();
    let count = |filter: Filter| fixture.store.tasks(&filter).unwrap().len();
    assert_eq!(count(Filter { changed_since: Some(1000), ..Filter::default() }), 0);
}
