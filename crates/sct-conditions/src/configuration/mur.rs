//! Harnesses: a link without a fibre is switched off.

use std::collections::HashMap;

use sct_id::{ModuleHash, SerialNumber, Side};

use super::ConfigurationFolder;
use crate::{KnownBad, Source, Value};

pub(super) const COLUMNS: &str = "MUR:UInt32,module:UChar,moduleID:Int64,rmoduleID:Int64,\
                                  rx0Fibre:UChar,rx1Fibre:UChar,txFibre:UChar";
/// Places of the columns that are read.
const MODULE_ID: usize = 2;
const FIBRES: [usize; 2] = [4, 5];
/// Number of a fibre that is not there.
const NO_FIBRE: i64 = 255;

/// The columns of a module on a harness: number of the harness, the module's place on it from 1, its serial number, and the
/// fibres of link 0 and 1, of which 128 is the usual one and 255 none. A place without a module has no serial number.
pub fn mur_row(
    mur: i64,
    module: Option<i64>,
    module_id: Option<i64>,
    fibres: [i64; 2],
) -> Vec<Value> {
    let or_null = |number: Option<i64>| number.map_or(Value::Null, Value::Int);
    let [rx0, rx1] = fibres.map(Value::Int);
    let transmitter = or_null(module.map(|module| module.saturating_sub(1)));
    let [module, serial] = [module, module_id].map(or_null);
    vec![Value::Int(mur), module, serial.clone(), serial, rx0, rx1, transmitter]
}

/// Places without a module, and numbers that are no serial number, are left out as in the original. Whether there is a
/// module.
pub(super) fn add_mur(
    known: &mut KnownBad,
    folder: &ConfigurationFolder,
    item: &[Value],
    modules: &HashMap<SerialNumber, ModuleHash>,
) -> Result<bool, String> {
    let serial = folder.whole(item, MODULE_ID)?.and_then(|id| SerialNumber::from_number(id).ok());
    let Some(&module) = serial.as_ref().and_then(|serial| modules.get(serial)) else {
        return Ok(false);
    };
    for (side, column) in Side::ALL.into_iter().zip(FIBRES) {
        if folder.number(item, column)? == NO_FIBRE {
            known.add_link(Source::Configuration, module.wafer(side));
        }
    }
    Ok(true)
}
