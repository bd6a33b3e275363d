//! Values of dictionary keys: JSON or the text of a command line.

use sct_id::RunNumber;
use serde_json::Value;

use crate::{Error, ExitCode};

fn wrong(name: &str, value: &Value, expected: &str) -> Error {
    Error::coded(ExitCode::ArgConvFail, format!("{name} is {value}, expected {expected}"))
}

/// True or false, as JSON or as text in any case.
pub(super) fn boolean(name: &str, value: &Value) -> Result<bool, Error> {
    match value {
        Value::Bool(flag) => Ok(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        other => Err(wrong(name, other, "true or false")),
    }
}

/// A whole number, as JSON or as text.
pub(super) fn integer(name: &str, value: &Value) -> Result<i64, Error> {
    let number = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| wrong(name, value, "a whole number"))
}

/// One text.
pub(super) fn text(name: &str, value: &Value) -> Result<String, Error> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Array(items) if items.len() == 1 => text(name, &items[0]),
        other => Err(wrong(name, other, "one text")),
    }
}

/// A list of texts: a JSON list, or one text split at commas.
pub(super) fn texts(name: &str, value: &Value) -> Result<Vec<String>, Error> {
    let split = |text: &str| {
        text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    };
    match value {
        Value::String(text) => Ok(split(text)),
        Value::Array(items) => {
            let lists = items.iter().map(|item| match item {
                Value::String(text) => Ok(split(text)),
                other => Err(wrong(name, other, "a text")),
            });
            Ok(lists.collect::<Result<Vec<Vec<String>>, Error>>()?.concat())
        }
        other => Err(wrong(name, other, "a list of texts")),
    }
}

/// Runs, ascending and each once: numbers, or texts split at commas.
pub(super) fn runs(name: &str, value: &Value) -> Result<Vec<RunNumber>, Error> {
    let one = |item: &Value| match item {
        Value::Number(number) => Value::String(number.to_string()),
        other => other.clone(),
    };
    let list = match value {
        Value::Array(items) => Value::Array(items.iter().map(one).collect()),
        other => one(other),
    };
    let run = |text: String| text.parse().map_err(|_| wrong(name, value, "a list of runs"));
    let mut runs: Vec<RunNumber> =
        texts(name, &list)?.into_iter().map(run).collect::<Result<_, _>>()?;
    runs.sort_unstable();
    runs.dedup();
    Ok(runs)
}

/// Inputs keep their form; one text is a list of one, or of several when it has commas.
pub(super) fn inputs(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::String(text) => text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(|name| Value::String(name.to_owned()))
            .collect(),
        Value::Null => Vec::new(),
        other => vec![other.clone()],
    }
}
