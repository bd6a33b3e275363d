//! Where a histogram keeps what is summed, learned from one payload and used for others of the same form.

use std::ops::Range;

use super::{ContentsView, Places, View};
use crate::{
    Class, Stats,
    bytes::{BeSlice, Fault, Reader},
};

/// Bytes of the entries and the sums of one dimension.
const SUMS: usize = 5 * size_of::<f64>();
/// Bytes of the sums of a second dimension.
const SECOND_SUMS: usize = 3 * size_of::<f64>();

/// A payload that others are held against.
///
/// Files of one job have the same headers in all objects of a name. A payload that equals this one everywhere but in
/// entries, sums and contents reads the same way, so that these can be taken from their places at once: none of them
/// decides how the rest is read.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    class: Class,
    payload: Vec<u8>,
    places: Places,
    contents: Range<usize>,
}

/// What is summed of one histogram, in place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers<'a> {
    /// Number of fills.
    pub(crate) entries: f64,
    /// Sums over the fills.
    pub(crate) stats: Stats,
    /// Contents, as many as in the first payload.
    pub(crate) contents: ContentsView<'a>,
}

impl Layout {
    /// The layout of a payload that was parsed. Nothing for histograms with more to add: squared weights, profiles.
    pub(crate) fn of(view: &View<'_>, payload: &[u8]) -> Option<Self> {
        if view.profile.is_some() || !view.sumw2.is_empty() {
            return None;
        }
        let start = view.places.contents;
        let contents = start..start + view.contents.as_bytes().len();
        Some(Self { class: view.class, payload: payload.to_vec(), places: view.places, contents })
    }

    /// The numbers of another payload of the same class; nothing when it differs in anything else.
    pub(crate) fn numbers<'a>(&self, payload: &'a [u8]) -> Option<Numbers<'a>> {
        if payload.len() != self.payload.len() || !self.agrees(payload) {
            return None;
        }
        self.read(payload).ok()
    }

    /// Whether all bytes between what is summed are the same.
    fn agrees(&self, payload: &[u8]) -> bool {
        let mut from = 0;
        let Places { sums, second_sums, .. } = self.places;
        let second_sums = second_sums.map(|start| start..start + SECOND_SUMS);
        let summed = [Some(sums..sums + SUMS), second_sums, Some(self.contents.clone())];
        for Range { start, end } in summed.into_iter().flatten() {
            if payload[from..start] != self.payload[from..start] {
                return false;
            }
            from = end;
        }
        payload[from..] == self.payload[from..]
    }

    fn read<'a>(&self, payload: &'a [u8]) -> Result<Numbers<'a>, Fault> {
        let mut sums = Reader::new(&payload[self.places.sums..], 0);
        let entries = sums.f64()?;
        let mut stats = Stats {
            w: sums.f64()?,
            w2: sums.f64()?,
            wx: sums.f64()?,
            wx2: sums.f64()?,
            ..Stats::default()
        };
        if let Some(start) = self.places.second_sums {
            let mut sums = Reader::new(&payload[start..], 0);
            (stats.wy, stats.wy2, stats.wxy) = (sums.f64()?, sums.f64()?, sums.f64()?);
        }
        let bytes = &payload[self.contents.clone()];
        let contents = match self.class {
            Class::Th1I => ContentsView::I32(BeSlice::new(bytes)),
            Class::Th1F | Class::Th2F => ContentsView::F32(BeSlice::new(bytes)),
            _ => ContentsView::F64(BeSlice::new(bytes)),
        };
        Ok(Numbers { entries, stats, contents })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        encode::{Payload, put_histogram},
        model::{Axis, Contents, Histogram},
    };

    fn payload(histogram: &Histogram) -> Vec<u8> {
        let mut out = Payload::default();
        put_histogram(&mut out, histogram);
        out.into_bytes()
    }

    fn layout(histogram: &Histogram) -> Option<Layout> {
        let payload = payload(histogram);
        Layout::of(&View::parse(histogram.class, &payload, 0).unwrap(), &payload)
    }

    fn histogram(class: Class, value: i32) -> Histogram {
        let y = (class.dimensions() == 2).then(|| Axis::uniform(1, 2, 0.0, 2.0));
        let mut histogram = Histogram::new(class, "h", "t", Axis::uniform(0, 3, 0.0, 3.0), y);
        let v = f64::from(value);
        match &mut histogram.contents {
            Contents::I32(values) => values.fill(value),
            Contents::F32(values) => values.fill(value as f32),
            Contents::F64(values) => values.fill(v),
        }
        histogram.entries = v;
        histogram.stats =
            Stats { w: v, w2: v + 1.0, wx: v + 2.0, wx2: v + 3.0, ..Stats::default() };
        if class.dimensions() == 2 {
            histogram.stats.wy = v + 4.0;
            histogram.stats.wy2 = v + 5.0;
            histogram.stats.wxy = v + 6.0;
        }
        histogram
    }

    /// The short way reads what the long way reads.
    #[test]
    fn numbers_are_those_of_the_view() {
        for class in [Class::Th1I, Class::Th1F, Class::Th1D, Class::Th2F, Class::Th2D] {
            let other = payload(&histogram(class, 7));
            let view = View::parse(class, &other, 0).unwrap();
            let numbers = layout(&histogram(class, 3)).unwrap().numbers(&other).unwrap();
            assert_eq!(numbers.entries.to_bits(), view.entries().to_bits(), "{class}");
            assert_eq!(numbers.stats, view.stats(), "{class}");
            assert_eq!(numbers.contents.as_bytes(), view.contents().as_bytes(), "{class}");
            assert_eq!(numbers.contents.len(), view.contents().len(), "{class}");
        }
    }

    /// Every byte outside of the summed numbers counts.
    #[test]
    fn any_other_difference_is_noticed() {
        for class in [Class::Th1F, Class::Th2D] {
            let first = histogram(class, 3);
            let (layout, bytes) = (layout(&first).unwrap(), payload(&first));
            let summed =
                SUMS + if class == Class::Th2D { SECOND_SUMS } else { 0 } + layout.contents.len();
            let taken = (0..bytes.len()).filter(|&at| {
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                layout.numbers(&changed).is_some()
            });
            assert_eq!(taken.count(), summed, "{class}");
            assert!(layout.numbers(&bytes[1..]).is_none());
        }
    }

    #[test]
    fn what_has_more_to_add_goes_the_long_way() {
        assert!(layout(&histogram(Class::Profile, 3)).is_none());
        let mut weighted = histogram(Class::Th1F, 3);
        weighted.sumw2 = vec![3.0; 5];
        assert!(layout(&weighted).is_none());
    }
}
