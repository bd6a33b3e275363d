//! The calibration loop as one program: what its commands do, as functions.

pub mod demo;
pub mod page;
pub mod upload;
pub mod uploader;
