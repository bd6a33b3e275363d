//! What a page about a run says about one task.

use sct_result::{RunResult, Summary};
use sct_sched::{state::Colour, store::Task};

use super::{
    super::super::{
        flag::{self, Look},
        maps::Map,
        number, result,
        tab::{Tab, fact, title_of},
        table::{Cell, Table},
    },
    details, download, fits, lumi_blocks,
};

/// State of a task in the table of tasks.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    pub(super) word: &'static str,
    pub(super) class: &'static str,
    pub(super) reason: String,
    pub(super) since: String,
    pub(super) link: String,
}

/// A picture that leads to a larger one.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) title: String,
    pub(super) link: String,
    pub(super) image: String,
}

/// A file to be had.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) link: String,
    pub(super) size: String,
    /// Address of its view; empty when it is no log.
    pub(super) log: String,
}

/// One task.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) kind: String,
    pub(super) title: String,
    /// Address of its tab; empty for tasks without one.
    pub(super) tab: String,
    pub(super) standings: Vec<Standing>,
    pub(super) look: Option<Look>,
    pub(super) reasons: Vec<String>,
    pub(super) facts: Vec<(String, String)>,
    /// What is wrong with its files.
    pub(super) complaints: Vec<String>,
    /// The map shown here.
    pub(super) map: Option<Picture>,
    /// Further maps: title and address.
    pub(super) maps: Vec<(String, String)>,
    pub(super) fits: Vec<fits::Picture>,
    pub(super) lumi_blocks: String,
    pub(super) tables: Vec<Table>,
    pub(super) attempts: Option<Table>,
    pub(super) files: Vec<File>,
}

impl Section {
    pub(super) fn new(
        kind: &str,
        newest: Option<&RunResult>,
        attempts: &[RunResult],
        tasks: &[Task],
    ) -> Self {
        let tab = Tab::of_kind(kind);
        let mut section = Self {
            kind: kind.to_owned(),
            title: title_of(kind),
            tab: tab.map(|tab| format!("/{}", tab.slug)).unwrap_or_default(),
            standings: tasks.iter().map(standing).collect(),
            look: None,
            reasons: Vec::new(),
            facts: Vec::new(),
            complaints: Vec::new(),
            map: None,
            maps: Vec::new(),
            fits: Vec::new(),
            lumi_blocks: String::new(),
            tables: Vec::new(),
            attempts: (attempts.len() > 1).then(|| attempts_table(attempts)),
            files: files(attempts),
        };
        if let Some(newest) = newest {
            section.show(newest, tab.is_some_and(|tab| tab.has_flag));
        }
        section
    }

    fn show(&mut self, result: &RunResult, has_flag: bool) {
        self.complaints.extend(result.complaint.clone());
        if let Some(summary) = &result.summary {
            self.facts = facts(summary);
            self.look = has_flag.then(|| flag::look(summary.flag));
            self.reasons.clone_from(&summary.reasons);
        }
        self.facts.push(("Data set".to_owned(), result.dataset.clone()));
        self.facts.push(("Stored".to_owned(), number::time(result.modified)));
        let at = format!("/runs/{}/{}", result.run, result.kind);
        let mut maps = Map::of(result).map(|map| {
            let link = format!("{at}/map/{}", map.slug);
            Picture { title: map.title.to_owned(), image: format!("{link}.svg?small"), link }
        });
        self.map = maps.next();
        self.maps = maps.map(|map| (map.title, map.link)).collect();
        match details::tables(result) {
            Ok(found) => {
                if found.lumi_blocks {
                    self.lumi_blocks = format!("{at}/{}", lumi_blocks::NAME);
                }
                self.fits = found.fits;
                self.tables = found.tables;
            }
            Err(error) => self.complaints.push(result::fault(result, &error)),
        }
    }

    /// Lists that are folded.
    pub(super) fn folded(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter().filter(|table| !table.rows.is_empty())
    }
}

fn standing(task: &Task) -> Standing {
    let class = match task.state.colour() {
        Colour::Plain => "plain",
        Colour::Yellow => "yellow",
        Colour::Green => "green",
        Colour::Red => "red",
        Colour::Grey => "grey",
    };
    Standing {
        word: task.state.word(),
        class,
        reason: task.reason.clone(),
        since: number::time(task.since),
        link: format!("/tasks/{}", task.id),
    }
}

/// Values that stand elsewhere on the page.
const KNOWN: [&str; 8] =
    ["RunNumber", "StartTime", "EndTime", "Duration", "LB", "Events", "Flag", "FlagReason"];

fn facts(summary: &Summary) -> Vec<(String, String)> {
    let time = |of: Option<i64>| of.map(number::time);
    let known = [
        ("Start", time(summary.start)),
        ("End", time(summary.end)),
        ("Duration", summary.duration.map(number::span)),
        ("Lumi blocks", summary.lumi_blocks.map(number::grouped)),
        ("Events", summary.events.map(number::grouped)),
    ];
    let known = known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let others = summary.values.iter().filter(|(name, _)| !KNOWN.contains(&name.as_str()));
    known.chain(others.map(|(name, value)| fact(name, value))).collect()
}

fn attempts_table(attempts: &[RunResult]) -> Table {
    let columns = ["Stored", "Data set", "Flag", "#Events", "#Files", "Database (SHA-256)"];
    let row = |result: &RunResult| {
        let summary = result.summary.as_ref();
        let events = summary.and_then(|summary| summary.events).map(number::grouped);
        let flag = flag::look(summary.and_then(|summary| summary.flag)).word;
        let sha256 = result.sha256.as_deref().unwrap_or_default();
        vec![
            number::time(result.modified).into(),
            result.dataset.clone().into(),
            flag.into(),
            events.unwrap_or_default().into(),
            Cell::count(result.files.len()),
            sha256.chars().take(16).collect::<String>().into(),
        ]
    };
    Table::new("Attempts, the newest first", &columns).with_rows(attempts.iter().map(row))
}

fn files(attempts: &[RunResult]) -> Vec<File> {
    let file = |(result, file): (&RunResult, &sct_result::ResultFile)| {
        let name = result::encoded(&file.name);
        let is_log = result::is_log(&file.name);
        let log = format!("/runs/{}/{}/log/{name}", result.run, result.kind);
        File {
            link: result::address(result, &file.name),
            size: number::size(file.size),
            log: if is_log { log } else { String::new() },
            name: file.name.clone(),
        }
    };
    download::all(attempts).into_iter().map(file).collect()
}
