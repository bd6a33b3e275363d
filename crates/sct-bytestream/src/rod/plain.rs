//! Hits that are as they should be, a link at a time.
//!
//! Nearly all are: of the link's own side, with growing strips. They need none of the state that the others do.

use super::{
    half_word::{Halves, ON_TIME, packed, time_bin},
    link::{Link, Packing, Pending, readout_strip},
    walk::Walk,
};

/// Whether a half word is a hit of the link's side.
#[inline]
const fn is_own_hit(half: u16, link: Link) -> bool {
    half & 0xC000 == if link.number & 1 == 0 { 0x8000 } else { 0xC000 }
}

impl Walk<'_> {
    /// Takes the hits after a header as long as they are as they should be: of the link's own side, with growing strips.
    /// Returns where it stopped; the state is then as if each hit had been taken alone.
    #[inline]
    pub(super) fn plain_hits(&mut self, halves: Halves<'_>, next: usize) -> usize {
        match (self.packing, self.link) {
            (Packing::Condensed, Some(link)) => self.plain_run::<false>(halves, next, link),
            (Packing::SuperCondensed, Some(link)) => self.plain_run::<true>(halves, next, link),
            (Packing::Expanded, Some(link)) => self.expanded_run(halves, next, link),
            (_, None) => next,
        }
    }

    /// Whether the half word is a hit of the link's own wafer, and this fragment may fill it.
    #[inline]
    fn is_plain_start(&mut self, half: Option<u16>, link: Link) -> bool {
        half.is_some_and(|half| is_own_hit(half, link))
            && link.place.is_known
            && self.filled.claim(link.place.wafer)
    }

    #[inline]
    fn plain_run<const SUPER: bool>(
        &mut self,
        halves: Halves<'_>,
        mut next: usize,
        link: Link,
    ) -> usize {
        if !self.is_plain_start(halves.get(next), link) {
            return next;
        }
        let mut least = 0;
        let after = loop {
            let Some(half) = halves.get(next) else { break None };
            let strip = half >> 4 & 0x3FF;
            let (size, errors) = packed::<SUPER>(half);
            let is_plain = is_own_hit(half, link) && strip >= least;
            let pending = Pending { strip, size, errors };
            let Some(cluster) = link.cluster(pending, ON_TIME).filter(|_| is_plain) else {
                break Some(half);
            };
            least = strip + 1;
            self.clusters.push(cluster);
            next += 1;
        };
        // Only a header or trailer makes sure that the last cluster does not go on.
        if after.is_some_and(|half| !matches!(half >> 13, 1 | 2))
            && self.clusters.len() > self.link_start
        {
            self.take_back(link);
        }
        next
    }

    #[inline]
    fn expanded_run(&mut self, halves: Halves<'_>, mut next: usize, link: Link) -> usize {
        if !self.is_plain_start(halves.get(next), link) {
            return next;
        }
        let mut last = None;
        while let Some(half) = halves.get(next).filter(|half| half & 0x8000 != 0) {
            let is_first = half & 8 == 0;
            let strip = if is_first { Some(half >> 4 & 0x3FF) } else { last.map(|last| last + 1) };
            let one = |strip| Pending { strip, size: 1, errors: 0 };
            let cluster = strip.and_then(|strip| link.cluster(one(strip), time_bin(half)));
            let is_plain = !is_first || is_own_hit(half, link);
            let Some((strip, cluster)) = strip.zip(cluster).filter(|_| is_plain) else { break };
            if !is_first && half & 0x80 != 0 {
                let Some(second) = link.cluster(one(strip + 1), time_bin(half >> 4)) else { break };
                self.clusters.extend([cluster, second]);
                last = Some(strip + 1);
            } else {
                self.clusters.push(cluster);
                last = Some(strip);
            }
            next += 1;
        }
        self.last = last;
        next
    }

    /// Makes the last cluster of the link the pending one again.
    #[cold]
    fn take_back(&mut self, link: Link) {
        let Some(last) = self.clusters.pop() else { return };
        let (strip, size, errors) = (readout_strip(last, link), last.size.into(), last.errors);
        self.pending = Pending { strip, size, errors };
    }
}
