//! Answering a query.

use std::{ops::Range, thread};

use super::{
    answer::{Answer, Datum, Entry, Heads, RunAnswer},
    columns::Column,
    lumi::Extent,
    part::Part,
    show::Show,
    spec::Query,
};
use crate::{Error, RunControl, RunTable};

/// Where answers come from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// COOL files.
    pub control: &'a RunControl,
    /// Streams and numbers of events; without it they are not known.
    pub table: Option<&'a RunTable>,
}

/// Answers a query.
///
/// # Errors
///
/// [`Error`] when the lumi blocks are not there, or a file is damaged. Other folders that are not there say nothing: their
/// values are missing.
pub fn answer(sources: Sources<'_>, query: &Query) -> Result<Answer, Error> {
    answer_in_parts(sources, query, thread::available_parallelism().map_or(1, usize::from))
}

/// The same on up to so many threads.
fn answer_in_parts(sources: Sources<'_>, query: &Query, threads: usize) -> Result<Answer, Error> {
    let Part { runs, good, mut columns, table } = Part::whole(sources, query, threads)?;
    columns.extend(table.stream_columns(query, &runs));
    columns.sort_by_key(|column| place(&column.name));
    let mut answer = finish(query, &runs, good, columns);
    answer.warnings = table.warnings(query, &answer.runs);
    Ok(answer)
}

/// Place of a column; those of streams keep their order.
fn place(name: &str) -> usize {
    let order = [
        "#Events",
        "#L1",
        "#L2",
        "#EF",
        "#Recorded",
        "Project",
        "Partition",
        "Ready",
        "Detector",
        "Sol",
        "Tor",
        "lhc:",
    ];
    order.iter().position(|start| name.starts_with(start)).unwrap_or(order.len())
}

/// Runs of which something counts, newest first.
fn finish(
    query: &Query,
    runs: &[Extent],
    good: Vec<Vec<Range<u32>>>,
    mut columns: Vec<Column>,
) -> Answer {
    let mut found = Vec::new();
    for (index, (run, good)) in runs.iter().zip(good).enumerate() {
        if good.is_empty() {
            continue;
        }
        let values = columns.iter_mut().map(|column| std::mem::take(&mut column.entries[index]));
        found.push(RunAnswer {
            run: run.run,
            lumi_blocks: run.last,
            start: run.start,
            end: run.end,
            values: values.collect(),
            good,
        });
    }
    found.reverse();
    let shows = |show: Show| query.show.contains(&show);
    let heads = Heads {
        lumi_blocks: shows(Show::Run),
        times: shows(Show::Time),
        duration: shows(Show::Duration),
    };
    Answer {
        sentence: query.sentence.clone(),
        heads,
        columns: columns.into_iter().map(|column| column.name).collect(),
        runs: found,
        warnings: Vec::new(),
    }
}

/// One entry from the first lumi block to the last.
pub(super) fn whole(run: &Extent, value: Datum) -> Vec<Entry> {
    vec![Entry { blocks: run.blocks(), to_end: true, accepted: true, value }]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sct_conditions::{
        ChannelId, Row, Value,
        run_control::{FILL_STATE, LUMI_BLOCKS, RunControlFolder, START_OF_RUN},
    };
    use sct_cool::{Clock, StoreTarget, Writer};
    use sct_id::Iov;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn row(channel: ChannelId, since: u64, until: u64, payload: Vec<Value>) -> Row {
        Row { channel, iov: Iov::new(since, until).unwrap(), payload }
    }

    fn store(path: &Path, folder: &RunControlFolder, rows: &[Row]) {
        let mut writer = Writer::create(path, "CONDBR2", Clock::fixed(0)).unwrap();
        writer.create_folder(&folder.folder()).unwrap();
        writer.store(folder.path, &StoreTarget::Head, rows).unwrap();
    }

    /// A hundred runs of ten lumi blocks, 700 numbers and an hour apart. Streams and beams come and go.
    fn world(folder: &Path) -> (RunControl, RunTable) {
        let int = |number: u64| Value::Int(number.cast_signed());
        let text = |text: &str| Value::Text(text.to_owned());
        let (mut blocks, mut starts, mut beams) = (Vec::new(), Vec::new(), Vec::new());
        let mut files = String::from("RUNNR,STREAMTYPE,STREAM,LUMIBLOCKNR,LFN,NREVENTS,FILESIZE\n");
        for run in 0..100 {
            let (number, at) = (100_000 + 700 * run, (1_400_000_000 + 3600 * run) * SECOND);
            for block in 1..=10 {
                let (key, begin) = (number << 32 | block, at + 60 * block * SECOND);
                let times = vec![int(begin), int(begin + 60 * SECOND)];
                blocks.push(row(LUMI_BLOCKS.channel, key, key + 1, times));
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
        store(&paths[0], &LUMI_BLOCKS, &blocks);
        store(&paths[1], &START_OF_RUN, &starts);
        store(&paths[2], &FILL_STATE, &beams);
        let mut table = RunTable::open(&folder.join("runs.db")).unwrap();
        std::fs::write(folder.join("files.csv"), files).unwrap();
        table.import(&folder.join("files.csv")).unwrap();
        (RunControl::open(&paths).unwrap(), table)
    }

    #[test]
    fn many_threads_say_the_same_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let (control, table) = world(folder.path());
        let now = jiff::Timestamp::from_second(1_500_000_000).unwrap();
        let queries: [&[(&str, &str)]; 6] = [
            &[("run", "1+")],
            &[("run", "1+"), ("projecttag", "data*_*eV"), ("lhc", "stablebeams TRUE")],
            &[("run", "1+"), ("streams", "physics_Aaa"), ("duration", "60+")],
            &[("run", "1+"), ("streams", "physics_Zee 5+")],
            &[("run", "100000-110000,150000-169300"), ("streams", "physics_Main")],
            &[("run", "500000+"), ("projecttag", "data*")],
        ];
        let mut found = Vec::new();
        for options in queries {
            let shown = ["run", "time", "lhc", "projecttag", "streams"].map(|tag| ("show", tag));
            let query = Query::from_options(&[options, &shown].concat(), now).unwrap();
            let sources = Sources { control: &control, table: Some(&table) };
            let one = answer_in_parts(sources, &query, 1).unwrap();
            for threads in 2..=5 {
                let several = answer_in_parts(sources, &query, threads).unwrap();
                assert_eq!(several, one, "{threads} threads: {}", query.sentence);
            }
            found.push(one.runs.len());
        }
        assert_eq!(found[0], 100);
        assert!(found[1..5].iter().all(|count| (1..100).contains(count)), "{found:?}");
        assert_eq!(found[5], 0);
    }
}
