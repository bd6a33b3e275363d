//! Tokens for scripts.

use proptest::prelude::*;
use sct_account::{LONGEST, Role};

use crate::{Site, note, refusal};

const YEAR: i64 = 365 * 86_400;

fn role(site: &mut Site, secret: &str, now: i64) -> Option<Role> {
    site.accounts.by_token(secret, now).unwrap().map(|account| account.role)
}

#[test]
fn a_token_may_what_it_and_its_account_may() {
    let mut site = Site::new();
    let (_, low) =
        site.accounts.create_token("eve", "trends", Role::Viewer, YEAR, &note(1)).unwrap();
    let (_, high) =
        site.accounts.create_token("eve", "uploads", Role::Expert, YEAR, &note(1)).unwrap();
    assert!(low.starts_with("sctl_") && low.len() == 69, "{low}");
    assert_eq!(role(&mut site, &low, 2), Some(Role::Viewer));
    assert_eq!(role(&mut site, &high, 2), Some(Role::Expert));
    site.accounts.set_role("eve", Role::Shifter, &note(3)).unwrap();
    assert_eq!(role(&mut site, &high, 4), Some(Role::Shifter));
    site.accounts.disable("eve", &note(5)).unwrap();
    assert_eq!(role(&mut site, &high, 6), None);
    site.accounts.enable("eve", &note(7)).unwrap();
    assert_eq!(role(&mut site, &high, 8), Some(Role::Shifter));
}

#[test]
fn a_token_ends_and_is_taken_back() {
    let mut site = Site::new();
    let (id, secret) =
        site.accounts.create_token("sam", "script", Role::Viewer, 100, &note(1)).unwrap();
    assert_eq!(role(&mut site, &secret, 99), Some(Role::Viewer));
    assert_eq!(role(&mut site, &secret, 100), None);
    assert_eq!(site.accounts.tokens(Some("sam")).unwrap()[0].used, Some(99));
    site.accounts.revoke(id, &note(50)).unwrap();
    site.accounts.revoke(id, &note(60)).unwrap();
    assert_eq!(role(&mut site, &secret, 51), None);
    let token = &site.accounts.tokens(None).unwrap()[0];
    assert_eq!((token.label.as_str(), token.revoked), ("script", Some(50)));
    assert_eq!(site.accounts.tokens(Some("eve")).unwrap(), []);
    assert!(refusal(site.accounts.revoke(id + 1, &note(60))).contains("no token"));
}

#[test]
fn what_a_token_cannot_be() {
    let mut site = Site::new();
    let mut ask = |account: &str, label: &str, role, expires| {
        refusal(site.accounts.create_token(account, label, role, expires, &note(10)))
    };
    assert!(ask("sam", "x", Role::Expert, YEAR).contains("role shifter at most"));
    assert!(ask("sam", " ", Role::Viewer, YEAR).contains("what the token is for"));
    assert!(ask("sam", "x", Role::Viewer, 10).contains("after now"));
    assert!(ask("sam", "x", Role::Viewer, 11 + LONGEST).contains("within a year"));
    site.accounts.disable("sam", &note(11)).unwrap();
    assert!(
        refusal(site.accounts.create_token("sam", "x", Role::Viewer, YEAR, &note(12)))
            .contains("disabled")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn only_the_whole_token_is_known(cut in 0_usize..69, other in ".*") {
        let mut site = Site::new();
        let (_, secret) = site.accounts.create_token("sam", "x", Role::Viewer, YEAR, &note(1)).unwrap();
        for wrong in [&secret[..cut], &secret[5..], &format!("{secret} "), &other, "%", "sctl_%"] {
            prop_assert_eq!(role(&mut site, wrong, 2), None);
        }
        // A session is no token, and a token no session.
        prop_assert!(site.accounts.session(&secret, 2).unwrap().is_none());
        let token = site.enter("sam", 2).token;
        prop_assert_eq!(role(&mut site, &token, 2), None);
    }
}
