//! The system that runs the jobs, as the settings have it.

use sct_job::ExitCode;
use sct_sched::backend::Backend;
use sct_tasks::failure::Coded;

use super::Settings;

/// The system of a name: the one of the settings, or the one that an earlier attempt was given to.
pub(crate) fn backend(settings: &Settings, kind: &str) -> anyhow::Result<Box<dyn Backend>> {
    let what = format!("backend '{kind}' is none of local, slurm, condor");
    Err(Coded::new(ExitCode::ArgChoicesFail, what).into())
}
