//! A cabling for simulated data.

use std::collections::BTreeMap;

use sct_id::{ModuleHash, ModulePosition, Region, SerialNumber, Side};

use crate::{
    Cabling, Fibre, MODIFIED_MODULES, OnlineId, ReadoutClass, RodId, UsableLinks,
    cool::{InUnit, in_unit},
};

/// Fibres of a unit: six modules of two sides.
const FIBRES_PER_UNIT: usize = 12;

/// First digits of the RODs: barrel A and C, end-caps A and C.
const PARTITIONS: [u32; 4] = [0x21, 0x22, 0x23, 0x24];

/// A place: `barrel_ec`, layer or disk, phi, eta.
type At = (i64, i64, i64, i64);

/// Modules whose links arrive on each other's fibre. Made up; the last one of each list is in both.
const CROSSED: [At; 8] = [
    (-2, 1, 7, 0),
    (-2, 6, 33, 1),
    (0, 0, 5, -3),
    (0, 1, 22, 2),
    (0, 2, 11, 6),
    (2, 3, 19, 2),
    (2, 8, 40, 0),
    (0, 3, 50, -1),
];

/// Modules with a dead link, and the side it belongs to. Made up; those with modified routing come on top.
const DEAD: [(At, Side); 7] = [
    ((-2, 0, 3, 1), Side::Zero),
    ((-2, 4, 44, 0), Side::One),
    ((0, 0, 30, 4), Side::One),
    ((0, 2, 25, -2), Side::Zero),
    ((2, 2, 8, 2), Side::One),
    ((2, 7, 51, 0), Side::Zero),
    ((0, 3, 50, -1), Side::One),
];

impl Cabling {
    /// A made-up cabling with the shape of the real one, always the same: all 8176 wafers on the 90 RODs of the detector,
    /// side 0 on even fibres, some links crossed and some dead.
    ///
    /// Half of the barrel is on each barrel partition and one end-cap on each of the others. Among the dead links are
    /// those of the modules with modified routing; to see their order of chips, give them the serial number that
    /// [`ModifiedModule::serial`](crate::ModifiedModule::serial) says.
    ///
    /// # Errors
    ///
    /// [`Error::SerialNumberTaken`](crate::Error::SerialNumberTaken) when two modules get the same serial number.
    pub fn simulated(
        mut serial: impl FnMut(ModuleHash) -> SerialNumber,
    ) -> Result<Self, crate::Error> {
        let mut cabling = Self::default();
        for partition in PARTITIONS {
            connect(partition, &mut cabling)?;
        }
        for module in ModuleHash::all() {
            cabling.set_serial_number(module, serial(module))?;
        }
        for (module, side) in dead_links() {
            cabling.set_usable_links(module, UsableLinks::Both.without(side));
        }
        for at in CROSSED {
            cabling.set_crossed(module_at(at), true);
        }
        Ok(cabling)
    }
}

const fn partition(module: ModulePosition) -> u32 {
    match (module.region(), module.eta()) {
        (Region::Barrel, 1..) => PARTITIONS[0],
        (Region::Barrel, _) => PARTITIONS[1],
        (Region::EndCapA, _) => PARTITIONS[2],
        (Region::EndCapC, _) => PARTITIONS[3],
    }
}

/// Spreads the units of a partition evenly over its RODs, in the order of their numbers.
fn connect(of: u32, cabling: &mut Cabling) -> Result<(), crate::Error> {
    let rods: Vec<RodId> = RodId::detector().filter(|rod| rod.to_u32() >> 16 == of).collect();
    let mut units = BTreeMap::<i64, Vec<(usize, ModuleHash)>>::new();
    for module in ModulePosition::all().filter(|&module| partition(module) == of) {
        let InUnit { mur, place, .. } = in_unit(module);
        let place = usize::try_from(place).expect("places count from 0");
        units.entry(mur).or_default().push((place, module.hash()));
    }
    let mut on_rod = vec![0; rods.len()];
    for (number, modules) in units.values().enumerate() {
        let rod = number * rods.len() / units.len();
        for &(place, module) in modules {
            for wafer in module.wafers() {
                let fibre = 2 * place + wafer.side().index();
                let fibre = Fibre::new(on_rod[rod] * FIBRES_PER_UNIT + fibre)?;
                cabling.insert(wafer, OnlineId::new(rods[rod], fibre))?;
            }
        }
        on_rod[rod] += 1;
    }
    Ok(())
}

/// Modules with a dead link and the side of it.
fn dead_links() -> impl Iterator<Item = (ModuleHash, Side)> {
    let modified = MODIFIED_MODULES.into_iter().filter_map(|modified| match modified.class() {
        ReadoutClass::ModifiedLink0 => Some((modified.module(), Side::One)),
        ReadoutClass::ModifiedLink1 => Some((modified.module(), Side::Zero)),
        ReadoutClass::Normal | ReadoutClass::ModifiedNormalOrder => None,
    });
    DEAD.into_iter().map(|(at, side)| (module_at(at), side)).chain(modified)
}

fn module_at((barrel_ec, layer_disk, phi, eta): At) -> ModuleHash {
    Region::from_barrel_ec(barrel_ec)
        .and_then(|region| ModulePosition::new(region, layer_disk, phi, eta))
        .expect("the lists hold modules")
        .hash()
}

#[cfg(test)]
mod tests {
    use sct_id::WaferHash;

    use super::*;

    fn simulated() -> Cabling {
        let serial = |module: ModuleHash| {
            let digits = 500_000_000 + u32::try_from(module.index()).unwrap();
            let modified = MODIFIED_MODULES.iter().find(|modified| modified.module() == module);
            modified.map_or_else(
                || SerialNumber::from_truncated(digits).unwrap(),
                |modified| modified.serial(),
            )
        };
        Cabling::simulated(serial).unwrap()
    }

    #[test]
    fn all_wafers_are_connected_both_ways() {
        let cabling = simulated();
        assert_eq!(cabling.len(), WaferHash::COUNT);
        for wafer in WaferHash::all() {
            let online = cabling.online_id(wafer).unwrap();
            assert_eq!(cabling.wafer(online), Some(wafer));
            assert_eq!(online.fibre().side(), wafer.side());
            assert_eq!(cabling.online_id(wafer.other_side()), Some(online.partner()));
        }
        let fibres = cabling.rods().iter().flat_map(|&rod| cabling.rod_wafers(rod)).flatten();
        assert_eq!(fibres.count(), WaferHash::COUNT);
    }

    #[test]
    fn the_rods_are_those_of_the_detector() {
        let cabling = simulated();
        assert_eq!(cabling.rods(), RodId::detector().collect::<Vec<_>>());
        let wafers = |rod| cabling.rod_wafers(rod).iter().flatten().count();
        for rod in RodId::detector() {
            let barrel = rod.to_u32() < 0x23_0000;
            assert!(if barrel { wafers(rod) == 96 } else { (60..=96).contains(&wafers(rod)) });
        }
    }

    #[test]
    fn some_links_are_crossed_and_some_dead() {
        let cabling = simulated();
        let count =
            |test: &dyn Fn(ModuleHash) -> bool| ModuleHash::all().filter(|&m| test(m)).count();
        assert_eq!(count(&|module| cabling.is_crossed(module)), CROSSED.len());
        assert_eq!(count(&|module| cabling.usable_links(module).only().is_some()), DEAD.len() + 9);
        assert_eq!(count(&|module| cabling.usable_links(module) == UsableLinks::Neither), 0);
        let both = module_at((0, 3, 50, -1));
        assert!(cabling.is_crossed(both) && cabling.usable_links(both) == UsableLinks::OnlyLink0);
    }

    #[test]
    fn modified_modules_use_their_chain() {
        let cabling = simulated();
        for modified in MODIFIED_MODULES {
            let expected = match modified.class() {
                ReadoutClass::ModifiedLink0 => Some((UsableLinks::OnlyLink0, 6)),
                ReadoutClass::ModifiedLink1 => Some((UsableLinks::OnlyLink1, 0)),
                _ => None,
            };
            let module = modified.module();
            let last = cabling.chain(module).map(|chain| chain[11].index());
            assert_eq!(last.map(|last| (cabling.usable_links(module), last)), expected);
        }
    }

    #[test]
    fn serial_numbers_must_differ() {
        let serial = SerialNumber::from_truncated(5).unwrap();
        let error = Cabling::simulated(|_| serial).unwrap_err();
        assert!(matches!(error, crate::Error::SerialNumberTaken { .. }));
    }
}
