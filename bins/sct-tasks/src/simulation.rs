//! What the run control would say about a simulated run.

use sct_job::RunInfo;
use sct_sim::Settings;

/// Project tag of simulated runs.
pub const PROJECT: &str = "data22_13p6TeV";

/// Run information of a simulated run.
pub fn run_info(settings: &Settings) -> RunInfo {
    RunInfo {
        run: settings.run,
        project: PROJECT.to_owned(),
        start: settings.start as f64,
        end: settings.end() as f64,
        lumi_blocks: settings.last_lumi_block().to_u32(),
        detectors: "SCTBA,SCTBC,SCTEA,SCTEC".to_owned(),
    }
}
