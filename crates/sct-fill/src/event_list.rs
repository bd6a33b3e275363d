//! Finding the events of all files before any is decoded.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sct_bytestream::{
    EventDecoder,
    storage::{Blocks, Ending},
};
use sct_id::{LumiBlock, RunNumber};

use crate::{
    Config, Error, Open, Summary,
    held::{Held, STEP},
    summary::FileSummary,
};

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
    pub(crate) files: Vec<&'a Path>,
    pub(crate) events: Vec<EventPlace>,
    pub(crate) summary: Summary,
}

/// Events of one file.
struct Found {
    events: Vec<(EventPlace, u32)>,
    summary: FileSummary,
}

impl<'a> EventList<'a> {
    /// Reads the headers of all events; `decoder` makes a decoder for each thread.
    pub(crate) fn find(
        paths: &'a [PathBuf],
        open: Open<'_>,
        config: &Config,
        decoder: impl Fn() -> EventDecoder + Send + Sync,
    ) -> Result<Self, Error> {
        let mut files: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
        files.sort_by_key(|path| (path.file_name(), *path));
        if let Some([path, _]) = files.array_windows().find(|[one, other]| one == other) {
            return Err(Error::Twice { path: path.to_path_buf() });
        }
        let found: Vec<Found> = files
            .par_iter()
            .enumerate()
            .map_init(decoder, |decoder, (index, path)| {
                Found::of(path, open, u32::try_from(index).unwrap_or(u32::MAX), config, decoder)
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
        let path = self.files[place.file as usize].to_owned();
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
        path: &Path,
        open: Open<'_>,
        index: u32,
        config: &Config,
        decoder: &mut EventDecoder,
    ) -> Result<Self, Error> {
        let summary = FileSummary { path: path.to_owned(), ..FileSummary::default() };
        let mut found = Self { events: Vec::new(), summary };
        let mut from = None;
        let ending = loop {
            let held = Held::open(path, open)?;
            let file = held.file()?;
            let length = file.bytes().len() as u64;
            if from.is_some() && length != found.summary.bytes {
                return Err(held.changed());
            }
            found.summary.bytes = length;
            let mut blocks = match from {
                Some(offset) => file.blocks_from(offset),
                None => file.blocks(),
            };
            let step = blocks.offset().saturating_add(STEP);
            while blocks.offset() < step
                && found.next(&mut blocks, file.is_compressed(), index, decoder)
            {}
            match blocks.ending() {
                Some(ending) => break ending,
                None => from = Some(blocks.offset()),
            }
        };
        found.summary.events = found.events.len() as u64;
        let cut = match ending {
            Ending::Complete => None,
            Ending::NoEndRecord { offset } | Ending::Truncated { offset } => Some(offset),
        };
        match cut {
            Some(offset) if !config.accept_truncated => {
                let length = found.summary.bytes;
                Err(Error::Truncated { path: path.to_owned(), offset, length })
            }
            cut => {
                found.summary.truncated_at = cut;
                Ok(found)
            }
        }
    }

    /// Takes the next block, if there is one.
    fn next(
        &mut self,
        blocks: &mut Blocks<'_, '_>,
        is_compressed: bool,
        file: u32,
        decoder: &mut EventDecoder,
    ) -> bool {
        let header = match blocks.next() {
            None => return false,
            Some(Ok(block)) => decoder
                .peek(&block, is_compressed)
                .map(|header| (block.offset, header))
                .map_err(|error| (error.offset(), with_cause(&error))),
            // Bytes after the last whole event are reported as the file's end.
            Some(Err(error)) => Err((error.offset(), error.to_string())),
        };
        match header {
            Ok((offset, header)) => {
                let (lumi_block, seconds) = (header.lumi_block, header.time().0);
                let place = EventPlace { lumi_block, file, offset, seconds };
                self.events.push((place, header.run_number));
            }
            Err((offset, reason)) => self.summary.add_damage(offset, reason),
        }
        true
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
