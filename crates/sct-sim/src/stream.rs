//! Random numbers: one stream for every purpose, so that none depends on how much another used.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What a stream is for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// Which components are defective.
    Defects = 1,
    /// What changes from one run to the next.
    Ageing = 2,
    /// When chips are noisy.
    Bursts = 3,
    /// Noise of the single strips of a wafer.
    Strips = 4,
    /// Events per lumi block.
    LumiBlocks = 5,
    /// Hits of a wafer.
    Hits = 6,
    /// Byte-stream errors of a wafer.
    Errors = 7,
    /// In which events the hits of a wafer are.
    EventsOfHits = 8,
    /// In which order events are written.
    EventOrder = 9,
    /// What goes wrong in an event.
    Faults = 10,
    /// State of a wafer in monitoring.
    Monitoring = 11,
    /// What is monitored of a wafer.
    MonitoringNumbers = 12,
    /// How sensors drift charge.
    Lorentz = 13,
    /// Clusters in sensors.
    LorentzClusters = 14,
    /// Runs of a world.
    World = 31,
    /// Which links are dead, and which strips and chips are quiet.
    Quiet = 20,
    /// Bursts of noise in a large part of the detector.
    DetectorBursts = 21,
    /// When modules are without high voltage.
    HighVoltage = 22,
}

/// The stream of a seed, a purpose and two numbers (file, epoch, wafer...).
pub(crate) fn stream(seed: u64, purpose: Purpose, first: usize, second: usize) -> ChaCha8Rng {
    let mut key = [0; 32];
    let words = [seed, purpose as u64, first as u64, second as u64];
    for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}
