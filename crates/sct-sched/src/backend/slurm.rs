//! Slurm: array jobs, one element for each attempt.

use std::{
    collections::{BTreeSet, HashMap},
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::{Backend, Batch, Commands, Handle, Hint, Job, hints, local, unless_gone};
use crate::{Error, attempt::Limits};

/// Settings of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlurmSettings {
    /// Program that is started as `PROGRAM attempt --list FILE --index N ...`, seen from the nodes.
    pub program: PathBuf,
    /// Where the commands are.
    pub commands: Commands,
    /// Further options of `sbatch`, as `--partition=batch`.
    pub options: Vec<String>,
}

/// Gives attempts to Slurm.
#[derive(Debug)]
pub struct Slurm {
    settings: SlurmSettings,
}

impl Slurm {
    /// A cluster.
    pub fn new(settings: SlurmSettings) -> Self {
        Self { settings }
    }

    /// Submits an array; gives its number.
    fn array(
        &self,
        batch: &Batch,
        name: &str,
        jobs: &[Job],
        after: Option<&str>,
    ) -> Result<Vec<Handle>, Error> {
        let Some(first) = jobs.first() else { return Ok(Vec::new()) };
        let list = batch.folder.join(format!("{name}.txt"));
        let folders: String =
            jobs.iter().map(|job| format!("{}\n", job.folder.display())).collect();
        sct_wholefile::write(&list, folders.as_bytes())?;
        let script = batch.folder.join(format!("{name}.sh"));
        sct_wholefile::write(&script, self.script(&list, &first.limits).as_bytes())?;
        let mut arguments: Vec<OsString> = vec!["--parsable".into()];
        arguments.push(format!("--array=0-{}", jobs.len() - 1).into());
        arguments.push(format!("--job-name={}", batch.name).into());
        arguments.extend(limits(&first.limits));
        // What a node's failure ends is begun again by Slurm itself; the supervisor sees to it that no attempt ends twice.
        arguments.push(if first.retries > 0 { "--requeue" } else { "--no-requeue" }.into());
        if let Some(after) = after {
            arguments.push(format!("--dependency=afterok:{after}").into());
            arguments.push("--kill-on-invalid-dep=yes".into());
        }
        arguments.extend(self.settings.options.iter().map(OsString::from));
        let mut output = OsString::from("--output=");
        output.push(batch.folder.join(format!("{name}-%a.log")));
        arguments.push(output);
        arguments.push(script.into());
        let said = self.settings.commands.call("sbatch", Some(&batch.folder), &arguments)?;
        // `--parsable` prints the number, with the cluster behind a semicolon where there are several.
        let number = said.trim().split(';').next().unwrap_or_default();
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            let what = format!("its answer has no number of a job: {said:?}");
            return Err(Error::Command { command: "sbatch".to_owned(), what });
        }
        Ok((0..jobs.len()).map(|index| Handle(format!("{number}_{index}"))).collect())
    }

    fn script(&self, list: &Path, limits: &Limits) -> String {
        let program = quoted(&self.settings.program);
        let options = local::limits(limits).join(" ");
        let list = quoted(list);
        format!(
            "#!/bin/sh\nexec {program} attempt --list {list} --index \"$SLURM_ARRAY_TASK_ID\" {options}\n"
        )
    }

    /// States of all jobs of this user, by handle; none when Slurm does not answer.
    fn queue(&self) -> Option<HashMap<String, Hint>> {
        // -r lists every element of an array for itself.
        let arguments = ["--noheader", "--array", "--me", "--format=%i %T"].map(OsString::from);
        let said = self.settings.commands.call("squeue", None, &arguments).ok()?;
        let line = |line: &str| {
            let (handle, state) = line.trim().split_once(' ')?;
            Some((handle.to_owned(), hint(state.trim())))
        };
        Some(said.lines().filter_map(line).collect())
    }

    /// States of jobs in Slurm's books, which remember longer than the queue; nothing where it keeps none. An element of an
    /// array has its own line; one that never began stands in a line with others, as `12_[3-5]`, and is not found.
    fn books(&self, handles: &[&Handle]) -> HashMap<String, String> {
        let jobs: BTreeSet<&str> =
            handles.iter().filter_map(|handle| handle.0.split('_').next()).collect();
        let jobs = jobs.into_iter().collect::<Vec<_>>().join(",");
        let arguments =
            ["--noheader", "--parsable2", "--allocations", "--format=JobID,State", "--jobs"];
        let mut arguments: Vec<OsString> = arguments.map(OsString::from).into();
        arguments.push(jobs.into());
        let said = self.settings.commands.call("sacct", None, &arguments).unwrap_or_default();
        let line = |line: &str| {
            let (handle, state) = line.trim().split_once('|')?;
            // `CANCELLED by 1000` names the person.
            let state = state.split_whitespace().next()?;
            Some((handle.to_owned(), state.trim_end_matches('+').to_owned()))
        };
        // A job that began anew has its last line last.
        said.lines().filter_map(line).collect()
    }
}

/// Limits as options of `sbatch`. Slurm ends a job a minute later than its supervisor does.
fn limits(limits: &Limits) -> Vec<OsString> {
    let mut options = vec![
        OsString::from(format!("--time={}", limits.seconds.div_ceil(60) + 1)),
        format!("--cpus-per-task={}", limits.cores).into(),
    ];
    options.extend(limits.memory.map(|memory| {
        // The supervisor and mapped files come on top.
        format!("--mem={}M", memory.div_ceil(1 << 20) + 256).into()
    }));
    options
}

/// What a state means. Of the many between submission and end some are rare and some will be new: only the final ones say
/// that an attempt is gone.
fn hint(state: &str) -> Hint {
    match state {
        "PENDING" | "CONFIGURING" | "REQUEUED" | "SUSPENDED" | "REQUEUE_HOLD" => Hint::Queued,
        "BOOT_FAIL" | "CANCELLED" | "COMPLETED" | "DEADLINE" | "FAILED" | "NODE_FAIL"
        | "OUT_OF_MEMORY" | "PREEMPTED" | "REVOKED" | "TIMEOUT" => Hint::Gone,
        _ => Hint::Running,
    }
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

impl Backend for Slurm {
    fn name(&self) -> &'static str {
        "slurm"
    }

    fn keeps_order(&self) -> bool {
        true
    }

    fn submit(&mut self, batch: &Batch) -> Result<Vec<Handle>, Error> {
        batch.make_folder()?;
        let mut handles = self.array(batch, "first", &batch.first, None)?;
        let number = handles.first().and_then(|handle| handle.0.split('_').next());
        let number = number.map(str::to_owned);
        match self.array(batch, "then", &batch.then, number.as_deref()) {
            Ok(then) => handles.extend(then),
            // The first run already; those that wait for them are submitted later.
            Err(error) if handles.is_empty() => return Err(error),
            Err(_) => {}
        }
        Ok(handles)
    }

    fn ask(&mut self, handles: &[Handle]) -> Vec<Hint> {
        let mut found = hints(
            handles,
            || self.queue(),
            |queue, handle| queue.get(&handle.0).copied().unwrap_or(Hint::Gone),
        );
        let of_queue = |(_, hint): &(&Handle, &Hint)| **hint == Hint::Gone;
        let gone: Vec<&Handle> =
            handles.iter().zip(&found).filter(of_queue).map(|(handle, _)| handle).collect();
        if !gone.is_empty() {
            // Between two states a job may be missing in the queue; the books know that it goes on.
            let books = self.books(&gone);
            for (handle, known) in handles.iter().zip(&mut found) {
                if let (Hint::Gone, Some(state)) = (*known, books.get(&handle.0)) {
                    *known = hint(state);
                }
            }
        }
        found
    }

    fn end_of(&mut self, handle: &Handle) -> Option<String> {
        self.books(&[handle]).remove(&handle.0)
    }

    fn cancel(&mut self, handle: &Handle) -> Result<(), Error> {
        let arguments = [OsString::from(&handle.0)];
        let cancelled = self.settings.commands.call("scancel", None, &arguments);
        unless_gone(self, handle, cancelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_final_states_are_gone() {
        for (state, expected) in [
            ("PENDING", Hint::Queued),
            ("RUNNING", Hint::Running),
            ("STOPPED", Hint::Running),
            ("SIGNALING", Hint::Running),
            ("COMPLETED", Hint::Gone),
            ("NODE_FAIL", Hint::Gone),
        ] {
            assert_eq!(hint(state), expected, "{state}");
        }
    }

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        assert_eq!(quoted(Path::new("/a b/c'd")), "'/a b/c'\\''d'");
    }
}
