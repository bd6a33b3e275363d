//! Configuration of the detector: which chips, strips, links and modules the run control has switched off.
//!
//! Columns are read by their place, as the original does: the names of most are not public. Source: section 12.1 of
//! `docs/formats/cool.md`; `SCT_ConfigurationCondAlg`.

mod cabling;
mod chip;
mod module;
mod mur;
mod readout;

use std::collections::HashMap;

use sct_id::{ModuleHash, ReadoutSwap, SerialNumber};

pub use self::{
    cabling::{
        GEOG_COLUMNS, MUR_COLUMNS, ROD_COLUMNS, ROD_MUR_COLUMNS, cabling_numbers, cabling_row,
    },
    chip::{ChipMask, chip_row},
    module::module_row,
    mur::mur_row,
};
use self::{chip::ChipColumns, module::add_module, mur::add_mur};
use crate::{
    Folder, FolderDescription, KnownBad, PayloadMode, SerialNumbers, Value, VectorRow, Versioning,
};

/// What a configuration folder describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigurationKind {
    /// Chips with all their settings.
    Chip,
    /// Chips with what is needed to know bad strips.
    ChipSlim,
    /// Modules.
    Module,
    /// Harnesses: up to six modules and the fibres of their links.
    Mur,
    /// Read-out drivers and their slots.
    Rod,
    /// Harnesses and their places on read-out drivers.
    RodMur,
    /// Which harness of its quadrant one of the end-caps is.
    Geog,
}

/// A configuration folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigurationFolder {
    /// Full path.
    pub path: &'static str,
    /// What it describes.
    pub kind: ConfigurationKind,
    /// Whether it is of the first run of the accelerator: two key columns come first, and channels are one more than the
    /// serial number.
    pub run1: bool,
}

/// Folders of chips; the first one found is read.
pub const CHIP_FOLDERS: [ConfigurationFolder; 3] = [
    folder("/SCT/DAQ/Config/Chip", ConfigurationKind::Chip, false),
    folder("/SCT/DAQ/Config/ChipSlim", ConfigurationKind::ChipSlim, false),
    folder("/SCT/DAQ/Configuration/Chip", ConfigurationKind::Chip, true),
];
/// Folders of modules; the first one found is read.
pub const MODULE_FOLDERS: [ConfigurationFolder; 2] = [
    folder("/SCT/DAQ/Config/Module", ConfigurationKind::Module, false),
    folder("/SCT/DAQ/Configuration/Module", ConfigurationKind::Module, true),
];
/// Folders of harnesses; the first one found is read.
pub const MUR_FOLDERS: [ConfigurationFolder; 2] = [
    folder("/SCT/DAQ/Config/MUR", ConfigurationKind::Mur, false),
    folder("/SCT/DAQ/Configuration/MUR", ConfigurationKind::Mur, true),
];
/// Folders of read-out drivers; the first one found is read.
pub const ROD_FOLDERS: [ConfigurationFolder; 2] = [
    folder("/SCT/DAQ/Config/ROD", ConfigurationKind::Rod, false),
    folder("/SCT/DAQ/Configuration/ROD", ConfigurationKind::Rod, true),
];
/// Folders of the places of harnesses on read-out drivers; the first one found is read.
pub const ROD_MUR_FOLDERS: [ConfigurationFolder; 2] = [
    folder("/SCT/DAQ/Config/RODMUR", ConfigurationKind::RodMur, false),
    folder("/SCT/DAQ/Configuration/RODMUR", ConfigurationKind::RodMur, true),
];
/// Folders of the places of harnesses in the end-caps; the first one found is read.
pub const GEOG_FOLDERS: [ConfigurationFolder; 2] = [
    folder("/SCT/DAQ/Config/Geog", ConfigurationKind::Geog, false),
    folder("/SCT/DAQ/Configuration/Geog", ConfigurationKind::Geog, true),
];

const fn folder(path: &'static str, kind: ConfigurationKind, run1: bool) -> ConfigurationFolder {
    ConfigurationFolder { path, kind, run1 }
}

/// A configuration row that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{folder} channel {channel}: {what}")]
pub struct ConfigurationError {
    /// The folder.
    pub folder: String,
    /// Its channel.
    pub channel: u32,
    /// What was found and expected.
    pub what: String,
}

impl ConfigurationFolder {
    /// As it is created: run-lumi, one version, vector payload.
    pub fn folder(&self) -> Folder {
        let payload = match self.kind {
            ConfigurationKind::Chip => chip::COLUMNS,
            ConfigurationKind::ChipSlim => chip::SLIM_COLUMNS,
            ConfigurationKind::Module => module::COLUMNS,
            ConfigurationKind::Mur => mur::COLUMNS,
            ConfigurationKind::Rod => cabling::ROD,
            ConfigurationKind::RodMur => cabling::ROD_MUR,
            ConfigurationKind::Geog => cabling::GEOG,
        };
        Folder {
            path: self.path.to_owned(),
            description: FolderDescription::RUN_LUMI_VECTOR.to_string(),
            versioning: Versioning::Single,
            payload_mode: PayloadMode::Vector,
            payload: payload.parse().expect("the specifications of this table are well formed"),
        }
    }

    /// The channel of a module in folders of chips and modules.
    pub fn channel(&self, serial: SerialNumber) -> u32 {
        serial.truncated() + u32::from(self.run1)
    }

    fn serial(&self, channel: u32) -> Option<SerialNumber> {
        SerialNumber::from_truncated(channel.checked_sub(u32::from(self.run1))?).ok()
    }

    /// Place of a column that is the `index`th of the folder's own.
    fn column(&self, index: usize) -> usize {
        index + if self.run1 { 2 } else { 0 }
    }

    /// A whole number of an item; a null is none.
    fn whole(&self, item: &[Value], index: usize) -> Result<Option<i64>, String> {
        match item.get(self.column(index)) {
            Some(Value::Int(number)) => Ok(Some(*number)),
            Some(Value::Null) => Ok(None),
            Some(other) => Err(format!("column {index} is {other:?}, expected a whole number")),
            None => Err(format!("there is no column {index}, found {} columns", item.len())),
        }
    }

    /// The same where a null means nothing.
    fn number(&self, item: &[Value], index: usize) -> Result<i64, String> {
        self.whole(item, index)?
            .ok_or_else(|| format!("column {index} is null, expected a whole number"))
    }
}

/// Turns rows of configuration folders into bad components. Rows of modules that are not in the table of serial numbers
/// are left out, as in the original.
#[derive(Debug)]
pub struct Configuration<'a> {
    modules: HashMap<SerialNumber, ModuleHash>,
    swap: &'a ReadoutSwap,
}

impl<'a> Configuration<'a> {
    /// For a detector with these serial numbers and this read-out direction.
    pub fn new(serials: &SerialNumbers, swap: &'a ReadoutSwap) -> Self {
        Self { modules: serials.modules(), swap }
    }

    /// Adds what the rows of a folder switch off. Harnesses go before chips: which chips are read out depends on the links.
    /// Gives the number of rows that name a module of the table. Where read-out drivers and harnesses are switches nothing
    /// off.
    ///
    /// # Errors
    ///
    /// [`ConfigurationError`] for rows that cannot be: columns missing or of another type, chips missing or twice.
    pub fn add(
        &self,
        known: &mut KnownBad,
        folder: &ConfigurationFolder,
        rows: &[VectorRow],
    ) -> Result<usize, ConfigurationError> {
        let mut named = 0;
        for row in rows {
            let (path, channel) = (folder.path.to_owned(), row.channel.0);
            let wrong = |what| ConfigurationError { folder: path, channel, what };
            named += usize::from(self.add_row(known, folder, row).map_err(wrong)?);
        }
        Ok(named)
    }

    /// Whether the row names a module.
    fn add_row(
        &self,
        known: &mut KnownBad,
        folder: &ConfigurationFolder,
        row: &VectorRow,
    ) -> Result<bool, String> {
        let serial = folder.serial(row.channel.0);
        let module = serial.and_then(|serial| self.modules.get(&serial).copied());
        match (folder.kind, module) {
            (ConfigurationKind::Mur, _) => {
                let mut named = false;
                for item in &row.items {
                    named |= add_mur(known, folder, item, &self.modules)?;
                }
                return Ok(named);
            }
            (ConfigurationKind::Module, Some(module)) => {
                row.items.iter().try_for_each(|item| add_module(known, folder, item, module))?;
            }
            (ConfigurationKind::Chip | ConfigurationKind::ChipSlim, Some(module)) => {
                ChipColumns::of(folder).add(known, &row.items, module, self.swap)?;
            }
            (ConfigurationKind::Rod | ConfigurationKind::RodMur | ConfigurationKind::Geog, _)
            | (_, None) => return Ok(false),
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
