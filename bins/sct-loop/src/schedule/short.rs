//! Runs that are too short by themselves: their hit maps are kept, and searched together when there are enough.
//!
//! A row of the table asks for that with `collect`. Everything is worked out anew at each look: a run is kept as long as its
//! task is COLLECTING, and what was searched together stands in the inputs of the job. A run with enough events is never
//! searched with others. The result belongs to the last of the runs and is valid from the first one on; no run with a result
//! of its own lies in between.

use std::collections::{BTreeMap, BTreeSet};

use sct_id::RunNumber;
use sct_job::DatasetName;
use sct_run::order::{Order, State};
use sct_sched::{
    Collect, Rule, TaskState,
    store::{Filter, NewJob, Task},
};
use serde_json::Value;

use super::{Scheduler, note, now, plan::Input};

/// States in which an earlier run may still be kept, or searched.
const UNSETTLED: [TaskState; 6] = [
    TaskState::WaitingInput,
    TaskState::Held,
    TaskState::Queued,
    TaskState::Running,
    TaskState::Validating,
    TaskState::Failed,
];

/// A run that is kept, with its hit maps and their events.
struct Kept {
    task: Task,
    hit_maps: Vec<Value>,
    events: u64,
}

impl Scheduler {
    /// Keeps a run that is too short, if it is selected and every earlier one is where it stays.
    pub(super) fn keep(&mut self, task: &Task, rule: &Rule, why: &str) -> anyhow::Result<()> {
        if task.state == TaskState::Collecting || self.turn(task, rule, true)?.is_none() {
            return Ok(());
        }
        if let Some(earlier) = self.unsettled_before(task)? {
            let why =
                format!("{why}; it waits for run {}, which is {}", earlier.run, earlier.state);
            return self.move_task(task, TaskState::Held, &why);
        }
        self.move_task(task, TaskState::Collecting, &format!("kept: {why}"))
    }

    /// An earlier run that may still have to be searched together with this one, or before it.
    fn unsettled_before(&self, task: &Task) -> anyhow::Result<Option<Task>> {
        let Some(before) = task.run.previous() else { return Ok(None) };
        let order = self.selection.order()?;
        let blocks =
            |task: &Task| order.places().get(&task.run).is_none_or(|place| place.state.blocks());
        let found = self.alike(task, (RunNumber::new(0)?, before), &UNSETTLED)?;
        Ok(found.into_iter().find(blocks))
    }

    /// Tasks that do the same with runs of the same kind.
    fn alike(
        &self,
        task: &Task,
        runs: (RunNumber, RunNumber),
        states: &[TaskState],
    ) -> anyhow::Result<Vec<Task>> {
        let filter = Filter {
            kind: Some(task.kind.clone()),
            runs: Some(runs),
            stream: Some(task.stream.clone()),
            states: states.to_vec(),
            ..Filter::default()
        };
        let mut tasks = self.store.tasks(&filter)?;
        tasks.retain(|other| other.project == task.project);
        tasks.sort_by_key(|task| (task.run, task.id));
        Ok(tasks)
    }

    /// Searches kept runs together where they are enough, gives up those that are kept for too long, and says how the
    /// others stand.
    pub(super) fn add_up(&mut self) -> anyhow::Result<()> {
        let rules: Vec<Rule> = self.table.rules().to_vec();
        for rule in &rules {
            let filter = Filter {
                kind: Some(rule.kind.clone()),
                states: vec![TaskState::Collecting],
                ..Filter::default()
            };
            let mut groups: BTreeMap<(String, String), Vec<Task>> = BTreeMap::new();
            for task in self.store.tasks(&filter)? {
                let Some(collect) = rule.collect else {
                    self.move_task(&task, TaskState::Skipped, "runs are not kept any more")?;
                    continue;
                };
                if let Some(rest) = self.still_kept(task, collect)? {
                    groups
                        .entry((rest.project.clone(), rest.stream.clone()))
                        .or_default()
                        .push(rest);
                }
            }
            for (_, mut tasks) in groups {
                tasks.sort_by_key(|task| (task.run, task.id));
                self.add_up_group(rule, tasks)?;
            }
        }
        Ok(())
    }

    /// Whether a run is kept on: not when it went into the search of another, when a later one was searched without it, when
    /// it is bad, or when its time is over.
    fn still_kept(&mut self, task: Task, collect: Collect) -> anyhow::Result<Option<Task>> {
        if let Some(taker) = self.taker(&task)? {
            let Task { run, state, .. } = taker;
            let (to, why) = match state {
                TaskState::Finished => {
                    let why = format!("its hit maps are part of the result of run {run}");
                    (TaskState::Finished, why)
                }
                TaskState::Failed => {
                    let why = format!(
                        "its hit maps are part of the search of run {run}, which has failed"
                    );
                    (TaskState::Collecting, why)
                }
                state => {
                    let why = format!(
                        "its hit maps are part of the search of run {run}, which is {state}"
                    );
                    (TaskState::Collecting, why)
                }
            };
            self.move_task(&task, to, &why)?;
            return Ok(None);
        }
        let days = |seconds: i64| seconds as f64 / 86_400.0;
        let over = if is_bad(&self.selection.order()?, task.run) {
            "the run is marked bad: its hit maps are left out".to_owned()
        } else if let Some(later) = self.taken_after(&task)? {
            format!("given up: run {later}, later, is searched without it")
        } else if now().saturating_sub(task.since) > collect.seconds {
            format!("given up: kept for {} days, and not enough came to it", days(collect.seconds))
        } else {
            return Ok(Some(task));
        };
        self.move_task(&task, TaskState::Skipped, &over)?;
        Ok(None)
    }

    /// The task in whose search the hit maps of a kept run are.
    pub(super) fn taker(&self, task: &Task) -> anyhow::Result<Option<Task>> {
        for other in self.taken(task)? {
            let jobs = self.store.jobs(other.id)?;
            let mut inputs = jobs.iter().flat_map(|job| &job.inputs);
            if other.id != task.id && inputs.any(|input| input["dsn"] == task.dataset.as_str()) {
                return Ok(Some(other));
            }
        }
        Ok(None)
    }

    /// A later run that was taken.
    fn taken_after(&self, task: &Task) -> anyhow::Result<Option<RunNumber>> {
        Ok(self.taken(task)?.first().map(|other| other.run))
    }

    /// Later runs that are or were searched, and not given up.
    fn taken(&self, task: &Task) -> anyhow::Result<Vec<Task>> {
        let mut later = self.alike(task, (task.run, RunNumber::MAX), &[])?;
        later.retain(|other| {
            let is_over = matches!(other.state, TaskState::Truncated | TaskState::Skipped);
            other.run > task.run && other.jobs > 0 && !is_over
        });
        Ok(later)
    }

    /// Adds up kept runs that belong together.
    fn add_up_group(&mut self, rule: &Rule, tasks: Vec<Task>) -> anyhow::Result<()> {
        let mut kept = Vec::new();
        for task in tasks {
            // Files that come late are looked at before.
            let Input::Short(inputs, _) = self.input_of_kept(&task, rule)? else { return Ok(()) };
            let is_hit_map = |input: &Value| {
                input["lfn"].as_str().is_some_and(|file| file.contains("SCTHitMaps"))
            };
            let hit_maps: Vec<Value> = inputs.into_iter().filter(is_hit_map).collect();
            let events = hit_maps.iter().filter_map(|input| input["events"].as_u64()).sum();
            kept.push(Kept { task, hit_maps, events });
        }
        let most = rule.collect.map_or(usize::MAX, |collect| collect.runs);
        let events: u64 = kept.iter().map(|one| one.events).sum();
        if events <= rule.min_events {
            let too_many = kept.len().saturating_sub(most);
            for one in kept.drain(..too_many) {
                let why = format!(
                    "given up: {most} later runs are kept, and they are not enough with it"
                );
                self.move_task(&one.task, TaskState::Skipped, &why)?;
            }
            return self.say(rule, &kept);
        }
        let Some(last) = kept.last() else { return Ok(()) };
        let (id, run) = (last.task.id, last.task.run);
        let inputs = kept.iter().flat_map(|one| one.hit_maps.clone()).collect();
        let why = format!("{events} events of runs {} together", list(&kept));
        tracing::info!("task {} of run {run}: {why}", rule.kind);
        self.store.add_jobs(id, &[NewJob { number: 1, inputs }], &note(why))?;
        for one in kept.iter().filter(|one| one.task.id != id) {
            let why = format!("its hit maps are part of the search of run {run}");
            self.move_task(&one.task, TaskState::Collecting, &why)?;
        }
        Ok(())
    }

    /// What a kept run has: from another task of the loop, or files of the spool.
    fn input_of_kept(&self, task: &Task, rule: &Rule) -> anyhow::Result<Input> {
        let sets = self.store.datasets()?;
        let set = sets.iter().find(|set| set.name == task.dataset).map(|set| (set, false));
        self.input(task, rule, set)
    }

    /// Says how kept runs stand.
    fn say(&mut self, rule: &Rule, kept: &[Kept]) -> anyhow::Result<()> {
        let events: u64 = kept.iter().map(|one| one.events).sum();
        let asked = rule.min_events;
        let why = format!("kept: {events} of more than {asked} events with runs {}", list(kept));
        kept.iter().try_for_each(|one| self.move_task(&one.task, TaskState::Collecting, &why))
    }
}

fn is_bad(order: &Order, run: RunNumber) -> bool {
    order.places().get(&run).is_some_and(|place| place.state == State::Bad)
}

fn list(kept: &[Kept]) -> String {
    let runs: Vec<String> = kept.iter().map(|one| one.task.run.to_string()).collect();
    runs.join(", ")
}

/// The runs of the inputs of a job, ascending.
pub(super) fn runs(inputs: &[Value]) -> Vec<RunNumber> {
    let run = |input: &Value| Some(DatasetName::parse(input["dsn"].as_str()?).ok()?.run);
    inputs.iter().filter_map(run).collect::<BTreeSet<_>>().into_iter().collect()
}
