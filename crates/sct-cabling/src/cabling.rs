//! The cabling in memory.

use std::{collections::BTreeMap, fmt};

use sct_id::{ModuleHash, SerialNumber, WaferHash};

use crate::{Chain, Error, Fibre, Numbering, OnlineId, ReadoutClass, RodId, UsableLinks};

/// What hangs on the fibres of one ROD.
pub type RodWafers = [Option<WaferHash>; Fibre::COUNT];

/// Which wafer hangs on which fibre, and which module is which.
///
/// Flat arrays in both directions: a look-up is one load. Entries are put in one by one; the first one of a fibre or of
/// a wafer stays and later ones are refused, so that both directions always agree.
#[derive(Clone, PartialEq, Eq)]
pub struct Cabling {
    /// By ROD index, then fibre.
    wafers: Box<[RodWafers]>,
    /// By wafer.
    online_ids: Box<[Option<OnlineId>]>,
    /// By module.
    modules: Box<[Module]>,
    by_serial: BTreeMap<SerialNumber, ModuleHash>,
    /// Sorted.
    rods: Vec<RodId>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Module {
    serial: Option<SerialNumber>,
    links: UsableLinks,
    crossed: bool,
}

impl Default for Cabling {
    /// Nothing is connected.
    fn default() -> Self {
        Self {
            wafers: vec![[None; Fibre::COUNT]; RodId::COUNT].into(),
            online_ids: vec![None; WaferHash::COUNT].into(),
            modules: vec![Module::default(); ModuleHash::COUNT].into(),
            by_serial: BTreeMap::new(),
            rods: Vec::new(),
        }
    }
}

impl Cabling {
    /// Connects a wafer with a fibre.
    ///
    /// # Errors
    ///
    /// [`Error::OnlineIdTaken`] and [`Error::WaferTaken`] when one of the two is connected already, also when it is to
    /// each other; [`Error::OtherNumbering`] when the ROD is numbered otherwise than those before. Nothing changes then.
    pub fn insert(&mut self, wafer: WaferHash, online: OnlineId) -> Result<(), Error> {
        if let Some(first) = self.wafer(online) {
            return Err(Error::OnlineIdTaken { online, first, refused: wafer });
        }
        if let Some(first) = self.online_id(wafer) {
            return Err(Error::WaferTaken { wafer, first, refused: online });
        }
        let rod = online.rod();
        if rod.numbering().zip(self.numbering()).is_some_and(|(new, known)| new != known) {
            return Err(Error::OtherNumbering { rod, refused: wafer });
        }
        self.wafers[rod.index()][online.fibre().index()] = Some(wafer);
        self.online_ids[wafer.index()] = Some(online);
        if let Err(place) = self.rods.binary_search(&rod) {
            self.rods.insert(place, rod);
        }
        Ok(())
    }

    /// Gives a module its serial number; giving the same one again is no error, as both wafers of a module bring it.
    ///
    /// # Errors
    ///
    /// [`Error::SerialNumberDiffers`] and [`Error::SerialNumberTaken`] for a second serial number of a module or a second
    /// module of a serial number; nothing changes then.
    pub fn set_serial_number(
        &mut self,
        module: ModuleHash,
        serial: SerialNumber,
    ) -> Result<(), Error> {
        if let Some(first) = self.serial_number(module).filter(|&first| first != serial) {
            return Err(Error::SerialNumberDiffers { module, first, refused: serial });
        }
        if let Some(first) = self.module(serial).filter(|&first| first != module) {
            return Err(Error::SerialNumberTaken { serial, first, refused: module });
        }
        self.modules[module.index()].serial = Some(serial);
        self.by_serial.insert(serial, module);
        Ok(())
    }

    /// States which links of a module work; both do until this is called.
    pub fn set_usable_links(&mut self, module: ModuleHash, links: UsableLinks) {
        self.modules[module.index()].links = links;
    }

    /// States whether the links of a module arrive on each other's fibre; none does until this is called.
    pub fn set_crossed(&mut self, module: ModuleHash, crossed: bool) {
        self.modules[module.index()].crossed = crossed;
    }

    /// The wafer on a fibre.
    pub fn wafer(&self, online: OnlineId) -> Option<WaferHash> {
        self.rod_wafers(online.rod())[online.fibre().index()]
    }

    /// The wafers on all fibres of a ROD.
    pub fn rod_wafers(&self, rod: RodId) -> &RodWafers {
        &self.wafers[rod.index()]
    }

    /// The fibre of a wafer.
    pub fn online_id(&self, wafer: WaferHash) -> Option<OnlineId> {
        self.online_ids[wafer.index()]
    }

    /// The RODs with at least one wafer, ascending.
    pub fn rods(&self) -> &[RodId] {
        &self.rods
    }

    /// How the RODs are numbered; none as long as all exist in both numberings.
    pub fn numbering(&self) -> Option<Numbering> {
        self.rods.iter().find_map(|rod| rod.numbering())
    }

    /// All connections, by wafer.
    pub fn iter(&self) -> impl Iterator<Item = (WaferHash, OnlineId)> {
        let fibres = WaferHash::all().zip(&self.online_ids);
        fibres.filter_map(|(wafer, online)| online.map(|online| (wafer, online)))
    }

    /// How many wafers are connected, 8176 when complete.
    pub fn len(&self) -> usize {
        self.online_ids.iter().flatten().count()
    }

    /// Whether no wafer is connected.
    pub fn is_empty(&self) -> bool {
        self.rods.is_empty()
    }

    /// The serial number of a module.
    pub fn serial_number(&self, module: ModuleHash) -> Option<SerialNumber> {
        self.modules[module.index()].serial
    }

    /// The module with a serial number.
    pub fn module(&self, serial: SerialNumber) -> Option<ModuleHash> {
        self.by_serial.get(&serial).copied()
    }

    /// Which links of a module work.
    pub fn usable_links(&self, module: ModuleHash) -> UsableLinks {
        self.modules[module.index()].links
    }

    /// Whether the links of a module arrive on each other's fibre. [`Self::wafer`] then still puts side 0 on the even
    /// fibre: the side bit of each hit sorts the data out.
    pub fn is_crossed(&self, module: ModuleHash) -> bool {
        self.modules[module.index()].crossed
    }

    /// The fibre over which the hits of a wafer really arrive: that of its own link or, when that is dead, of the other
    /// one, each taken across where the links are crossed. None when no link works.
    pub fn data_fibre(&self, wafer: WaferHash) -> Option<OnlineId> {
        let Module { links, crossed, .. } = self.modules[wafer.module().index()];
        let own = [wafer, wafer.other_side()].into_iter().find(|w| links.is_usable(w.side()))?;
        self.online_id(if crossed { own.other_side() } else { own })
    }

    /// How a module passes its data from chip to chip; [`ReadoutClass::Normal`] without a serial number.
    pub fn readout_class(&self, module: ModuleHash) -> ReadoutClass {
        self.serial_number(module).map_or(ReadoutClass::Normal, ReadoutClass::of)
    }

    /// The order in which one link reads all chips of a module; none when each side has its own link, or no link works.
    pub fn chain(&self, module: ModuleHash) -> Option<Chain> {
        self.readout_class(module).chain(self.usable_links(module))
    }
}

impl fmt::Debug for Cabling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cabling({} wafers on {} RODs)", self.len(), self.rods.len())
    }
}

#[cfg(test)]
mod tests {
    use sct_id::Side;

    use super::*;

    fn wafer(hash: usize) -> WaferHash {
        WaferHash::new(hash).unwrap()
    }

    fn online(id: u32) -> OnlineId {
        OnlineId::from_u32(id).unwrap()
    }

    fn serial(digits: u32) -> SerialNumber {
        SerialNumber::from_truncated(digits).unwrap()
    }

    #[test]
    fn both_directions_agree() {
        let mut cabling = Cabling::default();
        cabling.insert(wafer(17), online(0x0324_0001)).unwrap();
        cabling.insert(wafer(16), online(0x0221_0001)).unwrap();
        assert_eq!(cabling.wafer(online(0x0324_0001)), Some(wafer(17)));
        assert_eq!(cabling.online_id(wafer(17)), Some(online(0x0324_0001)));
        assert_eq!(cabling.rod_wafers(online(0x0324_0001).rod())[3], Some(wafer(17)));
        assert_eq!(cabling.wafer(online(0x0224_0001)), None);
        let rods: Vec<u32> = cabling.rods().iter().map(|rod| rod.to_u32()).collect();
        assert_eq!(rods, [0x21_0001, 0x24_0001]);
        assert_eq!(cabling.iter().map(|(wafer, _)| wafer.index()).collect::<Vec<_>>(), [16, 17]);
        assert_eq!((cabling.len(), cabling.is_empty()), (2, false));
    }

    #[test]
    fn the_first_entry_stays() {
        let mut cabling = Cabling::default();
        cabling.insert(wafer(16), online(0x0221_0001)).unwrap();
        let before = cabling.clone();
        for (hash, id) in [(16, 0x0221_0001), (16, 0x0421_0001), (18, 0x0221_0001)] {
            assert!(cabling.insert(wafer(hash), online(id)).is_err(), "{hash} {id:#x}");
        }
        assert_eq!(cabling, before);
    }

    #[test]
    fn numberings_do_not_mix() {
        let mut cabling = Cabling::default();
        cabling.insert(wafer(0), online(0x0022_0001)).unwrap();
        assert_eq!(cabling.numbering(), None);
        cabling.insert(wafer(2), online(0x0022_0010)).unwrap();
        assert_eq!(cabling.numbering(), Some(Numbering::OldSimulation));
        let refused = cabling.insert(wafer(4), online(0x0022_0105));
        assert!(matches!(refused, Err(Error::OtherNumbering { .. })));
        assert_eq!((cabling.len(), cabling.online_id(wafer(4))), (2, None));
    }

    #[test]
    fn a_serial_number_has_one_module() {
        let mut cabling = Cabling::default();
        let [first, second] = [0, 1].map(|hash| ModuleHash::new(hash).unwrap());
        cabling.set_serial_number(first, serial(5)).unwrap();
        cabling.set_serial_number(first, serial(5)).unwrap();
        assert!(matches!(
            cabling.set_serial_number(first, serial(6)),
            Err(Error::SerialNumberDiffers { .. })
        ));
        assert!(matches!(
            cabling.set_serial_number(second, serial(5)),
            Err(Error::SerialNumberTaken { .. })
        ));
        assert_eq!((cabling.module(serial(5)), cabling.serial_number(second)), (Some(first), None));
        assert_eq!(cabling.module(serial(6)), None);
    }

    #[test]
    fn data_take_the_link_that_works() {
        let mut cabling = Cabling::default();
        let fibres = [online(0x0221_0001), online(0x0321_0001)];
        let module = ModuleHash::new(8).unwrap();
        for (wafer, fibre) in module.wafers().into_iter().zip(fibres) {
            cabling.insert(wafer, fibre).unwrap();
        }
        for (links, crossed, expected) in [
            (UsableLinks::Both, false, [Some(0), Some(1)]),
            (UsableLinks::Both, true, [Some(1), Some(0)]),
            (UsableLinks::OnlyLink0, false, [Some(0), Some(0)]),
            (UsableLinks::OnlyLink0, true, [Some(1), Some(1)]),
            (UsableLinks::OnlyLink1, false, [Some(1), Some(1)]),
            (UsableLinks::Neither, false, [None, None]),
        ] {
            cabling.set_usable_links(module, links);
            cabling.set_crossed(module, crossed);
            let found = Side::ALL.map(|side| cabling.data_fibre(module.wafer(side)));
            assert_eq!(found, expected.map(|place: Option<usize>| place.map(|i| fibres[i])));
        }
    }

    #[test]
    fn modified_modules_are_known_by_their_serial_number() {
        let mut cabling = Cabling::default();
        let module = ModuleHash::new(2331).unwrap();
        cabling.set_usable_links(module, UsableLinks::OnlyLink0);
        assert_eq!(cabling.chain(module).unwrap()[11].index(), 11);
        cabling.set_serial_number(module, serial(170_200_183)).unwrap();
        assert_eq!(cabling.readout_class(module), ReadoutClass::ModifiedLink0);
        assert_eq!(cabling.chain(module).unwrap()[11].index(), 6);
    }
}
