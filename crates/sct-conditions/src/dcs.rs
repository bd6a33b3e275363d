//! What the detector control system knows of single modules over time: `/SCT/DCS/HV` and `/SCT/DCS/CHANSTAT`, and when the
//! lumi blocks of a run were: [`LUMI_BLOCKS`].
//!
//! Source: section 12.4 of `docs/formats/cool.md`; `SCT_DCSConditionsStatCondAlg`, `DCSCalculator2`.

use std::fmt;

use sct_id::{CompactId, Iov, LumiBlock, ModuleHash, RunLumi, RunNumber, ValidityKey};

use crate::{
    ChannelId, Folder, FolderDescription, PayloadMode, PayloadSpec, Row, Value, Versioning,
    run_control::LUMI_BLOCKS,
};

/// Voltages and currents, keyed by time; one channel a module.
pub const HV_FOLDER: &str = "/SCT/DCS/HV";
/// States of the power channels, keyed by time; one channel a module.
pub const CHANNEL_STATE_FOLDER: &str = "/SCT/DCS/CHANSTAT";

const VOLTAGE: &str = "HVCHVOLT_RECV";
const STATE: &str = "STATE";
const START: &str = "StartTime";
const END: &str = "EndTime";

/// State of the high voltage of a channel: the upper four bits of the state word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the control system's own")]
pub enum HvState {
    Off,
    On,
    Standby,
    Manual,
    MaskOff,
    MaskOn,
    HardReset,
    Disabled,
    Ramping,
    Interlocked,
    TripHardware,
    TripSoftware,
    CardLatch,
    NoMatch,
    Unknown,
    Any,
}

impl HvState {
    /// Every state, by number.
    pub const ALL: [Self; 16] = [
        Self::Off,
        Self::On,
        Self::Standby,
        Self::Manual,
        Self::MaskOff,
        Self::MaskOn,
        Self::HardReset,
        Self::Disabled,
        Self::Ramping,
        Self::Interlocked,
        Self::TripHardware,
        Self::TripSoftware,
        Self::CardLatch,
        Self::NoMatch,
        Self::Unknown,
        Self::Any,
    ];

    /// The state in a state word; the lower four bits are those of the low voltage.
    pub fn of_word(word: u32) -> Self {
        Self::ALL[(word >> 4 & 0xF) as usize]
    }

    /// The state word with this state, low voltage on.
    pub const fn word(self) -> u32 {
        (self as u32) << 4 | Self::On as u32
    }

    /// Whether data are good: on, by the system or by hand. Source: both sources take these two.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::On | Self::Manual)
    }

    /// Whether a protection has switched the channel off.
    pub const fn is_trip(self) -> bool {
        matches!(self, Self::TripHardware | Self::TripSoftware)
    }
}

impl fmt::Display for HvState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Standby => "standby",
            Self::Manual => "manual",
            Self::MaskOff => "masked off",
            Self::MaskOn => "masked on",
            Self::HardReset => "hard reset",
            Self::Disabled => "disabled",
            Self::Ramping => "ramping",
            Self::Interlocked => "interlocked",
            Self::TripHardware => "tripped (hardware)",
            Self::TripSoftware => "tripped (software)",
            Self::CardLatch => "low-voltage card latched",
            Self::NoMatch => "no match",
            Self::Unknown => "unknown",
            Self::Any => "any",
        };
        f.write_str(name)
    }
}

/// Something that is known of a module over some time, nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModuleValue<T> {
    /// The module.
    pub module: ModuleHash,
    /// When.
    pub iov: Iov,
    /// What; none when the database has a null.
    pub value: Option<T>,
}

/// When a lumi block was, nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LumiBlockTime {
    /// The lumi block.
    pub lumi_block: LumiBlock,
    /// From start to end.
    pub iov: Iov,
}

/// A row that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{folder} channel {channel} at {since}: {what}")]
pub struct DcsError {
    /// The folder.
    pub folder: &'static str,
    /// The channel.
    pub channel: u32,
    /// First key of the row.
    pub since: ValidityKey,
    /// What was found and expected.
    pub what: String,
}

/// Voltages in V from the rows of [`HV_FOLDER`]; `spec` says where the column is.
///
/// # Errors
///
/// [`DcsError`] when the column is missing or no number, or a channel is no module.
pub fn hv_voltages(spec: &PayloadSpec, rows: &[Row]) -> Result<Vec<ModuleValue<f32>>, DcsError> {
    rows.iter().map(|row| module_value(HV_FOLDER, row, voltage(spec, row))).collect()
}

/// States of the high voltage from the rows of [`CHANNEL_STATE_FOLDER`].
///
/// # Errors
///
/// As [`hv_voltages`].
pub fn hv_states(spec: &PayloadSpec, rows: &[Row]) -> Result<Vec<ModuleValue<HvState>>, DcsError> {
    rows.iter().map(|row| module_value(CHANNEL_STATE_FOLDER, row, state(spec, row))).collect()
}

/// Times of the lumi blocks of one run from the rows of [`LUMI_BLOCKS`], by lumi block; those of other runs are left
/// out.
///
/// # Errors
///
/// [`DcsError`] when a column is missing or no number, or a lumi block ends before it begins.
pub fn lumi_block_times(
    run: RunNumber,
    spec: &PayloadSpec,
    rows: &[Row],
) -> Result<Vec<LumiBlockTime>, DcsError> {
    let mut times = Vec::with_capacity(rows.len());
    for row in rows {
        let wrong = |what: String| error(LUMI_BLOCKS.path, row, what);
        let key = RunLumi::from_key(row.iov.since()).map_err(|e| wrong(e.to_string()))?;
        if key.run != run || key.lumi_block.to_u32() == 0 {
            continue;
        }
        let time = |name| {
            let number = match column(spec, row, name)? {
                Value::Int(number) => u64::try_from(*number).ok(),
                _ => None,
            };
            number.ok_or_else(|| {
                format!("column {name} is {:?}, expected a time", column(spec, row, name))
            })
        };
        let (start, end) = (time(START).map_err(wrong)?, time(END).map_err(wrong)?);
        let iov = Iov::new(start, end).map_err(|e| wrong(e.to_string()))?;
        times.push(LumiBlockTime { lumi_block: key.lumi_block, iov });
    }
    times.sort_by_key(|time| time.lumi_block);
    Ok(times)
}

fn error(folder: &'static str, row: &Row, what: String) -> DcsError {
    DcsError { folder, channel: row.channel.0, since: row.iov.since(), what }
}

fn module_value<T>(
    folder: &'static str,
    row: &Row,
    value: Result<Option<T>, String>,
) -> Result<ModuleValue<T>, DcsError> {
    let id = CompactId::from_u32(row.channel.0).map_err(|e| error(folder, row, e.to_string()))?;
    let value = value.map_err(|what| error(folder, row, what))?;
    Ok(ModuleValue { module: id.module().hash(), iov: row.iov, value })
}

fn column<'a>(spec: &PayloadSpec, row: &'a Row, name: &str) -> Result<&'a Value, String> {
    let index = spec.index_of(name).ok_or_else(|| format!("there is no column {name}"))?;
    row.payload.get(index).ok_or_else(|| format!("there is no value in column {name}"))
}

fn voltage(spec: &PayloadSpec, row: &Row) -> Result<Option<f32>, String> {
    match column(spec, row, VOLTAGE)? {
        Value::Null => Ok(None),
        Value::Real(volts) if volts.is_finite() => {
            #[expect(clippy::cast_possible_truncation, reason = "the column is a Float")]
            let volts = *volts as f32;
            Ok(Some(volts))
        }
        other => Err(format!("column {VOLTAGE} is {other:?}, expected a voltage")),
    }
}

fn state(spec: &PayloadSpec, row: &Row) -> Result<Option<HvState>, String> {
    match column(spec, row, STATE)? {
        Value::Null => Ok(None),
        Value::Int(word) if (0..=0xFF).contains(word) => {
            Ok(u32::try_from(*word).ok().map(HvState::of_word))
        }
        other => Err(format!("column {STATE} is {other:?}, expected a state word from 0 to 255")),
    }
}

/// [`HV_FOLDER`] as it is created.
pub fn hv_folder() -> Folder {
    folder(HV_FOLDER, "HVCHVOLT_RECV:Float,HVCHCURR_RECV:Float")
}

/// [`CHANNEL_STATE_FOLDER`] as it is created.
pub fn channel_state_folder() -> Folder {
    folder(CHANNEL_STATE_FOLDER, "LVCHSTAT_RECV:Int32,STATE:UInt32")
}

fn folder(path: &str, columns: &str) -> Folder {
    Folder {
        path: path.to_owned(),
        description: FolderDescription::TIME_LIST.to_string(),
        versioning: Versioning::Single,
        payload_mode: PayloadMode::Inline,
        payload: columns.parse().expect("the specifications here are well formed"),
    }
}

fn module_channel(module: ModuleHash) -> ChannelId {
    ChannelId(module.position().id().to_u32())
}

/// A row of [`HV_FOLDER`]: V and A.
pub fn hv_row(module: ModuleHash, iov: Iov, volts: f32, amperes: f32) -> Row {
    let payload = [volts, amperes].map(|value| Value::Real(value.into())).to_vec();
    Row { channel: module_channel(module), iov, payload }
}

/// A row of [`CHANNEL_STATE_FOLDER`]; the low voltage is on.
pub fn channel_state_row(module: ModuleHash, iov: Iov, state: HvState) -> Row {
    let payload = vec![Value::Int(LV_GOOD), Value::Int(state.word().into())];
    Row { channel: module_channel(module), iov, payload }
}

/// The word of a low-voltage channel that is well, as found in simulated conditions of another experiment.
const LV_GOOD: i64 = 209;

/// A row of [`LUMI_BLOCKS`].
pub fn lumi_block_row(run: RunNumber, time: LumiBlockTime) -> Row {
    let since = RunLumi { run, lumi_block: time.lumi_block }.key();
    let iov = Iov::new(since, since + 1).expect("one lumi block is not empty");
    let key = |key: ValidityKey| Value::Int(i64::try_from(key).unwrap_or(i64::MAX));
    Row { channel: ChannelId(0), iov, payload: vec![key(time.iov.since()), key(time.iov.until())] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module() -> ModuleHash {
        ModuleHash::new(2469).unwrap()
    }

    fn iov(since: u64, until: u64) -> Iov {
        Iov::new(since, until).unwrap()
    }

    #[test]
    fn states_are_the_upper_half_of_the_word() {
        assert_eq!(HvState::of_word(17), HvState::On);
        assert_eq!(HvState::of_word(0x33), HvState::Manual);
        assert_eq!(HvState::of_word(0xA1), HvState::TripHardware);
        for state in HvState::ALL {
            assert_eq!(HvState::of_word(state.word()), state);
            assert_eq!(state.is_good(), state == HvState::On || state == HvState::Manual);
        }
        assert!(HvState::TripSoftware.is_trip() && !HvState::Off.is_trip());
    }

    #[test]
    fn rows_fit_their_folders_and_are_read_back() {
        let row = hv_row(module(), iov(5, 9), 150.25, 1e-6);
        hv_folder().payload.check(&row.payload).unwrap();
        assert_eq!(row.channel.0, 174_172_160);
        let read = hv_voltages(&hv_folder().payload, &[row]).unwrap();
        assert_eq!(read, [ModuleValue { module: module(), iov: iov(5, 9), value: Some(150.25) }]);

        let row = channel_state_row(module(), iov(5, 9), HvState::Ramping);
        channel_state_folder().payload.check(&row.payload).unwrap();
        let read = hv_states(&channel_state_folder().payload, &[row]).unwrap();
        assert_eq!(read[0].value, Some(HvState::Ramping));

        let run = RunNumber::new(440_199).unwrap();
        let time = |number, since, until| LumiBlockTime {
            lumi_block: LumiBlock::new(number),
            iov: iov(since, until),
        };
        let rows = [time(2, 10, 20), time(1, 3, 10)].map(|time| lumi_block_row(run, time));
        LUMI_BLOCKS.folder().payload.check(&rows[0].payload).unwrap();
        let read = |run| lumi_block_times(run, &LUMI_BLOCKS.folder().payload, &rows).unwrap();
        assert_eq!(read(run), [time(1, 3, 10), time(2, 10, 20)]);
        assert!(read(run.previous().unwrap()).is_empty());
    }

    #[test]
    fn nulls_are_not_known() {
        let row =
            Row { payload: vec![Value::Null, Value::Null], ..hv_row(module(), Iov::ALL, 0.0, 0.0) };
        assert_eq!(
            hv_voltages(&hv_folder().payload, std::slice::from_ref(&row)).unwrap()[0].value,
            None
        );
        assert_eq!(hv_states(&channel_state_folder().payload, &[row]).unwrap()[0].value, None);
    }

    #[test]
    fn damaged_rows_are_named() {
        let state = |payload: Vec<Value>, channel| {
            let row = Row { channel: ChannelId(channel), iov: iov(7, 8), payload };
            hv_states(&channel_state_folder().payload, &[row]).unwrap_err().to_string()
        };
        assert_eq!(
            state(vec![Value::Int(209), Value::Int(256)], 174_172_160),
            "/SCT/DCS/CHANSTAT channel 174172160 at 7: column STATE is Int(256), expected a state word from 0 to 255"
        );
        assert!(state(vec![Value::Int(209)], 174_172_160).contains("no value in column STATE"));
        assert!(
            state(vec![Value::Int(209), Value::Int(17)], 3)
                .contains("does not belong to an SCT strip")
        );
        let row = hv_row(module(), Iov::ALL, f32::NAN, 0.0);
        assert!(hv_voltages(&hv_folder().payload, std::slice::from_ref(&row)).is_err());
        let missing = hv_voltages(&channel_state_folder().payload, &[row]).unwrap_err().to_string();
        assert!(missing.ends_with("there is no column HVCHVOLT_RECV"), "{missing}");
    }
}
