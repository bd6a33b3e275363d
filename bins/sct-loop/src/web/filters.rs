//! Filters of the templates.

use std::fmt::Display;

/// A time as COOL and the queue write it, to the minute: fractions of a second are for machines.
#[askama::filter_fn]
pub(super) fn when(time: impl Display, _: &dyn askama::Values) -> askama::Result<String> {
    let text = time.to_string();
    let minute = text.get(..16).filter(|_| text.as_bytes().get(10) == Some(&b'_'));
    Ok(minute.map_or(text.clone(), |minute| minute.replacen('_', " ", 1)))
}
