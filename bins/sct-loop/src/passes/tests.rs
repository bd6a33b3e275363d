//! Passes with clocks of the tests' own, on a real ledger.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use sct_id::RunNumber;
use sct_mail::Outbox;
use sct_run::order::{self, Event, Note};
use sct_upload::{NewUpload, Queue, State, Task};
use tempfile::TempDir;

use super::*;

/// 20 November 2022, 10:00 UTC.
const END: i64 = 1_668_938_400;
const HOUR: i64 = 3600;

struct Data {
    folder: TempDir,
}

impl Data {
    fn new(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("sct-loop.toml"), settings).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn settings(&self) -> Settings {
        Settings::read(self.folder.path()).unwrap()
    }

    fn passes(&self) -> Passes {
        Passes::open(self.settings()).unwrap()
    }

    fn run(&self, pass: Pass, now: i64) -> Outcome {
        self.passes().run(pass, "test", &|| now, false).unwrap()
    }

    /// A result of noisy strips of a run that ended at a time.
    fn result(&self, run: u32, end: i64, flag: char) {
        let folder = self.path(&format!("results/{run:08}/sctns"));
        fs::create_dir_all(&folder).unwrap();
        let end = sct_conditions::time_text(end, 0);
        let summary = format!(
            "<run><value name=\"RunNumber\">{run}</value><value name=\"EndTime\">{end}</value>\
             <value name=\"Flag\">{flag}</value><value name=\"FlagReason\">FAILED in &lt;b&gt;; </value></run>"
        );
        fs::write(folder.join(format!("r{run}.BadStripsSummaryFile.xml")), summary).unwrap();
    }

    fn queue(&self) -> Queue {
        Queue::open(&self.path("ledger.db")).unwrap()
    }

    fn request(&self, run: u32) -> i64 {
        let new = NewUpload {
            run: number(run),
            task: Task::NoisyStrip,
            tag: Task::NoisyStrip.folder().tag.to_owned(),
            file: self.path("missing.mycool.db"),
            sha256: "00".to_owned(),
            flag: None,
            replace: false,
            who: "ann".to_owned(),
            comment: String::new(),
            request_file: None,
        };
        self.queue().request(&new).unwrap()
    }

    /// Subjects of all messages of the outbox.
    fn subjects(&self) -> Vec<String> {
        let outbox = Outbox::open(&self.path("outbox")).unwrap();
        outbox.waiting().unwrap().into_iter().map(|entry| entry.subject).collect()
    }
}

fn number(run: u32) -> RunNumber {
    RunNumber::new(run).unwrap()
}

const MAIL: &str =
    "[mail]\nexperts = [\"Eve <eve@example.org>\"]\n[web]\nurl = \"https://page/\"\n";

#[test]
fn passes_are_due_by_their_heartbeats() {
    let data = Data::new("[passes]\ncopy = 0\nlast_run = 10\nmail = 30\nupload = 60\n");
    let all = [Pass::Upload, Pass::Mail, Pass::LastRun, Pass::Credentials];
    assert_eq!(data.passes().due(1000).unwrap(), all, "the first time everything but what is off");
    let outcome = data.run(Pass::LastRun, 1000);
    assert_eq!((outcome.result, outcome.text.as_str()), (Word::Ok, "no run is uploaded yet"));
    assert!(!data.passes().due(1599).unwrap().contains(&Pass::LastRun));
    assert!(data.passes().due(1600).unwrap().contains(&Pass::LastRun));
    assert!(data.passes().due(900).unwrap().contains(&Pass::LastRun), "the clock was wrong");
    let standing = data.passes().standing(Pass::LastRun, 1600 + GRACE).unwrap();
    assert_eq!(
        (standing.next, standing.last_success, standing.late),
        (Some(1600), Some(1000), false)
    );
    assert!(data.passes().standing(Pass::LastRun, 1601 + GRACE).unwrap().late);
    assert_eq!(data.passes().standing(Pass::Copy, 5).unwrap().next, None);
}

#[test]
fn a_pass_that_was_killed_is_seen_and_made_again() {
    let data = Data::new("");
    let mut beats = Beats::open(&data.path("ledger.db")).unwrap();
    beats.begin(Pass::Copy, 1000, "cron", None).unwrap();
    let standing = data.passes().standing(Pass::Copy, 1001).unwrap();
    assert_eq!(standing.last.unwrap().word(), "not ended");
    assert_eq!(data.run(Pass::Copy, 2000).result, Word::Ok);
    assert_eq!(data.passes().standing(Pass::Copy, 2001).unwrap().last_success, Some(2000));
}

#[test]
fn one_program_makes_a_pass_at_a_time() {
    let data = Data::new("");
    let _held = lock(&data.settings(), Pass::Mail).unwrap();
    let error = data.passes().run(Pass::Mail, "test", &|| 5, false).unwrap_err();
    assert_eq!(failure::exit_code(&error), ExitCode::CoolBusy);
    assert!(data.passes().run(Pass::LastRun, "test", &|| 5, false).is_ok());
}

#[test]
fn heartbeats_do_not_pile_up() {
    let data = Data::new("");
    let mut beats = Beats::open(&data.path("ledger.db")).unwrap();
    for time in 0..1010 {
        beats.begin(Pass::Copy, time, "cron", None).unwrap();
    }
    beats.begin(Pass::Mail, 5, "cron", None).unwrap();
    assert_eq!(beats.between(0, 2000).unwrap().len(), 1001);
    assert_eq!(beats.last(Pass::Copy).unwrap().unwrap().begin, 1009);
}

#[test]
fn people_are_reminded_once_for_each_step() {
    let data = Data::new(MAIL);
    data.result(437_001, END, 'G');
    data.result(437_002, END + 2 * HOUR, 'Y');
    data.result(437_003, END, 'G');
    data.result(437_004, END, 'G');
    let mut queue = data.queue();
    queue.mark_bad(number(437_003), Task::NoisyStrip, "ann", "standby").unwrap();
    data.request(437_004);

    let at = |hours: i64| {
        let before = data.subjects().len();
        data.run(Pass::Mail, END + hours * HOUR);
        data.subjects().split_off(before)
    };
    assert_eq!(at(11), Vec::<String>::new());
    let first = at(13);
    assert_eq!(
        first.iter().filter(|subject| subject.contains("left to upload")).collect::<Vec<_>>(),
        ["[sct-loop] run 437001: 11 h left to upload noisy strips (and 1 more)"]
    );
    assert_eq!(at(13), Vec::<String>::new(), "said already");
    // 437002 has its own twelve hours a little later; nobody was at work while the steps of six and three hours passed.
    assert_eq!(at(14), ["[sct-loop] run 437001: 10 h left to upload noisy strips (and 1 more)"]);
    assert_eq!(at(22), ["[sct-loop] run 437001: 2 h left to upload noisy strips (and 1 more)"]);
    assert_eq!(at(23), ["[sct-loop] run 437001: 1 h left to upload noisy strips (and 1 more)"]);
    assert_eq!(
        at(24),
        ["[sct-loop] run 437001: missed, noisy strips were not uploaded in time"]
            .map(str::to_owned)
    );
    assert_eq!(at(24), Vec::<String>::new());
    assert_eq!(at(25), ["[sct-loop] run 437002: 1 h left to upload noisy strips"]);
    queue.mark_bad(number(437_002), Task::NoisyStrip, "ann", "standby").unwrap();
    assert_eq!(at(40), Vec::<String>::new(), "bad in time is not missed");
}

#[test]
fn reminders_say_what_to_do() {
    let data = Data::new(MAIL);
    data.result(437_001, END, 'R');
    let id = data.request(437_001);
    let mut queue = data.queue();
    queue.set(id, &[State::Requested], State::Running, "u", "").unwrap();
    queue.set(id, &[State::Running], State::Failed, "u", "disk\nfull").unwrap();
    data.run(Pass::Mail, END + 20 * HOUR);
    let outbox = Outbox::open(&data.path("outbox")).unwrap();
    let entries = outbox.waiting().unwrap();
    let reminder = entries.iter().find(|entry| entry.subject.contains("4 h left")).unwrap();
    assert_eq!(reminder.to[0].address(), "eve@example.org");
    let text = fs::read_to_string(data.path(&format!("outbox/new/{}.eml", reminder.id))).unwrap();
    let text = text.replace("=\r\n", "").replace("=3D", "=");
    for expected in [
        "run 437001: 4 h left, ended 2022-11-20 10:00:00 UTC",
        "flag R (FAILED in <b>)",
        "upload 1 is failed: disk",
        "r437001.mycool.db",
        "https://page/runs/437001",
        "sct-loop upload bad --run RUN",
        "sct-loop why RUN",
    ] {
        assert!(text.contains(expected), "{expected} in\n{text}");
    }
    let subjects = data.subjects();
    assert!(
        subjects.iter().any(|one| one.starts_with("[sct-loop] upload failed: upload 1")),
        "{subjects:?}"
    );
    assert!(subjects.iter().all(|one| !one.contains('\n')), "{subjects:?}");
    assert!(subjects.iter().any(|one| one.contains("red flag")), "{subjects:?}");
}

#[test]
fn a_mail_pass_that_was_killed_writes_nothing_twice() {
    let data = Data::new(MAIL);
    data.result(437_001, END, 'G');
    data.run(Pass::Mail, END + 20 * HOUR);
    assert_eq!(data.subjects().len(), 1);
    // Killed after the message was a file and before the ledger heard of it.
    let mut ledger =
        sct_ledger::Ledger::open(&data.path("ledger.db"), sct_ledger::Journal::Wal, &[beats::AREA])
            .unwrap();
    ledger.write("test", |rows| rows.execute("UPDATE mails SET is_written = 0", [])).unwrap();
    data.run(Pass::Mail, END + 20 * HOUR);
    assert_eq!(data.subjects().len(), 1);
    // Killed before the file was there.
    ledger.write("test", |rows| rows.execute("UPDATE mails SET is_written = 0", [])).unwrap();
    fs::remove_dir_all(data.path("outbox")).unwrap();
    data.run(Pass::Mail, END + 20 * HOUR);
    assert_eq!(data.subjects().len(), 1);
}

#[test]
fn a_dry_run_leaves_files_and_nothing_else() {
    let data = Data::new(MAIL);
    data.result(437_001, END, 'G');
    let now = || END + 20 * HOUR;
    let outcome = data.passes().run(Pass::Mail, "test", &now, true).unwrap();
    assert_eq!(outcome.text, "1 mails would be sent");
    assert_eq!(fs::read_dir(data.path("outbox/dry-run")).unwrap().count(), 1);
    assert!(data.passes().standing(Pass::Mail, now()).unwrap().last.is_none());
    data.run(Pass::Mail, now());
    assert_eq!(data.subjects().len(), 1, "the real one is still due");
}

#[test]
fn without_readers_nothing_counts_as_said() {
    let data = Data::new("[mail]\nshifters = \"shifters.csv\"\n");
    data.result(437_001, END, 'G');
    let outcome = data.run(Pass::Mail, END + 20 * HOUR);
    assert_eq!(outcome.result, Word::Attention);
    assert!(outcome.text.contains("nobody is there to read them"), "{}", outcome.text);
    fs::write(data.path("shifters.csv"), "2022-11-20, 2022-11-21, Sam, sam@example.org\n").unwrap();
    assert_eq!(data.run(Pass::Mail, END + 20 * HOUR).result, Word::Ok);
    assert_eq!(data.subjects().len(), 1);
}

#[test]
fn silence_of_uploads_is_written_about_once() {
    let data = Data::new(MAIL);
    data.run(Pass::Upload, END);
    data.run(Pass::Mail, END + HOUR + GRACE);
    assert_eq!(data.subjects(), Vec::<String>::new());
    data.run(Pass::Mail, END + HOUR + GRACE + 1);
    data.run(Pass::Mail, END + 2 * HOUR);
    let [subject] = &data.subjects()[..] else { panic!("{:?}", data.subjects()) };
    assert!(
        subject.contains("uploads are silent: no upload pass since 2022-11-20 10:00:00"),
        "{subject}"
    );
    data.run(Pass::Upload, END + 3 * HOUR);
    data.run(Pass::Mail, END + 5 * HOUR);
    assert_eq!(data.subjects().len(), 2, "the next silence is another one");
}

#[test]
fn a_blocked_queue_is_written_about() {
    let data = Data::new(MAIL);
    let mut order = order::Queue::open(&data.path("ledger.db")).unwrap();
    order.apply(number(1), Event::Fail, &Note::at(END)).unwrap();
    order.apply(number(2), Event::Expect, &Note::at(END)).unwrap();
    order.ask(number(2), &[number(1), number(2)], END, END + 24 * HOUR).unwrap();
    data.run(Pass::Mail, END + 1);
    data.run(Pass::Mail, END + 2);
    assert_eq!(
        data.subjects(),
        [
            "[sct-loop] queue blocked: run 2 waits for run 1, which has failed: run it again, truncate or release it; since 2022-11-20 \
          10:00:00 UTC"
        ]
    );
}

#[test]
fn rejected_credentials_keep_requests_and_are_written_about() {
    let data = Data::new(&format!("{MAIL}[upload]\nkey_file = \"key\"\n"));
    data.request(437_001);
    let outcome = data.run(Pass::Upload, END);
    assert_eq!(outcome.result, Word::Failed);
    assert!(outcome.text.starts_with("credentials rejected, renew key file"), "{}", outcome.text);
    fs::write(data.path("key"), "k").unwrap();
    fs::set_permissions(data.path("key"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(data.run(Pass::Upload, END + HOUR).text.contains("chmod 600"));
    assert_eq!(data.queue().uploads(None).unwrap()[0].state, State::Requested);
    assert_eq!(data.queue().uploads(None).unwrap()[0].attempts, 0);
    data.run(Pass::Mail, END + HOUR);
    data.run(Pass::Mail, END + HOUR + 1);
    let subjects = data.subjects();
    let about = |what: &str| subjects.iter().filter(|subject| subject.contains(what)).count();
    assert_eq!((about("pass failed: pass upload"), about("credentials: ")), (1, 1), "{subjects:?}");

    fs::set_permissions(data.path("key"), fs::Permissions::from_mode(0o600)).unwrap();
    data.run(Pass::Upload, END + 2 * HOUR);
    assert_ne!(data.queue().uploads(None).unwrap()[0].attempts, 0, "now it is tried");
}

#[test]
fn credentials_are_looked_at_before_they_run_out() {
    let data = Data::new(
        "[[credentials.file]]\npath = \"token\"\nwhat = \"token of the API\"\nexpires = \"2022-11-30\"\nwarn_days = 10\n",
    );
    let missing = data.run(Pass::Credentials, END);
    assert_eq!(missing.result, Word::Attention);
    assert!(missing.text.contains("cannot be used"), "{}", missing.text);
    fs::write(data.path("token"), "t").unwrap();
    fs::set_permissions(data.path("token"), fs::Permissions::from_mode(0o600)).unwrap();
    let text = |days: i64| data.run(Pass::Credentials, END + 24 * HOUR * days).text;
    assert_eq!(text(-1), "1 files looked at, nothing to do");
    assert!(text(0).contains("runs out on 2022-11-30, in 10 days"), "{}", text(0));
    assert!(text(10).contains("in 0 days"), "{}", text(10));
    assert!(text(11).contains("ran out on 2022-11-30"), "{}", text(11));
}

#[test]
fn the_last_run_goes_forward_everywhere() {
    let data = Data::new("[order]\npublish = [\"elsewhere/lastRun\", \"other\"]\n");
    fs::create_dir(data.path("elsewhere")).unwrap();
    fs::write(data.path("other"), "437009\n").unwrap();
    let id = data.request(437_001);
    let mut queue = data.queue();
    queue.set(id, &[State::Requested], State::Running, "u", "").unwrap();
    assert_eq!(data.run(Pass::LastRun, 1).text, "no run is uploaded yet");
    queue.set(id, &[State::Running], State::Done, "u", "").unwrap();
    let would = data.passes().run(Pass::LastRun, "test", &|| 1, true).unwrap();
    assert!(would.text.contains("would be written"), "{}", would.text);
    assert!(!data.path("lastRun").exists());
    let first = data.run(Pass::LastRun, 2);
    assert_eq!(first.result, Word::Ok, "{}", first.text);
    assert!(first.text.contains("other has the later run 437009"), "{}", first.text);
    for name in ["lastRun", "elsewhere/lastRun"] {
        assert_eq!(fs::read_to_string(data.path(name)).unwrap(), "437001\n");
    }
    assert!(data.run(Pass::LastRun, 3).text.contains("has run 437001 already"));
    fs::write(data.path("elsewhere/lastRun"), "soon").unwrap();
    let damaged = data.run(Pass::LastRun, 4);
    assert_eq!(damaged.result, Word::Failed);
    assert!(damaged.text.contains("\"soon\""), "{}", damaged.text);
}
