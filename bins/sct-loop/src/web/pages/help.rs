//! Help for shifters: what flags mean, what to do, until when, and what to make of things that go wrong.

use askama::Template;
use axum::{Router, extract::State, response::Html, routing::get};

use super::super::{
    App, Failure,
    flag::{self, Look},
    frame::{Frame, framed, html},
    number,
    tab::{TABS, Tab},
    visitor::Visitor,
};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/help", get(page))
}

/// Something that goes wrong: what one sees, what the loop does, what to do.
#[derive(Clone, Copy, Debug)]
struct Case {
    seen: &'static str,
    loop_does: &'static str,
    to_do: &'static str,
}

const fn case(seen: &'static str, loop_does: &'static str, to_do: &'static str) -> Case {
    Case { seen, loop_does, to_do }
}

/// The cases of the operations guide, in its order.
const CASES: [Case; 18] = [
    case(
        "A log says: didn't pass Stable Beam check.",
        "The task is SKIPPED and holds no later run up.",
        "Nothing; an expert may truncate the task.",
    ),
    case(
        "A task is finished, the run is not on the page.",
        "Why says whether it was not produced, not copied, not matched or is beyond the newest runs.",
        "Ask Why on the page of the run; wait for the next copy when it is not copied.",
    ),
    case(
        "Efficiency near 0, fits fail, very large noise, and noisy strips fail.",
        "All tasks say together: SCT probably in STANDBY. The flag is grey.",
        "Check with the control room; do not upload; mark the run bad.",
    ),
    case(
        "Noisy strips wait for an earlier run.",
        "The task is HELD and names the run that blocks, why and since when.",
        "Upload or mark the earlier run; otherwise an expert releases it, with a reason.",
    ),
    case(
        "Uploads fail with failed pre-authentication.",
        "Requests are kept, nothing more is tried until the credentials change.",
        "Tell an expert: the key file must be renewed.",
    ),
    case(
        "A hit map job was killed for its computing time.",
        "Jobs are cut by files and go on; the merge comes after.",
        "An expert takes the failed job up again.",
    ),
    case(
        "No dead strips or chips.",
        "The task ends well without a COOL file.",
        "Nothing to upload.",
    ),
    case(
        "A few events have unknown identifiers.",
        "A warning; events with more than 10 are left out.",
        "Nothing, unless the log repeats it.",
    ),
    case(
        "Hit maps without events.",
        "The task is SKIPPED and the last run moves on.",
        "Check whether the SCT was in STANDBY.",
    ),
    case(
        "The tag in a file is wrong.",
        "The request is refused before anything is written.",
        "Tell an expert; the job must run again.",
    ),
    case(
        "The upload pass is silent.",
        "A warning after one hour, and a mail.",
        "Tell an expert; requests are kept meanwhile.",
    ),
    case(
        "Help or query panel stay empty.",
        "Both are part of this page and need no other site.",
        "Report it.",
    ),
    case(
        "A job fails by a bug or a wrong dictionary.",
        "The task is FAILED; its log and dictionary are kept.",
        "An expert corrects the dictionary and takes it up again.",
    ),
    case(
        "A stream has its events, but is missing in the run query.",
        "The value shows as n.a. and the run is taken all the same.",
        "Nothing; mention it in the shift report.",
    ),
    case(
        "The lastRun file is empty or damaged.",
        "It is refused with what stands in it, never taken as 0.",
        "Tell an expert.",
    ),
    case(
        "An input file is only half there.",
        "It is not read; the next look takes it when it is whole.",
        "Wait; ask Why when it lasts.",
    ),
    case(
        "A run was processed twice.",
        "The newest attempt shows, older ones are in the run view. What you looked at is what is uploaded.",
        "Look again when the page says that the file has changed.",
    ),
    case(
        "A later run was uploaded first.",
        "The earlier one is overtaken and is refused.",
        "Tell an expert.",
    ),
];

#[derive(Template)]
#[template(path = "help.html")]
struct Page {
    frame: Frame,
    looks: [Look; 4],
    tabs: &'static [Tab],
    cases: &'static [Case],
    links: Vec<(String, String)>,
    deadline: String,
    rows: usize,
}

async fn page(State(app): State<App>, visitor: Visitor) -> Result<Html<String>, Failure> {
    let (frame, ()) = framed(&app, visitor, "help", "Help", |_, _| Ok(())).await?;
    let settings = app.settings();
    #[expect(clippy::cast_possible_truncation, reason = "hours of a deadline in seconds")]
    let deadline = (settings.order.deadline_hours * 3_600.0) as i64;
    let links = settings.web.links.iter().map(|(name, link)| (name.clone(), link.clone()));
    html(&Page {
        frame,
        looks: ['G', 'Y', 'R', 'U'].map(|letter| flag::look(Some(letter))),
        tabs: &TABS,
        cases: &CASES,
        links: links.collect(),
        deadline: number::span(deadline),
        rows: settings.web.rows,
    })
}
