//! The fragments of one event.

use sct_bytestream::{
    ChecksumKind,
    eformat::{EventHeader, RobFragment, RodFragment, RodHeader, StatusPosition},
    rod::{
        Encoder, HeaderFlags, LinkData, Mode, SUPER_CONDENSED, StripHit, TIM_CLOCK_ERROR,
        TrailerFlags,
    },
};
use sct_cabling::{Cabling, Fibre, OnlineId, RodId};
use sct_id::{ReadoutSwap, Strip, WaferHash};

use super::{
    Packing, RawSettings,
    faults::{EventFaults, Faults, LinkFault, RodFault},
};

/// ROB status words.
const TRUNCATED: u32 = 1 << 27;
const DISCARDED: u32 = 1 << 31;
const TIME_OUT: u32 = 4;
/// A hit of the chip after the last one of a side.
const HIT_OF_NO_CHIP: u16 = 0x8000 | 6 << 11;
/// Distance of made-up clusters: no two of them touch.
const APART: usize = 3;
/// The chip error code that is simulated.
const CHIP_ERROR_CODE: u8 = 4;

/// A hit on its way: fibre, side bit, wafer, strip.
type Hit = (OnlineId, usize, WaferHash, Strip);

/// What the fragments of all events of a run share.
#[derive(Debug)]
pub(crate) struct Packer<'a> {
    pub(crate) raw: &'a RawSettings,
    pub(crate) cabling: &'a Cabling,
    pub(crate) swap: &'a ReadoutSwap,
    pub(crate) faults: &'a Faults<'a>,
}

/// The fragments of one event, and the hits that can be read from them.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) robs: Vec<RobFragment>,
    pub(crate) hits: Vec<(WaferHash, Strip)>,
}

impl Packer<'_> {
    /// Packs an event; `hits` are wafers and strips in offline order.
    pub(crate) fn pack(
        &self,
        header: &EventHeader,
        hits: &[(u16, u16)],
        faults: &EventFaults,
    ) -> Packed {
        let mut sent: Vec<Hit> = hits.iter().filter_map(|&hit| self.route(hit, faults)).collect();
        let kept = sent.iter().map(|&(_, _, wafer, strip)| (wafer, strip)).collect();
        sent.sort_unstable_by_key(|&(online, side, ..)| (online.rod(), online.fibre(), side));
        let stray = self.stray(faults);
        let mut robs = Vec::with_capacity(self.faults.rods().len());
        let mut rest = sent.as_slice();
        for &rod in self.faults.rods() {
            let end = rest.partition_point(|&(online, ..)| online.rod() <= rod);
            let (own, others) = rest.split_at(end);
            rest = others;
            let fault = faults.of_rod(rod);
            if fault == Some(RodFault::Absent) {
                continue;
            }
            let mut encoder = Encoder::default();
            if fault.is_none_or(RodFault::keeps_hits) {
                self.links(rod, own, faults, &mut encoder);
                if let Some(fibre) = stray.filter(|stray| stray.rod() == rod) {
                    encoder.link(&made_up(fibre, faults.unplaced), self.mode());
                }
            }
            robs.push(self.rob(rod, header, fault, encoder.finish()));
        }
        Packed { robs, hits: kept }
    }

    /// The fibre of a hit; none when it is lost on the way.
    fn route(&self, (wafer, strip): (u16, u16), faults: &EventFaults) -> Option<Hit> {
        let wafer = WaferHash::new(usize::from(wafer)).ok()?;
        let online = self.cabling.data_fibre(wafer)?;
        let is_lost = self.faults.is_missing(online.rod())
            || faults.of_rod(online.rod()).is_some_and(|fault| !fault.keeps_hits());
        let strip = Strip::new(usize::from(strip)).ok()?;
        (!is_lost).then_some((online, wafer.side().index(), wafer, strip))
    }

    const fn mode(&self) -> Mode {
        match self.raw.packing {
            Packing::Condensed => Mode::Condensed,
            Packing::Expanded => Mode::Expanded,
            Packing::SuperCondensed => Mode::SuperCondensed,
        }
    }

    /// All links of a ROD that have something to say.
    fn links(&self, rod: RodId, hits: &[Hit], faults: &EventFaults, encoder: &mut Encoder) {
        let mut rest = hits;
        let own_faults: Vec<(Fibre, LinkFault)> = faults
            .links
            .iter()
            .filter_map(|&(wafer, fault)| Some((self.cabling.online_id(wafer)?, fault)))
            .filter(|(online, _)| online.rod() == rod)
            .map(|(online, fault)| (online.fibre(), fault))
            .collect();
        for (fibre, wafer) in Fibre::all().zip(self.cabling.rod_wafers(rod)) {
            let end = rest.partition_point(|&(online, ..)| online.fibre() <= fibre);
            let (own, others) = rest.split_at(end);
            rest = others;
            let fault =
                own_faults.iter().find(|(other, _)| *other == fibre).map(|&(_, fault)| fault);
            if own.is_empty() && fault.is_none() && !(self.raw.empty_links && wafer.is_some()) {
                continue;
            }
            self.link(fibre, own, fault, encoder);
        }
    }

    /// One link; where it carries both sides of a module, one after the other.
    fn link(&self, fibre: Fibre, hits: &[Hit], fault: Option<LinkFault>, encoder: &mut Encoder) {
        let number = u8::try_from(fibre.index()).expect("fibres are below 96");
        let mut link = LinkData::new(number, false, Vec::new());
        if let Some(fault) = fault {
            state(fault, &mut link, encoder);
        }
        if hits.is_empty() {
            encoder.link(&link, self.mode());
        }
        for side in hits.chunk_by(|one, other| one.1 == other.1) {
            let (_, number, wafer, _) = side[0];
            link.side = u8::from(number == 1);
            link.is_swapped = self.swap.is_swapped(wafer);
            link.hits = side.iter().map(|&(.., strip)| StripHit { strip, time_bin: 2 }).collect();
            encoder.link(&link, self.mode());
        }
    }

    /// Where clusters without a module come from: the first empty fibre of a ROD that is read in this event.
    fn stray(&self, faults: &EventFaults) -> Option<OnlineId> {
        if faults.unplaced == 0 {
            return None;
        }
        let sound = self
            .faults
            .rods()
            .iter()
            .filter(|&&rod| faults.of_rod(rod).is_none_or(RodFault::keeps_hits));
        sound.into_iter().find_map(|&rod| {
            let mut fibres = Fibre::all().zip(self.cabling.rod_wafers(rod));
            let (fibre, _) = fibres.find(|(_, wafer)| wafer.is_none())?;
            Some(OnlineId::new(rod, fibre))
        })
    }

    fn rob(
        &self,
        rod: RodId,
        header: &EventHeader,
        fault: Option<RodFault>,
        data: Vec<u32>,
    ) -> RobFragment {
        let event_type = if self.mode() == Mode::SuperCondensed { SUPER_CONDENSED } else { 0 };
        let status =
            if fault == Some(RodFault::Clock) { vec![0, TIM_CLOCK_ERROR] } else { vec![0] };
        let fragment = RodFragment {
            header: RodHeader {
                minor_version: 0,
                source_id: rod.to_u32(),
                run_number: header.run_number,
                level1_id: header.level1_id,
                bunch_crossing: header.bunch_crossing.into(),
                trigger_type: header.trigger_type.into(),
                event_type,
            },
            status,
            data,
            status_position: StatusPosition::After,
        };
        let mut rob = RobFragment::new(rod.to_u32(), fragment.words());
        if self.raw.checksums {
            rob.checksum = ChecksumKind::Adler32;
        }
        rob.status = vec![match fault {
            Some(RodFault::Truncated) => TRUNCATED,
            Some(RodFault::Masked) => DISCARDED,
            Some(RodFault::Fragment) => TIME_OUT,
            _ => 0,
        }];
        rob
    }
}

/// Clusters on a fibre without a module, none of them next to another.
fn made_up(online: OnlineId, clusters: u32) -> LinkData {
    let number = u8::try_from(online.fibre().index()).expect("fibres are below 96");
    let strips = Strip::all().step_by(APART).take(clusters as usize);
    LinkData::new(number, false, strips.map(|strip| StripHit { strip, time_bin: 2 }).collect())
}

/// Puts a fault on a link.
fn state(fault: LinkFault, link: &mut LinkData, encoder: &mut Encoder) {
    let side_bit = u16::from(link.side) << 14;
    let chip_number =
        |chip: sct_id::Chip| u8::try_from(chip.in_side()).expect("there are six") | link.side << 3;
    match fault {
        LinkFault::Parse => link.injected.push(HIT_OF_NO_CHIP | side_bit),
        LinkFault::Header(kind) => {
            link.header = match kind {
                1 => HeaderFlags::TIME_OUT,
                2 => HeaderFlags::BCID,
                3 => HeaderFlags::LVL1_ID,
                _ => HeaderFlags::PREAMBLE,
            }
        }
        LinkFault::Formatter => {
            // The formatter before this one names a link past its last: the sum is this link's number.
            let (formatter, number) = (u16::from(link.fibre) / 12 - 1, u16::from(link.fibre) % 12);
            encoder.half_word(0x2000 | HeaderFlags::CONDENSED | formatter << 4 | (12 + number));
            encoder.half_word(Encoder::PADDING);
        }
        LinkFault::Trailer(kind) => {
            link.trailer = match kind {
                6 => TrailerFlags::TRAILER,
                7 => TrailerFlags::OVERFLOW,
                _ => TrailerFlags::LIMIT,
            }
        }
        LinkFault::Abcd(chip) => {
            link.injected.push(Encoder::chip_error(chip_number(chip), CHIP_ERROR_CODE));
        }
        LinkFault::Raw => link.injected.push(Encoder::RAW),
        LinkFault::MaskedLink => link.header = HeaderFlags::MASKED,
        LinkFault::MaskedChips(chip) => {
            link.first_masked_chip = u8::try_from(chip.index() + 1).expect("there are twelve");
        }
    }
}
