//! Answering a query.

use std::{ops::Range, thread};

use super::{
    answer::{Answer, Datum, Entry, Heads, RunAnswer},
    catalogue::Catalogues,
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
    /// Where the lumi blocks of runs are kept from one query over many runs to the next, if they are. The answer is the same;
    /// a kept file that does not fit or cannot be written does no harm.
    pub catalogues: Option<Catalogues<'a>>,
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
    let Part { runs, good, mut columns, table, .. } = Part::whole(sources, query, threads)?;
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
    use super::{super::world::world, *};

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
            let sources = Sources { control: &control, table: Some(&table), catalogues: None };
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
