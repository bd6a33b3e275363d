//! From data sets to tasks, and from tasks to jobs.

use std::collections::HashMap;

use sct_job::DatasetName;
use sct_run::select::Decision;
use sct_sched::{
    FileState, Rule, TaskState,
    store::{Dataset, Filter, NewJob, NewTask, SpoolFile, Task},
};
use serde_json::{Value, json};

use super::{Scheduler, note, now, results};

/// What a task can be given to read.
pub(super) enum Input {
    /// Not everything is there; why.
    Waits(String),
    /// There is nothing to be done; why.
    Nothing(String),
    /// There are too few events for a job of its own; what there is, and why it is not enough.
    Short(Vec<Value>, String),
    /// Jobs with their inputs, by number.
    Jobs(Vec<NewJob>),
}

/// Seconds before the last look from which changes are looked at once more: clocks of programs differ a little.
const OVERLAP: i64 = 3600;

/// States in which a task has no jobs yet.
const WAITING: [TaskState; 3] = [TaskState::WaitingInput, TaskState::Held, TaskState::Collecting];

impl Scheduler {
    /// Defines tasks for everything that was found and gives jobs to those that can begin. Gives the numbers of new tasks, of
    /// data sets that are not complete, and of runs for which others may go on.
    pub(super) fn plan(&mut self, files_changed: bool) -> anyhow::Result<(usize, usize, usize)> {
        let datasets = self.store.datasets()?;
        let mut defined = 0;
        for dataset in &datasets {
            // What was defined once stays so; the ledger is not asked for it again.
            if !self.defined.contains(&dataset.name) {
                defined += self.define_for(&dataset.name, "files were found")?;
                self.defined.insert(dataset.name.clone());
            }
        }
        let close = self.settings.spool.close;
        let is_open =
            |set: &Dataset| set.complete < set.files || ((now() - set.changed) as f64) < close;
        // A file that was cut short long ago is waited for, but not by those who wait for the end of the work.
        let patience = close.max(self.settings.spool.settle) + 1.0;
        let grows = |set: &&Dataset| is_open(set) && ((now() - set.changed) as f64) < patience;
        let open = datasets.iter().filter(grows).count();
        let by_name: HashMap<&str, (&Dataset, bool)> =
            datasets.iter().map(|set| (set.name.as_str(), (set, is_open(set)))).collect();

        let first_look = self.looked.is_none();
        let looked = self.looked.map(|looked| looked - OVERLAP);
        self.tell_order(looked)?;
        self.looked = Some(now());
        let mut waiting = self.unfinished()?;
        // Runs in their order; those that others read from first.
        waiting.sort_by_key(|task| (task.run, task.id));
        for task in &waiting {
            self.advance(task, by_name.get(task.dataset.as_str()).copied())?;
        }
        self.add_up()?;
        // Those that wait for a run that ends here go on at the next look.
        let told = if std::mem::take(&mut self.moved) { self.tell_order(looked)? } else { 0 };
        if files_changed || first_look {
            // Files that come late are given to tasks that were finished without them.
            let finished = Filter { states: vec![TaskState::Finished], ..Filter::default() };
            for task in self.store.tasks(&finished)? {
                if let Some((set, _)) = by_name.get(task.dataset.as_str())
                    && set.changed >= task.since
                {
                    self.late(&task)?;
                }
            }
        }
        Ok((defined, open, told))
    }

    /// Defines all tasks of a data set, and those that will read their results.
    fn define_for(&mut self, dataset: &str, why: &str) -> anyhow::Result<usize> {
        let Ok(name) = DatasetName::parse(dataset) else { return Ok(0) };
        let rules: Vec<Rule> = self.table.of_dataset(dataset, &name).cloned().collect();
        let mut defined = 0;
        for rule in rules {
            let new = NewTask {
                kind: rule.kind.clone(),
                dataset: dataset.to_owned(),
                run: name.run,
                project: name.project.clone(),
                stream: name.stream.clone(),
            };
            if self.store.define(&new, &note(why))?.is_some() {
                defined += 1;
                tracing::info!("task {} of {dataset} is defined", rule.kind);
            }
            let result = rule.result_dataset(&name);
            if self.table.rules().iter().any(|next| next.after.contains(&rule.kind)) {
                defined += self.define_for(&result, &format!("{} will be read", rule.name))?;
            }
        }
        Ok(defined)
    }

    /// Brings one task as far as it can go.
    fn advance(&mut self, task: &Task, set: Option<(&Dataset, bool)>) -> anyhow::Result<()> {
        let Some(rule) = self.table.rule(&task.kind).cloned() else {
            self.complain(format!("the table has no task {}: {} waits", task.kind, task.dataset));
            return Ok(());
        };
        let filling = rule.files_per_job.is_some();
        if !WAITING.contains(&task.state) && !filling {
            return Ok(());
        }
        if task.state == TaskState::Collecting && self.taker(task)?.is_some() {
            // What it has is in the job of another; what comes late is too late.
            return Ok(());
        }
        match self.input(task, &rule, set)? {
            Input::Waits(why) => self.move_task(task, TaskState::WaitingInput, &why),
            Input::Short(_, why) if rule.collect.is_some() => self.keep(task, &rule, &why),
            Input::Nothing(why) | Input::Short(_, why) => {
                self.move_task(task, TaskState::Skipped, &why)
            }
            Input::Jobs(jobs) => self.take(task, &rule, &jobs),
        }
    }

    /// What a task can be given to read now.
    pub(super) fn input(
        &self,
        task: &Task,
        rule: &Rule,
        set: Option<(&Dataset, bool)>,
    ) -> anyhow::Result<Input> {
        match self.earlier(task, rule)? {
            Some(earlier) => self.read_results(task, rule, &earlier),
            None => self.read_files(task, rule, set),
        }
    }

    /// The task whose results this one reads, if it is one of the loop's own.
    pub(super) fn earlier(&self, task: &Task, rule: &Rule) -> anyhow::Result<Option<Task>> {
        for kind in &rule.after {
            let of_run = Filter {
                kind: Some(kind.clone()),
                runs: Some((task.run, task.run)),
                stream: Some(task.stream.clone()),
                ..Filter::default()
            };
            let Some(before) = self.table.rule(kind) else { continue };
            for earlier in self.store.tasks(&of_run)? {
                let name = DatasetName::parse(&earlier.dataset)?;
                if before.result_dataset(&name) == task.dataset {
                    return Ok(Some(earlier));
                }
            }
        }
        Ok(None)
    }

    /// What a task reads from another of the loop.
    fn read_results(&self, task: &Task, rule: &Rule, earlier: &Task) -> anyhow::Result<Input> {
        let why = |what: &str| Input::Waits(format!("task {} {what}", earlier.kind));
        match earlier.state {
            TaskState::Skipped => return Ok(Input::Nothing(earlier.reason.clone())),
            TaskState::Finished => {}
            TaskState::Truncated if earlier.done > 0 => {}
            TaskState::Truncated => {
                return Ok(Input::Nothing(format!("{} was given up", earlier.kind)));
            }
            TaskState::Failed => {
                let what = format!(
                    "has failed: {} of {} jobs; reactivate or truncate it",
                    earlier.failed, earlier.jobs
                );
                return Ok(why(&what));
            }
            state => return Ok(why(&format!("is {state}"))),
        }
        let (inputs, events) = self.results_of(earlier)?;
        if events <= rule.min_events {
            let (dataset, asked) = (&task.dataset, rule.min_events);
            let why = format!("{events} events in {dataset}, more than {asked} are asked for");
            return Ok(Input::Short(inputs, why));
        }
        Ok(Input::Jobs(vec![NewJob { number: 1, inputs }]))
    }

    /// Results of a task as inputs of another, and the events in them.
    pub(super) fn results_of(&self, earlier: &Task) -> anyhow::Result<(Vec<Value>, u64)> {
        let name = DatasetName::parse(&earlier.dataset)?;
        let folder = results::folder(&self.settings, earlier.run, &earlier.kind);
        let Some(rule) = self.table.rule(&earlier.kind) else { return Ok((Vec::new(), 0)) };
        let dataset = rule.result_dataset(&name);
        let (mut inputs, mut total) = (Vec::new(), 0);
        for job in self.store.jobs(earlier.id)? {
            if job.state != sct_sched::JobState::Done {
                continue;
            }
            let path = folder.join(results::report_name(&dataset, job.number));
            for output in results::JobResult::read(&path)?.outputs {
                let Some(events) = output.events else { continue };
                if output.argument == "outputHITMapFile" {
                    total += events;
                }
                let lfn = folder.join(&output.name);
                inputs.push(json!({ "lfn": lfn, "dsn": dataset, "events": events }));
            }
        }
        Ok((inputs, total))
    }

    /// What a task reads from the spool.
    fn read_files(
        &self,
        task: &Task,
        rule: &Rule,
        set: Option<(&Dataset, bool)>,
    ) -> anyhow::Result<Input> {
        let Some((set, is_open)) = set else {
            return Ok(Input::Waits("its data set is not there".to_owned()));
        };
        let files = self.store.files(Some(&task.dataset))?;
        if let Some(file) = files.iter().find(|file| file.state == FileState::Broken) {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            return Ok(Input::Waits(format!("{name}: {}", file.reason)));
        }
        let asked = self.table.min_events(rule);
        let enough = set.events > asked;
        if !enough && !is_open {
            let Dataset { events, name, .. } = set;
            let why = format!("{events} events in {name}, more than {asked} are asked for");
            return Ok(Input::Short(files.iter().map(|file| input_of(task, file)).collect(), why));
        }
        if !enough || (is_open && rule.files_per_job.is_none()) {
            let Dataset { complete, files, events, .. } = set;
            return Ok(Input::Waits(format!(
                "{complete} of {files} files are complete, {events} events; more may come"
            )));
        }
        let complete: Vec<SpoolFile> =
            files.into_iter().filter(|file| file.state == FileState::Complete).collect();
        Ok(Input::Jobs(self.new_jobs(task, rule, &complete, is_open)?))
    }

    /// Jobs for the files that no job has yet.
    fn new_jobs(
        &self,
        task: &Task,
        rule: &Rule,
        files: &[SpoolFile],
        is_open: bool,
    ) -> anyhow::Result<Vec<NewJob>> {
        let jobs = self.store.jobs(task.id)?;
        let given: Vec<&str> = jobs
            .iter()
            .flat_map(|job| &job.inputs)
            .filter_map(|input| input["lfn"].as_str())
            .collect();
        let new: Vec<Value> = files
            .iter()
            .filter(|file| !given.contains(&file.path.to_string_lossy().as_ref()))
            .map(|file| input_of(task, file))
            .collect();
        let first = jobs.last().map_or(1, |job| job.number + 1);
        let size = rule.files_per_job.unwrap_or(new.len()).max(1);
        // A group that is not full waits for more, as long as more may come.
        let groups = new.chunks(size).filter(|group| group.len() == size || !is_open);
        Ok((first..)
            .zip(groups)
            .map(|(number, group)| NewJob { number, inputs: group.to_vec() })
            .collect())
    }

    /// Files that came after a task was finished.
    fn late(&mut self, task: &Task) -> anyhow::Result<()> {
        let Some(rule) = self.table.rule(&task.kind).cloned() else { return Ok(()) };
        let files = self.store.files(Some(&task.dataset))?;
        if rule.files_per_job.is_none()
            || files.iter().any(|file| file.state != FileState::Complete)
        {
            return Ok(());
        }
        let jobs = self.new_jobs(task, &rule, &files, false)?;
        Ok(self.store.add_jobs(task.id, &jobs, &note("files came late"))?)
    }

    /// Gives a task its jobs, if it is the run's turn.
    pub(super) fn take(&mut self, task: &Task, rule: &Rule, jobs: &[NewJob]) -> anyhow::Result<()> {
        match self.turn(task, rule, false)? {
            Some(why) => Ok(self.store.add_jobs(task.id, jobs, &note(why))?),
            None => Ok(()),
        }
    }

    /// Whether it is the run's turn, and why; if not, its task is moved to where it waits or ends. `any_size` is for runs that
    /// are too short by themselves.
    pub(super) fn turn(
        &mut self,
        task: &Task,
        rule: &Rule,
        any_size: bool,
    ) -> anyhow::Result<Option<String>> {
        if !rule.in_order {
            return Ok(Some("input is complete".to_owned()));
        }
        let name = DatasetName::parse(&task.dataset)?;
        let decision = match self.selection.decide(&self.settings, rule, &name, any_size, now()) {
            Ok(decision) => decision,
            Err(error) => {
                // Run control may not know the run yet, or be copied at this moment.
                let why =
                    format!("it cannot be decided on: {}", sct_tasks::failure::message(&error));
                self.complain(format!("run {}: {why}", task.run));
                self.move_task(task, TaskState::Held, &why)?;
                return Ok(None);
            }
        };
        let sentence = decision.sentence(task.run);
        match decision {
            Decision::Take => return Ok(Some(sentence)),
            Decision::Wait(_) => self.move_task(task, TaskState::Held, &sentence)?,
            Decision::Overdue(_) => {
                let why =
                    format!("overdue: {sentence}; release the earlier run or truncate this task");
                self.move_task(task, TaskState::Held, &why)?;
            }
            Decision::NotSelected(_) | Decision::Overtaken(_) => {
                self.move_task(task, TaskState::Skipped, &sentence)?;
            }
        }
        Ok(None)
    }

    pub(super) fn move_task(
        &mut self,
        task: &Task,
        to: TaskState,
        why: &str,
    ) -> anyhow::Result<()> {
        // A task that has jobs is as far as they are.
        if WAITING.contains(&task.state)
            && self.store.set_state(task.id, &WAITING, to, &note(why))?
        {
            let Task { kind, run, .. } = task;
            tracing::info!("task {kind} of run {run} is {to}: {why}");
            self.moved = true;
        }
        Ok(())
    }

    /// Whether a data set is complete.
    pub(super) fn is_closed(&self, dataset: &str) -> anyhow::Result<bool> {
        let sets = self.store.datasets()?;
        let close = self.settings.spool.close;
        Ok(sets.iter().any(|set| set.name == dataset && !is_open(set, close)))
    }
}

/// A file of the spool as an input of a job.
fn input_of(task: &Task, file: &SpoolFile) -> Value {
    json!({ "lfn": file.path, "dsn": task.dataset, "events": file.events })
}

/// Whether a data set has changed a moment ago.
fn is_fresh(set: &Dataset, close: f64) -> bool {
    ((now() - set.changed) as f64) < close
}

/// Whether more may come to a data set.
fn is_open(set: &Dataset, close: f64) -> bool {
    set.complete < set.files || is_fresh(set, close)
}
