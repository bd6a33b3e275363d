use crate::{
    compress::Compression,
    error::Error,
    file::{Key, Object, Scratch},
    merge::{
        error::MergeError,
        input::Inputs,
        partial::{Merged, Partial},
        plan::Step,
    },
    pool::Pool,
    writer::Encoder,
};

/// Objects that one thread sums together: neighbours in the files, so that each file is read once for all of them.
const RUN_OBJECTS: usize = 16;

/// Unpacked bytes of one input after which a run ends early: sums are to stay in the processor's cache.
const RUN_BYTES: u64 = 256 << 10;

/// What comes of one step: nothing for a directory.
pub(super) type Slot = Option<Result<Merged, MergeError>>;

/// Merges runs of objects, in any thread.
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

    /// All steps, in runs that are merged at once.
    pub(super) fn runs(&self) -> Vec<&'a [Step]> {
        self.inputs.portions(&self.inputs.plan.steps, RUN_OBJECTS, RUN_BYTES)
    }

    /// Reads the objects of one run from one input after the other, adds up and encodes.
    pub(super) fn merge_run(&self, steps: &[Step]) -> Vec<Slot> {
        let make =
            || Buffers { scratch: Scratch::default(), encoder: Encoder::new(self.compression) };
        self.buffers.with(make, |buffers| self.merge_with(steps, buffers))
    }

    fn merge_with(&self, steps: &[Step], buffers: &mut Buffers) -> Vec<Slot> {
        let begin = |step: &Step| match *step {
            Step::Object(object) => Some(Ok(Partial::new(object))),
            Step::Directory(_) => None,
        };
        let mut sums: Vec<Option<Result<Partial, MergeError>>> = steps.iter().map(begin).collect();
        for input in 0..self.inputs.len() {
            self.add_input(input, &mut sums, &mut buffers.scratch);
        }
        let mut finish = |sum: Partial| sum.finish(self.inputs, &mut buffers.encoder);
        sums.into_iter().map(|sum| sum.map(|sum| sum.and_then(&mut finish))).collect()
    }

    /// Adds what one input has of the objects of a run. An object that fails keeps its first error.
    fn add_input<'s>(
        &self,
        input: usize,
        sums: &'s mut [Option<Result<Partial, MergeError>>],
        scratch: &mut Scratch,
    ) {
        let key = |sum: &Partial| self.inputs.key(input, sum.object());
        let file = &self.inputs.files[input];
        let keys = sums.iter().flatten().flatten().filter_map(key);
        file.read_ahead(keys, scratch);
        let with_key = |slot: &'s mut Result<Partial, MergeError>| {
            let key = key(slot.as_ref().ok()?)?;
            Some((slot, key))
        };
        let mut waiting: Vec<_> = sums.iter_mut().flatten().filter_map(with_key).collect();
        let add = |slot: &mut Result<Partial, MergeError>,
                   key: &Key<'_>,
                   object: Result<Object<'_>, Error>| {
            let Ok(sum) = slot else { return };
            if let Err(error) = sum.add(self.inputs, input, key, object) {
                *slot = Err(error);
            }
        };
        for pair in waiting.chunks_mut(2) {
            match pair {
                [(first, first_key), (second, second_key)] => {
                    let [one, other] = file.unpack_pair([first_key, second_key], scratch);
                    add(first, first_key, one);
                    add(second, second_key, other);
                }
                rest => {
                    for (slot, key) in rest {
                        add(slot, key, file.unpack(key, scratch));
                    }
                }
            }
        }
    }
}
