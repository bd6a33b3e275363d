//! Files that are no COOL databases, or no longer.

use std::{fs, sync::LazyLock};

use proptest::prelude::*;
use sct_conditions::{MONITORING, Versioning};
use sct_cool::{Database, FolderContent, StoreTarget, dump_lines, summaries, write_file};

static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.db");
    let rows = (1..30).map(|channel| crate::row(channel, 10, 20, " 5 ")).collect();
    let content = FolderContent { folder: MONITORING.folder(), tag: "T".to_owned(), rows };
    write_file(&path, "CONDBR2", &[content]).unwrap();
    fs::read(&path).unwrap()
});

/// The same with vectors of payloads.
static VECTORS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut made = crate::vectors::made(Versioning::Multi);
    let rows: Vec<_> =
        (1..20).map(|channel| crate::vectors::row(channel, 10, 20, &[1, 2, 3])).collect();
    let target = StoreTarget::HeadAndTag("T".to_owned());
    made.writer.store_vectors(crate::vectors::PATH, &target, &rows).unwrap();
    fs::read(made.writer.database().path()).unwrap()
});

fn everything(bytes: &[u8]) -> Result<usize, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.db");
    fs::write(&path, bytes).unwrap();
    let database = Database::open(&path).map_err(|error| error.to_string())?;
    summaries(&database).map_err(|error| error.to_string())?;
    dump_lines(&database, None).map(|lines| lines.len()).map_err(|error| error.to_string())
}

#[test]
fn what_is_no_database_is_said_so() {
    assert_eq!((everything(&SOUND), everything(&VECTORS)), (Ok(29), Ok(38)));
    for bytes in [&b""[..], b"<xml>", &SOUND[..10]] {
        assert!(everything(bytes).unwrap_err().starts_with("cannot open "));
    }
    assert!(everything(&SOUND[..3000]).is_err());
    let folder = tempfile::tempdir().unwrap();
    assert!(Database::open(&folder.path().join("missing.db")).is_err());
    let plain = folder.path().join("plain.db");
    rusqlite::Connection::open(&plain).unwrap().execute_batch("CREATE TABLE a(b)").unwrap();
    let error = Database::open(&plain).unwrap_err().to_string();
    assert!(error.ends_with("has no COOL database that is the only one; it has none"), "{error}");
}

#[test]
fn newer_schemas_are_refused_with_both_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.db");
    fs::write(&path, &*SOUND).unwrap();
    let sql = "UPDATE CONDBR2_DB_ATTRIBUTES SET DB_ATTRIBUTE_VALUE = '3.0.0' WHERE DB_ATTRIBUTE_NAME = 'SCHEMA_VERSION'";
    rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let error = Database::open(&path).unwrap_err().to_string();
    assert!(error.contains("release 3.1.0 with schema 3.0.0"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((0.0..1.0_f64, 1..=255_u8), 1..12)) {
        for sound in [&SOUND, &VECTORS] {
            let mut bytes = sound.to_vec();
            for &(place, flip) in &flips {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of the length")]
                let place = (bytes.len() as f64 * place) as usize;
                bytes[place] ^= flip;
            }
            let _ = everything(&bytes);
        }
    }
}
