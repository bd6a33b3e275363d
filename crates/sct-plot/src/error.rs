//! Why there is no plot.

/// What cannot be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Edges of bins that do not exist.
    #[error(
        "{bins} bins from {low} to {high} cannot be made, expected at least one, rising and finite limits (positive ones for a logarithmic axis)"
    )]
    Bins {
        /// Bins asked for.
        bins: usize,
        /// Lower limit.
        low: f64,
        /// Upper limit.
        high: f64,
    },
    /// The drawing library gave up.
    #[error("plot '{title}' cannot be drawn")]
    Draw {
        /// Title of the plot.
        title: String,
        /// What the library says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
