//! From jobs to attempts.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use sct_job::{DatasetName, ExitCode};
use sct_sched::{
    Rule, TaskState,
    attempt::{DICTIONARY, Limits},
    backend::{self, Batch},
    store::{Job, NewAttempt, Task},
    table::label,
};
use sct_tasks::failure::{self, Coded};
use serde_json::{Map, Value, json};

use super::{Scheduler, held, note};

impl Scheduler {
    /// Submits as many of the jobs that are ready as there is room for. Gives how many.
    pub(super) fn dispatch(&mut self) -> anyhow::Result<usize> {
        let mut busy = self.busy()?;
        let mut submitted = 0;
        let ready = self.store.ready_jobs()?;
        for jobs in ready.chunk_by(|a, b| a.task == b.task) {
            let Some((task, rule)) = self.task_of(&jobs[0])? else { continue };
            let room = self.backend.room(&busy, &rule.limits);
            if room == 0 {
                break;
            }
            let done = self.submit(&task, &rule, &jobs[..jobs.len().min(room)])?;
            busy.extend(std::iter::repeat_n(rule.limits, done));
            submitted += done;
        }
        Ok(submitted)
    }

    /// What the attempts under way use.
    fn busy(&self) -> anyhow::Result<Vec<Limits>> {
        let mut busy = Vec::new();
        for attempt in self.store.under_way()? {
            let task = self.store.task(attempt.task)?;
            let rule = task.and_then(|task| self.table.rule(&task.kind));
            busy.extend(rule.map(|rule| rule.limits));
        }
        Ok(busy)
    }

    fn task_of(&self, job: &Job) -> anyhow::Result<Option<(Task, Rule)>> {
        let Some(task) = self.store.task(job.task)? else { return Ok(None) };
        let rule = self.table.rule(&task.kind).cloned();
        let given_up = matches!(task.state, TaskState::Truncated | TaskState::Skipped);
        Ok(rule.filter(|_| !given_up).map(|rule| (task, rule)))
    }

    /// Submits jobs of one task together.
    fn submit(&mut self, task: &Task, rule: &Rule, jobs: &[Job]) -> anyhow::Result<usize> {
        let mut new = Vec::new();
        for job in jobs {
            let dictionary = self.dictionary(task, rule, job)?;
            new.push(NewAttempt {
                job: job.id,
                number: job.attempts + 1,
                backend: self.backend.name().to_owned(),
                folder: self.folder(task, job),
                dictionary: format!("{dictionary:#}\n"),
            });
        }
        // The folders first: an attempt that stands in the ledger has its dictionary.
        for attempt in &new {
            let full = || {
                let what = format!("folder of an attempt {}", attempt.folder.display());
                Coded::new(ExitCode::OutputFileError, what)
            };
            fs::create_dir_all(&attempt.folder).with_context(full)?;
            let path = attempt.folder.join(DICTIONARY);
            sct_wholefile::write(&path, attempt.dictionary.as_bytes()).with_context(full)?;
        }
        let claimed = self.store.begin(&new, &note(""))?;
        let mine: Vec<(i64, &NewAttempt, &Job)> = claimed
            .iter()
            .zip(&new)
            .zip(jobs)
            .filter_map(|((id, new), job)| id.map(|id| (id, new, job)))
            .collect();
        let Some((first, _, _)) = mine.first() else { return Ok(0) };
        let name = label(&task.kind, task.run);
        let batch = Batch {
            folder: self.settings.jobs().join("batches").join(format!("{name}-{first}")),
            first: mine
                .iter()
                .map(|(_, new, job)| backend::Job {
                    name: format!("{name}-{:04}", job.number),
                    folder: new.folder.clone(),
                    limits: rule.limits,
                    retries: self.settings.backend.retries,
                })
                .collect(),
            then: Vec::new(),
            name,
        };
        match self.backend.submit(&batch) {
            Ok(handles) => {
                let names: Vec<_> = mine.iter().map(|(id, ..)| *id).zip(handles).collect();
                self.store.name(&names)?;
                tracing::info!("{}: {} jobs submitted", batch.name, names.len());
                Ok(names.len())
            }
            Err(error) => {
                // The attempts stay without a name: the next look finds that they are lost.
                let why = failure::message(&error.into());
                self.complain(format!("{} was not submitted: {why}", batch.name));
                Ok(0)
            }
        }
    }

    fn folder(&self, task: &Task, job: &Job) -> PathBuf {
        let run = format!("{:08}", task.run.to_u32());
        let name = format!("{}-{}-{:04}", task.kind, task.id, job.number);
        let attempt = format!("attempt-{}", job.attempts + 1);
        self.settings.jobs().join(run).join(name).join(attempt)
    }

    /// The job dictionary of the next attempt.
    fn dictionary(&self, task: &Task, rule: &Rule, job: &Job) -> anyhow::Result<Value> {
        let name = DatasetName::parse(&task.dataset)?;
        let result = rule.result_dataset(&name);
        let data = &self.settings.data;
        let mut keys = Map::new();
        for (key, value) in &self.settings.job {
            // Files are named from the data folder; jobs run elsewhere.
            let path = value.as_str().map(|text| data.join(text)).filter(|path| path.exists());
            keys.insert(key.clone(), path.map_or_else(|| value.clone(), |path| json!(path)));
        }
        keys.extend(rule.dictionary.iter().map(|(key, value)| (key.clone(), value.clone())));
        // The run was selected before, and its turn has come.
        keys.remove("doRunSelector");
        let control = held::run_control(&self.settings);
        if control.is_empty() {
            keys.remove("doRunInfo");
        } else {
            let files: Vec<_> = control.iter().map(|path| path.to_string_lossy()).collect();
            keys.insert("runControl".to_owned(), json!(files.join(",")));
            if let Some(runs) = &self.settings.order.runs {
                keys.insert("runs".to_owned(), json!(data.join(runs)));
            }
        }
        keys.insert("lastRun".to_owned(), json!(data.join(&self.settings.order.last_run)));
        keys.insert("input".to_owned(), json!(job.inputs));
        keys.insert("prefix".to_owned(), json!(format!("{result}#{result}._{:04}", job.number)));
        keys.extend(job.corrections.clone());
        Ok(Value::Object(keys))
    }
}
