#![allow(missing_docs, clippy::all, clippy::pedantic, unused)]
use sct_id::RunNumber;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
#[derive(Debug)]
pub struct Index;
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("")]
    Other,
}
#[derive(Clone, Debug)]
pub struct ResultFile {
    pub name: String,
    pub size: u64,
}
#[derive(Clone, Debug)]
pub struct Part {
    pub part: String,
    pub layer: String,
    pub eta: String,
    pub side: String,
    pub module: String,
    pub values: BTreeMap<String, f64>,
}
#[derive(Clone, Debug)]
pub struct Summary {
    pub start: Option<i64>,
    pub end: Option<i64>,
    pub duration: Option<i64>,
    pub lumi_blocks: Option<u64>,
    pub events: Option<u64>,
    pub flag: Option<char>,
    pub reasons: Vec<String>,
    pub values: BTreeMap<String, String>,
    pub parts: Vec<Part>,
    pub standby: Option<String>,
}
#[derive(Clone, Debug)]
pub struct RunResult {
    pub run: RunNumber,
    pub kind: String,
    pub dataset: String,
    pub folder: PathBuf,
    pub files: Vec<ResultFile>,
    pub modified: i64,
    pub summary: Option<Summary>,
    pub database: Option<ResultFile>,
    pub attempts: usize,
    pub sha256: Option<String>,
    pub complaint: Option<String>,
}
pub struct Refreshed {
    pub complaints: Vec<String>,
}
impl Index {
    pub fn open(_: &Path) -> Result<Self, Error> {
        todo!()
    }
    pub fn newest(
        &self,
        kind: &str,
        before: Option<RunNumber>,
        count: usize,
    ) -> Result<Vec<RunResult>, Error> {
        todo!()
    }
    pub fn attempts(&self, run: RunNumber, kind: &str) -> Result<Vec<RunResult>, Error> {
        todo!()
    }
    pub fn refresh(&mut self, results: &Path) -> Result<Refreshed, Error> {
        todo!()
    }
    pub fn run(&self, run: RunNumber) -> Result<Vec<RunResult>, Error> {
        todo!()
    }
    pub fn runs_in_all(&self, kind: &str) -> Result<usize, Error> {
        todo!()
    }
    pub fn last_run(&self, kind: &str) -> Result<Option<RunNumber>, Error> {
        todo!()
    }
}
