//! Files written and read back, the overlay rules, genuine files where they are at hand, and damaged ones.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod damage;
mod genuine;
mod merge;
mod overlay;
mod scan;
mod vectors;
mod verify;
mod written;

use sct_conditions::{ChannelId, Row, Value};
use sct_id::Iov;

/// One row of `/SCT/Derived/Monitoring` with a given list.
fn row(channel: u32, since: u64, until: u64, list: &str) -> Row {
    let text = |text: &str| Value::Text(text.to_owned());
    let number = Value::Int;
    Row {
        channel: ChannelId(channel),
        iov: Iov::new(since, until).unwrap(),
        payload: vec![
            number(10_000),
            number(0),
            number(0),
            number(-6),
            number(0),
            text("NOISY"),
            Value::Real(f64::from(0.015_f32)),
            text(list),
        ],
    }
}
