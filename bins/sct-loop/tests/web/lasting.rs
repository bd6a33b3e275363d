//! Answers as snapshots keep them: without what differs from test to test, and with the beginning of long lists only.

use axum::http::header;
use serde_json::{Value, json};

use crate::site::Answer;

/// Longest list of objects or lists, and of anything else.
const LISTS: usize = 3;
const WORDS: usize = 12;

/// An answer of the API as text: JSON, or what it is with its kind before it.
pub(crate) fn shown(answer: &Answer, data: &str) -> String {
    if let Ok(value) = serde_json::from_str::<Value>(&answer.text) {
        return format!("{:#}", lasting(value, data));
    }
    let kind = answer.head.headers()[header::CONTENT_TYPE].to_str().unwrap();
    format!("{kind}\n{}", answer.text)
}

fn lasting(value: Value, data: &str) -> Value {
    match value {
        Value::Object(object) => {
            let pair = |(name, value): (String, Value)| {
                let value = match value {
                    _ if name == "age" => json!("[age]"),
                    // What all pages say is kept as a whole.
                    Value::Array(lines) if name == "banners" => {
                        lines.into_iter().map(|line| lasting(line, data)).collect()
                    }
                    other => lasting(other, data),
                };
                (name, value)
            };
            object.into_iter().map(pair).collect()
        }
        Value::Array(list) => {
            let is_long = list.first().is_some_and(|one| one.is_object() || one.is_array());
            let most = if is_long { LISTS } else { WORDS };
            let more = list.len().saturating_sub(most);
            let list = list.into_iter().take(most).map(|one| lasting(one, data));
            let left_out = (more > 0).then(|| json!(format!("[{more} more]")));
            list.chain(left_out).collect()
        }
        // The clock of the machine is later than the times of made-up data.
        Value::Number(number) if number.as_i64().is_some_and(is_now) => {
            json!("[time]")
        }
        Value::String(text) => text_of(&text.replace(data, "[data]")).into(),
        other => other,
    }
}

fn is_now(time: i64) -> bool {
    (1_700_000_000..1 << 33).contains(&time)
}

/// A text without digests, times of the clock, and how long something took or is ago.
fn text_of(text: &str) -> String {
    let mut shown = String::new();
    let mut before = String::new();
    for word in text.split_inclusive(|c: char| c.is_ascii_whitespace() || "/\"(),;".contains(c)) {
        let bare = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let number = |text: &str| text.parse::<u64>().ok();
        let is_stamp = bare.len() > 15 && number(&bare[..8]).is_some() && &bare[8..9] == "_";
        let is_date =
            bare.len() >= 10 && bare.get(4..5) == Some("-") && number(&bare[..4]) > Some(2022);
        let is_clock = before == "[time]" && bare.len() >= 5 && bare.get(2..3) == Some(":");
        let new = if bare.len() == 64 && bare.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            "[digest]".to_owned()
        } else if is_stamp {
            format!("[time]{}", &bare[15..])
        } else if is_date || is_clock {
            "[time]".to_owned()
        } else if before == "duration:" {
            "[age]".to_owned()
        } else {
            bare.to_owned()
        };
        shown += &format!("{new}{}", &word[bare.len()..]);
        before = if new.is_empty() {
            before
        } else {
            format!("{new}{}", &word[bare.len()..]).trim().to_owned()
        };
    }
    let Some((start, end)) = shown.split_once(" ago;") else { return shown };
    // Number and unit.
    let start = start.rsplitn(3, ' ').last().unwrap_or_default();
    format!("{start} [age] ago;{end}")
}

#[test]
fn texts_are_the_same_at_any_time() {
    let digest = "0123456789abcdef".repeat(4);
    for (text, lasting) in [
        (
            "late: the last one was at 2026-11-26 07:39:17.",
            "late: the last one was at [time] [time].",
        ),
        ("since 2022-08-08 23:06:40", "since 2022-08-08 23:06:40"),
        ("(12 bytes, SHA-256 DIGEST)", "(12 bytes, SHA-256 [digest])"),
        (
            "backup: d/20261126_073917_x.db\nduration: 0.024 s\n",
            "backup: d/[time]_x.db\nduration: [age] s\n",
        ),
        (
            "Last upload pass 1 s ago; 2 requests wait.",
            "Last upload pass [age] ago; 2 requests wait.",
        ),
        ("2026-11-26_07:39:17.4 GMT", "[time] GMT"),
        ("1234567890123456789", "1234567890123456789"),
    ] {
        assert_eq!(text_of(&text.replace("DIGEST", &digest)), lasting);
    }
}
