//! The page: what visitors see and may do, asked without a socket, and journeys in a real browser.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod answers;
mod api;
mod browser;
mod experts;
mod gallery;
mod guard;
mod journeys;
mod lasting;
mod local;
mod looks;
mod openid;
mod passes;
#[path = "../../../../crates/sct-openid/tests/sign_in/provider.rs"]
#[expect(dead_code, reason = "the page is told the truth and one lie")]
mod provider;
#[path = "../runs/results.rs"]
mod results;
mod run_page;
mod send;
mod site;
mod tasks;
mod tools;
