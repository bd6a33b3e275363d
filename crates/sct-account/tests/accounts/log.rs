//! The audit log.

use sct_account::{AREA, Entry, Filter, Role};
use sct_ledger::{Journal, Ledger};

use crate::{HERE, PASSWORD, Site, note};

fn lines(site: &Site, filter: &Filter) -> Vec<String> {
    let entries = site.accounts.entries(filter, 100).unwrap();
    let line = |entry: Entry| {
        let Entry { time, who, from, action, subject, reason, outcome } = entry;
        format!("{time} {who}@{from} {action} {subject}: {outcome} ({reason})")
    };
    entries.into_iter().map(|(_, entry)| line(entry)).collect()
}

#[test]
fn everything_is_written_down() {
    let mut site = Site::new();
    let accounts = &mut site.accounts;
    accounts.set_role("sam", Role::Expert, &note(1)).unwrap();
    accounts.sign_in("sam", PASSWORD, "10.0.0.9", 2).unwrap();
    accounts.sign_in("sam", "wrong", "10.0.0.9", 3).unwrap_err();
    accounts.sign_in("my password by mistake", "wrong", HERE, 4).unwrap_err();
    accounts.disable("sam", &note(5)).unwrap();
    let (id, _) = accounts.create_token("eve", "trends", Role::Viewer, 99, &note(6)).unwrap();
    accounts.revoke(id, &note(7)).unwrap();
    let filter = Filter { since: Some(1), ..Filter::default() };
    let mut expected = [
        "1 root@10.0.0.1 account role sam: role expert, was shifter (a test)",
        "2 sam@10.0.0.9 sign in sam: done ()",
        "3 @10.0.0.9 sign in sam: wrong ()",
        "4 @10.0.0.1 sign in : wrong ()",
        "5 root@10.0.0.1 account disable sam: disabled (a test)",
        "6 root@10.0.0.1 token create eve: token 1 with the role viewer: trends (a test)",
        "7 root@10.0.0.1 token revoke eve: token 1 (a test)",
    ];
    expected.reverse();
    assert_eq!(lines(&site, &filter), expected);
}

#[test]
fn entries_are_found_and_paged() {
    let mut site = Site::new();
    for number in 0..10 {
        let entry = Entry {
            time: 100 + number,
            who: "sam".to_owned(),
            action: "upload request".to_owned(),
            subject: format!("run {}", number % 2),
            reason: "<script>alert(1)</script>".to_owned(),
            ..Entry::default()
        };
        site.accounts.audit(&entry).unwrap();
    }
    let of = |filter: &Filter| site.accounts.entries(filter, 4).unwrap();
    let uploads = Filter { action: Some("upload".to_owned()), ..Filter::default() };
    let first = of(&uploads);
    assert_eq!(first.iter().map(|(_, entry)| entry.time).collect::<Vec<_>>(), [109, 108, 107, 106]);
    assert_eq!(first[0].1.reason, "<script>alert(1)</script>");
    let second = of(&Filter { before: Some(first[3].0), ..uploads.clone() });
    assert_eq!(second[0].1.time, 105);
    assert_eq!(of(&Filter { subject: Some("run 1".to_owned()), ..uploads })[1].1.time, 107);
    assert_eq!(
        of(&Filter { who: Some("sam".to_owned()), since: Some(108), ..Filter::default() }).len(),
        2
    );
    assert!(of(&Filter { action: Some("%".to_owned()), ..Filter::default() }).is_empty());
}

#[test]
fn long_texts_are_cut() {
    let mut site = Site::new();
    let entry = Entry { time: 1, reason: "ä".repeat(1_000_000), ..Entry::default() };
    site.accounts.audit(&entry).unwrap();
    assert_eq!(
        site.accounts.entries(&Filter::default(), 1).unwrap()[0].1.reason,
        "ä".repeat(2_000)
    );
}

#[test]
fn the_log_only_grows() {
    let site = Site::new();
    let before = lines(&site, &Filter::default());
    assert_eq!(before.len(), 4);
    let mut ledger = Ledger::open(&site.path(), Journal::Wal, &[AREA]).unwrap();
    for text in [
        "UPDATE account_audit SET who = 'nobody'",
        "DELETE FROM account_audit",
        "DELETE FROM account_audit WHERE id = 1",
        "INSERT OR REPLACE INTO account_audit VALUES (1, 0, '', '', '', '', '', '')",
        "INSERT INTO account_audit VALUES (1, 0, '', '', '', '', '', '') ON CONFLICT DO UPDATE SET who = ''",
    ] {
        let error = ledger.write("test", |rows| rows.execute(text, [])).unwrap_err();
        let error = whole(&error);
        assert!(error.contains("the audit log only grows"), "{text}: {error}");
    }
    assert_eq!(lines(&site, &Filter::default()), before);
}

fn whole(error: &dyn std::error::Error) -> String {
    let source = error.source().map(whole).unwrap_or_default();
    format!("{error}: {source}")
}
