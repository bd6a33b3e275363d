//! SCTBSErrors.root.

use std::path::Path;

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

/// Reads the byte-stream errors of all wafers.
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
    let (mut missing, mut counts) = (Vec::new(), [0; BsErrorMap::TYPES]);
    for wafer in WaferHash::all() {
        let name = names::bs_errors(wafer).path();
        let Some(key) = file.find(&name) else {
            missing.push(wafer);
            continue;
        };
        let view = read::checked(&file, &key, &mut scratch, Class::Th1F, TYPES, None)?;
        read::counts(path, &name, &view, &mut counts)?;
        let entries = read::entries(path, &name, &view)?;
        let inside: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        let outside = u32::try_from(entries.saturating_sub(inside)).unwrap_or(u32::MAX);
        let too_many =
            |_| Error::TooMany { path: path.to_owned(), object: name.clone(), count: u32::MAX };
        for (kind, &count) in counts.iter().enumerate() {
            map.fill(wafer, kind, count).map_err(too_many)?;
        }
        map.fill(wafer, BsErrorMap::TYPES, outside).map_err(too_many)?;
    }
    let warnings =
        if missing.is_empty() { Vec::new() } else { vec![Warning::MissingWafers(missing)] };
    Ok((map, warnings))
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
        let histogram = |&wafer: &WaferHash| {
            write::counts(
                path,
                &names::bs_errors(wafer),
                TYPES,
                0.0,
                map.wafer(wafer),
                map.outside(wafer),
            )
        };
        for portion in names::wafers(region).chunks(512) {
            let histograms: Vec<_> = portion.iter().map(histogram).collect::<Result<_, _>>()?;
            writer.write_all(names::folder(region), histograms)?;
        }
    }
    writer.finish()?;
    Ok(())
}
