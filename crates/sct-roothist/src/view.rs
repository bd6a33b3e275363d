//! An unpacked histogram seen in place: numbers read, arrays left where they are.

use crate::{
    Class, Stats,
    bytes::{BeSlice, Block, Fault, Reader, text},
};

mod axis;
mod layout;
mod owned;

pub use self::axis::AxisView;
pub(crate) use self::layout::{Layout, Numbers};

/// Contents in place.
#[derive(Clone, Copy, Debug)]
pub enum ContentsView<'a> {
    /// `TArrayI`.
    I32(BeSlice<'a, i32>),
    /// `TArrayF`.
    F32(BeSlice<'a, f32>),
    /// `TArrayD`.
    F64(BeSlice<'a, f64>),
}

impl ContentsView<'_> {
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

    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::I32(values) => values.as_bytes(),
            Self::F32(values) => values.as_bytes(),
            Self::F64(values) => values.as_bytes(),
        }
    }
}

/// The part of a profile beyond its histogram, in place.
#[derive(Clone, Copy, Debug)]
pub struct ProfileView<'a> {
    /// Sum of weights per cell.
    pub bin_entries: BeSlice<'a, f64>,
    /// Error mode.
    pub error_mode: i32,
    /// Limits of the value.
    pub limits: (f64, f64),
    /// Sum of weight times value.
    pub sum_value: f64,
    /// Sum of weight times value squared.
    pub sum_value2: f64,
    /// Squared weights per cell, or none.
    pub bin_sumw2: BeSlice<'a, f64>,
}

/// What is carried along without being used.
#[derive(Clone, Copy, Debug)]
struct Trimmings<'a> {
    numbers: [i16; 7],
    marker_size: f32,
    bar: (i16, i16),
    maximum_minimum: (f64, f64),
    norm_factor: f64,
    contour: BeSlice<'a, f64>,
    option: &'a [u8],
    bin_error_option: i32,
    statistics_overflow: i32,
    scale_factor: f64,
}

/// A histogram whose arrays are still where they were unpacked.
#[derive(Clone, Debug)]
pub struct View<'a> {
    class: Class,
    name: &'a [u8],
    title: &'a [u8],
    axes: [AxisView<'a>; 3],
    entries: f64,
    stats: Stats,
    contents: ContentsView<'a>,
    sumw2: BeSlice<'a, f64>,
    profile: Option<ProfileView<'a>>,
    trimmings: Trimmings<'a>,
    places: Places,
}

/// Where in the payload the numbers are that merging adds up.
#[derive(Clone, Copy, Debug, Default)]
struct Places {
    /// Entries and the four sums of one dimension.
    sums: usize,
    /// The three sums of a second dimension.
    second_sums: Option<usize>,
    /// First value of the contents.
    contents: usize,
}

impl<'a> View<'a> {
    /// Class.
    pub fn class(&self) -> Class {
        self.class
    }

    /// Name.
    pub fn name(&self) -> std::borrow::Cow<'a, str> {
        text(self.name)
    }

    /// Title.
    pub fn title(&self) -> std::borrow::Cow<'a, str> {
        text(self.title)
    }

    /// Horizontal axis.
    pub fn x(&self) -> &AxisView<'a> {
        &self.axes[0]
    }

    /// Second axis; one bin in one dimension.
    pub fn y(&self) -> &AxisView<'a> {
        &self.axes[1]
    }

    /// Number of fills, over- and underflow included.
    pub fn entries(&self) -> f64 {
        self.entries
    }

    /// Sums over the fills.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// Contents with under- and overflow, x fastest; for profiles the sums of values.
    pub fn contents(&self) -> ContentsView<'a> {
        self.contents
    }

    /// Squared weights per cell, or none.
    pub fn sumw2(&self) -> BeSlice<'a, f64> {
        self.sumw2
    }

    /// The profile's part.
    pub fn profile(&self) -> Option<ProfileView<'a>> {
        self.profile
    }

    /// Reads the payload of an object of `class`. `base` is what its first byte is counted as in messages.
    pub(crate) fn parse(class: Class, payload: &'a [u8], base: u64) -> Result<Self, Fault> {
        let mut reader = Reader::new(payload, base);
        let view = match class {
            Class::Th1I | Class::Th1F | Class::Th1D => histogram1(&mut reader, class)?,
            Class::Th2F | Class::Th2D => histogram2(&mut reader, class)?,
            Class::Profile | Class::Profile2D => profile(&mut reader, class)?,
        };
        if reader.remaining() != 0 {
            return Err(Fault::damaged(
                reader.offset(),
                format!("{} bytes follow the object", reader.remaining()),
            ));
        }
        view.check(base)?;
        Ok(view)
    }

    fn check(&self, base: u64) -> Result<(), Fault> {
        let rows = if self.class.dimensions() == 2 { self.axes[1].bins() + 2 } else { 1 };
        let cells = (self.axes[0].bins() + 2).saturating_mul(rows);
        let wrong = |what: &str, found: usize| {
            Err(Fault::damaged(base, format!("{what} has {found} cells, the axes give {cells}")))
        };
        if self.contents.len() != cells {
            return wrong("the content array", self.contents.len());
        }
        if !self.sumw2.is_empty() && self.sumw2.len() != cells {
            return wrong("the array of squared weights", self.sumw2.len());
        }
        if let Some(profile) = &self.profile {
            if profile.bin_entries.len() != cells {
                return wrong("the array of bin entries", profile.bin_entries.len());
            }
            if !profile.bin_sumw2.is_empty() && profile.bin_sumw2.len() != cells {
                return wrong("the array of squared bin weights", profile.bin_sumw2.len());
            }
        }
        Ok(())
    }
}

/// Everything in class TH1.
struct Head<'a> {
    name: &'a [u8],
    title: &'a [u8],
    cells: usize,
    axes: [AxisView<'a>; 3],
    entries: f64,
    stats: Stats,
    sumw2: BeSlice<'a, f64>,
    trimmings: Trimmings<'a>,
    places: Places,
}

/// Refuses versions whose members are laid out otherwise.
fn at_least(block: Block, oldest: i16, class: &str, offset: u64) -> Result<(), Fault> {
    if block.version >= oldest {
        return Ok(());
    }
    let detail =
        format!("{class} version {} is older than the oldest known, {oldest}", block.version);
    Err(Fault::unsupported(offset, detail))
}

fn short_block(
    reader: &mut Reader<'_>,
    known: i16,
    class: &str,
    values: &mut [i16],
) -> Result<(), Fault> {
    let block = reader.block(class)?;
    for value in values {
        *value = reader.i16()?;
    }
    reader.leave(block, known, class)
}

/// Class TH1, versions 7 and 8.
fn th1<'a>(reader: &mut Reader<'a>) -> Result<Head<'a>, Fault> {
    let offset = reader.offset();
    let block = reader.block("TH1")?;
    at_least(block, 7, "TH1", offset)?;
    let (name, title) = reader.named()?;
    let mut numbers = [0; 7];
    short_block(reader, 2, "TAttLine", &mut numbers[0..3])?;
    short_block(reader, 2, "TAttFill", &mut numbers[3..5])?;
    let marker = reader.block("TAttMarker")?;
    numbers[5] = reader.i16()?;
    numbers[6] = reader.i16()?;
    let marker_size = reader.f32()?;
    reader.leave(marker, 3, "TAttMarker")?;
    let cells = reader.count("the number of cells")?;
    let axes = [AxisView::parse(reader)?, AxisView::parse(reader)?, AxisView::parse(reader)?];
    let bar = (reader.i16()?, reader.i16()?);
    let places = Places { sums: reader.position(), ..Places::default() };
    let entries = reader.f64()?;
    let stats = Stats {
        w: reader.f64()?,
        w2: reader.f64()?,
        wx: reader.f64()?,
        wx2: reader.f64()?,
        ..Stats::default()
    };
    let maximum_minimum = (reader.f64()?, reader.f64()?);
    let norm_factor = reader.f64()?;
    let (contour, sumw2) = (reader.array()?, reader.array()?);
    let option = reader.string()?;
    reader.skip_block("the list of functions")?;
    buffer(reader)?;
    let bin_error_option = reader.i32()?;
    let statistics_overflow = if block.version >= 8 { reader.i32()? } else { 2 };
    reader.leave(block, 8, "TH1")?;
    let trimmings = Trimmings {
        numbers,
        marker_size,
        bar,
        maximum_minimum,
        norm_factor,
        contour,
        option,
        bin_error_option,
        statistics_overflow,
        scale_factor: 1.0,
    };
    Ok(Head { name, title, cells, axes, entries, stats, sumw2, trimmings, places })
}

/// Fills that are not yet binned would read as zeros, so they are refused.
fn buffer(reader: &mut Reader<'_>) -> Result<(), Fault> {
    let size = reader.count("the buffer size")?;
    let offset = reader.offset();
    if reader.u8()? == 0 {
        return Ok(());
    }
    let buffered = reader.values::<f64>(size)?;
    match buffered.get(0) {
        Some(fills) if fills != 0.0 => Err(Fault::unsupported(
            offset,
            format!("{fills} fills wait in its buffer and are in no bin yet"),
        )),
        _ => Ok(()),
    }
}

fn contents<'a>(
    reader: &mut Reader<'a>,
    class: Class,
    head: &mut Head<'a>,
) -> Result<ContentsView<'a>, Fault> {
    let cells = head.cells;
    let offset = reader.offset();
    let contents = match class {
        Class::Th1I => ContentsView::I32(reader.array()?),
        Class::Th1F | Class::Th2F => ContentsView::F32(reader.array()?),
        Class::Th1D | Class::Th2D | Class::Profile | Class::Profile2D => {
            ContentsView::F64(reader.array()?)
        }
    };
    head.places.contents = reader.position() - contents.as_bytes().len();
    if contents.len() == cells {
        return Ok(contents);
    }
    let detail = format!("the content array has {} values for {cells} cells", contents.len());
    Err(Fault::damaged(offset, detail))
}

fn finish<'a>(head: Head<'a>, class: Class, contents: ContentsView<'a>) -> View<'a> {
    let Head { name, title, axes, entries, stats, sumw2, trimmings, places, .. } = head;
    View {
        class,
        name,
        title,
        axes,
        entries,
        stats,
        contents,
        sumw2,
        profile: None,
        trimmings,
        places,
    }
}

/// TH1F, TH1D, TH1I, version 1 to 3: TH1 and an array.
fn histogram1<'a>(reader: &mut Reader<'a>, class: Class) -> Result<View<'a>, Fault> {
    let block = reader.block(class.name())?;
    let mut head = th1(reader)?;
    let contents = contents(reader, class, &mut head)?;
    reader.leave(block, 3, class.name())?;
    Ok(finish(head, class, contents))
}

/// TH2F, TH2D, version 3 and 4: TH2 (TH1 and four numbers) and an array.
fn histogram2<'a>(reader: &mut Reader<'a>, class: Class) -> Result<View<'a>, Fault> {
    let block = reader.block(class.name())?;
    let offset = reader.offset();
    let th2 = reader.block("TH2")?;
    at_least(th2, 4, "TH2", offset)?;
    let mut head = th1(reader)?;
    head.trimmings.scale_factor = reader.f64()?;
    head.places.second_sums = Some(reader.position());
    head.stats.wy = reader.f64()?;
    head.stats.wy2 = reader.f64()?;
    head.stats.wxy = reader.f64()?;
    reader.leave(th2, 5, "TH2")?;
    let contents = contents(reader, class, &mut head)?;
    reader.leave(block, 4, class.name())?;
    Ok(finish(head, class, contents))
}

/// TProfile version 6 and 7, TProfile2D version 7 and 8: a histogram of doubles and what makes means of it.
fn profile<'a>(reader: &mut Reader<'a>, class: Class) -> Result<View<'a>, Fault> {
    let two = class == Class::Profile2D;
    let offset = reader.offset();
    let block = reader.block(class.name())?;
    at_least(block, if two { 7 } else { 6 }, class.name(), offset)?;
    let mut view =
        if two { histogram2(reader, Class::Th2D)? } else { histogram1(reader, Class::Th1D)? };
    let profile = ProfileView {
        bin_entries: reader.array()?,
        error_mode: reader.i32()?,
        limits: (reader.f64()?, reader.f64()?),
        sum_value: reader.f64()?,
        sum_value2: reader.f64()?,
        bin_sumw2: reader.array()?,
    };
    reader.leave(block, if two { 8 } else { 7 }, class.name())?;
    view.class = class;
    view.profile = Some(profile);
    Ok(view)
}
