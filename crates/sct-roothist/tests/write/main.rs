//! Files as they are written: names, determinism, refusals, and what other readers see.

#[cfg(test)]
mod interop;
#[cfg(test)]
mod layout;
#[cfg(test)]
mod roundtrip;
#[cfg(test)]
mod samples;
