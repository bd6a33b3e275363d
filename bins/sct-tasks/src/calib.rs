//! The job transformation: a job dictionary in, the files of one task and a report out.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Instant,
};

use anyhow::Context as _;
use sct_id::RunNumber;
use sct_job::{
    DatasetName, ExecutorReport, ExitCode, Groups, Input, InputFile, JobArguments, OutputFile,
    Prefix, Properties, Report, Times,
};
use serde_json::{Map, json};

use crate::{
    failure::{self, Coded},
    logging,
};

mod command;
mod dead;
mod filling;
mod hist;
mod hit_maps;
mod hv_trip;
mod noisy_lb;
mod noisy_strip;
mod parts;
mod results;
mod run_control;
mod setup;
mod signals;

pub use self::command::{Request, command};

/// Log of the analysis step. Its name is fixed: `log.` and the step's name.
pub const LOG: &str = "log.sctcalib";

/// How a job ended that was not in error.
pub(crate) struct Ending {
    /// Message of the report; `OK` unless there is more to say.
    message: String,
    /// An early ending leaves no files in the report.
    early: bool,
}

/// What is known of a job while it runs; the report is made from it, whenever and however the job ends.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) inputs: Vec<InputFile>,
    pub(crate) outputs: Vec<OutputFile>,
    pub(crate) executor: Option<ExecutorReport>,
    pub(crate) calibration: Map<String, serde_json::Value>,
}

/// Runs a job with its log file; a log that cannot be written ends the job before it begins.
pub fn run_logged(request: &Request, log: std::io::Result<fs::File>) -> ExitCode {
    let started = Instant::now();
    match log {
        Ok(log) => {
            logging::start(request.verbosity, Some(log));
            run(request)
        }
        Err(error) => {
            logging::start(request.verbosity, None);
            let message = format!("cannot write {LOG}: {error}");
            tracing::error!("{message}");
            write_reports(
                request,
                None,
                &State::default(),
                ExitCode::LogFileFail,
                &message,
                started,
            );
            ExitCode::LogFileFail
        }
    }
}

/// Writes the report of a job whose command line is wrong.
pub fn refuse(complaint: &str) {
    let request = Request::unread();
    let first = complaint.lines().next().unwrap_or_default();
    write_reports(&request, None, &State::default(), ExitCode::ArgError, first, Instant::now());
}

/// Runs a job in the current folder and writes its report.
///
/// The exit code of the process is that of the report.
pub fn run(request: &Request) -> ExitCode {
    let started = Instant::now();
    let state = Arc::new(Mutex::new(State::default()));
    let arguments = match request.arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            let error = anyhow::Error::from(error);
            tracing::error!("{}", failure::message(&error));
            let code = failure::exit_code(&error);
            write_reports(
                request,
                None,
                &State::default(),
                code,
                &failure::message(&error),
                started,
            );
            return code;
        }
    };
    signals::report_when_killed(request, &arguments, &state, started);
    let result = job(&arguments, &state);
    let mut state = match state.lock() {
        Ok(mut state) => std::mem::take(&mut *state),
        Err(poisoned) => std::mem::take(&mut *poisoned.into_inner()),
    };
    let (mut code, mut message) = match result {
        Ok(Ending { message, early }) => {
            tracing::info!("{message}");
            if early {
                (state.inputs, state.outputs) = (Vec::new(), Vec::new());
            }
            (ExitCode::Ok, message)
        }
        Err(error) => {
            let message = failure::message(&error);
            tracing::error!("{message}");
            (failure::exit_code(&error), message)
        }
    };
    if let Some(executor) = &mut state.executor {
        let log = fs::read(LOG)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default();
        executor.log = sct_job::scan_log(&log, &arguments.ignore_patterns);
        executor.code = code.number();
        executor.error = if code == ExitCode::Ok { String::new() } else { message.clone() };
        executor.validated = code == ExitCode::Ok;
        if let (ExitCode::Ok, Some(found)) = (code, executor.log.failure(arguments.ignore_errors)) {
            code = ExitCode::ExecLogError;
            message =
                format!("the log has an error in line {}: {}", found.first_line, found.message);
        }
    }
    write_reports(request, Some(&arguments), &state, code, &message, started);
    code
}

fn job(arguments: &JobArguments, state: &Mutex<State>) -> anyhow::Result<Ending> {
    parts::check(arguments)?;
    if arguments.combine_runs.is_empty() {
        one_dataset(arguments)?;
    }
    let mut properties = Properties::default();
    arguments.config.iter().try_for_each(|path| properties.add_file(Path::new(path)))?;
    let inputs = resolve(arguments, &properties)?;
    let name = dataset(&inputs, &arguments.combine_runs)?;
    let prefix = Prefix::parse(&arguments.prefix)?;
    note(state, |state| {
        state.inputs = inputs.iter().map(|input| input_file(input, &name)).collect();
        state.executor = Some(ExecutorReport {
            configuration: properties.to_json(),
            ..ExecutorReport::default()
        });
        let parts: Vec<&str> = arguments.parts.iter().map(|part| part.name()).collect();
        state.calibration.insert("part".to_owned(), json!(parts));
        state.calibration.insert("splitNoisyStrip".to_owned(), json!(arguments.split.number()));
        state.calibration.insert("run".to_owned(), json!(name.run));
        if !arguments.combine_runs.is_empty() {
            let runs = json!(arguments.combine_runs);
            state.calibration.insert("combinedRuns".to_owned(), runs);
        }
        state.calibration.insert("stream".to_owned(), json!(name.project_suffix));
        state.calibration.insert("inputType".to_owned(), json!(name.input_type));
        state.calibration.insert("prefix".to_owned(), json!(prefix.effective));
    });
    tracing::info!("run {} of project {}, {} inputs", name.run, name.project, inputs.len());
    let (properties, inputs) = (&properties, inputs.as_slice());
    let setup = setup::Setup { arguments, properties, inputs, name: &name, prefix: &prefix };
    if let Some(ending) = run_control::select(&setup)? {
        return Ok(ending);
    }
    let result = run_control::write_info(&setup).and_then(|()| parts::run(&setup, state));
    run_control::record(&setup, &result);
    result
}

/// Objects of one list belong to one data set.
fn one_dataset(arguments: &JobArguments) -> anyhow::Result<()> {
    let names: std::collections::BTreeSet<&str> =
        arguments.input.iter().filter_map(|input| input.get("dsn")?.as_str()).collect();
    if names.len() > 1 {
        let names: Vec<&str> = names.into_iter().collect();
        let what = format!("inputs belong to different data sets: {}", names.join(", "));
        return Err(Coded::new(ExitCode::ArgDataset, what).into());
    }
    Ok(())
}

fn resolve(arguments: &JobArguments, properties: &Properties) -> anyhow::Result<Vec<Input>> {
    let prefixes = properties.prefixes();
    arguments.input.iter().map(|input| Ok(sct_job::resolve(input, &prefixes)?)).collect()
}

/// Run and type from the first input's name; the others must agree. Where runs are combined, each of them must have an input
/// and each input one of them; the name is that of the last run.
fn dataset(inputs: &[Input], combined: &[RunNumber]) -> anyhow::Result<DatasetName> {
    let names = inputs.iter().map(|input| DatasetName::parse(&input.dataset));
    let names: Vec<DatasetName> = names.collect::<Result<_, _>>()?;
    let first = names.first().ok_or_else(|| Coded::new(ExitCode::ArgMissing, "no input"))?;
    let wrong = |what: String| Err(Coded::new(ExitCode::ArgDataset, what).into());
    let Some(last) = combined.last() else {
        return match names.iter().find(|name| name.run != first.run) {
            None => Ok(first.clone()),
            Some(other) => wrong(format!(
                "inputs belong to runs {} and {}, expected one run",
                first.run, other.run
            )),
        };
    };
    if let Some(other) = names.iter().find(|name| !combined.contains(&name.run)) {
        return wrong(format!("an input belongs to run {}, which combineRuns lacks", other.run));
    }
    if let Some(run) = combined.iter().find(|run| names.iter().all(|name| name.run != **run)) {
        return wrong(format!("combineRuns has run {run}, of which there is no input"));
    }
    // Runs with other beams, or of another stream, are another thing.
    let same =
        |name: &DatasetName| (&name.project, &name.stream) == (&first.project, &first.stream);
    if let Some(other) = names.iter().find(|name| !same(name)) {
        return wrong(format!(
            "inputs belong to {} {} and {} {}: they cannot be added",
            first.project, first.stream, other.project, other.stream
        ));
    }
    let name = names.iter().find(|name| name.run == *last).unwrap_or(first);
    Ok(name.clone())
}

fn input_file(input: &Input, name: &DatasetName) -> InputFile {
    InputFile {
        kind: name.input_type.clone(),
        dataset: Some(input.dataset.clone()),
        name: input.file.clone(),
        entries: input.events,
        guid: input.guid.clone(),
    }
}

/// Changes the state; a thread that panicked while it held the state does not keep the report from being made.
pub(crate) fn note(state: &Mutex<State>, change: impl FnOnce(&mut State)) {
    match state.lock() {
        Ok(mut state) => change(&mut state),
        Err(poisoned) => change(&mut poisoned.into_inner()),
    }
}

/// Files of the inputs, sorted into groups.
pub(crate) fn groups(inputs: &[Input]) -> anyhow::Result<Groups> {
    let paths: Vec<PathBuf> = inputs.iter().map(Input::path).collect::<Result<_, _>>()?;
    Ok(sct_job::group_hitmaps(&paths)?)
}

fn report(
    request: &Request,
    state: &State,
    exit: ExitCode,
    message: &str,
    started: Instant,
) -> Report {
    let times = Times { cpu: cpu_seconds(), wall: started.elapsed().as_secs_f64() };
    let executor = state.executor.clone().map(|executor| ExecutorReport { times, ..executor });
    Report {
        command: request.command_line.clone(),
        created: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        exit,
        message: message.to_owned(),
        inputs: state.inputs.clone(),
        outputs: state.outputs.clone(),
        executor,
        times,
        calibration: state.calibration.clone(),
    }
}

/// Processor time of this process so far; 0 where the system does not tell.
fn cpu_seconds() -> f64 {
    // Fields 14 and 15 count ticks of a hundredth of a second, after the name in parentheses.
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn write_reports(
    request: &Request,
    arguments: Option<&JobArguments>,
    state: &State,
    code: ExitCode,
    message: &str,
    started: Instant,
) {
    let report = report(request, state, code, message, started);
    let (name, kinds) = arguments
        .map_or(("jobReport", &[][..]), |a| (a.report_name.as_str(), a.report_types.as_slice()));
    let written = report
        .write(Path::new(&format!("{name}.json")))
        .map_err(anyhow::Error::from)
        .and_then(|()| {
            if kinds.iter().any(|kind| kind == "text") {
                sct_wholefile::write(Path::new("env.txt"), report.to_text().as_bytes())
                    .context("text report")?;
            }
            Ok(())
        });
    if let Err(error) = written {
        tracing::error!("the report cannot be written: {}", failure::message(&error));
    }
}
