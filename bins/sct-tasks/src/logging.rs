//! Logging to standard error, and to a job's log file.

use std::{
    fs::File,
    io::{self, IsTerminal as _},
    sync::Mutex,
};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer as _,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use crate::cli::Verbosity;

/// Starts logging once per program; `RUST_LOG` wins over the flags. The log file holds everything from INFO upwards in
/// the form that the log scan of the job transformation recognises.
pub fn start(verbosity: Verbosity, log_file: Option<File>) {
    let default = match (verbosity.quiet, verbosity.verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, _) => "debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let terminal = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .without_time()
        .with_filter(filter);
    let file = log_file.map(|file| {
        tracing_subscriber::fmt::layer()
            .event_format(JobLogLine)
            .with_writer(Mutex::new(file))
            .with_ansi(false)
            .with_filter(EnvFilter::new("info"))
    });
    // A second start, as in tests, keeps the first logger.
    let _ = tracing_subscriber::registry().with(terminal).with(file).try_init();
}

/// `service  LEVEL  message`: the line the log scan recognises. Source: `docs/formats/job-dictionary.md`, log scan.
struct JobLogLine;

impl<S, N> FormatEvent<S, N> for JobLogLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        let level = match *event.metadata().level() {
            Level::ERROR => "ERROR",
            Level::WARN => "WARNING",
            Level::INFO => "INFO",
            Level::DEBUG | Level::TRACE => "DEBUG",
        };
        let service = event.metadata().target().split("::").next().unwrap_or("sctcalib");
        write!(writer, "{service:<20} {level:>9} ")?;
        context.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}
