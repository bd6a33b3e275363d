//! Exit codes of the transformation. Source: `trfExitCodes.py` of the original framework.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $acronym:literal;)*) => {
        /// Why a program ended.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ExitCode {
            $($(#[$doc])* $name,)*
        }

        impl ExitCode {
            /// Every code, by number.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The number the process ends with.
            pub const fn number(self) -> i32 {
                match self { $(Self::$name => $number,)* }
            }

            /// The name in reports.
            pub const fn acronym(self) -> &'static str {
                match self { $(Self::$name => $acronym,)* }
            }
        }
    };
}

codes! {
    /// All done, or nothing to do.
    Ok = 0, "OK";
    /// Done, but somebody should look: too few events.
    NeedCheck = 1, "NEEDCHECK";
    /// The program could not set itself up.
    Setup = 3, "TRF_SETUP";
    /// A value that is no boolean or number.
    ArgConvFail = 4, "TRF_ARG_CONV_FAIL";
    /// A number outside its range.
    ArgOutOfRange = 5, "TRF_ARG_OUT_OF_RANGE";
    /// A wrong key, part or dictionary.
    ArgError = 7, "TRF_ARG_ERROR";
    /// Data set names that contradict each other.
    ArgDataset = 8, "TRF_ARG_DATASET";
    /// An input file that cannot be used.
    InputFileError = 9, "TRF_INPUT_FILE_ERROR";
    /// An output file that cannot be written or renamed.
    OutputFileError = 11, "TRF_OUTPUT_FILE_ERROR";
    /// Steps that do not fit together.
    GraphError = 12, "TRF_GRAPH_ERROR";
    /// No way from these inputs to these outputs: the part is not available.
    ExecutionPathError = 13, "TRF_EXECUTION_PATH_ERROR";
    /// A key that is missing inside the program.
    KeyError = 14, "TRF_KEY_ERROR";
    /// No events.
    NoEvents = 15, "TRF_NOEVENTS";
    /// A value that is none of the choices.
    ArgChoicesFail = 16, "TRF_ARG_CHOICES_FAIL";
    /// A key that must be given.
    ArgMissing = 17, "TRF_ARG_MISSING";
    /// A COOL file without anything to merge. This and the codes to 34 follow the copy tool of the experiment.
    CoolSource = 20, "COOL_SOURCE";
    /// A master without the folder.
    CoolFolder = 21, "COOL_FOLDER";
    /// Columns, versioning or description of a folder that differ from the master's.
    CoolSpecification = 22, "COOL_SPECIFICATION";
    /// Channels that are named differently.
    CoolChannel = 23, "COOL_CHANNEL";
    /// A locked tag, or a store that did not read back.
    CoolStore = 31, "COOL_STORE";
    /// A tag that the master does not have, or that cannot be used.
    CoolTag = 32, "COOL_TAG";
    /// A run that is in the master already, with other content.
    CoolContent = 33, "COOL_CONTENT";
    /// Runs that the update mode of a tag protects.
    CoolMode = 34, "COOL_MODE";
    /// The report could not be made.
    InternalReportError = 35, "TRF_INTERNAL_REPORT_ERROR";
    /// Information about the run could not be had.
    RuntimeError = 37, "TRF_RUNTIME_ERROR";
    /// Too many events were left out.
    ExecValidationEventCount = 38, "TRF_EXEC_VALIDATION_EVENTCOUNT";
    /// A database that another program holds, or another uploader at work.
    CoolBusy = 40, "COOL_BUSY";
    /// An upload that cannot be undone: it is not there, or another lies over it.
    CoolUndo = 41, "COOL_UNDO";
    /// A COOL file that is not sound.
    CoolUnsound = 42, "COOL_UNSOUND";
    /// Histogram files could not be merged.
    FileMergeProblem = 52, "TRF_FILEMERGE_PROBLEM";
    /// A step failed.
    Exec = 64, "TRF_EXEC";
    /// The analysis failed.
    ExecFail = 65, "TRF_EXEC_FAIL";
    /// The analysis gave something that is not valid.
    ExecValidationFail = 66, "TRF_EXEC_VALIDATION_FAIL";
    /// A step took too long.
    ExecTimeout = 67, "TRF_EXEC_TIMEOUT";
    /// The log has errors.
    ExecLogError = 68, "TRF_EXEC_LOGERROR";
    /// A step could not be set up.
    ExecSetupFail = 69, "TRF_EXEC_SETUP_FAIL";
    /// The log could not be written or read.
    LogFileFail = 71, "TRF_LOGFILE_FAIL";
    /// An input file that is missing or not readable.
    InputFileValidationFail = 74, "TRF_INPUT_FILE_VALIDATION_FAIL";
    /// An output file that is missing or not valid.
    OutputFileValidationFail = 75, "TRF_OUTPUT_FILE_VALIDATION_FAIL";
    /// Something unforeseen in the transformation.
    UnexpectedTrf = 250, "TRF_UNEXPECTED_TRF_EXCEPTION";
    /// Something unforeseen elsewhere.
    UnexpectedOther = 251, "TRF_UNEXPECTED_OTHER_EXCEPTION";
    /// A mistake in the program.
    Internal = 252, "TRF_INTERNAL";
    /// Anything else.
    Unknown = 253, "TRF_UNKNOWN";
}

impl ExitCode {
    /// The code of a number; [`Self::Unknown`] when there is none.
    pub fn from_number(number: i32) -> Self {
        Self::ALL.iter().copied().find(|code| code.number() == number).unwrap_or(Self::Unknown)
    }

    /// The code of a name; [`Self::Unknown`] when there is none.
    pub fn from_acronym(acronym: &str) -> Self {
        Self::ALL.iter().copied().find(|code| code.acronym() == acronym).unwrap_or(Self::Unknown)
    }
}

impl fmt::Display for ExitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number(), self.acronym())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_go_both_ways() {
        for &code in ExitCode::ALL {
            assert_eq!(ExitCode::from_number(code.number()), code);
            assert_eq!(ExitCode::from_acronym(code.acronym()), code);
        }
        assert_eq!(ExitCode::from_number(77), ExitCode::Unknown);
        assert!(ExitCode::ALL.is_sorted_by(|a, b| a.number() < b.number()));
    }
}
