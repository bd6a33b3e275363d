//! Which runs there were: runs by number and by time.

use sct_conditions::{
    Value,
    run_control::{LUMI_BLOCK_TIMES, LUMI_BLOCKS},
};
use sct_cool::{Nearest, Scan, Scanned};
use sct_id::{LumiBlock, RunLumi, RunNumber};

use super::{
    ranges::{RunRange, Runs, common, joined},
    spec::Query,
    time::Times,
};
use crate::{
    Error, RunControl, RunTable,
    control::{Found, keys, number},
};

/// Run numbers above this are no runs: test entries in the folder of times.
const NO_RUN: u64 = 1 << 30;

/// A lumi block and its begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct First {
    pub(crate) run: RunNumber,
    pub(crate) lumi_block: u32,
    /// Nanoseconds since 1970.
    pub(crate) start: u64,
}

/// The folder of lumi blocks, asked for begins and ends.
#[derive(Debug)]
pub(crate) struct LumiBlocks<'a> {
    pub(crate) found: Found<'a>,
    /// The keys alone, which an index has: many runs are passed by, and few are looked at.
    keys: Found<'a>,
}

impl<'a> LumiBlocks<'a> {
    pub(crate) fn new(control: &'a RunControl) -> Result<Self, Error> {
        let found = control.require(&[(&LUMI_BLOCKS, &["StartTime", "EndTime"])])?;
        Ok(Self { found, keys: control.require(&[(&LUMI_BLOCKS, &[])])? })
    }

    /// Run, lumi block, begin and end of an object.
    pub(crate) fn read(&self, object: &Scanned) -> Result<(First, u64), Error> {
        let place = RunLumi::from_key(object.iov.since());
        let RunLumi { run, lumi_block } =
            place.map_err(|error| self.found.wrong(RunNumber::MAX, error.to_string()))?;
        let time = |value: &Value| {
            number(value).ok_or_else(|| {
                self.found.wrong(run, format!("lumi block {lumi_block} has no time"))
            })
        };
        let (start, end) = (time(&object.values[0])?, time(&object.values[1])?);
        Ok((First { run, lumi_block: lumi_block.to_u32(), start }, end))
    }

    /// The first lumi block at or after a key.
    pub(crate) fn at_or_after(&self, key: u64) -> Result<Option<First>, Error> {
        let object = self.found.scan.nearest(Nearest::AtOrAfter(key))?;
        object.map(|object| self.read(&object).map(|(first, _)| first)).transpose()
    }

    /// Lumi blocks from one key to another, both included.
    pub(crate) fn starting(&self, first: u64, last: u64) -> Result<Vec<First>, Error> {
        let objects = self.found.scan.starting(first, last)?;
        objects.iter().map(|object| self.read(object).map(|(first, _)| first)).collect()
    }

    /// The last lumi block before a key, and its end.
    pub(crate) fn before(&self, key: u64) -> Result<Option<(First, u64)>, Error> {
        let object = self.found.scan.nearest(Nearest::Before(key))?;
        object.map(|object| self.read(&object)).transpose()
    }

    /// Runs of some ranges, ascending: from the first lumi block of one run straight to the next run.
    pub(crate) fn runs(&self, ranges: &[RunRange]) -> Result<Vec<RunNumber>, Error> {
        let mut runs = Vec::new();
        for (first, last) in ranges {
            let keys = (keys(*first).0, keys(*last).1);
            let low = u64::from(LumiBlock::MAX.to_u32());
            for key in self.keys.scan.firsts(keys.0, keys.1, low)? {
                let place = RunLumi::from_key(key);
                let place =
                    place.map_err(|error| self.found.wrong(RunNumber::MAX, error.to_string()))?;
                runs.push(place.run);
            }
        }
        Ok(runs)
    }

    /// The newest `count` runs of the ranges with a stream that is no calibration, ascending. A run without streams counts
    /// as one.
    fn newest(
        &self,
        ranges: &[RunRange],
        count: usize,
        table: Option<&RunTable>,
    ) -> Result<Vec<RunNumber>, Error> {
        let mut runs = Vec::new();
        for (first, last) in ranges.iter().rev() {
            let begin = keys(*first).0;
            let mut before = keys(*last).1;
            while runs.len() < count
                && let Some((found, _)) =
                    self.before(before)?.filter(|(found, _)| key(found) >= begin)
            {
                before = keys(found.run).0;
                let streams = table
                    .map(|table| table.streams(found.run, found.run))
                    .transpose()?
                    .unwrap_or_default();
                let streams = streams.get(&found.run);
                let only_calibration = streams.is_some_and(|streams| {
                    streams.keys().all(|name| name.starts_with("calibration_"))
                });
                if !only_calibration {
                    runs.push(found.run);
                }
            }
        }
        runs.reverse();
        Ok(runs)
    }
}

fn key(found: &First) -> u64 {
    RunLumi { run: found.run, lumi_block: LumiBlock::new(found.lumi_block) }.key()
}

/// Runs that the numbers and times of a query allow, ascending.
#[derive(Debug)]
pub(crate) enum Candidates {
    /// All of these ranges.
    Ranges(Vec<RunRange>),
    /// These.
    Runs(Vec<RunNumber>),
}

/// Finds out which runs the numbers and times of a query allow.
pub(crate) fn candidates(
    control: &RunControl,
    blocks: &LumiBlocks<'_>,
    table: Option<&RunTable>,
    query: &Query,
) -> Result<Candidates, Error> {
    let mut ranges = vec![(RunNumber::new(0).expect("it is below the largest"), RunNumber::MAX)];
    let mut newest: Option<usize> = None;
    for runs in &query.runs {
        match runs {
            Runs::Ranges(wanted) => ranges = common(&ranges, wanted),
            Runs::Last(count) => newest = Some(newest.map_or(*count, |fewer| fewer.min(*count))),
        }
    }
    if !query.times.is_empty() {
        let times = Clock {
            blocks,
            scan: control.require(&[(&LUMI_BLOCK_TIMES, &["Run", "LumiBlock"])])?.scan,
        };
        for wanted in &query.times {
            ranges = common(&ranges, &times.ranges(wanted)?);
        }
    }
    Ok(match newest {
        None => Candidates::Ranges(ranges),
        Some(count) => Candidates::Runs(blocks.newest(&ranges, count, table)?),
    })
}

/// The folder of times.
struct Clock<'a> {
    blocks: &'a LumiBlocks<'a>,
    scan: Scan<'a>,
}

impl Clock<'_> {
    /// The run of an object; none for entries that are no runs.
    fn run(object: &Scanned) -> Option<RunNumber> {
        let run = number(&object.values[0]).filter(|run| (1..=NO_RUN).contains(run))?;
        RunNumber::new(u32::try_from(run).ok()?).ok()
    }

    /// The nearest object of a run on one side of a time.
    fn nearest(&self, mut which: Nearest) -> Result<Option<(RunNumber, Scanned)>, Error> {
        while let Some(object) = self.scan.nearest(which)? {
            if let Some(run) = Self::run(&object) {
                return Ok(Some((run, object)));
            }
            which = match which {
                Nearest::AtOrAfter(_) => Nearest::AtOrAfter(object.iov.since() + 1),
                Nearest::Before(_) => Nearest::Before(object.iov.since()),
            };
        }
        Ok(None)
    }

    /// Runs of a time: from the one that was going on at its begin, or the next, to the last that began before its end.
    fn ranges(&self, times: &Times) -> Result<Vec<RunRange>, Error> {
        let mut ranges = Vec::new();
        match times {
            Times::Since(cut) => ranges.extend(self.since(*cut)?.map(|run| (run, RunNumber::MAX))),
            Times::Ranges(wanted) => {
                for range in wanted {
                    let going = self.nearest(Nearest::Before(range.first.saturating_add(1)))?;
                    let going = going.filter(|(_, object)| object.iov.until() > range.first);
                    let first = match going {
                        Some(found) => Some(found),
                        None => self.nearest(Nearest::AtOrAfter(range.first))?,
                    };
                    let last = self.nearest(Nearest::Before(range.last.saturating_add(1)))?;
                    if let (Some((first, _)), Some((last, _))) = (first, last)
                        && first <= last
                    {
                        ranges.push((first, last));
                    }
                }
            }
        }
        // A run over midnight belongs to both days.
        Ok(joined(ranges, |last, first| first <= last))
    }

    /// The first run that began later than a time.
    fn since(&self, cut: u64) -> Result<Option<RunNumber>, Error> {
        let Some((run, _)) = self.nearest(Nearest::AtOrAfter(cut.saturating_add(1)))? else {
            return Ok(None);
        };
        // It may have been going on already; then it is the next one.
        let began = self.blocks.at_or_after(keys(run).0)?.filter(|first| first.run == run);
        if began.is_some_and(|first| first.start > cut) {
            return Ok(Some(run));
        }
        Ok(self.blocks.at_or_after(keys(run).1)?.map(|next| next.run))
    }
}
