//! Files merged into a master, taken back, compared and verified.

use std::{fs, path::PathBuf, sync::LazyLock};

use proptest::prelude::*;
use rusqlite::{Connection, types::Value as Cell};
use sct_conditions::{ChannelId, Folder, FolderDescription, MONITORING, Row, Value, Versioning};
use sct_cool::{
    Clock, Database, FolderContent, LockStatus, MergeError, MergeOptions, Merged, Provenance,
    Receipt, Refusal, Selection, State, StoreTarget, Writer, create_master, plan, verify,
    write_file,
};
use sct_id::{Iov, RunNumber};
use tempfile::TempDir;

use crate::row;

const TAG: &str = MONITORING.tag;

pub(crate) struct World {
    folder: TempDir,
}

fn iov(run: u32) -> Iov {
    Iov::run(RunNumber::new(run).unwrap())
}

pub(crate) fn rows(run: u32, lists: &[(u32, &str)]) -> Vec<Row> {
    let (since, until) = (iov(run).since(), iov(run).until());
    lists.iter().map(|(channel, list)| row(*channel, since, until, list)).collect()
}

impl World {
    /// A master with the folders of the loop and the tag of noisy strips, which has one upload.
    pub(crate) fn new() -> Self {
        static MADE: LazyLock<Vec<u8>> = LazyLock::new(|| {
            let world = World { folder: tempfile::tempdir().unwrap() };
            create_master(&world.master(), "CONDBR2").unwrap();
            let mut writer = world.writer();
            let target = StoreTarget::Tag(TAG.to_owned());
            writer.store(MONITORING.path, &target, &rows(100, &[(1, " 5 "), (2, " 7 ")])).unwrap();
            drop(writer);
            fs::read(world.master()).unwrap()
        });
        let world = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(world.master(), &*MADE).unwrap();
        world
    }

    pub(crate) fn master(&self) -> PathBuf {
        self.folder.path().join("master.db")
    }

    fn writer(&self) -> Writer {
        Writer::open(&self.master(), None, Clock::fixed(0)).unwrap()
    }

    pub(crate) fn source(&self, rows: Vec<Row>) -> Database {
        self.source_of(MONITORING.folder(), TAG, rows)
    }

    fn source_of(&self, folder: Folder, tag: &str, rows: Vec<Row>) -> Database {
        let path = self.folder.path().join("mycool.db");
        let _ = fs::remove_file(&path);
        write_file(&path, "CONDBR2", &[FolderContent { folder, tag: tag.to_owned(), rows }])
            .unwrap();
        Database::open(&path).unwrap()
    }

    fn merge(&self, source: &Database, options: &MergeOptions) -> Result<Merged, MergeError> {
        self.writer().merge(source, options, &Provenance::default(), |_| Ok(()))
    }

    fn refusal(&self, source: &Database, options: &MergeOptions) -> String {
        let before = self.tables();
        let planned = plan(source, &Database::open(&self.master()).unwrap(), options).unwrap_err();
        let error = self.merge(source, options).unwrap_err();
        assert_eq!(planned.to_string(), error.to_string());
        assert!(matches!(error, MergeError::Refused(_)), "{error}");
        assert_eq!(self.tables(), before, "a refused merge changes nothing");
        error.to_string()
    }

    /// Every cell of every table.
    fn tables(&self) -> Vec<(String, Vec<Vec<Cell>>)> {
        let raw = Connection::open(self.master()).unwrap();
        let mut names = raw
            .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            .unwrap();
        let names: Vec<String> =
            names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let table = |name: String| {
            let mut statement =
                raw.prepare(&format!("SELECT * FROM \"{name}\" ORDER BY 1, 2")).unwrap();
            let count = statement.column_count();
            let rows = statement
                .query_map([], |row| (0..count).map(|index| row.get::<_, Cell>(index)).collect())
                .unwrap()
                .map(Result::unwrap)
                .collect();
            (name, rows)
        };
        names.into_iter().map(table).collect()
    }

    fn list_at(&self, channel: u32, key: u64) -> Option<String> {
        let database = Database::open(&self.master()).unwrap();
        let objects = database.objects(MONITORING.path, &Selection::tag(TAG).at(key)).unwrap();
        let object = objects.into_iter().find(|object| object.row.channel == ChannelId(channel))?;
        match &object.row.payload[7] {
            Value::Text(text) => Some(text.clone()),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn assert_sound(&self) {
        assert_eq!(verify(&self.master()).unwrap(), []);
    }
}

fn strict() -> MergeOptions {
    MergeOptions::default()
}

#[test]
fn a_run_is_merged_once_and_taken_back() {
    let world = World::new();
    let before = world.tables();
    let source = world.source(rows(101, &[(1, " 5-6 "), (3, " 8 ")]));
    let done = world.merge(&source, &strict()).unwrap();
    let receipt = done.receipt.unwrap();
    assert_eq!(world.list_at(1, iov(101).since()).unwrap(), " 5-6 ");
    assert_eq!((receipt.alteration().objects, receipt.alteration().hidden), (2, 0));
    assert!(Database::open(&world.master()).unwrap().holds(&receipt).unwrap());
    world.assert_sound();

    let after = world.tables();
    let again = world.merge(&source, &strict()).unwrap();
    assert_eq!(again.receipt, None, "the same content again is nothing to do");
    assert!(again.plan.folders[0].changes.iter().all(|change| change.state == State::Identical));
    assert_eq!(world.tables(), after);

    let read = Receipt::parse(&receipt.to_json()).unwrap();
    assert_eq!(read, receipt);
    world.writer().undo(&read).unwrap();
    assert_eq!(world.tables(), before, "undo restores every table");
    assert!(!Database::open(&world.master()).unwrap().holds(&receipt).unwrap());
    let twice = world.writer().undo(&read).unwrap_err();
    assert!(twice.to_string().contains("does not hold"), "{twice}");
    world.assert_sound();
}

#[test]
fn open_intervals_are_cut_and_restored() {
    let world = World::new();
    let open = |run, list| vec![row(1, iov(run).since(), Iov::INFINITY, list)];
    world.merge(&world.source(open(101, " 1 ")), &strict()).unwrap();
    let before = world.tables();
    let receipt = world.merge(&world.source(open(103, " 2 ")), &strict()).unwrap().receipt.unwrap();
    assert_eq!(receipt.folders[0].hidden.len(), 1);
    assert_eq!(receipt.alteration().remainders, 1);
    assert_eq!(world.list_at(1, iov(102).since()).unwrap(), " 1 ");
    world.assert_sound();
    // The first upload again: it is there, only its end was cut since.
    let again = world.merge(&world.source(open(101, " 1 ")), &strict()).unwrap();
    assert_eq!((again.receipt, again.plan.folders[0].changes[0].state), (None, State::Overtaken));
    // Something for a run in between would hide the later upload.
    let text = world.refusal(&world.source(open(102, " 3 ")), &strict());
    assert!(text.contains("later content lies inside the intervals of run 102"), "{text}");
    world.writer().undo(&receipt).unwrap();
    assert_eq!(world.tables(), before);
}

#[test]
fn an_upload_below_another_is_not_undone() {
    let world = World::new();
    let first =
        world.merge(&world.source(rows(101, &[(1, " 1 ")])), &strict()).unwrap().receipt.unwrap();
    let other = MergeOptions { replace: true, ..strict() };
    let second =
        world.merge(&world.source(rows(101, &[(1, " 2 ")])), &other).unwrap().receipt.unwrap();
    let error = world.writer().undo(&first).unwrap_err();
    assert!(error.to_string().contains("undo that upload first"), "{error}");
    let third =
        world.merge(&world.source(rows(102, &[(1, " 3 "), (9, " 1 ")])), &strict()).unwrap();
    // Later uploads of other runs stay, with the numbers they were given.
    world.writer().undo(&second).unwrap();
    world.writer().undo(&first).unwrap();
    assert_eq!(world.list_at(1, iov(101).since()), None);
    assert_eq!(world.list_at(9, iov(102).since()).unwrap(), " 1 ");
    world.assert_sound();
    world.writer().undo(&third.receipt.unwrap()).unwrap();
    world.assert_sound();
}

#[test]
fn other_content_for_the_same_run_needs_replace() {
    let world = World::new();
    let source = world.source(rows(100, &[(1, " 5 "), (2, " 9 ")]));
    let text = world.refusal(&source, &strict());
    assert!(
        text.contains("run 100 is there already with other content (1 of 2 objects differ)"),
        "{text}"
    );
    let more = world.source(rows(100, &[(1, " 5 "), (3, " 9 ")]));
    assert!(world.refusal(&more, &strict()).contains("1 of 2"));
    let source = world.source(rows(100, &[(1, " 5 "), (2, " 9 ")]));
    let done = world.merge(&source, &MergeOptions { replace: true, ..strict() }).unwrap();
    let receipt = done.receipt.unwrap();
    assert_eq!((receipt.alteration().objects, receipt.folders[0].skipped), (1, 1));
    assert_eq!(world.list_at(2, iov(100).since()).unwrap(), " 9 ");
    world.assert_sound();
}

#[test]
fn what_does_not_fit_is_refused() {
    let world = World::new();
    let list = || rows(101, &[(1, " 5 ")]);
    let other = Folder { path: "/SCT/Derived/Other".to_owned(), ..MONITORING.folder() };
    let text = world.refusal(&world.source_of(other.clone(), TAG, list()), &strict());
    assert!(text.contains("the master has no folder /SCT/Derived/Other"), "{text}");
    let columns = Folder {
        payload: MONITORING.payload.replace("Threshold:Float", "Threshold:Double").parse().unwrap(),
        ..MONITORING.folder()
    };
    let text = world.refusal(&world.source_of(columns, TAG, list()), &strict());
    assert!(text.contains("the payload specification is SampleSize:Int32"), "{text}");
    let described =
        Folder { description: FolderDescription::TIME_LIST.to_string(), ..MONITORING.folder() };
    let source = world.source_of(described, TAG, list());
    assert!(world.refusal(&source, &strict()).contains("the description is <timeStamp>time"));
    let single = Folder { versioning: Versioning::Single, ..MONITORING.folder() };
    assert!(
        world
            .refusal(&world.source_of(single, "", list()), &strict())
            .contains("no multi-version folder")
    );
    assert!(
        world
            .refusal(&world.source_of(MONITORING.folder(), "", list()), &strict())
            .contains("nothing to merge")
    );
    let text = world.refusal(
        &world.source_of(MONITORING.folder(), "SctDerivedMonitoring-RUN2-UPD4-006", list()),
        &strict(),
    );
    assert!(text.contains("has no tag 'SctDerivedMonitoring-RUN2-UPD4-006', it has SctDerivedMonitoring-RUN2-UPD4-005"), "{text}");
    let wanted = MergeOptions { folders: vec!["/X".to_owned()], ..strict() };
    assert!(world.refusal(&world.source(list()), &wanted).contains("the source has no folder /X"));
    let wanted = MergeOptions { tags: vec!["T".to_owned()], ..strict() };
    assert!(world.refusal(&world.source(list()), &wanted).contains("no visible object"));
    // What the options allow.
    let allowed = MergeOptions {
        ignore_description: true,
        create_tags: true,
        create_folders: true,
        ..strict()
    };
    let described =
        Folder { description: FolderDescription::TIME_LIST.to_string(), ..MONITORING.folder() };
    let before = world.tables();
    let done = world.merge(&world.source_of(described, "NEW", list()), &allowed).unwrap();
    assert_eq!(done.plan.warnings.len(), 2, "{:?}", done.plan.warnings);
    world.assert_sound();
    world.writer().undo(&done.receipt.unwrap()).unwrap();
    assert_eq!(world.tables(), before, "a tag made by a merge goes with it");
    world.merge(&world.source_of(other, "OTHER", list()), &allowed).unwrap();
    world.assert_sound();
}

#[test]
fn locked_tags_and_update_modes_protect() {
    let world = World::new();
    let source = world.source(rows(101, &[(1, " 5 ")]));
    world.writer().set_lock(MONITORING.path, TAG, LockStatus::Locked).unwrap();
    assert!(world.refusal(&source, &strict()).contains("is locked"));
    let append = MergeOptions { append_locked: true, ..strict() };
    world.merge(&source, &append).unwrap();
    let database = Database::open(&world.master()).unwrap();
    let node = database.folder(MONITORING.path).unwrap();
    assert_eq!(database.tags(node).unwrap()[0].lock, LockStatus::Locked);
    // The same again stores nothing, and so meets no lock.
    assert_eq!(world.merge(&source, &strict()).unwrap().receipt, None);
    let over = world.source(rows(101, &[(1, " 6 ")]));
    let text = world.refusal(&over, &MergeOptions { replace: true, ..append });
    assert!(text.contains("locked and has an object in channel 1"), "{text}");
    world.writer().set_lock(MONITORING.path, TAG, LockStatus::Unlocked).unwrap();
    let processed = MergeOptions { processed: Some(RunNumber::new(102).unwrap()), ..strict() };
    let source = world.source(rows(102, &[(1, " 5 ")]));
    assert!(
        world
            .refusal(&source, &processed)
            .contains("update mode UPD4: run 102 is not after run 102")
    );
    let ignored = MergeOptions { ignore_mode: Some("UPD4".to_owned()), ..processed.clone() };
    world.merge(&source, &ignored).unwrap();
    world.merge(&world.source(rows(103, &[(1, " 5 ")])), &processed).unwrap();
    world.assert_sound();
}

#[test]
fn copying_four_times_is_as_the_copy_tool_does_it() {
    let world = World { folder: tempfile::tempdir().unwrap() };
    Writer::create(&world.master(), "CONDBR2", Clock::fixed(0)).unwrap();
    let list: Vec<Row> =
        (1..=40).map(|channel| row(channel * 100, 1_275_343_291, 1_296_703_101, " 5 ")).collect();
    let source = world.source_of(MONITORING.folder(), "T", list);
    let always =
        MergeOptions { write_identical: true, create_folders: true, create_tags: true, ..strict() };
    for _ in 0..4 {
        world.merge(&source, &always).unwrap();
    }
    let raw = Connection::open(world.master()).unwrap();
    let numbers = |sql: &str| -> Vec<i64> {
        let mut statement = raw.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let ids = numbers("SELECT OBJECT_ID FROM CONDBR2_F0003_IOVS ORDER BY 1");
    assert_eq!(
        (ids[0], ids[39], ids[40], ids[80], ids[120], ids.len()),
        (4, 238, 244, 484, 724, 160)
    );
    let heads = numbers(
        "SELECT NEW_HEAD_ID FROM CONDBR2_F0003_IOVS WHERE CHANNEL_ID = 100 ORDER BY OBJECT_ID",
    );
    assert_eq!(heads, [244, 484, 724, 0]);
    assert_eq!(numbers("SELECT CURRENT_VALUE FROM CONDBR2_F0003_IOVS_SEQ"), [960]);
    assert_eq!(numbers("SELECT CURRENT_VALUE FROM CONDBR2_F0003_PAYLOAD_SEQ"), [160]);
    assert_eq!(
        numbers("SELECT LAST_OBJECT_ID FROM CONDBR2_F0003_CHANNELS WHERE CHANNEL_ID = 100"),
        [724]
    );
    // The copy tool makes channels without a description, where a first store would leave an empty one.
    assert_eq!(
        numbers("SELECT count(*) FROM CONDBR2_F0003_CHANNELS WHERE DESCRIPTION IS NULL"),
        [40]
    );
    world.assert_sound();
}

#[test]
fn a_receipt_that_cannot_be_written_takes_the_merge_back() {
    let world = World::new();
    let before = world.tables();
    let source = world.source(rows(101, &[(1, " 5 ")]));
    let nowhere = world.folder.path().join("missing/receipt.json");
    let keep = |receipt: &Receipt| sct_wholefile::write(&nowhere, receipt.to_json().as_bytes());
    let error = world.writer().merge(&source, &strict(), &Provenance::default(), keep).unwrap_err();
    assert!(matches!(error, MergeError::Receipt(_)), "{error}");
    assert_eq!(world.tables(), before);
}

#[test]
fn every_reason_is_given_at_once() {
    let world = World::new();
    let folder = Folder {
        description: FolderDescription::TIME_LIST.to_string(),
        payload: "DefectList:String4k".parse().unwrap(),
        ..MONITORING.folder()
    };
    let list = vec![Row {
        channel: ChannelId(1),
        iov: iov(101),
        payload: vec![Value::Text(String::new())],
    }];
    let source = world.source_of(folder, "T", list);
    let error = world.merge(&source, &strict()).unwrap_err();
    let MergeError::Refused(reasons) = error else { panic!("{error}") };
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert!(reasons.iter().any(|reason| matches!(reason, Refusal::Tag { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    /// Whatever is laid over whatever: the file is sound after each merge, each key has the last list merged for it, and
    /// undoing backwards goes through every earlier state.
    #[test]
    fn merges_and_undos_are_inverse(
        uploads in prop::collection::vec((prop::collection::btree_map(1..4_u32, 0..99_u32, 1..4), 0..5_u32, 1..4_u32, prop::bool::ANY), 1..5)
    ) {
        let world = World::new();
        let options = MergeOptions { replace: true, ..strict() };
        let (mut states, mut receipts) = (Vec::new(), Vec::new());
        for (lists, first, length, open) in &uploads {
            let since = iov(99 + first).since();
            let until = if *open { Iov::INFINITY } else { iov(99 + first + length).since() };
            let list: Vec<Row> = lists.iter().map(|(channel, strip)| row(*channel, since, until, &format!(" {strip} "))).collect();
            states.push(world.tables());
            let source = world.source(list.clone());
            let merged = world.merge(&source, &options).unwrap();
            receipts.push(merged.receipt);
            world.assert_sound();
            for row in list {
                let Value::Text(text) = &row.payload[7] else { unreachable!() };
                prop_assert_eq!(world.list_at(row.channel.0, since), Some(text.clone()));
            }
        }
        for (receipt, state) in receipts.iter().zip(&states).rev() {
            if let Some(receipt) = receipt {
                world.writer().undo(receipt).unwrap();
            }
            prop_assert_eq!(&world.tables(), state);
        }
    }
}
