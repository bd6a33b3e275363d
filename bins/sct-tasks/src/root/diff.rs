//! Two files, histogram by histogram.

use std::{collections::BTreeMap, fmt, path::PathBuf};

use clap::Args;
use rayon::prelude::*;
use sct_job::ExitCode;
use sct_roothist::{Comparison, Error, Key, RootFile};
use serde_json::json;

use crate::cli;

/// What is compared.
#[derive(Args, Clone, Debug)]
pub struct DiffOptions {
    /// First file.
    first: PathBuf,
    /// Second file.
    second: PathBuf,
    /// Numbers are equal when they differ by at most this part of the larger one.
    #[arg(long, value_name = "RELATIVE", default_value_t = 0.0, value_parser = tolerance)]
    tolerance: f64,
    /// Only what is at or below this path of both files.
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Let the histograms below `run_N` of one file stand for those below `run_M` of the other.
    #[arg(long)]
    any_run: bool,
    /// One JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if (0.0..1.0).contains(&number) => Ok(number),
        _ => Err(format!("'{text}' is no part, expected 0 or more and less than 1")),
    }
}

/// The files differ: no failure, but not success either.
#[derive(Debug, thiserror::Error)]
#[error("{different} of {histograms} histograms differ, {missing} are in one file only")]
pub struct Different {
    /// Histograms in either file.
    pub histograms: usize,
    /// Those in both that differ.
    pub different: usize,
    /// Those in one file only.
    pub missing: usize,
}

impl Different {
    /// What a program ends with.
    pub const CODE: ExitCode = ExitCode::NeedCheck;
}

#[derive(Debug)]
enum Finding {
    OnlyFirst,
    OnlySecond,
    Both(Comparison),
}

/// Compares two files and prints what differs, by path.
///
/// # Errors
///
/// [`Different`] when anything differs; a file or histogram that cannot be read.
pub fn diff(options: &DiffOptions, quiet: bool) -> anyhow::Result<()> {
    let (first, second) = (RootFile::open(&options.first)?, RootFile::open(&options.second)?);
    let (a, b) = (histograms(&first, options), histograms(&second, options));
    let mut paths: Vec<&String> = a.keys().chain(b.keys()).collect();
    paths.sort_unstable();
    paths.dedup();
    let finding = |path: &&String| -> Result<(String, Finding), Error> {
        let finding = match (a.get(*path), b.get(*path)) {
            (Some(a), Some(b)) => {
                Finding::Both(Comparison::new(&first.read(a)?, &second.read(b)?, options.tolerance))
            }
            (Some(_), None) => Finding::OnlyFirst,
            _ => Finding::OnlySecond,
        };
        Ok(((*path).clone(), finding))
    };
    let findings: Vec<(String, Finding)> =
        paths.par_iter().map(finding).collect::<Result<_, Error>>()?;
    let equal = |finding: &Finding| matches!(finding, Finding::Both(found) if found.is_equal());
    let odd: Vec<&(String, Finding)> =
        findings.iter().filter(|(_, finding)| !equal(finding)).collect();
    let different = odd.iter().filter(|(_, found)| matches!(found, Finding::Both(_))).count();
    let verdict =
        Different { histograms: findings.len(), different, missing: odd.len() - different };
    if options.json {
        cli::print(&format!("{:#}\n", object(&verdict, &odd)))?;
    } else if !quiet {
        let lines: String = odd.iter().map(|(path, finding)| lines(path, finding)).collect();
        cli::print(&if odd.is_empty() {
            format!("{} histograms are equal\n", verdict.histograms)
        } else {
            lines
        })?;
    }
    if odd.is_empty() { Ok(()) } else { Err(verdict.into()) }
}

/// Current histograms by path.
fn histograms<'a>(file: &'a RootFile, options: &DiffOptions) -> BTreeMap<String, Key<'a>> {
    let below = options.path.as_deref().unwrap_or("").trim_matches('/');
    let wanted = |path: &str| {
        below.is_empty()
            || path.strip_prefix(below).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let keys = file.keys().filter(|key| key.class().is_some());
    let named = keys.map(|key| (key.path(), key)).filter(|(path, _)| wanted(path));
    named
        .map(|(path, key)| (if options.any_run { without_run(&path) } else { path }, key))
        .collect()
}

/// The path with the number of a run at its start taken out.
fn without_run(path: &str) -> String {
    let rest =
        path.strip_prefix("run_").map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    match rest {
        Some(rest) if rest.starts_with('/') => format!("run{rest}"),
        _ => path.to_owned(),
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = match self {
            Self::OnlyFirst => return f.write_str("only in the first file"),
            Self::OnlySecond => return f.write_str("only in the second file"),
            Self::Both(found) => found,
        };
        let mut parts = Vec::new();
        parts.extend(found.shape.as_ref().map(ToString::to_string));
        parts.extend(found.entries.map(|(a, b)| format!("entries {a}, {b}")));
        parts.extend(found.cells.iter().map(|cells| {
            let (((column, row), (a, b)), count) = ((cells.worst, cells.values), cells.cells);
            format!("{} in {count} cells, most at ({column}, {row}): {a}, {b}", cells.quantity)
        }));
        f.write_str(&parts.join("; "))
    }
}

fn lines(path: &str, finding: &Finding) -> String {
    format!("{path}: {finding}\n")
}

fn object(verdict: &Different, odd: &[&(String, Finding)]) -> serde_json::Value {
    let of = |(path, finding): &&(String, Finding)| match finding {
        Finding::OnlyFirst => json!({ "path": path, "only_in": "first" }),
        Finding::OnlySecond => json!({ "path": path, "only_in": "second" }),
        Finding::Both(found) => {
            let cells = found.cells.iter().map(|cells| {
                json!({
                    "quantity": cells.quantity.to_string(),
                    "cells": cells.cells,
                    "worst": { "x": cells.worst.0, "y": cells.worst.1 },
                    "first": cells.values.0,
                    "second": cells.values.1,
                })
            });
            json!({
                "path": path,
                "shape": found.shape.as_ref().map(ToString::to_string),
                "entries": found.entries.map(|(a, b)| json!({ "first": a, "second": b })),
                "cells": cells.collect::<Vec<_>>(),
            })
        }
    };
    json!({
        "histograms": verdict.histograms,
        "different": verdict.different,
        "only_in_one": verdict.missing,
        "equal": odd.is_empty(),
        "differences": odd.iter().map(of).collect::<Vec<_>>(),
    })
}
