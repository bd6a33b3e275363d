//! Folders of the cabling: where RODs are, which unit is where on them, and which harness of its quadrant a unit is.
//!
//! Unlike those of bad components these columns are read by name, as the original does, so that the key columns of the first
//! run of the accelerator do not matter. Source: section 4 of `docs/formats/cabling.md`; `SCT_CablingCondAlgFromCoraCool`.

use super::{ConfigurationError, ConfigurationFolder};
use crate::{PayloadSpec, Value, VectorRow};

pub(super) const ROD: &str = "ROB:Int32,crate:UChar,slot:UChar";
pub(super) const ROD_MUR: &str = "MUR:UInt32,crate:UChar,rod:UChar,position:UChar";
pub(super) const GEOG: &str = "MUR:UInt32,position:Int16";

/// Columns of ROD.
pub const ROD_COLUMNS: [&str; 3] = ["ROB", "crate", "slot"];
/// Columns of RODMUR; `rod` is the slot.
pub const ROD_MUR_COLUMNS: [&str; 4] = ["MUR", "crate", "rod", "position"];
/// Columns of MUR that the cabling needs.
pub const MUR_COLUMNS: [&str; 5] = ["MUR", "module", "moduleID", "rx0Fibre", "rx1Fibre"];
/// Columns of Geog.
pub const GEOG_COLUMNS: [&str; 2] = ["MUR", "position"];

/// The payload of a row of ROD, RODMUR or Geog, whose columns are whole numbers and no others.
pub fn cabling_row<const N: usize>(numbers: [i64; N]) -> Vec<Value> {
    numbers.map(Value::Int).to_vec()
}

/// The numbers of all items of a folder in the order of `names`; a null is none. `spec` says which column is which.
///
/// # Errors
///
/// [`ConfigurationError`] when a column is missing or no whole number.
pub fn cabling_numbers<const N: usize>(
    folder: &ConfigurationFolder,
    spec: &PayloadSpec,
    names: [&str; N],
    rows: &[VectorRow],
) -> Result<Vec<[Option<i64>; N]>, ConfigurationError> {
    let mut numbers = Vec::new();
    for row in rows {
        let wrong = |what| ConfigurationError {
            folder: folder.path.to_owned(),
            channel: row.channel.0,
            what,
        };
        for item in &row.items {
            let mut columns = [None; N];
            for (column, name) in columns.iter_mut().zip(names) {
                *column = number(spec, item, name).map_err(wrong)?;
            }
            numbers.push(columns);
        }
    }
    Ok(numbers)
}

fn number(spec: &PayloadSpec, item: &[Value], name: &str) -> Result<Option<i64>, String> {
    let index = spec.index_of(name).ok_or_else(|| format!("there is no column {name}"))?;
    match item.get(index) {
        Some(Value::Int(number)) => Ok(Some(*number)),
        Some(Value::Null) => Ok(None),
        Some(other) => Err(format!("column {name} is {other:?}, expected a whole number")),
        None => Err(format!("column {name} is missing, found {} columns", item.len())),
    }
}

#[cfg(test)]
mod tests {
    use sct_id::Iov;

    use super::*;
    use crate::{ChannelId, GEOG_FOLDERS, MUR_FOLDERS, ROD_FOLDERS, ROD_MUR_FOLDERS, mur_row};

    fn rows(items: Vec<Vec<Value>>) -> [VectorRow; 1] {
        [VectorRow { channel: ChannelId(7), iov: Iov::ALL, items }]
    }

    /// The numbers of a row as it is stored in a folder.
    fn stored<const N: usize>(
        folder: &ConfigurationFolder,
        names: [&str; N],
        payload: Vec<Value>,
    ) -> [Option<i64>; N] {
        let spec = folder.folder().payload;
        spec.check(&payload).unwrap();
        cabling_numbers(folder, &spec, names, &rows(vec![payload])).unwrap()[0]
    }

    #[test]
    fn rows_are_read_back() {
        for run in 0..2 {
            let rod = stored(&ROD_FOLDERS[run], ROD_COLUMNS, cabling_row([0x22_0105, 3, 21]));
            assert_eq!(rod, [Some(0x22_0105), Some(3), Some(21)]);
            let unit = cabling_row([91_421, 7, 20, 6]);
            let unit = stored(&ROD_MUR_FOLDERS[run], ROD_MUR_COLUMNS, unit);
            assert_eq!(unit, [Some(91_421), Some(7), Some(20), Some(6)]);
            let harness = stored(&GEOG_FOLDERS[run], GEOG_COLUMNS, cabling_row([91_421, 2]));
            assert_eq!(harness, [Some(91_421), Some(2)]);
            let module = mur_row(3132, Some(6), Some(20_220_170_200_183), [128, 255]);
            let module = stored(&MUR_FOLDERS[run], MUR_COLUMNS, module);
            assert_eq!(module, [3132, 6, 20_220_170_200_183, 128, 255].map(Some));
            let empty = stored(&MUR_FOLDERS[run], MUR_COLUMNS, mur_row(9999, None, None, [0, 1]));
            assert_eq!(empty, [Some(9999), None, None, Some(0), Some(1)]);
        }
    }

    #[test]
    fn columns_are_found_by_name() {
        // Two key columns first, and another order and width.
        let spec = "rec:Int64,key:Int64,position:Int32,MUR:Int32".parse().unwrap();
        let items = vec![cabling_row([1, 2, 5, 11_300]), cabling_row([1, 3, 4, 11_301])];
        let numbers = cabling_numbers(&GEOG_FOLDERS[1], &spec, GEOG_COLUMNS, &rows(items));
        assert_eq!(numbers.unwrap(), [[Some(11_300), Some(5)], [Some(11_301), Some(4)]]);
    }

    #[test]
    fn damaged_rows_are_named() {
        let folder = &GEOG_FOLDERS[0];
        let spec = folder.folder().payload;
        let other = "MUR:UInt32,place:Int16".parse().unwrap();
        let text = vec![Value::Int(3), Value::Text("x".to_owned())];
        for (spec, item, expected) in [
            (&spec, text, "column position is Text(\"x\"), expected a whole number"),
            (&spec, vec![Value::Int(3)], "column position is missing, found 1 columns"),
            (&other, cabling_row([3, 4]), "there is no column position"),
        ] {
            let error = cabling_numbers(folder, spec, GEOG_COLUMNS, &rows(vec![item]));
            let error = error.unwrap_err().to_string();
            assert_eq!(error, format!("/SCT/DAQ/Config/Geog channel 7: {expected}"));
        }
    }
}
