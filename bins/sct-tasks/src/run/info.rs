//! `sct-run info`: one run at its end.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sct_id::RunNumber;
use sct_run::{Decoder, DetectorMask, Information, RunControl, run_info};
use serde_json::json;

use super::make_folder;
use crate::cli::{self, Verbosity};

/// The command line.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// Run number.
    #[arg(long, value_name = "N")]
    pub run: RunNumber,
    /// COOL file with the folder /TDAQ/RunCtrl/EOR.
    #[arg(long, value_name = "DB")]
    pub conditions: PathBuf,
    /// Folder for runInfo.txt.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
    /// Print everything as JSON, with all parts of the detector in the read-out.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "the text would show in --help")]
    pub verbosity: Verbosity,
}

/// Name of the file.
pub const FILE: &str = "runInfo.txt";

/// Reads run control and writes the file.
///
/// # Errors
///
/// Exit code 37 for runs that run control does not know or that go on, 74 for damaged values.
pub fn run(args: &Args) -> anyhow::Result<()> {
    args.verbosity.start_logging();
    let found = write(&RunControl::open(&[&args.conditions])?, args.run, &args.out)?;
    let info = &found.info;
    let text = if args.json {
        let year = info.project.get(4..6).and_then(|year| year.parse().ok());
        let decoder = year.map_or_else(|| Decoder::of_run(info.run), Decoder::of_year);
        let object = json!({
            "run": info.run,
            "project": info.project,
            "start": info.start,
            "end": info.end,
            "lumiBlocks": info.lumi_blocks,
            "sct": info.detectors,
            "detectorMask": found.mask.to_string(),
            "detectors": found.mask.parts(decoder),
        });
        format!("{object:#}\n")
    } else if args.verbosity.quiet {
        String::new()
    } else {
        format!("{}\n", info.to_text())
    };
    cli::print(&text)
}

/// Writes `runInfo.txt` of a run into a folder.
///
/// # Errors
///
/// As [`run_info`], and when the file cannot be written.
pub fn write(control: &RunControl, run: RunNumber, folder: &Path) -> anyhow::Result<Information> {
    write_all(control, &[run], folder)
}

/// The same of several runs as if they were the last one of them: from the start of the first to the end of the last, with
/// the lumi blocks of all and the parts that were always in the read-out.
///
/// # Errors
///
/// As [`write`].
pub fn write_all(
    control: &RunControl,
    runs: &[RunNumber],
    folder: &Path,
) -> anyhow::Result<Information> {
    let mut all: Option<Information> = None;
    for run in runs {
        let mut next = run_info(control, *run)?;
        if let Some(before) = &all {
            next.info.start = next.info.start.min(before.info.start);
            next.info.end = next.info.end.max(before.info.end);
            next.info.lumi_blocks = next.info.lumi_blocks.saturating_add(before.info.lumi_blocks);
            next.mask = DetectorMask(next.mask.0 & before.mask.0);
            next.info.detectors = next.mask.sct_parts();
        }
        all = Some(next);
    }
    let found = all.context("no run to be informed about")?;
    make_folder(folder)?;
    sct_wholefile::write(&folder.join(FILE), found.info.to_text().as_bytes())?;
    Ok(found)
}
