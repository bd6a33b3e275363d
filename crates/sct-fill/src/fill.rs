//! Decoding and counting.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;
use sct_bytestream::{EventConfig, EventDecoder, rod::Readout, storage::RawFile};
use sct_hitmap::{BsErrorMap, Filler, Hitmap, LumiBlockMaps, RunMaps};
use sct_id::LumiBlock;

use crate::{
    Config, Error, Inputs, Summary,
    event_list::{EventList, EventPlace, with_cause},
    held::{Held, STEP},
};

/// Events that a thread takes at least: fewer would not be worth handing over their maps.
const FEWEST: usize = 256;
/// Portions of the work for each thread, so that all end at about the same time.
const PORTIONS: usize = 8;

/// Maps of a run, or of the part of it in some files.
#[derive(Debug)]
pub struct Outcome {
    /// Hits per strip, and by lumi block if they were asked for.
    pub maps: RunMaps,
    /// Byte-stream errors; their events are all that were decoded.
    pub errors: BsErrorMap,
    /// What was met.
    pub summary: Summary,
}

/// One thread's share. Its memory is that of two hit maps and of the lumi blocks it meets; an event needs no more.
#[derive(Debug)]
struct Worker {
    decoder: EventDecoder,
    filler: Filler,
    maps: RunMaps,
    errors: BsErrorMap,
    summary: Summary,
    damage: Vec<(u32, u64, String)>,
}

/// Fills the maps of all files. `progress` hears of every portion of events that is done.
///
/// # Errors
///
/// [`Error`]: files that are no RAW files, are cut short or belong to another run; counts that do not fit.
pub fn fill(
    inputs: &Inputs<'_>,
    config: &Config,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Outcome, Error> {
    let readout = Readout::new(inputs.cabling, inputs.swap);
    let settings = EventConfig {
        verify_checksums: config.verify_checksums,
        max_unplaced: config.max_unplaced,
    };
    let decoder = || EventDecoder::new(readout.clone(), settings);
    let mut list = EventList::find(inputs.files, inputs.open, config, decoder)?;
    let empty = || RunMaps {
        hits: Hitmap::new(),
        lumi_blocks: config.axis.map(|axis| LumiBlockMaps::new(axis.lumi_blocks, axis.per_window)),
    };
    let workers: Mutex<Vec<Worker>> = Mutex::new(Vec::new());
    let portion = list.events.len().div_ceil(PORTIONS * rayon::current_num_threads()).max(FEWEST);
    list.events.par_chunks(portion).try_for_each(|events| {
        let mut worker = lock(&workers).pop().unwrap_or_else(|| Worker::new(decoder(), empty()));
        for events in events.chunk_by(|one, next| one.file == next.file) {
            worker.file(&list, events, inputs)?;
        }
        lock(&workers).push(worker);
        progress(events.len() as u64);
        Ok::<_, Error>(())
    })?;
    let workers = workers.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (mut maps, mut errors, mut damage) = (None, BsErrorMap::new(), Vec::new());
    for mut worker in workers {
        worker.filler.finish(&mut worker.maps, inputs.swap)?;
        maps = Some(match maps {
            None => worker.maps,
            Some(sum) => sum_of(sum, worker.maps)?,
        });
        errors.merge(&worker.errors)?;
        list.summary.merge(&worker.summary);
        damage.append(&mut worker.damage);
    }
    damage.sort();
    for (file, offset, reason) in damage {
        list.summary.damaged += 1;
        list.summary.files[file as usize].add_damage(offset, reason);
    }
    Ok(Outcome { maps: maps.unwrap_or_else(empty), errors, summary: list.summary })
}

impl Worker {
    fn new(decoder: EventDecoder, maps: RunMaps) -> Self {
        Self {
            decoder,
            filler: Filler::default(),
            maps,
            errors: BsErrorMap::new(),
            summary: Summary::default(),
            damage: Vec::new(),
        }
    }

    /// Takes events of one file.
    fn file(
        &mut self,
        list: &EventList<'_>,
        mut events: &[EventPlace],
        inputs: &Inputs<'_>,
    ) -> Result<(), Error> {
        while let Some(first) = events.first() {
            let held = Held::open(list.files[first.file as usize], inputs.open)?;
            let file = held.file()?;
            // Offsets grow within a lumi block and begin anew with the next one.
            let is_near = |place: &EventPlace| place.offset.abs_diff(first.offset) < STEP;
            let near = events.iter().take_while(|place| is_near(place)).count();
            let (now, later) = events.split_at(near);
            for place in now {
                self.event(&file, place, inputs)?;
            }
            events = later;
        }
        Ok(())
    }

    fn event(
        &mut self,
        file: &RawFile<'_>,
        place: &EventPlace,
        inputs: &Inputs<'_>,
    ) -> Result<(), Error> {
        let block = file.block(place.offset).map_err(|error| error.to_string());
        let decoded = block.and_then(|block| {
            self.decoder.decode(&block, file.is_compressed()).map_err(|error| with_cause(&error))
        });
        let event = match decoded {
            Ok(event) => event,
            Err(reason) => {
                self.damage.push((place.file, place.offset, reason));
                return Ok(());
            }
        };
        self.summary.add_event(event);
        self.errors.set_events(self.errors.events() + 1);
        for (wafer, mask) in self.decoder.errors().iter() {
            for error in mask.iter() {
                self.errors.fill(wafer, error.id(), 1)?;
            }
        }
        let event = self.decoder.event();
        if inputs.majority.is_some_and(|is_on| !is_on(place.seconds)) {
            self.summary.detector_off += 1;
        } else if event.is_skipped {
            self.summary.left_out += 1;
        } else {
            let lumi_block = LumiBlock::new(u32::from(place.lumi_block));
            self.filler.begin_event(lumi_block, &mut self.maps, inputs.swap)?;
            for cluster in &event.clusters {
                self.filler.group(cluster.wafer, cluster.strip, usize::from(cluster.size))?;
            }
            self.summary.used += 1;
            self.summary.clusters += event.clusters.len() as u64;
        }
        Ok(())
    }
}

fn sum_of(mut sum: RunMaps, more: RunMaps) -> Result<RunMaps, Error> {
    sum.merge(more)?;
    Ok(sum)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
