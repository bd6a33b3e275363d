use rayon::prelude::*;

use crate::{
    bytes::Fault,
    compress::Compression,
    error::Error,
    file::{Key, Scratch},
    merge::{
        digest,
        error::MergeError,
        input::Inputs,
        plan::Step,
        report::ObjectReport,
        sum::{self, Refusal},
    },
    model::Histogram,
    pool::Pool,
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

/// Merges single objects, in any thread.
#[derive(Debug)]
pub(super) struct Tasks<'a> {
    inputs: &'a Inputs<'a>,
    compression: Compression,
    buffers: Pool<Buffers>,
}

/// What one thread uses again and again.
#[derive(Debug)]
struct Buffers {
    scratch: Scratch,
    encoder: Encoder,
}

impl<'a> Tasks<'a> {
    pub(super) fn new(inputs: &'a Inputs<'a>, compression: Compression) -> Self {
        Self { inputs, compression, buffers: Pool::new() }
    }

    /// Merges the objects among some steps in all threads; nothing for a directory.
    pub(super) fn merge_all(&self, steps: &[Step]) -> Vec<Option<Result<Merged, MergeError>>> {
        let merge = |step: &Step| match step {
            Step::Object(object) => Some(self.merge(*object)),
            Step::Directory(_) => None,
        };
        steps.par_iter().map(merge).collect()
    }

    /// Reads one object from all inputs that have it, adds up and encodes.
    fn merge(&self, object: usize) -> Result<Merged, MergeError> {
        let make =
            || Buffers { scratch: Scratch::default(), encoder: Encoder::new(self.compression) };
        self.buffers.with(make, |buffers| self.merge_with(object, buffers))
    }

    fn merge_with(&self, object: usize, buffers: &mut Buffers) -> Result<Merged, MergeError> {
        let mut sum: Option<Histogram> = None;
        let mut entries = Vec::new();
        for (input, key) in self.inputs.keys_of(object) {
            let file = &self.inputs.files[input];
            let view = file.view(key, &mut buffers.scratch);
            let view = view.map_err(|source| self.unreadable(input, key, source))?;
            entries.push((input, view.entries()));
            let added = match &mut sum {
                Some(sum) => sum::add(sum, &view),
                None => view.to_histogram().map(|first| sum = Some(first)).map_err(Refusal::from),
            };
            added.map_err(|refusal| self.refused(object, input, key, refusal))?;
        }
        let sum = sum.expect("an object is planned because an input has it");
        let report = ObjectReport {
            path: self.inputs.plan.object_path(object),
            class: sum.class,
            inputs: u32::try_from(entries.len()).unwrap_or(u32::MAX),
            entries: sum.entries,
            inexact_cells: sum::inexact_cells(&sum.contents) as u64,
        };
        let digest = digest::histogram(&sum);
        let mut encoded = buffers.encoder.encode(&sum)?;
        // The key may have another name than the histogram in it: files are addressed by their keys.
        encoded.name = self.inputs.plan.objects[object].name.clone().into();
        Ok(Merged { encoded, report, digest, entries })
    }

    fn unreadable(&self, input: usize, key: &Key<'_>, source: Error) -> MergeError {
        let path = self.inputs.reports[input].path.clone();
        MergeError::Object { path, object: key.path(), source: Box::new(source) }
    }

    fn refused(&self, object: usize, input: usize, key: &Key<'_>, refusal: Refusal) -> MergeError {
        let path = self.inputs.reports[input].path.clone();
        match refusal {
            Refusal::Different(difference) => {
                let first = self.inputs.plan.objects[object].first;
                let first = self.inputs.reports[first].path.clone();
                MergeError::Different { path, object: key.path(), difference, first }
            }
            Refusal::Overflow { cell } => MergeError::Overflow { path, object: key.path(), cell },
            Refusal::Damaged(Fault { offset, detail, .. }) => {
                let place = format!("{} (unpacked)", key.path());
                let source = Error::Damaged { path, place, offset, detail };
                self.unreadable(input, key, source)
            }
        }
    }
}
