//! People whom a provider has signed in.

use sct_account::{Error, External, Role};

use crate::{HERE, PASSWORD, Site, note, refusal};

fn person(subject: &str, name: &str, role: Option<Role>) -> External {
    External {
        subject: subject.to_owned(),
        name: name.to_owned(),
        full_name: "Jane Doe".to_owned(),
        email: "jane@example.org".to_owned(),
        role,
    }
}

fn enter(site: &mut Site, person: &External, now: i64) -> (String, Role) {
    let entered = site.accounts.sign_in_external(person, HERE, now).unwrap();
    let account = site.accounts.session(&entered.token, now).unwrap().unwrap().account;
    (account.name, account.role)
}

#[test]
fn an_account_is_made_once_and_follows_the_provider() {
    let mut site = Site::new();
    let mut jane = person("https://idp.example/ 17", "Jane.Doe", Some(Role::Shifter));
    assert_eq!(enter(&mut site, &jane, 1), ("jane.doe".to_owned(), Role::Shifter));
    jane.name = "jane.smith".to_owned();
    let before = site.accounts.sign_in_external(&jane, HERE, 2).unwrap();
    jane.role = Some(Role::Expert);
    assert_eq!(enter(&mut site, &jane, 3), ("jane.doe".to_owned(), Role::Expert));
    assert!(!site.is_in(&before, 3), "sessions with the role of before end");
    assert_eq!(site.accounts.list().unwrap().len(), 5);
    let refused = refusal(site.accounts.set_password("jane.doe", PASSWORD, &note(4)));
    assert!(refused.contains("provider"), "{refused}");
}

#[test]
fn without_a_role_of_the_provider_ours_stays() {
    let mut site = Site::new();
    let jane = person("17", "jane", None);
    assert_eq!(enter(&mut site, &jane, 1).1, Role::Viewer);
    site.accounts.set_role("jane", Role::Expert, &note(2)).unwrap();
    assert_eq!(enter(&mut site, &jane, 3).1, Role::Expert);
}

#[test]
fn accounts_with_a_password_are_not_taken_over() {
    let mut site = Site::new();
    let stranger = person("666", "root", Some(Role::Viewer));
    assert_eq!(enter(&mut site, &stranger, 1), ("root-2".to_owned(), Role::Viewer));
    let another = person("667", "ROOT@elsewhere", None);
    assert_eq!(enter(&mut site, &another, 1).0, "root-3");
    assert!(matches!(site.accounts.sign_in("root-2", "", HERE, 2), Err(Error::Wrong)));
    site.enter("root", 3);
}

#[test]
fn disabled_people_and_nobody_stay_out() {
    let mut site = Site::new();
    let jane = person("17", "jane", None);
    enter(&mut site, &jane, 1);
    site.accounts.disable("jane", &note(2)).unwrap();
    assert!(matches!(site.accounts.sign_in_external(&jane, HERE, 3), Err(Error::Disabled)));
    refusal(site.accounts.sign_in_external(&person("", "jane", None), HERE, 3));
}

#[test]
fn what_is_held_is_given_once_and_in_time() {
    let mut site = Site::new();
    site.accounts.hold("a", "one", 100, 0).unwrap();
    site.accounts.hold("b", "two", 100, 0).unwrap();
    assert_eq!(site.accounts.claim("a", 99).unwrap().as_deref(), Some("one"));
    assert_eq!(site.accounts.claim("a", 99).unwrap(), None);
    assert_eq!(site.accounts.claim("b", 100).unwrap(), None);
    assert_eq!(site.accounts.claim("c", 1).unwrap(), None);
}
