//! Merging of files: sums, refusals, laws, and comparison with ROOT's own merge.

#[cfg(test)]
mod interop;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod sums;
