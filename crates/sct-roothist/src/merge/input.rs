use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::{
    file::{Key, RootFile},
    in_order::in_order,
    merge::{
        MergeOptions,
        difference::Difference,
        error::MergeError,
        plan::{Plan, Step},
        report::{InputReport, Skipped},
    },
    model::Class,
};

/// Places for the files of all inputs, which keys refer to.
pub(super) fn places(paths: &[PathBuf]) -> Vec<OnceLock<RootFile>> {
    paths.iter().map(|_| OnceLock::new()).collect()
}

fn open_one(path: &Path) -> Result<RootFile, MergeError> {
    let unreadable = |source| MergeError::Input { path: path.to_owned(), source: Box::new(source) };
    RootFile::open_streaming(path).map_err(unreadable)
}

/// What is to be merged: the union of the objects, and where each input has them.
#[derive(Debug)]
pub(super) struct Inputs<'a> {
    pub(super) files: Vec<&'a RootFile>,
    pub(super) plan: Plan,
    pub(super) skipped: Vec<Skipped>,
    pub(super) reports: Vec<InputReport>,
    /// By input and object; an input may end early, or lack objects in between.
    keys: Vec<Vec<Option<Key<'a>>>>,
}

impl<'a> Inputs<'a> {
    /// Opens all inputs, and adds their objects in order as soon as they are there. Of several errors the first is told,
    /// whichever thread was faster.
    pub(super) fn new(
        paths: &[PathBuf],
        places: &'a [OnceLock<RootFile>],
        options: &MergeOptions,
    ) -> Result<Self, MergeError> {
        let mut inputs = Self {
            files: Vec::new(),
            plan: Plan::new(),
            skipped: Vec::new(),
            reports: Vec::new(),
            keys: Vec::new(),
        };
        let open = |number: usize| {
            let file = open_one(&paths[number])?;
            Ok(places[number].get_or_init(|| file))
        };
        in_order(paths.len(), open, |file| inputs.add(file, options))?;
        inputs.plan.close();
        Ok(inputs)
    }

    /// An object in an input, if it has it.
    pub(super) fn key(&self, input: usize, object: usize) -> Option<&Key<'a>> {
        self.keys[input].get(object)?.as_ref()
    }

    /// Steps cut into portions of at most `steps` steps and about `bytes` unpacked bytes of one input.
    pub(super) fn portions<'s>(
        &self,
        mut rest: &'s [Step],
        steps: usize,
        bytes: u64,
    ) -> Vec<&'s [Step]> {
        let mut portions = Vec::new();
        while !rest.is_empty() {
            let mut sum = 0;
            let small = |step: &&Step| {
                let fits = sum < bytes;
                sum += self.unpacked_length(**step);
                fits
            };
            let length = rest.iter().take(steps).take_while(small).count();
            let (portion, other) = rest.split_at(length);
            portions.push(portion);
            rest = other;
        }
        portions
    }

    fn unpacked_length(&self, step: Step) -> u64 {
        match step {
            Step::Directory(_) => 0,
            Step::Object(object) => {
                let key = self.key(self.plan.objects[object].first, object);
                key.map_or(0, |key| key.uncompressed_len() as u64)
            }
        }
    }

    /// Number of inputs.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Adds the objects of the next input.
    fn add(&mut self, file: &'a RootFile, options: &MergeOptions) -> Result<(), MergeError> {
        let mut next = Next {
            input: self.reports.len(),
            directory: ("", Plan::ROOT),
            keys: Vec::with_capacity(self.plan.objects.len()),
            report: InputReport {
                path: file.path().to_owned(),
                bytes: file.length(),
                objects: 0,
                entries: 0.0,
                older_cycles: 0,
            },
        };
        for key in file.all_keys() {
            self.add_key(&mut next, key, options)?;
        }
        self.files.push(file);
        self.keys.push(next.keys);
        self.reports.push(next.report);
        Ok(())
    }

    fn add_key(
        &mut self,
        next: &mut Next<'a>,
        key: Key<'a>,
        options: &MergeOptions,
    ) -> Result<(), MergeError> {
        if !key.is_current() {
            next.report.older_cycles += 1;
            return Ok(());
        }
        // Keys of one directory follow each other.
        if next.directory.0 != key.directory() {
            next.directory = (key.directory(), self.plan.find(key.directory()));
        }
        let directory = next.directory.1;
        let path = || next.report.path.clone();
        let clash = |_| MergeError::DirectoryAndObject { path: path(), object: key.path() };
        if key.is_directory() {
            self.plan.directory(directory, key.name()).map_err(clash)?;
            return Ok(());
        }
        let Some(class) = key.class() else {
            let (object, class) = (key.path(), key.class_name().to_owned());
            if !options.skip_other_classes {
                return Err(MergeError::OtherClass { path: path(), object, class });
            }
            self.skipped.push(Skipped { input: next.input, path: object, class });
            return Ok(());
        };
        // Inputs mostly have the same objects in the same order.
        let follower = next.keys.len();
        let object = if self.plan.is_object(follower, directory, key.name()) {
            follower
        } else {
            self.plan.object(directory, key.name(), class, next.input).map_err(clash)?
        };
        self.check_class(object, class, &key, next)?;
        if next.keys.len() <= object {
            next.keys.resize(object + 1, None);
        }
        next.keys[object] = Some(key);
        next.report.objects += 1;
        Ok(())
    }

    /// Classes are compared before anything is read.
    fn check_class(
        &self,
        object: usize,
        found: Class,
        key: &Key<'_>,
        next: &Next<'_>,
    ) -> Result<(), MergeError> {
        let planned = &self.plan.objects[object];
        let (expected, first) = (planned.class, planned.first);
        if expected == found {
            return Ok(());
        }
        Err(MergeError::Different {
            path: next.report.path.clone(),
            object: key.path(),
            difference: Difference::Class { found, expected },
            first: self.reports[first].path.clone(),
        })
    }
}

/// The input that is being added.
struct Next<'a> {
    input: usize,
    /// Path and index of the directory of the last key.
    directory: (&'a str, usize),
    keys: Vec<Option<Key<'a>>>,
    report: InputReport,
}
