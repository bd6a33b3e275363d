//! Making and changing accounts.

use proptest::prelude::*;
use sct_account::{Accounts, Error, Hashing, NewAccount, Role, Settings};

use crate::{HERE, PASSWORD, Site, new, note, quick, refusal};

#[test]
fn the_first_account_is_an_admin() {
    let folder = tempfile::tempdir().unwrap();
    let mut accounts = Accounts::open_with(&folder.path().join("ledger.db"), quick()).unwrap();
    let early = accounts.create(&new("sam", Role::Shifter), Some(PASSWORD), &note(0));
    assert!(refusal(early).contains("first account must have the role admin"));
    accounts.create(&new("root", Role::Admin), Some(PASSWORD), &note(0)).unwrap();
    accounts.create(&new("sam", Role::Shifter), Some(PASSWORD), &note(0)).unwrap();
    assert!(
        refusal(accounts.create(&new("sam", Role::Viewer), None, &note(0))).contains("already")
    );
    let names: Vec<String> = accounts.list().unwrap().into_iter().map(|found| found.name).collect();
    assert_eq!(names, ["root", "sam"]);
}

#[test]
fn weak_passwords_are_refused_and_nothing_is_made() {
    let mut site = Site::new();
    let person =
        NewAccount { full_name: "Christine Doe".to_owned(), ..new("christine.doe", Role::Viewer) };
    for weak in ["", "short", "Christine.Doe", "christine doe"] {
        refusal(site.accounts.create(&person, Some(weak), &note(1)));
    }
    assert_eq!(site.accounts.account("christine.doe").unwrap(), None);
    refusal(site.accounts.set_password("sam", "short", &note(1)));
    site.enter("sam", 2);
}

#[test]
fn the_last_admin_stays() {
    let mut site = Site::new();
    assert!(refusal(site.accounts.disable("root", &note(1))).contains("only admin"));
    assert!(refusal(site.accounts.set_role("root", Role::Expert, &note(1))).contains("only admin"));
    site.accounts.set_role("eve", Role::Admin, &note(2)).unwrap();
    site.accounts.disable("root", &note(3)).unwrap();
    assert!(refusal(site.accounts.set_role("eve", Role::Viewer, &note(4))).contains("only admin"));
    site.accounts.enable("root", &note(5)).unwrap();
    site.accounts.set_role("eve", Role::Viewer, &note(6)).unwrap();
}

#[test]
fn changes_end_sessions() {
    type Change = fn(&mut Accounts) -> Result<(), Error>;
    let mut site = Site::new();
    let changes: [Change; 4] = [
        |accounts| accounts.set_role("sam", Role::Expert, &note(10)),
        |accounts| accounts.set_password("sam", PASSWORD, &note(11)),
        |accounts| accounts.sign_out_everywhere("sam", &note(12)).map(|many| assert_eq!(many, 1)),
        |accounts| accounts.disable("sam", &note(13)),
    ];
    for change in changes {
        let (sam, eve) = (site.enter("sam", 10), site.enter("eve", 10));
        assert!(site.is_in(&sam, 20));
        change(&mut site.accounts).unwrap();
        assert!(!site.is_in(&sam, 20));
        assert!(site.is_in(&eve, 20), "of somebody else");
    }
}

#[test]
fn a_disabled_account_is_told_so_only_with_the_password() {
    let mut site = Site::new();
    site.accounts.disable("sam", &note(1)).unwrap();
    assert!(matches!(site.accounts.sign_in("sam", PASSWORD, HERE, 2), Err(Error::Disabled)));
    assert!(matches!(site.accounts.sign_in("sam", "wrong", HERE, 2), Err(Error::Wrong)));
    site.accounts.enable("sam", &note(3)).unwrap();
    site.enter("sam", 4);
}

#[test]
fn accounts_that_are_not_there_are_named() {
    let mut site = Site::new();
    let named =
        |result: Result<(), Error>| matches!(result, Err(Error::Unknown(name)) if name == "ida");
    assert!(named(site.accounts.set_password("ida", PASSWORD, &note(1))));
    assert!(named(site.accounts.set_role("ida", Role::Viewer, &note(1))));
    assert!(named(site.accounts.disable("ida", &note(1))));
    assert!(named(site.accounts.enable("ida", &note(1))));
    assert!(named(site.accounts.sign_out_everywhere("ida", &note(1)).map(|_| ())));
    assert!(named(site.accounts.create_token("ida", "x", Role::Viewer, 9, &note(1)).map(|_| ())));
}

#[test]
fn more_effort_is_taken_up_at_the_next_sign_in() {
    let mut site = Site::new();
    let hashing = Hashing { memory: 64, passes: 2 };
    let mut later = Accounts::open_with(&site.path(), Settings { hashing, ..quick() }).unwrap();
    later.sign_in("sam", PASSWORD, HERE, 1).unwrap();
    let bytes = std::fs::read(site.path().with_extension("db-wal")).unwrap();
    assert!(String::from_utf8_lossy(&bytes).contains("$argon2id$v=19$m=64,t=2,p=1$"));
    site.enter("sam", 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_text_is_a_name_or_refused(text in ".*", password in ".*") {
        let mut site = Site::new();
        match site.accounts.create(&new(&text, Role::Viewer), Some(PASSWORD), &note(1)) {
            Ok(()) => {
                site.enter(&text, 2);
                prop_assert_eq!(site.accounts.account(&text).unwrap().unwrap().name, text);
            }
            Err(Error::Refused(_)) => {
                prop_assert_eq!(site.accounts.account(&text).unwrap().filter(|found| found.created == 1), None);
                let tried = site.accounts.sign_in(&text, &password, &text, 2);
                prop_assert!(matches!(tried, Err(Error::Wrong)));
            }
            Err(other) => panic!("{other}"),
        }
    }
}
