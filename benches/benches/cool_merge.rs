//! A master with 2000 uploads of the whole detector: merging one more, and reading what is valid for one run.
//!
//! The master, 8.2 million objects, is made at the first start (some minutes, some GB) below `target` and used again.

use std::{
    hint::black_box,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use criterion::{Criterion, criterion_group, criterion_main};
use sct_conditions::{MONITORING, Row, monitoring_row};
use sct_cool::{
    Clock, Database, FolderContent, MergeOptions, Selection, StoreTarget, Writer, create_master,
    write_file,
};
use sct_id::{Iov, ModuleHash, RunNumber};
use sct_upload::Transfer;

const UPLOADS: u32 = 2000;
const FIRST: u32 = 300_000;

fn rows(run: u32) -> Vec<Row> {
    let iov = Iov::run(RunNumber::new(run).expect("a run of six digits"));
    ModuleHash::all()
        .map(|module| {
            let strip = (module.index() + run as usize) % 700;
            let list = format!(" {strip}  {}-{} ", strip + 10, strip + 12);
            monitoring_row(module, iov, 0.015, &list).expect("a short list")
        })
        .collect()
}

fn master() -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("master-{UPLOADS}.db"));
    if path.exists() {
        return path;
    }
    let making = path.with_extension("making");
    let _ = std::fs::remove_file(&making);
    create_master(&making, "CONDBR2").expect("a writable folder");
    let mut writer = Writer::open(&making, None, Clock::system()).expect("the new master");
    let tag = StoreTarget::Tag(MONITORING.tag.to_owned());
    for run in 0..UPLOADS {
        writer.store(MONITORING.path, &tag, &rows(FIRST + run)).expect("room on the disk");
    }
    drop(writer);
    std::fs::rename(&making, &path).expect("the same folder");
    path
}

fn merge(criterion: &mut Criterion) {
    let master = master();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let source = folder.path().join("mycool.db");
    let content = FolderContent {
        folder: MONITORING.folder(),
        tag: MONITORING.tag.to_owned(),
        rows: rows(FIRST + UPLOADS),
    };
    write_file(&source, "CONDBR2", &[content]).expect("room on the disk");
    let transfer = Transfer {
        source,
        source_instance: None,
        master: master.clone(),
        destination: None,
        options: MergeOptions::default(),
        who: "bench".to_owned(),
        comment: String::new(),
        backup: None,
        receipt: Some(folder.path().join("receipt.json")),
    };
    let mut group = criterion.benchmark_group("cool");
    group.sample_size(10);
    group.bench_function("merge 4088 channels into 2000 uploads", |bench| {
        bench.iter_custom(|rounds| {
            let mut total = Duration::ZERO;
            for _ in 0..rounds {
                let start = Instant::now();
                let done = transfer.run().expect("a merge that fits");
                total += start.elapsed();
                let receipt = done.receipt.expect("something new");
                let mut writer = Writer::open(&master, None, Clock::system()).expect("the master");
                writer.undo(&receipt).expect("a merge that was just done");
            }
            total
        });
    });
    group.finish();
}

fn reference(criterion: &mut Criterion) {
    let master = master();
    let mut group = criterion.benchmark_group("cool");
    group.sample_size(20);
    let at = Iov::run(RunNumber::new(FIRST + UPLOADS / 2).expect("a run of six digits")).since();
    group.bench_function("read one run of 2000 uploads", |bench| {
        bench.iter(|| {
            let database = Database::open(&master).expect("the master");
            let selection = Selection::tag(MONITORING.tag).at(at);
            let objects = database.objects(MONITORING.path, &selection).expect("a sound master");
            assert_eq!(objects.len(), ModuleHash::COUNT);
            black_box(objects)
        });
    });
    group.bench_function("last start of 2000 uploads", |bench| {
        let database = Database::open(&master).expect("the master");
        bench.iter(|| database.last_start(MONITORING.path, MONITORING.tag, black_box(at - 1)));
    });
    group.finish();
}

criterion_group!(benches, merge, reference);
criterion_main!(benches);
