//! The table of contents of one file, compact: one text arena, one entry a key, one hash table.

use std::{
    hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState},
    ops::Range,
};

use hashbrown::HashTable;

use crate::{bytes::text, key::RawKey};

/// A piece of the arena.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    length: u32,
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) seek: u64,
    /// Key and stored payload.
    pub(crate) bytes: u32,
    pub(crate) unpacked: u32,
    pub(crate) key_length: u16,
    pub(crate) cycle: i16,
    pub(crate) directory: u32,
    name: Span,
    title: Span,
    class: u16,
    /// False for older cycles of a name.
    pub(crate) current: bool,
}

#[derive(Debug)]
struct Directory {
    /// Without a leading slash; empty for the root.
    path: String,
    entries: Range<usize>,
}

#[derive(Debug, Default)]
pub(crate) struct Index {
    arena: String,
    entries: Vec<Entry>,
    directories: Vec<Directory>,
    classes: Vec<String>,
    /// Current entries by directory and name.
    table: HashTable<u32>,
    /// Directories by path.
    folders: HashTable<u32>,
    hasher: RandomState,
}

impl Index {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn entry(&self, entry: usize) -> &Entry {
        &self.entries[entry]
    }

    fn text(&self, span: Span) -> &str {
        &self.arena[span.start as usize..(span.start + span.length) as usize]
    }

    pub(crate) fn name(&self, entry: usize) -> &str {
        self.text(self.entries[entry].name)
    }

    pub(crate) fn title(&self, entry: usize) -> &str {
        self.text(self.entries[entry].title)
    }

    pub(crate) fn class(&self, entry: usize) -> &str {
        &self.classes[usize::from(self.entries[entry].class)]
    }

    pub(crate) fn is_directory(&self, entry: usize) -> bool {
        self.entries[entry].current && matches!(self.class(entry), "TDirectory" | "TDirectoryFile")
    }

    pub(crate) fn path_of(&self, entry: usize) -> String {
        let directory = self.directory_path(self.entries[entry].directory);
        let name = self.name(entry);
        if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
    }

    pub(crate) fn directory_path(&self, id: u32) -> &str {
        &self.directories[id as usize].path
    }

    pub(crate) fn directories(&self) -> impl Iterator<Item = &str> {
        self.directories.iter().map(|directory| directory.path.as_str())
    }

    /// Entries in file order, directory after directory, depth first.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = usize> {
        self.directories.iter().flat_map(|directory| directory.entries.clone())
    }

    pub(crate) fn add_directory(&mut self, path: &str) -> u32 {
        let number = u32::try_from(self.directories.len()).unwrap_or(u32::MAX);
        self.directories.push(Directory { path: path.to_owned(), entries: 0..0 });
        // Of two of one path the first is found.
        if self.folder(path).is_none() {
            let Self { directories, folders, hasher, .. } = self;
            let hash =
                |number: &u32| hash_of_parts(hasher, parts(&directories[*number as usize].path));
            folders.insert_unique(hash(&number), number, hash);
        }
        number
    }

    /// The directory of a path, which may have empty parts.
    fn folder(&self, path: &str) -> Option<u32> {
        let same = |&number: &u32| parts(&self.directories[number as usize].path).eq(parts(path));
        self.folders.find(hash_of_parts(&self.hasher, parts(path)), same).copied()
    }

    pub(crate) fn set_entries(&mut self, id: u32, entries: Range<usize>) {
        self.directories[id as usize].entries = entries;
    }

    /// Adds a key; of several cycles of one name the highest becomes current.
    pub(crate) fn add(&mut self, directory: u32, key: RawKey<'_>) -> Result<(), String> {
        let class = self.class_number(&text(key.class))?;
        let (name, title) = (self.store(&text(key.name))?, self.store(&text(key.title))?);
        let number = u32::try_from(self.entries.len()).map_err(|_| "too many keys".to_owned())?;
        let hash = self.hash(directory, self.text(name));
        let mut current = true;
        let older = self.table.find(hash, |&other| {
            let entry = &self.entries[other as usize];
            entry.directory == directory && self.text(entry.name) == self.text(name)
        });
        if let Some(&other) = older {
            current = key.cycle > self.entries[other as usize].cycle;
            if current {
                self.entries[other as usize].current = false;
                if let Ok(slot) = self.table.find_entry(hash, |&number| number == other) {
                    slot.remove();
                }
            }
        }
        let RawKey { bytes, unpacked, length: key_length, cycle, seek, .. } = key;
        self.entries.push(Entry {
            seek,
            bytes,
            unpacked,
            key_length,
            cycle,
            directory,
            name,
            title,
            class,
            current,
        });
        if current {
            let Self { arena, entries, hasher, table, .. } = self;
            table.insert_unique(hash, number, |&number| {
                hash_of(hasher, arena, &entries[number as usize])
            });
        }
        Ok(())
    }

    /// Makes room for `keys` more keys, whose names and titles take less than `bytes`.
    pub(crate) fn reserve(&mut self, keys: usize, bytes: usize) {
        self.arena.reserve(bytes);
        self.entries.reserve(keys);
        let Self { arena, entries, hasher, table, .. } = self;
        table.reserve(keys, |&number| hash_of(hasher, arena, &entries[number as usize]));
    }

    pub(crate) fn finish(&mut self) {
        self.arena.shrink_to_fit();
        self.entries.shrink_to_fit();
    }

    /// The current entry of a full path; empty parts of the path are passed over.
    pub(crate) fn find(&self, path: &str) -> Option<usize> {
        let (folder, name) = path.trim_end_matches('/').rsplit_once('/').unwrap_or(("", path));
        let name = name.trim_end_matches('/');
        if name.is_empty() {
            return None;
        }
        let directory = self.folder(folder)?;
        let found = self.table.find(self.hash(directory, name), |&entry| {
            self.entries[entry as usize].directory == directory && self.name(entry as usize) == name
        });
        found.map(|&entry| entry as usize)
    }

    fn hash(&self, directory: u32, name: &str) -> u64 {
        self.hasher.hash_one((directory, name))
    }

    fn store(&mut self, text: &str) -> Result<Span, String> {
        let too_long = || "names and titles are longer than 4 GB".to_owned();
        let start = u32::try_from(self.arena.len()).map_err(|_| too_long())?;
        self.arena.push_str(text);
        u32::try_from(self.arena.len()).map_err(|_| too_long())?;
        Ok(Span { start, length: u32::try_from(text.len()).map_err(|_| too_long())? })
    }

    fn class_number(&mut self, class: &str) -> Result<u16, String> {
        let known = self.classes.iter().position(|known| known == class);
        let number = known.unwrap_or_else(|| {
            self.classes.push(class.to_owned());
            self.classes.len() - 1
        });
        // Every class costs a look through the list, so a file must not bring thousands.
        if number < 1024 {
            Ok(u16::try_from(number).unwrap_or(u16::MAX))
        } else {
            Err("more than 1024 classes".to_owned())
        }
    }
}

/// The parts of a path that are not empty.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

fn hash_of_parts<'a>(hasher: &RandomState, parts: impl Iterator<Item = &'a str>) -> u64 {
    let mut state = hasher.build_hasher();
    parts.for_each(|part| part.hash(&mut state));
    state.finish()
}

fn hash_of(hasher: &RandomState, arena: &str, entry: &Entry) -> u64 {
    let Span { start, length } = entry.name;
    hasher.hash_one((entry.directory, &arena[start as usize..(start + length) as usize]))
}
