//! RAW files and SCT data, by the text of the format page.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::cast_possible_truncation, reason = "the numbers of samples are small")]

#[path = "../../fuzz/exercise.rs"]
mod exercise;

mod choices;
mod damage;
mod events;
mod files;
mod fragments;
mod hostile;
mod laws;
mod masked_chips;
mod reference;
mod rods;
mod samples;
mod worked_example;
