//! Dumps written and read back.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::fs;

use proptest::prelude::*;
use sct_conditions::{ChannelId, Folder, FolderDescription, PayloadMode, Row, Value, Versioning};
use sct_crest::{Error, Tag, joined, read, write};
use sct_id::Iov;

fn tag(rows: Vec<Row>) -> Tag {
    let folder = Folder {
        path: "/X".to_owned(),
        description: FolderDescription::RUN_LUMI_LIST.to_string(),
        versioning: Versioning::Multi,
        payload_mode: PayloadMode::Separate,
        payload: "n:Int32,x:Float,b:Bool,t:String4k".parse().unwrap(),
    };
    Tag { name: "T-01".to_owned(), folder, inserted: "now".to_owned(), rows }
}

fn row(channel: u32, since: u64, until: u64, number: i64) -> Row {
    let x = f64::from(0.015_f32) * f64::from(u32::try_from(number).unwrap());
    let payload = vec![
        Value::Int(number),
        Value::Real(x),
        Value::Int(number % 2),
        Value::Text(format!(" {number} \"")),
    ];
    Row { channel: ChannelId(channel), iov: Iov::new(since, until).unwrap(), payload }
}

#[test]
fn containers_are_addressed_by_their_digest() {
    let folder = tempfile::tempdir().unwrap();
    // Two runs with a key between them in which nothing is valid, and the same content.
    let written = write(folder.path(), &tag(vec![row(7, 10, 19, 1), row(7, 20, 29, 1)])).unwrap();
    assert_eq!((written.iovs, written.payloads), (4, 2));
    let iovs: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("tags/T-01/iovs.json")).unwrap())
            .unwrap();
    let since: Vec<u64> =
        iovs.as_array().unwrap().iter().map(|iov| iov["since"].as_u64().unwrap()).collect();
    assert_eq!(since, [10, 19, 20, 29]);
    assert_eq!(
        (&iovs[0]["payloadHash"], &iovs[1]["payloadHash"]),
        (&iovs[2]["payloadHash"], &iovs[3]["payloadHash"])
    );
    let hash = iovs[1]["payloadHash"].as_str().unwrap();
    let path = folder.path().join("data").join(&hash[..3]).join(hash);
    assert_eq!(fs::read_to_string(path.join("payload.json")).unwrap(), "{\"data\":{}}");
    let meta: serde_json::Value =
        serde_json::from_slice(&fs::read(path.join("meta.json")).unwrap()).unwrap();
    assert_eq!(
        (&meta["checkSum"], &meta["size"], &meta["hash"]),
        (&"SHA-256".into(), &11.into(), &hash.into())
    );
    let again = write(folder.path(), &tag(vec![row(7, 10, 19, 1), row(7, 20, 29, 1)])).unwrap();
    assert_eq!(again.payloads, 0, "equal content is one file");
}

#[test]
fn damage_is_found() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &tag(vec![row(7, 10, 19, 1)])).unwrap();
    let list = folder.path().join("tags/T-01/iovs.json");
    let text = fs::read_to_string(&list).unwrap();
    let iovs: serde_json::Value = serde_json::from_str(&text).unwrap();
    let hash = iovs[0]["payloadHash"].as_str().unwrap();
    let payload = folder.path().join("data").join(&hash[..3]).join(hash).join("payload.json");
    let good = fs::read(&payload).unwrap();
    fs::write(&payload, "{\"data\":{}}").unwrap();
    assert!(
        matches!(read(folder.path(), "T-01"), Err(Error::Content { what, .. }) if what.starts_with("its SHA-256 is"))
    );
    fs::write(&payload, good).unwrap();
    fs::write(&list, text.replace("payloadHash", "hash")).unwrap();
    assert!(read(folder.path(), "T-01").is_err());
    assert!(read(folder.path(), "T-02").is_err());
}

#[test]
fn what_has_no_form_there_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for change in [
        |tag: &mut Tag| tag.name = "../T".to_owned(),
        |tag: &mut Tag| tag.folder.payload_mode = PayloadMode::Vector,
        |tag: &mut Tag| tag.folder.payload = "b:Blob64k".parse().unwrap(),
    ] {
        let mut tag = tag(Vec::new());
        change(&mut tag);
        assert!(matches!(write(folder.path(), &tag), Err(Error::Unsuited { .. })));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// What goes in comes out, with equal neighbours joined.
    #[test]
    fn dumps_round_trip(pieces in prop::collection::vec((1..4_u32, 0..3_u64, 1..4_u64, 0..4_i64), 0..12), open in prop::bool::ANY) {
        let mut ends = [0_u64; 4];
        let mut rows: Vec<Row> = Vec::new();
        for (channel, gap, length, number) in pieces {
            let since = ends[channel as usize] + gap;
            ends[channel as usize] = since + length;
            rows.push(row(channel, since, since + length, number));
        }
        rows.sort_by_key(|row| (row.channel, row.iov));
        if let Some(last) = rows.last_mut().filter(|_| open) {
            last.iov = Iov::new(last.iov.since(), Iov::INFINITY).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let tag = tag(rows);
        write(folder.path(), &tag).unwrap();
        let dump = read(folder.path(), "T-01").unwrap();
        prop_assert_eq!(dump.rows, joined(&tag.rows));
        prop_assert_eq!(dump.payload, tag.folder.payload);
    }
}
