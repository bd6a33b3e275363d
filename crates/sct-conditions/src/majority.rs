//! Whether most of the detector is switched on: `/SCT/DCS/MAJ`.
//!
//! Source: section 12.3 of `docs/formats/cool.md`; `SCT_MajorityCondAlg`, `SCT_MajorityConditionsTool`.

use sct_id::{Iov, ValidityKey};

use crate::{ChannelId, Folder, FolderDescription, PayloadMode, Row, Value, Versioning};

/// The folder. It is keyed by time.
pub const MAJORITY_FOLDER: &str = "/SCT/DCS/MAJ";
/// Columns: only the second and fourth are known, and none by name.
const COLUMNS: &str = "attribute0:Float,hvFraction:Float,attribute2:Int32,majorityState:Int32";
/// Places of the fraction and the state.
const FRACTION: usize = 1;
const STATE: usize = 3;
/// High and low voltage are both on.
const VOLTAGES_ON: i64 = 17;

/// What a channel of the folder is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MajorityRegion {
    /// The whole detector: what decides on events.
    Overall,
    /// The barrel.
    Barrel,
    /// End-cap A.
    EndCapA,
    /// End-cap C.
    EndCapC,
}

impl MajorityRegion {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Overall, Self::Barrel, Self::EndCapA, Self::EndCapC];

    /// Its channel.
    pub const fn channel(self) -> ChannelId {
        ChannelId(match self {
            Self::Overall => 110,
            Self::Barrel => 111,
            Self::EndCapA => 114,
            Self::EndCapC => 115,
        })
    }
}

/// Voltages of a region at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Majority {
    /// Whether most modules have high and low voltage.
    pub on: bool,
    /// Part of the modules with high voltage, 0 to 1. It counts only while [`Self::on`], and is 1 when unknown.
    pub hv_fraction: f32,
}

/// A row of the folder that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{MAJORITY_FOLDER} channel {channel}: {what}")]
pub struct MajorityError {
    /// The channel.
    pub channel: u32,
    /// What was found and expected.
    pub what: String,
}

impl Majority {
    /// The part of the detector that must be on for an event to count.
    pub const REQUIRED_FRACTION: f32 = 0.9;

    /// What a row says. Nulls count as good.
    ///
    /// # Errors
    ///
    /// [`MajorityError`] when a column is missing or of another type.
    pub fn from_row(row: &Row) -> Result<Self, MajorityError> {
        let wrong = |what| MajorityError { channel: row.channel.0, what };
        let expected = |index, what| match row.payload.get(index) {
            Some(other) => format!("column {index} is {other:?}, expected {what}"),
            None => format!("there is no column {index}, expected {what}"),
        };
        let on = match row.payload.get(STATE) {
            Some(Value::Null) => true,
            Some(Value::Int(state)) => *state == VOLTAGES_ON,
            _ => return Err(wrong(expected(STATE, "a whole number"))),
        };
        let hv_fraction = match row.payload.get(FRACTION) {
            Some(Value::Real(fraction)) if on => {
                #[expect(clippy::cast_possible_truncation, reason = "the column is a Float")]
                let fraction = *fraction as f32;
                fraction
            }
            Some(Value::Null | Value::Real(_)) => 1.0,
            _ => return Err(wrong(expected(FRACTION, "a fraction"))),
        };
        Ok(Self { on, hv_fraction })
    }

    /// The columns of a row; the state of a detector that is off is 0.
    pub fn payload(self) -> Vec<Value> {
        let fraction = Value::Real(f64::from(self.hv_fraction));
        let state = Value::Int(if self.on { VOLTAGES_ON } else { 0 });
        vec![fraction.clone(), fraction, Value::Int(0), state]
    }

    /// Whether events count: the voltages are on, and more than the required part of the modules has high voltage.
    pub fn is_good(self, required: f32) -> bool {
        self.on && self.hv_fraction > required
    }
}

/// The voltages of a region over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MajorityHistory {
    /// By start; they do not overlap.
    periods: Vec<(Iov, Majority)>,
}

impl MajorityHistory {
    /// From the rows of the folder; those of other regions are left out.
    ///
    /// # Errors
    ///
    /// [`MajorityError`] for rows that cannot be, and for two rows of one time.
    pub fn new(region: MajorityRegion, rows: &[Row]) -> Result<Self, MajorityError> {
        let channel = region.channel();
        let rows = rows.iter().filter(|row| row.channel == channel);
        let mut periods = rows
            .map(|row| Majority::from_row(row).map(|majority| (row.iov, majority)))
            .collect::<Result<Vec<_>, _>>()?;
        periods.sort_by_key(|(iov, _)| *iov);
        if let Some(pair) = periods.windows(2).find(|pair| pair[0].0.overlaps(pair[1].0)) {
            let what = format!("intervals {} and {} overlap", pair[0].0, pair[1].0);
            return Err(MajorityError { channel: channel.0, what });
        }
        Ok(Self { periods })
    }

    /// The voltages at a time, nanoseconds since 1970; none when nothing is known of it.
    pub fn at(&self, time: ValidityKey) -> Option<Majority> {
        let after = self.periods.partition_point(|(iov, _)| iov.since() <= time);
        let (iov, majority) = self.periods.get(after.checked_sub(1)?)?;
        iov.contains(time).then_some(*majority)
    }
}

/// The folder as it is created: one version, over time.
pub fn majority_folder() -> Folder {
    Folder {
        path: MAJORITY_FOLDER.to_owned(),
        description: FolderDescription::TIME_LIST.to_string(),
        versioning: Versioning::Single,
        payload_mode: PayloadMode::Inline,
        payload: COLUMNS.parse().expect("the specification is well formed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(payload: Vec<Value>) -> Row {
        Row { channel: MajorityRegion::Overall.channel(), iov: Iov::ALL, payload }
    }

    fn read(fraction: Value, state: Value) -> Majority {
        Majority::from_row(&row(vec![Value::Null, fraction, Value::Null, state])).unwrap()
    }

    #[test]
    fn states_and_fractions_decide_together() {
        let good = |fraction: Value, state: Value| {
            read(fraction, state).is_good(Majority::REQUIRED_FRACTION)
        };
        let real = Value::Real;
        assert!(good(real(0.95), Value::Int(17)) && good(real(1.0), Value::Null));
        assert!(!good(real(0.5), Value::Int(17)) && !good(real(1.0), Value::Int(1)));
        assert!(good(Value::Null, Value::Int(17)) && !good(Value::Null, Value::Int(16)));
        // Exactly the required part is too little.
        assert!(!good(real(f64::from(0.9_f32)), Value::Int(17)));
    }

    #[test]
    fn a_detector_that_is_off_has_no_fraction() {
        let off = read(Value::Real(0.1), Value::Int(0));
        assert_eq!((off.on, off.hv_fraction.to_bits()), (false, 1.0_f32.to_bits()));
    }

    #[test]
    fn rows_fit_the_folder_and_are_read_back() {
        for majority in
            [Majority { on: true, hv_fraction: 0.25 }, Majority { on: false, hv_fraction: 1.0 }]
        {
            let payload = majority.payload();
            majority_folder().payload.check(&payload).unwrap();
            assert_eq!(Majority::from_row(&row(payload)).unwrap(), majority);
        }
    }

    #[test]
    fn the_history_knows_every_period() {
        let period = |region: MajorityRegion, since, until, hv_fraction| Row {
            channel: region.channel(),
            iov: Iov::new(since, until).unwrap(),
            payload: Majority { on: true, hv_fraction }.payload(),
        };
        let (overall, barrel) = (MajorityRegion::Overall, MajorityRegion::Barrel);
        let rows = [
            period(overall, 20, 30, 0.5),
            period(barrel, 10, 20, 0.1),
            period(overall, 10, 18, 1.0),
        ];
        let history = MajorityHistory::new(overall, &rows).unwrap();
        let at = |time| history.at(time).map(|majority| majority.hv_fraction.to_bits());
        let (full, half) = (Some(1.0_f32.to_bits()), Some(0.5_f32.to_bits()));
        assert_eq!([9, 10, 17, 18, 20, 29, 30].map(at), [None, full, full, None, half, half, None]);
        let rows = [period(overall, 10, 20, 1.0), period(overall, 19, 30, 1.0)];
        let error = MajorityHistory::new(overall, &rows).unwrap_err().to_string();
        assert!(error.contains("overlap"), "{error}");
    }

    #[test]
    fn damaged_rows_are_named() {
        let error = |payload| Majority::from_row(&row(payload)).unwrap_err().to_string();
        let fraction = Value::Real(1.0);
        let text = error(vec![fraction.clone(), fraction.clone(), fraction.clone()]);
        assert_eq!(text, "/SCT/DCS/MAJ channel 110: there is no column 3, expected a whole number");
        let wrong = Value::Text("on".to_owned());
        assert!(
            error(vec![fraction.clone(), wrong, fraction, Value::Int(17)]).contains("column 1")
        );
    }
}
