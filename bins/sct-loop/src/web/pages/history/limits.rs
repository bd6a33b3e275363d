//! Thresholds of the upload flag that belong to a measure. Source: section (v) 5 of the operations guide.

use sct_id::RunNumber;
use sct_job::Properties;
use sct_result::{Measure, Point};
use sct_upload::Task;

use super::super::super::{Failure, Reader, number};

/// A threshold with what it means.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::web) struct Limit {
    /// The value.
    pub(in crate::web) value: f64,
    /// What happens there.
    pub(in crate::web) label: String,
}

impl Limit {
    /// In words, with its value.
    pub(in crate::web) fn sentence(&self) -> String {
        format!("{} ({})", self.label, number::short(self.value))
    }
}

fn limit(value: f64, label: impl Into<String>) -> Limit {
    Limit { value, label: label.into() }
}

/// Uploaded runs that a run is compared with.
const COMPARED: usize = 3;

/// Thresholds of a measure, as jobs have them unless they are configured otherwise.
///
/// # Errors
///
/// When the ledger cannot be read.
pub(in crate::web) fn of(
    reader: &mut Reader,
    measure: &Measure,
    values: &[Point],
) -> Result<Vec<Limit>, Failure> {
    let properties = Properties::default();
    if !measure.part.is_empty() {
        return Ok(Vec::new());
    }
    let list = match (measure.kind.as_str(), measure.name.as_str()) {
        ("sctns", "Modules") => {
            let most = limit(properties.noisy_module_list as f64, "red at");
            let more = relative(reader, values, properties.noisy_module_diff)?;
            std::iter::once(most).chain(more).collect()
        }
        ("sctns", "StripsOfflineAll") => {
            relative(reader, values, properties.noisy_strip_diff)?.into_iter().collect()
        }
        ("sctns", "Events") => vec![limit(properties.noisy_min_stat as f64, "red up to")],
        ("sctdc" | "sctds", "Chips") => vec![limit(1.0, "red below")],
        _ => Vec::new(),
    };
    Ok(list)
}

/// So much more than the mean of the newest uploads makes the next run yellow.
fn relative(reader: &mut Reader, values: &[Point], part: f32) -> Result<Option<Limit>, Failure> {
    let (Some(first), Some(last)) = (values.first(), values.last()) else { return Ok(None) };
    let uploads = reader.uploader.queue().uploads_of(Task::NoisyStrip, (first.run, last.run))?;
    let there = |run: RunNumber| uploads.iter().any(|one| one.run == run && one.state.is_there());
    let newest: Vec<f64> = values
        .iter()
        .rev()
        .filter(|point| there(point.run))
        .take(COMPARED)
        .map(|point| point.value)
        .collect();
    Ok(threshold(&newest, part))
}

fn threshold(uploaded: &[f64], part: f32) -> Option<Limit> {
    let mean = uploaded.iter().sum::<f64>() / uploaded.len() as f64;
    let label = format!(
        "yellow from {:.0} % above the mean of the last {} uploads",
        100.0 * part,
        uploaded.len()
    );
    (!uploaded.is_empty()).then(|| limit(mean * (1.0 + f64::from(part)), label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_say_what_is_too_much() {
        let found = threshold(&[100.0, 200.0, 300.0], 0.5).unwrap();
        assert!((found.value - 300.0).abs() < 1e-9);
        assert_eq!(found.label, "yellow from 50 % above the mean of the last 3 uploads");
        assert_eq!(threshold(&[], 0.5), None);
    }
}
