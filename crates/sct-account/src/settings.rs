//! What can be set.

use argon2::Params;

/// Expiries and limits. The defaults are meant for use; tests shorten them.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Effort for a password.
    pub hashing: Hashing,
    /// A session without requests ends after so many seconds.
    pub idle: i64,
    /// A session ends after so many seconds whatever happens.
    pub longest: i64,
    /// So many failures of one name in [`Self::window`], then it waits.
    pub per_name: u32,
    /// The same for one address; a control room has one for many people.
    pub per_address: u32,
    /// Seconds after which failures are forgotten.
    pub window: i64,
    /// Seconds of the first wait; each further failure doubles it.
    pub wait: i64,
    /// No wait is longer than so many seconds: a stranger must not keep people out.
    pub longest_wait: i64,
    /// So many names and addresses are remembered.
    pub remembered: u32,
}

/// Effort for a password: argon2id with one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashing {
    /// Memory, KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            hashing: Hashing::default(),
            idle: 2 * 3_600,
            longest: 12 * 3_600,
            per_name: 5,
            per_address: 20,
            window: 15 * 60,
            wait: 30,
            longest_wait: 15 * 60,
            remembered: 10_000,
        }
    }
}

/// What OWASP recommends: 19 MiB, two passes.
impl Default for Hashing {
    fn default() -> Self {
        Self { memory: Params::DEFAULT_M_COST, passes: Params::DEFAULT_T_COST }
    }
}

impl Hashing {
    /// The least that argon2 knows. For tests alone: such hashes are quickly guessed.
    pub const LEAST: Self = Self { memory: Params::MIN_M_COST, passes: Params::MIN_T_COST };
}
