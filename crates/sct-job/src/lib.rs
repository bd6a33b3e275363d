//! The job transformation's outside: job dictionary, properties and names in; log scan, report and exit code out.
//!
//! Keys, forms, defaults and exit codes are those of the original transformation, so that dictionaries written for it run
//! here; see `docs/formats/job-dictionary.md`.

mod dictionary;
mod error;
mod exit;
mod input;
mod last_run;
mod log_scan;
mod naming;
mod outputs;
mod part;
mod properties;
mod report;
mod run_info;

pub use self::{
    dictionary::{ARGUMENTS, Argument, JobArguments, parse_dictionary},
    error::Error,
    exit::ExitCode,
    input::{Groups, Input, Prefixes, group_hitmaps, resolve},
    last_run::{read_last_run, write_last_run},
    log_scan::{LogScan, Message, scan_log},
    naming::{DatasetName, Prefix},
    outputs::{Output, outputs},
    part::{Part, Split},
    properties::Properties,
    report::{ExecutorReport, InputFile, OutputFile, Report, Times, standby},
    run_info::RunInfo,
};
