//! Numbers of summaries over runs.
//!
//! The numbers of a run stand in one row, packed. What they are numbers of is the same for most runs, and is written once:
//! a *layout* is the list of measures in the order of the numbers.

use std::collections::HashMap;

use sct_id::RunNumber;
use sct_ledger::sql::{self, Connection, OptionalExtension as _, params};

use crate::{Error, Index, Part, Summary, key};

/// What there is a number of in summaries.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Measure {
    /// Kind of task, as `sctns`.
    pub kind: String,
    /// Name in the summary.
    pub name: String,
    /// Part of the detector; empty for a value of the run.
    pub part: String,
    /// Layer or disk.
    pub layer: String,
    /// Ring, `all` in the barrel.
    pub eta: String,
    /// Side, of Lorentz angles.
    pub side: String,
    /// Orientation of the sensors, of Lorentz angles.
    pub module: String,
}

/// A number of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Run.
    pub run: RunNumber,
    /// Start of the run, seconds since 1970.
    pub start: Option<i64>,
    /// The number; finite.
    pub value: f64,
}

/// Values that are numbers and yet measure nothing.
const NO_MEASURES: [&str; 3] = ["RunNumber", "StartTime", "EndTime"];

const WIDTH: usize = size_of::<f64>();

impl Index {
    /// All measures that some run has, in order.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn measures(&self) -> Result<Vec<Measure>, Error> {
        Ok(self.ledger.read("measures", |rows| {
            let sql = "SELECT measures FROM layouts WHERE EXISTS (SELECT 1 FROM numbers WHERE layout = layouts.id)";
            let mut used: Vec<i64> = Vec::new();
            for layout in rows.prepare_cached(sql)?.query_map([], |row| row.get::<_, Vec<u8>>(0))? {
                used.extend(unpack(&layout?));
            }
            used.sort_unstable();
            used.dedup();
            let mut found = all(rows)?;
            found.retain(|(_, id)| used.binary_search(id).is_ok());
            let mut found: Vec<Measure> = found.into_iter().map(|(measure, _)| measure).collect();
            found.sort();
            Ok(found)
        })?)
    }

    /// A measure of every run that has it, the oldest first. Of each run the newest attempt.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn trend(&self, measure: &Measure) -> Result<Vec<Point>, Error> {
        Ok(self.ledger.read("trend", |rows| {
            let Some(kind) = key::find(rows, &measure.kind)? else { return Ok(Vec::new()) };
            let Some(id) = find(rows, measure)? else { return Ok(Vec::new()) };
            let places = places(rows, id)?;
            let (first, last) = key::range(kind);
            let sql = "SELECT key, start, layout, numbers FROM numbers WHERE key BETWEEN ?1 AND ?2 ORDER BY key";
            let mut all = rows.prepare_cached(sql)?;
            let mut all = all.query([first, last])?;
            let mut points = Vec::new();
            while let Some(row) = all.next()? {
                let Some(&place) = places.get(&row.get(2)?) else { continue };
                let value = row.get_ref(3)?.as_blob()?.chunks_exact(WIDTH).nth(place);
                let value = value.and_then(|bytes| bytes.try_into().ok()).map(f64::from_le_bytes);
                let run = RunNumber::new(key::parts(row.get(0)?).1).ok();
                if let (Some(run), Some(value)) = (run, value.filter(|value| value.is_finite())) {
                    points.push(Point { run, start: row.get(1)?, value });
                }
            }
            Ok(points)
        })?)
    }
}

/// Where a measure stands in the layouts that have it.
fn places(rows: &Connection, measure: i64) -> sql::Result<HashMap<i64, usize>> {
    let mut all = rows.prepare_cached("SELECT id, measures FROM layouts")?;
    let mut all = all.query([])?;
    let mut places = HashMap::new();
    while let Some(row) = all.next()? {
        let place = unpack(row.get_ref(1)?.as_blob()?).position(|one| one == measure);
        if let Some(place) = place {
            places.insert(row.get(0)?, place);
        }
    }
    Ok(places)
}

fn find(rows: &Connection, measure: &Measure) -> sql::Result<Option<i64>> {
    let sql = "SELECT id FROM measures WHERE kind = ?1 AND name = ?2 AND part = ?3 AND layer = ?4 AND eta = ?5 AND side = ?6 AND module = ?7";
    let Measure { kind, name, part, layer, eta, side, module } = measure;
    let values = params![kind, name, part, layer, eta, side, module];
    rows.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()
}

fn all(rows: &Connection) -> sql::Result<Vec<(Measure, i64)>> {
    let mut all =
        rows.prepare_cached("SELECT kind, name, part, layer, eta, side, module, id FROM measures")?;
    let measure = |row: &sql::Row<'_>| {
        let measure = Measure {
            kind: row.get(0)?,
            name: row.get(1)?,
            part: row.get(2)?,
            layer: row.get(3)?,
            eta: row.get(4)?,
            side: row.get(5)?,
            module: row.get(6)?,
        };
        Ok((measure, row.get(7)?))
    };
    all.query_map([], measure)?.collect()
}

fn unpack(layout: &[u8]) -> impl Iterator<Item = i64> + '_ {
    let number = |bytes: &[u8]| bytes.try_into().map_or(0, i64::from_le_bytes);
    layout.chunks_exact(size_of::<i64>()).map(number)
}

/// Measures and layouts by their numbers, for writing.
pub(crate) struct Names {
    measures: HashMap<Measure, i64>,
    layouts: HashMap<Vec<u8>, i64>,
}

impl Names {
    /// Those that are there.
    pub(crate) fn load(rows: &Connection) -> sql::Result<Self> {
        let mut layouts = rows.prepare_cached("SELECT measures, id FROM layouts")?;
        let layouts = layouts.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Self {
            measures: all(rows)?.into_iter().collect(),
            layouts: layouts.collect::<sql::Result<_>>()?,
        })
    }

    /// Writes the numbers of a summary.
    pub(crate) fn put(
        &mut self,
        rows: &Connection,
        key: i64,
        kind: &str,
        summary: &Summary,
    ) -> sql::Result<()> {
        let (mut layout, mut packed) = (Vec::new(), Vec::new());
        for (measure, value) in numbers(kind, summary) {
            layout.extend(self.measure(rows, measure)?.to_le_bytes());
            packed.extend(value.to_le_bytes());
        }
        if packed.is_empty() {
            return Ok(());
        }
        let layout = self.layout(rows, layout)?;
        rows.prepare_cached("INSERT OR REPLACE INTO numbers VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![key, summary.start, layout, packed])
            .map(|_| ())
    }

    fn measure(&mut self, rows: &Connection, measure: Measure) -> sql::Result<i64> {
        if let Some(id) = self.measures.get(&measure) {
            return Ok(*id);
        }
        let sql = "INSERT INTO measures (kind, name, part, layer, eta, side, module) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let Measure { kind, name, part, layer, eta, side, module } = &measure;
        rows.prepare_cached(sql)?.execute(params![kind, name, part, layer, eta, side, module])?;
        let id = rows.last_insert_rowid();
        self.measures.insert(measure, id);
        Ok(id)
    }

    fn layout(&mut self, rows: &Connection, layout: Vec<u8>) -> sql::Result<i64> {
        if let Some(id) = self.layouts.get(&layout) {
            return Ok(*id);
        }
        rows.prepare_cached("INSERT INTO layouts (measures) VALUES (?1)")?.execute([&layout])?;
        let id = rows.last_insert_rowid();
        self.layouts.insert(layout, id);
        Ok(id)
    }
}

/// The numbers of a summary: those of the run, then those of the parts.
fn numbers<'a>(kind: &'a str, summary: &'a Summary) -> impl Iterator<Item = (Measure, f64)> + 'a {
    let of_run = summary.values.iter().filter_map(move |(name, value)| {
        let value = value.trim().parse().ok().filter(|_| !NO_MEASURES.contains(&name.as_str()))?;
        Some((measure(kind, name, &Part::default()), value))
    });
    let of_parts = summary.parts.iter().flat_map(move |part| {
        part.values.iter().map(move |(name, value)| (measure(kind, name, part), *value))
    });
    of_run.chain(of_parts)
}

fn measure(kind: &str, name: &str, part: &Part) -> Measure {
    Measure {
        kind: kind.to_owned(),
        name: name.to_owned(),
        part: part.part.clone(),
        layer: part.layer.clone(),
        eta: part.eta.clone(),
        side: part.side.clone(),
        module: part.module.clone(),
    }
}
