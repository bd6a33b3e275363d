//! Histogram payloads in the class versions of ROOT 6.40. Source: `docs/formats/root.md`, "Histograms".

use super::Payload;
use crate::model::{Axis, Contents, Histogram, Profile};

/// Class versions that are written.
mod version {
    pub(super) const TATT_LINE: i16 = 2;
    pub(super) const TATT_FILL: i16 = 2;
    pub(super) const TATT_MARKER: i16 = 3;
    pub(super) const TATT_AXIS: i16 = 4;
    pub(super) const TAXIS: i16 = 10;
    pub(super) const TLIST: i16 = 5;
    pub(super) const TOBJ_STRING: i16 = 1;
    pub(super) const TH1: i16 = 8;
    pub(super) const TH1_ARRAY: i16 = 3;
    pub(super) const TH2: i16 = 5;
    pub(super) const TH2_ARRAY: i16 = 4;
    pub(super) const TPROFILE: i16 = 7;
    pub(super) const TPROFILE_2D: i16 = 8;
}

/// Appends the payload of one histogram.
///
/// Labels name their class each time instead of referring back, so a payload does not depend on the key before it.
pub(crate) fn put_histogram(out: &mut Payload, histogram: &Histogram) {
    let two_dimensional = histogram.class.dimensions() == 2;
    match &histogram.profile {
        None if two_dimensional => put_2d_array(out, histogram),
        None => put_1d_array(out, histogram),
        Some(profile) => {
            let version = if two_dimensional { version::TPROFILE_2D } else { version::TPROFILE };
            let mark = out.begin(version);
            if two_dimensional {
                put_2d_array(out, histogram);
            } else {
                put_1d_array(out, histogram);
            }
            put_profile(out, profile);
            out.end(mark);
        }
    }
}

/// `TH1F`, `TH1D` or `TH1I`.
fn put_1d_array(out: &mut Payload, histogram: &Histogram) {
    let mark = out.begin(version::TH1_ARRAY);
    put_base(out, histogram);
    put_contents(out, &histogram.contents);
    out.end(mark);
}

/// `TH2F` or `TH2D`.
fn put_2d_array(out: &mut Payload, histogram: &Histogram) {
    let mark = out.begin(version::TH2_ARRAY);
    let base = out.begin(version::TH2);
    put_base(out, histogram);
    out.f64(histogram.scale_factor);
    out.f64(histogram.stats.wy);
    out.f64(histogram.stats.wy2);
    out.f64(histogram.stats.wxy);
    out.end(base);
    put_contents(out, &histogram.contents);
    out.end(mark);
}

fn put_contents(out: &mut Payload, contents: &Contents) {
    match contents {
        Contents::I32(values) => out.array(values, i32::to_be_bytes),
        Contents::F32(values) => out.array(values, f32::to_be_bytes),
        Contents::F64(values) => out.array_f64(values),
    }
}

fn put_profile(out: &mut Payload, profile: &Profile) {
    out.array_f64(&profile.bin_entries);
    out.i32(profile.error_mode);
    out.f64(profile.low);
    out.f64(profile.high);
    out.f64(profile.sum_value);
    out.f64(profile.sum_value2);
    out.array_f64(&profile.bin_sumw2);
}

/// `TH1`: everything but the contents.
fn put_base(out: &mut Payload, histogram: &Histogram) {
    let mark = out.begin(version::TH1);
    out.named(&histogram.name, &histogram.title, 0);
    put_attributes(out, histogram);
    out.count(histogram.cells());
    put_axis(out, &histogram.x);
    put_axis(out, &histogram.y);
    put_axis(out, &histogram.z);
    out.i16(histogram.bar.0);
    out.i16(histogram.bar.1);
    out.f64(histogram.entries);
    out.f64(histogram.stats.w);
    out.f64(histogram.stats.w2);
    out.f64(histogram.stats.wx);
    out.f64(histogram.stats.wx2);
    out.f64(histogram.maximum_minimum.0);
    out.f64(histogram.maximum_minimum.1);
    out.f64(histogram.norm_factor);
    out.array_f64(&histogram.contour);
    out.array_f64(&histogram.sumw2);
    out.string(&histogram.option);
    put_empty_list(out);
    // No buffer of unbinned fills: its size and its flag.
    out.i32(0);
    out.u8(0);
    out.i32(histogram.bin_error_option);
    out.i32(histogram.statistics_overflow);
    out.end(mark);
}

/// `TAttLine`, `TAttFill` and `TAttMarker`.
fn put_attributes(out: &mut Payload, histogram: &Histogram) {
    let [line @ .., fill, fill_style, marker, marker_style] = histogram.style.numbers;
    let mark = out.begin(version::TATT_LINE);
    for number in line {
        out.i16(number);
    }
    out.end(mark);
    let mark = out.begin(version::TATT_FILL);
    out.i16(fill);
    out.i16(fill_style);
    out.end(mark);
    let mark = out.begin(version::TATT_MARKER);
    out.i16(marker);
    out.i16(marker_style);
    out.f32(histogram.style.marker_size);
    out.end(mark);
}

/// The list of attached functions, always empty.
fn put_empty_list(out: &mut Payload) {
    let mark = out.begin(version::TLIST);
    out.object_base(0, 0);
    out.string("");
    out.count(0);
    out.end(mark);
}

fn put_axis(out: &mut Payload, axis: &Axis) {
    let mark = out.begin(version::TAXIS);
    out.named(&axis.name, &axis.title, 0);
    put_axis_attributes(out, axis);
    out.count(axis.bins as usize);
    out.f64(axis.low);
    out.f64(axis.high);
    out.array_f64(&axis.edges);
    out.i32(axis.range.0);
    out.i32(axis.range.1);
    out.u16(axis.bits2);
    out.u8(axis.time_display);
    out.string(&axis.time_format);
    if axis.labels.is_empty() {
        out.null();
    } else {
        put_labels(out, &axis.labels);
    }
    // No modified labels.
    out.null();
    out.end(mark);
}

fn put_axis_attributes(out: &mut Payload, axis: &Axis) {
    let mark = out.begin(version::TATT_AXIS);
    let [axis_color, label_color, label_font, title_color, title_font] = axis.style.colors_fonts;
    out.i32(axis.style.divisions);
    for number in [axis_color, label_color, label_font] {
        out.i16(number);
    }
    for size in axis.style.sizes {
        out.f32(size);
    }
    out.i16(title_color);
    out.i16(title_font);
    out.end(mark);
}

/// Bin labels: a list of strings whose unique id is the bin.
fn put_labels(out: &mut Payload, labels: &[(u32, String)]) {
    let object = out.begin_object("THashList");
    let list = out.begin(version::TLIST);
    out.object_base(0, 0);
    out.string("");
    out.count(labels.len());
    for (bin, text) in labels {
        let object = out.begin_object("TObjString");
        let mark = out.begin(version::TOBJ_STRING);
        out.object_base(*bin, 0);
        out.string(text);
        out.end(mark);
        out.end(object);
        // Drawing option of the list element.
        out.string("");
    }
    out.end(list);
    out.end(object);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Class;

    fn length(histogram: &Histogram) -> usize {
        let mut out = Payload::default();
        put_histogram(&mut out, histogram);
        let count = u32::from_be_bytes(out.as_bytes()[..4].try_into().unwrap()) & 0x3FFF_FFFF;
        assert_eq!(count as usize + 4, out.len(), "outer count of {}", histogram.class);
        out.len()
    }

    fn empty(class: Class, bins: u32) -> Histogram {
        let x = Axis::uniform(0, bins, 0.0, 1.0);
        let y = (class.dimensions() == 2).then(|| Axis::uniform(1, 4, 0.0, 1.0));
        Histogram::new(class, "h", "", x, y)
    }

    /// Bytes per further x bin: the contents, and for profiles the sums of squares and the entries.
    #[test]
    fn each_cell_takes_the_size_of_its_class() {
        let check = |class, expected| {
            assert_eq!(length(&empty(class, 8)) - length(&empty(class, 7)), expected, "{class}");
        };
        check(Class::Th1I, 4);
        check(Class::Th1F, 4);
        check(Class::Th1D, 8);
        check(Class::Th2F, 6 * 4);
        check(Class::Th2D, 6 * 8);
        check(Class::Profile, 3 * 8);
        check(Class::Profile2D, 6 * 3 * 8);
    }

    #[test]
    fn labels_take_their_text_and_a_fixed_part() {
        let mut histogram = empty(Class::Th1F, 3);
        histogram.x.labels = vec![(1, "a".to_owned())];
        let one = length(&histogram);
        histogram.x.labels.push((2, "bcd".to_owned()));
        // Object count, tag, class name, block header, object base, text and element option.
        assert_eq!(length(&histogram) - one, 4 + 4 + 11 + 6 + 10 + 4 + 1);
    }
}
