//! Filling the table: CSV, JSON, reports of our own jobs.

use std::{collections::BTreeMap, fs, path::Path};

use sct_id::RunNumber;
use sct_job::DatasetName;
use sct_ledger::sql;
use serde::Deserialize;
use serde_json::Value;

use super::RunTable;
use crate::Error;

/// Columns of a table, with what stands in them: a whole number or a text.
const TABLES: [(&str, &[(&str, Kind)]); 4] = [
    (
        "RUNNUMBER",
        &[
            ("RUNNUMBER", Kind::Run),
            ("STARTAT", Kind::Time),
            ("DURATION", Kind::Count),
            ("PARTITIONNAME", Kind::Text),
        ],
    ),
    (
        "SFO_TZ_RUN",
        &[
            ("RUNNR", Kind::Run),
            ("STREAMTYPE", Kind::Text),
            ("STREAM", Kind::Text),
            ("STATE", Kind::Text),
        ],
    ),
    (
        "SFO_TZ_FILE",
        &[
            ("RUNNR", Kind::Run),
            ("STREAMTYPE", Kind::Text),
            ("STREAM", Kind::Text),
            ("LUMIBLOCKNR", Kind::Count),
            ("LFN", Kind::Text),
            ("NREVENTS", Kind::Count),
            ("FILESIZE", Kind::Count),
        ],
    ),
    (
        "SFO_TZ_OVERLAP",
        &[
            ("RUNNR", Kind::Run),
            ("TYPE", Kind::Text),
            ("REFERENCE_STREAM", Kind::Text),
            ("OVERLAP_EVENTS", Kind::Count),
        ],
    ),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Run,
    Count,
    Text,
    /// `YYYYMMDDTHHMMSS`.
    Time,
}

/// Rows that were imported, by table.
pub type Imported = BTreeMap<&'static str, usize>;

/// One row to be stored: table, then values in the order of its columns.
struct Row {
    table: usize,
    values: Vec<sql::types::Value>,
}

/// A run in the JSON form: everything about it in one place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    #[serde(rename = "run")]
    number: RunNumber,
    /// `YYYYMMDDTHHMMSS`, UTC.
    start: Option<String>,
    /// Seconds.
    duration: Option<u64>,
    partition: Option<String>,
    events: Option<u64>,
    #[serde(default)]
    streams: Vec<Stream>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stream {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    state: Option<String>,
    #[serde(default)]
    files: Vec<StreamFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamFile {
    lumi_block: u32,
    events: u64,
    bytes: u64,
    name: Option<String>,
}

impl RunTable {
    /// Imports a file: CSV with the columns of one of the tables, JSON `{"runs": [...]}`, or the `jobReport.json` of a job
    /// that filled hit maps. All of it or nothing; rows that are there already are replaced.
    ///
    /// # Errors
    ///
    /// [`Error::Import`] with the line or element that is wrong, and [`Error::Ledger`].
    pub fn import(&mut self, path: &Path) -> Result<Imported, Error> {
        let wrong = |what: String| Error::Import { path: path.to_owned(), what };
        let bytes = fs::read(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let json =
            bytes.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| *byte == b'{');
        let rows = if json { json_rows(&bytes) } else { csv_rows(&bytes) }.map_err(wrong)?;
        let mut imported = Imported::new();
        self.ledger.write("import", |transaction| {
            for Row { table, values } in &rows {
                let (name, columns) = TABLES[*table];
                let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
                let places: Vec<String> =
                    (1..=columns.len()).map(|place| format!("?{place}")).collect();
                // Not INSERT OR REPLACE: that would take rows away without asking the sums.
                let changes: Vec<String> =
                    names.iter().map(|name| format!("{name} = excluded.{name}")).collect();
                let text = format!(
                    "INSERT INTO {name} ({}) VALUES ({}) ON CONFLICT DO UPDATE SET {}",
                    names.join(", "),
                    places.join(", "),
                    changes.join(", ")
                );
                transaction.prepare_cached(&text)?.execute(sql::params_from_iter(values))?;
                *imported.entry(name).or_default() += 1;
            }
            Ok(())
        })?;
        Ok(imported)
    }
}

fn csv_rows(bytes: &[u8]) -> Result<Vec<Row>, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let header: Vec<String> = reader
        .headers()
        .map_err(|error| format!("header: {error}"))?
        .iter()
        .map(str::to_ascii_uppercase)
        .collect();
    // The name of the file may be left out: there is one for each lumi block then.
    let optional = |name: &str| name == "LFN";
    let fits = |columns: &[(&str, Kind)]| {
        let needed = columns.iter().filter(|(name, _)| !optional(name));
        needed.clone().all(|(name, _)| header.iter().any(|found| found == name))
            && header.iter().all(|found| columns.iter().any(|(name, _)| found == name))
    };
    let Some(table) = TABLES.iter().position(|(_, columns)| fits(columns)) else {
        let known = TABLES.map(|(name, columns)| {
            let columns: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
            format!("{name} ({})", columns.join(","))
        });
        return Err(format!(
            "header '{}' is that of no table; expected {}",
            header.join(","),
            known.join(", ")
        ));
    };
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |name: &str| {
            let place = header.iter().position(|found| found == name)?;
            record.get(place)
        };
        let values = TABLES[table].1.iter().map(|(name, kind)| {
            let text = cell(name).unwrap_or_default();
            value(*kind, text).map_err(|what| format!("line {line}: {name}: {what}"))
        });
        rows.push(Row { table, values: values.collect::<Result<_, _>>()? });
    }
    Ok(rows)
}

fn value(kind: Kind, text: &str) -> Result<sql::types::Value, String> {
    match kind {
        Kind::Text => Ok(text.to_owned().into()),
        Kind::Time => time(text).map(Into::into),
        Kind::Run => text.parse::<RunNumber>().map(|run| i64::from(run.to_u32()).into()),
        Kind::Count => {
            let count: Option<i64> = text.parse().ok().filter(|count: &i64| *count >= 0);
            count.map(Into::into).ok_or_else(|| format!("'{text}' is no whole number of 0 or more"))
        }
    }
}

/// Checks `YYYYMMDDTHHMMSS`.
fn time(text: &str) -> Result<String, String> {
    let parsed = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S", text);
    parsed
        .map(|_| text.to_owned())
        .map_err(|_| format!("'{text}' is no time, expected YYYYMMDDTHHMMSS"))
}

fn json_rows(bytes: &[u8]) -> Result<Vec<Row>, String> {
    let json: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if json.get("sctcalib").is_some() {
        return report_rows(&json);
    }
    let runs = json
        .get("runs")
        .ok_or("neither \"runs\" nor the report of a job: no \"runs\", no \"sctcalib\"")?;
    let runs: Vec<Run> =
        serde_json::from_value(runs.clone()).map_err(|error| format!("runs: {error}"))?;
    let mut rows = Vec::new();
    for run in runs {
        run_rows(&run, &mut rows).map_err(|what| format!("run {}: {what}", run.number))?;
    }
    Ok(rows)
}

fn run_rows(run: &Run, rows: &mut Vec<Row>) -> Result<(), String> {
    let number = || -> sql::types::Value { i64::from(run.number.to_u32()).into() };
    let count = |count: u64| -> Result<sql::types::Value, String> {
        i64::try_from(count).map(Into::into).map_err(|_| format!("{count} is too large"))
    };
    let text = |text: &str| -> sql::types::Value { text.to_owned().into() };
    if let Some(start) = &run.start {
        let partition = run.partition.as_deref().unwrap_or("ATLAS");
        let values =
            vec![number(), time(start)?.into(), count(run.duration.unwrap_or(0))?, text(partition)];
        rows.push(Row { table: 0, values });
    }
    for stream in &run.streams {
        let state = stream.state.as_deref().unwrap_or("CLOSED");
        rows.push(Row {
            table: 1,
            values: vec![number(), text(&stream.kind), text(&stream.name), text(state)],
        });
        for file in &stream.files {
            let values = vec![
                number(),
                text(&stream.kind),
                text(&stream.name),
                i64::from(file.lumi_block).into(),
                text(file.name.as_deref().unwrap_or_default()),
                count(file.events)?,
                count(file.bytes)?,
            ];
            rows.push(Row { table: 2, values });
        }
    }
    if let Some(events) = run.events {
        rows.push(Row {
            table: 3,
            values: vec![number(), text("EVENTCOUNT"), text("physics_EventCount"), count(events)?],
        });
    }
    Ok(())
}

/// A job that filled hit maps knows the stream of its RAW files, and how many events and bytes each of them has.
fn report_rows(report: &Value) -> Result<Vec<Row>, String> {
    if report["exitCode"] != 0 {
        return Err(format!("the report is of a job that ended with code {}", report["exitCode"]));
    }
    let files = report.pointer("/sctcalib/events/files").and_then(Value::as_array);
    let files = files.ok_or("the report is of a job that filled no hit maps")?;
    let dataset = report.pointer("/files/input/0/dataset").and_then(Value::as_str);
    let mut rows = Vec::new();
    for file in files {
        let (path, events) = (file["path"].as_str(), file["events"].as_u64());
        let (Some(path), Some(events)) = (path, events) else {
            return Err("a file in sctcalib.events.files has no path or no events".to_owned());
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        // The data set says what a file name that follows no rule does not.
        let parsed = DatasetName::parse(name)
            .or_else(|error| dataset.map_or(Err(error), DatasetName::parse));
        let parsed = parsed.map_err(|error| error.to_string())?;
        let stream = parsed.stream.split_once('_');
        let (kind, stream) = stream
            .ok_or_else(|| format!("stream '{}' of {name} is not TYPE_NAME", parsed.stream))?;
        let file = StreamFile {
            lumi_block: lumi_block(name),
            events,
            bytes: file["bytes"].as_u64().unwrap_or(0),
            name: Some(name.to_owned()),
        };
        let stream = Stream {
            kind: kind.to_owned(),
            name: stream.to_owned(),
            state: None,
            files: vec![file],
        };
        let run = Run {
            number: parsed.run,
            start: None,
            duration: None,
            partition: None,
            events: None,
            streams: vec![stream],
        };
        run_rows(&run, &mut rows)?;
    }
    Ok(rows)
}

/// Lumi block in the name of a RAW file, `._lb0012.`; 0 where there is none.
fn lumi_block(name: &str) -> u32 {
    let digits = name.split('.').find_map(|field| field.strip_prefix("_lb"));
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
