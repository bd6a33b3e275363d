use std::{fs, path::PathBuf};

use proptest::prelude::*;
use sct_roothist::{Axis, Class, Contents, Histogram, RootFile};

use crate::samples::{merged, write};

const CELLS: usize = 4 + 2;

/// One input: a factor for each of a few histograms, or none where the input lacks it.
type Input = Vec<Option<[i16; CELLS]>>;

fn histogram(class: Class, name: &str, cells: &[i16; CELLS]) -> Histogram {
    let mut histogram = Histogram::new(class, name, "t", Axis::uniform(0, 4, 0.0, 1.0), None);
    histogram.contents = match class {
        Class::Th1I => Contents::I32(cells.map(i32::from).to_vec()),
        Class::Th1F => Contents::F32(cells.map(f32::from).to_vec()),
        _ => Contents::F64(cells.map(f64::from).to_vec()),
    };
    histogram.entries = cells.iter().copied().map(f64::from).sum();
    histogram
}

/// Class of the histogram of this number.
fn class(number: usize) -> Class {
    [Class::Th1I, Class::Th1F, Class::Th1D][number % 3]
}

fn name(number: usize) -> String {
    format!("h{number}")
}

fn write_input(folder: &tempfile::TempDir, number: usize, input: &Input) -> PathBuf {
    let names: Vec<_> = (0..input.len()).map(name).collect();
    let present = input.iter().enumerate().filter_map(|(at, cells)| {
        let cells = cells.as_ref()?;
        Some((["", "d", "d/e"][at % 3], histogram(class(at), &names[at], cells)))
    });
    write(&folder.path().join(format!("in{number}.root")), present)
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let cells = prop::array::uniform6(-1000_i16..1000);
    let input = prop::collection::vec(prop::option::weighted(0.8, cells), 7);
    prop::collection::vec(input, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn merging_sums_cell_by_cell_in_any_order(inputs in inputs()) {
        let folder = tempfile::tempdir().unwrap();
        let mut paths: Vec<_> =
            inputs.iter().enumerate().map(|(at, input)| write_input(&folder, at, input)).collect();
        let output = folder.path().join("out.root");
        let report = merged(&paths, &output).unwrap();
        let file = RootFile::open(&output).unwrap();
        for at in 0..7 {
            let present: Vec<_> = inputs.iter().filter_map(|input| input[at].as_ref()).collect();
            let path = format!("{}/{}", ["", "d", "d/e"][at % 3], name(at));
            let sum = file.find(&path).map(|key| file.read(&key).unwrap());
            prop_assert_eq!(sum.is_some(), !present.is_empty());
            let Some(sum) = sum else { continue };
            for cell in 0..CELLS {
                let expected: i32 = present.iter().map(|cells| i32::from(cells[cell])).sum();
                prop_assert_eq!(sum.contents.get(cell), Some(f64::from(expected)));
            }
        }
        let bytes = fs::read(&output).unwrap();
        prop_assert_eq!(merged(&paths, &output).unwrap().digest, report.digest);
        prop_assert_eq!(&fs::read(&output).unwrap(), &bytes, "equal inputs, other bytes");
        paths.reverse();
        prop_assert_eq!(merged(&paths, &output).unwrap().digest, report.digest);
    }

    #[test]
    fn merging_in_two_steps_is_merging_at_once(inputs in inputs(), cut in 0_usize..4) {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<_> =
            inputs.iter().enumerate().map(|(at, input)| write_input(&folder, at, input)).collect();
        let (first, second) = paths.split_at(cut.min(paths.len() - 1));
        let at_once = merged(&paths, &folder.path().join("at-once.root")).unwrap();
        let part = folder.path().join("part.root");
        merged(second, &part).unwrap();
        let steps = [first, &[part]].concat();
        let in_steps = merged(&steps, &folder.path().join("in-steps.root")).unwrap();
        prop_assert_eq!(at_once.digest, in_steps.digest);
    }
}

#[test]
fn threads_do_not_change_the_result() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<_> = (0..1500).map(name).collect();
    let inputs = [1, 2].map(|factor| {
        let cells = [1, 2, 3, 4, 5, 6].map(|cell: i16| cell * factor);
        let histograms = names.iter().map(|name| ("d", histogram(Class::Th1F, name, &cells)));
        write(&folder.path().join(factor.to_string()), histograms)
    });
    let bytes = [1, 3].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let output = folder.path().join("out.root");
        pool.install(|| merged(&inputs, &output)).unwrap();
        fs::read(&output).unwrap()
    });
    assert!(bytes[0] == bytes[1]);
}
