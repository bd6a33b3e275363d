//! Finding the events of all files before any is decoded.

use rayon::prelude::*;
use sct_bytestream::{
    EventDecoder,
    storage::{Ending, RawFile},
};
use sct_id::{LumiBlock, RunNumber};

use crate::{Config, Error, RawInput, Summary, summary::FileSummary};

/// Where an event is, and when it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EventPlace {
    pub(crate) lumi_block: u16,
    /// Index of the file.
    pub(crate) file: u32,
    /// Offset of the data separator.
    pub(crate) offset: u64,
    pub(crate) seconds: u32,
}

/// The events to decode, by lumi block, and what is known already.
#[derive(Debug)]
pub(crate) struct EventList<'a> {
    pub(crate) files: Vec<(RawInput<'a>, RawFile<'a>)>,
    pub(crate) events: Vec<EventPlace>,
    pub(crate) summary: Summary,
}

/// Events of one file.
struct Found {
    events: Vec<(EventPlace, u32)>,
    summary: FileSummary,
}

impl<'a> EventList<'a> {
    /// Opens the files and reads the headers of their events; `decoder` makes a decoder for each thread.
    pub(crate) fn find(
        inputs: &[RawInput<'a>],
        config: &Config,
        decoder: impl Fn() -> EventDecoder + Send + Sync,
    ) -> Result<Self, Error> {
        let mut inputs = inputs.to_vec();
        inputs.sort_by_key(|input| (input.path.file_name(), input.path));
        if let Some(pair) = inputs.array_windows().find(|[one, other]| one.path == other.path) {
            return Err(Error::Twice { path: pair[0].path.to_owned() });
        }
        let files: Vec<(RawInput<'a>, RawFile<'a>)> = inputs
            .into_iter()
            .map(|input| {
                let path = || input.path.to_owned();
                let file = RawFile::new(input.bytes)
                    .map_err(|source| Error::File { path: path(), source })?;
                Ok((input, file))
            })
            .collect::<Result<_, Error>>()?;
        let found: Vec<Found> = files
            .par_iter()
            .enumerate()
            .map_init(decoder, |decoder, (index, (input, file))| {
                Found::of(input, file, u32::try_from(index).unwrap_or(u32::MAX), config, decoder)
            })
            .collect::<Result<_, Error>>()?;
        let mut list = Self { files, events: Vec::new(), summary: Summary::default() };
        list.check_run(&found, config)?;
        list.select(found, config);
        Ok(list)
    }

    /// All events belong to one run.
    fn check_run(&mut self, found: &[Found], config: &Config) -> Result<(), Error> {
        let mut events = found.iter().flat_map(|found| &found.events);
        let first = events.clone().next().map(|&(_, run)| run);
        let Some(run) = config.run.map(RunNumber::to_u32).or(first) else { return Ok(()) };
        self.summary.run = Some(run);
        let Some(&(place, found)) = events.find(|&&(_, other)| other != run) else {
            return Ok(());
        };
        let path = self.files[place.file as usize].0.path.to_owned();
        let expected = RunNumber::new(run).unwrap_or(RunNumber::MAX);
        Err(Error::Run { path, offset: place.offset, found, expected })
    }

    fn select(&mut self, found: Vec<Found>, config: &Config) {
        let range = |range: Option<(u32, u32)>, value: u32| {
            let (first, last) = range.unwrap_or((value, value));
            Some((first.min(value), last.max(value)))
        };
        let most = config.max_events.unwrap_or(u64::MAX);
        for Found { events, summary } in found {
            self.summary.read += summary.events;
            self.summary.damaged += summary.damaged;
            self.summary.files.push(summary);
            for (place, _) in events {
                let lumi_block = u32::from(place.lumi_block);
                self.summary.seconds = range(self.summary.seconds, place.seconds);
                self.summary.lumi_blocks = range(self.summary.lumi_blocks, lumi_block);
                let wanted = config.lumi_blocks.contains(&LumiBlock::new(lumi_block))
                    && config.seconds.contains(&place.seconds);
                if wanted && (self.events.len() as u64) < most {
                    self.events.push(place);
                } else {
                    self.summary.unselected += 1;
                }
            }
        }
        self.events.par_sort_unstable();
    }
}

impl Found {
    fn of(
        input: &RawInput<'_>,
        file: &RawFile<'_>,
        index: u32,
        config: &Config,
        decoder: &mut EventDecoder,
    ) -> Result<Self, Error> {
        let length = input.bytes.len() as u64;
        let summary =
            FileSummary { path: input.path.to_owned(), bytes: length, ..FileSummary::default() };
        let mut found = Self { events: Vec::new(), summary };
        let mut blocks = file.blocks();
        for block in blocks.by_ref() {
            let header = match block {
                Ok(block) => decoder
                    .peek(&block, file.is_compressed())
                    .map(|header| (block.offset, header))
                    .map_err(|error| (error.offset(), with_cause(&error))),
                // Bytes after the last whole event are reported as the file's end below.
                Err(error) => Err((error.offset(), error.to_string())),
            };
            match header {
                Ok((offset, header)) => {
                    let (lumi_block, seconds) = (header.lumi_block, header.time().0);
                    let place = EventPlace { lumi_block, file: index, offset, seconds };
                    found.events.push((place, header.run_number));
                }
                Err((offset, reason)) => found.summary.add_damage(offset, reason),
            }
        }
        found.summary.events = found.events.len() as u64;
        let cut = match blocks.ending() {
            Some(Ending::Complete) | None => None,
            Some(Ending::NoEndRecord { offset } | Ending::Truncated { offset }) => Some(offset),
        };
        match cut {
            Some(offset) if !config.accept_truncated => {
                Err(Error::Truncated { path: input.path.to_owned(), offset, length })
            }
            cut => {
                found.summary.truncated_at = cut;
                Ok(found)
            }
        }
    }
}

/// An error and its causes in one line.
pub(crate) fn with_cause(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
