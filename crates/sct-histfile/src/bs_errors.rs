//! SCTBSErrors.root.

use std::path::Path;

use rayon::prelude::*;
use sct_hitmap::BsErrorMap;
use sct_id::{Region, WaferHash};
use sct_roothist::{Class, FileWriter, RootFile, Scratch, WriteOptions};

use crate::{
    Error, Warning,
    names::{self, EVENTS},
    read, write,
};

/// Axis of error types: bins centred on the type numbers.
const TYPES: (usize, f64, f64) = (BsErrorMap::TYPES, -0.5, BsErrorMap::TYPES as f64 - 0.5);

/// Reads the byte-stream errors of all wafers, in parallel.
///
/// # Errors
///
/// [`Error`]: damage, a wrong class or binning, contents that are no counts.
pub fn read_bs_errors(path: &Path) -> Result<(BsErrorMap, Vec<Warning>), Error> {
    let file = RootFile::open(path)?;
    let mut scratch = Scratch::default();
    let mut map = BsErrorMap::new();
    let counter = file.require(EVENTS)?;
    let events =
        read::checked(&file, &counter, &mut scratch, Class::Th1I, names::from_one(1), None)?;
    map.set_events(read::entries(path, EVENTS, &events)?);
    let found: Vec<Option<Counts>> = (0..WaferHash::COUNT)
        .into_par_iter()
        .map_init(Scratch::default, |scratch, hash| read_wafer(&file, hash, scratch))
        .collect::<Result<_, _>>()?;
    let mut missing = Vec::new();
    for (wafer, found) in WaferHash::all().zip(found) {
        let Some(Counts { inside, outside }) = found else {
            missing.push(wafer);
            continue;
        };
        let too_many = |_| {
            let (path, object) = (path.to_owned(), names::bs_errors(wafer).path());
            Error::TooMany { path, object, count: u32::MAX }
        };
        for (kind, &count) in inside.iter().enumerate() {
            map.fill(wafer, kind, count).map_err(too_many)?;
        }
        map.fill(wafer, BsErrorMap::TYPES, outside).map_err(too_many)?;
    }
    let warnings =
        if missing.is_empty() { Vec::new() } else { vec![Warning::MissingWafers(missing)] };
    Ok((map, warnings))
}

/// Events with errors of one wafer: by type, and of later types.
struct Counts {
    inside: [u32; BsErrorMap::TYPES],
    outside: u32,
}

/// Reads one wafer; nothing when its histogram is missing.
fn read_wafer(
    file: &RootFile,
    hash: usize,
    scratch: &mut Scratch,
) -> Result<Option<Counts>, Error> {
    let wafer = WaferHash::new(hash).expect("below the number of wafers");
    let name = names::bs_errors(wafer).path();
    let Some(key) = file.find(&name) else { return Ok(None) };
    let view = read::checked(file, &key, scratch, Class::Th1F, TYPES, None)?;
    let mut inside = [0; BsErrorMap::TYPES];
    read::counts(file.path(), &name, &view, &mut inside)?;
    let entries = read::entries(file.path(), &name, &view)?;
    let sum: u64 = inside.iter().map(|&count| u64::from(count)).sum();
    let outside = u32::try_from(entries.saturating_sub(sum)).unwrap_or(u32::MAX);
    Ok(Some(Counts { inside, outside }))
}

/// Writes the byte-stream errors.
///
/// # Errors
///
/// [`Error::Write`] and [`Error::TooMany`]; the file then does not exist.
pub fn write_bs_errors(path: &Path, map: &BsErrorMap) -> Result<(), Error> {
    let mut writer = FileWriter::create(path, WriteOptions::default())?;
    writer.directory("GENERAL")?.write(&write::events(&[map.events()], 0))?;
    for region in Region::ALL {
        writer.directory(names::folder(region))?;
        let wafers = names::wafers(region);
        let portions: Vec<&[WaferHash]> = wafers.chunks(write::TOGETHER).collect();
        writer.write_portions(portions.len(), |number, encoder| {
            let encode = |&wafer: &WaferHash| {
                let (label, counts) = (names::bs_errors(wafer), map.wafer(wafer));
                let histogram =
                    write::counts(path, &label, TYPES, 0.0, counts, map.outside(wafer))?;
                Ok(encoder.encode(&histogram)?)
            };
            portions[number].iter().map(encode).collect::<Result<_, Error>>()
        })?;
    }
    writer.finish()?;
    Ok(())
}
