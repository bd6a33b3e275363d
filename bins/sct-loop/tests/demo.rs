//! The first command of the README, small: from simulated RAW to the page.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

/// The demo with its page; it ends with the test.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Head and body of an answer.
fn ask(address: &str, request: &str) -> (String, String) {
    let mut socket = TcpStream::connect(address).unwrap();
    write!(socket, "{request}").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

fn get(address: &str, path: &str) -> (String, String) {
    ask(address, &format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"))
}

#[test]
fn the_demo_ends_with_runs_on_its_page() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_sct-loop"));
    command.current_dir(&folder).args(["demo", "--small", "--listen", "127.0.0.1:0"]);
    let mut demo = Demo(command.stdout(Stdio::piped()).spawn().unwrap());
    let said = BufReader::new(demo.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut lines = Vec::new();
    for line in said {
        lines.push(line);
        if lines.last().unwrap().starts_with("the page is at ") {
            break;
        }
    }
    let address = lines.last().unwrap().strip_prefix("the page is at http://").unwrap();
    let text = lines.join("\n");
    for words in [
        "exactly the true ones",
        "5 of 5 monitoring tasks as simulated",
        "results of 12 runs before: 11 uploaded, 1 marked bad",
        "run 437549: waits for the shifter on the page",
    ] {
        assert!(text.contains(words), "'{words}' is not in\n{text}");
    }

    // Runs before, the run that is uploaded and the one that waits.
    let (_, tab) = get(address, "/noisy-strips");
    for words in
        ["437472", "437548", "437549", "has been processed but not uploaded", "bad: a part"]
    {
        assert!(tab.contains(words), "'{words}' is not in\n{tab}");
    }

    // A serial number that the page of a run names leads to its module.
    let (_, run) = get(address, "/runs/437549");
    let is_serial =
        |text: &&str| text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit());
    let serial = run.split(['<', '>']).find(is_serial).unwrap();
    let (head, _) = get(address, &format!("/modules?find={serial}"));
    assert!(head.contains(" 303 ") && head.contains("location: /modules/"), "{serial}: {head}");

    // The printed account is one.
    let (_, password) = text.split_once("sign in as shifter with the password ").unwrap();
    let form = format!("name=shifter&password={}", password.split(';').next().unwrap());
    let sign_in = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let (head, _) = ask(address, &sign_in);
    assert!(head.contains(" 303 ") && head.contains("set-cookie: "), "{head}");

    let stopped = Command::new("kill").args(["-INT", &demo.0.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert!(demo.0.wait().unwrap().success());
}
