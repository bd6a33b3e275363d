//! The results of a run, put where tasks of the loop leave theirs: the page finds them there.

use std::{fs, path::Path};

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_tasks::failure::Coded;

use crate::schedule::results::place;

/// Kind of task, with the ends of the names of its files.
type Kind = (&'static str, &'static [&'static str]);

/// Tasks of the job that reads hit maps.
pub(super) const HIT_MAPS: &[Kind] = &[
    (
        "sctns",
        &["BadStripsSummaryFile.xml", "BadStripsAllFile.xml", "BadStripsNewFile.xml", "mycool.db"],
    ),
    ("sctds", &["DeadSummaryFile.xml", "DeadStripsFile.xml", "mycool.db"]),
    ("sctdc", &["DeadSummaryFile.xml", "DeadChipsFile.xml", "mycool.db"]),
];

/// Tasks of the job that reads monitoring histograms.
pub(super) const MONITORING: &[Kind] = &[
    ("sctno", &["NoiseOccupancySummaryFile.xml", "NoiseOccupancyFile.xml", "mycool.db"]),
    ("sctro", &["RawOccupancySummaryFile.xml", "mycool.db"]),
    ("scteff", &["EfficiencySummaryFile.xml", "EfficiencyModuleSummary.xml", "mycool.db"]),
    ("sctbse", &["BSErrorSummaryFile.xml", "BSErrorModuleSummary.xml", "mycool.db"]),
    (
        "sctla",
        &[
            "LorentzAngleSummaryFile.xml",
            "LorentzAngleFile.xml",
            "FittingDebugFile.root",
            "mycool.db",
        ],
    ),
];

/// Puts the files of a job, which begin with `prefix`, into the folders of its tasks among the results of the run.
pub(super) fn publish(job: &Path, prefix: &str, kinds: &[Kind], run: &Path) -> anyhow::Result<()> {
    for (kind, endings) in kinds {
        let to = run.join(kind);
        let full = || Coded::new(ExitCode::OutputFileError, format!("results in {}", to.display()));
        fs::create_dir_all(&to).with_context(full)?;
        let put = |from: &str, name: &str| {
            let from = job.join(from);
            if from.exists() { place(&from, &to.join(name)).with_context(full) } else { Ok(()) }
        };
        for ending in *endings {
            let name = format!("{prefix}.{ending}");
            put(&name, &name)?;
        }
        put(sct_tasks::calib::LOG, &format!("{prefix}.log"))?;
        // The report comes last: where it is, everything is.
        put("jobReport.json", &format!("{prefix}.jobReport.json"))?;
    }
    Ok(())
}
