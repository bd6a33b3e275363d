//! How long somebody is in.

use proptest::prelude::*;
use sct_account::{Error, Role};

use crate::{HERE, HOUR, PASSWORD, Site, note};

#[test]
fn a_session_says_who_and_what_role() {
    let mut site = Site::new();
    let entered = site.accounts.sign_in(" SAM ", PASSWORD, HERE, 100).unwrap();
    assert_eq!(entered.expires, 100 + 12 * HOUR);
    let session = site.accounts.session(&entered.token, 200).unwrap().unwrap();
    assert_eq!((session.account.name.as_str(), session.account.role), ("sam", Role::Shifter));
    assert_eq!(session.csrf, entered.csrf);
    assert_ne!(session.csrf, entered.token);
    assert_eq!(session.expires, 200 + 2 * HOUR);
}

#[test]
fn a_session_ends_when_nothing_is_asked_and_after_half_a_day() {
    let mut site = Site::new();
    let entered = site.enter("sam", 0);
    assert!(site.is_in(&entered, 2 * HOUR - 1));
    assert!(!site.is_in(&entered, 4 * HOUR - 1));
    assert!(!site.is_in(&entered, 2 * HOUR), "it does not come back");

    let entered = site.enter("sam", 0);
    for hour in 1..12 {
        assert!(site.is_in(&entered, hour * HOUR));
    }
    let session = site.accounts.session(&entered.token, 12 * HOUR - 1).unwrap().unwrap();
    assert_eq!(session.expires, 12 * HOUR, "never after its end");
    assert!(!site.is_in(&entered, 12 * HOUR));
}

#[test]
fn signing_out_ends_one_session() {
    let mut site = Site::new();
    let (one, two) = (site.enter("sam", 0), site.enter("sam", 0));
    site.accounts.sign_out(&one.token).unwrap();
    site.accounts.sign_out(&one.token).unwrap();
    assert!(!site.is_in(&one, 1));
    assert!(site.is_in(&two, 1));
}

#[test]
fn an_account_has_twenty_sessions_at_most() {
    let mut site = Site::new();
    let entered: Vec<_> = (0..25).map(|time| site.enter("sam", time)).collect();
    let there: Vec<bool> = entered.iter().map(|session| site.is_in(session, 30)).collect();
    assert_eq!(there.iter().filter(|is_in| **is_in).count(), 20);
    assert!(there[5..].iter().all(|is_in| *is_in), "the oldest went");
}

#[test]
fn the_ledger_does_not_have_the_token() {
    let mut site = Site::new();
    let entered = site.enter("sam", 0);
    let (_, secret) =
        site.accounts.create_token("sam", "script", Role::Viewer, 9, &note(1)).unwrap();
    for name in ["ledger.db", "ledger.db-wal"] {
        let bytes = std::fs::read(site.path().with_file_name(name)).unwrap();
        for text in [entered.token.as_str(), &secret, &secret[5..], PASSWORD] {
            let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found, "{text} in {name}");
        }
    }
}

#[test]
fn a_password_that_changes_meanwhile_counts() {
    let mut site = Site::new();
    let mut other = site.other();
    other.set_password("sam", "another horse battery", &note(1)).unwrap();
    assert!(matches!(site.accounts.sign_in("sam", PASSWORD, HERE, 2), Err(Error::Wrong)));
    site.accounts.sign_in("sam", "another horse battery", HERE, 3).unwrap();
}

/// What a session is by its rules, without a ledger.
struct Model {
    used: i64,
    ends: i64,
    over: bool,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Requests at any times, also from readers whose clocks differ: a session is never alive later than its rules allow,
    /// and at most the minute in which uses are not written down earlier.
    #[test]
    fn a_session_never_outlives(steps in prop::collection::vec(-90_i64..3 * HOUR, 1..30)) {
        let mut site = Site::new();
        let entered = site.enter("sam", 0);
        let mut model = Model { used: 0, ends: 12 * HOUR, over: false };
        let mut now = 0;
        for step in steps {
            now += step;
            let found = site.is_in(&entered, now);
            let allowed = !model.over && now < model.ends && now < model.used + 2 * HOUR;
            prop_assert!(allowed || !found, "alive at {now}");
            if allowed && now < model.used + 2 * HOUR - 60 {
                prop_assert!(found, "over at {now}");
            }
            if found {
                model.used = model.used.max(now);
            } else {
                model.over = true;
            }
        }
    }

    #[test]
    fn only_the_whole_token_is_a_session(cut in 0_usize..64, other in ".*") {
        let mut site = Site::new();
        let token = site.enter("sam", 0).token;
        for wrong in [&token[..cut], &format!("{token}0"), &token.to_uppercase(), &other, ""] {
            // A token of digits alone is the same in upper case; there is none among 64 hexadecimal digits of chance.
            prop_assert!(site.accounts.session(wrong, 1).unwrap().is_none());
        }
        prop_assert!(site.accounts.session(&token, 1).unwrap().is_some());
    }
}
