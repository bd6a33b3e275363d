//! SCTHitMaps.root.

use std::path::Path;

use rayon::prelude::*;
use sct_hitmap::Hitmap;
use sct_id::{Region, WaferHash};
use sct_roothist::{Class, FileWriter, RootFile, Scratch, WriteOptions};

use crate::{
    Error, Warning,
    names::{self, EVENTS, STRIPS},
    read, write,
};

/// How much may be wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// More missing wafers than this are an error.
    pub max_missing_wafers: usize,
}

impl Default for ReadOptions {
    /// Any number of wafers may be missing.
    fn default() -> Self {
        Self { max_missing_wafers: WaferHash::COUNT }
    }
}

/// Number of events of any of the loop's files: the entry count of its event counter. Reads nothing else.
///
/// # Errors
///
/// [`Error`] when the file is damaged or has no event counter.
pub fn peek_events(path: &Path) -> Result<u64, Error> {
    let file = RootFile::open(path)?;
    let key = file.require(EVENTS)?;
    read::entries(path, EVENTS, &file.view(&key, &mut Scratch::default())?)
}

/// Reads the hits per strip of all wafers, in parallel.
///
/// # Errors
///
/// [`Error`]: damage, a wrong class or binning, contents that are no counts, too many missing wafers.
pub fn read_hit_maps(path: &Path, options: ReadOptions) -> Result<(Hitmap, Vec<Warning>), Error> {
    let file = RootFile::open(path)?;
    let mut map = Hitmap::new();
    let counter = file.require(EVENTS)?;
    let mut scratch = Scratch::default();
    let events =
        read::checked(&file, &counter, &mut scratch, Class::Th1I, names::from_one(1), None)?;
    map.set_events(read::entries(path, EVENTS, &events)?);

    let found: Vec<Option<u64>> = map
        .rows_mut()
        .enumerate()
        .map_init(Scratch::default, |scratch, (hash, row)| read_wafer(&file, hash, scratch, row))
        .collect::<Result<_, _>>()?;

    let (mut missing, mut differing) = (Vec::new(), Vec::new());
    for (wafer, entries) in WaferHash::all().zip(found) {
        match entries {
            None => {
                map.set_absent(wafer);
                missing.push(wafer);
            }
            Some(entries) if entries != map.hits(wafer) => {
                map.set_entries(wafer, entries);
                differing.push(wafer);
            }
            Some(_) => {}
        }
    }
    if missing.len() > options.max_missing_wafers {
        let first = missing.first().map(|wafer| wafer.position().to_string()).unwrap_or_default();
        let (missing, allowed) = (missing.len(), options.max_missing_wafers);
        return Err(Error::MissingWafers { path: path.to_owned(), missing, allowed, first });
    }
    let mut warnings = Vec::new();
    if !missing.is_empty() {
        warnings.push(Warning::MissingWafers(missing));
    }
    if !differing.is_empty() {
        warnings.push(Warning::EntriesDiffer(differing));
    }
    Ok((map, warnings))
}

/// Fills one row; gives the entry count, or nothing when the histogram is missing.
fn read_wafer(
    file: &RootFile,
    hash: usize,
    scratch: &mut Scratch,
    row: &mut [u32],
) -> Result<Option<u64>, Error> {
    let wafer = WaferHash::new(hash).expect("rows are numbered by wafer hash");
    let path = names::hit_map(wafer).path();
    let Some(key) = file.find(&path) else { return Ok(None) };
    let view = read::checked(file, &key, scratch, Class::Th1F, STRIPS, None)?;
    read::counts(file.path(), &path, &view, row)?;
    read::entries(file.path(), &path, &view).map(Some)
}

/// Writes the hits per strip. Wafers that are absent in the map are absent in the file.
///
/// # Errors
///
/// [`Error::Write`] and [`Error::TooMany`]; the file then does not exist.
pub fn write_hit_maps(path: &Path, map: &Hitmap) -> Result<(), Error> {
    let mut writer = FileWriter::create(path, WriteOptions::default())?;
    writer.directory("GENERAL")?.write(&write::events(&[map.events()], 0))?;
    for region in Region::ALL {
        writer.directory(names::folder(region))?;
        let wafers = names::wafers(region);
        let portions: Vec<&[WaferHash]> = wafers.chunks(write::TOGETHER).collect();
        writer.write_portions(portions.len(), |number, encoder| {
            let present = portions[number].iter().filter(|&&wafer| map.is_present(wafer));
            let encode = |&wafer: &WaferHash| {
                let label = names::hit_map(wafer);
                let mut histogram = write::counts(path, &label, STRIPS, 0.0, map.wafer(wafer), 0)?;
                histogram.entries = map.entries(wafer) as f64;
                Ok(encoder.encode(&histogram)?)
            };
            present.map(encode).collect::<Result<_, Error>>()
        })?;
    }
    writer.finish()?;
    Ok(())
}
