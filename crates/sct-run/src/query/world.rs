//! Run control for tests.

use std::path::Path;

use sct_conditions::{
    ChannelId, Row, Value,
    run_control::{FILL_STATE, LUMI_BLOCKS, RunControlFolder, START_OF_RUN},
};
use sct_cool::{Clock, StoreTarget, Writer};
use sct_id::Iov;

use crate::{RunControl, RunTable};

const SECOND: u64 = 1_000_000_000;

fn row(channel: ChannelId, since: u64, until: u64, payload: Vec<Value>) -> Row {
    Row { channel, iov: Iov::new(since, until).unwrap(), payload }
}

fn store(path: &Path, folder: &RunControlFolder, rows: &[Row]) {
    let mut writer = Writer::create(path, "CONDBR2", Clock::fixed(0)).unwrap();
    writer.create_folder(&folder.folder()).unwrap();
    writer.store(folder.path, &StoreTarget::Head, rows).unwrap();
}

/// A COOL file with lumi blocks: run, number, begin and end.
pub(super) fn lumi_blocks(path: &Path, blocks: &[(u64, u64, u64, u64)]) {
    let int = |number: u64| Value::Int(number.cast_signed());
    let row = |(run, block, start, end): &(u64, u64, u64, u64)| {
        let key = run << 32 | block;
        row(LUMI_BLOCKS.channel, key, key + 1, vec![int(*start), int(*end)])
    };
    store(path, &LUMI_BLOCKS, &blocks.iter().map(row).collect::<Vec<_>>());
}

/// A hundred runs of ten lumi blocks, 700 numbers and an hour apart. Streams and beams come and go.
pub(super) fn world(folder: &Path) -> (RunControl, RunTable) {
    let int = |number: u64| Value::Int(number.cast_signed());
    let text = |text: &str| Value::Text(text.to_owned());
    let (mut blocks, mut starts, mut beams) = (Vec::new(), Vec::new(), Vec::new());
    let mut files = String::from("RUNNR,STREAMTYPE,STREAM,LUMIBLOCKNR,LFN,NREVENTS,FILESIZE\n");
    for run in 0..100 {
        let (number, at) = (100_000 + 700 * run, (1_400_000_000 + 3600 * run) * SECOND);
        for block in 1..=10 {
            let begin = at + 60 * block * SECOND;
            blocks.push((number, block, begin, begin + 60 * SECOND));
        }
        let project = text(if run % 5 == 0 { "data16_cos" } else { "data16_13TeV" });
        let mask = text("0000000000000000001f069fffffffff");
        let start = vec![int(number), int(at), text(""), text(""), mask, project, int(1)];
        if run % 7 != 0 {
            let keys = (number << 32, (number + 1) << 32);
            starts.push(row(START_OF_RUN.channel, keys.0, keys.1, start));
        }
        let state = vec![int(run / 4), text(""), text(""), int(6500), int(run / 3 % 2)];
        let since = at + 300 * SECOND;
        beams.push(row(FILL_STATE.channel, since, since + 3600 * SECOND, state));
        // Streams of the last part are seen in another order, and one of them there alone.
        let names: &[&str] = if run < 70 { &["Main", "Zee"] } else { &["Aaa", "Main"] };
        for name in names.iter().take(usize::from(run % 9 != 0) * 2) {
            files.push_str(&format!("{number},physics,{name},1,{run}.{name},{run},5\n"));
        }
    }
    let paths = ["lumi.db", "start.db", "beams.db"].map(|name| folder.join(name));
    lumi_blocks(&paths[0], &blocks);
    store(&paths[1], &START_OF_RUN, &starts);
    store(&paths[2], &FILL_STATE, &beams);
    let mut table = RunTable::open(&folder.join("runs.db")).unwrap();
    std::fs::write(folder.join("files.csv"), files).unwrap();
    table.import(&folder.join("files.csv")).unwrap();
    (RunControl::open(&paths).unwrap(), table)
}
