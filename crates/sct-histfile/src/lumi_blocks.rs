//! SCTLB.root.

use std::path::Path;

use sct_hitmap::{BoxError, ChipHits, LumiBlockMaps, WindowSums};
use sct_id::{Chip, Region, Strip, WaferHash};
use sct_roothist::{
    Class, Contents, Encoded, Encoder, FileWriter, Histogram, RootFile, Scratch, WriteOptions,
};

use crate::{
    Error,
    names::{self, EVENTS, STRIPS},
    read, write,
};

/// An open SCTLB.root: events per lumi block at once, histograms of chips when they are asked for.
#[derive(Debug)]
pub struct LumiBlockFile {
    file: RootFile,
    events: Vec<u64>,
    total: u64,
}

impl LumiBlockFile {
    /// Opens the file and reads its event counter.
    ///
    /// # Errors
    ///
    /// [`Error`] when the file is damaged, or the counter is missing or no TH1I of lumi blocks.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = RootFile::open(path)?;
        let (events, total) = {
            let key = file.require(EVENTS)?;
            let mut scratch = Scratch::default();
            let bins = file.view(&key, &mut scratch)?.x().bins();
            let view =
                read::checked(&file, &key, &mut scratch, Class::Th1I, names::from_one(bins), None)?;
            (read::integer_counts(path, EVENTS, &view, bins)?, read::entries(path, EVENTS, &view)?)
        };
        Ok(Self { file, events, total })
    }

    pub(crate) fn file(&self) -> &RootFile {
        &self.file
    }

    /// Number of lumi blocks on the axis.
    pub fn lumi_blocks(&self) -> usize {
        self.events.len()
    }

    /// Number of events: the entry count of the counter.
    pub fn total_events(&self) -> u64 {
        self.total
    }

    /// Lumi blocks with events.
    pub fn processed_lumi_blocks(&self) -> usize {
        self.events.iter().filter(|&&events| events > 0).count()
    }

    /// Hits per lumi block of one chip; `None` when the file has no such histogram.
    ///
    /// # Errors
    ///
    /// [`Error`]: damage, a wrong class or binning, contents that are no counts.
    pub fn chip_hits(&self, wafer: WaferHash, in_side: usize) -> Result<Option<Vec<u32>>, Error> {
        let path = names::chip(wafer, in_side).path();
        let Some(key) = self.file.find(&path) else { return Ok(None) };
        let mut scratch = Scratch::default();
        let axis = names::from_one(self.lumi_blocks());
        let view = read::checked(&self.file, &key, &mut scratch, Class::Th1F, axis, None)?;
        let mut counts = vec![0; self.lumi_blocks()];
        read::counts(self.file.path(), &path, &view, &mut counts)?;
        Ok(Some(counts))
    }

    /// Hits per strip (768 a row) of one wafer, one row a window of lumi blocks; `None` when the file has no such
    /// histogram.
    ///
    /// # Errors
    ///
    /// As [`Self::chip_hits`].
    pub fn window_hits(&self, wafer: WaferHash) -> Result<Option<Vec<Vec<u32>>>, Error> {
        let path = names::windows(wafer).path();
        let Some(key) = self.file.find(&path) else { return Ok(None) };
        let histogram = self.file.read(&key)?;
        let rows = histogram.y.bins as usize;
        let y = (rows, 0.5, histogram.y.high);
        let mut scratch = Scratch::default();
        read::checked(&self.file, &key, &mut scratch, Class::Th2F, STRIPS, Some(y))?;
        let row = |window: usize| -> Result<Vec<u32>, Error> {
            (1..=STRIPS.0).map(|bin| self.cell(&path, &histogram, bin, window + 1)).collect()
        };
        (0..rows).map(row).collect::<Result<_, _>>().map(Some)
    }

    fn cell(&self, path: &str, histogram: &Histogram, x: usize, y: usize) -> Result<u32, Error> {
        let cell = histogram.cell(x, y).unwrap_or(0);
        let value = histogram.contents.get(cell).unwrap_or(f64::NAN);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "compared with the original next"
        )]
        let count = value as u32;
        if f64::from(count).to_bits() == value.to_bits() {
            return Ok(count);
        }
        let (path, object) = (self.file.path().to_owned(), path.to_owned());
        Err(Error::NotACount { path, object, bin: cell, value })
    }
}

impl ChipHits for LumiBlockFile {
    fn events(&self) -> &[u64] {
        &self.events
    }

    fn chip(&self, wafer: WaferHash, in_side: usize) -> Result<Option<Vec<u32>>, BoxError> {
        Ok(self.chip_hits(wafer, in_side)?)
    }
}

/// What all wafers of a file share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LumiBlockHeader {
    /// Events per lumi block; index 0 is lumi block 1.
    pub events: Vec<u64>,
    /// Events in lumi blocks outside the range.
    pub events_outside: u64,
    /// Lumi blocks in one window.
    pub per_window: usize,
}

impl LumiBlockHeader {
    /// Number of windows.
    pub fn windows(&self) -> usize {
        self.events.len().div_ceil(self.per_window.max(1))
    }
}

/// The seven histograms of one wafer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaferLumiBlocks {
    /// Hits per strip, 768 a window, window after window.
    pub windows: Vec<u32>,
    /// Sums over these hits.
    pub sums: WindowSums,
    /// Hits in lumi blocks outside the range.
    pub windows_outside: u64,
    /// Hits per lumi block of the chips in read-out order, as many as the header has lumi blocks.
    pub chips: [Vec<u32>; Chip::PER_SIDE],
    /// Their hits in lumi blocks outside the range.
    pub chips_outside: [u64; Chip::PER_SIDE],
}

/// Writes an SCTLB.root wafer by wafer: `wafer` is called once for each, in several threads, and what it returns is packed
/// and dropped, so that memory stays bounded. It must not wait for other threads.
///
/// # Errors
///
/// [`Error::Write`] and [`Error::TooMany`]; the file then does not exist.
pub fn write_lumi_blocks(
    path: &Path,
    header: &LumiBlockHeader,
    wafer: impl Fn(WaferHash) -> WaferLumiBlocks + Sync,
) -> Result<(), Error> {
    write_wafers(path, header, |hash, add| {
        let wafer = wafer(hash);
        for (window, row) in wafer.windows.chunks(Strip::PER_WAFER).enumerate() {
            let hit = row.iter().enumerate().filter(|(_, hits)| **hits > 0);
            hit.for_each(|(strip, &hits)| add(window, strip, hits));
        }
        wafer
    })
}

/// Takes hits by window and strip; those of a strip may come in several portions.
type AddHits<'a> = dyn FnMut(usize, usize, u32) + 'a;

/// As [`write_lumi_blocks`]; the hits by strip and window are not returned but added one by one, most strips having none.
fn write_wafers(
    path: &Path,
    header: &LumiBlockHeader,
    wafer: impl Fn(WaferHash, &mut AddHits<'_>) -> WaferLumiBlocks + Sync,
) -> Result<(), Error> {
    let mut writer = FileWriter::create(path, WriteOptions::default())?;
    writer.directory("GENERAL")?.write(&write::events(&header.events, header.events_outside))?;
    for region in Region::ALL {
        writer.directory(names::folder(region))?;
        let wafers = names::wafers(region);
        writer.write_portions(wafers.len(), |number, encoder| {
            let hash = wafers[number];
            let mut windows = WindowHistogram::new(header, hash);
            let wafer = wafer(hash, &mut |window, strip, hits| windows.add(window, strip, hits));
            let windows = windows.finish(path, &wafer)?;
            encode_wafer(path, header, hash, &windows, &wafer, encoder)
        })?;
    }
    writer.finish()?;
    Ok(())
}

fn encode_wafer(
    path: &Path,
    header: &LumiBlockHeader,
    hash: WaferHash,
    windows: &Histogram,
    wafer: &WaferLumiBlocks,
    encoder: &mut Encoder,
) -> Result<Vec<Encoded>, Error> {
    let mut encoded = Vec::with_capacity(1 + Chip::PER_SIDE);
    encoded.push(encoder.encode(windows)?);
    let axis = names::from_one(header.events.len());
    for (in_side, (hits, &outside)) in wafer.chips.iter().zip(&wafer.chips_outside).enumerate() {
        let histogram = write::counts(path, &names::chip(hash, in_side), axis, 1.0, hits, outside)?;
        encoded.push(encoder.encode(&histogram)?);
    }
    Ok(encoded)
}

/// Hits by strip and window on their way to a histogram.
struct WindowHistogram {
    label: names::Label,
    windows: usize,
    histogram: Histogram,
    hits: u64,
    /// Sums of the strip numbers and of their squares.
    strips: [u64; 2],
    /// A number of hits that single precision does not hold.
    too_many: Option<u32>,
}

impl WindowHistogram {
    fn new(header: &LumiBlockHeader, hash: WaferHash) -> Self {
        let (windows, label) = (header.windows(), names::windows(hash));
        let y = (windows, 0.5, (header.per_window * windows) as f64 + 0.5);
        let histogram = write::two_dimensions(Class::Th2F, &label, STRIPS, y);
        Self { label, windows, histogram, hits: 0, strips: [0; 2], too_many: None }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "compared with the original, which is no larger than a count"
    )]
    fn add(&mut self, window: usize, strip: usize, hits: u32) {
        let Contents::F32(cells) = &mut self.histogram.contents else { return };
        if window >= self.windows || strip >= Strip::PER_WAFER {
            return;
        }
        let cell = &mut cells[(window + 1) * (STRIPS.0 + 2) + 1 + strip];
        let sum = f64::from(*cell) + f64::from(hits);
        *cell = sum as f32;
        if f64::from(*cell).to_bits() != sum.to_bits() {
            self.too_many = Some(sum as u32);
        }
        let strip = strip as u64;
        self.hits += u64::from(hits);
        self.strips[0] += u64::from(hits) * strip;
        self.strips[1] += u64::from(hits) * strip * strip;
    }

    fn finish(self, path: &Path, wafer: &WaferLumiBlocks) -> Result<Histogram, Error> {
        let Self { label, mut histogram, hits, strips, too_many, .. } = self;
        if let Some(count) = too_many {
            return Err(Error::TooMany { path: path.to_owned(), object: label.path(), count });
        }
        let WindowSums { lumi_block, lumi_block2, strip_lumi_block } = wafer.sums;
        let stats = &mut histogram.stats;
        (stats.w, stats.w2) = (hits as f64, hits as f64);
        (stats.wx, stats.wx2) = (strips[0] as f64, strips[1] as f64);
        (stats.wy, stats.wy2, stats.wxy) =
            (lumi_block as f64, lumi_block2 as f64, strip_lumi_block as f64);
        histogram.entries = (hits + wafer.windows_outside) as f64;
        Ok(histogram)
    }
}

/// Writes an SCTLB.root from maps.
///
/// # Errors
///
/// As [`write_lumi_blocks`].
pub fn write_lumi_block_maps(path: &Path, maps: &LumiBlockMaps) -> Result<(), Error> {
    let events = maps.chips.events().to_vec();
    let events_outside = maps.chips.total_events() - events.iter().sum::<u64>();
    let header = LumiBlockHeader { events, events_outside, per_window: maps.windows.per_window() };
    write_wafers(path, &header, |wafer, add| {
        for window in 0..maps.windows.windows() {
            maps.windows.for_each(wafer, window, |strip, hits| add(window, strip, hits));
        }
        WaferLumiBlocks {
            windows: Vec::new(),
            sums: maps.windows.sums(wafer),
            windows_outside: maps.windows.outside(wafer),
            chips: maps.chips.wafer_hits(wafer),
            chips_outside: std::array::from_fn(|in_side| maps.chips.outside(wafer, in_side)),
        }
    })
}
