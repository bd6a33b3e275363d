//! The cabling through its two outside forms and back, and both forms damaged.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod cool;
mod text;

use proptest::prelude::*;
use sct_cabling::{Cabling, Fibre, MODIFIED_MODULES, Numbering, OnlineId, RodId, UsableLinks};
use sct_id::{ModuleHash, SerialNumber, Side, WaferHash};

fn serial(module: ModuleHash) -> SerialNumber {
    let digits = 500_000_000 + u32::try_from(module.index()).unwrap();
    let modified = MODIFIED_MODULES.iter().find(|modified| modified.module() == module);
    modified.map_or_else(|| SerialNumber::from_truncated(digits).unwrap(), |m| m.serial())
}

fn simulated() -> Cabling {
    Cabling::simulated(serial).unwrap()
}

/// Both directions say the same, and the list of RODs is theirs.
fn assert_consistent(cabling: &Cabling) {
    for wafer in WaferHash::all() {
        if let Some(online) = cabling.online_id(wafer) {
            assert_eq!(cabling.wafer(online), Some(wafer));
        }
    }
    let mut on_rods = 0;
    for &rod in cabling.rods() {
        let wafers = cabling.rod_wafers(rod);
        for (fibre, wafer) in Fibre::all().zip(wafers) {
            if let Some(wafer) = wafer {
                assert_eq!(cabling.online_id(*wafer), Some(OnlineId::new(rod, fibre)));
                on_rods += 1;
            }
        }
        assert!(wafers.iter().any(Option::is_some));
    }
    assert_eq!((on_rods, cabling.iter().count()), (cabling.len(), cabling.len()));
    assert!(cabling.rods().is_sorted_by(|a, b| a < b));
}

/// The same without what the text does not hold.
fn uncrossed(mut cabling: Cabling) -> Cabling {
    ModuleHash::all().for_each(|module| cabling.set_crossed(module, false));
    cabling
}

/// The RODs of one numbering.
fn rods(without: Numbering) -> Vec<RodId> {
    let all = (0x21_0000..0x25_0000).filter_map(|id| RodId::new(id).ok());
    all.filter(|rod| rod.numbering() != Some(without)).collect()
}

/// Modules on any free pair of fibres, some exchanged, some with a dead link, in either numbering.
fn any_cabling() -> impl Strategy<Value = Cabling> {
    let module = (0..ModuleHash::COUNT, 0..128_usize, 0..48_usize, any::<bool>(), 0..3_usize);
    let modules = prop::collection::vec(module, 0..60);
    let without = prop_oneof![Just(Numbering::Detector), Just(Numbering::OldSimulation)];
    (modules, without).prop_map(|(modules, without)| {
        let rods = rods(without);
        let mut cabling = Cabling::default();
        for (module, rod, pair, exchanged, dead) in modules {
            let module = ModuleHash::new(module).unwrap();
            let even = OnlineId::new(rods[rod], Fibre::new(2 * pair).unwrap());
            let first = if exchanged { even.partner() } else { even };
            if cabling.insert(module.wafer(Side::Zero), first).is_ok() {
                cabling.insert(module.wafer(Side::One), first.partner()).unwrap();
                cabling.set_serial_number(module, serial(module)).unwrap();
                let links = [UsableLinks::Both, UsableLinks::OnlyLink0, UsableLinks::OnlyLink1];
                cabling.set_usable_links(module, links[dead]);
            }
        }
        cabling
    })
}

/// What can happen to an element of a list: its place, and what is done there.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Remove,
    Repeat,
    Swap(usize),
}

fn damages() -> impl Strategy<Value = Vec<(usize, Damage)>> {
    let kind = prop_oneof![
        Just(Damage::Remove),
        Just(Damage::Repeat),
        any::<usize>().prop_map(Damage::Swap)
    ];
    prop::collection::vec((any::<usize>(), kind), 0..8)
}

fn damage<T: Clone>(list: &mut Vec<T>, damages: &[(usize, Damage)]) {
    for &(place, kind) in damages {
        if list.is_empty() {
            return;
        }
        let length = list.len();
        let place = place % length;
        match kind {
            Damage::Remove => drop(list.remove(place)),
            Damage::Repeat => list.insert(place, list[place].clone()),
            Damage::Swap(other) => list.swap(place, other % length),
        }
    }
}
