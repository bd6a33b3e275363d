//! jobReport.json: what a job did, for the system that started it.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::{Error, ExitCode, LogScan, log_scan::Message};

/// Version of the report's form. Source: `trfReports.py` of the original framework.
const VERSION: &str = "2.1.2";
/// Longest message; the rest goes to another field.
const LONGEST: usize = 256;
const CUT: &str = " (truncated)";

/// What a report says of STANDBY: the sentence of whichever part of the job said it.
pub fn standby(report: &Value) -> Option<String> {
    fn find(value: &Value) -> Option<String> {
        let object = value.as_object()?;
        let own = object.get("standby").and_then(Value::as_str).map(str::to_owned);
        own.or_else(|| object.values().find_map(find))
    }
    find(&report["sctcalib"])
}

/// One input data set with its files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputFile {
    /// `HITMAP`, `HIST`, `RAW`.
    pub kind: String,
    /// Data set.
    pub dataset: Option<String>,
    /// File.
    pub name: String,
    /// Events.
    pub entries: Option<u64>,
    /// Identifier.
    pub guid: Option<String>,
}

/// One output file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputFile {
    /// Name of the argument without `output`.
    pub argument: String,
    /// Data set.
    pub dataset: Option<String>,
    /// Base name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Events, where they are known.
    pub entries: Option<u64>,
}

/// Processor and wall time in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Times {
    /// Processor time.
    pub cpu: f64,
    /// Time on the clock.
    pub wall: f64,
}

impl Times {
    fn to_json(self) -> Value {
        json!({ "cpuTime": rounded(self.cpu), "wallTime": rounded(self.wall) })
    }
}

/// The analysis step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecutorReport {
    /// Exit code of the step.
    pub code: i32,
    /// Whether its outputs are as they should be.
    pub validated: bool,
    /// What went wrong.
    pub error: String,
    /// Scan of its log.
    pub log: LogScan,
    /// Its configuration.
    pub configuration: Map<String, Value>,
    /// Its times.
    pub times: Times,
}

/// A whole report.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Command line, quoted for a shell.
    pub command: String,
    /// Time of the report, as `2026-11-24T12:00:00`.
    pub created: String,
    /// Exit code of the job.
    pub exit: ExitCode,
    /// Message; `OK` on success unless there is more to say.
    pub message: String,
    /// Inputs.
    pub inputs: Vec<InputFile>,
    /// Outputs.
    pub outputs: Vec<OutputFile>,
    /// The analysis step; none when the job ended before.
    pub executor: Option<ExecutorReport>,
    /// Times of the whole job.
    pub times: Times,
    /// What is special to the loop: parts, split, run, thresholds, flags.
    pub calibration: Map<String, Value>,
}

impl Report {
    /// The report as a JSON value; keys are sorted.
    pub fn to_json(&self) -> Value {
        let (message, extra) = cut(&self.message);
        json!({
            "name": "sct_calib_tf",
            "reportVersion": VERSION,
            "cmdLine": self.command,
            "created": self.created,
            "exitCode": self.exit.number(),
            "exitAcronym": self.exit.acronym(),
            "exitMsg": message,
            "exitMsgExtra": extra,
            "files": { "input": self.input_files(), "output": self.output_files() },
            "executor": self.executor.iter().map(ExecutorReport::to_json).collect::<Vec<_>>(),
            "resource": self.resource(),
            "sctcalib": self.calibration,
        })
    }

    fn input_files(&self) -> Vec<Value> {
        let file = |file: &InputFile| {
            json!({
                "type": file.kind,
                "dataset": file.dataset,
                "nentries": file.entries,
                "subFiles": [{ "name": file.name, "file_guid": file.guid }],
            })
        };
        self.inputs.iter().map(file).collect()
    }

    fn output_files(&self) -> Vec<Value> {
        let file = |file: &OutputFile| {
            let mut sub = json!({
                "name": file.name,
                "file_guid": uuid::Uuid::new_v4().hyphenated().to_string().to_uppercase(),
                "file_size": file.size,
            });
            if let (Some(entries), Some(sub)) = (file.entries, sub.as_object_mut()) {
                sub.insert("nentries".to_owned(), json!(entries));
            }
            json!({
                "type": file.argument.trim_end_matches("File"),
                "argName": format!("output{}", file.argument),
                "dataset": file.dataset,
                "subFiles": [sub],
            })
        };
        self.outputs.iter().map(file).collect()
    }

    fn resource(&self) -> Value {
        let Times { cpu, wall } = self.times;
        let efficiency = if wall > 0.0 { (1e4 * cpu / wall).round() / 1e4 } else { 0.0 };
        let executor: Map<String, Value> = self
            .executor
            .iter()
            .map(|step| ("sctcalib".to_owned(), step.times.to_json()))
            .collect();
        json!({
            "executor": executor,
            "machine": { "platform": std::env::consts::OS, "cpu_family": std::env::consts::ARCH },
            "transform": { "cpuTime": rounded(cpu), "wallTime": rounded(wall), "cpuEfficiency": efficiency },
        })
    }

    /// Writes the report, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::Write`].
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        Ok(sct_wholefile::write(path, format!("{:#}\n", self.to_json()).as_bytes())?)
    }

    /// The report as lines of `key=value`, for shells.
    pub fn to_text(&self) -> String {
        let (message, _) = cut(&self.message);
        let quoted = message.replace('\'', "'\\''");
        format!(
            "exitCode={}\nexitAcronym='{}'\nexitMsg='{quoted}'\n",
            self.exit.number(),
            self.exit.acronym()
        )
    }
}

impl ExecutorReport {
    fn to_json(&self) -> Value {
        let message = |message: &Message| json!({ "message": message.message, "firstLine": message.first_line, "count": message.count });
        let details: Map<String, Value> = self
            .log
            .details
            .iter()
            .map(|(level, messages)| (level.clone(), messages.iter().map(message).collect()))
            .collect();
        json!({
            "name": "sctcalib",
            "rc": self.code,
            "validation": self.validated,
            "statusOK": self.validated && self.code == 0,
            "errMsg": self.error,
            "exeConfig": self.configuration,
            "logfileReport": { "countSummary": self.log.summary(), "details": details },
            "metaData": {},
        })
    }
}

fn rounded(seconds: f64) -> f64 {
    (1000.0 * seconds).round() / 1000.0
}

/// A message of at most 256 characters, and what does not fit.
fn cut(message: &str) -> (String, String) {
    if message.chars().count() <= LONGEST {
        return (message.to_owned(), String::new());
    }
    let kept = LONGEST - CUT.len();
    let place = message.char_indices().nth(kept).map_or(message.len(), |(place, _)| place);
    (format!("{}{CUT}", &message[..place]), message[place..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(message: &str) -> Report {
        Report {
            command: "sct-calib".to_owned(),
            created: "2026-11-24T12:00:00".to_owned(),
            exit: ExitCode::Ok,
            message: message.to_owned(),
            inputs: vec![InputFile {
                kind: "HITMAP".to_owned(),
                name: "a".to_owned(),
                entries: Some(5),
                ..InputFile::default()
            }],
            outputs: vec![OutputFile {
                argument: "COOL".to_owned(),
                name: "mycool.db".to_owned(),
                size: 7,
                ..OutputFile::default()
            }],
            executor: Some(ExecutorReport { validated: true, ..ExecutorReport::default() }),
            times: Times { cpu: 1.0, wall: 3.0 },
            calibration: Map::new(),
        }
    }

    #[test]
    fn the_form_is_that_of_the_framework() {
        let json = report("OK").to_json();
        assert_eq!((json["exitCode"].as_i64(), json["exitMsg"].as_str()), (Some(0), Some("OK")));
        assert_eq!(json["files"]["output"][0]["argName"], "outputCOOL");
        assert_eq!(json["executor"][0]["statusOK"], true);
        assert_eq!(json["resource"]["transform"]["cpuEfficiency"], 0.3333);
        let guid = json["files"]["output"][0]["subFiles"][0]["file_guid"].as_str().unwrap();
        assert!(guid.len() == 36 && guid == guid.to_uppercase());
        let text = format!("{json:#}");
        let keys: Vec<&str> = text.lines().filter(|line| line.starts_with("  \"")).collect();
        assert!(keys.is_sorted() && keys.len() == 12, "{keys:?}");
    }

    #[test]
    fn long_messages_are_cut() {
        let json = report(&"é".repeat(300)).to_json();
        let message = json["exitMsg"].as_str().unwrap();
        assert_eq!((message.chars().count(), message.ends_with(CUT)), (256, true));
        assert_eq!(json["exitMsgExtra"].as_str().unwrap().chars().count(), 300 - (256 - CUT.len()));
    }
}
