//! The least number of events of the tasks that read monitoring histograms.

/// Fewer events than a task asks for. The text is an interface: job logs are searched for it. Source:
/// `SCTCalib::notEnoughStatistics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Number of events in HIST: {events} is less than the required minimum number of events {minimum}"
)]
pub struct TooFewEvents {
    /// Events found.
    pub events: u64,
    /// Events asked for.
    pub minimum: u64,
}

impl TooFewEvents {
    /// Checks a number of events.
    ///
    /// # Errors
    ///
    /// [`TooFewEvents`] when `events` is below `minimum`.
    pub const fn check(events: u64, minimum: u64) -> Result<(), Self> {
        if events < minimum { Err(Self { events, minimum }) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_itself_is_enough() {
        assert_eq!(TooFewEvents::check(5000, 5000), Ok(()));
        assert_eq!(
            TooFewEvents::check(4999, 5000).unwrap_err().to_string(),
            "Number of events in HIST: 4999 is less than the required minimum number of events 5000"
        );
    }
}
