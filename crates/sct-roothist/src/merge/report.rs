use std::{
    fmt::{self, Write as _},
    path::PathBuf,
};

use crate::{model::Class, writer::Summary};

/// What a merge did.
#[derive(Clone, Debug, PartialEq)]
pub struct MergeReport {
    /// Path of the result.
    pub output: PathBuf,
    /// The inputs in the order in which they were added.
    pub inputs: Vec<InputReport>,
    /// The histograms of the result, in the order of the file.
    pub objects: Vec<ObjectReport>,
    /// Objects of other classes that were left out, as far as that was allowed.
    pub skipped: Vec<Skipped>,
    /// What was written.
    pub written: Summary,
    /// XXH64 over path, class, binning, contents and entries of all histograms, in the order of their paths. Independent
    /// of compression, dates, and the order in which files list their objects.
    pub digest: u64,
}

/// One input of a merge.
#[derive(Clone, Debug, PartialEq)]
pub struct InputReport {
    /// Path as given.
    pub path: PathBuf,
    /// Length of the file.
    pub bytes: u64,
    /// Number of histograms in it.
    pub objects: u64,
    /// Sum of the entries of all its histograms.
    pub entries: f64,
    /// Objects hidden by a later object of the same name, which were not added.
    pub older_cycles: u64,
}

/// One histogram of the result.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectReport {
    /// Path in the file.
    pub path: String,
    /// Its class.
    pub class: Class,
    /// Number of inputs that have it.
    pub inputs: u32,
    /// Sum of the entries.
    pub entries: f64,
    /// Cells in single precision that have reached 2²⁴, where sums of counts are rounded.
    pub inexact_cells: u64,
}

/// An object that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Index of the input.
    pub input: usize,
    /// Path in the file.
    pub path: String,
    /// Its class.
    pub class: String,
}

impl InputReport {
    /// Whether no histogram of the file was ever filled.
    pub fn is_empty(&self) -> bool {
        self.entries == 0.0
    }
}

impl MergeReport {
    /// Sum of the entries of all histograms of the result.
    pub fn entries(&self) -> f64 {
        self.objects.iter().map(|object| object.entries).sum()
    }

    /// What a person should know, one sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for input in &self.inputs {
            let path = input.path.display();
            if input.is_empty() {
                warnings.push(format!("{path} has no entries in any histogram"));
            }
            if input.older_cycles > 0 {
                let count = input.older_cycles;
                warnings
                    .push(format!("{path}: {count} objects hidden by later cycles were not added"));
            }
        }
        for object in self.objects.iter().filter(|object| object.inexact_cells > 0) {
            let ObjectReport { path, inexact_cells, .. } = object;
            warnings.push(format!(
                "{path}: {inexact_cells} cells have reached 2^24, where single precision rounds counts"
            ));
        }
        for Skipped { input, path, class } in &self.skipped {
            let file = self
                .inputs
                .get(*input)
                .map_or_else(String::new, |input| input.path.display().to_string());
            warnings.push(format!("{file}: {path} of class {class} was left out"));
        }
        warnings
    }

    /// A table for people: inputs, directories by class, totals and warnings.
    pub fn to_table(&self) -> String {
        let mut table = String::new();
        self.put_table(&mut table).expect("a string takes any text");
        table
    }

    /// A table of all histograms: path, class, number of inputs, entries.
    pub fn to_object_table(&self) -> String {
        let mut table = String::from("path\tclass\tinputs\tentries\n");
        for ObjectReport { path, class, inputs, entries, .. } in &self.objects {
            writeln!(table, "{path}\t{class}\t{inputs}\t{entries}")
                .expect("a string takes any text");
        }
        table
    }

    fn put_table(&self, out: &mut String) -> fmt::Result {
        let width = self.inputs.iter().map(|input| input.path.display().to_string().len()).max();
        let width = width.unwrap_or(0).max("input".len());
        writeln!(out, "{:width$} {:>12} {:>8} {:>16}", "input", "bytes", "objects", "entries")?;
        for InputReport { path, bytes, objects, entries, .. } in &self.inputs {
            let path = path.display().to_string();
            writeln!(out, "{path:width$} {bytes:>12} {objects:>8} {entries:>16}")?;
        }
        let groups = self.groups();
        let width = groups
            .iter()
            .map(|group| group.directory.len())
            .max()
            .unwrap_or(0)
            .max("directory".len());
        writeln!(
            out,
            "\n{:width$} {:10} {:>8} {:>16} {:>16}",
            "directory", "class", "objects", "in all inputs", "entries"
        )?;
        for Group { directory, class, objects, complete, entries } in groups {
            let class = class.name();
            writeln!(
                out,
                "{directory:width$} {class:10} {objects:>8} {complete:>16} {entries:>16}"
            )?;
        }
        let Summary { file_bytes, objects, directories, unpacked_bytes } = self.written;
        writeln!(out, "\noutput      {}", self.output.display())?;
        writeln!(out, "bytes       {file_bytes} ({unpacked_bytes} unpacked)")?;
        writeln!(out, "objects     {objects} in {directories} directories")?;
        writeln!(out, "entries     {}", self.entries())?;
        writeln!(out, "digest      {:016x}", self.digest)?;
        self.warnings().iter().try_for_each(|warning| writeln!(out, "warning     {warning}"))
    }

    /// Histograms by directory and class, in the order of first appearance.
    fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        let mut last = 0;
        for object in &self.objects {
            let directory = object.path.rsplit_once('/').map_or("", |(directory, _)| directory);
            let is_same =
                |group: &Group<'_>| group.directory == directory && group.class == object.class;
            // Neighbours mostly belong together, so the last group is tried first.
            if !groups.get(last).is_some_and(is_same) {
                last = groups.iter().position(is_same).unwrap_or_else(|| {
                    groups.push(Group {
                        directory,
                        class: object.class,
                        objects: 0,
                        complete: 0,
                        entries: 0.0,
                    });
                    groups.len() - 1
                });
            }
            let group = &mut groups[last];
            group.objects += 1;
            group.complete += u64::from(object.inputs as usize == self.inputs.len());
            group.entries += object.entries;
        }
        groups
    }
}

/// The histograms of one class in one directory.
struct Group<'a> {
    directory: &'a str,
    class: Class,
    objects: u64,
    /// Histograms that all inputs have.
    complete: u64,
    entries: f64,
}
