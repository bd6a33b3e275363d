//! Modules: a negative slave group switches one off.

use sct_id::ModuleHash;

use super::ConfigurationFolder;
use crate::{KnownBad, Source, Value};

pub(super) const COLUMNS: &str =
    "id:Int16,slavegroup:Int16,active:Int16,clockselect:Int16,chipstatus:Int16";
/// Place of the slave group.
const SLAVE_GROUP: usize = 1;

/// The columns of a module: number within its harness, 1 to 6, and whether it is read out.
pub fn module_row(id: i64, good: bool) -> Vec<Value> {
    let group = if good { 0 } else { -1 };
    [id, group, i64::from(good), 0, 0].map(Value::Int).to_vec()
}

pub(super) fn add_module(
    known: &mut KnownBad,
    folder: &ConfigurationFolder,
    item: &[Value],
    module: ModuleHash,
) -> Result<(), String> {
    if folder.number(item, SLAVE_GROUP)? < 0 {
        known.add_module(Source::Configuration, module);
    }
    Ok(())
}
