//! What decoding needs to know of the detector, laid out for it.

use std::fmt;

use sct_cabling::{Cabling, Chain, Fibre, RodId, UsableLinks};
use sct_id::{Chip, ModuleHash, ReadoutSwap, Side, WaferHash};

use crate::{ByteStreamError, ErrorMask};

use super::{Cluster, HeaderFlags};

/// The wafer on one fibre.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Meaningless when the fibre is empty.
    pub(super) wafer: WaferHash,
    pub(super) is_known: bool,
    /// Whether the read-out runs against the offline strip order.
    pub(super) is_swapped: bool,
}

/// The fibres of one ROD, with room for every number that a link header can make of formatter and link.
pub(super) type Places = [Place; 128];

/// Cabling and read-out directions as look-up tables.
#[derive(Clone)]
pub struct Readout {
    /// By ROD of the cabling, ascending, one more at the end with nothing on it: for RODs that do not exist.
    rods: Vec<Places>,
    /// The same by the lowest seven bits of link headers instead of numbers of links.
    codes: Vec<Places>,
    /// Place in `rods` by ROD index.
    slots: Box<[u8]>,
    ids: Vec<RodId>,
    modules: Box<[Module]>,
}

#[derive(Clone, Copy)]
struct Module {
    links: UsableLinks,
    chain: Option<Chain>,
}

impl Readout {
    /// Lays out a cabling.
    pub fn new(cabling: &Cabling, swap: &ReadoutSwap) -> Self {
        let ids = cabling.rods().to_vec();
        let nothing = Place { wafer: Cluster::nothing().wafer, is_known: false, is_swapped: false };
        let mut rods = vec![[nothing; 128]; ids.len() + 1];
        let none = u8::try_from(ids.len()).expect("there are at most 192 RODs");
        let mut slots = vec![none; RodId::COUNT].into_boxed_slice();
        for (slot, (rod, places)) in (0..none).zip(ids.iter().zip(&mut rods)) {
            slots[rod.index()] = slot;
            for (place, wafer) in places.iter_mut().zip(cabling.rod_wafers(*rod)) {
                if let Some(wafer) = *wafer {
                    let is_swapped = swap.is_swapped(wafer);
                    *place = Place { wafer, is_known: true, is_swapped };
                }
            }
        }
        let codes = rods.iter().map(by_code).collect();
        let modules = ModuleHash::all()
            .map(|module| Module {
                links: cabling.usable_links(module),
                chain: cabling.chain(module),
            })
            .collect();
        Self { rods, codes, slots, ids, modules }
    }

    /// The RODs with at least one wafer, ascending: the ROBs to take from an event.
    pub fn rods(&self) -> &[RodId] {
        &self.ids
    }

    /// Place of a source identifier in [`Self::rods`].
    pub(crate) fn slot(&self, source_id: u32) -> Option<usize> {
        let rod = RodId::new(source_id & 0xFF_FFFF).ok()?;
        let slot = usize::from(self.slots[rod.index()]);
        (slot < self.ids.len()).then_some(slot)
    }

    /// The fibres of a ROD; of none when it has no wafer.
    pub(super) fn places(&self, slot: Option<usize>) -> &Places {
        &self.rods[slot.unwrap_or(self.ids.len())]
    }

    /// The fibres of a ROD by the lowest seven bits of a header.
    pub(super) fn codes(&self, slot: Option<usize>) -> &Places {
        &self.codes[slot.unwrap_or(self.ids.len())]
    }

    /// The wafers of a ROD.
    pub(super) fn wafers(&self, slot: Option<usize>) -> impl Iterator<Item = (usize, WaferHash)> {
        let places = self.places(slot).iter().enumerate().take(Fibre::COUNT);
        places.filter(|(_, place)| place.is_known).map(|(fibre, place)| (fibre, place.wafer))
    }

    /// The errors that go to the other side as well, when this wafer's link carries both sides.
    pub(super) fn mirrored(&self, wafer: WaferHash, errors: ErrorMask) -> ErrorMask {
        let only = self.modules[wafer.module().index()].links.only();
        if only == Some(wafer.side()) {
            errors.without(ErrorMask::PER_CHIP)
        } else {
            ErrorMask::NONE
        }
    }

    /// Chips that a trailer calls masked: `first` is the first one plus 1, 1 to 15.
    pub(super) fn masked_chips(
        &self,
        module: ModuleHash,
        first: usize,
    ) -> impl Iterator<Item = (WaferHash, ByteStreamError)> {
        let Module { links, chain } = self.modules[module.index()];
        let chip = Chip::new(first - 1).ok();
        let chips = Chip::all().filter(move |&masked| match (chip, chain, links) {
            (Some(first), None, UsableLinks::Both) => {
                masked.side() == first.side() && masked >= first
            }
            (Some(first), Some(chain), _) => {
                let at = |chip| chain.iter().position(|&other| other == chip);
                at(masked) >= at(first)
            }
            // No such chip, or no link that could say so.
            _ => false,
        });
        chips.map(move |chip| (module.wafer(chip.side()), masked_chip(chip)))
    }
}

fn by_code(places: &Places) -> Places {
    std::array::from_fn(|code| {
        let code = u16::try_from(code).expect("a code has seven bits");
        places[HeaderFlags(code).link()]
    })
}

fn masked_chip(chip: Chip) -> ByteStreamError {
    let id = ByteStreamError::MaskedChip0.id() + chip.in_side();
    ByteStreamError::from_id(id).expect("there is an error for each of the six chips")
}

/// The side that a link or a chip number means.
pub(super) const fn side(odd: usize) -> Side {
    if odd.is_multiple_of(2) { Side::Zero } else { Side::One }
}

impl fmt::Debug for Readout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Readout({} RODs)", self.ids.len())
    }
}
