//! Benchmarks of the hot paths; see `docs/performance.md`.
