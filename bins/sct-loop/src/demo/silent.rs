//! Dead and quiet components of a run: read back, compared with the truth, and shown.

use std::path::Path;

use sct_conditions::{Source, normalized};
use sct_id::WaferHash;
use sct_sim::{Match, RawRun, Settings, Silent, SilentComparison, known_bad_csv};
use sct_xml::DeadSummary;

use super::job;
use crate::page::Block;

/// Modules shown in tables.
const ROWS: usize = 100;

/// One search, read back from its summary.
#[derive(Debug)]
pub struct SilentResult {
    /// The summary.
    pub summary: DeadSummary,
    /// Found and true components, on links without byte-stream errors.
    pub comparison: SilentComparison,
}

/// Reads both summaries as a user would.
pub(super) fn read_back(
    settings: &Settings,
    folder: &Path,
    run: &RawRun,
) -> anyhow::Result<[SilentResult; 2]> {
    let mut known_bad = sct_conditions::KnownBad::default();
    known_bad.add_csv(known_bad_csv(settings)?.as_bytes())?;
    let is_off = |wafer: WaferHash| {
        known_bad.is_bad_module(Source::Configuration, wafer.module())
            || known_bad.is_bad_link(Source::Configuration, wafer)
    };
    let has_errors = |wafer: WaferHash| {
        run.errors.outside(wafer) > 0 || run.errors.wafer(wafer).iter().any(|&events| events > 0)
    };
    // RODs that are missing from the whole run look like dead links, and are.
    let missing =
        WaferHash::all().filter(|&wafer| run.maps.hits.hits(wafer) == 0 && !is_off(wafer));
    let missing: Vec<WaferHash> = missing.collect();
    let swap = settings.readout_swap();
    let one = |name: &str, mut truth: Silent| -> anyhow::Result<SilentResult> {
        for &wafer in &missing {
            truth.add_link(wafer, &swap);
        }
        truth.retain(|wafer| !has_errors(wafer));
        let summary = DeadSummary::read(&folder.join(job::output(settings, name)))?;
        let mut found = Silent::default();
        for module in &summary.modules {
            let (chips, links) = (module.chips.clone(), module.links.clone());
            found.add_found(module.module, &module.strips, chips, links, &swap);
        }
        Ok(SilentResult { comparison: truth.compare(&found), summary })
    };
    Ok([
        one("DeadSummaryFile.xml", run.truth.dead())?,
        one("QuietSummaryFile.xml", run.truth.quiet())?,
    ])
}

/// What the page says about both.
pub(super) fn blocks([dead, quiet]: &[SilentResult; 2]) -> Vec<(String, Block)> {
    vec![
        ("Dead components: found and true".to_owned(), comparison(&dead.comparison)),
        ("Dead components".to_owned(), modules(&dead.summary)),
        ("Quiet components: found and true".to_owned(), comparison(&quiet.comparison)),
        ("Quiet components".to_owned(), modules(&quiet.summary)),
        ("About dead and quiet components".to_owned(), Block::Text(about(&quiet.summary))),
    ]
}

fn about(quiet: &DeadSummary) -> String {
    let none = Vec::new();
    let untestable = quiet.untestable.as_ref().unwrap_or(&none);
    let sides = |strips: bool| -> usize {
        let count = |module: &sct_xml::UntestableModule| {
            if strips { module.strips.len() } else { module.chips.len() }
        };
        untestable.iter().map(count).sum()
    };
    format!(
        "Links with byte-stream errors are not searched. Strips with more than {} hits per event are left out of the means \
         (NoisyThr4DeadFinding); with the default of 0.05, meant for streams with many hits, a noisy strip would make chips \
         of its side look quiet. Chips with little more than 20 expected hits fall below half of them by chance: these are \
         the quiet chips that are not true. With {} events, {} of {} sides have fewer than 20 expected hits a \
         strip and {} have fewer than 20 a chip: nothing can be said of quiet strips and chips there, and hardly anything \
         of dead ones.",
        job::NOISY,
        quiet.head.events,
        sides(true),
        WaferHash::COUNT,
        sides(false),
    )
}

fn comparison(comparison: &SilentComparison) -> Block {
    fn row<T>(name: &str, found: &Match<T>) -> Vec<String> {
        let numbers = [found.common, found.missing.len(), found.extra.len()];
        let numbers = numbers.map(|number| number.to_string());
        [name.to_owned()].into_iter().chain(numbers).collect()
    }
    Block::Table {
        header: ["", "found and true", "missed", "not true"].map(str::to_owned).to_vec(),
        rows: vec![
            row("links", &comparison.links),
            row("chips", &comparison.chips),
            row("strips", &comparison.strips),
        ],
    }
}

fn modules(summary: &DeadSummary) -> Block {
    let row = |module: &sct_xml::DeadSummaryModule| {
        let sides: Vec<String> = module.links.iter().map(ToString::to_string).collect();
        let chips: Vec<String> = module.chips.iter().map(ToString::to_string).collect();
        vec![
            module.serial.to_string(),
            module.module.position().to_string(),
            sides.join(" "),
            chips.join(" "),
            super::report::shortened(&normalized(&module.strips.defect_list_by_side())),
        ]
    };
    Block::Table {
        header: ["serial number", "module", "links", "chips", "strips in read-out order"]
            .map(str::to_owned)
            .to_vec(),
        rows: summary.modules.iter().take(ROWS).map(row).collect(),
    }
}
