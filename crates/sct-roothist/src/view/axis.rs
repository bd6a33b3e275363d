//! An axis in place.

use crate::{
    Axis, AxisStyle,
    bytes::{BeSlice, Fault, Reader, text},
};

/// An axis whose strings and edges are still where they were unpacked.
#[derive(Clone, Debug)]
pub struct AxisView<'a> {
    name: &'a [u8],
    title: &'a [u8],
    bins: u32,
    low: f64,
    high: f64,
    edges: BeSlice<'a, f64>,
    range: (i32, i32),
    bits2: u16,
    time_display: u8,
    time_format: &'a [u8],
    /// At the pointer to the labels, when there are any.
    labels: Option<Reader<'a>>,
    style: AxisStyle,
}

impl<'a> AxisView<'a> {
    /// Number of bins without under- and overflow.
    pub fn bins(&self) -> usize {
        self.bins as usize
    }

    /// Lower edge of the first bin.
    pub fn low(&self) -> f64 {
        self.low
    }

    /// Upper edge of the last bin.
    pub fn high(&self) -> f64 {
        self.high
    }

    /// The edges, or none when the bins are equidistant.
    pub fn edges(&self) -> BeSlice<'a, f64> {
        self.edges
    }

    /// Whether bins have labels.
    pub fn has_labels(&self) -> bool {
        self.labels.is_some()
    }

    /// Whether this axis has `bins` equidistant bins from `low` to `high`, without labels.
    pub fn is_uniform(&self, bins: usize, low: f64, high: f64) -> bool {
        let same = |a: f64, b: f64| a.to_bits() == b.to_bits();
        self.bins() == bins
            && same(self.low, low)
            && same(self.high, high)
            && self.edges.is_empty()
            && !self.has_labels()
    }

    /// Class TAxis, version 9 and 10.
    pub(crate) fn parse(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let offset = reader.offset();
        let block = reader.block("TAxis")?;
        super::at_least(block, 9, "TAxis", offset)?;
        let (name, title) = reader.named()?;
        let style = style(reader)?;
        let offset = reader.offset();
        let bins = reader.i32()?;
        let bins = u32::try_from(bins).ok().filter(|&bins| bins > 0 && bins < i32::MAX as u32 - 2);
        let bins = bins.ok_or_else(|| Fault::damaged(offset, "an axis has no bins or too many"))?;
        let (low, high) = (reader.f64()?, reader.f64()?);
        let edges: BeSlice<'a, f64> = reader.array()?;
        if !edges.is_empty() && edges.len() != bins as usize + 1 {
            let detail = format!("an axis of {bins} bins has {} edges", edges.len());
            return Err(Fault::damaged(offset, detail));
        }
        let range = (reader.i32()?, reader.i32()?);
        let (bits2, time_display, time_format) = (reader.u16()?, reader.u8()?, reader.string()?);
        let here = reader.clone();
        let labels = match reader.tagged()? {
            Some(object) => {
                reader.jump(object.end)?;
                Some(here)
            }
            None => None,
        };
        if block.version >= 10
            && let Some(object) = reader.tagged()?
        {
            reader.jump(object.end)?;
        }
        reader.leave(block, 10, "TAxis")?;
        Ok(Self {
            name,
            title,
            bins,
            low,
            high,
            edges,
            range,
            bits2,
            time_display,
            time_format,
            labels,
            style,
        })
    }

    /// The labels: (bin from 1, text).
    pub(crate) fn labels(&self) -> Result<Vec<(u32, String)>, Fault> {
        let Some(mut reader) = self.labels.clone() else { return Ok(Vec::new()) };
        let Some(list) = reader.tagged()? else { return Ok(Vec::new()) };
        let block = reader.block("the list of labels")?;
        reader.object_base()?;
        reader.string()?;
        let offset = reader.offset();
        let count = reader.count("the number of labels")?;
        // Each label takes a tag, a block, a TObject and two strings.
        if count > reader.remaining() / 20 {
            return Err(Fault::damaged(
                offset,
                format!("{count} labels in {} bytes", reader.remaining()),
            ));
        }
        let mut labels = Vec::with_capacity(count);
        for _ in 0..count {
            labels.push(label(&mut reader)?);
            reader.string()?; // the element's option
        }
        reader.leave(block, 5, "the list of labels")?;
        reader.jump(list.end)?;
        Ok(labels)
    }

    pub(crate) fn to_axis(&self) -> Result<Axis, Fault> {
        Ok(Axis {
            name: text(self.name).into_owned(),
            title: text(self.title).into_owned(),
            bins: self.bins,
            low: self.low,
            high: self.high,
            edges: self.edges.to_vec(),
            range: self.range,
            bits2: self.bits2,
            time_display: self.time_display,
            time_format: text(self.time_format).into_owned(),
            labels: self.labels()?,
            style: self.style.clone(),
        })
    }
}

/// One TObjString whose unique identifier is the bin.
fn label(reader: &mut Reader<'_>) -> Result<(u32, String), Fault> {
    let offset = reader.offset();
    let Some(object) = reader.tagged()? else {
        return Err(Fault::damaged(offset, "a bin label is missing"));
    };
    if object.class.is_some_and(|class| class != b"TObjString") {
        return Err(Fault::unsupported(offset, "bin labels that are no TObjString"));
    }
    let block = reader.block("TObjString")?;
    let bin = reader.object_base()?;
    let words = text(reader.string()?).into_owned();
    reader.leave(block, 1, "TObjString")?;
    reader.jump(object.end)?;
    Ok((bin, words))
}

/// Class TAttAxis, version 4.
fn style(reader: &mut Reader<'_>) -> Result<AxisStyle, Fault> {
    let offset = reader.offset();
    let block = reader.block("TAttAxis")?;
    super::at_least(block, 4, "TAttAxis", offset)?;
    let divisions = reader.i32()?;
    let (axis, label, font) = (reader.i16()?, reader.i16()?, reader.i16()?);
    let mut sizes = [0.0; 5];
    for size in &mut sizes {
        *size = reader.f32()?;
    }
    let (title, title_font) = (reader.i16()?, reader.i16()?);
    reader.leave(block, 4, "TAttAxis")?;
    Ok(AxisStyle { divisions, colors_fonts: [axis, label, font, title, title_font], sizes })
}
