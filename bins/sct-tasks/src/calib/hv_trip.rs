//! The part `doHV`: it reads the conditions database and the run information; inputs only say which run it is.

use std::sync::Mutex;

use sct_job::ExitCode;
use serde_json::Value;

use super::{
    Ending, State,
    results::{self, Made},
    setup::Setup,
};
use crate::{
    detector::serials,
    failure::Coded,
    files::Stored,
    hv_trip::{self, Job},
};

pub(super) fn run(setup: &Setup<'_>, state: &Mutex<State>) -> anyhow::Result<Ending> {
    let Some(conditions) = setup.extra("conditions") else {
        let what = "part doHV reads a conditions database, and the key conditions is not given";
        return Err(Coded::new(ExitCode::ArgMissing, what).into());
    };
    let times = setup.times()?;
    let serials = serials(setup.extra("modules"))?;
    let (run, properties) = (setup.name.run, setup.properties);
    let job = Job { run, conditions, times, properties, serials: &serials };
    let done = hv_trip::search(&job)?;
    let files = hv_trip::write(&job, &done, |name| setup.output(name))?;
    let ntuple = setup.ntuple("hv_trips");
    hv_trip::write_extras(run, &done, setup.extra("plots"), ntuple.as_deref())?;
    let made = Made {
        entry: ("hvTrips", Value::Object(hv_trip::summary_json(&done.outcome))),
        files,
        stored: Stored::Nothing("HV trips are not stored".to_owned()),
        warnings: done.warnings,
    };
    results::finish(setup, state, vec![made], &[])
}
