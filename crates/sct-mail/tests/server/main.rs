//! The outbox against a real SMTP server, started here: aiosmtpd. Where Python has none, the tests say that they are skipped.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use sct_mail::{Address, Error, Login, Message, Outbox, Security, Sent, Smtp};
use tempfile::TempDir;

struct Server {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// A server, unless Python lacks one.
    fn start(options: &[&str]) -> Option<Self> {
        let there =
            Command::new("python3").args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
        if !there.is_ok_and(|status| status.success()) {
            eprintln!("skipped: Python has no aiosmtpd");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/server/smtpd.py");
        let mut command = Command::new("python3");
        command.arg("-W").arg("ignore").arg(script).arg(folder.path()).args(options);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Some(Self { child, port: line.trim().parse().unwrap(), folder })
    }

    fn smtp(&self) -> Smtp {
        Smtp {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            security: Security::None,
            certificate: None,
            login: None,
            timeout: Duration::from_secs(20),
            attempts: 3,
        }
    }

    /// From now on everything is taken.
    fn open(&self) {
        fs::write(self.folder.path().join("open"), "").unwrap();
    }

    /// What was taken, in this order.
    fn mails(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut paths: Vec<PathBuf> =
            entries.filter(|path| path.extension().is_some_and(|end| end == "eml")).collect();
        paths.sort();
        paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
    }
}

fn message(subject: &str, to: &[&str]) -> Message {
    Message {
        from: Address::new("The loop", "loop@example.org").unwrap(),
        to: to.iter().map(|to| to.parse().unwrap()).collect(),
        subject: subject.to_owned(),
        text: "First line.\n.\n..two dots\nÄrger in Zürich\n".to_owned(),
    }
}

fn outbox() -> (TempDir, Outbox) {
    let folder = tempfile::tempdir().unwrap();
    let outbox = Outbox::open(&folder.path().join("outbox")).unwrap();
    (folder, outbox)
}

fn ids(list: &[(String, String)]) -> Vec<&str> {
    list.iter().map(|(id, _)| id.as_str()).collect()
}

/// Text of a message as its reader sees it, by Python's own parser.
fn read(mail: &str) -> String {
    let script = "import email, email.policy, sys\n\
                  m = email.message_from_string(sys.stdin.read(), policy=email.policy.default)\n\
                  print(m['subject'], '|', m['to'], '|', m['message-id'], '|', m['bcc'])\n\
                  print(m.get_content(), end='')";
    let mut child = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), mail.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn a_message_arrives_once_and_as_it_was_written() {
    let Some(server) = Server::start(&[]) else { return };
    let (_folder, outbox) = outbox();
    let hostile = message(
        "run 1\r\nBcc: x@example.org",
        &["Ann\nBcc: y@z.org <ann@example.org>", "bob@example.org"],
    );
    outbox.put("a-1", &hostile, 1_669_852_800).unwrap();
    assert_eq!(outbox.send(&server.smtp(), 5).unwrap().sent, ["a-1"]);
    assert!(!outbox.put("a-1", &hostile, 1_669_852_900).unwrap());
    assert_eq!(outbox.send(&server.smtp(), 6).unwrap(), Sent::default());

    let [mail] = &server.mails()[..] else { panic!("one message") };
    assert!(mail.starts_with("X-To: ann@example.org,bob@example.org\nX-Tls: False\n"), "{mail}");
    let text = read(mail);
    let (head, body) = text.split_once('\n').unwrap();
    assert_eq!(
        head,
        "run 1  Bcc: x@example.org | \"Ann Bcc: y@z.org\" <ann@example.org>, bob@example.org | <a-1@example.org> | None"
    );
    assert_eq!(body.trim_end(), hostile.text.trim_end());
    let sent = outbox.sent().unwrap();
    assert_eq!((sent[0].delivered.len(), sent[0].attempts, sent[0].ended), (2, 1, Some(5)));
}

#[test]
fn a_recipient_who_is_not_there_keeps_nobody_else_waiting() {
    let Some(server) = Server::start(&[]) else { return };
    let (_folder, outbox) = outbox();
    outbox
        .put("a", &message("a", &["nobody@example.org", "ann@example.org", "later@example.org"]), 1)
        .unwrap();
    outbox.put("b", &message("b", &["nobody@example.org"]), 2).unwrap();
    outbox.put("c", &message("unwanted", &["ann@example.org"]), 3).unwrap();
    outbox.put("d", &message("d", &["bob@example.org"]), 4).unwrap();

    let first = outbox.send(&server.smtp(), 10).unwrap();
    assert_eq!(first.sent, ["d"]);
    assert_eq!((ids(&first.waiting), ids(&first.failed)), (vec!["a"], vec!["b", "c"]));
    assert!(first.waiting[0].1.contains("come back later"), "{first:?}");
    assert!(first.failed[0].1.contains("no such mailbox"), "{first:?}");
    assert!(first.failed[1].1.contains("not wanted"), "{first:?}");
    assert_eq!(outbox.failed().unwrap().len(), 2);

    server.open();
    assert_eq!(outbox.send(&server.smtp(), 11).unwrap().sent, ["a"]);
    let to: Vec<String> =
        server.mails().iter().map(|mail| mail.lines().next().unwrap().to_owned()).collect();
    assert_eq!(to, ["X-To: ann@example.org", "X-To: bob@example.org", "X-To: later@example.org"]);
    let sent = outbox.sent().unwrap();
    let a = sent.iter().find(|entry| entry.id == "a").unwrap();
    assert_eq!((a.delivered.len(), a.refused.len(), a.attempts), (2, 1, 2));

    assert_eq!(outbox.retry().unwrap(), 2);
    assert_eq!(ids(&outbox.send(&server.smtp(), 12).unwrap().failed), ["b", "c"]);
}

#[test]
fn a_server_that_is_away_is_tried_so_often() {
    let (_folder, outbox) = outbox();
    // A port that was free a moment ago, and has nobody.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let smtp = Smtp {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::None,
        certificate: None,
        login: None,
        timeout: Duration::from_secs(20),
        attempts: 2,
    };
    outbox.put("a", &message("a", &["ann@example.org"]), 1).unwrap();
    let first = outbox.send(&smtp, 10).unwrap();
    assert_eq!(ids(&first.waiting), ["a"]);
    assert!(first.waiting[0].1.contains("Connection refused"), "{first:?}");
    let second = outbox.send(&smtp, 11).unwrap();
    assert_eq!(ids(&second.failed), ["a"]);
    assert!(second.failed[0].1.starts_with("given up after 2 attempts"), "{second:?}");
    assert!(outbox.failed().unwrap()[0].reason.contains("Connection refused"));

    let Some(server) = Server::start(&[]) else { return };
    assert_eq!(outbox.retry().unwrap(), 1);
    assert_eq!(outbox.send(&server.smtp(), 12).unwrap().sent, ["a"]);
}

#[test]
fn a_server_that_falls_silent_is_left() {
    let Some(server) = Server::start(&[]) else { return };
    let (_folder, outbox) = outbox();
    outbox.put("a", &message("silence", &["ann@example.org"]), 1).unwrap();
    outbox.put("b", &message("b", &["ann@example.org"]), 2).unwrap();
    let smtp = Smtp { timeout: Duration::from_secs(3), ..server.smtp() };
    let sent = outbox.send(&smtp, 10).unwrap();
    assert_eq!((sent.sent, ids(&sent.waiting)), (vec!["b".to_owned()], vec!["a"]));
    server.open();
    assert_eq!(outbox.send(&server.smtp(), 11).unwrap().sent, ["a"]);
}

/// A certificate for 127.0.0.1, made by openssl.
fn certificate(folder: &Path) -> Option<(PathBuf, PathBuf)> {
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let made = Command::new("openssl")
        .args("req -x509 -newkey rsa:2048 -nodes -days 36500 -subj /CN=localhost".split(' '))
        .args(
            "-addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE"
                .split(' '),
        )
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&cert)
        .stderr(Stdio::null())
        .status();
    if made.is_ok_and(|status| status.success()) {
        return Some((cert, key));
    }
    eprintln!("skipped: there is no openssl to make a certificate");
    None
}

#[test]
fn the_way_is_private_and_a_rejected_password_is_not_repeated() {
    let keys = tempfile::tempdir().unwrap();
    let Some((cert, key)) = certificate(keys.path()) else { return };
    let (cert_option, key_option) =
        (format!("cert={}", cert.display()), format!("key={}", key.display()));
    for (security, more) in [(Security::StartTls, "tls=later"), (Security::Tls, "tls=whole")] {
        let mut options = vec![cert_option.as_str(), &key_option, more];
        // This server signs in after STARTTLS alone.
        let signs_in = security == Security::StartTls;
        if signs_in {
            options.push("auth=yes");
        }
        let Some(server) = Server::start(&options) else { return };
        let (folder, outbox) = outbox();
        outbox.put("a", &message("a", &["ann@example.org"]), 1).unwrap();
        let stranger = Smtp { security, ..server.smtp() };
        let unknown = outbox.send(&stranger, 2).unwrap();
        assert!(unknown.waiting[0].1.to_lowercase().contains("certificate"), "{unknown:?}");

        let password_file = folder.path().join("password");
        let login = signs_in
            .then(|| Login { user: "loop".to_owned(), password_file: password_file.clone() });
        let smtp = Smtp { security, certificate: Some(cert.clone()), login, ..server.smtp() };
        if signs_in {
            fs::write(&password_file, "wrong\n").unwrap();
            fs::set_permissions(&password_file, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(outbox.send(&smtp, 3), Err(Error::Secret { .. })));
            fs::set_permissions(&password_file, fs::Permissions::from_mode(0o600)).unwrap();
            for _ in 0..3 {
                let error = outbox.send(&smtp, 4).unwrap_err();
                assert!(error.to_string().starts_with("credentials rejected"), "{error}");
            }
            assert_eq!(fs::read_to_string(server.folder.path().join("attempts")).unwrap(), "x");
            fs::write(&password_file, "hunter2\n").unwrap();
        }
        assert_eq!(outbox.send(&smtp, 5).unwrap().sent, ["a"]);
        let mail = &server.mails()[0];
        // The other server speaks nothing but TLS.
        assert!(!signs_in || mail.contains("X-Tls: True\nX-User: True\n"), "{mail}");
    }
}

#[test]
fn a_password_does_not_leave_the_machine_in_the_open() {
    let folder = tempfile::tempdir().unwrap();
    let password_file = folder.path().join("password");
    fs::write(&password_file, "hunter2").unwrap();
    fs::set_permissions(&password_file, fs::Permissions::from_mode(0o600)).unwrap();
    let smtp = Smtp {
        host: "mail.example.org".to_owned(),
        port: 25,
        security: Security::None,
        certificate: None,
        login: Some(Login { user: "loop".to_owned(), password_file }),
        timeout: Duration::from_secs(1),
        attempts: 1,
    };
    assert!(smtp.check().unwrap_err().to_string().contains("without TLS"));
    assert!(Smtp { host: "localhost".to_owned(), ..smtp }.check().is_ok());
}

#[test]
fn one_program_sends_at_a_time() {
    let Some(server) = Server::start(&[]) else { return };
    let (folder, outbox) = outbox();
    outbox.put("a", &message("a", &["ann@example.org"]), 1).unwrap();
    let lock = fs::File::create(folder.path().join("outbox/lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(outbox.send(&server.smtp(), 2), Err(Error::Busy(_))));
    drop(lock);
    assert_eq!(outbox.send(&server.smtp(), 3).unwrap().sent, ["a"]);
}
