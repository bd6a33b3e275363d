//! From cabling to folder rows.

use std::collections::BTreeMap;

use sct_id::{ModuleHash, ModulePosition, Side};

use super::{
    FIBRES_PER_UNIT, GeogRow, MurRow, RodMurRow, RodRow, Rows, UNITS_PER_ROD,
    links::{DEAD, DEFAULT, Links},
    unit::{InUnit, in_unit},
};
use crate::{Cabling, Numbering, OnlineId, RodId};

/// Slots of a crate that hold RODs; slot 13 holds the timing module.
const SLOTS: [i64; 16] = [5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21];

/// Why the folders cannot hold a cabling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Inexpressible {
    /// The folders have the detector's numbering only.
    #[error("ROD {0} is of the old simulation's numbering, which the folders do not have")]
    Numbering(RodId),
    /// A connected module without serial number.
    #[error("module {0} has no serial number")]
    SerialNumber(ModulePosition),
    /// One side is connected and the other is not.
    #[error("module {0} is connected with one side only")]
    OneSide(ModulePosition),
    /// A unit, and with it each of its modules, is on one ROD.
    #[error("module {0} is not on the ROD of the other wafers of its unit")]
    OtherRod(ModulePosition),
    /// Side 0 is not on an even or side 1 not on an odd fibre, or the fibre of a dead link is not beside the other.
    #[error("module {0} has fibres or dead links that the folders cannot hold")]
    Fibres(ModulePosition),
}

/// Writes a cabling as rows; [`read`](super::read()) gives the same back.
///
/// Crates and slots are made up: a crate for each `0x2SCC` of the RODs, slots in the order of their last digit. Modules
/// without fibres get no row. Rows are in the order of RODs, units and modules.
///
/// # Errors
///
/// [`Inexpressible`] names the first ROD or module that breaks a rule of the folders.
pub fn write(cabling: &Cabling) -> Result<Rows, Inexpressible> {
    let mut rows = Rows::default();
    for &rod in cabling.rods() {
        if rod.numbering() == Some(Numbering::OldSimulation) {
            return Err(Inexpressible::Numbering(rod));
        }
        let (crate_number, slot) = slot(rod);
        rows.rods.push(RodRow { rob: i64::from(rod.to_u32()), crate_number, slot });
    }
    for modules in units(cabling)?.values() {
        write_unit(modules, &mut rows)?;
    }
    Ok(rows)
}

/// Crate and slot of a ROD.
fn slot(rod: RodId) -> (i64, i64) {
    let in_crate = rod.index() % SLOTS.len();
    let crates = i64::try_from(rod.index() / SLOTS.len()).expect("twelve at most");
    (crates, SLOTS[in_crate])
}

/// A connected module.
struct Module {
    position: ModulePosition,
    place: InUnit,
    serial: i64,
    rod: RodId,
    links: Links,
}

/// Modules by ROD, first fibre and number of their unit, which is the order of the rows.
fn units(cabling: &Cabling) -> Result<BTreeMap<(OnlineId, i64), Vec<Module>>, Inexpressible> {
    let mut by_number = BTreeMap::<i64, Vec<Module>>::new();
    for module in ModuleHash::all() {
        if let Some(module) = connected(cabling, module)? {
            by_number.entry(module.place.mur).or_default().push(module);
        }
    }
    let key = |mur: i64, modules: &[Module]| {
        let first = modules.iter().map(|module| (module.rod, module.links.fibres[0])).min();
        let (rod, fibre) = first.expect("a unit is made with its first module");
        (OnlineId::new(rod, fibre), mur)
    };
    let sorted = by_number.into_iter().map(|(mur, modules)| (key(mur, &modules), modules));
    Ok(sorted.collect())
}

fn connected(cabling: &Cabling, module: ModuleHash) -> Result<Option<Module>, Inexpressible> {
    let position = module.position();
    let [zero, one] = match module.wafers().map(|wafer| cabling.online_id(wafer)) {
        [None, None] => return Ok(None),
        [Some(zero), Some(one)] => [zero, one],
        _ => return Err(Inexpressible::OneSide(position)),
    };
    if zero.rod() != one.rod() {
        return Err(Inexpressible::OtherRod(position));
    }
    let serial = cabling.serial_number(module).ok_or(Inexpressible::SerialNumber(position))?;
    let links = Links {
        fibres: [zero.fibre(), one.fibre()],
        usable: cabling.usable_links(module),
        crossed: cabling.is_crossed(module),
    };
    let serial = i64::try_from(serial.number()).expect("14 digits");
    Ok(Some(Module { position, place: in_unit(position), serial, rod: zero.rod(), links }))
}

fn write_unit(modules: &[Module], rows: &mut Rows) -> Result<(), Inexpressible> {
    let first = &modules[0];
    let mur = first.place.mur;
    let unit = position_on_rod(modules);
    let (crate_number, slot) = slot(first.rod);
    rows.rod_murs.push(RodMurRow { mur, crate_number, slot, position: unit });
    rows.geography.extend(first.place.position.map(|position| GeogRow { mur, position }));
    let mut sorted: Vec<&Module> = modules.iter().collect();
    sorted.sort_by_key(|module| module.place);
    for module in sorted {
        if module.rod != first.rod {
            return Err(Inexpressible::OtherRod(module.position));
        }
        let usual = unit * FIBRES_PER_UNIT + 2 * module.place.place;
        let [rx0_fibre, rx1_fibre] = columns(module, usual)?;
        let (number, module_id) = (Some(module.place.place + 1), Some(module.serial));
        rows.murs.push(MurRow { mur, module: number, module_id, rx0_fibre, rx1_fibre });
    }
    Ok(())
}

/// The place on the ROD for which most modules have their usual fibres; the first of equals.
fn position_on_rod(modules: &[Module]) -> i64 {
    let usual = |unit: i64| {
        let fits = |module: &&Module| {
            let usual = unit * FIBRES_PER_UNIT + 2 * module.place.place;
            i64::try_from(module.links.fibres[0].index()) == Ok(usual)
        };
        modules.iter().filter(fits).count()
    };
    (0..UNITS_PER_ROD).rev().max_by_key(|&unit| usual(unit)).expect("a ROD has units")
}

/// `rx0Fibre` and `rx1Fibre`, checked to lead back to the same.
fn columns(module: &Module, usual: i64) -> Result<[i64; 2], Inexpressible> {
    let Links { fibres, usable, crossed } = module.links;
    let [even, odd] = fibres.map(|fibre| i64::try_from(fibre.index()).expect("below 96"));
    let mut columns = if crossed { [odd, even] } else { [even, odd] };
    for side in Side::ALL {
        if !usable.is_usable(side) {
            columns[side.index()] = DEAD;
        }
    }
    if columns == [usual, usual + 1] {
        columns = [DEFAULT, DEFAULT];
    }
    let leads_back = Links::resolve(columns, usual) == Ok(module.links);
    leads_back.then_some(columns).ok_or(Inexpressible::Fibres(module.position))
}
