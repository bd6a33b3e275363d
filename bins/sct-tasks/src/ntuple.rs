//! Results as a ROOT `TTree`. That of noisy strips has one row per strip and is named `noisy_strips`.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use oxyroot::{Marshaler, RootFile, WriterTree};
use sct_job::ExitCode;
use sct_wholefile::Pending;

use crate::failure::Coded;

/// One noisy strip. Columns of the tree have the names of the fields.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Run number.
    pub run: i32,
    /// Wafer hash, 0 to 8175.
    pub wafer: i32,
    /// -2, 0 or 2.
    pub barrel_ec: i32,
    /// Layer or disk.
    pub layer_disk: i32,
    /// Position around the beam.
    pub phi: i32,
    /// Position along the beam, or ring.
    pub eta: i32,
    /// 0 or 1.
    pub side: i32,
    /// Strip in offline order, 0 to 767.
    pub strip: i32,
    /// Chip in read-out order, 0 to 11.
    pub chip: i32,
    /// Hits of the run.
    pub hits: i64,
    /// Events of the run.
    pub events: i64,
    /// Hits per event, single precision as compared with the threshold.
    pub occupancy: f32,
    /// 1 when the strip is good in configuration and calibration data.
    pub newly_bad: i32,
    /// 1 when the strip is in the reference, the last upload.
    pub in_reference: i32,
    /// 1 when the whole wafer is noisy.
    pub noisy_wafer: i32,
}

/// Writes the rows, whole or not at all.
///
/// # Errors
///
/// When the file cannot be written; the exit code is that of a failed output.
pub fn write(path: &Path, rows: &[Row]) -> anyhow::Result<()> {
    write_tree(path, "noisy_strips", |tree| columns(tree, rows))
}

/// Writes one tree, whole or not at all; `fill` adds its columns.
///
/// # Errors
///
/// As [`write()`].
pub fn write_tree(
    path: &Path,
    name: &str,
    fill: impl FnOnce(&mut WriterTree),
) -> anyhow::Result<()> {
    let failed =
        || Coded::new(ExitCode::OutputFileError, format!("cannot write ntuple {}", path.display()));
    let pending = Pending::create(path).with_context(failed)?;
    let temporary = pending
        .temporary()
        .to_str()
        .ok_or_else(|| anyhow!("its folder has a name that is not UTF-8"));
    let mut file = RootFile::create(temporary.with_context(failed)?)
        .map_err(|error| anyhow!("{error}"))
        .with_context(failed)?;
    let mut tree = WriterTree::new(name);
    fill(&mut tree);
    tree.write(&mut file).map_err(|error| anyhow!("{error}")).with_context(failed)?;
    file.close().map_err(|error| anyhow!("{error}")).with_context(failed)?;
    pending.finish().with_context(failed)
}

fn columns(tree: &mut WriterTree, rows: &[Row]) {
    // The writer takes iterators that own their data, one a column.
    fn column<T: Marshaler + 'static>(
        tree: &mut WriterTree,
        name: &str,
        rows: &[Row],
        value: impl Fn(&Row) -> T,
    ) {
        let values: Vec<T> = rows.iter().map(value).collect();
        tree.new_branch(name, values.into_iter());
    }
    column(tree, "run", rows, |row| row.run);
    column(tree, "wafer", rows, |row| row.wafer);
    column(tree, "barrel_ec", rows, |row| row.barrel_ec);
    column(tree, "layer_disk", rows, |row| row.layer_disk);
    column(tree, "phi", rows, |row| row.phi);
    column(tree, "eta", rows, |row| row.eta);
    column(tree, "side", rows, |row| row.side);
    column(tree, "strip", rows, |row| row.strip);
    column(tree, "chip", rows, |row| row.chip);
    column(tree, "hits", rows, |row| row.hits);
    column(tree, "events", rows, |row| row.events);
    column(tree, "occupancy", rows, |row| row.occupancy);
    column(tree, "newly_bad", rows, |row| row.newly_bad);
    column(tree, "in_reference", rows, |row| row.in_reference);
    column(tree, "noisy_wafer", rows, |row| row.noisy_wafer);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(strip: i32) -> Row {
        Row {
            run: 1,
            wafer: 2,
            barrel_ec: -2,
            layer_disk: 3,
            phi: 4,
            eta: 5,
            side: 1,
            strip,
            chip: 7,
            hits: 1 << 33,
            events: 9,
            occupancy: 0.25,
            newly_bad: 1,
            in_reference: 0,
            noisy_wafer: 0,
        }
    }

    #[test]
    fn rows_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n.root");
        let rows: Vec<Row> = (0..1000).map(row).collect();
        write(&path, &rows).unwrap();
        let mut file = RootFile::open(&path).unwrap();
        let tree = file.get_tree("noisy_strips").unwrap();
        let strips: Vec<i32> = tree.branch("strip").unwrap().as_iter::<i32>().unwrap().collect();
        let hits: Vec<i64> = tree.branch("hits").unwrap().as_iter::<i64>().unwrap().collect();
        assert_eq!(strips, (0..1000).collect::<Vec<_>>());
        assert_eq!(hits, vec![1 << 33; 1000]);
    }

    #[test]
    fn an_unwritable_folder_is_an_output_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = write(&folder.path().join("missing/n.root"), &[row(0)]).unwrap_err();
        assert_eq!(crate::failure::exit_code(&error), ExitCode::OutputFileError);
    }
}
