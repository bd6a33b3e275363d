//! The historic configuration form: lines of `Name = literal`, and comments.

use serde_json::Value;

use crate::Error;

/// Place, name and value of each line.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<(String, String, Value)>, Error> {
    let mut values = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let place = format!("{file}: line {number}");
        let line = without_comment(line).trim();
        if line.is_empty() {
            continue;
        }
        let parsed = line.split_once('=').and_then(|(name, value)| {
            let name = name.trim();
            let sound = !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            sound.then(|| literal(value.trim()).map(|value| (name.to_owned(), value))).flatten()
        });
        let Some((name, value)) = parsed else {
            let what = "only 'Name = literal' lines and comments are read here".to_owned();
            return Err(Error::Property { place, what });
        };
        values.push((place, name, value));
    }
    Ok(values)
}

/// Cuts at `#` outside quotes.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    for (place, character) in line.char_indices() {
        match (quote, character) {
            (None, '#') => return &line[..place],
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    line
}

fn literal(text: &str) -> Option<Value> {
    let quoted = |quote: char| {
        text.strip_prefix(quote)?.strip_suffix(quote).filter(|inner| !inner.contains(quote))
    };
    match text {
        "True" => Some(Value::Bool(true)),
        "False" => Some(Value::Bool(false)),
        _ => match quoted('\'').or_else(|| quoted('"')) {
            Some(inner) => Some(Value::String(inner.to_owned())),
            None => match text.parse::<i64>() {
                Ok(number) => Some(Value::from(number)),
                Err(_) => serde_json::Number::from_f64(text.parse().ok()?).map(Value::Number),
            },
        },
    }
}
