//! Guessing passwords.

use std::{sync::Barrier, thread};

use sct_account::{Accounts, Error, Settings};

use crate::{HERE, PASSWORD, Site, note, quick};

fn guess(accounts: &mut Accounts, name: &str, from: &str, now: i64) -> Result<(), i64> {
    match accounts.sign_in(name, "a wrong password", from, now) {
        Err(Error::Wrong) => Ok(()),
        Err(Error::TooMany { until }) => Err(until),
        other => panic!("{other:?}"),
    }
}

#[test]
fn after_five_failures_a_name_waits_ever_longer() {
    let mut site = Site::new();
    for name in ["sam", "nobody"] {
        let mut now = 1_000;
        for _ in 0..5 {
            assert_eq!(guess(&mut site.accounts, name, HERE, now), Ok(()), "{name}");
        }
        for wait in [30, 60, 120, 240, 480, 900, 900] {
            let until = now + wait;
            assert_eq!(guess(&mut site.accounts, name, HERE, now), Err(until), "{name}");
            assert_eq!(guess(&mut site.accounts, name, HERE, until - 1), Err(until), "{name}");
            now = until;
            assert_eq!(guess(&mut site.accounts, name, HERE, now), Ok(()), "{name}");
        }
        // Addresses are another limit.
        site = Site::new();
    }
}

#[test]
fn the_right_password_waits_too_and_then_begins_anew() {
    let mut site = Site::new();
    for _ in 0..5 {
        guess(&mut site.accounts, "sam", HERE, 0).unwrap();
    }
    assert!(matches!(
        site.accounts.sign_in("sam", PASSWORD, HERE, 29),
        Err(Error::TooMany { until: 30 })
    ));
    // Whatever happens in between: it is in the ledger.
    let mut later = site.other();
    assert!(matches!(later.sign_in("sam", PASSWORD, HERE, 29), Err(Error::TooMany { until: 30 })));
    later.sign_in("sam", PASSWORD, HERE, 30).unwrap();
    for _ in 0..5 {
        guess(&mut later, "sam", HERE, 31).unwrap();
    }
}

#[test]
fn failures_are_forgotten_after_a_while() {
    let mut site = Site::new();
    for now in [0, 100, 200, 300] {
        guess(&mut site.accounts, "sam", HERE, now).unwrap();
    }
    for _ in 0..4 {
        guess(&mut site.accounts, "sam", HERE, 900).unwrap();
    }
    site.enter("sam", 901);
}

#[test]
fn an_address_that_tries_many_names_waits() {
    let mut site = Site::new();
    for number in 0..20 {
        guess(&mut site.accounts, &format!("name{number}"), "2001:db8::1", 0).unwrap();
    }
    assert_eq!(guess(&mut site.accounts, "sam", "2001:db8::2", 1), Err(30), "the same network");
    let there = site.accounts.sign_in("sam", PASSWORD, "2001:db8::1", 1);
    assert!(matches!(there, Err(Error::TooMany { .. })));
    site.enter("sam", 1);
}

#[test]
fn an_admin_ends_the_wait() {
    let mut site = Site::new();
    for now in [1, 100] {
        for _ in 0..5 {
            guess(&mut site.accounts, "sam", HERE, now).unwrap();
        }
        if now == 1 {
            site.accounts.enable("sam", &note(2)).unwrap();
        } else {
            site.accounts.set_password("sam", PASSWORD, &note(101)).unwrap();
        }
        site.enter("sam", now + 2);
    }
}

#[test]
fn many_attempts_at_once_are_no_more_than_one_after_the_other() {
    let site = Site::new();
    let (ready, path) = (Barrier::new(12), site.path());
    let heard: usize = thread::scope(|scope| {
        let tries: Vec<_> = (0..12)
            .map(|_| {
                scope.spawn(|| {
                    let mut accounts = Accounts::open_with(&path, quick()).unwrap();
                    ready.wait();
                    usize::from(guess(&mut accounts, "sam", HERE, 7).is_ok())
                })
            })
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(heard, 5);
}

#[test]
fn the_table_of_failures_is_bounded_and_keeps_what_counts() {
    let site = Site::new();
    let settings = Settings { remembered: 50, ..quick() };
    let mut accounts = Accounts::open_with(&site.path(), settings).unwrap();
    for _ in 0..5 {
        guess(&mut accounts, "sam", HERE, 0).unwrap();
    }
    for number in 0..200 {
        guess(&mut accounts, &format!("name{number}"), &format!("10.1.0.{number}"), 1).unwrap();
    }
    let ledger = sct_ledger::Ledger::open_to_read(&site.path(), &[sct_account::AREA]).unwrap();
    let count: u32 = ledger
        .read("failures", |rows| {
            rows.query_row("SELECT count(*) FROM account_failures", [], |row| row.get(0))
        })
        .unwrap();
    assert!(count <= 50, "{count}");
    assert_eq!(guess(&mut accounts, "sam", HERE, 2), Err(30));
}
