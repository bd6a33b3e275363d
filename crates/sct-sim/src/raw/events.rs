//! The hits of a file of a run, event by event.

use rand::{RngExt as _, seq::index};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use sct_id::WaferHash;

use crate::{
    Settings,
    lumi::LumiProfile,
    stream::{Purpose, stream},
    wafer::{Scene, Sink},
};

/// Events this far apart may change places: files hold events of neighbouring lumi blocks mixed.
const DISORDER: u32 = 30;

/// The hits of a file: a flat list, event after event; within an event by wafer and strip (offline order).
#[derive(Debug)]
pub(crate) struct EventHits {
    /// Lumi block of each event, as index from 0; ascending.
    pub(crate) lumi_blocks: Vec<u32>,
    /// The order in which the events are written.
    pub(crate) order: Vec<u32>,
    starts: Vec<usize>,
    hits: Vec<(u16, u16)>,
}

impl EventHits {
    /// Draws the hits of a file; always the same ones. No strip has two hits in one event.
    pub(crate) fn draw(
        settings: &Settings,
        scene: &Scene<'_>,
        profile: &LumiProfile,
        file: usize,
    ) -> Self {
        let lumi_blocks: Vec<u32> = (0..)
            .zip(&profile.events)
            .flat_map(|(index, &events)| std::iter::repeat_n(index, as_index(events)))
            .collect();
        let wafers: Vec<WaferHash> = WaferHash::all().collect();
        let of_wafer = |&wafer: &WaferHash| {
            let mut counts = Counts(Vec::new());
            scene.draw(wafer, &mut counts);
            let rng = stream(settings.seed, Purpose::EventsOfHits, file, wafer.index());
            counts.into_events(profile, rng)
        };
        let by_wafer: Vec<Vec<(u32, u16)>> = wafers.par_iter().map(of_wafer).collect();

        let mut starts = vec![0; lumi_blocks.len() + 1];
        for &(event, _) in by_wafer.iter().flatten() {
            starts[event as usize + 1] += 1;
        }
        for event in 1..starts.len() {
            starts[event] += starts[event - 1];
        }
        let (mut next, mut hits) = (starts.clone(), vec![(0, 0); *starts.last().unwrap_or(&0)]);
        for (wafer, list) in (0_u16..).zip(by_wafer) {
            for (event, strip) in list {
                let place = &mut next[event as usize];
                hits[*place] = (wafer, strip);
                *place += 1;
            }
        }
        let order = order(lumi_blocks.len(), stream(settings.seed, Purpose::EventOrder, file, 0));
        Self { lumi_blocks, order, starts, hits }
    }

    /// Hits of one event: wafer hash and strip, ascending.
    pub(crate) fn of(&self, event: usize) -> &[(u16, u16)] {
        &self.hits[self.starts[event]..self.starts[event + 1]]
    }
}

/// Hits by strip and lumi block (index from 0), in order of drawing.
struct Counts(Vec<(u16, u32, u32)>);

impl Sink for Counts {
    fn add(&mut self, strip: usize, lumi_block: usize, _in_side: usize, count: u32) {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        self.0.push((u16::try_from(strip).unwrap_or(u16::MAX), number(lumi_block), count));
    }
}

impl Counts {
    /// Puts each hit into an event of its lumi block; gives events and strips, ascending. More hits of a strip than events
    /// cannot be.
    fn into_events(mut self, profile: &LumiProfile, mut rng: ChaCha8Rng) -> Vec<(u32, u16)> {
        self.0.sort_unstable();
        let first_events: Vec<usize> = profile
            .events
            .iter()
            .scan(0, |next, &events| Some(std::mem::replace(next, *next + as_index(events))))
            .collect();
        let mut hits = Vec::new();
        for same in self.0.chunk_by(|one, other| (one.0, one.1) == (other.0, other.1)) {
            let (strip, lumi_block, _) = same[0];
            let events = as_index(profile.events[lumi_block as usize]);
            let count = same.iter().map(|&(_, _, count)| count as usize).sum::<usize>().min(events);
            let first = first_events[lumi_block as usize];
            hits.extend(
                index::sample(&mut rng, events, count)
                    .into_iter()
                    .map(|event| (u32::try_from(first + event).unwrap_or(u32::MAX), strip)),
            );
        }
        hits.sort_unstable();
        hits
    }
}

fn as_index(events: u64) -> usize {
    usize::try_from(events).unwrap_or(usize::MAX)
}

/// All events, each at most [`DISORDER`] places away from its own.
fn order(events: usize, mut rng: ChaCha8Rng) -> Vec<u32> {
    let events = u32::try_from(events).unwrap_or(u32::MAX);
    let mut order: Vec<(u32, u32)> =
        (0..events).map(|event| (event + rng.random_range(0..DISORDER), event)).collect();
    order.sort_unstable();
    order.into_iter().map(|(_, event)| event).collect()
}

#[cfg(test)]
mod tests {
    use sct_id::Strip;

    use super::*;
    use crate::Detector;

    #[test]
    fn events_hold_the_hits_of_the_maps() {
        let settings = Settings { files: 4, events: 3000, ..Settings::small() };
        let detector = Detector::new(&settings).unwrap();
        let profile = LumiProfile::run(&settings).part(2, settings.files);
        let scene = Scene::new(&settings, &detector, &profile, 2);
        let events = EventHits::draw(&settings, &scene, &profile, 2);
        assert_eq!(events.lumi_blocks.len() as u64, profile.total());
        assert!(events.lumi_blocks.is_sorted());
        let mut counts = vec![0_u32; WaferHash::COUNT * Strip::PER_WAFER];
        for event in 0..events.lumi_blocks.len() {
            let hits = events.of(event);
            assert!(hits.is_sorted_by(|one, other| one < other), "a strip hit twice in an event");
            for &(wafer, strip) in hits {
                counts[usize::from(wafer) * Strip::PER_WAFER + usize::from(strip)] += 1;
            }
        }
        for wafer in WaferHash::all() {
            let drawn = scene.hits(wafer).strips;
            let placed = &counts[wafer.index() * Strip::PER_WAFER..][..Strip::PER_WAFER];
            // Only strips with more hits than a lumi block has events lose some.
            for (drawn, placed) in drawn.iter().zip(placed) {
                assert!(placed <= drawn && drawn - placed <= drawn / 10, "{drawn} {placed}");
            }
        }
        let mut order = events.order.clone();
        assert!((0..).zip(&order).all(|(place, &event)| event.abs_diff(place) <= DISORDER));
        order.sort_unstable();
        assert!(order.into_iter().eq(0..u32::try_from(events.lumi_blocks.len()).unwrap()));
    }
}
