//! What the page says about the two runs.

use std::path::Path;

use sct_sim::Match;
use sct_xml::BadStripsSummary;

use super::RunResult;
mod monitoring;

use crate::page::{Block, Flag, RunSection, render};

/// Modules and chips shown in tables.
const ROWS: usize = 200;

pub(super) fn page(runs: &[RunResult], out: &Path) -> String {
    let introduction = "Two consecutive runs of a simulated detector with known defects, worked through the noisy-strip \
                        loop and the tasks that read monitoring histograms: hit maps filled from RAW files and \
                        merged, noisy, dead and quiet strips found, occupancies, efficiencies and errors measured, \
                        lists and database written and read back. The noisy strips of the first run are uploaded into the master \
                        before the second starts, which finds its reference there.";
    let sections: Vec<RunSection> =
        (0..runs.len()).map(|index| section(&runs[..=index], out)).collect();
    render("SCT calibration loop: demo", introduction, &sections)
}

/// The last of some runs; the others are its history.
fn section(runs: &[RunResult], out: &Path) -> RunSection {
    let (run, earlier) = runs.split_last().expect("a section is made for a run");
    let summary = &run.summary;
    let mut blocks = vec![
        ("Summary".to_owned(), Block::Facts(facts(summary))),
        ("Found and true".to_owned(), comparison(run)),
    ];
    let (chip_plots, plots): (Vec<_>, Vec<_>) =
        run.plots.iter().partition(|(name, _)| name.starts_with("chip-"));
    for (name, svg) in plots {
        blocks.push((title(name), Block::Picture(svg.clone())));
    }
    let pictures = chip_plots.into_iter().map(|(name, svg)| (title(name), svg.clone())).collect();
    blocks.push(("Hits of noisy chips by lumi block".to_owned(), Block::Folded(pictures)));
    blocks.push(("Noisy chips".to_owned(), chips(summary)));
    blocks.push(("Modules".to_owned(), modules(summary)));
    blocks.extend(super::silent::blocks(&run.silent));
    for (index, task) in run.tasks.iter().enumerate() {
        let earlier: Vec<_> = earlier
            .iter()
            .filter_map(|run| Some((run.settings.run, run.tasks.get(index)?)))
            .collect();
        blocks.extend(monitoring::blocks(run.settings.run, task, &earlier));
    }
    blocks.extend(super::times::blocks(&run.times));
    if let Some(upload) = &run.upload {
        blocks.extend(super::upload::blocks(upload, out));
    }
    blocks.push(("Files".to_owned(), files(run, out)));
    let reasons = match summary.flag_reason.trim().trim_end_matches(';') {
        "" => Vec::new(),
        reasons => reasons.split("; ").map(str::to_owned).collect(),
    };
    RunSection { title: format!("Run {}", summary.run), flag: flag(summary.flag), reasons, blocks }
}

fn flag(letter: char) -> Flag {
    let meaning = match letter {
        'G' => "safe to upload",
        'Y' => "look before uploading: more noisy strips or modules than in recent runs",
        'R' => "not to be uploaded unseen: too few events or too many noisy modules",
        _ => "not tested",
    };
    Flag { letter, meaning }
}

fn facts(summary: &BadStripsSummary) -> Vec<(String, String)> {
    [
        ("Start", summary.start.clone()),
        ("End", summary.end.clone()),
        ("Events", summary.events.to_string()),
        ("Lumi blocks with events", summary.lumi_blocks.to_string()),
        ("Modules with noisy strips", summary.modules_count.to_string()),
        ("Noisy strips", summary.strips_all.to_string()),
        ("of these not in the reference", summary.strips_new.to_string()),
        ("Noisy wafers", summary.links.to_string()),
        ("Modules with noisy chips", summary.chips_count.to_string()),
        ("Strips of the reference", summary.strips_reference.to_string()),
        ("Modules that differ from it", summary.modules_different.to_string()),
    ]
    .map(|(label, value)| (label.to_owned(), value))
    .to_vec()
}

fn comparison(run: &RunResult) -> Block {
    fn row<T>(name: &str, found: &Match<T>) -> Vec<String> {
        vec![
            name.to_owned(),
            found.common.to_string(),
            found.missing.len().to_string(),
            found.extra.len().to_string(),
            if found.is_exact() { "exact".to_owned() } else { "differs".to_owned() },
        ]
    }
    Block::Table {
        header: ["", "found and true", "missed", "not true", ""].map(str::to_owned).to_vec(),
        rows: vec![
            row("strips", &run.comparison.strips),
            row("chips", &run.comparison.chips),
            row("wafers", &run.comparison.wafers),
        ],
    }
}

fn title(name: &str) -> String {
    match name {
        "occupancy.svg" => "Occupancy".to_owned(),
        "noisy-strips.svg" => "Where the noisy strips are".to_owned(),
        "dead-strips.svg" => "Where the dead strips are".to_owned(),
        "dead-chips.svg" => "Where the dead chips are".to_owned(),
        "quiet-strips.svg" => "Where the quiet strips are".to_owned(),
        "quiet-chips.svg" => "Where the quiet chips are".to_owned(),
        "dead-relative-hits.svg" => "Hits of strips relative to their side".to_owned(),
        "quiet-relative-hits.svg" => "The same, with the limit of quiet strips".to_owned(),
        other => {
            let name = other.trim_start_matches("chip-").trim_end_matches(".svg");
            let (module, chip) = name.rsplit_once('-').unwrap_or((name, ""));
            format!("chip {chip} of module {module}")
        }
    }
}

fn chips(summary: &BadStripsSummary) -> Block {
    let row = |chip: &sct_xml::SummaryChip| {
        // One-based here, as people count lumi blocks.
        let blocks: Vec<usize> = chip.lumi_blocks.iter().map(|index| index + 1).collect();
        vec![
            chip.serial.to_string(),
            chip.module.position().to_string(),
            chip.chip.to_string(),
            ranges(&blocks),
            format!("{:.1} %", 100.0 * chip.fraction),
        ]
    };
    Block::Table {
        header: ["serial number", "module", "chip", "noisy lumi blocks (from 1)", "of all"]
            .map(str::to_owned)
            .to_vec(),
        rows: summary.chips.iter().take(ROWS).map(row).collect(),
    }
}

fn modules(summary: &BadStripsSummary) -> Block {
    let list =
        |strips: &sct_conditions::StripSet| sct_conditions::normalized(&strips.defect_list());
    let row = |module: &sct_xml::SummaryModule| {
        vec![
            module.serial.to_string(),
            module.module.position().to_string(),
            module.all.len().to_string(),
            shortened(&list(&module.all)),
            shortened(&list(&module.new)),
        ]
    };
    Block::Table {
        header: ["serial number", "module", "strips", "noisy strips", "not in the reference"]
            .map(str::to_owned)
            .to_vec(),
        rows: summary.modules.iter().take(ROWS).map(row).collect(),
    }
}

fn ranges(numbers: &[usize]) -> String {
    sct_conditions::normalized(&sct_conditions::format_ranges(numbers.iter().copied()))
}

pub(super) fn shortened(list: &str) -> String {
    if list.len() > 120 {
        format!("{} ...", &list[..list[..120].rfind(' ').unwrap_or(120)])
    } else {
        list.to_owned()
    }
}

fn files(run: &RunResult, out: &Path) -> Block {
    let folder = run.folder.strip_prefix(out).unwrap_or(&run.folder).display().to_string();
    let size = |bytes: u64| {
        if bytes < 10_000 {
            format!("{bytes} bytes")
        } else {
            format!("{:.1} MB", bytes as f64 / 1e6)
        }
    };
    Block::Files(
        run.files.iter().map(|(name, bytes)| (format!("{folder}/{name}"), size(*bytes))).collect(),
    )
}
