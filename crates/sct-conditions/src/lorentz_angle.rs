//! Rows of the folder of Lorentz angles: one channel for the barrel sensors of one layer, side and crystal orientation.

use sct_id::{Iov, Region, Sensors};

use crate::{ChannelId, PayloadError, Row, SCT_FOLDERS, SctFolder, StorageType, Value};

/// The folder of Lorentz angles.
pub const LORENTZ_ANGLE: SctFolder = SCT_FOLDERS[7];

/// Sample size: a constant of the original, whatever the number of events.
const SAMPLE_SIZE: i64 = 10_000;

/// Numbers of one fit as they are published, in single precision: angles and sigma in degrees, a and b in strips.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LorentzAngle {
    /// Angle, and its error.
    pub angle: [f32; 2],
    /// Sum of squared residuals.
    pub chi_square: f32,
    /// Slope in strips per unit of the tangent, and its error.
    pub a: [f32; 2],
    /// Width at the angle without smearing, and its error.
    pub b: [f32; 2],
    /// Width of the smearing, and its error.
    pub sigma: [f32; 2],
    /// Cluster width at the angle, and its error.
    pub min_cluster_width: [f32; 2],
}

impl LorentzAngle {
    /// Names of the columns, in the order of [`Self::to_array`].
    pub const NAMES: [&'static str; 11] = [
        "lorentzAngle",
        "err_lorentzAngle",
        "chisq",
        "fitParam_a",
        "err_a",
        "fitParam_b",
        "err_b",
        "fitParam_sigma",
        "err_sigma",
        "minClusterWidth",
        "err_minClusterWidth",
    ];

    /// All numbers in the order of the columns.
    pub const fn to_array(self) -> [f32; 11] {
        let Self { angle, chi_square, a, b, sigma, min_cluster_width } = self;
        [
            angle[0],
            angle[1],
            chi_square,
            a[0],
            a[1],
            b[0],
            b[1],
            sigma[0],
            sigma[1],
            min_cluster_width[0],
            min_cluster_width[1],
        ]
    }

    /// The same from an array.
    pub const fn from_array(numbers: [f32; 11]) -> Self {
        let [
            angle,
            angle_error,
            chi_square,
            a,
            a_error,
            b,
            b_error,
            sigma,
            sigma_error,
            w,
            w_error,
        ] = numbers;
        Self {
            angle: [angle, angle_error],
            chi_square,
            a: [a, a_error],
            b: [b, b_error],
            sigma: [sigma, sigma_error],
            min_cluster_width: [w, w_error],
        }
    }
}

/// A row of [`LORENTZ_ANGLE`]; the channel is [`Sensors::channel`].
///
/// # Errors
///
/// [`PayloadError::Value`] when one of the numbers is none.
pub fn lorentz_angle_row(
    sensors: Sensors,
    iov: Iov,
    numbers: LorentzAngle,
) -> Result<Row, PayloadError> {
    let side = i64::from(sensors.side.index() == 1);
    let mut payload = vec![
        Value::Int(SAMPLE_SIZE),
        Value::Int(i64::from(Region::Barrel.barrel_ec())),
        Value::Int(i64::from(sensors.layer)),
        Value::Int(side),
        Value::Int(i64::from(sensors.crystal.number())),
    ];
    for (name, number) in LorentzAngle::NAMES.into_iter().zip(numbers.to_array()) {
        let value = Value::Real(f64::from(number));
        StorageType::Float.check(&value).map_err(|what| PayloadError::Value {
            field: name.to_owned(),
            what: format!("{what}, {sensors}"),
        })?;
        payload.push(value);
    }
    Ok(Row { channel: ChannelId(sensors.channel()), iov, payload })
}

#[cfg(test)]
mod tests {
    use sct_id::{Crystal, RunNumber, Side};

    use super::*;

    const SENSORS: Sensors = Sensors { layer: 2, side: Side::One, crystal: Crystal::Plane100 };

    fn row(numbers: LorentzAngle) -> Result<Row, PayloadError> {
        lorentz_angle_row(SENSORS, Iov::run(RunNumber::new(440_199).unwrap()), numbers)
    }

    #[test]
    fn rows_fit_the_folder_column_by_column() {
        let row = row(LorentzAngle::from_array(std::array::from_fn(|i| i as f32 + 0.5))).unwrap();
        LORENTZ_ANGLE.folder().payload.check(&row.payload).unwrap();
        assert_eq!(row.payload[..5], [10_000, 0, 2, 1, 100].map(Value::Int));
        assert_eq!(row.payload[5], Value::Real(0.5));
        assert_eq!(row.payload[15], Value::Real(10.5));
        assert_eq!(row.channel.0, SENSORS.channel());
        let columns: Vec<&str> = LORENTZ_ANGLE
            .payload
            .split(',')
            .filter_map(|column| column.split(':').next())
            .collect();
        assert_eq!(columns[5..], LorentzAngle::NAMES);
    }

    #[test]
    fn a_number_that_is_none_is_named() {
        let numbers = LorentzAngle { sigma: [2.0, f32::NAN], ..LorentzAngle::default() };
        let error = row(numbers).unwrap_err().to_string();
        assert!(
            error.contains("err_sigma") && error.contains("layer 2 side 1 type 100"),
            "{error}"
        );
    }
}
