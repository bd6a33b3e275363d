//! Files of histograms looked into, whatever they are of.

mod diff;
mod draw;
mod list;
mod show;

pub use self::{
    diff::{DiffOptions, Different, diff},
    list::list,
    show::{ShowOptions, show},
};
