use std::collections::HashMap;

use crate::{
    encode::Payload,
    writer::{
        options::Date,
        record::{Key, Place},
    },
};

/// What is kept of a directory until its list of keys is written.
#[derive(Debug)]
pub(super) struct Directory {
    /// Path from the root without a leading slash; empty for the root.
    pub(super) path: String,
    pub(super) place: Place,
    keys: Vec<Key>,
    /// Highest cycle by name.
    cycles: HashMap<String, i16>,
    /// Index by name in the writer's list of directories.
    children: HashMap<String, usize>,
}

impl Directory {
    pub(super) fn new(path: String, place: Place) -> Self {
        Self { path, place, keys: Vec::new(), cycles: HashMap::new(), children: HashMap::new() }
    }

    /// Last part of the path; `None` for the root.
    pub(super) fn name(&self) -> Option<&str> {
        let name = self.path.rsplit('/').next();
        name.filter(|name| !name.is_empty())
    }

    /// Path of a directory in this one.
    pub(super) fn path_of(&self, child: &str) -> String {
        if self.path.is_empty() { child.to_owned() } else { format!("{}/{child}", self.path) }
    }

    pub(super) fn child(&self, name: &str) -> Option<usize> {
        self.children.get(name).copied()
    }

    /// Highest cycle of a name, 0 when there is none.
    pub(super) fn cycle_of(&self, name: &str) -> i16 {
        self.cycles.get(name).copied().unwrap_or(0)
    }

    pub(super) fn add(&mut self, key: Key) {
        self.cycles.insert(key.name.clone(), key.cycle);
        self.keys.push(key);
    }

    pub(super) fn add_child(&mut self, key: Key, index: usize) {
        self.children.insert(key.name.clone(), index);
        self.add(key);
    }

    /// The payload of the list of keys. Of one name the highest cycle stands first, as ROOT lists it.
    pub(super) fn put_keys(&self, out: &mut Payload, date: Date) {
        out.count(self.keys.len());
        if self.keys.len() == self.cycles.len() {
            self.keys.iter().for_each(|key| key.put(out, date));
            return;
        }
        let mut by_name: HashMap<&str, Vec<&Key>> = HashMap::new();
        for key in &self.keys {
            by_name.entry(&key.name).or_default().push(key);
        }
        for key in &self.keys {
            // At the place of the first cycle stand all of them.
            for same in by_name.remove(key.name.as_str()).into_iter().flatten().rev() {
                same.put(out, date);
            }
        }
    }
}
