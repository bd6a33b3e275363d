//! What tasks say of STANDBY.

use sct_result::RunResult;
use serde::Serialize;
use utoipa::ToSchema;

use super::tab::title_of;

/// STANDBY, as one or more tasks said it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Standby {
    /// The sentence.
    pub(super) reason: String,
    /// Titles of the tasks.
    pub(super) tasks: Vec<String>,
}

/// Each sentence once, with the tasks of the run that said it.
pub(super) fn said(results: &[RunResult]) -> Vec<Standby> {
    let mut said: Vec<Standby> = Vec::new();
    for result in results {
        let Some(reason) = result.summary.as_ref().and_then(|summary| summary.standby.clone())
        else {
            continue;
        };
        let title = title_of(&result.kind);
        match said.iter_mut().find(|standby| standby.reason == reason) {
            Some(standby) => standby.tasks.push(title),
            None => said.push(Standby { reason, tasks: vec![title] }),
        }
    }
    said
}
