use crate::{
    bytes::Fault,
    error::Error,
    file::{Key, Object},
    merge::{
        digest,
        error::MergeError,
        input::Inputs,
        report::ObjectReport,
        sum::{self, Refusal},
    },
    model::Histogram,
    view::Layout,
    writer::{Encoded, Encoder},
};

/// The sum of one object, ready to be written.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) encoded: Encoded,
    pub(super) report: ObjectReport,
    pub(super) digest: u64,
    /// Entries by input.
    pub(super) entries: Vec<(usize, f64)>,
}

/// One object while its inputs are added up.
#[derive(Debug)]
pub(super) struct Partial {
    object: usize,
    sum: Option<Histogram>,
    /// The first payload, as long as the others were like it.
    layout: Option<Layout>,
    /// Entries by input.
    entries: Vec<(usize, f64)>,
}

impl Partial {
    pub(super) fn new(object: usize) -> Self {
        Self { object, sum: None, layout: None, entries: Vec::new() }
    }

    /// Index of the object.
    pub(super) fn object(&self) -> usize {
        self.object
    }

    /// Adds what the next input has under `key`, which is `object` unless that could not be read.
    pub(super) fn add(
        &mut self,
        inputs: &Inputs<'_>,
        input: usize,
        key: &Key<'_>,
        object: Result<Object<'_>, Error>,
    ) -> Result<(), MergeError> {
        let file = &inputs.files[input];
        let unreadable = |source| unreadable(inputs, input, key, source);
        let refused = |refusal| refused(inputs, input, key, self.object, refusal);
        let object = object.map_err(unreadable)?;
        let numbers = self.layout.as_ref().and_then(|layout| layout.numbers(object.payload));
        if let (Some(sum), Some(numbers)) = (&mut self.sum, numbers) {
            self.entries.push((input, numbers.entries));
            return sum::add_numbers(sum, &numbers).map_err(refused);
        }
        let view = file.parse(key, object).map_err(unreadable)?;
        self.entries.push((input, view.entries()));
        if let Some(sum) = &mut self.sum {
            // It may have brought squared weights, which the short way does not know.
            self.layout = None;
            return sum::add(sum, &view).map_err(refused);
        }
        self.sum = Some(view.to_histogram().map_err(Refusal::from).map_err(refused)?);
        self.layout = Layout::of(&view, object.payload);
        Ok(())
    }

    /// Encodes the sum.
    pub(super) fn finish(
        self,
        inputs: &Inputs<'_>,
        encoder: &mut Encoder,
    ) -> Result<Merged, MergeError> {
        let Self { object, sum, entries, .. } = self;
        let sum = sum.expect("an object is planned because an input has it");
        let report = ObjectReport {
            path: inputs.plan.object_path(object),
            class: sum.class,
            inputs: u32::try_from(entries.len()).unwrap_or(u32::MAX),
            entries: sum.entries,
            inexact_cells: sum::inexact_cells(&sum.contents) as u64,
        };
        let digest = digest::histogram(&sum);
        let mut encoded = encoder.encode(&sum)?;
        // The key may have another name than the histogram in it: files are addressed by their keys.
        encoded.name = inputs.plan.objects[object].name.clone().into();
        Ok(Merged { encoded, report, digest, entries })
    }
}

fn unreadable(inputs: &Inputs<'_>, input: usize, key: &Key<'_>, source: Error) -> MergeError {
    let path = inputs.reports[input].path.clone();
    MergeError::Object { path, object: key.path(), source: Box::new(source) }
}

fn refused(
    inputs: &Inputs<'_>,
    input: usize,
    key: &Key<'_>,
    object: usize,
    refusal: Refusal,
) -> MergeError {
    let path = inputs.reports[input].path.clone();
    match refusal {
        Refusal::Different(difference) => {
            let first = inputs.plan.objects[object].first;
            let first = inputs.reports[first].path.clone();
            MergeError::Different { path, object: key.path(), difference, first }
        }
        Refusal::Overflow { cell } => MergeError::Overflow { path, object: key.path(), cell },
        Refusal::Damaged(Fault { offset, detail, .. }) => {
            let place = format!("{} (unpacked)", key.path());
            let source = Error::Damaged { path, place, offset, detail };
            unreadable(inputs, input, key, source)
        }
    }
}
