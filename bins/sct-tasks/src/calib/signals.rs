//! A killed job leaves a report too.

use std::{
    sync::{Arc, Mutex},
    thread,
    time::Instant,
};

use sct_job::{ExitCode, JobArguments};
use serde_json::json;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU},
    iterator::Signals,
};

use super::{Request, State, report};

const NAMES: [(i32, &str); 6] = [
    (SIGHUP, "TRF_SIG_SIGHUP"),
    (SIGINT, "TRF_SIG_SIGINT"),
    (SIGTERM, "TRF_SIG_SIGTERM"),
    (SIGUSR1, "TRF_SIG_SIGUSR1"),
    (SIGUSR2, "TRF_SIG_SIGUSR2"),
    (SIGXCPU, "TRF_SIG_SIGXCPU"),
];

/// Waits for signals in a thread; the first one writes a report without files and ends the process with 128 plus its
/// number. Outputs being written are temporary files, and stay invisible.
pub(super) fn report_when_killed(
    request: &Request,
    arguments: &JobArguments,
    state: &Arc<Mutex<State>>,
    started: Instant,
) {
    let Ok(mut signals) = Signals::new(NAMES.map(|(signal, _)| signal)) else {
        tracing::warn!("signals cannot be caught: a killed job will leave no report");
        return;
    };
    let (request, name, state) =
        (request.clone(), arguments.report_name.clone(), Arc::clone(state));
    thread::spawn(move || {
        let Some(signal) = signals.forever().next() else { return };
        let known =
            NAMES.iter().find(|(number, _)| *number == signal).map_or("TRF_SIG", |(_, name)| name);
        let calibration = state.lock().map(|state| state.calibration.clone()).unwrap_or_default();
        let fast = State { calibration, ..State::default() };
        let mut json = report(&request, &fast, ExitCode::Unknown, "", started).to_json();
        json["exitCode"] = json!(128 + signal);
        json["exitAcronym"] = json!(known);
        json["exitMsg"] = json!(format!("killed by signal {signal}"));
        // There is nobody left to tell when this fails.
        let _ =
            sct_wholefile::write(format!("{name}.json").as_ref(), format!("{json:#}\n").as_bytes());
        std::process::exit(128 + signal);
    });
}
