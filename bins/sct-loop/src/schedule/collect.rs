//! From attempts to results.

use std::path::Path;

use sct_job::{DatasetName, ExitCode};
use sct_sched::{
    JobState,
    attempt::{self, REPORT, Record, Trace},
    backend::{Handle, Hint},
    store::{Attempt, Ended, Filter, Task},
};
use sct_tasks::failure;
use sct_upload::NewUpload;

use super::{
    Scheduler, WHO, note, now,
    results::{self, JobResult},
};

/// An attempt may be lost so often before its job counts as failed.
const LOST: u32 = 10;

impl Scheduler {
    /// Looks at all attempts under way. Gives how many have ended.
    pub(super) fn collect(&mut self) -> anyhow::Result<usize> {
        let mut ended = 0;
        let mut silent = Vec::new();
        for attempt in self.store.under_way()? {
            match attempt::trace(&attempt.folder) {
                Ok(Trace::Ended(record)) => {
                    self.end(&attempt, &record)?;
                    ended += 1;
                }
                Ok(Trace::Running) => self.store.started(&attempt, &note(""))?,
                Ok(Trace::Nothing) => silent.push(attempt),
                // A folder that cannot be read now may be readable later.
                Err(error) => self.complain(failure::message(&error.into())),
            }
        }
        let named: Vec<Handle> = silent
            .iter()
            .map(|attempt| Handle(attempt.handle.clone().unwrap_or_default()))
            .collect();
        let mut hints = self.backend.ask(&named);
        self.resume(&silent, &mut hints)?;
        for (attempt, hint) in silent.iter().zip(hints) {
            let gone = attempt.handle.is_none()
                || attempt.backend != self.backend.name()
                || hint == Hint::Gone;
            if gone && self.lose(attempt)? {
                ended += 1;
            }
        }
        Ok(ended)
    }

    /// Lets attempts go on that broke off together, where the system can.
    fn resume(&mut self, silent: &[Attempt], hints: &mut [Hint]) -> anyhow::Result<()> {
        let own = self.backend.name();
        let gone = silent.iter().zip(hints).filter(|(attempt, hint)| {
            **hint == Hint::Gone && attempt.handle.is_some() && attempt.backend == own
        });
        let gone: Vec<(&Attempt, &mut Hint)> = gone.collect();
        let handles: Vec<Handle> =
            gone.iter().filter_map(|(attempt, _)| attempt.handle.clone().map(Handle)).collect();
        let mut names = Vec::new();
        for ((attempt, hint), handle) in gone.into_iter().zip(self.backend.resume(&handles)) {
            if let Some(handle) = handle {
                tracing::info!("attempt {} of task {} goes on", attempt.number, attempt.task);
                *hint = Hint::Queued;
                names.push((attempt.id, handle));
            }
        }
        Ok(self.store.name(&names)?)
    }

    /// An attempt of which nothing is left, unless it has just begun or ended.
    fn lose(&mut self, attempt: &Attempt) -> anyhow::Result<bool> {
        match attempt::abandon(&attempt.folder, now())? {
            Trace::Ended(record) if record.killed == attempt::LOST => {}
            Trace::Ended(record) => return self.end(attempt, &record).map(|()| true),
            // It lives after all.
            _ => return Ok(false),
        }
        let lost = self.lost_before(attempt)? + 1;
        let job = if lost < LOST { JobState::Ready } else { JobState::Failed };
        let handle = attempt.handle.clone().filter(|_| attempt.backend == self.backend.name());
        let end = handle.and_then(|handle| self.backend.end_of(&Handle(handle)));
        let end = end.map_or_else(String::new, |end| format!(": {end}"));
        let message = format!("attempt {} was lost with what ran it{end}", attempt.number);
        tracing::warn!("job {} of task {}: {message}", attempt.job_number, attempt.task);
        let ended = Ended { record: None, message, job, is_empty: false };
        Ok(self.store.end(attempt, &ended, &note(""))?)
    }

    fn lost_before(&self, attempt: &Attempt) -> anyhow::Result<u32> {
        let jobs = self.store.jobs(attempt.task)?;
        Ok(jobs.iter().find(|job| job.id == attempt.job).map_or(0, |job| job.lost))
    }

    /// An attempt that has left a record.
    fn end(&mut self, attempt: &Attempt, record: &Record) -> anyhow::Result<()> {
        let Some(task) = self.store.task(attempt.task)? else { return Ok(()) };
        let report = JobResult::read(&attempt.folder.join(REPORT));
        let result = match (report, record.exit_code) {
            _ if !record.killed.is_empty() => Err(record.killed.clone()),
            (Ok(report), 0) if report.code == 0 => Ok(report),
            (Ok(report), code) if i64::from(code) == report.code => Err(report.message),
            (Ok(_) | Err(_), code) if code != 0 => Err(died(record)),
            (Ok(report), _) => Err(format!("its report says {} and its exit code 0", report.code)),
            (Err(error), _) => Err(failure::message(&error)),
        };
        let mut is_empty = false;
        let (job, message) = match result {
            Ok(report) => {
                is_empty = report.outputs.is_empty();
                self.store.validating(attempt, &note("its report is good"))?;
                match self.publish(&task, attempt, &report) {
                    Ok(()) => (JobState::Done, report.message.clone()),
                    // The results are in the folder of the attempt and can be stored when there is room again.
                    Err(error) => {
                        self.complain(failure::message(&error));
                        return Ok(());
                    }
                }
            }
            Err(message) => (self.after_failure(&task, attempt, record)?, message),
        };
        let Record { exit_code, .. } = record;
        let name = format!("job {} of {} run {}", attempt.job_number, task.kind, task.run);
        if job == JobState::Done {
            tracing::info!("{name}: {message}");
        } else {
            tracing::warn!("{name}: exit code {exit_code}: {message}");
        }
        let ended = Ended { record: Some(record.clone()), message, job, is_empty };
        self.store.end(attempt, &ended, &note(""))?;
        Ok(())
    }

    /// Whether a job that failed is tried again.
    fn after_failure(
        &self,
        task: &Task,
        attempt: &Attempt,
        record: &Record,
    ) -> anyhow::Result<JobState> {
        // What is wrong with the arguments, or with the run itself, will be wrong again.
        let hopeless = [
            ExitCode::NeedCheck,
            ExitCode::ArgConvFail,
            ExitCode::ArgOutOfRange,
            ExitCode::ArgError,
            ExitCode::ArgDataset,
            ExitCode::ArgMissing,
        ];
        if hopeless.iter().any(|code| code.number() == record.exit_code) {
            return Ok(JobState::Failed);
        }
        let retries = self.table.rule(&task.kind).map_or(0, |rule| rule.retries);
        let jobs = self.store.jobs(task.id)?;
        let failed = jobs
            .iter()
            .find(|job| job.id == attempt.job)
            .map_or(1, |job| job.attempts.saturating_sub(job.lost));
        Ok(if failed <= retries { JobState::Ready } else { JobState::Failed })
    }

    fn publish(
        &mut self,
        task: &Task,
        attempt: &Attempt,
        report: &JobResult,
    ) -> anyhow::Result<()> {
        let Some(rule) = self.table.rule(&task.kind) else { return Ok(()) };
        let dataset = rule.result_dataset(&DatasetName::parse(&task.dataset)?);
        if self.is_overtaken(task)? {
            // Its results stay in the folder of the attempt.
            return Ok(());
        }
        let folder = results::folder(&self.settings, task.run, &task.kind);
        results::publish(&attempt.folder, report, &folder, &dataset, attempt.job_number)?;
        self.ask_for_upload(task, &folder, report);
        Ok(())
    }

    /// Whether the run was processed again, from a later data set that is done already: the newest results are shown.
    fn is_overtaken(&self, task: &Task) -> anyhow::Result<bool> {
        let same = Filter {
            kind: Some(task.kind.clone()),
            runs: Some((task.run, task.run)),
            stream: Some(task.stream.clone()),
            ..Filter::default()
        };
        Ok(self.store.tasks(&same)?.iter().any(|other| other.id > task.id && other.done > 0))
    }

    /// Asks for the upload of a result, where the settings want that: only of green ones.
    fn ask_for_upload(&self, task: &Task, folder: &Path, report: &JobResult) {
        let wanted = self.settings.upload.automatic.iter().any(|kind| kind == task.kind.as_str());
        let file = report.outputs.iter().find(|output| output.argument == "outputCOOL");
        let (Some(file), true) = (file, wanted) else { return };
        let part = self.table.rule(&task.kind).and_then(|rule| rule.parts.first());
        let Some(what) = part.and_then(|part| sct_upload::Task::of_part(*part)) else { return };
        let path = folder.join(&file.name);
        let asked = sct_upload::check(&path, task.run, what, what.folder().tag, None);
        let asked = asked.and_then(|checked| {
            sct_upload::check_flag(&checked, false)?;
            sct_upload::Queue::open(&self.settings.ledger())?.request(&NewUpload {
                comment: "by the settings".to_owned(),
                ..NewUpload::of(&checked, path, task.run, what, WHO)
            })
        });
        match asked {
            Ok(id) => tracing::info!("upload {id} of {what} of run {} is requested", task.run),
            // It waits for a shifter then.
            Err(error) => tracing::warn!(
                "{what} of run {} is not uploaded by itself: {}",
                task.run,
                failure::message(&error.into())
            ),
        }
    }
}

/// Why an attempt ended that left no report of its own, or one that does not fit.
fn died(record: &Record) -> String {
    match record.exit_code {
        code @ 129..=192 => format!("it was ended by signal {}", code - 128),
        code => format!("it ended with {code} and left no report that says so"),
    }
}
