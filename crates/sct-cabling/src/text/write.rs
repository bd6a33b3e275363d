//! From cabling to text.

use std::fmt::Write as _;

use sct_id::{ModulePosition, WaferHash};

use super::{DEAD, END, HEADINGS};
use crate::{Cabling, OnlineId};

/// A connected module without the serial number that every line needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("module {0} has no serial number")]
pub struct MissingSerialNumber(pub ModulePosition);

/// Writes a cabling in the order of RODs and fibres.
///
/// [`read`](super::read) gives the same connections back, and the same dead links where the other side is connected and
/// alive. Whether links are crossed is not part of the format.
///
/// # Errors
///
/// [`MissingSerialNumber`] when a connected module has none.
pub fn write(cabling: &Cabling) -> Result<String, MissingSerialNumber> {
    let mut text = String::from("<?xml version=\"1.0\"?>\n<SCT_textFile>\n");
    // Writing to a string cannot fail.
    let _ = writeln!(text, "<textList name=\"SCT Rod-Rob mapping\" headings=\"RodId RobId\">");
    for rod in cabling.rods() {
        let _ = writeln!(text, "{rod} {rod}");
    }
    let _ = writeln!(text, "{END}");
    let _ = writeln!(text, "<textList name=\"SCT cabling mapping\" headings=\"{HEADINGS}\">");
    for (index, &rod) in cabling.rods().iter().enumerate() {
        for wafer in cabling.rod_wafers(rod).iter().flatten() {
            let line = wafer_line(cabling, *wafer)?;
            let _ = writeln!(text, "{index} {line}");
        }
    }
    let _ = writeln!(text, "{END}\n</SCT_textFile>");
    Ok(text)
}

/// The columns after the first.
fn wafer_line(cabling: &Cabling, wafer: WaferHash) -> Result<String, MissingSerialNumber> {
    let online = cabling.online_id(wafer).expect("the wafer was found on a ROD");
    let module = wafer.module().position();
    let serial = cabling.serial_number(wafer.module()).ok_or(MissingSerialNumber(module))?;
    let fibre = if is_dead(cabling, wafer, online) { DEAD } else { online.fibre().index() as u64 };
    let (barrel_ec, layer) = (module.region().barrel_ec(), module.layer_disk());
    let (eta, phi, side, rod) = (module.eta(), module.phi(), wafer.side(), online.rod());
    Ok(format!("{fibre} {barrel_ec} {layer} {eta} {phi} {side} {rod} {serial}"))
}

/// Whether the wafer's link is dead and its fibre follows from the other side, so that it need not be written.
fn is_dead(cabling: &Cabling, wafer: WaferHash, online: OnlineId) -> bool {
    let links = cabling.usable_links(wafer.module());
    let follows = cabling.online_id(wafer.other_side()).map(OnlineId::partner);
    links.only() == Some(wafer.side().other()) && follows == Some(online)
}
