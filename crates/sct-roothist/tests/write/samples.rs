//! Histograms to write.

use sct_roothist::{Axis, Class, Contents, Histogram, Stats};

/// A histogram of a class in which every cell and every sum has its own value.
pub(crate) fn filled(class: Class, name: &str) -> Histogram {
    let x = Axis { title: "strip".to_owned(), ..Axis::uniform(0, 40, -0.5, 39.5) };
    let edges = vec![0.0, 1.0, 2.5, 10.0];
    let y = Axis { edges, ..Axis::uniform(1, 3, 0.0, 10.0) };
    let y = (class.dimensions() == 2).then_some(y);
    let mut histogram = Histogram::new(class, name, "a title", x, y);
    let cells = histogram.cells();
    let count = |factor: u32| (0..cells).map(move |cell| f64::from(factor) * (cell as f64));
    match &mut histogram.contents {
        Contents::I32(values) => {
            values.iter_mut().zip(0..).for_each(|(value, cell)| *value = 2 * cell);
        }
        Contents::F32(values) => {
            values.iter_mut().zip(0_u16..).for_each(|(value, cell)| *value = 2.0 * f32::from(cell));
        }
        Contents::F64(values) => *values = count(2).collect(),
    }
    if let Some(profile) = &mut histogram.profile {
        histogram.sumw2 = count(4).collect();
        profile.bin_entries = count(1).collect();
        profile.sum_value = 11.0;
        profile.sum_value2 = 121.0;
    }
    histogram.entries = 12.0;
    histogram.stats = Stats { w: 1.0, w2: 2.0, wx: 3.0, wx2: 4.0, ..Stats::default() };
    if class.dimensions() == 2 {
        histogram.stats = Stats { wy: 5.0, wy2: 6.0, wxy: 7.0, ..histogram.stats };
    }
    histogram
}

/// A histogram whose first bins have labels.
pub(crate) fn labelled(name: &str) -> Histogram {
    let mut histogram = filled(Class::Th1F, name);
    let text = ["preamble", "formatter", ""];
    histogram.x.labels = (1..).zip(text.map(str::to_owned)).collect();
    histogram
}
