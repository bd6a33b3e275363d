//! Rows of `/SCT/Derived/Monitoring`: the noisy strips of a run.

use sct_id::{Iov, ModuleHash};

use crate::{ChannelId, Row, SCT_FOLDERS, SctFolder, StorageType, Value};

/// The folder of noisy strips.
pub const MONITORING: SctFolder = SCT_FOLDERS[0];

/// A constant of the original, whatever the number of events.
const SAMPLE_SIZE: i64 = 10_000;

/// A list that does not fit its column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the defect list of module {module} does not fit: {what}")]
pub struct MonitoringError {
    /// Position of the module.
    pub module: String,
    /// What does not fit.
    pub what: String,
}

/// The row of one module.
///
/// # Errors
///
/// [`MonitoringError`] when the list is longer than its column holds.
pub fn monitoring_row(
    module: ModuleHash,
    iov: Iov,
    threshold: f32,
    list: &str,
) -> Result<Row, MonitoringError> {
    let position = module.position();
    let list = Value::Text(list.to_owned());
    StorageType::String4k
        .check(&list)
        .map_err(|what| MonitoringError { module: position.to_string(), what })?;
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
            Value::Text("NOISY".to_owned()),
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
        let row = monitoring_row(module, iov, 0.015, " 1-3 ").unwrap();
        MONITORING.folder().payload.check(&row.payload).unwrap();
        assert_eq!(
            (row.channel.0, &row.payload[6]),
            (174_172_160, &Value::Real(0.014_999_999_664_723_873))
        );
        let error =
            monitoring_row(module, iov, 0.015, &" 1 ".repeat(1500)).unwrap_err().to_string();
        assert!(error.contains("0.3.3.-1") && error.contains("4500"), "{error}");
    }
}
