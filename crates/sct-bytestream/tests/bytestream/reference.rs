//! The rules of the format page, half word by half word and without any haste, against the decoder.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sct_cabling::UsableLinks;

use crate::samples::{CABLED, FIRST, Found, decode_all, fragment, link, with_module};

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Condensed,
    Expanded,
    Super,
}

/// State over one fragment; wafers are numbered by fibre. The module on fibres 2 and 3 has link 0 alone.
#[derive(Default)]
struct Reference {
    clusters: Vec<(usize, usize, u8, u8, u8)>,
    errors: BTreeMap<usize, BTreeSet<usize>>,
    unplaced: u64,
    is_open: bool,
    is_ignored: bool,
    missing_header: bool,
    link: Option<usize>,
    selected: BTreeSet<usize>,
    old: Option<(usize, usize)>,
    group: usize,
    flags: u8,
    last: Option<usize>,
    made: BTreeSet<(usize, usize)>,
}

fn is_cabled(fibre: usize) -> bool {
    fibre < CABLED || fibre == 94 || fibre == 95
}

impl Reference {
    fn wafer(&self) -> Option<usize> {
        self.link.filter(|&link| is_cabled(link))
    }

    fn put(&mut self, wafer: usize, id: usize) {
        self.errors.entry(wafer).or_default().insert(id);
    }

    fn error(&mut self, wafer: Option<usize>, id: usize) {
        let Some(wafer) = wafer else { return };
        self.put(wafer, id);
        if wafer == 2 && !(17..=22).contains(&id) && !(26..=31).contains(&id) {
            self.put(3, id);
        }
    }

    fn select(&mut self, link: usize) {
        self.link = Some(link);
        self.selected.insert(link);
    }

    fn emit(&mut self, strip: usize, group: usize, bins: u8, flags: u8) {
        let Some(wafer) = self.wafer() else {
            self.unplaced += 1;
            return;
        };
        if strip > 767 || strip % 128 + group > 128 {
            self.error(Some(wafer), 0);
            return;
        }
        let is_swapped = (FIRST + wafer) % 2 == 1;
        let first = if is_swapped { 767 - strip - (group - 1) } else { strip };
        self.clusters.push((wafer, first, group as u8, bins, flags));
        self.made.insert((wafer, strip));
    }

    fn emit_old(&mut self) {
        if let Some((_, strip)) = self.old {
            self.emit(strip, self.group, 2, self.flags);
        }
        (self.group, self.flags) = (0, 0);
    }

    fn finish(&mut self) {
        let is_made = |strip| self.link.is_some_and(|link| self.made.contains(&(link, strip)));
        if self.group > 0 && self.old.is_some_and(|(_, strip)| !is_made(strip)) {
            self.emit_old();
        }
        (self.group, self.flags, self.old) = (0, 0, None);
    }

    fn header(&mut self, half: u16) {
        self.finish();
        self.made.clear();
        self.last = None;
        let v = usize::from(half & 0x7F);
        let link = (v >> 4) * 12 + (v & 0xF);
        (self.is_open, self.is_ignored) = (true, link > 95);
        if link > 95 {
            self.link = None;
            return;
        }
        self.select(link);
        for (bit, id) in [(12, 4), (11, 1), (10, 3), (9, 2), (7, 11)] {
            if half >> bit & 1 == 1 {
                self.error(self.wafer(), id);
            }
        }
        if v & 0xF > 11 {
            self.error(self.wafer(), 5);
        }
    }

    fn trailer(&mut self, half: u16) {
        self.is_open = false;
        for (bit, id) in [(12, 6), (11, 8), (10, 7)] {
            if half >> bit & 1 == 1 {
                self.error(self.wafer(), id);
            }
        }
        let (Some(wafer), m @ 1..=12) = (self.wafer(), usize::from(half & 0xF)) else { return };
        // Link 0 alone: the chain of the module is 0 to 11. Both links: the rest of one side.
        let end = if wafer / 2 == 1 || m > 6 { 12 } else { 6 };
        for chip in m - 1..end {
            self.put(wafer / 2 * 2 + chip / 6, 26 + chip % 6);
        }
    }

    fn chip_error(&mut self, half: u16) {
        let Some(wafer) = self.wafer() else { return };
        let (chip, code) = (usize::from(half >> 3 & 0xF), half & 7);
        let id = match code {
            1 => 23,
            2 => 24,
            4 => 25,
            7 => 32,
            _ => {
                self.error(Some(wafer), 33);
                self.error(Some(wafer), 9);
                return;
            }
        };
        let target = Some(wafer / 2 * 2 + chip / 8);
        if chip % 8 > 5 {
            self.error(target, 33);
        } else {
            self.error(target, id);
            self.error(target, 17 + chip % 8);
        }
        self.error(target, 9);
    }

    fn hit(&mut self, half: u16, mode: Mode) {
        let (side, strip) = (usize::from(half >> 14 & 1), usize::from(half >> 4 & 0x3FF));
        if mode == Mode::Expanded && half & 8 != 0 {
            let more = if half & 0x80 != 0 { 2 } else { 1 };
            match self.last {
                Some(last) if last + more < 768 => {
                    self.emit(last + 1, 1, (half & 7) as u8, 0);
                    if more == 2 {
                        self.emit(last + 2, 1, (half >> 4 & 7) as u8, 0);
                    }
                    self.last = Some(last + more);
                }
                _ => self.error(self.wafer(), 0),
            }
            return;
        }
        if strip > 767 {
            self.error(self.wafer(), 0);
            return;
        }
        let link = self.link.unwrap_or(0);
        if side != link % 2 {
            if self.group > 0 && self.old != Some((side, strip)) {
                self.emit_old();
            }
            self.select(link ^ 1);
        }
        if mode == Mode::Expanded {
            self.last = Some(strip);
            self.emit(strip, 1, (half & 7) as u8, 0);
            return;
        }
        if self.group > 0 && self.old != Some((side, strip)) {
            self.emit_old();
        }
        self.old = Some((side, strip));
        if mode == Mode::Super {
            self.group += usize::from(half & 0xF) + 1;
        } else {
            let is_pair = half & 1 == 1;
            self.flags |= (half >> 2 & 1) as u8 | if is_pair { (half >> 2 & 2) as u8 } else { 0 };
            self.group = if is_pair || self.group == 2 { 2 } else { 1 };
        }
    }

    fn run(mut self, halves: &[u16], is_super: bool) -> Found {
        let mut mode = Mode::Super;
        for &half in halves {
            match half >> 13 {
                1 => {
                    mode = match (is_super, half & 0x100 != 0) {
                        (true, _) => Mode::Super,
                        (false, true) => Mode::Condensed,
                        (false, false) => Mode::Expanded,
                    };
                    self.header(half);
                }
                2 => self.trailer(half),
                _ if !self.is_open => self.missing_header = true,
                _ if self.is_ignored => {}
                0 => self.chip_error(half),
                3 => self.error(self.wafer(), 10),
                _ => self.hit(half, mode),
            }
        }
        self.finish();
        if self.missing_header {
            for wafer in (0..96).filter(|&fibre| is_cabled(fibre)) {
                if !self.selected.contains(&wafer) {
                    self.error(Some(wafer), 15);
                }
            }
        }
        let errors = self.errors.into_iter().map(|(wafer, ids)| (wafer, ids.into_iter().collect()));
        let counts = sct_bytestream::rod::RodCounts {
            clusters: self.clusters.len() as u64,
            unplaced: self.unplaced,
            links_out_of_range: 0,
        };
        Found { clusters: self.clusters, errors: errors.collect(), counts }
    }
}

/// Half words as fragments have them, with enough that is wrong.
fn half() -> impl Strategy<Value = u16> {
    let clean_header = (0..20_u16, any::<bool>())
        .prop_map(|(fibre, mode)| 0x2000 | u16::from(mode) << 8 | link(fibre));
    let hit = (any::<bool>(), 0..12_u16, 0..16_u16)
        .prop_map(|(side, strip, low)| 0x8000 | u16::from(side) << 14 | (120 + strip) << 4 | low);
    prop_oneof![
        8 => clean_header,
        8 => Just(0x4000),
        12 => hit,
        1 => 0x2000_u16..0x4000,
        1 => 0x4000_u16..0x6000,
        1 => 0_u16..0x80,
        1 => any::<u16>(),
    ]
}

/// Links as the detector sends them: each on its own side, with growing strips. Low bits are free, so that hits may leave
/// their chip and expanded clusters may begin in the middle.
fn clean_links() -> impl Strategy<Value = Vec<u16>> {
    let hits = prop::collection::btree_map(0..768_u16, 0..16_u16, 0..7);
    let quiet = prop::collection::btree_map(0..768_u16, 0..16_u16, 0);
    let data = (0..CABLED as u16, prop_oneof![1 => hits, 3 => quiet]);
    (prop::collection::vec(data, 0..150), any::<bool>(), 0..16_u16).prop_map(
        |(links, mode, low)| {
            let mut halves = Vec::new();
            for (fibre, hits) in links {
                halves.push(0x2000 | u16::from(mode) << 8 | link(fibre));
                let own = 0x8000 | (fibre & 1) << 14;
                halves.extend(hits.into_iter().map(|(strip, bits)| own | strip << 4 | bits & low));
                halves.push(0x4000);
            }
            halves
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn clean_data_with_single_faults_follow_the_rules(
        mut halves in clean_links(),
        // Some fragments are longer than what is decoded in one go.
        times in prop_oneof![29 => Just(1_usize), 1 => Just(60)],
        faults in prop::collection::vec((any::<prop::sample::Index>(), half(), 0..3_u8), 0..4),
        is_super in any::<bool>(),
    ) {
        halves = halves.repeat(times);
        for (place, half, how) in faults {
            let place = place.index(halves.len() + 1);
            match how {
                0 if place < halves.len() => halves[place] = half,
                1 if place < halves.len() => drop(halves.remove(place)),
                _ => halves.insert(place, half),
            }
        }
        if halves.len() % 2 == 1 {
            halves.push(0x4000);
        }
        let mut sample = fragment(&halves);
        sample.event_type = u32::from(is_super) << 21;
        let mut found = decode_all(&with_module(1, UsableLinks::OnlyLink0, None), &[sample]);
        found.counts.links_out_of_range = 0;
        prop_assert_eq!(found, Reference::default().run(&halves, is_super));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn the_decoder_follows_the_rules(
        halves in prop::collection::vec(half(), 0..80),
        quiet in 0..50_usize,
        is_super in any::<bool>(),
    ) {
        // Links without hits before and after: the decoder steps over them.
        let mut all = [0x2105, 0x4000].repeat(quiet);
        all.extend(&halves);
        all.extend([0x2007, 0x4000].repeat(quiet / 2));
        if all.len() % 2 == 1 {
            all.push(0x4000);
        }
        let mut sample = fragment(&all);
        sample.event_type = u32::from(is_super) << 21;
        let mut found = decode_all(&with_module(1, UsableLinks::OnlyLink0, None), &[sample]);
        found.counts.links_out_of_range = 0;
        prop_assert_eq!(found, Reference::default().run(&all, is_super));
    }
}
