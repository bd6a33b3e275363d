//! Journeys in a real browser: Chromium, driven by chromedriver. Without them the tests say that they are skipped.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod browser;
mod journeys;
#[path = "../web/site.rs"]
mod site;
