//! The XML lists and summaries of the calibration tasks, written as the original writes them and read back.
//!
//! Every line, blank and number form is the original's: other programs and style sheets read these files. Numbers have six
//! significant digits. See `docs/formats/xml.md`.

mod bad_modules;
mod bad_strips;
mod channels;
mod dead_lists;
mod dead_summary;
mod error;
mod good_runs;
mod hist;
mod noisy_lb;
mod parse;
mod run_summary;
mod summary;
mod verdict;

pub use self::{
    bad_modules::{BadModule, BadModulesFile},
    bad_strips::BadStripsList,
    dead_lists::{DeadChipsList, DeadStripsList},
    dead_summary::{DeadSummary, DeadSummaryModule, UntestableModule},
    error::Error,
    good_runs::{GoodRun, GoodRuns, GoodStream},
    hist::{
        BsErrorModules, BsErrorWafer, EfficiencyChip, EfficiencyChips, EfficiencyModules,
        EfficiencyWafer, LorentzAngleFile, LorentzAnglePart, LorentzAngleSummary, Measure,
        MonitoringSummary, NoiseOccupancyList, NoiseWafer, PartValue, RunHead, SummaryKind,
        XmlFile,
    },
    noisy_lb::{NoisyLbFile, NoisyLbModule, NoisyLumiBlock, NoisyTimes},
    run_summary::{RunPart, RunSummary},
    summary::{BadStripsSummary, SummaryChip, SummaryModule},
    verdict::Verdict,
};
