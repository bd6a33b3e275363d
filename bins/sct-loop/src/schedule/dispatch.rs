//! From jobs to attempts.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use sct_job::{DatasetName, ExitCode};
use sct_sched::{
    Rule, TaskState,
    attempt::{DICTIONARY, Limits},
    backend::{self, Batch},
    store::{Filter, Job, NewAttempt, NewJob, Task},
    table::label,
};
use sct_tasks::failure::{self, Coded};
use serde_json::{Map, Value, json};

use super::{Scheduler, held, note, short};

impl Scheduler {
    /// Submits as many of the jobs that are ready as there is room for. Gives how many.
    pub(super) fn dispatch(&mut self) -> anyhow::Result<usize> {
        let mut busy = self.busy()?;
        let mut submitted = 0;
        let ready = self.store.ready_jobs()?;
        for jobs in ready.chunk_by(|a, b| a.task == b.task) {
            let Some((task, rule)) = self.task_of(&jobs[0])? else { continue };
            if !self.input_is_there(&task, &rule)? {
                continue;
            }
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

    /// Submits jobs of one task together, and with them the task that reads their results where the system keeps the order.
    fn submit(&mut self, task: &Task, rule: &Rule, jobs: &[Job]) -> anyhow::Result<usize> {
        let mut new = Vec::new();
        for job in jobs {
            new.push(self.attempt(task, rule, job)?);
        }
        let next = self.next_of(task, rule, jobs)?;
        if let Some((task, rule, job)) = &next {
            new.push(self.attempt(task, rule, job)?);
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
        let Some(number) = claimed.iter().flatten().next() else { return Ok(0) };
        let name = label(&task.kind, task.run);
        let mut batch = Batch {
            folder: self.settings.jobs().join("batches").join(format!("{name}-{number}")),
            name,
            ..Batch::default()
        };
        let retries = self.settings.backend.retries;
        let mut numbers = Vec::new();
        for (index, (id, new)) in claimed.iter().zip(&new).enumerate() {
            let Some(id) = id else { continue };
            numbers.push(*id);
            let folder = new.folder.clone();
            let name = format!("{}-{:04}", batch.name, index + 1);
            match &next {
                Some((_, rule, _)) if index >= jobs.len() => {
                    batch.then.push(backend::Job { name, folder, limits: rule.limits, retries });
                }
                _ => batch.first.push(backend::Job { name, folder, limits: rule.limits, retries }),
            }
        }
        match self.backend.submit(&batch) {
            Ok(handles) => {
                if handles.len() < numbers.len() {
                    // Those without a name are found to be lost, and submitted again.
                    let (some, all) = (handles.len(), numbers.len());
                    self.complain(format!("{}: only {some} of {all} jobs were taken", batch.name));
                }
                let names: Vec<_> = numbers.into_iter().zip(handles).collect();
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

    fn attempt(&self, task: &Task, rule: &Rule, job: &Job) -> anyhow::Result<NewAttempt> {
        Ok(NewAttempt {
            job: job.id,
            number: job.attempts + 1,
            backend: self.backend.name().to_owned(),
            folder: self.folder(task, job),
            dictionary: format!("{:#}\n", self.dictionary(task, rule, job)?),
        })
    }

    /// The task that reads the results of these jobs, if it can be submitted with them: the system keeps the order, these
    /// are all jobs there will be, and it is the run's turn.
    fn next_of(
        &mut self,
        task: &Task,
        rule: &Rule,
        jobs: &[Job],
    ) -> anyhow::Result<Option<(Task, Rule, Job)>> {
        let all = self.store.jobs(task.id)?;
        if !self.backend.keeps_order()
            || all.len() != jobs.len()
            || !self.is_closed(&task.dataset)?
        {
            return Ok(None);
        }
        let name = DatasetName::parse(&task.dataset)?;
        let result = rule.result_dataset(&name);
        let after = |next: &Rule| next.after.contains(&rule.kind);
        let nexts: Vec<Rule> =
            self.table.rules().iter().filter(|next| after(next)).cloned().collect();
        for next in nexts {
            let of_run = Filter {
                kind: Some(next.kind.clone()),
                runs: Some((task.run, task.run)),
                states: vec![TaskState::WaitingInput, TaskState::Held],
                ..Filter::default()
            };
            let waiting =
                self.store.tasks(&of_run)?.into_iter().find(|task| task.dataset == result);
            let events: u64 = all.iter().map(events_of).sum();
            let Some(waiting) = waiting.filter(|task| task.jobs == 0 && events > next.min_events)
            else {
                continue;
            };
            let inputs =
                all.iter().flat_map(|job| self.expected(task, rule, job, &result)).collect();
            self.take(&waiting, &next, &[NewJob { number: 1, inputs }])?;
            if let Some(job) = self.store.jobs(waiting.id)?.into_iter().next() {
                return Ok(Some((waiting, next, job)));
            }
        }
        Ok(None)
    }

    /// What a job that fills hit maps will have made.
    fn expected(&self, task: &Task, rule: &Rule, job: &Job, dataset: &str) -> Vec<Value> {
        let folder = self.folder(task, job);
        let input = |output: sct_job::Output| {
            let lfn = folder.join(format!("{dataset}._{:04}.{}", job.number, output.name));
            json!({ "lfn": lfn, "dsn": dataset, "events": events_of(job) })
        };
        sct_job::outputs(&rule.parts, sct_job::Split::Fill).into_iter().map(input).collect()
    }

    /// Whether what a task reads from another is there: a job that was to begin after others may have to wait for their next
    /// attempts.
    fn input_is_there(&self, task: &Task, rule: &Rule) -> anyhow::Result<bool> {
        let earlier = self.earlier(task, rule)?;
        Ok(earlier.is_none_or(|earlier| {
            earlier.done > 0 && matches!(earlier.state, TaskState::Finished | TaskState::Truncated)
        }))
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
        // What was expected of other jobs may have come from a later attempt.
        let earlier = self.earlier(task, rule)?.filter(|earlier| earlier.state.is_over());
        let runs = short::runs(&job.inputs);
        let inputs = match earlier {
            Some(earlier) if runs.len() < 2 => self.results_of(&earlier)?.0,
            _ => job.inputs.clone(),
        };
        if runs.len() > 1 {
            keys.insert("combineRuns".to_owned(), json!(runs));
        }
        keys.insert("input".to_owned(), json!(inputs));
        keys.insert("prefix".to_owned(), json!(format!("{result}#{result}._{:04}", job.number)));
        keys.extend(job.corrections.clone());
        Ok(Value::Object(keys))
    }
}

/// Events in the inputs of a job.
fn events_of(job: &Job) -> u64 {
    job.inputs.iter().filter_map(|input| input["events"].as_u64()).sum()
}
