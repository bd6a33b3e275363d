//! Names of RAW files.

use std::{fmt, str::FromStr};

/// Parts of the name of a RAW file as the data acquisition makes it:
/// `project.run.type_stream.step.RAW._lb0012._application._0001.data`, or of a merged one:
/// `project.run.type_stream.merge.RAW._lb0012._0001.1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFileName {
    /// Project, such as `data18_13TeV`.
    pub project: String,
    /// Run.
    pub run_number: u32,
    /// Stream type: up to the first `_` of the stream field.
    pub stream_type: String,
    /// Stream name: the rest of the field.
    pub stream_name: String,
    /// Production step, `daq` or `merge`.
    pub step: String,
    /// Lumi block; 0 for streams that do not follow lumi blocks. That of an event stands in the event alone.
    pub lumi_block: u32,
    /// Program that wrote the file; merged files have none.
    pub application: Option<String>,
    /// Number in the sequence of files.
    pub sequence: u32,
    /// What follows the sequence number: `data`, or the attempt of a merged file.
    pub extension: String,
    /// Digits of run and sequence number; longer numbers are not cut.
    widths: (usize, usize),
}

/// Why a name is not that of a RAW file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{name}' is no name of a RAW file: {reason}")]
pub struct NameError {
    /// The name.
    pub name: String,
    /// What was expected.
    pub reason: &'static str,
}

impl RawFileName {
    /// A name with the online writer's defaults: project `data_test`, step `daq`, sequence 1, extension `data`.
    pub fn online(run_number: u32, stream_type: &str, stream_name: &str) -> Self {
        Self {
            project: "data_test".to_owned(),
            run_number,
            stream_type: stream_type.to_owned(),
            stream_name: stream_name.to_owned(),
            step: "daq".to_owned(),
            lumi_block: 0,
            application: None,
            sequence: 1,
            extension: "data".to_owned(),
            widths: (8, 4),
        }
    }

    /// The name without sequence number and extension, as the file header holds it.
    pub fn core(&self) -> String {
        let Self { lumi_block, application, .. } = self;
        let mut core = format!("{}._lb{lumi_block:04}", self.dataset());
        if let Some(application) = application {
            core += &format!("._{application}");
        }
        core
    }

    /// Name of the dataset: the first five fields.
    pub fn dataset(&self) -> String {
        let Self { project, run_number, stream_type, stream_name, step, .. } = self;
        let width = self.widths.0;
        format!("{project}.{run_number:0width$}.{stream_type}_{stream_name}.{step}.RAW")
    }
}

impl fmt::Display for RawFileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sequence, width) = (self.sequence, self.widths.1);
        write!(f, "{}._{sequence:0width$}.{}", self.core(), self.extension)
    }
}

/// A number of decimal digits alone.
fn number(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

impl FromStr for RawFileName {
    type Err = NameError;

    /// Reads a name without folders.
    fn from_str(name: &str) -> Result<Self, NameError> {
        let error = |reason| NameError { name: name.to_owned(), reason };
        let (core, trailer) =
            name.rsplit_once("._").ok_or_else(|| error("no '._' before the sequence number"))?;
        let (digits, extension) = trailer.split_once('.').unwrap_or((trailer, ""));
        let sequence = number(digits).ok_or_else(|| error("the sequence number is no number"))?;
        let fields: Vec<&str> = core.split('.').collect();
        let [project, run, stream, step, "RAW", lumi_block, rest @ ..] = &fields[..] else {
            return Err(error(
                "fewer than six fields before the sequence number, or the fifth is not RAW",
            ));
        };
        let run_number = number(run).ok_or_else(|| error("the run is no number"))?;
        let (stream_type, stream_name) =
            stream.split_once('_').ok_or_else(|| error("the stream has no '_' after its type"))?;
        let lumi_block = lumi_block.split_once('b').and_then(|(_, digits)| number(digits));
        // Fields after the application belong to it: the core may have more than seven.
        let application = match rest.join(".") {
            none if none.is_empty() => None,
            name => {
                let name = name.strip_prefix('_').map(str::to_owned);
                Some(name.ok_or_else(|| error("the application does not begin with '_'"))?)
            }
        };
        Ok(Self {
            project: (*project).to_owned(),
            run_number,
            stream_type: stream_type.to_owned(),
            stream_name: stream_name.to_owned(),
            step: (*step).to_owned(),
            lumi_block: lumi_block.ok_or_else(|| error("the lumi block is no number"))?,
            application,
            sequence,
            extension: extension.to_owned(),
            widths: (run.len(), digits.len()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(name: &str) -> RawFileName {
        let parsed: RawFileName = name.parse().unwrap();
        assert_eq!(parsed.to_string(), name);
        parsed
    }

    #[test]
    fn names_of_the_data_acquisition() {
        let name =
            parsed("data18_13TeV.00357750.calibration_SCTNoise.daq.RAW._lb0012._SFO-1._0001.data");
        assert_eq!((name.run_number, name.lumi_block, name.sequence), (357_750, 12, 1));
        assert_eq!((&*name.stream_type, &*name.stream_name), ("calibration", "SCTNoise"));
        assert_eq!((&*name.project, name.application.as_deref()), ("data18_13TeV", Some("SFO-1")));
        assert_eq!(name.dataset(), "data18_13TeV.00357750.calibration_SCTNoise.daq.RAW");
        assert_eq!(name.core(), name.dataset() + "._lb0012._SFO-1");
        let more = parsed("data18_13TeV.00357750.a_b.daq.RAW._lb0012._SFO-1.more._0001.data");
        assert_eq!(more.application.as_deref(), Some("SFO-1.more"));
        parsed("data22_13p6TeV.00431493.physics_Main.daq.RAW._lb0525._SFO-16._0001.data");
        assert_eq!(
            parsed("data10_7TeV.00167661.calibration_SCTNoise.daq.RAW._lb0000._SFO-9._0003.data")
                .lumi_block,
            0
        );
    }

    #[test]
    fn merged_old_and_long_names() {
        let merged = parsed("data09_900GeV.00141749.physics_MinBias.merge.RAW._lb0022._0001.1");
        assert_eq!((merged.application, &*merged.extension, &*merged.step), (None, "1", "merge"));
        let old = parsed("data08_cos.0090272.physics_IDCosmic_x.daq.RAW._lb0001._SFO-2._01.data");
        assert_eq!((old.run_number, &*old.stream_name), (90_272, "IDCosmic_x"));
        assert_eq!(parsed("p.123456789.a_b.daq.RAW._lb12345._S._10001.data").lumi_block, 12_345);
    }

    #[test]
    fn defaults_of_the_online_writer() {
        let mut name = RawFileName::online(7, "calibration", "SCTNoise");
        assert_eq!(
            name.to_string(),
            "data_test.00000007.calibration_SCTNoise.daq.RAW._lb0000._0001.data"
        );
        name.application = Some("SFO-1".to_owned());
        assert_eq!(name.to_string().parse(), Ok(name));
    }

    #[test]
    fn other_names_are_refused() {
        for name in [
            "",
            "x.data",
            "data._x.data",
            "data18_13TeV.00357750.calibration_SCTNoise.daq.HIST._lb0012._SFO-1._0001.data",
            "data18_13TeV.0035775O.calibration_SCTNoise.daq.RAW._lb0012._SFO-1._0001.data",
            "data18_13TeV.00357750.SCTNoise.daq.RAW._lb0012._SFO-1._0001.data",
            "data18_13TeV.00357750.calibration_SCTNoise.daq.RAW._lbx._SFO-1._0001.data",
            "data18_13TeV.00357750.calibration_SCTNoise.daq.RAW._lb0012.SFO-1._0001.data",
            "data18_13TeV.00357750.calibration_SCTNoise.daq.RAW._lb0012._SFO-1._+1.data",
        ] {
            let error = name.parse::<RawFileName>().unwrap_err();
            assert_eq!(error.name, name);
        }
    }
}
