//! Harnesses: a link without a fibre is switched off.

use std::collections::HashMap;

use sct_id::{ModuleHash, SerialNumber, Side};

use super::ConfigurationFolder;
use crate::{KnownBad, Source, Value};

pub(super) const COLUMNS: &str = "MUR:Int32,module:UChar,moduleID:Int64,rmoduleID:Int64,\
                                  rx0Fibre:UChar,rx1Fibre:UChar,txFibre:UChar";
/// Places of the columns that are read.
const MODULE_ID: usize = 2;
const FIBRES: [usize; 2] = [4, 5];
/// Number of a fibre that is not there.
const NO_FIBRE: u8 = 255;

/// The columns of a module on a harness: the harness, the module's place on it from 1, its serial number, and whether the
/// links of side 0 and 1 have a fibre.
pub fn mur_row(mur: u32, place: u8, serial: SerialNumber, links: [bool; 2]) -> Vec<Value> {
    let serial = Value::Int(i64::try_from(serial.number()).unwrap_or(i64::MAX));
    let whole = |number: u8| Value::Int(i64::from(number));
    let [rx0, rx1] = [0, 1].map(|link| {
        let fibre = 2 * place.saturating_sub(1) + link;
        whole(if links[usize::from(link)] { fibre } else { NO_FIBRE })
    });
    let transmitter = whole(place.saturating_sub(1));
    vec![Value::Int(i64::from(mur)), whole(place), serial.clone(), serial, rx0, rx1, transmitter]
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
        if folder.number(item, column)? == i64::from(NO_FIBRE) {
            known.add_link(Source::Configuration, module.wafer(side));
        }
    }
    Ok(true)
}
