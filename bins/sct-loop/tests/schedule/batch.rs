//! Batch systems: a real Slurm where it is installed, commands of HTCondor that only take note of what they are asked.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use sct_id::RunNumber;
use sct_sim::{RawSettings, Settings, simulate_raw, write_conditions};
use tempfile::TempDir;

use crate::data::{Data, RUN, names};

/// A Slurm of one node, for this test alone.
struct Slurm {
    folder: TempDir,
}

impl Slurm {
    /// Starts it; none with the reason where that cannot be.
    fn start() -> Result<Self, String> {
        let found = |name: &str| {
            ["/usr/bin", "/usr/sbin"].iter().any(|at| Path::new(at).join(name).exists())
        };
        for name in ["sbatch", "slurmctld", "slurmd", "munged"] {
            if !found(name) {
                return Err(format!("{name} is not installed"));
            }
        }
        if !Command::new("id").arg("-u").output().unwrap().stdout.starts_with(b"0\n") {
            return Err("only root can start a Slurm".to_owned());
        }
        let slurm = Self { folder: tempfile::tempdir().unwrap() };
        let at = slurm.folder.path();
        fs::create_dir(at.join("state")).unwrap();
        fs::create_dir(at.join("spool")).unwrap();
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let port = 20_000 + std::process::id() % 20_000;
        let at_text = at.display();
        let text = format!(
            "ClusterName=sctloop\nSlurmctldHost=localhost(127.0.0.1)\nAuthType=auth/munge\nCryptoType=crypto/munge\n\
             ProctrackType=proctrack/pgid\nTaskPlugin=task/none\nSelectType=select/cons_tres\nSelectTypeParameters=CR_Core\n\
             SlurmctldPort={port}\nSlurmdPort={}\nStateSaveLocation={at_text}/state\nSlurmdSpoolDir={at_text}/spool\n\
             SlurmctldPidFile={at_text}/slurmctld.pid\nSlurmdPidFile={at_text}/slurmd.pid\nSlurmctldLogFile={at_text}/slurmctld.log\n\
             SlurmdLogFile={at_text}/slurmd.log\nSlurmUser=root\nReturnToService=2\nMinJobAge=300\nSchedulerParameters=sched_interval=1\n\
             NodeName=localhost NodeAddr=127.0.0.1 CPUs={cores} RealMemory=4000 State=UNKNOWN\n\
             PartitionName=batch Nodes=localhost Default=YES MaxTime=INFINITE State=UP\n",
            port + 1
        );
        fs::write(slurm.conf(), text).unwrap();
        let shell = |line: &str| {
            let mut shell = Command::new("sh");
            shell.args(["-c", line]).env("SLURM_CONF", slurm.conf()).stdin(Stdio::null());
            shell.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
        };
        // munge serves the whole machine: one that works is left alone.
        if !shell("munge -n") {
            let munge = "mkdir -p /run/munge && chown munge /run/munge && su munge -s /bin/sh -c '/usr/sbin/munged --force'";
            if !shell(munge) {
                return Err("munge does not start".to_owned());
            }
        }
        shell("slurmctld -f \"$SLURM_CONF\" && slurmd -f \"$SLURM_CONF\" -N localhost");
        let since = Instant::now();
        while !shell("sinfo -h -o %T | grep -q idle") {
            if since.elapsed() > Duration::from_secs(30) {
                return Err("Slurm does not come up".to_owned());
            }
            thread::sleep(Duration::from_millis(200));
        }
        Ok(slurm)
    }

    fn conf(&self) -> PathBuf {
        self.folder.path().join("slurm.conf")
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        for name in ["slurmd.pid", "slurmctld.pid"] {
            if let Ok(pid) = fs::read_to_string(self.folder.path().join(name)) {
                let _ = Command::new("kill").arg(pid.trim()).status();
            }
        }
        // They write into their folder until they are gone.
        thread::sleep(Duration::from_millis(500));
    }
}

/// A run of two RAW files, as all tests of batch systems have it.
pub(crate) fn raw_run(backend: &str) -> Data {
    let data = Data::new("[job]\nconditions = 'conditions.db'\nrunInfo = 'runInfo.txt'");
    let more = fs::read_to_string(data.path("sct-loop.toml")).unwrap();
    fs::write(data.path("sct-loop.toml"), format!("{more}[backend]\n{backend}\n")).unwrap();
    let run = RunNumber::new(RUN).unwrap();
    let settings = Settings { run, files: 2, events: 10_500, ..Settings::small() };
    simulate_raw(&settings, &RawSettings::default(), &data.path("spool")).unwrap();
    write_conditions(&settings, &data.path("conditions.db")).unwrap();
    let info = sct_tasks::simulation::run_info(&settings).to_text();
    fs::write(data.path("runInfo.txt"), info).unwrap();
    data
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn slurm_fills_and_searches_in_order() {
    let slurm = match Slurm::start() {
        Ok(slurm) => slurm,
        Err(why) => return eprintln!("skipped: {why}"),
    };
    let data = raw_run("kind = 'slurm'");
    let output = data.command("run-once").env("SLURM_CONF", slurm.conf()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let shown = data.json("tasks show sctns-440199");
    assert_eq!(output.status.code(), Some(0), "{said}\n{shown:#}");
    // The search was submitted with the filling, and began after it.
    assert_eq!(shown["attempts"].as_array().unwrap().len(), 1);
    let filled = data.json("tasks show scthm-440199");
    let number = |value: &serde_json::Value| value.as_i64().unwrap();
    let fills = filled["attempts"].as_array().unwrap();
    assert_eq!(fills.len(), 2);
    assert!(
        fills.iter().all(|fill| number(&fill["ended"]) <= number(&shown["attempts"][0]["started"]))
    );
    assert!(shown["attempts"][0]["handle"].as_str().unwrap().ends_with("_0"));
    let results = names(&data.path("results/00440199/sctns"));
    assert!(results.iter().any(|name| name.ends_with("BadStripsAllFile.xml")), "{results:?}");
}

/// Commands of a batch system that write down how they are called, and answer as they are told.
fn commands(data: &Data, answers: &[(&str, &str)]) -> PathBuf {
    let folder = data.path("bin");
    fs::create_dir_all(&folder).unwrap();
    for (name, answer) in answers {
        let path = folder.join(name);
        let calls = data.path(&format!("{name}.calls"));
        let script = format!("#!/bin/sh\necho \"$@\" >> '{}'\n{answer}\n", calls.display());
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

#[test]
fn htcondor_gets_a_dag_and_its_silence_is_no_failure() {
    let data =
        raw_run("kind = 'condor'\ncommands = 'bin'\noptions = ['+JobFlavour = \"longlunch\"']");
    commands(
        &data,
        &[
            ("condor_submit_dag", "echo '1 job(s) submitted to cluster 77.'"),
            ("condor_q", "echo 'no answer' >&2; exit 1"),
            ("condor_rm", "exit 0"),
        ],
    );
    data.text("run-once --no-wait", 0);
    let batch = names(&data.path("jobs/batches"));
    let folder = data.path("jobs/batches").join(&batch[0]);
    let dag = fs::read_to_string(folder.join("batch.dag")).unwrap();
    assert!(dag.ends_with("PARENT A0 A1 CHILD B0\n"), "{dag}");
    let submit = fs::read_to_string(folder.join("attempt.sub")).unwrap();
    assert!(submit.contains("+JobFlavour = \"longlunch\"\nqueue\n"), "{submit}");
    check_by_parser(&folder.join("attempt.sub"));
    // The pool does not answer: nothing follows from that.
    data.text("run-once --no-wait", 0);
    let attempts = data.json("tasks show scthm-440199")["attempts"].as_array().unwrap().clone();
    assert_eq!(attempts.len(), 2);
    assert!(attempts[1]["handle"].as_str().unwrap().starts_with("77.A1 /"));
    assert!(attempts.iter().all(|attempt| attempt["is_lost"] == false));

    // The nodes run, wherever that is, and leave their traces.
    for node in
        attempts.iter().chain(data.json("tasks show sctns-440199")["attempts"].as_array().unwrap())
    {
        let status = Command::new(env!("CARGO_BIN_EXE_sct-loop"))
            .arg("attempt")
            .arg(node["folder"].as_str().unwrap())
            .status()
            .unwrap();
        assert!(status.success());
    }
    data.text("run-once --no-wait", 0);
    assert!(data.states().iter().all(|(_, state)| state == "FINISHED"), "{:?}", data.states());
    let asked = fs::read_to_string(data.path("condor_q.calls")).unwrap();
    assert!(asked.contains("DAGNodeName"), "{asked}");
}

#[test]
fn an_attempt_that_a_batch_system_has_forgotten_is_made_again() {
    let data = raw_run("kind = 'condor'\ncommands = 'bin'");
    commands(
        &data,
        &[
            ("condor_submit_dag", "echo '1 job(s) submitted to cluster 78.'"),
            ("condor_q", "true"),
            ("condor_rm", "true"),
        ],
    );
    data.text("run-once --no-wait", 0);
    // The queue is empty and the folders are: three attempts are lost, and those that can be are submitted once more.
    data.text("run-once --no-wait", 0);
    let shown = data.json("tasks show scthm-440199");
    let lost = |attempt: &&serde_json::Value| attempt["is_lost"] == true;
    assert_eq!(shown["attempts"].as_array().unwrap().iter().filter(lost).count(), 2);
    assert_eq!(shown["attempts"].as_array().unwrap().len(), 4);
    // A node that comes late after all finds that its attempt was given up.
    let late = shown["attempts"][0]["folder"].as_str().unwrap();
    let status =
        Command::new(env!("CARGO_BIN_EXE_sct-loop")).args(["attempt", late]).status().unwrap();
    assert_eq!(status.code(), Some(137));
    data.text("tasks truncate scthm-440199 --reason enough", 0);
    let removed = fs::read_to_string(data.path("condor_rm.calls")).unwrap();
    assert!(removed.contains("DAGManJobId == 78 && DAGNodeName == \"A0\""), "{removed}");
}

#[test]
fn a_dag_that_broke_off_goes_on_from_its_rescue_file() {
    let data = raw_run("kind = 'condor'\ncommands = 'bin'");
    let calls = data.path("condor_submit_dag.calls");
    let submit =
        format!("echo \"1 job(s) submitted to cluster $(wc -l < '{}').\"", calls.display());
    commands(&data, &[("condor_submit_dag", &submit), ("condor_q", "true"), ("condor_rm", "true")]);
    data.text("run-once --no-wait", 0);
    let attempts = |kind: &str| {
        let shown = data.json(&format!("tasks show {kind}-440199"));
        shown["attempts"].as_array().unwrap().clone()
    };
    let folder = |attempt: &serde_json::Value| attempt["folder"].as_str().unwrap().to_owned();
    let run = |attempt: &serde_json::Value| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sct-loop"));
        assert!(command.args(["attempt", &folder(attempt)]).status().unwrap().success());
    };
    // One node is done when the DAG breaks off.
    run(&attempts("scthm")[0]);
    let batch = data.path("jobs/batches").join(&names(&data.path("jobs/batches"))[0]);
    fs::write(batch.join("batch.dag.rescue001"), "DONE A0\n").unwrap();
    data.text("run-once --no-wait", 0);
    let said = fs::read_to_string(&calls).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[1].ends_with("-dorescuefrom 1 batch.dag"), "{said}");
    let handles = |kind: &str| -> Vec<String> {
        let first = |attempt: &serde_json::Value| {
            attempt["handle"].as_str().unwrap().split(' ').next().unwrap().to_owned()
        };
        attempts(kind).iter().map(first).collect()
    };
    // The nodes that were not done have new names, and are the same attempts.
    assert_eq!(
        (handles("scthm"), handles("sctns")),
        (vec!["1.A0".into(), "2.A1".into()], vec!["2.B0".into()])
    );
    run(&attempts("scthm")[1]);
    // It breaks off once more, without a new rescue file: the attempt that is left is lost, and made anew.
    data.text("run-once --no-wait", 0);
    assert_eq!(fs::read_to_string(&calls).unwrap().lines().count(), 3);
    assert_eq!(handles("sctns"), ["2.B0", "3.A0"]);
    assert_eq!(attempts("sctns")[0]["is_lost"], true);
    run(&attempts("sctns")[1]);
    data.text("run-once --no-wait", 0);
    assert!(data.states().iter().all(|(_, state)| state == "FINISHED"), "{:?}", data.states());
}

#[test]
fn the_books_of_slurm_say_how_a_job_ended_that_left_the_queue() {
    let data = raw_run("kind = 'slurm'\ncommands = 'bin'");
    let calls = data.path("sbatch.calls");
    commands(
        &data,
        &[
            ("sbatch", &format!("wc -l < '{}'", calls.display())),
            ("squeue", "true"),
            ("sacct", "printf '1_0|OUT_OF_MEMORY\\n1_1|RUNNING\\n2_0|PENDING\\n'"),
            ("scancel", "true"),
        ],
    );
    data.text("run-once --no-wait", 0);
    data.text("run-once --no-wait", 0);
    let shown = data.json("tasks show scthm-440199");
    let attempts = shown["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 3, "{shown:#}");
    assert_eq!(attempts[0]["is_lost"], true);
    let message = attempts[0]["message"].as_str().unwrap();
    assert_eq!(message, "attempt 1 was lost with what ran it: OUT_OF_MEMORY");
    // What the books know to go on is waited for.
    assert_eq!((&attempts[1]["is_lost"], &attempts[1]["exit_code"]), (&false.into(), &().into()));
    let asked = fs::read_to_string(data.path("sacct.calls")).unwrap();
    assert!(asked.contains("--format=JobID,State --jobs 1,2"), "{asked}");
    // A command that says nothing changes nothing of that.
    commands(&data, &[("squeue", "exit 1"), ("sacct", "exit 1")]);
    data.text("run-once --no-wait", 0);
    assert_eq!(data.json("tasks show scthm-440199")["attempts"].as_array().unwrap().len(), 3);
}

/// Lets the package `htcondor` read a submit description, where Python has it.
#[expect(clippy::print_stderr, reason = "a skipped check says so")]
fn check_by_parser(path: &Path) {
    let script = "import sys\ntry:\n    import htcondor2 as htcondor\nexcept ImportError:\n    sys.exit(9)\n\
                  s = htcondor.Submit(open(sys.argv[1]).read())\n\
                  assert s['universe'] == 'vanilla' and 'attempt' in s['arguments'] and s['request_cpus'] == '1', s";
    let output = Command::new("python3")
        .args(["-c", script])
        .arg(path)
        .env("CONDOR_CONFIG", "/dev/null")
        .output();
    match output {
        Ok(output) if output.status.success() => {}
        Ok(output) if output.status.code() != Some(9) => {
            panic!("{}", String::from_utf8_lossy(&output.stderr))
        }
        _ => eprintln!("skipped: Python has no package htcondor"),
    }
}
