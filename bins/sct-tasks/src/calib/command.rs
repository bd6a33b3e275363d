//! The command line of the transformation: every key of the dictionary is an option too.

use std::{fs, path::PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command};
use sct_job::{ARGUMENTS, Error, JobArguments, parse_dictionary};
use serde_json::{Map, Value};

use crate::cli::{AFTER_HELP, Verbosity};

const ABOUT: &str = "Runs one job of the calibration loop from its dictionary: merges hit maps, finds noisy strips, writes \
                     the task's files, mycool.db and jobReport.json in the current folder.\n\nKeys on the command line win \
                     over those of --argJSON.";

/// The command.
pub fn command() -> Command {
    let mut command = Command::new("sct-calib")
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .after_help(AFTER_HELP)
        .args([
            Arg::new("argJSON")
                .long("argJSON")
                .value_name("FILE")
                .action(ArgAction::Append)
                .help("Job dictionary: one JSON object of the keys below"),
            Arg::new("dumpJSON")
                .long("dumpJSON")
                .value_name("FILE")
                .help("Write the resolved keys as JSON and stop"),
            Arg::new("dumpargs")
                .long("dumpargs")
                .action(ArgAction::SetTrue)
                .help("Print the keys and stop"),
            Arg::new("verbose")
                .short('v')
                .long("verbose")
                .action(ArgAction::Count)
                .help("Say more on standard error"),
            Arg::new("quiet")
                .short('q')
                .long("quiet")
                .action(ArgAction::SetTrue)
                .help("Say only errors"),
        ]);
    for argument in ARGUMENTS {
        let option = Arg::new(argument.name)
            .long(argument.name)
            .aliases(argument.aliases)
            .value_name("VALUE")
            .num_args(1..)
            .allow_negative_numbers(true)
            .help(argument.help);
        command = command.arg(option);
    }
    command
}

/// What the command line asks for.
#[derive(Clone, Debug)]
pub struct Request {
    dictionaries: Vec<PathBuf>,
    keys: Vec<(String, Value)>,
    /// Write the resolved keys here and stop.
    pub dump: Option<PathBuf>,
    /// Print the keys and stop.
    pub dump_args: bool,
    /// How much to say.
    pub verbosity: Verbosity,
    /// The command line, quoted for a shell.
    pub command_line: String,
}

impl Request {
    /// Reads the matches of [`command`].
    pub fn new(matches: &ArgMatches) -> Self {
        let mut keys = Vec::new();
        for argument in ARGUMENTS {
            if let Some(values) = matches.get_many::<String>(argument.name) {
                keys.push((argument.name.to_owned(), value(&values.cloned().collect::<Vec<_>>())));
            }
        }
        Self {
            dictionaries: matches
                .get_many::<String>("argJSON")
                .into_iter()
                .flatten()
                .map(PathBuf::from)
                .collect(),
            keys,
            dump: matches.get_one::<String>("dumpJSON").map(PathBuf::from),
            dump_args: matches.get_flag("dumpargs"),
            verbosity: Verbosity {
                verbose: matches.get_count("verbose"),
                quiet: matches.get_flag("quiet"),
            },
            command_line: command_line(),
        }
    }

    /// A request that could not be read, for its report.
    pub(crate) fn unread() -> Self {
        Self {
            dictionaries: Vec::new(),
            keys: Vec::new(),
            dump: None,
            dump_args: false,
            verbosity: Verbosity::default(),
            command_line: command_line(),
        }
    }

    /// Dictionary and command line together, checked.
    ///
    /// # Errors
    ///
    /// As [`parse_dictionary`] and [`JobArguments::new`]; a dictionary that cannot be read is an argument error.
    pub fn arguments(&self) -> Result<JobArguments, Error> {
        let mut dictionary = Map::new();
        for path in &self.dictionaries {
            let name = path.display().to_string();
            let text = fs::read_to_string(path).map_err(|error| Error::Argument {
                code: sct_job::ExitCode::ArgError,
                what: format!("cannot read {name}: {error}"),
            })?;
            dictionary.extend(parse_dictionary(&name, &text)?);
        }
        JobArguments::new(dictionary, self.keys.clone())
    }
}

/// The command line of this process, quoted for a shell.
fn command_line() -> String {
    let quoted = |word: std::ffi::OsString| {
        let word = word.to_string_lossy().into_owned();
        let plain = !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_=./,#:+".contains(&byte));
        if plain { word } else { format!("'{}'", word.replace('\'', "'\\''")) }
    };
    std::env::args_os().map(quoted).collect::<Vec<_>>().join(" ")
}

/// Words of one option: JSON where it is JSON, a text, or a list.
fn value(words: &[String]) -> Value {
    let one = |word: &String| match serde_json::from_str(word) {
        Ok(value @ (Value::Array(_) | Value::Object(_))) => value,
        _ => Value::String(word.clone()),
    };
    match words {
        [word] => one(word),
        words => Value::Array(words.iter().map(one).collect()),
    }
}
