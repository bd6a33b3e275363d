//! Databases of one run: a row for every wafer, laid down as a whole and stored one by one; and a HIST file simulated.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use criterion::{Criterion, criterion_group, criterion_main};
use sct_conditions::{NOISE_OCCUPANCY, noise_occupancy_row};
use sct_cool::{Clock, FolderContent, StoreTarget, Writer, write_file};
use sct_id::{Iov, RunNumber, WaferHash};
use sct_sim::{HistSettings, simulate_hist};

fn cool(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let (path, run) = (folder.path().join("mycool.db"), RunNumber::new(440_199).unwrap());
    let row = |wafer: WaferHash| {
        let occupancy = 1e-5 * (1.0 + wafer.index() as f32 / 8176.0);
        noise_occupancy_row(wafer, Iov::run(run), occupancy).unwrap()
    };
    let (description, tag) = (NOISE_OCCUPANCY.folder(), NOISE_OCCUPANCY.tag.to_owned());
    let content =
        FolderContent { folder: description, tag, rows: WaferHash::all().map(row).collect() };
    let mut group = criterion.benchmark_group("database of 8176 wafers");
    group.sample_size(20);
    group.bench_function("as a whole", |bencher| {
        bencher.iter(|| write_file(&path, "CONDBR2", std::slice::from_ref(&content)).unwrap());
    });
    group.bench_function("row by row", |bencher| {
        bencher.iter(|| {
            let _ = std::fs::remove_file(&path);
            let mut writer = Writer::create(&path, "CONDBR2", Clock::fixed(0)).unwrap();
            writer.create_folder(&content.folder).unwrap();
            let target = StoreTarget::Tag(content.tag.clone());
            writer.store(&content.folder.path, &target, &content.rows).unwrap();
        });
    });
    group.finish();
    let mut group = criterion.benchmark_group("HIST file simulated");
    group.sample_size(10);
    let settings = HistSettings::new(run, 200_000, 1);
    group.bench_function("Run 3", |bencher| {
        bencher.iter(|| simulate_hist(&settings, &folder.path().join("HIST.root")).unwrap());
    });
    group.finish();
}

criterion_group!(benches, cool);
criterion_main!(benches);
