//! What the run control would say about a simulated run.

use std::path::Path;

use sct_job::RunInfo;
use sct_run::RunTable;
use sct_sim::{Settings, World, WorldSettings, write_world};

use crate::run::TABLE;

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

/// Writes a world, and the table of runs from what is not in COOL.
///
/// # Errors
///
/// When settings are wrong or a file cannot be written.
pub fn world(settings: &WorldSettings, folder: &Path) -> anyhow::Result<World> {
    let world = write_world(settings, folder)?;
    RunTable::open(&folder.join(TABLE))?.import(&world.files.runs)?;
    Ok(world)
}
