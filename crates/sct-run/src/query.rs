//! The run query: which runs there were, with what, and with which beams.
//!
//! A [`Query`] comes from options or from a sentence. [`answer`] looks up what it needs in COOL files and in the table of
//! runs. The language, and where each value comes from: `docs/formats/run-query.md`.
//!
//! Conditions are evaluated by interval of lumi blocks. A lumi block counts when no condition rejects it, a run when one of
//! its lumi blocks counts. Conditions are looked up cheapest first; their order does not change the answer.

mod answer;
mod catalogue;
mod columns;
mod complaint;
mod engine;
mod good_runs;
mod json;
mod lumi;
mod part;
mod pattern;
mod pickle;
mod ranges;
mod runs;
mod sentence;
mod settle;
mod shares;
mod show;
mod spec;
mod table;
mod text;
mod time;
#[cfg(test)]
mod world;

pub(crate) use self::runs::LumiBlocks;
pub use self::{
    answer::{Answer, Datum, Entry, RunAnswer},
    catalogue::Catalogues,
    complaint::Complaint,
    engine::{Sources, answer},
    pattern::Patterns,
    ranges::{Bound, RunRange, Runs},
    show::{LhcShown, Show},
    spec::{LhcCondition, MagnetCondition, Query, StreamCondition, Unknown},
    time::{TimeRange, Times},
};
