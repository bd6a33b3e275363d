use std::collections::HashMap;

use crate::model::Class;

/// The union of the objects of all inputs, in order of first appearance.
#[derive(Debug)]
pub(super) struct Plan {
    /// What is written, in order. Parents come before what they hold.
    pub(super) steps: Vec<Step>,
    pub(super) objects: Vec<Planned>,
    directories: Vec<String>,
    /// What each directory holds, by name.
    nodes: Vec<HashMap<Box<str>, Node>>,
}

/// One thing to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The directory of this index.
    Directory(usize),
    /// The object of this index.
    Object(usize),
}

/// One histogram of the result.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) directory: usize,
    pub(super) name: Box<str>,
    pub(super) class: Class,
    /// Index of the first input that has it.
    pub(super) first: usize,
}

#[derive(Clone, Copy, Debug)]
enum Node {
    Directory(usize),
    Object(usize),
}

/// A path is a directory in one input and an object in another.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Clash;

impl Plan {
    /// Index of the root directory.
    pub(super) const ROOT: usize = 0;

    pub(super) fn new() -> Self {
        Self {
            steps: Vec::new(),
            objects: Vec::new(),
            directories: vec![String::new()],
            nodes: vec![HashMap::new()],
        }
    }

    /// Index of a directory inside another one.
    pub(super) fn directory(&mut self, parent: usize, name: &str) -> Result<usize, Clash> {
        match self.nodes[parent].get(name) {
            Some(Node::Directory(index)) => Ok(*index),
            Some(Node::Object(_)) => Err(Clash),
            None => {
                let index = self.directories.len();
                self.directories.push(self.path(parent, name));
                self.nodes.push(HashMap::new());
                self.nodes[parent].insert(name.into(), Node::Directory(index));
                self.steps.push(Step::Directory(index));
                Ok(index)
            }
        }
    }

    /// Index of a directory that was seen before, by its path.
    pub(super) fn find(&self, path: &str) -> usize {
        let parts = path.split('/').filter(|part| !part.is_empty());
        parts.fold(Self::ROOT, |at, part| match self.nodes[at].get(part) {
            Some(Node::Directory(index)) => *index,
            // Readers list a directory before what is in it.
            _ => at,
        })
    }

    /// Whether this is the object of an index.
    pub(super) fn is_object(&self, index: usize, directory: usize, name: &str) -> bool {
        let object = self.objects.get(index);
        object.is_some_and(|object| object.directory == directory && *object.name == *name)
    }

    /// Index of an object that `input` has, new or seen before.
    pub(super) fn object(
        &mut self,
        directory: usize,
        name: &str,
        class: Class,
        input: usize,
    ) -> Result<usize, Clash> {
        match self.nodes[directory].get(name) {
            Some(Node::Object(index)) => Ok(*index),
            Some(Node::Directory(_)) => Err(Clash),
            None => {
                let index = self.objects.len();
                self.objects.push(Planned { directory, name: name.into(), class, first: input });
                self.nodes[directory].insert(name.into(), Node::Object(index));
                self.steps.push(Step::Object(index));
                Ok(index)
            }
        }
    }

    /// Forgets what only planning needs.
    pub(super) fn close(&mut self) {
        self.nodes = Vec::new();
    }

    /// Path of a directory without a leading slash; empty for the root.
    pub(super) fn directory_path(&self, index: usize) -> &str {
        &self.directories[index]
    }

    /// Path of something in a directory.
    pub(super) fn path(&self, directory: usize, name: &str) -> String {
        match self.directory_path(directory) {
            "" => name.to_owned(),
            path => format!("{path}/{name}"),
        }
    }

    pub(super) fn object_path(&self, object: usize) -> String {
        let Planned { directory, name, .. } = &self.objects[object];
        self.path(*directory, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn union_keeps_the_order_of_first_appearance() {
        let mut plan = Plan::new();
        let mut input = |input, objects: &[(&str, &str)]| {
            for (directory, name) in objects {
                let at = plan.directory(Plan::ROOT, directory).unwrap();
                plan.object(at, name, Class::Th1F, input).unwrap();
            }
        };
        input(0, &[("b", "x"), ("a", "x")]);
        input(1, &[("a", "y"), ("b", "x"), ("c", "x"), ("b", "w")]);
        let paths: Vec<_> = (0..plan.objects.len()).map(|at| plan.object_path(at)).collect();
        assert_eq!(paths, ["b/x", "a/x", "a/y", "c/x", "b/w"]);
        let first: Vec<_> = plan.objects.iter().map(|object| object.first).collect();
        assert_eq!(first, [0, 0, 1, 1, 1]);
        assert_eq!(plan.steps[..3], [Step::Directory(1), Step::Object(0), Step::Directory(2)]);
    }

    #[test]
    fn a_directory_is_no_object() {
        let mut plan = Plan::new();
        plan.directory(Plan::ROOT, "a").unwrap();
        assert_eq!(plan.object(Plan::ROOT, "a", Class::Th1F, 0), Err(Clash));
        plan.object(Plan::ROOT, "b", Class::Th1F, 0).unwrap();
        assert_eq!(plan.directory(Plan::ROOT, "b"), Err(Clash));
        assert_eq!(plan.object(1, "b", Class::Th1F, 0), Ok(1));
    }
}
