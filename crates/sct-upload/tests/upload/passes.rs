//! What a pass does with what is requested.

use std::fs;

use sct_conditions::{MONITORING, Row, monitoring_row};
use sct_cool::{Clock, Database, LockStatus, Writer};
use sct_id::{Iov, ModuleHash};
use sct_job::read_last_run;
use sct_upload::{Class, Done, Error, Lock, State, Task, check, check_flag, pass, undo};

use crate::{TAG, World, rows, run, write};

#[test]
fn both_ways_of_asking_end_in_the_master() {
    let mut world = World::new();
    let noisy = world.result(Task::NoisyStrip, 300_001, " 5 ", "G");
    let later = world.result(Task::NoisyStrip, 300_002, " 6 ", "G");
    let other = world.result(Task::Efficiency, 300_001, "", "G");
    let second = world.request(&later, Task::NoisyStrip, 300_002).unwrap();
    let file = world.request_file(&noisy, Task::NoisyStrip, 300_001);
    let third = world.request_file(&other, Task::Efficiency, 300_001);
    let done = world.pass();
    // Noisy strips first, earlier runs first, whoever asked first.
    assert_eq!((done.done.len(), done.done[1]), (3, second));
    for (task, number) in
        [(Task::NoisyStrip, 300_001), (Task::NoisyStrip, 300_002), (Task::Efficiency, 300_001)]
    {
        assert_eq!(world.objects(task, number), 40);
    }
    assert!(!file.exists() && !third.exists());
    assert!(world.path("toupload/done/300001.noisy.UPD4.up").exists());
    let log = world.text("toupload/300001.noisy.UPD4.log");
    assert!(log.trim_end().ends_with("upload OK") && log.contains("SHA-256"), "{log}");
    assert!(log.contains("modules: 40 added, 0 removed"), "{log}");
    assert!(world.text("toupload/300001.effic.UP1.log").contains("instance MONP200"));
    assert_eq!(read_last_run(&world.settings.last_run).unwrap(), Some(run(300_002)));
    assert!(world.text("uploads.log").contains("pass ends: 3 done"));
    let copies = fs::read_dir(world.path("backup")).unwrap();
    let copies: Vec<String> =
        copies.map(|copy| copy.unwrap().file_name().into_string().unwrap()).collect();
    let of = |end: &str| copies.iter().filter(|copy| copy.ends_with(end)).count();
    assert_eq!(of("mycool.db"), 2, "every file of noisy strips: {copies:?}");
    // One a day, and midnight may have passed.
    assert!((1..=2).contains(&of("_CONDBR2.db")) && of("MONP200.db") == 0, "{copies:?}");

    let idle = world.pass();
    assert_eq!(idle, Done::default());
    assert_eq!(
        world.text("uploads.log").matches("pass begins").count(),
        2,
        "an idle pass leaves its trace"
    );
}

#[test]
fn the_same_again_is_nothing_new() {
    let mut world = World::new();
    let file = world.result(Task::NoisyStrip, 300_001, " 5 ", "G");
    let first = world.request(&file, Task::NoisyStrip, 300_001).unwrap();
    assert!(
        world
            .request(&file, Task::NoisyStrip, 300_001)
            .unwrap_err()
            .to_string()
            .contains("requested already")
    );
    world.pass();
    let error = world.request(&file, Task::NoisyStrip, 300_001).unwrap_err().to_string();
    assert!(error.contains(&format!("done already, as upload {first}")), "{error}");
    // Another file with the same content, through the historic way: a new digest, nothing new for the master.
    let copy = world.path("copy.mycool.db");
    let mut rows = rows(Task::NoisyStrip, 300_001, 40, " 5 ");
    write(&copy, Task::NoisyStrip, TAG, rows.clone());
    world.queue.set(first, &[State::Done], State::Undone, "test", "").unwrap();
    let request = world.request_file(&copy, Task::NoisyStrip, 300_001);
    let done = world.pass();
    assert_eq!((done.unchanged.len(), done.done.len()), (1, 0));
    assert_eq!(world.state(done.unchanged[0]), State::Unchanged);
    assert!(!request.exists());
    assert!(world.text("toupload/300001.noisy.UPD4.log").contains("has the same content already"));
    // Other content of the same run is refused, and stays refused without a word at the next pass.
    world.queue.set(done.unchanged[0], &[State::Unchanged], State::Undone, "test", "").unwrap();
    rows[3] = monitoring_row(ModuleHash::new(3).unwrap(), rows[3].iov, 0.015, " 9 ").unwrap();
    fs::remove_file(&copy).unwrap();
    write(&copy, Task::NoisyStrip, TAG, rows);
    let request = world.request_file(&copy, Task::NoisyStrip, 300_001);
    let done = world.pass();
    assert_eq!((done.refused.len(), done.failed.len()), (1, 0));
    let upload = world.queue.upload(done.refused[0]).unwrap();
    assert!(upload.reason.contains("1 of 40 objects differ"), "{}", upload.reason);
    assert!(request.exists(), "a request goes only when its upload is done");
    assert!(world.text("toupload/300001.noisy.UPD4.log").contains("upload REFUSED: "));
    assert_eq!(world.pass(), Done::default());
}

#[test]
fn what_changed_after_it_was_seen_is_refused() {
    let mut world = World::new();
    let file = world.result(Task::NoisyStrip, 300_001, " 5 ", "G");
    let id = world.request(&file, Task::NoisyStrip, 300_001).unwrap();
    world.result(Task::NoisyStrip, 300_001, " 6 ", "G");
    assert_eq!(world.pass().refused, [id]);
    assert!(
        world.queue.upload(id).unwrap().reason.contains("it has changed since it was looked at")
    );
    assert_eq!(world.objects(Task::NoisyStrip, 300_001), 0);
    assert_eq!(read_last_run(&world.settings.last_run).unwrap(), None);
}

#[test]
fn wrong_files_are_refused_before_they_are_queued() {
    let mut world = World::new();
    let file = world.path("x.mycool.db");
    let mut refusal = |tag: &str, task: Task, number: u32, rows: Vec<Row>| {
        let _ = fs::remove_file(&file);
        write(&file, task, tag, rows);
        let error = world.request(&file, Task::NoisyStrip, number).unwrap_err();
        assert_eq!(error.class(), Class::Refused);
        error.to_string()
    };
    let good = || rows(Task::NoisyStrip, 300_001, 4, "");
    assert!(
        refusal("OTHER", Task::NoisyStrip, 300_001, good())
            .contains("has tag OTHER, expected SctDerived")
    );
    assert!(refusal(TAG, Task::NoisyStrip, 300_002, good()).contains("which is not run 300002"));
    let text = refusal("T", Task::Efficiency, 300_001, rows(Task::Efficiency, 300_001, 4, ""));
    assert!(
        text.contains("has no folder /SCT/Derived/Monitoring, it has /SCT/Derived/Efficiency"),
        "{text}"
    );
    let open: Vec<Row> =
        good().into_iter().map(|row| Row { iov: Iov::from_run(run(300_001)), ..row }).collect();
    let _ = fs::remove_file(&file);
    write(&file, Task::NoisyStrip, TAG, open);
    assert!(
        world.request(&file, Task::NoisyStrip, 300_001).is_ok(),
        "the update mode has open intervals"
    );
    fs::write(&file, "half of a file").unwrap();
    assert_eq!(world.request(&file, Task::NoisyStrip, 300_003).unwrap_err().class(), Class::Failed);
}

#[test]
fn flags_that_are_not_green_need_a_person() {
    let world = World::new();
    for (flag, fine) in [("G", true), ("Y", false), ("R", false), ("U", false)] {
        let file = world.result(Task::NoisyStrip, 300_001, " 5 ", flag);
        let checked = check(&file, run(300_001), Task::NoisyStrip, TAG, None).unwrap();
        assert_eq!(check_flag(&checked, false).is_ok(), fine, "{flag}");
        check_flag(&checked, true).unwrap();
    }
    let file = world.result(Task::NoisyStrip, 300_001, " 5 ", "R");
    let summary = world.path("r300001.noisy-strip.BadStripsSummaryFile.xml");
    fs::write(&summary, "<run><value name=\"RunNumber\">7</value></run>").unwrap();
    let error = check(&file, run(300_001), Task::NoisyStrip, TAG, None).unwrap_err().to_string();
    assert!(error.contains("it is about run 7, not 300001"), "{error}");
}

#[test]
fn bad_runs_are_not_uploaded() {
    let mut world = World::new();
    let file = world.result(Task::NoisyStrip, 300_001, " 5 ", "G");
    let id = world.request(&file, Task::NoisyStrip, 300_001).unwrap();
    world.queue.mark_bad(run(300_001), Task::NoisyStrip, "shifter", "in standby").unwrap();
    assert_eq!(world.state(id), State::Cancelled);
    assert_eq!(world.pass(), Done::default());
    let request = world.request_file(&file, Task::NoisyStrip, 300_001);
    let done = world.pass();
    assert!(done.unreadable[0].1.contains("marked bad by shifter: in standby"), "{done:?}");
    assert!(request.exists());
    assert!(world.queue.unmark_bad(run(300_001), Task::NoisyStrip).unwrap());
    assert_eq!(world.pass().done.len(), 1);
    let error =
        world.queue.mark_bad(run(300_001), Task::NoisyStrip, "shifter", "late").unwrap_err();
    assert!(error.to_string().contains("is done"), "{error}");
}

#[test]
fn names_that_say_nothing_are_left_and_told() {
    let mut world = World::new();
    fs::write(world.settings.requests().join("300001.quiet.UP1.up"), "x\n").unwrap();
    fs::write(world.settings.requests().join("300001.noisy.UPD4.up"), "").unwrap();
    fs::write(world.settings.requests().join("300002.noisy.UPD4.up"), "missing.db\n").unwrap();
    fs::write(world.settings.requests().join("300003.noisy.UPD5.up"), "missing.db\n").unwrap();
    let done = world.pass();
    assert_eq!(done.unreadable.len(), 4, "{done:?}");
    assert_eq!(fs::read_dir(world.settings.requests()).unwrap().count(), 5);
}

#[test]
fn a_refused_upload_is_retried_when_its_cause_is_gone() {
    let mut world = World::new();
    let master = world.settings.masters["CONDBR2"].clone();
    let lock = |status| {
        let mut writer = Writer::open(&master, None, Clock::system()).unwrap();
        writer.set_lock(MONITORING.path, TAG, status).unwrap();
    };
    lock(LockStatus::Locked);
    let file = world.result(Task::NoisyStrip, 300_001, " 5 ", "G");
    let id = world.request(&file, Task::NoisyStrip, 300_001).unwrap();
    assert_eq!(world.pass().refused, [id]);
    lock(LockStatus::Unlocked);
    assert_eq!(world.pass(), Done::default(), "nothing is retried unasked");
    world.queue.retry(id, "expert", "tag unlocked").unwrap();
    assert_eq!(world.pass().done, [id]);
    let states: Vec<String> =
        world.queue.steps(id).unwrap().into_iter().map(|step| step.2).collect();
    assert_eq!(states, ["requested", "running", "refused", "requested", "running", "done"]);
}

#[test]
fn an_upload_is_taken_back() {
    let mut world = World::new();
    let before = fs::read(&world.settings.masters["CONDBR2"]).unwrap();
    let file = world.result(Task::NoisyStrip, 300_001, " 5 ", "G");
    let id = world.request(&file, Task::NoisyStrip, 300_001).unwrap();
    assert!(
        undo(&world.settings, &mut world.queue, id, "expert", "wrong").is_err(),
        "it is not done yet"
    );
    world.pass();
    undo(&world.settings, &mut world.queue, id, "expert", "wrong").unwrap();
    assert_eq!((world.state(id), world.objects(Task::NoisyStrip, 300_001)), (State::Undone, 0));
    let path = world.path("before.db");
    fs::write(&path, before).unwrap();
    let (before, after) = (
        Database::open(&path).unwrap(),
        Database::open(&world.settings.masters["CONDBR2"]).unwrap(),
    );
    assert!(sct_cool::compare(&before, &after).unwrap().is_same());
    world.queue.retry(id, "expert", "right after all").unwrap();
    assert_eq!(world.pass().done, [id]);
}

#[test]
fn the_second_uploader_goes_away() {
    let mut world = World::new();
    let lock = Lock::take(&Lock::path(&world.settings.data)).unwrap();
    let error = pass(&world.settings, &mut world.queue).unwrap_err();
    assert!(matches!(&error, Error::Locked { owner, .. } if owner.contains("process")), "{error}");
    assert_eq!(error.class(), Class::Unreachable);
    drop(lock);
    world.pass();
}
