use crate::{
    compress::{Compression, Packer},
    encode::{Payload, put_histogram},
    model::{Axis, Class, Contents, Histogram},
    writer::error::WriteError,
};

/// A histogram ready to be written: encoded and packed, independent of the place it gets in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Class of the object.
    pub class: Class,
    /// Name of the object and its key.
    pub name: String,
    /// Title of the object and its key.
    pub title: String,
    /// Payload as it is stored: packed, or as it is when it does not shrink.
    pub payload: Vec<u8>,
    /// Length of the unpacked payload; equal to that of `payload` when stored as it is.
    pub unpacked_length: usize,
}

/// Turns histograms into records, with buffers that are reused. One per thread.
#[derive(Debug)]
pub struct Encoder {
    packer: Packer,
    payload: Payload,
    packed: Vec<u8>,
}

impl Encoder {
    /// An encoder that packs in the given way.
    pub fn new(compression: Compression) -> Self {
        Self { packer: Packer::new(compression), payload: Payload::default(), packed: Vec::new() }
    }

    /// Encodes and packs one histogram.
    ///
    /// # Errors
    ///
    /// [`WriteError::Inconsistent`] when array lengths do not fit the axes or the contents do not fit the class.
    pub fn encode(&mut self, histogram: &Histogram) -> Result<Encoded, WriteError> {
        check(histogram)
            .map_err(|what| WriteError::Inconsistent { name: histogram.name.clone(), what })?;
        self.payload.clear();
        put_histogram(&mut self.payload, histogram);
        let packed = self.packer.pack(
            self.payload.as_bytes(),
            array_of(histogram, self.payload.len()),
            &mut self.packed,
        );
        let stored = if packed { &self.packed } else { self.payload.as_bytes() };
        Ok(Encoded {
            class: histogram.class,
            name: histogram.name.clone(),
            title: histogram.title.clone(),
            payload: stored.to_vec(),
            unpacked_length: self.payload.len(),
        })
    }

    /// Packs any payload; false when it is to be stored as it is.
    pub(super) fn pack(&mut self, payload: &[u8], packed: &mut Vec<u8>) -> bool {
        self.packer.pack(payload, None, packed)
    }
}

/// Where the contents begin in a payload of `length` bytes, if they are in single precision and end it.
fn array_of(histogram: &Histogram, length: usize) -> Option<usize> {
    match &histogram.contents {
        Contents::F32(values) => length.checked_sub(size_of_val(values.as_slice())),
        Contents::F64(_) | Contents::I32(_) => None,
    }
}

/// Holds a histogram against the promises of the model, whose fields anyone can change.
fn check(histogram: &Histogram) -> Result<(), &'static str> {
    let rule = |holds: bool, what| if holds { Ok(()) } else { Err(what) };
    let class = histogram.class;
    let contents_fit = match histogram.contents {
        Contents::I32(_) => class == Class::Th1I,
        Contents::F32(_) => matches!(class, Class::Th1F | Class::Th2F),
        Contents::F64(_) => !matches!(class, Class::Th1I | Class::Th1F | Class::Th2F),
    };
    rule(contents_fit, "the type of the contents is not that of the class")?;
    for axis in [&histogram.x, &histogram.y, &histogram.z] {
        check_axis(axis)?;
    }
    let rows = if class.dimensions() == 2 { histogram.y.cells() } else { 1 };
    let cells = histogram.cells();
    rule(
        histogram.x.cells().checked_mul(rows) == Some(cells),
        "the number of cells is not that of the axes",
    )?;
    let per_cell = |values: &[f64]| values.len() == cells;
    rule(
        histogram.sumw2.is_empty() || per_cell(&histogram.sumw2),
        "squared weights need one value per cell",
    )?;
    rule(
        histogram.profile.is_some() == class.is_profile(),
        "exactly the profile classes have entries per bin",
    )?;
    histogram.profile.as_ref().map_or(Ok(()), |profile| {
        rule(per_cell(&histogram.sumw2), "a profile needs squares for every cell")?;
        rule(per_cell(&profile.bin_entries), "a profile needs entries for every cell")?;
        rule(
            profile.bin_sumw2.is_empty() || per_cell(&profile.bin_sumw2),
            "squared weights of a profile need one value per cell",
        )
    })
}

fn check_axis(axis: &Axis) -> Result<(), &'static str> {
    if axis.bins == 0 {
        return Err("an axis needs at least one bin");
    }
    if !axis.edges.is_empty() && axis.edges.len() != axis.bins as usize + 1 {
        return Err("an axis with edges needs one more than bins");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Histogram {
        Histogram::new(Class::Profile, "p", "", Axis::uniform(0, 3, 0.0, 1.0), None)
    }

    fn refused(histogram: &Histogram, expected: &str) {
        let error = Encoder::new(Compression::Stored).encode(histogram).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn contradictions_are_refused() {
        let change = |edit: &dyn Fn(&mut Histogram), expected| {
            let mut histogram = profile();
            edit(&mut histogram);
            refused(&histogram, expected);
        };
        change(&|h| h.x.bins = 4, "number of cells");
        change(&|h| h.z.bins = 0, "at least one bin");
        change(&|h| h.x.edges = vec![0.0, 1.0], "one more than bins");
        change(&|h| h.sumw2.clear(), "squares for every cell");
        change(&|h| h.sumw2.truncate(2), "one value per cell");
        change(&|h| h.profile = None, "profile classes");
        change(&|h| h.class = Class::Th1D, "profile classes");
        change(&|h| h.class = Class::Th1F, "type of the contents");
    }

    #[test]
    fn stored_length_is_the_unpacked_length() {
        let stored = Encoder::new(Compression::Stored).encode(&profile()).unwrap();
        assert_eq!(stored.payload.len(), stored.unpacked_length);
        let packed = Encoder::new(Compression::default()).encode(&profile()).unwrap();
        assert!(packed.payload.len() < packed.unpacked_length);
        assert_eq!(packed.unpacked_length, stored.unpacked_length);
    }
}
