use proptest::prelude::*;
use sct_roothist::{
    Axis, Class, Compression, Contents, Encoder, FileWriter, Histogram, LineStyle, Profile,
    RootFile, Stats, WriteOptions,
};

/// Any double that equals itself: a NaN would not be found equal.
fn double() -> impl Strategy<Value = f64> {
    prop::num::f64::ANY.prop_filter("a number", |value| !value.is_nan())
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![8 => "[ -~µα]{0,12}", 1 => "x{250,260}"]
}

fn axis(dimension: usize) -> impl Strategy<Value = Axis> {
    let labels = prop::collection::vec((1..9_u32, text()), 0..4);
    let ranges = (any::<(i32, i32)>(), any::<u16>(), any::<u8>());
    (1..9_u32, double(), double(), any::<bool>(), text(), text(), labels, ranges).prop_map(
        move |(bins, low, high, has_edges, title, time_format, labels, ranges)| {
            let edges = (0..=bins).map(|edge| low + f64::from(edge)).collect();
            let (range, bits2, time_display) = ranges;
            Axis {
                title,
                labels,
                range,
                bits2,
                time_display,
                time_format,
                edges: if has_edges { edges } else { Vec::new() },
                ..Axis::uniform(dimension, bins, low, high)
            }
        },
    )
}

fn cells(count: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(double(), count)
}

fn contents(class: Class, count: usize) -> BoxedStrategy<Contents> {
    let single = prop::num::f32::NORMAL | prop::num::f32::ZERO | prop::num::f32::INFINITE;
    match class {
        Class::Th1I => prop::collection::vec(any::<i32>(), count).prop_map(Contents::I32).boxed(),
        Class::Th1F | Class::Th2F => {
            prop::collection::vec(single, count).prop_map(Contents::F32).boxed()
        }
        _ => cells(count).prop_map(Contents::F64).boxed(),
    }
}

fn profile(count: usize) -> impl Strategy<Value = Profile> {
    let squares = prop_oneof![Just(Vec::new()), cells(count)];
    (cells(count), any::<i32>(), prop::array::uniform4(double()), squares).prop_map(
        |(bin_entries, error_mode, [low, high, sum_value, sum_value2], bin_sumw2)| Profile {
            bin_entries,
            error_mode,
            low,
            high,
            sum_value,
            sum_value2,
            bin_sumw2,
        },
    )
}

/// Puts arbitrary values into every field of an empty histogram.
fn filled(empty: Histogram) -> impl Strategy<Value = Histogram> {
    let (class, count) = (empty.class, empty.cells());
    let sumw2 = if class.is_profile() {
        cells(count).boxed()
    } else {
        prop_oneof![Just(Vec::new()), cells(count)].boxed()
    };
    let profile = profile(count).prop_map(move |profile| class.is_profile().then_some(profile));
    let doubles = prop::array::uniform12(double());
    let numbers = (prop::array::uniform9(any::<i16>()), any::<(i32, i32)>());
    let contour = prop::collection::vec(double(), 0..3);
    let parts = (contents(class, count), sumw2, profile, doubles, numbers, contour, text());
    (parts, axis(2)).prop_map(
        move |((contents, sumw2, profile, doubles, numbers, contour, option), z)| {
            let [entries, w, w2, wx, wx2, wy, wy2, wxy, maximum, minimum, norm, scale] = doubles;
            let ([bar, width, style @ ..], (bin_error_option, statistics_overflow)) = numbers;
            let two = class.dimensions() == 2;
            // Sums over y exist in two dimensions only.
            let stats = Stats { w, w2, wx, wx2, ..Stats::default() };
            let stats = if two { Stats { wy, wy2, wxy, ..stats } } else { stats };
            Histogram {
                z,
                entries,
                stats,
                contents,
                sumw2,
                profile,
                scale_factor: if two { scale } else { 1.0 },
                maximum_minimum: (maximum, minimum),
                norm_factor: norm,
                contour,
                option,
                bar: (bar, width),
                bin_error_option,
                statistics_overflow,
                style: LineStyle { numbers: style, marker_size: 0.5 },
                ..empty.clone()
            }
        },
    )
}

fn histogram() -> impl Strategy<Value = Histogram> {
    (prop::sample::select(&Class::ALL), text(), text(), axis(0), axis(1)).prop_flat_map(
        |(class, name, title, x, y)| {
            let y = (class.dimensions() == 2).then_some(y);
            filled(Histogram::new(class, &format!("h{name}"), &title, x, y))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_is_read(
        histogram in histogram(),
        directory in "(/?[a-z]{1,3}){0,3}",
        level in 0..10_u8,
        large_after in prop_oneof![Just(WriteOptions::LARGE_AFTER), 0..2_000_u64],
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.root");
        let compression = if level == 0 { Compression::Stored } else { Compression::Zlib(level) };
        let options = WriteOptions { compression, large_after, ..WriteOptions::default() };
        let mut writer = FileWriter::create(&path, options).unwrap();
        writer.directory(&directory).unwrap().write(&histogram).unwrap();
        let summary = writer.finish().unwrap();
        let file = RootFile::open(&path).unwrap();
        prop_assert_eq!((summary.objects, summary.file_bytes), (1, file.length()));
        let key = file.keys().next().unwrap();
        prop_assert_eq!(key.name(), &histogram.name);
        prop_assert_eq!(key.title(), &histogram.title);
        prop_assert_eq!(key.directory(), directory.trim_start_matches('/'));
        prop_assert_eq!(file.read(&key).unwrap(), histogram);
    }
}

#[test]
fn many_objects_are_found_by_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.root");
    let make = |index: usize| {
        let mut histogram = crate::samples::filled(Class::Th1F, &format!("h{index}"));
        histogram.entries = index as f64;
        histogram
    };
    let mut writer = FileWriter::create(&path, WriteOptions::default()).unwrap();
    writer.write_indexed("a/b", 700, make).unwrap();
    writer.write_indexed("c", 700, make).unwrap();
    writer.finish().unwrap();
    let file = RootFile::open(&path).unwrap();
    assert_eq!(file.keys().count(), 1400);
    for index in (0..700).step_by(37) {
        assert_eq!(file.histogram(&format!("a/b/h{index}")).unwrap(), make(index));
        assert_eq!(file.histogram(&format!("c/h{index}")).unwrap(), make(index));
    }
}

#[test]
fn payloads_of_several_blocks_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.root");
    let axis = |dimension| Axis::uniform(dimension, 2_000, 0.0, 1.0);
    let mut histogram = Histogram::new(Class::Th2D, "large", "", axis(0), Some(axis(1)));
    let values = (0..histogram.cells()).map(|cell| (cell / 100) as f64).collect();
    histogram.contents = Contents::F64(values);
    let encoded = Encoder::new(Compression::default()).encode(&histogram).unwrap();
    let most_of_a_block = 0x00FF_FFFF;
    assert!(encoded.unpacked_length > most_of_a_block && encoded.payload.len() < most_of_a_block);
    let mut writer = FileWriter::create(&path, WriteOptions::default()).unwrap();
    writer.write_encoded(encoded).unwrap();
    writer.finish().unwrap();
    assert!(RootFile::open(&path).unwrap().histogram("large").unwrap() == histogram);
}
