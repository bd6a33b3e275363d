//! HTCondor: a DAG for each batch, one node for each attempt.

use std::{
    collections::HashMap,
    ffi::OsString,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use super::{Backend, Batch, Commands, Handle, Hint, Job, hints, local, unless_gone};
use crate::{Error, attempt::Limits};

/// Settings of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CondorSettings {
    /// Program that is started as `PROGRAM attempt FOLDER ...`, seen from the machines.
    pub program: PathBuf,
    /// Where the commands are.
    pub commands: Commands,
    /// Further lines of the submit description, as `+JobFlavour = "longlunch"`.
    pub options: Vec<String>,
}

/// Gives attempts to `HTCondor`.
#[derive(Debug)]
pub struct Condor {
    settings: CondorSettings,
}

/// Names of the files of a batch.
const DAG: &str = "batch.dag";
const SUBMIT: &str = "attempt.sub";
/// Number of the rescue file that a DAG went on from.
const RESUMED: &str = "batch.resumed";

impl Condor {
    /// A pool.
    pub fn new(settings: CondorSettings) -> Self {
        Self { settings }
    }

    /// The submit description that all nodes share; what differs comes from the DAG.
    fn description(&self, folder: &Path, limits: &Limits) -> String {
        let Limits { seconds, cores, memory } = limits;
        let mut text = format!(
            "universe = vanilla\nexecutable = {}\narguments = \"attempt '$(folder)' {}\"\nlog = {}\noutput = {}/$(node).out\n\
             error = {}/$(node).err\nrequest_cpus = {cores}\nshould_transfer_files = NO\ngetenv = True\n\
             periodic_remove = (JobStatus == 2) && (time() - EnteredCurrentStatus > {})\n",
            self.settings.program.display(),
            local::limits(limits).join(" "),
            folder.join("batch.log").display(),
            folder.display(),
            folder.display(),
            seconds + 60
        );
        if let Some(memory) = memory {
            // The supervisor and mapped files come on top.
            let _ = writeln!(text, "request_memory = {}", memory.div_ceil(1 << 20) + 256);
        }
        for option in &self.settings.options {
            let _ = writeln!(text, "{option}");
        }
        text.push_str("queue\n");
        text
    }

    /// Submits the DAG of a folder, anew or from one of its rescue files; gives its cluster.
    fn submit_dag(&self, folder: &Path, name: &str, rescue: Option<u32>) -> Result<String, Error> {
        let mut arguments = vec![OsString::from("-batch-name"), name.into()];
        if let Some(rescue) = rescue {
            arguments.extend(["-dorescuefrom".into(), rescue.to_string().into()]);
        }
        arguments.push(DAG.into());
        let said = self.settings.commands.call("condor_submit_dag", Some(folder), &arguments)?;
        let number = said.rsplit("submitted to cluster ").next().unwrap_or_default();
        let cluster: String = number.chars().take_while(char::is_ascii_digit).collect();
        if cluster.is_empty() {
            let what = format!("its answer names no cluster: {:?}", said.trim());
            return Err(Error::Command { command: "condor_submit_dag".to_owned(), what });
        }
        Ok(cluster)
    }

    /// Submits a DAG that broke off from its latest rescue file, which leaves out the nodes that are done. Each rescue file
    /// is used once, so that a DAG that breaks off at once is not begun for ever.
    fn rescue(&self, folder: &Path) -> Option<String> {
        let latest = latest_rescue(folder)?;
        let used = folder.join(RESUMED);
        let before = std::fs::read_to_string(&used).ok().and_then(|text| text.trim().parse().ok());
        if before.is_some_and(|before: u32| before >= latest) {
            return None;
        }
        sct_wholefile::write(&used, format!("{latest}\n").as_bytes()).ok()?;
        let name = folder.file_name()?.to_string_lossy();
        self.submit_dag(folder, &name, Some(latest)).ok()
    }

    /// States of all jobs of this user by cluster and node; none when the pool does not answer.
    fn queue(&self) -> Option<HashMap<(String, String), Hint>> {
        let format = ["-nobatch", "-af", "DAGManJobId", "DAGNodeName", "JobStatus", "ClusterId"];
        let said =
            self.settings.commands.call("condor_q", None, &format.map(OsString::from)).ok()?;
        let line = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [dag, node, status, cluster] = words[..] else { return None };
            // The DAG's own job has no node, and stands for nodes that are not in the queue yet.
            let of = if dag == "undefined" { (cluster, "") } else { (dag, node) };
            Some(((of.0.to_owned(), of.1.to_owned()), hint(status)))
        };
        Some(said.lines().filter_map(line).collect())
    }
}

fn hint(status: &str) -> Hint {
    match status {
        // Idle, held, suspended.
        "1" | "5" | "7" => Hint::Queued,
        // Running, transferring output.
        "2" | "6" => Hint::Running,
        _ => Hint::Gone,
    }
}

/// The DAG of a batch: what is first, then what waits for all of it. A node is tried again when its machine failed; a
/// supervisor that comes a second time finds what the first one has left.
fn dag(batch: &Batch, descriptions: [&str; 2]) -> String {
    let mut text = String::new();
    let mut node = |name: &str, job: &Job, description: &str| {
        let folder = job.folder.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
        let _ = writeln!(text, "JOB {name} {description}");
        let _ = writeln!(text, "VARS {name} node=\"{name}\" folder=\"{folder}\"");
        if job.retries > 0 {
            // For lost machines. A job that has failed is not run again: its supervisor finds the record and says the same.
            let _ = writeln!(text, "RETRY {name} {}", job.retries);
        }
    };
    let names = |letter: char, jobs: &[Job]| -> Vec<String> {
        (0..jobs.len()).map(|index| format!("{letter}{index}")).collect()
    };
    let (first, then) = (names('A', &batch.first), names('B', &batch.then));
    first.iter().zip(&batch.first).for_each(|(name, job)| node(name, job, descriptions[0]));
    then.iter().zip(&batch.then).for_each(|(name, job)| node(name, job, descriptions[1]));
    if !first.is_empty() && !then.is_empty() {
        let _ = writeln!(text, "PARENT {} CHILD {}", first.join(" "), then.join(" "));
    }
    text
}

/// Words of a handle: cluster of the DAG, node.
fn parts(handle: &Handle) -> (String, String) {
    let (name, _) = handle.0.split_once(' ').unwrap_or((&handle.0, ""));
    let (cluster, node) = name.split_once('.').unwrap_or((name, ""));
    (cluster.to_owned(), node.to_owned())
}

/// The folder of the DAG of a handle.
fn folder(handle: &Handle) -> Option<&Path> {
    handle.0.split_once(' ').map(|(_, folder)| Path::new(folder))
}

/// Name of a node of a DAG.
fn handle(cluster: &str, node: &str, folder: &Path) -> Handle {
    Handle(format!("{cluster}.{node} {}", folder.display()))
}

/// Number of the latest rescue file that a DAG has left: what was done when it broke off.
fn latest_rescue(folder: &Path) -> Option<u32> {
    let start = format!("{DAG}.rescue");
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let number = |entry: std::fs::DirEntry| {
        entry.file_name().to_str()?.strip_prefix(&start)?.parse::<u32>().ok()
    };
    entries.filter_map(number).max()
}

impl Backend for Condor {
    fn name(&self) -> &'static str {
        "condor"
    }

    fn keeps_order(&self) -> bool {
        true
    }

    fn submit(&mut self, batch: &Batch) -> Result<Vec<Handle>, Error> {
        batch.make_folder()?;
        let second = "then.sub";
        for (jobs, name) in [(&batch.first, SUBMIT), (&batch.then, second)] {
            if let Some(job) = jobs.first() {
                let text = self.description(&batch.folder, &job.limits);
                sct_wholefile::write(&batch.folder.join(name), text.as_bytes())?;
            }
        }
        sct_wholefile::write(&batch.folder.join(DAG), dag(batch, [SUBMIT, second]).as_bytes())?;
        let cluster = self.submit_dag(&batch.folder, &batch.name, None)?;
        let nodes = |letter: char, count: usize| {
            let cluster = &cluster;
            let node = move |index| handle(cluster, &format!("{letter}{index}"), &batch.folder);
            (0..count).map(node)
        };
        Ok(nodes('A', batch.first.len()).chain(nodes('B', batch.then.len())).collect())
    }

    fn resume(&mut self, gone: &[Handle]) -> Vec<Option<Handle>> {
        let mut clusters: HashMap<PathBuf, Option<String>> = HashMap::new();
        let again = |old: &Handle| {
            let folder = folder(old)?;
            let rescue = || self.rescue(folder);
            let cluster = clusters.entry(folder.to_owned()).or_insert_with(rescue).clone()?;
            Some(handle(&cluster, &parts(old).1, folder))
        };
        gone.iter().map(again).collect()
    }

    fn ask(&mut self, handles: &[Handle]) -> Vec<Hint> {
        hints(
            handles,
            || self.queue(),
            |queue, handle| {
                let (cluster, node) = parts(handle);
                let own = queue.get(&(cluster.clone(), node)).copied();
                // A node that is not in the queue is to come, or to be tried again, as long as its DAG is there.
                let dag =
                    || queue.get(&(cluster, String::new())).map_or(Hint::Gone, |_| Hint::Queued);
                own.unwrap_or_else(dag)
            },
        )
    }

    fn cancel(&mut self, handle: &Handle) -> Result<(), Error> {
        let (cluster, node) = parts(handle);
        // One node of a DAG, by its name.
        let which = format!("DAGManJobId == {cluster} && DAGNodeName == \"{node}\"");
        let arguments = [OsString::from("-constraint"), which.into()];
        let cancelled = self.settings.commands.call("condor_rm", None, &arguments);
        unless_gone(self, handle, cancelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        let limits = Limits { seconds: 60, cores: 2, memory: Some(1 << 30) };
        let job = |name: &str| Job {
            name: name.to_owned(),
            folder: format!("/data/{name}").into(),
            limits,
            retries: 2,
        };
        let folder = "/data/batch".into();
        Batch {
            name: "scthm-1".to_owned(),
            folder,
            first: vec![job("1"), job("2")],
            then: vec![job("3")],
        }
    }

    #[test]
    fn a_dag_has_its_nodes_and_their_order() {
        let text = dag(&batch(), ["a.sub", "b.sub"]);
        let expected = "JOB A0 a.sub\nVARS A0 node=\"A0\" folder=\"/data/1\"\nRETRY A0 2\n\
                        JOB A1 a.sub\nVARS A1 node=\"A1\" folder=\"/data/2\"\nRETRY A1 2\n\
                        JOB B0 b.sub\nVARS B0 node=\"B0\" folder=\"/data/3\"\nRETRY B0 2\n\
                        PARENT A0 A1 CHILD B0\n";
        assert_eq!(text, expected);
    }
}
