//! The calibration loop as one program: what its commands do, as functions.

pub mod attempt;
pub mod demo;
pub mod page;
pub mod passes;
pub mod schedule;
pub mod shift_report;
pub mod tasks;
pub mod upload;
pub mod uploader;
pub mod web;
