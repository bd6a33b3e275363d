//! Maps of byte-stream errors: twelve types, three names, two classes, in sub-folders or not.

use std::collections::HashMap;

use rayon::prelude::*;
use sct_hitmap::{ByteStreamError, ErrorCell, WaferMap};
use sct_id::{Plane, WaferHash};
use sct_roothist::{Class, Key, RootFile, Scratch};

use super::{array, maps, names};
use crate::Error;

/// Objects by directory and name: each map has six possible names, and searching the file for each takes longer.
type Table<'a> = HashMap<(&'a str, &'a str), Key<'a>>;

pub(super) fn read(
    file: &RootFile,
    base: &str,
) -> Result<[WaferMap<ErrorCell>; ByteStreamError::COUNT], Error> {
    let table: Table<'_> = file
        .keys()
        .filter(|key| key.directory().starts_with(base) && key.directory().contains("/errors"))
        .map(|key| ((key.directory(), key.name()), key))
        .collect();
    let wanted: Vec<(ByteStreamError, Plane)> = ByteStreamError::ALL
        .into_iter()
        .flat_map(|kind| Plane::all().map(move |plane| (kind, plane)))
        .collect();
    let mut cells = wanted
        .par_iter()
        .map_init(Scratch::default, |scratch, &(kind, plane)| {
            let key = find(file, base, &table, kind, plane)?;
            plane_cells(file, &key, scratch, plane)
        })
        .collect::<Result<Vec<_>, Error>>()?
        .into_iter();
    array(|_| {
        let of_kind = cells.by_ref().take(Plane::COUNT).collect();
        Ok(maps::gathered(of_kind).map(|cell| cell.unwrap_or_default()))
    })
}

fn find<'a>(
    file: &RootFile,
    base: &str,
    table: &Table<'a>,
    kind: ByteStreamError,
    plane: Plane,
) -> Result<Key<'a>, Error> {
    let names =
        names::errors(plane, kind).map(|(directory, name)| (format!("{base}/{directory}"), name));
    let found = names.iter().find_map(|(directory, name)| table.get(&(&**directory, &**name)));
    found.copied().ok_or_else(|| Error::NoErrorMap {
        path: file.path().to_owned(),
        kind,
        plane,
        tried: names.map(|(directory, name)| format!("{directory}/{name}")).to_vec(),
    })
}

/// A map of counts holds events; a profile holds the part of the events, and the events as its sums.
fn plane_cells(
    file: &RootFile,
    key: &Key<'_>,
    scratch: &mut Scratch,
    plane: Plane,
) -> Result<Vec<(WaferHash, ErrorCell)>, Error> {
    let counts = key.class() == Some(Class::Th2F);
    let class = if counts { Class::Th2F } else { Class::Profile2D };
    let view = maps::view(file, key, scratch, class, plane)?;
    let cell = |&wafer| {
        let cell = if counts {
            let events = maps::count(file, key, &view, wafer)?;
            ErrorCell { content: events, events }
        } else {
            let cell = maps::profile_cell(file, key, &view, wafer)?;
            ErrorCell { content: cell.mean(), events: cell.sum }
        };
        Ok((wafer, cell))
    };
    plane.wafers().iter().map(cell).collect()
}
