//! What a histogram holds, independent of how it is stored.

use std::{fmt, str::FromStr};

/// The classes this crate reads and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// One dimension, 32-bit integer contents.
    Th1I,
    /// One dimension, single precision.
    Th1F,
    /// One dimension, double precision.
    Th1D,
    /// Two dimensions, single precision.
    Th2F,
    /// Two dimensions, double precision.
    Th2D,
    /// Mean of y in bins of x.
    Profile,
    /// Mean of z in bins of x and y.
    Profile2D,
}

impl Class {
    /// Every class, in declaration order.
    pub const ALL: [Self; 7] = [
        Self::Th1I,
        Self::Th1F,
        Self::Th1D,
        Self::Th2F,
        Self::Th2D,
        Self::Profile,
        Self::Profile2D,
    ];

    /// ROOT's name of the class.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Th1I => "TH1I",
            Self::Th1F => "TH1F",
            Self::Th1D => "TH1D",
            Self::Th2F => "TH2F",
            Self::Th2D => "TH2D",
            Self::Profile => "TProfile",
            Self::Profile2D => "TProfile2D",
        }
    }

    /// One or two: the number of binned axes.
    pub const fn dimensions(self) -> usize {
        match self {
            Self::Th1I | Self::Th1F | Self::Th1D | Self::Profile => 1,
            Self::Th2F | Self::Th2D | Self::Profile2D => 2,
        }
    }

    /// Whether the class keeps means, with entries per bin.
    pub const fn is_profile(self) -> bool {
        matches!(self, Self::Profile | Self::Profile2D)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A class name that this crate passes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a histogram class of this crate")]
pub struct UnknownClass;

impl FromStr for Class {
    type Err = UnknownClass;

    fn from_str(name: &str) -> Result<Self, UnknownClass> {
        Self::ALL.into_iter().find(|class| class.name() == name).ok_or(UnknownClass)
    }
}

/// How an axis is drawn; carried along, never interpreted. Source: class `TAttAxis`.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisStyle {
    /// Number of divisions, packed.
    pub divisions: i32,
    /// Axis colour, label colour, label font, title colour, title font.
    pub colors_fonts: [i16; 5],
    /// Label offset, label size, tick length, title offset, title size.
    pub sizes: [f32; 5],
}

/// One axis: equidistant bins, or bins with given edges. Source: class `TAxis`.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// `xaxis`, `yaxis` or `zaxis`.
    pub name: String,
    /// Title printed beside the axis.
    pub title: String,
    /// Number of bins without under- and overflow, at least 1.
    pub bins: u32,
    /// Lower edge of the first bin.
    pub low: f64,
    /// Upper edge of the last bin.
    pub high: f64,
    /// `bins + 1` edges, or none when the bins are equidistant.
    pub edges: Vec<f64>,
    /// First and last bin shown, 0 and 0 for all.
    pub range: (i32, i32),
    /// Flag bits `fBits2`.
    pub bits2: u16,
    /// Whether the axis shows times, and the format.
    pub time_display: u8,
    /// Time format.
    pub time_format: String,
    /// Bin labels: (bin number from 1, text).
    pub labels: Vec<(u32, String)>,
    /// Drawing attributes.
    pub style: AxisStyle,
}

impl Axis {
    /// An axis of equidistant bins named `xaxis`, `yaxis` or `zaxis` by `dimension` 0, 1 or 2, with ROOT's default style.
    pub fn uniform(dimension: usize, bins: u32, low: f64, high: f64) -> Self {
        let name = ["xaxis", "yaxis", "zaxis"][dimension.min(2)];
        Self {
            name: name.to_owned(),
            title: String::new(),
            bins,
            low,
            high,
            edges: Vec::new(),
            range: (0, 0),
            bits2: 0,
            time_display: 0,
            time_format: String::new(),
            labels: Vec::new(),
            style: AxisStyle {
                divisions: 510,
                colors_fonts: [1, 1, 42, 1, 42],
                sizes: [0.005, 0.035, 0.03, if dimension == 1 { 0.0 } else { 1.0 }, 0.035],
            },
        }
    }

    /// The axis that fills the place of a dimension a histogram does not have: one bin from 0 to 1.
    pub fn unused(dimension: usize) -> Self {
        Self::uniform(dimension, 1, 0.0, 1.0)
    }

    /// Number of cells with under- and overflow.
    pub fn cells(&self) -> usize {
        self.bins as usize + 2
    }

    /// Whether two axes have the same bins: count, ends, edges and labels.
    pub fn same_binning(&self, other: &Self) -> bool {
        self.bins == other.bins
            && self.low.to_bits() == other.low.to_bits()
            && self.high.to_bits() == other.high.to_bits()
            && self.edges == other.edges
            && self.labels == other.labels
    }

    /// Centre of bin `bin`, counted from 1.
    pub fn center(&self, bin: usize) -> f64 {
        match (self.edges.get(bin.wrapping_sub(1)), self.edges.get(bin)) {
            (Some(low), Some(high)) => 0.5 * (low + high),
            _ => self.low + (bin as f64 - 0.5) * (self.high - self.low) / f64::from(self.bins),
        }
    }
}

/// Bin contents with under- and overflow, x fastest: cell = x + (nx + 2) y.
#[derive(Clone, Debug, PartialEq)]
pub enum Contents {
    /// `TArrayI`.
    I32(Vec<i32>),
    /// `TArrayF`.
    F32(Vec<f32>),
    /// `TArrayD`.
    F64(Vec<f64>),
}

impl Contents {
    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            Self::I32(values) => values.len(),
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Content of one cell, exact in double precision; `None` past the end.
    pub fn get(&self, cell: usize) -> Option<f64> {
        match self {
            Self::I32(values) => values.get(cell).map(|&v| f64::from(v)),
            Self::F32(values) => values.get(cell).map(|&v| f64::from(v)),
            Self::F64(values) => values.get(cell).copied(),
        }
    }
}

/// Running sums over the fills inside the axis ranges. Source: `fTsumw` and its companions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    /// Sum of weights.
    pub w: f64,
    /// Sum of squared weights.
    pub w2: f64,
    /// Sum of weight times x.
    pub wx: f64,
    /// Sum of weight times x squared.
    pub wx2: f64,
    /// Sum of weight times y; two dimensions only.
    pub wy: f64,
    /// Sum of weight times y squared; two dimensions only.
    pub wy2: f64,
    /// Sum of weight times x times y; two dimensions only.
    pub wxy: f64,
}

/// What a profile has beyond a histogram. The histogram's contents are the sums of y (or z).
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Sum of weights per cell.
    pub bin_entries: Vec<f64>,
    /// 0: error of the mean; the other modes are carried along.
    pub error_mode: i32,
    /// Smallest value accepted; equal to `high` when there is no limit.
    pub low: f64,
    /// Largest value accepted.
    pub high: f64,
    /// Sum of weight times value over all fills.
    pub sum_value: f64,
    /// Sum of weight times value squared over all fills.
    pub sum_value2: f64,
    /// Sum of squared weights per cell; empty when no fill had a weight.
    pub bin_sumw2: Vec<f64>,
}

/// Line, fill and marker attributes, carried along. Source: `TAttLine`, `TAttFill`, `TAttMarker`.
#[derive(Clone, Debug, PartialEq)]
pub struct LineStyle {
    /// Line colour, style, width; fill colour, style; marker colour, style.
    pub numbers: [i16; 7],
    /// Marker size.
    pub marker_size: f32,
}

impl Default for LineStyle {
    fn default() -> Self {
        Self { numbers: [602, 1, 1, 0, 1001, 1, 1], marker_size: 1.0 }
    }
}

/// One histogram or profile, complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// ROOT class.
    pub class: Class,
    /// Name; also the name of its key.
    pub name: String,
    /// Title.
    pub title: String,
    /// Horizontal axis.
    pub x: Axis,
    /// Second axis; [`Axis::unused`] in one dimension.
    pub y: Axis,
    /// Third axis, only its title matters; [`Axis::unused`] otherwise.
    pub z: Axis,
    /// Number of fills, over- and underflow included. A double in the file.
    pub entries: f64,
    /// Sums over the fills.
    pub stats: Stats,
    /// Contents per cell; for profiles the sums of values.
    pub contents: Contents,
    /// Squared weights per cell, or none.
    pub sumw2: Vec<f64>,
    /// Present exactly for the two profile classes.
    pub profile: Option<Profile>,
    /// Scale factor of two-dimensional histograms, 1.
    pub scale_factor: f64,
    /// Upper and lower limit when drawn, -1111 when free.
    pub maximum_minimum: (f64, f64),
    /// Normalisation factor, 0 when unused.
    pub norm_factor: f64,
    /// Contour levels.
    pub contour: Vec<f64>,
    /// Drawing option.
    pub option: String,
    /// Bar offset and width, per mille.
    pub bar: (i16, i16),
    /// How bin errors are defined; 0 is the usual.
    pub bin_error_option: i32,
    /// How statistics treat overflow; 2 is neutral.
    pub statistics_overflow: i32,
    /// Drawing attributes.
    pub style: LineStyle,
}

impl Histogram {
    /// An empty histogram of `class` with ROOT's default attributes; `y` is needed exactly for two dimensions.
    ///
    /// # Panics
    ///
    /// When `y` is absent for a two-dimensional class or given for a one-dimensional one: a mistake in the program.
    pub fn new(class: Class, name: &str, title: &str, x: Axis, y: Option<Axis>) -> Self {
        assert_eq!(
            y.is_some(),
            class.dimensions() == 2,
            "{class} needs {} axes",
            class.dimensions()
        );
        let y = y.unwrap_or_else(|| Axis::unused(1));
        let cells = if class.dimensions() == 2 { x.cells() * y.cells() } else { x.cells() };
        let contents = match class {
            Class::Th1I => Contents::I32(vec![0; cells]),
            Class::Th1F | Class::Th2F => Contents::F32(vec![0.0; cells]),
            Class::Th1D | Class::Th2D | Class::Profile | Class::Profile2D => {
                Contents::F64(vec![0.0; cells])
            }
        };
        let profile = class.is_profile().then(|| Profile {
            bin_entries: vec![0.0; cells],
            error_mode: 0,
            low: 0.0,
            high: 0.0,
            sum_value: 0.0,
            sum_value2: 0.0,
            bin_sumw2: Vec::new(),
        });
        Self {
            class,
            name: name.to_owned(),
            title: title.to_owned(),
            x,
            y,
            z: Axis::unused(2),
            entries: 0.0,
            stats: Stats::default(),
            contents,
            sumw2: if class.is_profile() { vec![0.0; cells] } else { Vec::new() },
            profile,
            scale_factor: 1.0,
            maximum_minimum: (-1111.0, -1111.0),
            norm_factor: 0.0,
            contour: Vec::new(),
            option: String::new(),
            bar: (0, 1000),
            bin_error_option: 0,
            statistics_overflow: 2,
            style: LineStyle::default(),
        }
    }

    /// Number of cells with under- and overflow.
    pub fn cells(&self) -> usize {
        self.contents.len()
    }

    /// Cell of bin (`x`, `y`), both from 0 (underflow) to bins + 1 (overflow); `None` outside. In one dimension `y` is 0.
    pub fn cell(&self, x: usize, y: usize) -> Option<usize> {
        let rows = if self.class.dimensions() == 2 { self.y.cells() } else { 1 };
        (x < self.x.cells() && y < rows).then(|| x + self.x.cells() * y)
    }

    /// What ROOT calls the bin content: the content, or for profiles the mean (0 without entries).
    pub fn value(&self, cell: usize) -> Option<f64> {
        let sum = self.contents.get(cell)?;
        match &self.profile {
            None => Some(sum),
            Some(profile) => {
                let entries = *profile.bin_entries.get(cell)?;
                Some(if entries == 0.0 { 0.0 } else { sum / entries })
            }
        }
    }
}
