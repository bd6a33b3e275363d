//! From folder rows to cabling.

use std::collections::{BTreeMap, BTreeSet};

use sct_id::{ModuleHash, SerialNumber};

use super::{
    FIBRES_PER_UNIT, FolderName, MurRow, NO_UNIT, Problem, RodMurRow, RodRow, Rows,
    SLOTS_PER_CRATE, UNITS_PER_ROD, Warning,
    links::Links,
    unit::{self, is_end_cap},
};
use crate::{Cabling, Numbering, OnlineId, RodId, UsableLinks};

/// A cabling and what was wrong with the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The cabling.
    pub cabling: Cabling,
    /// Rows that were not taken over, or not fully. Rows that are empty on purpose (unit 9999, no module or serial number)
    /// are not among them.
    pub warnings: Vec<Warning>,
}

/// Puts the four folders together.
///
/// Bad rows are no error: they are left out and named in [`Read::warnings`].
pub fn read(rows: &Rows) -> Read {
    let mut reader = Reader::default();
    reader.rods(&rows.rods);
    reader.units(&rows.rod_murs);
    reader.harnesses(rows);
    reader.modules(&rows.murs);
    reader.unused_rods();
    reader.read
}

/// Where the fibres of a unit begin.
#[derive(Clone, Copy)]
struct Base {
    rod: RodId,
    fibre: i64,
}

struct Reader {
    read: Read,
    /// RODs by crate and slot, with their row.
    rods: BTreeMap<(i64, i64), (RodId, usize)>,
    units: BTreeMap<i64, Base>,
    harnesses: BTreeMap<i64, i64>,
}

impl Default for Reader {
    fn default() -> Self {
        let read = Read { cabling: Cabling::default(), warnings: Vec::new() };
        let (rods, units, harnesses) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { read, rods, units, harnesses }
    }
}

impl Reader {
    fn note(&mut self, folder: FolderName, row: usize, result: Result<(), impl Into<Problem>>) {
        if let Err(problem) = result {
            self.read.warnings.push(Warning { folder, row, problem: problem.into() });
        }
    }

    fn rods(&mut self, rows: &[RodRow]) {
        // Slots are numbered differently from upload to upload; what counts is their order. A crate has sixteen.
        let slots: BTreeSet<i64> = rows.iter().map(|row| row.slot).collect();
        let slots: BTreeSet<i64> = slots.into_iter().take(SLOTS_PER_CRATE).collect();
        let mut seen = BTreeSet::new();
        for (number, row) in rows.iter().enumerate() {
            let added = self.rod(row, number, &slots, &mut seen);
            self.note(FolderName::Rod, number, added);
        }
    }

    fn rod(
        &mut self,
        row: &RodRow,
        number: usize,
        slots: &BTreeSet<i64>,
        seen: &mut BTreeSet<RodId>,
    ) -> Result<(), Problem> {
        let &RodRow { rob, crate_number, slot } = row;
        let rod = u32::try_from(rob).ok().and_then(|rob| RodId::new(rob).ok());
        let rod = rod
            .filter(|rod| rod.numbering() != Some(Numbering::OldSimulation))
            .ok_or(Problem::Rob(rob))?;
        if !slots.contains(&slot) {
            return Err(Problem::TooManySlots(slot));
        }
        if let Some(&(first, _)) = self.rods.get(&(crate_number, slot)) {
            return Err(Problem::SlotTaken { crate_number, slot, first, refused: rod });
        }
        self.rods.insert((crate_number, slot), (rod, number));
        if seen.insert(rod) { Ok(()) } else { Err(Problem::RodTwice(rod)) }
    }

    fn units(&mut self, rows: &[RodMurRow]) {
        for (number, row) in rows.iter().enumerate() {
            let added = self.unit(row);
            self.note(FolderName::RodMur, number, added);
        }
    }

    fn unit(&mut self, row: &RodMurRow) -> Result<(), Problem> {
        let &RodMurRow { mur, crate_number, slot, position } = row;
        if !(0..UNITS_PER_ROD).contains(&position) {
            return Err(Problem::RodPosition(position));
        }
        let rod = self.rods.get(&(crate_number, slot));
        let &(rod, _) = rod.ok_or(Problem::EmptySlot { crate_number, slot })?;
        if self.units.contains_key(&mur) {
            return Err(Problem::UnitTwice(mur));
        }
        self.units.insert(mur, Base { rod, fibre: position * FIBRES_PER_UNIT });
        Ok(())
    }

    /// Barrel units say all in their number. Of two rows of a unit the last one counts, as in the original.
    fn harnesses(&mut self, rows: &Rows) {
        let end_caps = rows.geography.iter().filter(|row| is_end_cap(row.mur));
        self.harnesses = end_caps.map(|row| (row.mur, row.position)).collect();
    }

    fn modules(&mut self, rows: &[MurRow]) {
        let mut before = None;
        for (number, row) in rows.iter().enumerate() {
            let (Some(module), Some(serial)) = (row.module, row.module_id) else { continue };
            if row.mur == NO_UNIT {
                continue;
            }
            let added = if before.replace(serial) == Some(serial) {
                Err(Problem::Repeated(serial))
            } else {
                self.module(row, module, serial, number)
            };
            self.note(FolderName::Mur, number, added);
        }
    }

    fn module(
        &mut self,
        row: &MurRow,
        place: i64,
        serial: i64,
        number: usize,
    ) -> Result<(), Problem> {
        let base = *self.units.get(&row.mur).ok_or(Problem::NoRod(row.mur))?;
        let harness = self.harnesses.get(&row.mur).copied();
        let place = place.saturating_sub(1);
        let module = unit::module(row.mur, harness, place)?.hash();
        let serial = SerialNumber::from_number(serial)?;
        let links = Links::resolve([row.rx0_fibre, row.rx1_fibre], base.fibre + 2 * place);
        if links == Err(Problem::NoLink) {
            self.read.cabling.set_usable_links(module, UsableLinks::Neither);
        }
        self.connect(module, base.rod, links?, number);
        self.read.cabling.set_serial_number(module, serial)?;
        Ok(())
    }

    /// Each side on its own: the original keeps the one that fits when the other is refused.
    fn connect(&mut self, module: ModuleHash, rod: RodId, links: Links, number: usize) {
        let mut connected = false;
        for (wafer, fibre) in module.wafers().into_iter().zip(links.fibres) {
            let inserted = self.read.cabling.insert(wafer, OnlineId::new(rod, fibre));
            connected |= inserted.is_ok();
            self.note(FolderName::Mur, number, inserted);
        }
        if connected {
            self.read.cabling.set_usable_links(module, links.usable);
            self.read.cabling.set_crossed(module, links.crossed);
        }
    }

    fn unused_rods(&mut self) {
        for (rod, number) in self.rods.clone().into_values() {
            let used = self.read.cabling.rods().contains(&rod);
            let problem = if used { Ok(()) } else { Err(Problem::UnusedRod(rod)) };
            self.note(FolderName::Rod, number, problem);
        }
    }
}
