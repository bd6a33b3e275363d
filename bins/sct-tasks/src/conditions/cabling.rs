//! The cabling that a conditions database holds.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use sct_cabling::{
    Cabling,
    cool::{self, GeogRow, MurRow, RodMurRow, RodRow, Rows, Warning},
};
use sct_conditions::{
    ConfigurationFolder, GEOG_COLUMNS, GEOG_FOLDERS, MUR_COLUMNS, MUR_FOLDERS, ROD_COLUMNS,
    ROD_FOLDERS, ROD_MUR_COLUMNS, ROD_MUR_FOLDERS, cabling_numbers,
};
use sct_cool::Database;

use super::{Moment, configuration_rows, unreadable};

/// Warnings that the log gets in full.
const SHOWN: usize = 5;

/// The cabling at the beginning of a run; none when the database lacks one of the four folders. Where a module sits follows
/// from the number of its unit, not from a table of serial numbers. Rows that do not fit are left out; the log names the
/// first ones.
///
/// # Errors
///
/// When the file is damaged, columns are missing or empty, no wafer is connected, or a folder is keyed by time and that of
/// the run is not known.
pub fn cabling(path: &Path, moment: Moment) -> anyhow::Result<Option<Cabling>> {
    let read = || -> anyhow::Result<Option<Cabling>> {
        let database = Database::open(path)?;
        let Some(rows) = rows(&database, moment)? else { return Ok(None) };
        let cool::Read { cabling, warnings } = cool::read(&rows);
        log(path, &warnings);
        if cabling.is_empty() {
            bail!("the folders of the cabling connect no wafer at run {}", moment.run);
        }
        Ok(Some(cabling))
    };
    read().with_context(|| unreadable(path))
}

fn log(path: &Path, warnings: &[Warning]) {
    let file = path.display();
    for warning in warnings.iter().take(SHOWN) {
        tracing::warn!("{file}: {warning}");
    }
    if let more @ 1.. = warnings.len().saturating_sub(SHOWN) {
        tracing::warn!("{file}: {more} more rows of the cabling do not fit");
    }
}

/// All rows of the four folders, by channel and place; none when a folder is missing.
fn rows(database: &Database, moment: Moment) -> anyhow::Result<Option<Rows>> {
    let Some(rods) = numbers(database, &ROD_FOLDERS, ROD_COLUMNS, moment)? else { return Ok(None) };
    let Some(units) = numbers(database, &ROD_MUR_FOLDERS, ROD_MUR_COLUMNS, moment)? else {
        return Ok(None);
    };
    let Some(modules) = numbers(database, &MUR_FOLDERS, MUR_COLUMNS, moment)? else {
        return Ok(None);
    };
    let Some(harnesses) = numbers(database, &GEOG_FOLDERS, GEOG_COLUMNS, moment)? else {
        return Ok(None);
    };
    let rod = |row| {
        let [rob, crate_number, slot] = complete("ROD", row)?;
        Ok(RodRow { rob, crate_number, slot })
    };
    let unit = |row| {
        let [mur, crate_number, slot, position] = complete("RODMUR", row)?;
        Ok(RodMurRow { mur, crate_number, slot, position })
    };
    let harness = |row| {
        let [mur, position] = complete("Geog", row)?;
        Ok(GeogRow { mur, position })
    };
    Ok(Some(Rows {
        rods: rods.into_iter().map(rod).collect::<anyhow::Result<_>>()?,
        rod_murs: units.into_iter().map(unit).collect::<anyhow::Result<_>>()?,
        murs: modules.into_iter().map(module).collect::<anyhow::Result<_>>()?,
        geography: harnesses.into_iter().map(harness).collect::<anyhow::Result<_>>()?,
    }))
}

/// Places without a module may have nulls anywhere.
fn module(row: [Option<i64>; MUR_COLUMNS.len()]) -> anyhow::Result<MurRow> {
    let [mur, module, module_id, rx0_fibre, rx1_fibre] = row;
    let [mur, rx0_fibre, rx1_fibre] = match (module, module_id) {
        (Some(_), Some(_)) => complete("MUR", [mur, rx0_fibre, rx1_fibre])?,
        _ => [mur, rx0_fibre, rx1_fibre].map(Option::unwrap_or_default),
    };
    Ok(MurRow { mur, module, module_id, rx0_fibre, rx1_fibre })
}

fn complete<const N: usize>(folder: &str, row: [Option<i64>; N]) -> anyhow::Result<[i64; N]> {
    ensure!(
        row.iter().all(Option::is_some),
        "folder {folder} has a null, expected numbers: {row:?}"
    );
    Ok(row.map(Option::unwrap_or_default))
}

fn numbers<const N: usize>(
    database: &Database,
    folders: &[ConfigurationFolder],
    names: [&str; N],
    moment: Moment,
) -> anyhow::Result<Option<Vec<[Option<i64>; N]>>> {
    let Some((folder, rows)) = configuration_rows(database, folders, moment)? else {
        return Ok(None);
    };
    let node = database.folder(folder.path)?;
    let spec = node.folder.as_ref().map(|folder| &folder.payload);
    let spec = spec.with_context(|| format!("{} is no folder", folder.path))?;
    Ok(Some(cabling_numbers(folder, spec, names, &rows)?))
}
