//! Detector maps, spectra, curves, lumi block series, heat maps and fits as SVG text.
//!
//! Data in, text out: nothing here touches a file or knows what the numbers mean. Every plot brings its own light
//! background, so that it reads the same on light and dark pages; colours come from one sequential palette whose lightness
//! falls steadily, which survives every kind of colour blindness and a grey printer. Shapes carry tooltips where a browser
//! can show them.
//!
//! ```
//! use sct_plot::{Scale, detector_map};
//!
//! let svg = detector_map("Noisy strips", |module| Some(module.index() as f64), Scale::Linear, "strips per module");
//! assert!(svg.starts_with("<svg "));
//! ```

mod bars;
mod chart;
mod colour;
mod compact;
mod curves;
mod detector;
mod error;
mod fit;
mod heat_map;
mod histogram;
mod number;
mod series;
mod spectrum;
mod svg;
mod trend;

pub use self::{
    bars::{Bars, bars},
    colour::Scale,
    compact::compact,
    curves::{Curve, Curves, curves},
    detector::{detector_map, linked_detector_map},
    error::Error,
    fit::{FitPlot, FitPoint, fit_plot},
    heat_map::{HeatMap, heat_map},
    histogram::Histogram,
    series::{LumiBlockSeries, lumi_block_series},
    spectrum::{Spectrum, Threshold, spectrum},
    trend::{Trend, TrendPoint, trend},
};
