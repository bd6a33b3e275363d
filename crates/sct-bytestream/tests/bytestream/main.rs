//! RAW files and SCT data, by the text of the format page.

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
