//! Rows of the folders that the tasks on monitoring histograms fill: one channel a wafer.

use std::fmt::Display;

use sct_id::{Iov, WaferHash};

use crate::{ChannelId, PayloadError, Row, SCT_FOLDERS, SctFolder, SixDigits, StorageType, Value};

/// The folder of noise occupancies.
pub const NOISE_OCCUPANCY: SctFolder = SCT_FOLDERS[3];
/// The folder of raw occupancies.
pub const RAW_OCCUPANCY: SctFolder = SCT_FOLDERS[4];
/// The folder of efficiencies.
pub const EFFICIENCY: SctFolder = SCT_FOLDERS[5];
/// The folder of byte-stream errors.
pub const BS_ERRORS: SctFolder = SCT_FOLDERS[6];

/// Sample size of noise occupancies: a constant of the original, whatever the number of events.
const NOISE_SAMPLE_SIZE: u64 = 10_000;

/// A row of [`NOISE_OCCUPANCY`].
///
/// # Errors
///
/// [`PayloadError::Value`] when the occupancy is no number.
pub fn noise_occupancy_row(
    wafer: WaferHash,
    iov: Iov,
    occupancy: f32,
) -> Result<Row, PayloadError> {
    let value = Value::Real(f64::from(occupancy));
    row(wafer, iov, NOISE_SAMPLE_SIZE, [("NoiseOccupancy", StorageType::Float, value)])
}

/// A row of [`RAW_OCCUPANCY`]; the sample size is the number of events.
///
/// # Errors
///
/// [`PayloadError::Value`] when the events do not fit their column or the occupancy is no number.
pub fn raw_occupancy_row(
    wafer: WaferHash,
    iov: Iov,
    events: u64,
    occupancy: f32,
) -> Result<Row, PayloadError> {
    let value = Value::Real(f64::from(occupancy));
    row(wafer, iov, events, [("RawOccupancy", StorageType::Float, value)])
}

/// A row of [`EFFICIENCY`]; the sample size is the number of track crossings.
///
/// # Errors
///
/// [`PayloadError::Value`] when the crossings do not fit their column or the efficiency is no number.
pub fn efficiency_row(
    wafer: WaferHash,
    iov: Iov,
    crossings: u64,
    efficiency: f32,
) -> Result<Row, PayloadError> {
    let value = Value::Real(f64::from(efficiency));
    row(wafer, iov, crossings, [("Efficiency", StorageType::Float, value)])
}

/// A row of [`BS_ERRORS`]: counts and fractions of the error types by slot, as texts with one blank between; the sample
/// size is the number of events.
///
/// # Errors
///
/// [`PayloadError::Value`] when the events do not fit their column.
pub fn bs_error_row(
    wafer: WaferHash,
    iov: Iov,
    events: u64,
    counts: &[u64],
    fractions: &[f32],
) -> Result<Row, PayloadError> {
    let fractions = fractions.iter().map(|&fraction| SixDigits(f64::from(fraction)));
    let errors = ("BSErrors", StorageType::String4k, Value::Text(list(counts.iter())));
    let fractions = ("BadFraction", StorageType::String4k, Value::Text(list(fractions)));
    row(wafer, iov, events, [errors, fractions])
}

fn list(numbers: impl Iterator<Item = impl Display>) -> String {
    numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(" ")
}

/// Sample size and position of a wafer, and what is measured. Channels have the identifier of the wafer.
fn row<const N: usize>(
    wafer: WaferHash,
    iov: Iov,
    sample_size: u64,
    measured: [(&str, StorageType, Value); N],
) -> Result<Row, PayloadError> {
    let position = wafer.position();
    let module = position.module();
    let number = |value: usize| Value::Int(i64::try_from(value).unwrap_or(i64::MAX));
    let sample_size = Value::Int(i64::try_from(sample_size).unwrap_or(i64::MAX));
    let check = |name: &str, storage: StorageType, value: &Value| {
        let named = |what| PayloadError::Value {
            field: name.to_owned(),
            what: format!("{what}, wafer {position}"),
        };
        storage.check(value).map_err(named)
    };
    check("SampleSize", StorageType::Int32, &sample_size)?;
    let place = [
        sample_size,
        Value::Int(i64::from(module.region().barrel_ec())),
        number(module.layer_disk()),
        Value::Int(i64::from(module.eta())),
        number(module.phi()),
    ];
    // There are thousands of rows: none is allocated twice.
    let mut payload = Vec::with_capacity(place.len() + N);
    payload.extend(place);
    for (name, storage, value) in measured {
        check(name, storage, &value)?;
        payload.push(value);
    }
    Ok(Row { channel: ChannelId(position.id().to_u32()), iov, payload })
}

#[cfg(test)]
mod tests {
    use sct_id::{RunNumber, WaferPosition};

    use super::*;

    fn iov() -> Iov {
        Iov::run(RunNumber::new(440_199).unwrap())
    }

    fn wafer(name: &str) -> WaferHash {
        name.parse::<WaferPosition>().unwrap().hash()
    }

    #[test]
    fn rows_fit_their_folders() {
        let wafer = wafer("0_3_3_-1_1");
        let rows = [
            (NOISE_OCCUPANCY, noise_occupancy_row(wafer, iov(), 1.5e-5)),
            (RAW_OCCUPANCY, raw_occupancy_row(wafer, iov(), 20_000, 0.003)),
            (EFFICIENCY, efficiency_row(wafer, iov(), 987, 0.99)),
            (BS_ERRORS, bs_error_row(wafer, iov(), 20_000, &[0; 15], &[0.0; 15])),
        ];
        let sample_sizes = [10_000, 20_000, 987, 20_000];
        for ((folder, row), sample_size) in rows.into_iter().zip(sample_sizes) {
            let row = row.unwrap();
            folder.folder().payload.check(&row.payload).unwrap();
            assert_eq!(row.channel.0, 174_173_184, "{}", folder.path);
            let position = [sample_size, 0, 3, -1, 3].map(Value::Int);
            assert_eq!(row.payload[..5], position, "{}", folder.path);
        }
    }

    #[test]
    fn folders_are_named_by_their_measurement() {
        let paths =
            [NOISE_OCCUPANCY, RAW_OCCUPANCY, EFFICIENCY, BS_ERRORS].map(|folder| folder.path);
        let ends = ["NoiseOccupancy", "RawOccupancy", "Efficiency", "BSErrorsRun2"];
        assert_eq!(paths.map(|path| path.rsplit('/').next().unwrap()), ends);
    }

    #[test]
    fn errors_are_listed_by_slot() {
        let mut counts = [0; 15];
        (counts[2], counts[14]) = (1_000_000, 3);
        let fractions = counts.map(|count| count as f32 / 200_000.0);
        let row = bs_error_row(wafer("-2_0_0_0_0"), iov(), 200_000, &counts, &fractions).unwrap();
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(row.payload[5], text("0 0 1000000 0 0 0 0 0 0 0 0 0 0 0 3"));
        assert_eq!(row.payload[6], text("0 0 5 0 0 0 0 0 0 0 0 0 0 0 1.5e-05"));
    }

    #[test]
    fn numbers_that_do_not_fit_are_named() {
        let error = |row: Result<Row, PayloadError>| row.unwrap_err().to_string();
        let wafer = wafer("2_8_51_0_0");
        let many = error(raw_occupancy_row(wafer, iov(), 1 << 31, 0.0));
        assert!(many.contains("SampleSize") && many.contains("2_8_51_0_0"), "{many}");
        let nan = error(efficiency_row(wafer, iov(), 1, f32::NAN));
        assert!(nan.contains("Efficiency") && nan.contains("not a number"), "{nan}");
    }
}
