//! From times and keys to lumi blocks.

use std::ops::Range;

use sct_conditions::Value;
use sct_cool::Scanned;
use sct_id::RunNumber;

use super::runs::LumiBlocks;
use crate::{
    Error,
    control::{Found, keys},
};

/// A run that is left after the first conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) run: RunNumber,
    /// First lumi block.
    pub(crate) first: u32,
    /// Last one.
    pub(crate) last: u32,
    /// Begin of the first and end of the last, nanoseconds since 1970.
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// Begin of the last.
    pub(crate) last_start: u64,
}

/// The last lumi block of a run while it is not known.
const UNKNOWN_END: u32 = u32::MAX - 1;

impl Extent {
    /// A run whose lumi blocks are not looked up yet: conditions on whole runs do not ask for them.
    pub(crate) fn unknown(run: RunNumber) -> Self {
        Self { run, first: 0, last: UNKNOWN_END, start: 0, end: 0, last_start: 0 }
    }

    /// Whether the lumi blocks are known.
    pub(crate) fn is_known(&self) -> bool {
        self.last != UNKNOWN_END
    }

    pub(crate) fn blocks(&self) -> Range<u32> {
        self.first..self.last.saturating_add(1)
    }
}

/// Puts what is known of runs in the place of what was; whether that changes anything. Both ascend.
pub(crate) fn overlay(runs: &mut [Extent], known: &[Extent]) -> bool {
    let mut known = known.iter().filter(|run| run.is_known()).peekable();
    let mut changes = false;
    for run in runs {
        while known.next_if(|known| known.run < run.run).is_some() {}
        if let Some(known) = known.next_if(|known| known.run == run.run) {
            changes |= run != known;
            *run = *known;
        }
    }
    changes
}

/// Values of a run over ranges of its lumi blocks, ascending.
pub(crate) type Stretches = Vec<(Range<u32>, Vec<Value>)>;

/// Values of a folder keyed by run, for each of the runs, which ascend. Few of many runs are looked up one by one; otherwise
/// the folder is read once from the first run to the last.
pub(crate) fn by_run(
    found: &Found<'_>,
    runs: &[Extent],
    of: usize,
) -> Result<Vec<Stretches>, Error> {
    let mut stretches: Vec<Stretches> = vec![Vec::new(); runs.len()];
    each_by_run(found, runs, of, |index, blocks, object| {
        stretches[index].push((blocks, object.values.clone()));
    })?;
    Ok(stretches)
}

/// The same, handed over object by object: index of the run, lumi blocks, object.
pub(crate) fn each_by_run(
    found: &Found<'_>,
    runs: &[Extent],
    of: usize,
    mut take: impl FnMut(usize, Range<u32>, &Scanned),
) -> Result<(), Error> {
    let mut add = |index: usize, object: &Scanned| {
        let run = &runs[index];
        let (first, last) = keys(run.run);
        let block = |key: u64| u32::try_from(key - first).unwrap_or(u32::MAX);
        let blocks = run.blocks();
        let from = block(object.iov.since().clamp(first, last)).max(blocks.start);
        // The end of an interval is excluded; one that goes on has the run's.
        let until = if object.iov.until() > last {
            blocks.end
        } else {
            block(object.iov.until()).min(blocks.end)
        };
        if from < until {
            take(index, from..until, object);
        }
    };
    if runs.len() * 4 < of {
        for (index, run) in runs.iter().enumerate() {
            let (first, last) = keys(run.run);
            found.scan.each(first, last, |object| add(index, object))?;
        }
    } else if let (Some(first), Some(last)) = (runs.first(), runs.last()) {
        // Objects come by their begins, so that the first run they touch never goes back.
        let mut from = 0;
        found.scan.each(keys(first.run).0, keys(last.run).1, |object| {
            from +=
                runs[from..].iter().take_while(|run| keys(run.run).1 < object.iov.since()).count();
            let touched =
                runs[from..].iter().take_while(|run| keys(run.run).0 < object.iov.until()).count();
            (from..from + touched).for_each(|index| add(index, object));
        })?;
    }
    Ok(())
}

/// Values of a folder keyed by time, for each of the runs: an interval covers the lumi blocks that begin in it.
pub(crate) fn by_time(
    found: &Found<'_>,
    blocks: &LumiBlocks<'_>,
    runs: &[Extent],
) -> Result<Vec<Stretches>, Error> {
    let (start, end) =
        (runs.iter().map(|run| run.start).min(), runs.iter().map(|run| run.end).max());
    let (Some(start), Some(end)) = (start, end) else { return Ok(Vec::new()) };
    let objects = found.scan.within(start, end)?;
    let of_run = |run: &Extent| -> Result<Stretches, Error> {
        let from = objects.partition_point(|object| object.iov.until() <= run.start);
        let objects =
            objects[from..].iter().take_while(|object| object.iov.since() <= run.last_start);
        let mut stretches = Stretches::new();
        // An object begins where the one before it ends, mostly.
        let mut known = (run.start, run.first);
        let mut block_at = |time: u64| -> Result<u32, Error> {
            if time != known.0 {
                known = (time, first_block(blocks, run, time)?);
            }
            Ok(known.1)
        };
        for object in objects {
            let first = block_at(object.iov.since())?;
            let behind = block_at(object.iov.until())?;
            if first < behind {
                stretches.push((first..behind, object.values.clone()));
            }
        }
        Ok(stretches)
    };
    runs.iter().map(of_run).collect()
}

/// The first lumi block of a run that begins at a time or later; the one behind the last when none does.
///
/// Lumi blocks of a run are about as long as each other, so the place is guessed from the time, and halved now and then.
fn first_block(blocks: &LumiBlocks<'_>, run: &Extent, time: u64) -> Result<u32, Error> {
    let Range { start: first, end: behind } = run.blocks();
    if time <= run.start {
        return Ok(first);
    }
    if time > run.last_start {
        return Ok(behind);
    }
    // The block `before` begins before the time, `found` at it or later; there are no others between `after` and `found`.
    let (mut before, mut before_start) = (first, run.start);
    let (mut after, mut after_start) = (run.last, run.last_start);
    let mut found = run.last;
    let base = keys(run.run).0;
    for step in 0_u32.. {
        let between = after - before;
        if between <= 1 {
            break;
        }
        let guess = if step % 3 == 2 || after_start <= before_start {
            between / 2
        } else {
            let part = u128::from(time - before_start) * u128::from(between);
            // Below `between`, which has 32 bits.
            u32::try_from(part / u128::from(after_start - before_start)).unwrap_or(between)
        };
        let middle = before + guess.clamp(1, between - 1);
        // Mostly the time is in the block of the guess, and the next one is asked for. In a gap it is the one behind.
        let key = base + u64::from(middle);
        let mut near =
            blocks.starting(key, base + u64::from(after - 1).min(u64::from(middle) + 1))?;
        if near.is_empty() {
            near.extend(blocks.at_or_after(key)?);
        }
        near.retain(|block| block.run == run.run && block.lumi_block < after);
        if near.is_empty() {
            after = middle;
        }
        for block in near {
            if block.start >= time {
                // Blocks of the guess on are at the time or later, or it is this one alone.
                (after, after_start) = (middle.max(before + 1), block.start);
                found = block.lumi_block;
                break;
            }
            (before, before_start) = (block.lumi_block, block.start);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::world::lumi_blocks, *};
    use crate::RunControl;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        /// Lumi blocks with gaps between their numbers and of any length, also none; neighbours in the file are other runs.
        #[test]
        fn the_block_of_a_time_is_the_first_that_begins_then(
            steps in prop::collection::vec((1_u64..4, 0_u64..1000), 1..60),
            times in prop::collection::vec(0_u64..20_000, 30),
        ) {
            let (mut number, mut start) = (0, 5_000);
            let mut blocks = vec![(7, 30, 4_000, 5_000)];
            for (numbers, length) in steps {
                number += numbers;
                blocks.push((8, number, start, start + length));
                start += length;
            }
            blocks.push((9, 1, start, start + 100));
            let of_run = &blocks[1..blocks.len() - 1];
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("lumi.db");
            lumi_blocks(&path, &blocks);
            let control = RunControl::open(&[path]).unwrap();
            let found = LumiBlocks::new(&control).unwrap();
            let (first, last) = (of_run[0], of_run[of_run.len() - 1]);
            let block = |number: u64| u32::try_from(number).unwrap();
            let run = Extent {
                run: RunNumber::new(8).unwrap(),
                first: block(first.1),
                last: block(last.1),
                start: first.2,
                end: last.3,
                last_start: last.2,
            };
            for time in times {
                let wanted = of_run.iter().find(|(_, _, start, _)| *start >= time);
                let wanted = wanted.map_or(run.last + 1, |(_, number, ..)| block(*number));
                prop_assert_eq!(first_block(&found, &run, time).unwrap(), wanted, "time {}", time);
            }
        }
    }
}
