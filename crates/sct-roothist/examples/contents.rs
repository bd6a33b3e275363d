//! Lists every histogram of a ROOT file: path, class, entries and the sum of its contents.
#![expect(clippy::print_stdout, reason = "an example prints")]

use sct_roothist::{ContentsView, Error, RootFile, Scratch};

fn main() -> Result<(), Error> {
    let mut scratch = Scratch::default();
    for path in std::env::args().skip(1) {
        let file = RootFile::open(path)?;
        for key in file.keys().filter(|key| key.class().is_some()) {
            let view = file.view(&key, &mut scratch)?;
            let sum: f64 = match view.contents() {
                ContentsView::I32(values) => values.iter().map(f64::from).sum(),
                ContentsView::F32(values) => values.iter().map(f64::from).sum(),
                ContentsView::F64(values) => values.iter().sum(),
            };
            println!("{}\t{}\t{}\t{sum}", key.path(), key.class_name(), view.entries());
        }
    }
    Ok(())
}
