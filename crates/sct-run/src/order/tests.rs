//! The order, and all that can happen to four runs.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::*;

fn run(number: u32) -> RunNumber {
    RunNumber::new(number).unwrap()
}

fn order(events: &[(u32, Event)]) -> Order {
    let mut order = Order::default();
    for (number, event) in events {
        order.apply(run(*number), *event, &Note::at(i64::from(*number))).unwrap();
    }
    order
}

fn waits_for(order: &Order, number: u32) -> Vec<u32> {
    match order.ask(run(number)) {
        Verdict::Wait(blockers) => blockers.iter().map(|blocker| blocker.run.to_u32()).collect(),
        Verdict::Go => Vec::new(),
        Verdict::Overtaken(last) => panic!("run {number} is overtaken by {last}"),
    }
}

#[test]
fn the_queue_of_the_guide() {
    // Last upload 267300; 267330 is bad, 267340 failed and was released, 267350 waits for its upload.
    let mut order = order(&[
        (267_300, Event::Upload),
        (267_330, Event::Bad),
        (267_340, Event::Fail),
        (267_340, Event::Release),
        (267_350, Event::Finish),
        (267_367, Event::Expect),
    ]);
    assert_eq!(waits_for(&order, 267_367), [267_350]);
    order.apply(run(267_350), Event::Upload, &Note::at(1)).unwrap();
    assert_eq!(waits_for(&order, 267_367), [0; 0]);
    assert_eq!(order.ask(run(267_340)), Verdict::Overtaken(run(267_350)));
}

#[test]
fn failed_runs_block_until_somebody_acts() {
    for (act, free) in [
        (None, false),
        (Some(Event::Truncate), true),
        (Some(Event::Release), true),
        (Some(Event::Bad), true),
        (Some(Event::Finish), false),
    ] {
        let mut order = order(&[(1, Event::Fail), (2, Event::Expect)]);
        if let Some(act) = act {
            order.apply(run(1), act, &Note::at(5)).unwrap();
        }
        assert_eq!(waits_for(&order, 2).is_empty(), free, "{act:?}");
    }
}

#[test]
fn marks_can_be_taken_back_until_the_upload() {
    let mut order = order(&[(1, Event::Bad)]);
    let note = Note::at(0);
    assert!(order.apply(run(1), Event::Upload, &note).is_err());
    assert_eq!(order.apply(run(1), Event::Finish, &note), Ok(State::Bad));
    order.apply(run(1), Event::Unmark, &note).unwrap();
    order.apply(run(1), Event::Upload, &note).unwrap();
    let error = order.apply(run(1), Event::Bad, &note).unwrap_err();
    assert_eq!(error.to_string(), "run 1 is uploaded: bad is not possible, it is uploaded");
}

#[test]
fn an_upload_taken_back_holds_up_nobody() {
    let mut order = order(&[(1, Event::Upload), (2, Event::Upload), (3, Event::Expect)]);
    let note = Note::at(7);
    assert!(order.apply(run(3), Event::Undo, &note).is_err());
    assert_eq!(order.apply(run(2), Event::Undo, &note), Ok(State::Finished));
    assert_eq!((order.last(), order.places()[&run(2)].note.time), (Some(run(2)), 7));
    assert_eq!(waits_for(&order, 3), [0; 0]);
    assert_eq!(order.ask(run(2)), Verdict::Go, "it may be uploaded anew");
    order.apply(run(2), Event::Bad, &note).unwrap();
    order.apply(run(1), Event::Undo, &note).unwrap();
    assert_eq!(order.ask(run(1)), Verdict::Overtaken(run(2)));
}

#[test]
fn a_repeated_event_keeps_the_first_time() {
    let mut order = order(&[(1, Event::Finish)]);
    order.apply(run(1), Event::Finish, &Note::at(99)).unwrap();
    assert_eq!(order.places()[&run(1)].note.time, 1);
}

#[test]
fn the_last_run_never_goes_back() {
    let mut order = order(&[(5, Event::Upload), (3, Event::Upload)]);
    assert_eq!(order.last(), Some(run(5)));
    assert!(!order.advance(run(4)) && order.advance(run(6)));
}

/// What decides about the future: states of the runs and the last upload.
type Situation = ([State; 4], Option<u32>);

fn situation(order: &Order) -> Situation {
    let states = [1, 2, 3, 4].map(|number| order.places()[&run(number)].state);
    (states, order.last().map(RunNumber::to_u32))
}

/// Every situation that any sequence of events on four runs can lead to, with what was tried.
fn explore(events: &[Event]) -> (BTreeMap<Situation, Order>, usize) {
    let first =
        order(&[(1, Event::Expect), (2, Event::Expect), (3, Event::Expect), (4, Event::Expect)]);
    let mut seen = BTreeMap::from([(situation(&first), first.clone())]);
    let mut open = VecDeque::from([first]);
    let mut tried = 0;
    while let Some(order) = open.pop_front() {
        for number in 1..=4 {
            for event in events {
                tried += 1;
                let mut next = order.clone();
                let before = next.last();
                if next.apply(run(number), *event, &Note::at(0)).is_err() {
                    assert_eq!(next, order, "a refused event changes nothing");
                    continue;
                }
                assert!(next.last() >= before, "the last run never goes back");
                let situation = situation(&next);
                if let std::collections::btree_map::Entry::Vacant(place) = seen.entry(situation) {
                    place.insert(next.clone());
                    open.push_back(next);
                }
            }
        }
    }
    (seen, tried)
}

/// However the jobs, the uploads and the people acted before: somebody can always go on, nobody waits for a later run, and
/// everybody is done when each run that may go is processed and uploaded.
#[test]
fn no_sequence_of_events_ends_in_a_deadlock() {
    let events = [
        Event::Finish,
        Event::Fail,
        Event::Upload,
        Event::Bad,
        Event::Truncate,
        Event::Release,
        Event::Skip,
        Event::Unmark,
        Event::Undo,
    ];
    let (situations, tried) = explore(&events);
    // Each run can be in each of eight states, and every one of them is reached.
    let states: BTreeSet<State> = situations.keys().flat_map(|(states, _)| *states).collect();
    assert_eq!(states.len(), State::ALL.len());
    // Runs after the last upload are in one of the seven other states, those up to it in any: it may have been taken back.
    let expected: usize = (0..=4).map(|last| 8_usize.pow(last) * 7_usize.pow(4 - last)).sum();
    assert_eq!((situations.len(), expected), (15_961, 15_961));
    assert_eq!(tried, situations.len() * 4 * events.len());
    for (situation, order) in &situations {
        check_waits(order, situation);
        let mut order = order.clone();
        // At most: finish, upload for each of four.
        for _ in 0..8 {
            let open: Vec<u32> =
                (1..=4).filter(|number| order.places()[&run(*number)].state.blocks()).collect();
            let Some(free) =
                open.iter().find(|number| !matches!(order.ask(run(**number)), Verdict::Wait(_)))
            else {
                assert!(open.is_empty(), "deadlock of {open:?} in {situation:?}");
                break;
            };
            let next = match (order.ask(run(*free)), order.places()[&run(*free)].state) {
                // Overtaken runs keep nobody waiting; they are given up.
                (Verdict::Overtaken(_), _) => Event::Skip,
                (_, State::Finished) => Event::Upload,
                _ => Event::Finish,
            };
            order.apply(run(*free), next, &Note::at(0)).unwrap();
        }
        assert!(
            (1..=4).all(|number| !order.places()[&run(number)].state.blocks()),
            "{situation:?} never ends"
        );
    }
}

fn check_waits(order: &Order, situation: &Situation) {
    for number in 1..=4 {
        match order.ask(run(number)) {
            Verdict::Go => {}
            Verdict::Overtaken(last) => assert!(last > run(number)),
            Verdict::Wait(blockers) => {
                assert!(!blockers.is_empty());
                for blocker in blockers {
                    assert!(
                        blocker.run < run(number),
                        "{situation:?}: nobody waits for a later run"
                    );
                    assert!(
                        blocker.state.blocks(),
                        "{situation:?}: bad, skipped and uploaded runs do not block"
                    );
                    // The first blocker itself may go.
                }
            }
        }
    }
    let first = (1..=4).find(|number| order.places()[&run(*number)].state.blocks());
    if let Some(first) = first {
        assert!(
            !matches!(order.ask(run(first)), Verdict::Wait(_)),
            "{situation:?}: the first open run may go"
        );
    }
}

/// The same without looking at situations: all interleavings of one life for each of four runs, step by step.
#[test]
fn all_interleavings_of_four_lives_run_through() {
    use Event::{Bad, Fail, Finish, Release, Truncate, Upload};
    let lives = [&[Finish, Upload][..], &[Fail, Release], &[Finish, Bad], &[Fail, Truncate]];
    let mut ended = 0_usize;
    let mut open = vec![(
        [0_usize; 4],
        order(&[(1, Event::Expect), (2, Event::Expect), (3, Event::Expect), (4, Event::Expect)]),
    )];
    while let Some((steps, order)) = open.pop() {
        check_waits(&order, &situation(&order));
        let mut last = true;
        for (index, number) in (0..4).zip(1..) {
            let Some(event) = lives[index].get(steps[index]) else { continue };
            last = false;
            let mut next = (steps, order.clone());
            next.0[index] += 1;
            next.1.apply(run(number), *event, &Note::at(0)).unwrap();
            open.push(next);
        }
        if last {
            ended += 1;
            assert!((1..=4).all(|number| !matches!(order.ask(run(number)), Verdict::Wait(_))));
        }
    }
    // 8! / 2!^4.
    assert_eq!(ended, 2520);
}
