//! A data folder with one run of every task, made by the writers of the tasks, with texts that would like to be markup.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header::HeaderMap},
};
use sct_loop::{
    schedule::Settings,
    web::{App, router},
};
use sct_result::Index;
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::results::Results;
pub(crate) use crate::results::{module, prefix};

pub(crate) const RUN: u32 = 440_199;
/// What somebody writes who wants to be more than text.
pub(crate) const MARKUP: &str = "<script>alert('x')</script>\" onload=\"y";

pub(crate) struct Site {
    pub(crate) folder: TempDir,
    router: Router,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn assert(&self, status: StatusCode, words: &[&str]) {
        let text = self.text();
        assert_eq!(self.status, status, "{text}");
        for word in words {
            assert!(text.contains(word), "'{word}' is not in\n{text}");
        }
    }
}

impl Site {
    /// Three runs; the middle one has everything.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = Results::new(&folder.path().join("results"), MARKUP, (RUN, 1_669_852_800));
        for (number, strips) in [(RUN - 7, 3), (RUN, 5), (RUN + 11, 4)] {
            site.noisy(number, &[(17, strips), (2469, 7 * strips)]);
            site.noise(number, f32::from(u16::try_from(strips).unwrap()));
        }
        site.others(RUN);
        Self::open(folder)
    }

    pub(crate) fn open(folder: TempDir) -> Self {
        let settings = Settings::read(folder.path()).unwrap();
        let mut index = Index::open(&settings.results_index()).unwrap();
        index.refresh(&settings.results()).unwrap();
        index.read_lists(usize::MAX).unwrap();
        let router = router(App::open(settings).unwrap());
        Self { folder, router }
    }

    pub(crate) fn refresh(&self) {
        let settings = Settings::read(self.folder.path()).unwrap();
        let mut index = Index::open(&settings.results_index()).unwrap();
        index.refresh(&settings.results()).unwrap();
        index.read_lists(usize::MAX).unwrap();
    }

    /// Folder of the results of a task of [`RUN`].
    pub(crate) fn results(&self, kind: &str) -> PathBuf {
        self.folder.path().join(format!("results/{RUN:08}/{kind}"))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        answer.assert(StatusCode::OK, &["<main id=\"main\""]);
        answer.text()
    }
}

/// Where addresses of a page lead to, without those of other sections of it.
pub(crate) fn links(page: &str) -> BTreeMap<String, usize> {
    let mut links = BTreeMap::new();
    for start in ["href=\"", "src=\""] {
        for piece in page.split(start).skip(1) {
            let link = piece.split('"').next().unwrap_or_default().replace("&amp;", "&");
            let link = link.split('#').next().unwrap_or_default().to_owned();
            *links.entry(link).or_default() += 1;
        }
    }
    links
}

/// Names of the files of a folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
