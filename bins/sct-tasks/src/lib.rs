//! Shared edge code of the task programs: command line, files, exit codes. Decisions live in the libraries below.

pub mod cabling;
pub mod calib;
pub mod cli;
pub mod conditions;
pub mod detector;
pub mod failure;
pub mod files;
pub mod fill;
pub mod hist;
pub mod hv_trip;
pub mod inspect;
pub mod logging;
pub mod merge;
pub mod noisy_lb;
pub mod noisy_strip;
pub mod ntuple;
pub mod options;
pub mod plots;
pub mod progress;
pub mod root;
pub mod simulation;
