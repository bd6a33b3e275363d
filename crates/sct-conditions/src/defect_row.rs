//! Rows of the folders of defect lists: noisy strips, dead strips and dead chips of a run, one channel a module.

use sct_id::{Iov, ModuleHash};

use crate::{ChannelId, Row, SCT_FOLDERS, SctFolder, StorageType, Value};

/// The folder of noisy strips.
pub const MONITORING: SctFolder = SCT_FOLDERS[0];
/// The folder of dead and quiet strips.
pub const DEAD_STRIPS: SctFolder = SCT_FOLDERS[1];
/// The folder of dead and quiet chips.
pub const DEAD_CHIPS: SctFolder = SCT_FOLDERS[2];

/// A constant of the original, whatever the number of events.
const SAMPLE_SIZE: i64 = 10_000;

/// What a defect list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefectType {
    /// Components that fire too often.
    Noisy,
    /// Components without hits.
    Dead,
    /// Components with few hits.
    Quiet,
}

impl DefectType {
    /// All types.
    pub const ALL: [Self; 3] = [Self::Noisy, Self::Dead, Self::Quiet];

    /// The word in files and folders.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Noisy => "NOISY",
            Self::Dead => "DEAD",
            Self::Quiet => "QUIET",
        }
    }
}

/// A list that does not fit its column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the defect list of module {module} does not fit: {what}")]
pub struct DefectRowError {
    /// Position of the module.
    pub module: String,
    /// What does not fit.
    pub what: String,
}

/// The row of one module in [`MONITORING`].
///
/// # Errors
///
/// As [`defect_row`].
pub fn monitoring_row(
    module: ModuleHash,
    iov: Iov,
    threshold: f32,
    list: &str,
) -> Result<Row, DefectRowError> {
    defect_row(module, iov, DefectType::Noisy, threshold, list)
}

/// The row of one module: its list as COOL stores it, with the threshold that the search had.
///
/// # Errors
///
/// [`DefectRowError`] when the list is longer than its column holds.
pub fn defect_row(
    module: ModuleHash,
    iov: Iov,
    defect: DefectType,
    threshold: f32,
    list: &str,
) -> Result<Row, DefectRowError> {
    let position = module.position();
    let list = Value::Text(list.to_owned());
    StorageType::String4k
        .check(&list)
        .map_err(|what| DefectRowError { module: position.to_string(), what })?;
    let number = |value: usize| Value::Int(i64::try_from(value).unwrap_or(i64::MAX));
    Ok(Row {
        channel: ChannelId(position.id().to_u32()),
        iov,
        payload: vec![
            Value::Int(SAMPLE_SIZE),
            Value::Int(i64::from(position.region().barrel_ec())),
            number(position.layer_disk()),
            Value::Int(i64::from(position.eta())),
            number(position.phi()),
            Value::Text(defect.name().to_owned()),
            Value::Real(f64::from(threshold)),
            list,
        ],
    })
}

#[cfg(test)]
mod tests {
    use sct_id::RunNumber;

    use super::*;

    #[test]
    fn rows_fit_the_folder() {
        let iov = Iov::run(RunNumber::new(1).unwrap());
        let module = ModuleHash::new(2469).unwrap();
        let row = defect_row(module, iov, DefectType::Noisy, 0.015, " 1-3 ").unwrap();
        for folder in [MONITORING, DEAD_STRIPS, DEAD_CHIPS] {
            folder.folder().payload.check(&row.payload).unwrap();
        }
        assert_eq!(
            (row.channel.0, &row.payload[6]),
            (174_172_160, &Value::Real(0.014_999_999_664_723_873))
        );
        let error = defect_row(module, iov, DefectType::Dead, 6.0, &" 1 ".repeat(1500))
            .unwrap_err()
            .to_string();
        assert!(error.contains("0.3.3.-1") && error.contains("4500"), "{error}");
    }
}
