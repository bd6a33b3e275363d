//! The job dictionary: JSON file and command line together.

use std::{collections::BTreeMap, fmt};

use sct_id::RunNumber;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use crate::{Error, ExitCode, Part, Split, error::suggestion};

mod values;

/// One argument of the transformation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Key.
    pub name: &'static str,
    /// Other spellings.
    pub aliases: &'static [&'static str],
    /// One line of help.
    pub help: &'static str,
}

const fn argument(
    name: &'static str,
    aliases: &'static [&'static str],
    help: &'static str,
) -> Argument {
    Argument { name, aliases, help }
}

/// Every key, in the order in which they are explained.
pub const ARGUMENTS: [Argument; 29] = [
    argument("part", &[], "Algorithms to run, as doNoisyStrip"),
    argument(
        "splitNoisyStrip",
        &["splitHitMap"],
        "0: fill and analyse, 1: fill, 2: merge and analyse",
    ),
    argument(
        "input",
        &[],
        "Input files: NAME, DATASET#FILE, DATASET##TAIL or objects with lfn and dsn",
    ),
    argument("combineRuns", &[], "Runs whose hit maps are added: one search over all of them"),
    argument("prefix", &[], "Prefix of output names, with the job number"),
    argument(
        "maxEvents",
        &["MaxEvents"],
        "Events to read, -1 for all; 1 when hit maps are analysed",
    ),
    argument("doRunInfo", &[], "Read the run control folder first"),
    argument("doRunSelector", &[], "Apply the run selection and queue"),
    argument("SCTCalibConfig", &[], "Files of properties, later ones win"),
    argument("EventNumber", &[], "First event number for histogram input"),
    argument("reportName", &[], "Base name of the reports (jobReport)"),
    argument("reportType", &[], "Reports to write: json, text"),
    argument("ignoreErrors", &[], "Only warn about errors in the log"),
    argument("ignorePatterns", &[], "Log lines that contain one of these do not count"),
    argument("ignoreFiles", &[], "Files whose lines do not count"),
    argument("conditions", &[], "COOL database with reference lists and run information"),
    argument("modules", &[], "CSV of serial numbers"),
    argument("knownBad", &[], "CSV of components known to be bad"),
    argument("cabling", &[], "Text file of the cabling"),
    argument("reference", &[], "Noisy strips of the last upload"),
    argument("swapBarrel", &[], "Barrel side with reversed read-out: side0, side1 or none"),
    argument("runInfo", &[], "Run information (runInfo.txt)"),
    argument("runControl", &[], "Folder with COOL files of run control, or such files"),
    argument("runs", &[], "Table of runs (runs.db)"),
    argument("ledger", &[], "Ledger with the order of runs"),
    argument("lastRun", &[], "File with the last run taken (lastRun)"),
    argument("plots", &[], "Folder for plots"),
    argument("ntuple", &[], "File for one row per noisy strip"),
    argument("JobNumber", &[], "Derived from prefix, never given"),
];

/// The arguments of a job, checked.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "the switches are the dictionary's own")]
pub struct JobArguments {
    /// Algorithms to run.
    pub parts: Vec<Part>,
    /// What the job reads and does.
    pub split: Split,
    /// Inputs in any of their forms.
    pub input: Vec<Value>,
    /// Runs whose hit maps are added, ascending; empty for a job of one run.
    pub combine_runs: Vec<RunNumber>,
    /// Prefix as given.
    pub prefix: String,
    /// Events to read, -1 for all.
    pub max_events: i64,
    /// Whether the number of events was given.
    pub max_events_given: bool,
    /// Read the run control folder first.
    pub do_run_info: bool,
    /// Apply the run selection.
    pub do_run_selector: bool,
    /// Property files.
    pub config: Vec<String>,
    /// First event number for histogram input.
    pub event_number: i64,
    /// Base name of reports.
    pub report_name: String,
    /// Kinds of reports.
    pub report_types: Vec<String>,
    /// Errors in the log are only warned about.
    pub ignore_errors: bool,
    /// Log lines with one of these texts do not count.
    pub ignore_patterns: Vec<String>,
    /// Paths by key: cabling, conditions, modules, knownBad, reference, swapBarrel, runInfo, runControl, runs, ledger,
    /// lastRun, plots, ntuple.
    pub extra: BTreeMap<String, String>,
    /// Everything as given, for reports and dumps.
    pub given: Map<String, Value>,
}

/// Keys whose single text goes to [`JobArguments::extra`].
const EXTRA: [&str; 13] = [
    "cabling",
    "conditions",
    "modules",
    "knownBad",
    "reference",
    "swapBarrel",
    "runInfo",
    "runControl",
    "runs",
    "ledger",
    "lastRun",
    "plots",
    "ntuple",
];

/// Reads the JSON text of a dictionary: one object, no key twice.
///
/// # Errors
///
/// [`Error::Json`] with line and column.
pub fn parse_dictionary(file: &str, text: &str) -> Result<Map<String, Value>, Error> {
    struct Object;
    impl<'de> Visitor<'de> for Object {
        type Value = Map<String, Value>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("one JSON object of argument names and values")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut object = Map::new();
            while let Some((key, value)) = access.next_entry::<String, Value>()? {
                if object.insert(key.clone(), value).is_some() {
                    return Err(serde::de::Error::custom(format!("key {key} is given twice")));
                }
            }
            Ok(object)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let parsed =
        deserializer.deserialize_map(Object).and_then(|object| deserializer.end().map(|()| object));
    parsed.map_err(|error| {
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or(&what).to_owned();
        Error::Json { file: file.to_owned(), line: error.line(), column: error.column(), what }
    })
}

impl JobArguments {
    /// Checks a dictionary and the keys of the command line, which win.
    ///
    /// # Errors
    ///
    /// [`Error::Argument`] with the exit code of its kind: unknown key or part 7, bad boolean or number 4, split out of
    /// range 5, no input 17.
    pub fn new(
        dictionary: Map<String, Value>,
        command_line: Vec<(String, Value)>,
    ) -> Result<Self, Error> {
        let mut given = Map::new();
        for (key, value) in dictionary {
            let name = canonical(&key)?;
            if let Some(other) = given.insert(name.to_owned(), value.clone())
                && other.to_string().trim_matches('"') != value.to_string().trim_matches('"')
            {
                return Err(Error::argument(format!(
                    "{name} is given twice under two names: {other} and {value}"
                )));
            }
        }
        for (key, value) in command_line {
            given.insert(canonical(&key)?.to_owned(), value);
        }
        let get = |name: &str| given.get(name);
        let texts =
            |name: &str| get(name).map_or(Ok(Vec::new()), |value| values::texts(name, value));
        let text = |name: &str, default: &str| {
            get(name).map_or(Ok(default.to_owned()), |v| values::text(name, v))
        };
        let flag = |name: &str| get(name).map_or(Ok(false), |value| values::boolean(name, value));
        let number = |name: &str, default| {
            get(name).map_or(Ok(default), |value| values::integer(name, value))
        };
        if let Some(value) = get("JobNumber") {
            return Err(Error::argument(format!(
                "JobNumber is derived from prefix and cannot be given (found {value})"
            )));
        }
        let parts = match get("part") {
            Some(value) => values::texts("part", value)?,
            None => vec![Part::NoisyStrip.name().to_owned()],
        };
        let mut extra = BTreeMap::new();
        for name in EXTRA.iter().filter(|name| given.contains_key(**name)) {
            extra.insert((*name).to_owned(), text(name, "")?);
        }
        let arguments = Self {
            parts: parts.iter().map(|part| part.parse()).collect::<Result<_, _>>()?,
            split: Split::new(number("splitNoisyStrip", 0)?)?,
            input: get("input").map_or_else(Vec::new, values::inputs),
            combine_runs: get("combineRuns")
                .map_or(Ok(Vec::new()), |value| values::runs("combineRuns", value))?,
            prefix: text("prefix", "")?,
            max_events: number("maxEvents", -1)?,
            max_events_given: given.contains_key("maxEvents"),
            do_run_info: flag("doRunInfo")?,
            do_run_selector: flag("doRunSelector")?,
            config: texts("SCTCalibConfig")?,
            event_number: number("EventNumber", 0)?,
            report_name: text("reportName", "jobReport")?,
            report_types: texts("reportType")?,
            ignore_errors: flag("ignoreErrors")?,
            ignore_patterns: texts("ignorePatterns")?,
            extra,
            given: given.clone(),
        };
        if arguments.parts.is_empty() {
            return Err(Error::argument("part names no algorithm"));
        }
        arguments.check_combination()?;
        if arguments.input.is_empty() {
            return Err(Error::coded(
                ExitCode::ArgMissing,
                "no input: the key 'input' must name at least one file",
            ));
        }
        Ok(arguments)
    }

    /// Hit maps alone can be added over runs, and only the search for noisy strips has no use for the time within a run.
    fn check_combination(&self) -> Result<(), Error> {
        let strips_alone = self.parts == [Part::NoisyStrip] && self.split == Split::Analyse;
        if self.combine_runs.is_empty() || strips_alone {
            return Ok(());
        }
        Err(Error::argument("combineRuns is for doNoisyStrip alone with splitNoisyStrip 2"))
    }

    /// The resolved arguments as JSON, for `--dumpJSON`; reading them back gives the same job.
    pub fn to_json(&self) -> String {
        let parts: Vec<&str> = self.parts.iter().map(|part| part.name()).collect();
        let mut object = self.given.clone();
        object.insert("part".to_owned(), json!(parts));
        object.insert("splitNoisyStrip".to_owned(), json!(self.split.number()));
        object.insert("input".to_owned(), json!(self.input));
        object.insert("maxEvents".to_owned(), json!(self.max_events));
        format!("{:#}\n", Value::Object(object))
    }
}

/// The key a spelling stands for.
fn canonical(key: &str) -> Result<&'static str, Error> {
    let same = |argument: &&Argument| argument.name == key || argument.aliases.contains(&key);
    if let Some(argument) = ARGUMENTS.iter().find(same) {
        return Ok(argument.name);
    }
    let names = || {
        ARGUMENTS.iter().flat_map(|argument| {
            std::iter::once(argument.name).chain(argument.aliases.iter().copied())
        })
    };
    Err(Error::argument(format!("key {key} is not known{}", suggestion(key, names()))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn arguments(text: &str) -> Result<JobArguments, Error> {
        JobArguments::new(parse_dictionary("job.json", text)?, Vec::new())
    }

    fn code(text: &str) -> i32 {
        arguments(text).unwrap_err().exit_code().number()
    }

    #[test]
    fn a_dictionary_of_the_guide() {
        let text = r#"{"part": ["doNoisyStrip"], "doRunInfo": "True", "doRunSelector": "false", "splitNoisyStrip": 2,
            "maxEvents": "1", "prefix": "D#D._0001", "input": ["a#b", {"lfn": "f", "dsn": "d", "events": 5}]}"#;
        let job = arguments(text).unwrap();
        assert_eq!(
            (job.parts.as_slice(), job.split, job.max_events),
            (&[Part::NoisyStrip][..], Split::Analyse, 1)
        );
        assert!(job.do_run_info && !job.do_run_selector);
        assert_eq!(job.input.len(), 2);
    }

    #[test]
    fn the_command_line_wins() {
        let dictionary = parse_dictionary("j", r#"{"input": ["a"], "splitHitMap": 1}"#).unwrap();
        let job = JobArguments::new(dictionary, vec![("splitNoisyStrip".to_owned(), json!("2"))])
            .unwrap();
        assert_eq!(job.split, Split::Analyse);
    }

    #[test]
    fn wrong_values_have_the_code_of_their_kind() {
        assert_eq!(code(r#"{"input": ["a"], "doRunInfo": "yes"}"#), 4);
        assert_eq!(code(r#"{"input": ["a"], "maxEvents": "many"}"#), 4);
        assert_eq!(code(r#"{"input": ["a"], "splitNoisyStrip": 3}"#), 5);
        assert_eq!(code(r#"{"input": ["a"], "part": ["doNoisyStrips"]}"#), 7);
        assert_eq!(code(r#"{"input": ["a"], "colour": 1}"#), 7);
        assert_eq!(code(r#"{"input": ["a"], "splitNoisyStrip": 1, "splitHitMap": 2}"#), 7);
        assert_eq!(code(r#"{"part": ["doNoisyStrip"]}"#), 17);
        assert_eq!(code(r#"{"input": []}"#), 17);
        assert_eq!(code("{"), 7);
    }

    #[test]
    fn runs_are_combined_for_noisy_strips_alone() {
        let runs = |more: &str| arguments(&format!(r#"{{"input": ["a"], {more}}}"#));
        let run = |number| RunNumber::new(number).unwrap();
        for text in ["[8, 7]", "\"7,8\"", "[\"8\", 7, 8]"] {
            let job = runs(&format!(r#""splitNoisyStrip": 2, "combineRuns": {text}"#)).unwrap();
            assert_eq!(job.combine_runs, [run(7), run(8)], "{text}");
            assert_eq!(arguments(&job.to_json()).unwrap().combine_runs, job.combine_runs);
        }
        let code = |more| runs(more).unwrap_err().exit_code().number();
        assert_eq!(code(r#""combineRuns": [7, 8]"#), 7, "the split is 0");
        assert_eq!(
            code(r#""splitNoisyStrip": 2, "part": ["doDeadStrip"], "combineRuns": [7, 8]"#),
            7
        );
        assert_eq!(code(r#""splitNoisyStrip": 2, "combineRuns": ["x"]"#), 4);
        assert_eq!(code(r#""splitNoisyStrip": 2, "combineRuns": [-1]"#), 4);
    }

    #[test]
    fn slips_are_named() {
        let message = |text: &str| arguments(text).unwrap_err().to_string();
        assert_eq!(message(r#"{"'input": ["a"]}"#), "key 'input is not known; did you mean input?");
        assert_eq!(
            message(r#"{"maxevents": 1}"#),
            "key maxevents is not known; did you mean maxEvents?"
        );
        assert!(
            message(r#"{"input": ["a"], "part": "doNoisyStrips"}"#)
                .starts_with("part 'doNoisyStrips' is not known; did you mean doNoisyStrip?")
        );
        assert_eq!(
            message("{\"input\": [\"a\"],\n\"input\": [\"b\"]}"),
            "job.json: line 2, column 15: key input is given twice"
        );
        assert_eq!(
            message("{\"input\": [\"a\"\n}"),
            "job.json: line 2, column 1: expected `,` or `]`"
        );
    }

    #[test]
    fn dumps_read_back_as_the_same_job() {
        let job = arguments(
            r#"{"input": ["a", {"lfn": "b", "dsn": "c"}], "splitHitMap": "2", "prefix": "P"}"#,
        )
        .unwrap();
        let again = arguments(&job.to_json()).unwrap();
        assert_eq!(again.to_json(), job.to_json());
        assert_eq!((again.split, again.input), (job.split, job.input));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}") {
            let _ = arguments(&text);
        }
    }
}
