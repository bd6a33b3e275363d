//! Sets of strips, by module.

use std::{
    collections::BTreeMap,
    fmt,
    ops::{BitOr, Sub},
};

use sct_id::{ModuleHash, ModuleStrip, Side, Strip};

use crate::defect_list::{format_ranges, format_ranges_split};

const WORDS: usize = ModuleStrip::COUNT.div_ceil(64);

/// Strips of one module, of both sides in one numbering from 0 to 1535.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StripSet {
    words: [u64; WORDS],
}

/// Sets of strips by module, in hash order.
pub type StripSets = BTreeMap<ModuleHash, StripSet>;

impl Default for StripSet {
    fn default() -> Self {
        Self { words: [0; WORDS] }
    }
}

impl StripSet {
    /// Adds a strip.
    pub fn insert(&mut self, strip: ModuleStrip) {
        self.words[strip.index() / 64] |= 1 << (strip.index() % 64);
    }

    /// Whether a strip is in the set.
    pub fn contains(&self, strip: ModuleStrip) -> bool {
        self.words[strip.index() / 64] >> (strip.index() % 64) & 1 == 1
    }

    /// Number of strips.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// The strips in order.
    pub fn iter(&self) -> impl Iterator<Item = ModuleStrip> + '_ {
        ModuleStrip::all().filter(|&strip| self.contains(strip))
    }

    /// The strips of one side in order.
    pub fn on_side(&self, side: Side) -> impl Iterator<Item = ModuleStrip> + '_ {
        self.iter().filter(move |strip| strip.side() == side)
    }

    /// The text of a defect list with its blanks, as COOL stores it: ` 0-5  7 `. Runs may cross from side 0 to side 1.
    pub fn defect_list(&self) -> String {
        format_ranges(self.iter().map(ModuleStrip::index))
    }

    /// The same with runs that end where side 0 does, as lists of dead strips are made: ` 0-767  768-1535 `.
    pub fn defect_list_by_side(&self) -> String {
        format_ranges_split(self.iter().map(ModuleStrip::index), Strip::PER_WAFER)
    }
}

impl BitOr for StripSet {
    type Output = Self;

    /// Strips of either set.
    fn bitor(self, other: Self) -> Self {
        Self { words: std::array::from_fn(|word| self.words[word] | other.words[word]) }
    }
}

impl Sub for StripSet {
    type Output = Self;

    /// Strips of the first set alone.
    fn sub(self, other: Self) -> Self {
        Self { words: std::array::from_fn(|word| self.words[word] & !other.words[word]) }
    }
}

impl FromIterator<ModuleStrip> for StripSet {
    fn from_iter<I: IntoIterator<Item = ModuleStrip>>(strips: I) -> Self {
        let mut set = Self::default();
        strips.into_iter().for_each(|strip| set.insert(strip));
        set
    }
}

impl fmt::Debug for StripSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StripSet({})", crate::normalized(&self.defect_list()))
    }
}
