//! `sct-loop account` as an operator uses it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};

use sct_account::{Accounts, Error};
use serde_json::Value;
use tempfile::TempDir;

const LOOP: &str = env!("CARGO_BIN_EXE_sct-loop");
const PASSWORD: &str = "correct horse battery";

struct Data {
    folder: TempDir,
}

impl Data {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Runs a command with this on standard input, away from any terminal.
    fn typed(&self, words: &[&str], input: &str) -> Output {
        let mut child = Command::new("setsid")
            .args(["--wait", LOOP, "account"])
            .args(words)
            .args(["--who", "operator", "--data"])
            .arg(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn does(&self, words: &[&str]) -> String {
        self.does_with(words, "")
    }

    fn does_with(&self, words: &[&str], input: &str) -> String {
        let output = self.typed(words, input);
        assert!(output.status.success(), "{words:?}: {}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What is said when a command is refused, as a wrong argument.
    fn refuses(&self, words: &[&str], input: &str) -> String {
        let output = self.typed(words, input);
        assert!(matches!(output.status.code(), Some(7 | 17)), "{words:?}: {}", text(&output));
        text(&output)
    }

    fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.does(&[words, &["--json"]].concat())).unwrap()
    }

    fn create(&self, name: &str, role: &str) {
        let words = ["create", name, "--role", role, "--password-stdin"];
        self.does_with(&words, &format!("{PASSWORD}\n"));
    }

    fn accounts(&self) -> Accounts {
        Accounts::open(&self.folder.path().join("ledger.db")).unwrap()
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn an_operator_lets_people_in_and_out() {
    let data = Data::new();
    let early = ["create", "sam", "--role", "shifter", "--password-stdin"];
    let said = data.refuses(&early, &format!("{PASSWORD}\n"));
    assert!(said.contains("the first account must have the role admin"), "{said}");
    let root = [
        "create",
        "root",
        "--role",
        "admin",
        "--password-stdin",
        "--full-name",
        "Root",
        "--email",
        "root@example.org",
    ];
    data.does_with(&root, &format!("{PASSWORD}\r\n"));
    data.create("sam", "shifter");

    let list = data.json(&["list"]);
    assert_eq!(list[0]["email"], "root@example.org");
    assert_eq!((&list[1]["name"], &list[1]["role"]), (&"sam".into(), &"shifter".into()));
    assert!(!list.to_string().contains("argon2"), "{list}");
    assert!(data.does(&["list"]).contains("sam                  shifter  active"));

    let mut accounts = data.accounts();
    let session = accounts.sign_in("sam", PASSWORD, "10.0.0.1", 1_000).unwrap();
    data.does(&["role", "sam", "expert", "--reason", "on call"]);
    assert!(accounts.session(&session.token, 1_001).unwrap().is_none());
    data.does(&["disable", "sam"]);
    let entered = accounts.sign_in("sam", PASSWORD, "10.0.0.1", 1_002);
    assert!(matches!(entered, Err(Error::Disabled)), "{entered:?}");
    data.does(&["enable", "sam"]);
    data.does_with(&["password", "sam", "--password-stdin"], "another horse battery\n");
    assert!(accounts.sign_in("sam", PASSWORD, "10.0.0.1", 1_003).is_err());
    accounts.sign_in("sam", "another horse battery", "10.0.0.1", 1_004).unwrap();

    let said = data.refuses(&["disable", "root"], "");
    assert!(said.contains("only admin"), "{said}");
    let said = data.refuses(&["role", "ida", "viewer"], "");
    assert!(said.contains("no account 'ida'"), "{said}");
}

#[test]
fn passwords_come_from_the_terminal_or_standard_input_alone() {
    let data = Data::new();
    let root = ["create", "root", "--role", "admin"];
    let said = data.refuses(&root, &format!("{PASSWORD}\n"));
    assert!(said.contains("no terminal") && said.contains("--password-stdin"), "{said}");
    let stdin = [&root[..], &["--password-stdin"]].concat();
    assert!(data.refuses(&stdin, "").contains("standard input has no password"));
    assert!(data.refuses(&stdin, "short\n").contains("too short"));
    assert!(
        data.refuses(&["create", "../root", "--role", "admin", "--no-password"], "")
            .contains("no name of an account")
    );
    assert!(
        data.refuses(&["create", "root", "--role", "king", "--no-password"], "")
            .contains("viewer, shifter, expert or admin")
    );
    assert_eq!(data.json(&["list"]), Value::Array(Vec::new()));
    data.does(&[&root[..], &["--no-password"]].concat());
    assert!(matches!(data.accounts().sign_in("root", "", "", 1), Err(Error::Wrong)));
}

#[test]
fn tokens_are_shown_once() {
    let data = Data::new();
    data.create("root", "admin");
    data.create("sam", "shifter");
    let made = data.json(&["token", "create", "sam", "--label", "trends", "--days", "30"]);
    let secret = made["token"].as_str().unwrap().to_owned();
    let plain = data.does(&["token", "create", "sam", "--label", "uploads", "--role", "shifter"]);
    assert!(plain.starts_with("sctl_") && plain.trim_end().len() == 69, "{plain}");

    let list = data.json(&["token", "list", "sam"]);
    assert_eq!((&list[0]["label"], &list[1]["role"]), (&"uploads".into(), &"viewer".into()));
    assert!(!list.to_string().contains(&secret[5..]));
    let listed = data.does(&["token", "list"]);
    assert!(listed.contains("trends") && listed.contains("never used"), "{listed}");
    assert_eq!(data.json(&["token", "list", "root"]), Value::Array(Vec::new()));

    let mut accounts = data.accounts();
    assert_eq!(accounts.by_token(&secret, 1_000).unwrap().unwrap().name, "sam");
    data.does(&["token", "revoke", &made["id"].to_string()]);
    assert!(accounts.by_token(&secret, 1_000).unwrap().is_none());
    assert!(accounts.by_token(plain.trim_end(), 1_000).unwrap().is_some());
    let high = data.refuses(&["token", "create", "sam", "--label", "x", "--role", "admin"], "");
    assert!(high.contains("role shifter at most"), "{high}");
}

#[test]
fn the_audit_log_says_who_and_why() {
    let data = Data::new();
    data.create("root", "admin");
    data.create("sam", "shifter");
    data.does(&["role", "sam", "expert", "--reason", "on call\u{1b}[2J"]);
    let entries = data.json(&["audit", "--action", "account role"]);
    assert_eq!(entries.as_array().unwrap().len(), 1);
    assert_eq!((&entries[0]["who"], &entries[0]["subject"]), (&"operator".into(), &"sam".into()));
    let shown = data.does(&["audit", "--days", "1", "--by", "operator", "--limit", "2"]);
    assert_eq!(shown.lines().count(), 2, "{shown}");
    assert!(
        shown.lines().next().unwrap().contains("account role sam: role expert, was shifter"),
        "{shown}"
    );
    assert!(!shown.contains('\u{1b}'), "texts do not steer the terminal");
}

#[test]
fn the_help_teaches() {
    let help = Data::new().does(&["--help"]);
    for words in ["Examples:", "--password-stdin", "Each may do what those before may"] {
        assert!(help.contains(words), "{words} is not in\n{help}");
    }
}
