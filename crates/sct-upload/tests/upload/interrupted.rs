//! What the next pass makes of an upload that was stopped between two steps.

use std::fs;

use sct_cool::{Clock, MergeOptions, Receipt, Writer};
use sct_job::read_last_run;
use sct_upload::{Done, State, Task, Transfer};

use crate::{World, run};

/// The merge of an upload, done as a pass does it and then stopped.
fn merged(world: &World, id: i64) {
    let upload = world.queue.upload(id).unwrap();
    let transfer = Transfer {
        source: upload.file.clone(),
        source_instance: None,
        master: world.settings.masters["CONDBR2"].clone(),
        destination: Some(upload.destination.clone()),
        options: MergeOptions::default(),
        who: "test".to_owned(),
        comment: String::new(),
        backup: None,
        receipt: Some(world.settings.receipt(id)),
    };
    assert!(transfer.run().unwrap().receipt.is_some());
}

fn started() -> (World, i64) {
    let mut world = World::new();
    let file = world.result(Task::NoisyStrip, 300_001, " 5 ", "G");
    let id = world.request(&file, Task::NoisyStrip, 300_001).unwrap();
    world.queue.set(id, &[State::Requested], State::Running, "test", "").unwrap();
    (world, id)
}

fn ends_well(mut world: World, id: i64) {
    assert_eq!(world.pass().done, [id]);
    assert_eq!((world.state(id), world.objects(Task::NoisyStrip, 300_001)), (State::Done, 40));
    assert_eq!(read_last_run(&world.settings.last_run).unwrap(), Some(run(300_001)));
    let receipt = Receipt::parse(&fs::read_to_string(world.settings.receipt(id)).unwrap()).unwrap();
    assert_eq!(receipt.alteration().objects, 40);
    assert_eq!(world.pass(), Done::default());
}

#[test]
fn stopped_before_the_merge() {
    let (world, id) = started();
    ends_well(world, id);
}

#[test]
fn stopped_after_the_merge() {
    let (world, id) = started();
    merged(&world, id);
    ends_well(world, id);
}

#[test]
fn stopped_between_the_receipt_and_the_end_of_the_merge() {
    let (world, id) = started();
    merged(&world, id);
    let text = fs::read_to_string(world.settings.receipt(id)).unwrap();
    let mut writer =
        Writer::open(&world.settings.masters["CONDBR2"], None, Clock::system()).unwrap();
    writer.undo(&Receipt::parse(&text).unwrap()).unwrap();
    drop(writer);
    ends_well(world, id);
}

#[test]
fn stopped_before_the_request_file_went() {
    let mut world = World::new();
    let file = world.result(Task::NoisyStrip, 300_001, " 5 ", "G");
    let request = world.request_file(&file, Task::NoisyStrip, 300_001);
    world.pass();
    // As if the last pass had not come to it.
    fs::rename(world.path("toupload/done/300001.noisy.UPD4.up"), &request).unwrap();
    assert_eq!(world.pass(), Done::default());
    assert!(!request.exists());
    assert_eq!(world.queue.uploads(None).unwrap().len(), 1);
}
