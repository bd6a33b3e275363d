//! The table of serial numbers.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    io::Read,
};

use sct_id::{CompactId, ModuleHash, SerialNumber};
use serde::Deserialize;

/// Why a table of serial numbers is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SerialNumberError {
    /// The table is no CSV with the expected columns.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// A row that contradicts itself or another.
    #[error("line {line}: {what}")]
    Row {
        /// Line of the table, from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// Modules without a row.
    #[error("{missing} modules have no serial number (first {first})")]
    Incomplete {
        /// How many.
        missing: usize,
        /// Position of the first.
        first: String,
    },
}

/// Serial number of every module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialNumbers(Vec<SerialNumber>);

#[derive(Deserialize)]
struct Record {
    serial_number: String,
    module_compact_id: u32,
    bec: i8,
    layer_disk: usize,
    phi: usize,
    eta: i8,
}

impl SerialNumbers {
    /// A serial number for every module.
    pub fn from_fn(serial: impl FnMut(ModuleHash) -> SerialNumber) -> Self {
        Self(ModuleHash::all().map(serial).collect())
    }

    /// The serial number of a module.
    pub fn get(&self, module: ModuleHash) -> SerialNumber {
        self.0[module.index()]
    }

    /// The modules by serial number.
    pub fn modules(&self) -> HashMap<SerialNumber, ModuleHash> {
        self.0.iter().copied().zip(ModuleHash::all()).collect()
    }

    /// Reads CSV with the header `serial_number,module_compact_id,bec,layer_disk,phi,eta`.
    ///
    /// # Errors
    ///
    /// [`SerialNumberError`]: bad rows with their line, modules named twice or not at all, serial numbers used twice.
    pub fn from_csv(table: impl Read) -> Result<Self, SerialNumberError> {
        let mut found = vec![None; ModuleHash::COUNT];
        let mut used = HashSet::new();
        let mut reader = csv::Reader::from_reader(table);
        for (record, line) in reader.deserialize().zip(2..) {
            let record: Record = record?;
            let row = |what: String| SerialNumberError::Row { line, what };
            let serial: SerialNumber = record
                .serial_number
                .trim()
                .parse()
                .map_err(|error: sct_id::Error| row(error.to_string()))?;
            let module = CompactId::from_u32(record.module_compact_id)
                .map_err(|error| row(error.to_string()))?
                .module();
            let columns = (record.bec, record.layer_disk, record.phi, record.eta);
            if columns
                != (module.region().barrel_ec(), module.layer_disk(), module.phi(), module.eta())
            {
                return Err(row(format!(
                    "identifier {} is module {module}, the columns say otherwise",
                    record.module_compact_id
                )));
            }
            if found[module.hash().index()].replace(serial).is_some() || !used.insert(serial) {
                return Err(row(format!(
                    "module {module} or serial number {serial} comes a second time"
                )));
            }
        }
        let missing = || found.iter().zip(ModuleHash::all()).filter(|(serial, _)| serial.is_none());
        if let Some((_, first)) = missing().next() {
            let first = first.position().to_string();
            return Err(SerialNumberError::Incomplete { missing: missing().count(), first });
        }
        Ok(Self(found.into_iter().flatten().collect()))
    }

    /// The same table as CSV.
    pub fn to_csv(&self) -> String {
        let mut text = String::from("serial_number,module_compact_id,bec,layer_disk,phi,eta\n");
        for (module, serial) in ModuleHash::all().map(ModuleHash::position).zip(&self.0) {
            let (id, bec) = (module.id(), module.region().barrel_ec());
            let (layer, phi, eta) = (module.layer_disk(), module.phi(), module.eta());
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{serial},{id},{bec},{layer},{phi},{eta}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> SerialNumbers {
        let number = |module: ModuleHash| u32::try_from(module.index()).unwrap() + 170_000_000;
        SerialNumbers::from_fn(|module| SerialNumber::from_truncated(number(module)).unwrap())
    }

    fn error(table: &str) -> String {
        SerialNumbers::from_csv(table.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn tables_round_trip() {
        let table = numbers().to_csv();
        assert!(table.starts_with("serial_number,module_compact_id,bec,layer_disk,phi,eta\n20220170000000,134230016,-2,0,0,0\n"));
        assert_eq!(SerialNumbers::from_csv(table.as_bytes()).unwrap(), numbers());
    }

    #[test]
    fn numbers_and_channels_name_the_same_module() {
        let numbers = numbers();
        let modules = numbers.modules();
        for module in ModuleHash::all() {
            let serial = numbers.get(module);
            assert_eq!(modules[&serial], module);
            assert_eq!(SerialNumber::from_truncated(serial.truncated()).unwrap(), serial);
            let number = i64::try_from(serial.number()).unwrap();
            assert_eq!(SerialNumber::from_number(number).unwrap(), serial);
        }
        for number in [-1, 0, 2_022_017_000_001, i64::MAX] {
            assert!(SerialNumber::from_number(number).is_err());
        }
    }

    #[test]
    fn bad_rows_are_named_with_their_line() {
        let table = numbers().to_csv();
        assert!(
            error(&table.replacen("20220170000001", "2022017000000", 1))
                .starts_with("line 3: '2022017000000' is no serial")
        );
        assert!(
            error(&table.replacen("134230016,-2,0,0,0", "134230016,-2,0,0,1", 1))
                .starts_with("line 2: identifier 134230016")
        );
        assert!(
            error(&table.replacen("20220170000001", "20220170000000", 1))
                .ends_with("comes a second time")
        );
        let short = table.lines().take(4088).collect::<Vec<_>>().join("\n");
        assert_eq!(error(&short), "1 modules have no serial number (first 2.8.51.0)");
        assert!(error("a,b\n1,2\n").contains("serial_number"));
    }
}
