//! First and last lumi blocks of runs, kept from one query to the next.
//!
//! To list the runs of a file costs a look into its index for each of them, scattered over the whole file: a third of a query
//! over many years. What was found is kept in a file of its own, with what the system says of the COOL file: any change of
//! that makes it void, and the COOL file is read as without it. The answer is the same with and without.
//!
//! A line of JSON ([`Head`]), then 40 bytes for each run, ascending, numbers of 64 bits, little-endian: run and first lumi
//! block as a key, last lumi block, begin of the first, begin of the last, end of the last. A run whose lumi blocks nobody
//! asked for has the last one `0xffff_fffe`.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use sct_id::{LumiBlock, RunLumi};
use serde::{Deserialize, Serialize};
use twox_hash::XxHash64;

use super::{
    lumi::{Extent, overlay},
    ranges::RunRange,
    runs::LumiBlocks,
};

const FORMAT: &str = "runs and their lumi blocks, 1";
/// Numbers of a run.
const WORDS: usize = 5;
/// A file that was changed this short a time ago can be changed again without another time of change.
const SETTLED: Duration = Duration::from_secs(2);

/// Where lumi blocks of runs are kept.
#[derive(Clone, Copy, Debug)]
pub struct Catalogues<'a> {
    /// The folder; it is made when there is something to keep.
    pub folder: &'a Path,
    /// The time before the COOL files were opened: what was changed since, or just before, is not relied upon.
    pub now: SystemTime,
}

/// A COOL file in the state that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    path: PathBuf,
    instance: String,
    folder: String,
    device: u64,
    inode: u64,
    bytes: u64,
    /// Seconds and nanoseconds. The second cannot be set back.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(path: &Path, instance: &str, folder: &str) -> io::Result<Self> {
        let path = fs::canonicalize(path)?;
        let file = fs::metadata(&path)?;
        Ok(Self {
            path,
            instance: instance.to_owned(),
            folder: folder.to_owned(),
            device: file.dev(),
            inode: file.ino(),
            bytes: file.size(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        })
    }

    /// Whether any change since a time would show.
    fn is_settled(&self, then: SystemTime) -> bool {
        let seconds =
            then.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let before = seconds.saturating_sub(SETTLED.as_secs());
        let is_before =
            |(seconds, _): &(i64, i64)| u64::try_from(*seconds).is_ok_and(|at| at < before);
        [self.modified, self.changed].iter().all(is_before)
    }
}

/// The first line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    format: String,
    stamp: Stamp,
    span: RunRange,
    /// `XXH64` of all that follows, with the span as seed.
    digest: u64,
}

fn digest((first, last): RunRange, rows: &[u8]) -> u64 {
    XxHash64::oneshot(u64::from(first.to_u32()) << 32 | u64::from(last.to_u32()), rows)
}

/// All runs of a range, ascending; the lumi blocks of some of them may not be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) span: RunRange,
    pub(super) runs: Vec<Extent>,
}

impl Known {
    fn covers(&self, ranges: &[RunRange]) -> bool {
        ranges.iter().all(|(first, last)| self.span.0 <= *first && *last <= self.span.1)
    }

    /// Runs of the ranges, if all of those are known.
    pub(super) fn of(&self, ranges: &[RunRange]) -> Option<Vec<Extent>> {
        let of_one = |(first, last): &RunRange| {
            let from = self.runs.partition_point(|run| run.run < *first);
            let until = self.runs.partition_point(|run| run.run <= *last);
            &self.runs[from..until]
        };
        self.covers(ranges).then(|| ranges.iter().flat_map(of_one).copied().collect())
    }
}

/// What is kept of one COOL file.
#[derive(Debug)]
pub(super) struct Catalogue {
    path: PathBuf,
    stamp: Stamp,
}

impl Catalogue {
    /// The one of a file, in a folder of them. None when it is not sure that the file is in the state that is read: it is
    /// another one under the same path, it was changed just before it was opened, or SQLite writes changes ahead into a file
    /// beside it.
    pub(super) fn new(place: Catalogues<'_>, blocks: &LumiBlocks<'_>) -> Option<Self> {
        let database = blocks.found.database;
        let instance = &database.instance().name;
        let stamp = Stamp::of(database.path(), instance, blocks.found.folder.path).ok()?;
        let is_same = database.identity() == Some((stamp.device, stamp.inode));
        if !is_same || !stamp.is_settled(place.now) || database.writes_ahead().unwrap_or(true) {
            return None;
        }
        let name = format!("{}\n{}\n{}", stamp.path.display(), stamp.instance, stamp.folder);
        let name = format!("runs-{:016x}", XxHash64::oneshot(0, name.as_bytes()));
        Some(Self { path: place.folder.join(name), stamp })
    }

    /// What is known of the COOL file.
    pub(super) fn load(&self) -> Option<Known> {
        self.parse(&fs::read(&self.path).ok()?)
    }

    fn parse(&self, content: &[u8]) -> Option<Known> {
        let end = content.iter().position(|byte| *byte == b'\n')?;
        let (head, rows) = (&content[..end], &content[end + 1..]);
        let head: Head = serde_json::from_slice(head).ok()?;
        if head.format != FORMAT
            || head.stamp != self.stamp
            || head.digest != digest(head.span, rows)
        {
            return None;
        }
        let (words, rest) = rows.as_chunks::<8>();
        let (rows, more) = words.as_chunks::<WORDS>();
        if !rest.is_empty() || !more.is_empty() {
            return None;
        }
        let runs = rows.iter().map(|row| extent(row.map(u64::from_le_bytes)));
        Some(Known { span: head.span, runs: runs.collect::<Option<_>>()? })
    }

    /// Keeps what has been found out, if it is more than what was known: runs of the ranges, all of them listed. Of several
    /// ranges nothing is kept.
    pub(super) fn learn(&self, known: Option<Known>, ranges: &[RunRange], listed: &[Extent]) {
        let before = known.as_ref().map_or(0, |known| known.runs.len());
        if let Some(mut known) = known.filter(|known| known.covers(ranges)) {
            if overlay(&mut known.runs, listed) {
                self.keep(&known);
            }
        } else if let [span] = ranges
            && listed.len() >= before
        {
            self.keep(&Known { span: *span, runs: listed.to_vec() });
        }
    }

    /// What cannot be kept is found again the next time. Nothing is kept of a COOL file that has changed meanwhile.
    fn keep(&self, known: &Known) {
        let now = Stamp::of(&self.stamp.path, &self.stamp.instance, &self.stamp.folder);
        if now.ok().as_ref() != Some(&self.stamp) {
            return;
        }
        let rows: Vec<u8> = known.runs.iter().flat_map(words).flat_map(u64::to_le_bytes).collect();
        let (stamp, digest) = (self.stamp.clone(), digest(known.span, &rows));
        let head = Head { format: FORMAT.to_owned(), stamp, span: known.span, digest };
        let write = || -> io::Result<()> {
            let mut content = serde_json::to_vec(&head)?;
            content.push(b'\n');
            content.extend(rows);
            self.path.parent().map_or(Ok(()), fs::create_dir_all)?;
            sct_wholefile::write(&self.path, &content).map_err(|error| error.source)
        };
        // Only time is lost, and whoever may not write there would hear it each time.
        let _ = write();
    }
}

fn words(run: &Extent) -> [u64; WORDS] {
    let first = RunLumi { run: run.run, lumi_block: LumiBlock::new(run.first) };
    [first.key(), u64::from(run.last), run.start, run.last_start, run.end]
}

fn extent([first, last, start, last_start, end]: [u64; WORDS]) -> Option<Extent> {
    let RunLumi { run, lumi_block } = RunLumi::from_key(first).ok()?;
    let last = u32::try_from(last).ok()?;
    Some(Extent { run, first: lumi_block.to_u32(), last, start, end, last_start })
}

#[cfg(test)]
mod tests;
