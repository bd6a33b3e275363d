//! The system that runs the jobs, as the settings have it.

use std::thread;

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_sched::backend::{
    Backend, Commands, Condor, CondorSettings, Local, LocalSettings, Slurm, SlurmSettings,
};
use sct_tasks::failure::Coded;

use super::Settings;

/// The system of a name: the one of the settings, or the one that an earlier attempt was given to.
pub(crate) fn backend(settings: &Settings, kind: &str) -> anyhow::Result<Box<dyn Backend>> {
    let chosen = &settings.backend;
    let program = std::env::current_exe().context("the program's own path")?;
    let commands =
        Commands { folder: chosen.commands.as_ref().map(|folder| settings.data.join(folder)) };
    let options = chosen.options.clone();
    Ok(match kind {
        "local" => {
            let machine = thread::available_parallelism().map_or(1, usize::from);
            let cores = chosen.cores.unwrap_or_else(|| u32::try_from(machine).unwrap_or(1));
            let memory = chosen.memory_mb.map(|memory| memory.saturating_mul(1 << 20));
            Box::new(Local::new(LocalSettings { program, cores, memory }))
        }
        "slurm" => Box::new(Slurm::new(SlurmSettings { program, commands, options })),
        "condor" => Box::new(Condor::new(CondorSettings { program, commands, options })),
        _ => {
            let what = format!("backend '{kind}' is none of local, slurm, condor");
            return Err(Coded::new(ExitCode::ArgChoicesFail, what).into());
        }
    })
}
