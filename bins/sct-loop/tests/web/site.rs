//! A data folder with results, and the page on it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, Response, StatusCode, header},
};
use sct_account::{Accounts, NewAccount, Note, Role};
use sct_conditions::{MONITORING, Row, StripSet, monitoring_row};
use sct_cool::{
    Clock, Database, FolderContent, Selection, StoreTarget, Writer, create_master, verify,
    write_file,
};
use sct_id::{Iov, ModuleHash, RunNumber};
use sct_loop::{
    schedule::Settings,
    uploader::Uploader,
    web::{App, router},
};
use sct_result::Index;
use sct_upload::Done;
use sct_xml::BadStripsSummary;
use tempfile::TempDir;
use tower::ServiceExt as _;

/// Password of every account of the tests.
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const NOW: i64 = 1_764_000_000;
const MODULES: usize = 30;

/// A data folder with a master, accounts and results.
pub(crate) struct Site {
    folder: TempDir,
    router: Router,
    app: App,
}

/// Somebody at the page: the cookie and the token of the session, as a browser keeps them.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

/// An answer with its body read.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) head: Response<()>,
    pub(crate) text: String,
}

pub(crate) fn run(number: u32) -> RunNumber {
    RunNumber::new(number).unwrap()
}

fn rows(number: u32, list: &str) -> Vec<Row> {
    let iov = Iov::run(run(number));
    let modules = ModuleHash::all().take(MODULES);
    modules.map(|module| monitoring_row(module, iov, 0.015, list).unwrap()).collect()
}

impl Site {
    /// A site without results; its master has one upload.
    pub(crate) fn new() -> Self {
        Self::with("", |_| {})
    }

    /// The same with settings, and with what `fill` puts into the folder.
    pub(crate) fn with(settings: &str, fill: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("sct-loop.toml"), settings).unwrap();
        fill(folder.path());
        let master = folder.path().join("CONDBR2.db");
        create_master(&master, "CONDBR2").unwrap();
        let mut writer = Writer::open(&master, None, Clock::system()).unwrap();
        let tag = StoreTarget::Tag(MONITORING.tag.to_owned());
        writer.store(MONITORING.path, &tag, &rows(300_000, " 4 ")).unwrap();
        drop(writer);
        fs::create_dir_all(folder.path().join("results")).unwrap();
        let settings = Settings::read(folder.path()).unwrap();
        let mut accounts = Accounts::open(&settings.ledger()).unwrap();
        for (name, role) in [
            ("root", Role::Admin),
            ("eve", Role::Expert),
            ("sam", Role::Shifter),
            ("tom", Role::Shifter),
            ("vic", Role::Viewer),
        ] {
            let new = NewAccount { name: name.to_owned(), role, ..NewAccount::default() };
            accounts.create(&new, Some(PASSWORD), &note()).unwrap();
        }
        let app = App::open(settings).unwrap();
        Self { folder, router: router(app.clone()), app }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn app(&self) -> App {
        self.app.clone()
    }

    pub(crate) fn settings(&self) -> &Settings {
        self.app.settings()
    }

    /// The noisy strips of a run, as a task leaves them; the index sees them.
    pub(crate) fn noisy(&self, number: u32, list: &str, flag: char, reason: &str) {
        let folder = self.path(&format!("results/{number:08}/sctns"));
        fs::create_dir_all(&folder).unwrap();
        let dataset =
            format!("data22_13p6TeV.{number:08}.calibration_SCTNoise.sctcal.NOISYSTRIP.c0_c0");
        let path = |name: &str| folder.join(format!("{dataset}._0001.{name}"));
        let tag = MONITORING.tag.to_owned();
        let content = FolderContent { folder: MONITORING.folder(), tag, rows: rows(number, list) };
        write_file(&path("mycool.db"), "CONDBR2", &[content]).unwrap();
        let mut summary = summary(number, flag, reason);
        summary.set_times(NOW - 7_200, NOW);
        summary.write(&path("BadStripsSummaryFile.xml")).unwrap();
        let report = serde_json::json!({
            "exitCode": 0, "exitMsg": "OK", "exitMsgExtra": "", "sctcalib": { "part": ["doNoisyStrip"], "run": number },
            "files": { "output": [{ "argName": "outputCOOL", "subFiles": [{ "name": format!("{dataset}._0001.mycool.db") }] }] },
        });
        fs::write(path("jobReport.json"), report.to_string()).unwrap();
        self.refresh();
    }

    pub(crate) fn refresh(&self) {
        let settings = self.settings();
        let mut index = Index::open(&settings.results_index()).unwrap();
        index.refresh(&settings.results()).unwrap();
        index.read_lists(usize::MAX).unwrap();
    }

    /// What the hourly pass does.
    pub(crate) fn pass(&self) -> Done {
        Uploader::open(self.settings().uploads("uploader")).unwrap().pass().unwrap()
    }

    /// Objects of a run, in a master that is sound.
    pub(crate) fn objects(&self, number: u32) -> usize {
        let master = self.path("CONDBR2.db");
        assert_eq!(verify(&master).unwrap(), []);
        let at = Selection::tag(MONITORING.tag).at(Iov::run(run(number)).since());
        Database::open(&master).unwrap().objects(MONITORING.path, &at).unwrap().len()
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, head: Response::from_parts(parts, ()), text }
    }

    pub(crate) async fn get(&self, browser: &Browser, path: &str) -> Answer {
        let request = Request::get(path).header(header::COOKIE, &browser.cookie);
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    /// A form as the page of the session sends it.
    pub(crate) async fn send(
        &self,
        browser: &Browser,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let own = [("csrf", browser.csrf.as_str())];
        self.post(browser, path, own.iter().chain(fields)).await
    }

    /// A form made by hand.
    pub(crate) async fn post<'a>(
        &self,
        browser: &Browser,
        path: &str,
        fields: impl IntoIterator<Item = &'a (&'a str, &'a str)>,
    ) -> Answer {
        let body: Vec<String> =
            fields.into_iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let request = Request::post(path)
            .header(header::COOKIE, &browser.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(body.join("&"))).unwrap()).await
    }

    /// Signs in and keeps cookie and token.
    pub(crate) async fn sign_in(&self, name: &str) -> Browser {
        let fields = [("name", name), ("password", PASSWORD)];
        let answer = self.post(&Browser::default(), "/sign-in", &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let cookie = answer.head.headers()[header::SET_COOKIE].to_str().unwrap();
        let mut browser =
            Browser { cookie: cookie.split(';').next().unwrap().to_owned(), csrf: String::new() };
        let page = self.get(&browser, "/noisy-strips").await.text;
        between(&page, "name=\"csrf\" value=\"", "\"").clone_into(&mut browser.csrf);
        browser
    }
}

impl Answer {
    pub(crate) fn assert(&self, status: StatusCode, words: &[&str]) {
        assert_eq!(self.status, status, "{}", self.text);
        for word in words {
            assert!(self.text.contains(word), "'{word}' is not in\n{}", self.text);
        }
    }
}

pub(crate) fn note() -> Note {
    let time = jiff::Timestamp::now().as_second();
    Note { time, who: "test".to_owned(), from: String::new(), why: "test".to_owned() }
}

/// The text between two others.
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let start =
        text.find(before).unwrap_or_else(|| panic!("no {before} in\n{text}")) + before.len();
    text[start..].split(after).next().unwrap()
}

/// A value of a form, every byte of it escaped.
fn encoded(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn summary(number: u32, flag: char, reason: &str) -> BadStripsSummary {
    BadStripsSummary {
        run: run(number),
        start: String::new(),
        end: String::new(),
        duration: 0,
        lumi_blocks: 120,
        events: 20_000,
        modules_count: MODULES as u64,
        links: 1,
        chips_count: 2,
        strips_all: 1_234,
        strips_new: 56,
        modules_reference: 29,
        strips_reference: 1_200,
        modules_different: 7,
        flag,
        flag_reason: reason.to_owned(),
        flag_enabled: true,
        recent_available: true,
        check_list: "tests".to_owned(),
        chips: Vec::new(),
        modules: vec![sct_xml::SummaryModule {
            serial: "20220170200001".parse().unwrap(),
            module: ModuleHash::new(5).unwrap(),
            links: Vec::new(),
            chips: Vec::new(),
            all: StripSet::default(),
            new: StripSet::default(),
            reference: StripSet::default(),
        }],
    }
}
