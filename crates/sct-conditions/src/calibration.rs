//! Defects found in calibration runs: strips to be called bad although they are read out.
//!
//! Strips are numbered in read-out order, side 1 from 768 on. Source: `SCT_ReadCalibDataCondAlg`; section 12.2 of
//! `docs/formats/cool.md`.

use std::fmt::Display;

use sct_id::{CompactId, Iov, ModuleHash, ModuleStrip, ReadoutSwap};

use crate::{
    ChannelId, Folder, FolderDescription, KnownBad, PayloadMode, PayloadSpec, Row, Source, Value,
    Versioning,
};

/// Folders of defects: those of response curves, and those of noise occupancy. Both are read.
pub const CALIBRATION_FOLDERS: [&str; 2] =
    ["/SCT/DAQ/Calibration/NPtGainDefects", "/SCT/DAQ/Calibration/NoiseOccupancyDefects"];

/// Columns, each a list of numbers with blanks between: what a defect is, its first and last strip, what was measured.
const COLUMNS: [&str; 4] =
    ["defectType", "defectBeginChannel", "defectEndChannel", "defectParameter"];
/// Kinds that do not make a strip bad: slopes of noise, offset and gain over a module, and bad occupancy per event.
const HARMLESS: [usize; 4] = [34, 35, 36, 37];
/// High noise occupancy.
const NOISE_OCCUPANCY_HIGH: usize = 19;
/// Noise occupancy from which on a calibration run calls a strip bad.
const NOISE_OCCUPANCY_LIMIT: &str = "0.0005";

/// A row of defects that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{folder} channel {channel}: {what}")]
pub struct CalibrationError {
    /// The folder.
    pub folder: String,
    /// Its channel.
    pub channel: u32,
    /// What was found and expected.
    pub what: String,
}

/// A folder of defects as it is created: run-lumi, one version.
pub fn calibration_folder(path: &str) -> Folder {
    let columns = COLUMNS.map(|name| format!("{name}:String64k")).join(",");
    Folder {
        path: path.to_owned(),
        description: FolderDescription::RUN_LUMI_LIST.to_string(),
        versioning: Versioning::Single,
        payload_mode: PayloadMode::Inline,
        payload: columns.parse().expect("the specification is well formed"),
    }
}

/// A row of a module whose strips (in read-out order) have a high noise occupancy.
pub fn noise_defect_row(module: ModuleHash, iov: Iov, strips: &[ModuleStrip]) -> Row {
    let list = |text: &dyn Fn(ModuleStrip) -> String| {
        Value::Text(strips.iter().map(|&strip| text(strip)).collect::<Vec<_>>().join(" "))
    };
    let number = |strip: ModuleStrip| strip.index().to_string();
    Row {
        channel: ChannelId(module.position().id().to_u32()),
        iov,
        payload: vec![
            list(&|_| NOISE_OCCUPANCY_HIGH.to_string()),
            list(&number),
            list(&number),
            list(&|_| NOISE_OCCUPANCY_LIMIT.to_owned()),
        ],
    }
}

/// Adds the strips that the rows of a folder call bad.
///
/// # Errors
///
/// [`CalibrationError`] when a column is missing or no list of numbers, lists differ in length, a strip does not exist, or a
/// channel is no module.
pub fn add_calibration_defects(
    known: &mut KnownBad,
    folder: &str,
    spec: &PayloadSpec,
    rows: &[Row],
    swap: &ReadoutSwap,
) -> Result<(), CalibrationError> {
    rows.iter().try_for_each(|row| {
        let wrong =
            |what| CalibrationError { folder: folder.to_owned(), channel: row.channel.0, what };
        add_row(known, spec, row, swap).map_err(wrong)
    })
}

fn add_row(
    known: &mut KnownBad,
    spec: &PayloadSpec,
    row: &Row,
    swap: &ReadoutSwap,
) -> Result<(), String> {
    let text = |error: &dyn Display| error.to_string();
    let module = CompactId::from_u32(row.channel.0).map_err(|error| text(&error))?.module().hash();
    let [kinds, begins, ends] = [0, 1, 2].map(|column| numbers(spec, row, COLUMNS[column]));
    let (kinds, begins, ends) = (kinds?, begins?, ends?);
    if kinds.len() != begins.len() || ends.len() != begins.len() {
        let (kinds, begins, ends) = (kinds.len(), begins.len(), ends.len());
        return Err(format!(
            "{kinds} types, {begins} first and {ends} last strips, expected as many"
        ));
    }
    for ((kind, begin), end) in kinds.into_iter().zip(begins).zip(ends) {
        let last = ModuleStrip::new(end).map_err(|error| text(&error))?;
        if begin > end {
            return Err(format!("defect from strip {begin} to {end}, expected the first first"));
        }
        if HARMLESS.contains(&kind) {
            continue;
        }
        for online in ModuleStrip::all().skip(begin).take_while(|&strip| strip <= last) {
            let side = online.side();
            let strip = swap.online(module.wafer(side), online.strip()).in_module(side);
            known.add_strip(Source::Calibration, module, strip);
        }
    }
    Ok(())
}

/// A column as whole numbers; a null is an empty list.
fn numbers(spec: &PayloadSpec, row: &Row, name: &str) -> Result<Vec<usize>, String> {
    let index = spec.index_of(name).ok_or_else(|| format!("there is no column {name}"))?;
    let text = match row.payload.get(index) {
        Some(Value::Text(text)) => text.as_str(),
        Some(Value::Null) => "",
        other => return Err(format!("column {name} is {other:?}, expected a text")),
    };
    let number = |word: &str| {
        let shown: String = word.chars().take(20).collect();
        word.parse().map_err(|_| format!("column {name}: '{shown}' is no whole number"))
    };
    text.split_ascii_whitespace().map(number).collect()
}

#[cfg(test)]
mod tests {
    use sct_id::{BarrelSwap, ModulePosition, Region, Side, Strip};

    use super::*;

    fn module() -> ModuleHash {
        ModulePosition::new(Region::Barrel, 0, 0, 1).unwrap().hash()
    }

    fn read(payload: Vec<Value>) -> Result<KnownBad, String> {
        let folder = calibration_folder(CALIBRATION_FOLDERS[1]);
        folder.payload.check(&payload).unwrap();
        let channel = ChannelId(module().position().id().to_u32());
        let row = Row { channel, iov: Iov::ALL, payload };
        let (mut known, swap) = (KnownBad::default(), ReadoutSwap::new(BarrelSwap::Side1));
        add_calibration_defects(&mut known, &folder.path, &folder.payload, &[row], &swap)
            .map(|()| known)
            .map_err(|error| error.to_string())
    }

    fn texts(columns: [&str; 4]) -> Vec<Value> {
        columns.map(|text| Value::Text(text.to_owned())).to_vec()
    }

    #[test]
    fn strips_are_read_out_order_on_both_sides() {
        // Side 1 of the barrel is read backwards; types of slopes are left out.
        let known = read(texts(["1 19 35", "3 768 10", "4 769 1535", "0.1 0.2 0.3"])).unwrap();
        let mut expected = KnownBad::default();
        for (side, strip) in [(Side::Zero, 3), (Side::Zero, 4), (Side::One, 767), (Side::One, 766)]
        {
            let strip = Strip::new(strip).unwrap().in_module(side);
            expected.add_strip(Source::Calibration, module(), strip);
        }
        assert_eq!(known, expected);
        assert_eq!(read(texts([""; 4])).unwrap(), KnownBad::default());
        assert_eq!(read(vec![Value::Null; 4]).unwrap(), KnownBad::default());
    }

    #[test]
    fn rows_are_read_back() {
        let strips: Vec<ModuleStrip> =
            [0, 5, 767, 768, 1535].map(|index| ModuleStrip::new(index).unwrap()).to_vec();
        let row = noise_defect_row(module(), Iov::ALL, &strips);
        let known = read(row.payload).unwrap();
        assert_eq!(known.counts(Source::Calibration), [0, 0, 0, 5]);
    }

    #[test]
    fn damaged_rows_are_named() {
        for (columns, expected) in [
            (["1", "3 4", "3 4", ""], "1 types, 2 first and 2 last strips"),
            (["1", "x", "3", ""], "column defectBeginChannel: 'x' is no whole number"),
            (["1", "4", "3", ""], "defect from strip 4 to 3"),
            (["1", "4", "1536", ""], "1536"),
        ] {
            let error = read(texts(columns)).unwrap_err();
            assert!(
                error.starts_with("/SCT/DAQ/Calibration/NoiseOccupancyDefects channel "),
                "{error}"
            );
            assert!(error.contains(expected), "{error}");
        }
        let folder = calibration_folder("/X");
        let row = Row { channel: ChannelId(1), iov: Iov::ALL, payload: texts([""; 4]) };
        let mut known = KnownBad::default();
        let swap = ReadoutSwap::none();
        let error = add_calibration_defects(&mut known, "/X", &folder.payload, &[row], &swap);
        assert!(error.unwrap_err().to_string().starts_with("/X channel 1: "));
    }
}
