//! Text forms of an answer: the historic file, and a table for people.

use std::io::{self, Write};

use super::answer::{Answer, Datum, Entry, RunAnswer, duration};
use crate::{Decoder, DetectorMask, info::utc};

impl Answer {
    /// Writes the text of `QueryResult.txt`: two lines, then each run with a line for every key and two empty lines. Keys are
    /// right-aligned in 40 columns.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        let keys = self.keys();
        write!(out, "data keys: {}\nnumber of runs: {}\n", keys.join(", "), self.runs.len())?;
        let keys: Vec<String> = keys.iter().map(|key| format!("{key:>40}: ")).collect();
        self.runs.iter().try_for_each(|run| self.write_run(out, &keys, run))
    }

    /// A run as it stands in the file, value by value in the order of the keys.
    fn write_run(&self, out: &mut impl Write, keys: &[String], run: &RunAnswer) -> io::Result<()> {
        let heads = self.heads;
        let mut keys = keys.iter();
        let mut next = || keys.next().map_or("", String::as_str);
        write!(out, "{}{}\n{}\n", next(), run.run, next())?;
        if heads.lumi_blocks {
            writeln!(out, "{}{}", next(), run.lumi_blocks)?;
        }
        if heads.times {
            writeln!(out, "{}{}, {}", next(), seconds(run.start), seconds(run.end))?;
        }
        if heads.duration {
            writeln!(out, "{}{}", next(), duration(run.seconds()))?;
        }
        for entries in &run.values {
            write!(out, "{}[", next())?;
            for (index, entry) in entries.iter().enumerate() {
                write!(out, "{}{entry}", if index == 0 { "" } else { ", " })?;
            }
            out.write_all(b"]\n")?;
        }
        out.write_all(b"\n\n")
    }

    /// A table for a terminal, as [`Answer::to_rows`].
    pub fn to_table(&self) -> String {
        table(&self.to_rows())
    }

    /// Titles, then a run a line, newest first. Of values that change within a run, those that count are shown with their
    /// lumi blocks. Times are UTC.
    pub fn to_rows(&self) -> Vec<Vec<String>> {
        let mut header = vec!["Run".to_owned()];
        let heads = self.heads;
        for (name, shown) in [
            ("#LB", heads.lumi_blocks),
            ("Start", heads.times),
            ("End", heads.times),
            ("Duration", heads.duration),
        ] {
            if shown {
                header.push(name.to_owned());
            }
        }
        header.extend(self.columns.iter().map(|name| name.trim_start_matches("STR:").to_owned()));
        header.push("Good lumi blocks".to_owned());
        let mut rows = vec![header];
        for run in &self.runs {
            let mut row = vec![run.run.to_string()];
            if heads.lumi_blocks {
                row.push(run.lumi_blocks.to_string());
            }
            if heads.times {
                row.extend([utc(run.start), utc(run.end)]);
            }
            if heads.duration {
                row.push(duration(run.seconds()));
            }
            row.extend(
                self.columns
                    .iter()
                    .zip(&run.values)
                    .map(|(name, entries)| cell(name, run, entries)),
            );
            let good: Vec<String> = run
                .good
                .iter()
                .map(|blocks| format!("{}-{}", blocks.start, blocks.end - 1))
                .collect();
            row.push(good.join(","));
            rows.push(row);
        }
        rows
    }
}

/// Seconds since 1970 with three decimals, from whole nanoseconds.
fn seconds(nanoseconds: u64) -> String {
    format!("{:>8}.{:03}", nanoseconds / 1_000_000_000, nanoseconds / 1_000_000 % 1_000)
}

fn cell(name: &str, run: &RunAnswer, entries: &[Entry]) -> String {
    let value = |value: &Datum| match value {
        Datum::Missing => "n.a.".to_owned(),
        Datum::Text(mask) if name == "Detector systems" => {
            let mask = DetectorMask::from_hexadecimal(mask).unwrap_or_default();
            let parts = mask.parts(Decoder::of_run(run.run)).len();
            format!("{} of {parts}", mask.sct_parts())
        }
        Datum::Text(text) => text.clone(),
        Datum::Stream(events, _) => events.to_string(),
        other => other.to_string(),
    };
    match entries {
        [only] => value(&only.value),
        entries => {
            let accepted = entries.iter().filter(|entry| entry.accepted);
            let texts: Vec<String> = accepted
                .map(|entry| {
                    format!(
                        "{} ({}-{})",
                        value(&entry.value),
                        entry.blocks.start,
                        entry.blocks.end - 1
                    )
                })
                .collect();
            texts.join(" ")
        }
    }
}

/// Columns as wide as their widest cell.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
