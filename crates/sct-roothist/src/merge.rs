//! Merging of files: every histogram of any input, summed over the inputs that have it.
//!
//! Inputs are read a few objects at a time, so memory does not grow with the size of the files. Objects are summed
//! in parallel, each in the order of the inputs; the result does not depend on the number of threads.

mod difference;
mod digest;
mod error;
mod input;
mod partial;
mod plan;
mod report;
mod sum;
mod task;

use std::{
    fs,
    path::{Path, PathBuf},
};

pub use self::{
    difference::Difference,
    error::MergeError,
    report::{InputReport, MergeReport, ObjectReport, Skipped},
};
use self::{
    input::Inputs,
    partial::Merged,
    plan::{Plan, Step},
    task::{Slot, Tasks},
};
use crate::{
    in_order::in_order,
    writer::{FileWriter, WriteOptions},
};

/// How files are merged.
#[derive(Clone, Debug, Default)]
pub struct MergeOptions {
    /// How the result is written.
    pub write: WriteOptions,
    /// Leave out objects that are no histograms, and list them in the report. Otherwise they are an error: a result that
    /// silently lacks something would look complete.
    pub skip_other_classes: bool,
}

/// How far a merge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Histograms of the result that are complete.
    pub done: usize,
    /// Histograms of the result.
    pub total: usize,
}

/// Merges `inputs` into a new file `output`: contents, squared weights, entries and sums are added, everything else is
/// that of the first input that has the histogram.
///
/// The result has all directories and histograms of all inputs, in the order of first appearance. `progress` is called
/// now and then, in any thread, and must not wait for other threads of the pool.
///
/// # Errors
///
/// When an input is given twice or is the output; when an input or one of its objects cannot be read; when histograms of
/// one path differ in class or binning; when a 32-bit integer overflows; when there are objects other than histograms and
/// these are not to be left out; when the result cannot be written. Then there is no output.
pub fn merge(
    inputs: &[PathBuf],
    output: &Path,
    options: &MergeOptions,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<MergeReport, MergeError> {
    check_paths(inputs, output)?;
    let places = input::places(inputs);
    let inputs = Inputs::new(inputs, &places, options)?;
    let writer = FileWriter::create(output, options.write.clone())?;
    let tasks = Tasks::new(&inputs, options.write.compression);
    let mut run = Run::new(writer, inputs.len());
    let total = inputs.plan.objects.len();
    let runs = tasks.runs();
    let merge = |number: usize| Ok::<_, MergeError>((runs[number], tasks.merge_run(runs[number])));
    let write = |(steps, merged)| {
        run.write(&inputs.plan, steps, merged)?;
        progress(Progress { done: run.objects.len(), total });
        Ok(())
    };
    in_order(runs.len(), merge, write)?;
    drop(tasks);
    run.finish(inputs, output)
}

/// Refuses inputs that are given twice, under whatever name, and an output that is an input.
fn check_paths(inputs: &[PathBuf], output: &Path) -> Result<(), MergeError> {
    if inputs.is_empty() {
        return Err(MergeError::NoInputs);
    }
    // A path that does not exist is itself; opening it will say what is wrong.
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut seen = std::collections::HashMap::new();
    for path in inputs {
        if let Some(first) = seen.insert(real(path), path) {
            return Err(MergeError::SameInput { path: path.clone(), first: first.clone() });
        }
    }
    if seen.contains_key(&real(output)) {
        return Err(MergeError::OutputIsInput { path: output.to_owned() });
    }
    Ok(())
}

/// A merge under way.
struct Run {
    writer: FileWriter,
    objects: Vec<ObjectReport>,
    /// Digest per object.
    digests: Vec<u64>,
    /// Entries per input.
    entries: Vec<f64>,
}

impl Run {
    fn new(writer: FileWriter, inputs: usize) -> Self {
        Self { writer, objects: Vec::new(), digests: Vec::new(), entries: vec![0.0; inputs] }
    }

    /// Writes the objects among some steps, and creates directories where they first appear.
    fn write(
        &mut self,
        plan: &Plan,
        steps: &[Step],
        merged: impl IntoIterator<Item = Slot>,
    ) -> Result<(), MergeError> {
        for (step, merged) in steps.iter().zip(merged) {
            let directory = match *step {
                Step::Directory(index) => index,
                Step::Object(object) => plan.objects[object].directory,
            };
            self.writer.directory(plan.directory_path(directory))?;
            if let Some(merged) = merged {
                self.put(merged?)?;
            }
        }
        Ok(())
    }

    fn put(&mut self, merged: Merged) -> Result<(), MergeError> {
        self.writer.write_encoded(merged.encoded)?;
        for (input, entries) in merged.entries {
            self.entries[input] += entries;
        }
        self.objects.push(merged.report);
        self.digests.push(merged.digest);
        Ok(())
    }

    fn finish(self, inputs: Inputs<'_>, output: &Path) -> Result<MergeReport, MergeError> {
        let Self { writer, objects, digests, entries } = self;
        let paths = objects.iter().map(|object| object.path.as_str());
        // The writer mostly waits for the disk.
        let (written, digest) =
            rayon::join(|| writer.finish(), || digest::file(paths.zip(digests)));
        let written = written?;
        let Inputs { mut reports, skipped, .. } = inputs;
        reports.iter_mut().zip(entries).for_each(|(report, entries)| report.entries = entries);
        Ok(MergeReport {
            output: output.to_owned(),
            inputs: reports,
            objects,
            skipped,
            written,
            digest,
        })
    }
}
