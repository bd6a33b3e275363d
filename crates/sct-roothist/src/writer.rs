//! Writing of files: objects in call order, directories and lists of keys in memory until the end.

mod bulk;
mod directory;
mod early_sync;
mod encoded;
mod error;
mod options;
mod output;
mod record;

use std::path::Path;

use sct_wholefile::Pending;

use self::{
    directory::Directory,
    output::Output,
    record::{BEGIN, DIRECTORY_LENGTH, HEADER_LENGTH, Header, Key, Place},
};
pub use self::{
    encoded::{Encoded, Encoder},
    error::WriteError,
    options::{Date, Duplicates, WriteOptions},
};
use crate::{encode::Payload, model::Histogram, pool::Pool, streamer};

/// A file being written.
///
/// Everything goes to a temporary file in the same folder. [`FileWriter::finish`] gives it its name; a writer that is
/// dropped before leaves nothing.
#[derive(Debug)]
pub struct FileWriter {
    output: Output,
    /// Base name of the final path: the name of the root directory.
    name: String,
    options: WriteOptions,
    directories: Vec<Directory>,
    current: usize,
    encoders: Pool<Encoder>,
    /// Buffer for keys and small records.
    scratch: Payload,
    objects: u64,
    unpacked_bytes: u64,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Length of the file.
    pub file_bytes: u64,
    /// Number of histograms.
    pub objects: u64,
    /// Number of directories, the root not counted.
    pub directories: u64,
    /// Payload of all histograms before packing.
    pub unpacked_bytes: u64,
}

impl FileWriter {
    /// Begins a file that will appear under `path`.
    ///
    /// # Errors
    ///
    /// When `path` has no file name, or its folder does not let a file be made.
    pub fn create(path: impl AsRef<Path>, options: WriteOptions) -> Result<Self, WriteError> {
        let path = path.as_ref();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(name) = name.map(str::to_owned) else {
            return Err(WriteError::NoFileName { path: path.to_owned() });
        };
        let options = WriteOptions {
            large_after: options.large_after.min(WriteOptions::LARGE_AFTER),
            ..options
        };
        let mut writer = Self {
            output: Output::create(path)?,
            name,
            encoders: Pool::new(),
            options,
            directories: Vec::new(),
            current: 0,
            scratch: Payload::default(),
            objects: 0,
            unpacked_bytes: 0,
        };
        writer.put_root()?;
        Ok(writer)
    }

    /// Makes the directory of this path from the root the current one, and creates what is missing of it.
    ///
    /// Empty parts of the path are passed over, so that an empty path and `/` are the root. A directory can be left and
    /// entered again.
    ///
    /// # Errors
    ///
    /// When an object has the name of a directory to be created, or the disk is full.
    pub fn directory(&mut self, path: &str) -> Result<&mut Self, WriteError> {
        let mut at = 0;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            at = match self.directories[at].child(part) {
                Some(child) => child,
                None => self.put_directory(at, part)?,
            };
        }
        self.current = at;
        Ok(self)
    }

    /// Writes one histogram to the current directory.
    ///
    /// # Errors
    ///
    /// When the parts of the histogram contradict each other, its name was used before, it is longer than a record can
    /// be, or the disk is full.
    pub fn write(&mut self, histogram: &Histogram) -> Result<(), WriteError> {
        let encoded = self.encode(histogram)?;
        self.write_encoded(encoded)
    }

    /// Writes one histogram that was encoded before, perhaps in another thread, to the current directory.
    ///
    /// # Errors
    ///
    /// As for [`FileWriter::write`].
    pub fn write_encoded(&mut self, encoded: Encoded) -> Result<(), WriteError> {
        let Encoded { class, name, title, payload, unpacked_length } = encoded;
        let key = Key {
            class: class.name(),
            cycle: self.next_cycle(self.current, &name)?,
            name,
            title,
            unpacked_length,
            stored_length: payload.len(),
            ..self.key_here(self.directories[self.current].place.seek)
        };
        self.put_record(&key, &payload)?;
        self.directories[self.current].add(key);
        self.objects += 1;
        self.unpacked_bytes += unpacked_length as u64;
        Ok(())
    }

    /// Completes the file and gives it its name.
    ///
    /// # Errors
    ///
    /// When the disk is full or the name cannot be given; then nothing is left behind.
    pub fn finish(self) -> Result<Summary, WriteError> {
        let (pending, summary) = self.complete()?;
        pending.finish()?;
        Ok(summary)
    }

    /// Completes the file but for its name, so that it can appear together with others.
    ///
    /// # Errors
    ///
    /// When the disk is full; then nothing is left behind.
    pub fn complete(mut self) -> Result<(Pending, Summary), WriteError> {
        self.put_key_lists()?;
        let (streamers, streamers_length) = self.put_streamers()?;
        let (free, free_length) = self.put_free()?;
        let header = Header {
            end: self.output.position(),
            free,
            free_length,
            name_length: self.directories[0].place.name_length,
            streamers,
            streamers_length,
        };
        self.scratch.clear();
        header.put(&mut self.scratch, &self.options);
        self.output.patch(0, self.scratch.as_bytes());
        for directory in &self.directories {
            self.scratch.clear();
            directory.place.put(&mut self.scratch, &self.options);
            let at = directory.place.seek + directory.place.name_length as u64;
            self.output.patch(at, self.scratch.as_bytes());
        }
        let (pending, file_bytes) = self.output.complete()?;
        let summary = Summary {
            file_bytes,
            objects: self.objects,
            directories: self.directories.len() as u64 - 1,
            unpacked_bytes: self.unpacked_bytes,
        };
        Ok((pending, summary))
    }

    /// Path the file will have.
    pub fn path(&self) -> &Path {
        self.output.target()
    }

    fn encode(&self, histogram: &Histogram) -> Result<Encoded, WriteError> {
        self.with_encoder(|encoder| encoder.encode(histogram))
    }

    fn with_encoder<T>(&self, work: impl FnOnce(&mut Encoder) -> T) -> T {
        self.encoders.with(|| Encoder::new(self.options.compression), work)
    }

    /// A key at the end of the file so far, its names and lengths still to be filled in.
    fn key_here(&self, parent: u64) -> Key {
        let seek = self.output.position();
        Key {
            class: "TFile",
            name: String::new(),
            title: String::new(),
            unpacked_length: 0,
            stored_length: 0,
            cycle: 1,
            seek,
            parent,
            large: seek > self.options.large_after,
        }
    }

    /// A key of the file itself: of the root record, the list of keys of the root, or the free segments.
    fn file_key(&self, parent: u64, length: usize) -> Key {
        Key {
            name: self.name.clone(),
            title: self.options.title.clone(),
            unpacked_length: length,
            stored_length: length,
            ..self.key_here(parent)
        }
    }

    fn put_record(&mut self, key: &Key, payload: &[u8]) -> Result<(), WriteError> {
        let path = || self.output.target().to_owned();
        if i16::try_from(key.length()).is_err() {
            let (name, bytes) = (key.name.clone(), key.length());
            return Err(WriteError::KeyTooLong { path: path(), name, bytes });
        }
        let bytes = key.record_length().max(key.unpacked_length);
        if i32::try_from(bytes).is_err() {
            return Err(WriteError::RecordTooLong { path: path(), name: key.name.clone(), bytes });
        }
        self.scratch.clear();
        key.put(&mut self.scratch, self.options.date);
        self.output.write(self.scratch.as_bytes())?;
        self.output.write(payload)
    }

    fn put_root(&mut self) -> Result<(), WriteError> {
        self.output.write(&[0; HEADER_LENGTH])?;
        let mut payload = Payload::default();
        payload.string(&self.name);
        payload.string(&self.options.title);
        let names = payload.len();
        payload.raw(&[0; DIRECTORY_LENGTH]);
        let key = self.file_key(0, payload.len());
        let name_length = key.length() + names;
        self.put_record(&key, payload.as_bytes())?;
        let place = Place { seek: BEGIN, parent: 0, keys: 0, keys_length: 0, name_length };
        self.directories.push(Directory::new(String::new(), place));
        Ok(())
    }

    /// Creates a directory inside `parent` and returns its index.
    fn put_directory(&mut self, parent: usize, name: &str) -> Result<usize, WriteError> {
        let parent_seek = self.directories[parent].place.seek;
        let key = Key {
            class: "TDirectory",
            name: name.to_owned(),
            title: name.to_owned(),
            unpacked_length: DIRECTORY_LENGTH,
            stored_length: DIRECTORY_LENGTH,
            cycle: self.next_cycle(parent, name)?,
            ..self.key_here(parent_seek)
        };
        self.put_record(&key, &[0; DIRECTORY_LENGTH])?;
        let place = Place {
            seek: key.seek,
            parent: parent_seek,
            keys: 0,
            keys_length: 0,
            name_length: key.length(),
        };
        let index = self.directories.len();
        let path = self.directories[parent].path_of(name);
        self.directories[parent].add_child(key, index);
        self.directories.push(Directory::new(path, place));
        Ok(index)
    }

    /// Cycle of a new object; an error when the name is taken and names are to be unique.
    fn next_cycle(&self, directory: usize, name: &str) -> Result<i16, WriteError> {
        let directory = &self.directories[directory];
        let cycle = directory.cycle_of(name);
        match (cycle, self.options.duplicates) {
            (0, _) => Ok(1),
            (_, Duplicates::NextCycle) if cycle < i16::MAX && directory.child(name).is_none() => {
                Ok(cycle + 1)
            }
            _ => Err(WriteError::DuplicateName {
                path: self.output.target().to_owned(),
                directory: directory.path.clone(),
                name: name.to_owned(),
            }),
        }
    }

    /// Writes the lists of keys, parents before children, and enters their places.
    fn put_key_lists(&mut self) -> Result<(), WriteError> {
        for index in 0..self.directories.len() {
            let directory = &self.directories[index];
            let mut list = Payload::default();
            directory.put_keys(&mut list, self.options.date);
            let seek = directory.place.seek;
            let key = match directory.name() {
                None => self.file_key(seek, list.len()),
                Some(name) => Key {
                    class: "TDirectory",
                    name: name.to_owned(),
                    title: name.to_owned(),
                    ..self.file_key(seek, list.len())
                },
            };
            self.put_record(&key, list.as_bytes())?;
            let place = &mut self.directories[index].place;
            (place.keys, place.keys_length) = (key.seek, key.record_length());
        }
        Ok(())
    }

    fn put_streamers(&mut self) -> Result<(u64, usize), WriteError> {
        let mut key = Key {
            class: "TList",
            name: "StreamerInfo".to_owned(),
            title: "Doubly linked list".to_owned(),
            ..self.key_here(BEGIN)
        };
        let list = streamer::list(key.length());
        let mut packed = Vec::new();
        let packs = self.with_encoder(|encoder| encoder.pack(&list, &mut packed));
        let stored = if packs { &packed } else { &list };
        key.unpacked_length = list.len();
        key.stored_length = stored.len();
        self.put_record(&key, stored)?;
        Ok((key.seek, key.record_length()))
    }

    /// Writes the last record, the free segments: one behind the end, which the record itself moves.
    fn put_free(&mut self) -> Result<(u64, usize), WriteError> {
        let limit = self.options.large_after;
        let end = |length| {
            let key = self.file_key(BEGIN, length);
            key.seek + key.record_length() as u64
        };
        let large = end(record::free_segment_length(false)) > limit;
        let length = record::free_segment_length(large);
        let mut payload = Payload::default();
        record::put_free_segment(&mut payload, end(length), large);
        let key = self.file_key(BEGIN, length);
        self.put_record(&key, payload.as_bytes())?;
        Ok((key.seek, key.record_length()))
    }
}
