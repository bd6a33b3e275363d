//! A master with 2000 uploads of the whole detector: merging one more, and reading what is valid for one run.
//!
//! The master, 8.2 million objects, is made at the first start (a minute or two, some GB) below `target` and used again.

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
use sct_ledger::sql;
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

/// The first upload is stored as always. The others are made of it row by row in one go, with the numbers and lists that storing
/// them one after the other gives; indices are made at the end.
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
    writer.store(MONITORING.path, &tag, &rows(FIRST)).expect("room on the disk");
    drop(writer);
    repeat(&making).expect("room on the disk");
    let database = Database::open(&making).expect("the new master");
    let last = Iov::run(RunNumber::new(FIRST + UPLOADS - 1).expect("a run of six digits")).since();
    let selection = Selection::tag(MONITORING.tag).at(last);
    let objects = database.objects(MONITORING.path, &selection).expect("a sound master");
    let found: Vec<Row> = objects.into_iter().map(|object| object.row).collect();
    let mut expected = rows(FIRST + UPLOADS - 1);
    expected.sort_by_key(|row| row.channel);
    assert!(found == expected, "the last upload is as it would be stored");
    std::fs::rename(&making, &path).expect("the same folder");
    path
}

fn repeat(path: &Path) -> sql::Result<()> {
    let rows = sql::Connection::open(path)?;
    let node = "SELECT FOLDER_IOVTABLENAME FROM CONDBR2_NODES WHERE NODE_FULLPATH = ?1";
    let iovs: String = rows.query_row(node, [MONITORING.path], |row| row.get(0))?;
    let (stem, modules) = (iovs.trim_end_matches("IOVS"), ModuleHash::COUNT);
    rows.execute_batch(
        "PRAGMA foreign_keys=OFF; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN",
    )?;
    let indices: Vec<(String, String)> = rows
        .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?1 AND sql NOT NULL ORDER BY rowid")?
        .query_map([&iovs], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (name, _) in &indices {
        rows.execute_batch(&format!("DROP INDEX \"{name}\""))?;
    }
    // Numbers are taken six at a time for each object.
    let ids = 6 * modules;
    let mut objects = rows.prepare(&format!(
        "INSERT INTO {iovs} SELECT OBJECT_ID + ?1 * {ids}, CHANNEL_ID, IOV_SINCE + (?1 << 32), IOV_UNTIL + (?1 << 32), USER_TAG_ID, \
         SYS_INSTIME, LASTMOD_DATE, ORIGINAL_ID, NEW_HEAD_ID, PAYLOAD_ID + ?1 * {modules} FROM {iovs} ORDER BY OBJECT_ID LIMIT {modules}"
    ))?;
    let strip = format!("((PAYLOAD_ID - 1 + {FIRST} + ?1) % 700)");
    let mut payloads = rows.prepare(&format!(
        "INSERT INTO {stem}PAYLOAD SELECT PAYLOAD_ID + ?1 * {modules}, P_SYS_INSTIME, SampleSize, BarrelEndcap, Layer, Eta, Phi, \
         DefectType, Threshold, ' ' || {strip} || '  ' || ({strip} + 10) || '-' || ({strip} + 12) || ' ' FROM {stem}PAYLOAD ORDER BY \
         PAYLOAD_ID LIMIT {modules}"
    ))?;
    for upload in 1..UPLOADS {
        payloads.execute([upload])?;
        objects.execute([upload])?;
    }
    drop((objects, payloads));
    for (_, sql) in &indices {
        rows.execute_batch(sql)?;
    }
    let more = UPLOADS - 1;
    rows.execute_batch(&format!(
        "UPDATE {iovs}_SEQ SET CURRENT_VALUE = CURRENT_VALUE + {more} * {ids}; UPDATE {stem}PAYLOAD_SEQ SET CURRENT_VALUE = \
         CURRENT_VALUE + {more} * {modules}; UPDATE {stem}CHANNELS SET LAST_OBJECT_ID = LAST_OBJECT_ID + {more} * {ids}; COMMIT"
    ))
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
