//! Passes as a crontab and the service make them, also when they are killed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use sct_mail::{Message, Outbox};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Data {
    folder: TempDir,
}

impl Data {
    fn new(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("sct-loop.toml"), settings).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sct-loop"));
        command.args(words.split_whitespace()).arg("--data").arg(self.folder.path());
        command.env("USER", "ann");
        command
    }

    fn run(&self, words: &str) -> Output {
        self.command(words).output().unwrap()
    }

    fn text(&self, words: &str, code: i32) -> String {
        let output = self.run(words);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words}\n{text}\n{error}");
        text
    }

    fn json(&self, words: &str) -> Value {
        serde_json::from_slice(&self.run(&format!("{words} --json")).stdout).unwrap()
    }

    /// Begins a command and kills it after some time, unless it ended before.
    fn kill(&self, words: &str, after: Duration) {
        let mut child =
            self.command(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(after);
        let _ = child.kill();
        child.wait().unwrap();
    }
}

#[test]
fn every_pass_is_a_command_that_leaves_a_heartbeat() {
    let data = Data::new("[passes]\ncopy = 0\n");
    assert!(data.text("pass list", 0).contains("never"));
    for pass in ["upload", "mail", "last-run", "copy", "credentials"] {
        let text = data.text(&format!("pass {pass}"), 0);
        assert!(text.starts_with(&format!("{pass}: ")), "{text}");
    }
    data.text("upload", 0);
    let list = data.json("pass list");
    for pass in list.as_array().unwrap() {
        assert_eq!(pass["last"]["result"], "ok", "{pass}");
        assert_eq!(pass["last"]["who"], "ann");
        assert_eq!(pass["next"].is_null(), pass["pass"] == "copy", "{pass}");
    }
    let wrong = Data::new("[passes]\nmail = \"often\"\n");
    let output = wrong.run("pass list");
    assert_eq!(output.status.code(), Some(7));
    assert!(String::from_utf8_lossy(&output.stderr).contains("line 2"));
}

/// A job of the source with some outputs.
fn job(from: &Path, run: u32, outputs: usize, bytes: usize) {
    let folder = from.join(format!("{run:08}/sctns"));
    fs::create_dir_all(&folder).unwrap();
    let files: Vec<Value> = (0..outputs)
        .map(|number| {
            let name = format!("r{run}.{number}.root");
            fs::write(folder.join(&name), vec![u8::try_from(number).unwrap(); bytes]).unwrap();
            json!({ "name": name, "file_size": bytes })
        })
        .collect();
    let report = json!({
        "exitCode": 0, "exitMsg": "OK", "created": "2022-11-20T10:00:00",
        "files": { "output": [{ "argName": "outputHITMapFile", "subFiles": files }] },
    });
    fs::write(folder.join(format!("r{run}._0001.jobReport.json")), report.to_string()).unwrap();
}

/// Names and contents below a folder, temporary ones left out.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            let below = tree(&entry.path());
            found.extend(below.into_iter().map(|(path, bytes)| (format!("{name}/{path}"), bytes)));
        } else if !name.starts_with('.') {
            found.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    found
}

#[test]
fn a_copy_that_is_killed_leaves_whole_files_and_goes_on() {
    let source = tempfile::tempdir().unwrap();
    for run in 437_001..437_007 {
        job(source.path(), run, 4, 3 << 20);
    }
    let whole = tree(source.path());
    let data = Data::new(&format!("[copy]\nfrom = \"{}\"\n", source.path().display()));
    for step in 1..12 {
        data.kill("pass copy", Duration::from_millis(9 * step));
        let there = tree(&data.path("results"));
        for (name, bytes) in &there {
            assert!(whole.get(name) == Some(bytes), "{name} is not whole");
        }
        // Where a report is, everything is.
        for report in there.keys().filter(|name| name.ends_with("jobReport.json")) {
            let job = report.split("._0001").next().unwrap();
            let outputs = there.keys().filter(|name| name.starts_with(&format!("{job}."))).count();
            assert!(outputs >= 4, "{report} has {outputs}");
        }
    }
    data.text("pass copy", 0);
    assert_eq!(tree(&data.path("results")), whole);
    assert!(data.text("pass copy", 0).contains("0 jobs copied, 6 unchanged"));
    let why = data.text("why 437009 sctns", 0);
    assert!(
        why.contains("not at the place results are copied from either: last copy at 2"),
        "{why}"
    );
}

#[test]
fn mails_that_are_killed_on_their_way_arrive() {
    let there =
        Command::new("python3").args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        eprintln!("skipped: Python has no aiosmtpd");
        return;
    }
    let arrived = tempfile::tempdir().unwrap();
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/sct-mail/tests/server/smtpd.py");
    let mut server = Command::new("python3")
        .args(["-W", "ignore"])
        .arg(script)
        .arg(arrived.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut port = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
    let data = Data::new(&format!(
        "[mail]\nexperts = [\"eve@example.org\"]\n[mail.server]\nhost = \"127.0.0.1\"\nsecurity = \"none\"\nport = {}\n",
        port.trim()
    ));
    let outbox = Outbox::open(&data.path("outbox")).unwrap();
    let count = 150;
    for number in 0..count {
        let message = Message {
            from: "loop@example.org".parse().unwrap(),
            to: vec!["eve@example.org".parse().unwrap()],
            subject: format!("mail {number}"),
            text: "text\n".to_owned(),
        };
        outbox.put(&format!("m{number:03}"), &message, number).unwrap();
    }
    let kills = 8;
    for step in 1..=kills {
        data.kill("pass mail", Duration::from_millis(25 * step));
    }
    data.text("pass mail", 0);
    let _ = server.kill();
    server.wait().unwrap();

    let mut ids: BTreeMap<String, usize> = BTreeMap::new();
    for mail in tree(arrived.path()).values() {
        let text = String::from_utf8_lossy(mail);
        let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap();
        *ids.entry(id.to_owned()).or_default() += 1;
    }
    assert_eq!(ids.len(), 150, "every message arrived");
    // A kill may come between the server's answer and the note of it: at most one message for each, under the same name.
    let twice: usize = ids.values().map(|times| times - 1).sum();
    assert!(twice <= 8, "{twice} copies after {kills} kills");
    assert_eq!((outbox.waiting().unwrap().len(), outbox.sent().unwrap().len()), (0, 150));
    assert!(outbox.failed().unwrap().is_empty());
}

#[test]
fn the_service_makes_the_passes() {
    let data = Data::new("poll = 0.05\n[passes]\nlast_run = 0.01\nupload = 0\n");
    let mut child = data.command("serve --no-web").stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    let result = |list: &Value, pass: &str| {
        let found = list.as_array().unwrap().iter().find(|one| one["pass"] == pass).unwrap();
        found["last"]["result"].as_str().map(str::to_owned)
    };
    loop {
        let list = data.json("pass list");
        let made = ["mail", "last-run", "copy", "credentials"].map(|pass| result(&list, pass));
        if made.iter().all(|word| word.as_deref() == Some("ok")) {
            assert_eq!(result(&list, "upload"), None, "it is off");
            break;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{list:#}");
        thread::sleep(Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

mod shift_report;
