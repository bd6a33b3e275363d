//! The walk over the data words of one fragment.
//!
//! It takes half word by half word and knows every rule; clean data take a shorter way (`clean`). What clean data would
//! have selected is found again only where somebody asks.

use sct_cabling::Fibre;
use sct_id::{Strip, WaferHash};

use crate::{ByteStreamError, ErrorMask};

use super::{
    Cluster, RodCounts, WaferErrors,
    half_word::{HalfWord, Halves, HeaderFlags, ON_TIME, TrailerFlags, packed, time_bin},
    link::{Link, Open, Packing, Pending, readout_strip},
    readout::{Places, Readout},
    skim::selected,
};

/// State over one fragment.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    pub(super) readout: &'a Readout,
    pub(super) slot: Option<usize>,
    pub(super) places: &'a Places,
    /// The same by the lowest seven bits of a header.
    pub(super) codes: &'a Places,
    pub(super) is_super_condensed: bool,
    pub(super) errors: &'a mut WaferErrors,
    /// Wafers that an earlier fragment of the event filled; none when there was no other of this ROD.
    pub(super) taken: Option<&'a [bool]>,
    pub(super) counts: RodCounts,
    pub(super) clusters: &'a mut Vec<Cluster>,
    /// Room for the clusters of clean data.
    pub(super) scratch: &'a mut Vec<Cluster>,
    /// Clusters there were at the header of the link.
    pub(super) link_start: usize,
    pub(super) open: Open,
    /// None until the first header.
    pub(super) link: Option<Link>,
    pub(super) packing: Packing,
    pub(super) pending: Pending,
    /// Last strip of an expanded cluster; none since the header.
    pub(super) last: Option<u16>,
    pub(super) missing_header: bool,
}

impl Walk<'_> {
    /// Decodes all data words.
    pub(super) fn run(&mut self, data: &[[u8; 4]]) {
        let halves = Halves::of(data);
        // A wafer may be filled already when the event has two fragments of this ROD.
        let mut clean_from = if self.taken.is_some() { usize::MAX } else { 0 };
        let mut next = 0;
        while let Some(half) = halves.get(next) {
            if next >= clean_from && next.is_multiple_of(2) && self.is_between_hits() {
                (next, clean_from) = self.clean(data, next);
                continue;
            }
            next += 1;
            match HalfWord::new(half) {
                HalfWord::Header(flags) => self.header(flags),
                HalfWord::Trailer(flags) => self.trailer(flags),
                other => self.content(other),
            }
        }
        self.finish();
        if self.missing_header {
            self.mark_unselected(data);
        }
    }

    /// Whether nothing that came before matters to the next hit, but for the open link.
    fn is_between_hits(&mut self) -> bool {
        match self.open {
            // Nothing but its end can still come to a link that was closed.
            Open::No => {
                self.finish();
                true
            }
            Open::Link => {
                let has_hits = self.pending.size > 0 || self.last.is_some();
                !has_hits && self.clusters.len() == self.link_start
            }
            Open::Nothing => false,
        }
    }

    /// Finishes the link before and selects the one of the header.
    #[inline]
    pub(super) fn start_link(&mut self, flags: HeaderFlags) {
        self.finish();
        self.link_start = self.clusters.len();
        self.last = None;
        self.packing = match (self.is_super_condensed, flags.has(HeaderFlags::CONDENSED)) {
            (true, _) => Packing::SuperCondensed,
            (false, true) => Packing::Condensed,
            (false, false) => Packing::Expanded,
        };
        self.link = Some(Link::select(self.places, flags.link()));
        self.open = Open::Link;
    }

    #[inline]
    fn header(&mut self, flags: HeaderFlags) {
        self.start_link(flags);
        if flags.link() >= Fibre::COUNT {
            self.counts.links_out_of_range += 1;
            self.link = None;
            self.open = Open::Nothing;
            return;
        }
        if flags.has(HeaderFlags::ERRORS) || flags.is_formatter_error() {
            self.header_errors(flags);
        }
    }

    #[cold]
    fn header_errors(&mut self, flags: HeaderFlags) {
        for (flag, error) in [
            (HeaderFlags::PREAMBLE, ByteStreamError::Preamble),
            (HeaderFlags::TIME_OUT, ByteStreamError::TimeOut),
            (HeaderFlags::LVL1_ID, ByteStreamError::Lvl1Id),
            (HeaderFlags::BCID, ByteStreamError::Bcid),
            (HeaderFlags::MASKED, ByteStreamError::MaskedLink),
        ] {
            if flags.has(flag) {
                self.error(error);
            }
        }
        if flags.is_formatter_error() {
            self.error(ByteStreamError::Formatter);
        }
    }

    #[inline]
    fn trailer(&mut self, flags: TrailerFlags) {
        self.open = Open::No;
        if flags != TrailerFlags::new(0, 0) {
            self.trailer_errors(flags);
        }
    }

    #[cold]
    fn trailer_errors(&mut self, flags: TrailerFlags) {
        for (flag, error) in [
            (TrailerFlags::TRAILER, ByteStreamError::Trailer),
            (TrailerFlags::LIMIT, ByteStreamError::HeaderTrailerLimit),
            (TrailerFlags::OVERFLOW, ByteStreamError::TrailerOverflow),
        ] {
            if flags.has(flag) {
                self.error(error);
            }
        }
        let first = flags.first_masked_chip();
        if let Some(wafer) = self.wafer().filter(|_| first > 0) {
            for (wafer, error) in self.readout.masked_chips(wafer.module(), first) {
                self.errors.add(wafer, error.mask());
            }
        }
    }

    /// What stands between header and trailer.
    #[inline]
    fn content(&mut self, half: HalfWord) {
        match (self.open, half) {
            (Open::No, _) => self.missing_header = true,
            (Open::Nothing, _) => {}
            (Open::Link, HalfWord::Hit(hit)) => self.hit(hit),
            (Open::Link, HalfWord::ChipError { chip, code }) => self.chip_error(chip, code),
            (Open::Link, _) => self.error(ByteStreamError::Raw),
        }
    }

    #[inline]
    fn hit(&mut self, hit: u16) {
        match self.packing {
            Packing::Expanded => self.expanded(hit),
            Packing::Condensed => {
                let Some(pending) = self.same_or_new(hit) else { return };
                let (size, errors) = packed::<false>(hit);
                pending.size = pending.size.max(size);
                pending.errors |= errors;
            }
            Packing::SuperCondensed => {
                let Some(pending) = self.same_or_new(hit) else { return };
                // No chip has so many strips; the sum must not run away all the same.
                pending.size = (pending.size + packed::<true>(hit).0).min(0xFF);
            }
        }
    }

    /// The pending cluster that a condensed or super-condensed hit belongs to; the one before is sent off. None for a
    /// chip that does not exist: the pending cluster then stays as it is.
    #[inline]
    fn same_or_new(&mut self, hit: u16) -> Option<&mut Pending> {
        let strip = self.strip(hit)?;
        if self.pending.size > 0 && (strip != self.pending.strip || self.is_other_side(hit)) {
            self.send();
        }
        self.follow_side(hit);
        self.pending.strip = strip;
        Some(&mut self.pending)
    }

    /// The strip of a hit in read-out order; chip and channel lie side by side.
    #[inline]
    fn strip(&mut self, hit: u16) -> Option<u16> {
        let strip = hit >> 4 & 0x3FF;
        if usize::from(strip) < Strip::PER_WAFER {
            return Some(strip);
        }
        self.error(ByteStreamError::ByteStreamParse);
        None
    }

    #[inline]
    fn is_other_side(&self, hit: u16) -> bool {
        self.link.is_some_and(|link| link.is_other_side(hit >> 14))
    }

    /// Goes to the other link of the module when the hit's side says so.
    #[inline]
    fn follow_side(&mut self, hit: u16) {
        if self.is_other_side(hit) {
            self.link = self.link.map(|link| link.other_side(self.places));
        }
    }

    #[inline]
    fn expanded(&mut self, hit: u16) {
        if hit & 8 == 0 {
            let Some(strip) = self.strip(hit) else { return };
            self.follow_side(hit);
            self.last = Some(strip);
            self.emit(Pending { strip, size: 1, errors: 0 }, time_bin(hit));
        } else {
            self.expanded_next(hit);
        }
    }

    /// One or two more strips of an expanded cluster.
    fn expanded_next(&mut self, hit: u16) {
        let is_pair = hit & 0x80 != 0;
        let more = 1 + u16::from(is_pair);
        let Some(last) = self.last.filter(|&last| usize::from(last + more) < Strip::PER_WAFER)
        else {
            self.error(ByteStreamError::ByteStreamParse);
            return;
        };
        for (strip, bins) in (last + 1..=last + more).zip([hit, hit >> 4]) {
            self.emit(Pending { strip, size: 1, errors: 0 }, time_bin(bins));
        }
        self.last = Some(last + more);
    }

    /// Sends off the pending cluster because another one begins.
    #[inline]
    fn send(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        self.emit(pending, ON_TIME);
    }

    /// Sends off the pending cluster because its link ends, unless one of its strip was made before on this link.
    #[inline]
    fn finish(&mut self) {
        if self.pending.size > 0 {
            self.finish_pending();
        }
    }

    fn finish_pending(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let is_made = self.link.is_some_and(|link| {
            let made = &self.clusters[self.link_start..];
            let mut own = made.iter().filter(|cluster| cluster.wafer == link.place.wafer);
            own.any(|&cluster| readout_strip(cluster, link) == pending.strip)
        });
        if !is_made {
            self.emit(pending, ON_TIME);
        }
    }

    /// Hands a cluster on, or counts it where it has no place.
    #[inline]
    fn emit(&mut self, sent: Pending, time_bin: u8) {
        let Some(link) = self.link.filter(|link| link.place.is_known) else {
            self.counts.unplaced += 1;
            return;
        };
        match link.cluster(sent, time_bin) {
            None => self.error(ByteStreamError::ByteStreamParse),
            Some(cluster) => {
                if self.taken.is_none_or(|taken| !taken[cluster.wafer.index()]) {
                    self.clusters.push(cluster);
                }
            }
        }
    }

    #[cold]
    fn chip_error(&mut self, chip: u8, code: u8) {
        let Some((link, wafer)) = self.link.zip(self.wafer()) else { return };
        let (odd, chip) = (usize::from(chip >> 3), usize::from(chip & 7));
        let code = match code {
            1 => Some(ByteStreamError::AbcdCode1),
            2 => Some(ByteStreamError::AbcdCode2),
            4 => Some(ByteStreamError::AbcdCode4),
            7 => Some(ByteStreamError::AbcdCode7),
            _ => None,
        };
        let Some(code) = code else {
            self.add(wafer, ByteStreamError::AbcdInvalid);
            self.add(wafer, ByteStreamError::Abcd);
            return;
        };
        // The chip's side counts for its error alone: hits that follow say their side themselves.
        let wafer = if link.is_side(odd) { wafer } else { wafer.other_side() };
        match ByteStreamError::from_id(ByteStreamError::AbcdChip0.id() + chip).filter(|_| chip < 6)
        {
            Some(chip) => {
                self.add(wafer, code);
                self.add(wafer, chip);
            }
            None => self.add(wafer, ByteStreamError::AbcdInvalid),
        }
        self.add(wafer, ByteStreamError::Abcd);
    }

    fn wafer(&self) -> Option<WaferHash> {
        self.link.filter(|link| link.place.is_known).map(|link| link.place.wafer)
    }

    /// An error of the selected wafer; nobody's when there is none.
    #[cold]
    fn error(&mut self, error: ByteStreamError) {
        if let Some(wafer) = self.wafer() {
            self.add(wafer, error);
        }
    }

    fn add(&mut self, wafer: WaferHash, error: ByteStreamError) {
        add(self.readout, self.errors, wafer, error.mask());
    }

    /// Marks the wafers of the ROD that the fragment never selected: one of them may own the data without header.
    #[cold]
    fn mark_unselected(&mut self, data: &[[u8; 4]]) {
        let selected = selected(data, self.is_super_condensed);
        for (fibre, wafer) in self.readout.wafers(self.slot) {
            if selected & 1 << fibre == 0 {
                self.add(wafer, ByteStreamError::MissingLinkHeader);
            }
        }
    }
}

/// Adds errors to a wafer, and to the other side of its module where the two share a link.
pub(super) fn add(readout: &Readout, errors: &mut WaferErrors, wafer: WaferHash, mask: ErrorMask) {
    errors.add(wafer, mask);
    errors.add(wafer.other_side(), readout.mirrored(wafer, mask));
}
