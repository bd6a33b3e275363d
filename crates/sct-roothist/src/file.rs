//! An open file: its table of contents, and its histograms on demand.

use std::path::Path;

use crate::{
    Class, Error, Histogram,
    bytes::{Fault, Reader},
    directory::{self, Header},
    index::{Entry, Index},
    key::RawKey,
    source::{Source, Stretch},
    unpack::{PairUnpacker, Unpacker},
    view::View,
};

/// A ROOT file open for reading. Opening reads the table of contents and decodes no object.
#[derive(Debug)]
pub struct RootFile {
    source: Source,
    header: Header,
    index: Index,
}

/// Buffers that are used again from one object to the next; one a thread.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Of each object that is unpacked at a time.
    buffers: [Buffers; 2],
    unpacker: Unpacker,
    pairs: PairUnpacker,
    ahead: Stretch,
}

#[derive(Debug, Default)]
struct Buffers {
    record: Vec<u8>,
    payload: Vec<u8>,
}

/// An object as it lies in the file.
#[derive(Clone, Copy, Debug)]
struct Stored<'a> {
    class: Class,
    bytes: &'a [u8],
    /// Place of the first byte in the file.
    start: u64,
    /// Length after unpacking.
    length: usize,
}

/// An object as its class lays it out, unpacked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'a> {
    class: Class,
    pub(crate) payload: &'a [u8],
    /// What the first byte is counted as in messages: its place in the file where the object is stored unpacked.
    base: u64,
    is_packed: bool,
}

/// One object of a file, not yet decoded.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    index: &'a Index,
    entry: usize,
}

impl Stored<'_> {
    fn unpacked(self, payload: &[u8]) -> Object<'_> {
        Object { class: self.class, payload, base: 0, is_packed: true }
    }
}

impl<'a> Key<'a> {
    fn get(&self) -> &'a Entry {
        self.index.entry(self.entry)
    }

    /// Path from the top of the file, without a leading slash.
    pub fn path(&self) -> String {
        self.index.path_of(self.entry)
    }

    /// Path of the directory; empty at the top.
    pub fn directory(&self) -> &'a str {
        self.index.directory_path(self.get().directory)
    }

    /// Name.
    pub fn name(&self) -> &'a str {
        self.index.name(self.entry)
    }

    /// Title.
    pub fn title(&self) -> &'a str {
        self.index.title(self.entry)
    }

    /// ROOT's class name, also of classes that are passed over.
    pub fn class_name(&self) -> &'a str {
        self.index.class(self.entry)
    }

    /// The class, if this crate reads it.
    pub fn class(&self) -> Option<Class> {
        self.class_name().parse().ok()
    }

    /// Cycle: of several objects of one name the highest is current.
    pub fn cycle(&self) -> i16 {
        self.get().cycle
    }

    /// Whether this is the highest cycle of its name.
    pub fn is_current(&self) -> bool {
        self.get().current
    }

    /// Whether this is a directory.
    pub fn is_directory(&self) -> bool {
        self.index.is_directory(self.entry)
    }

    /// Stored bytes of the object without its key.
    pub fn compressed_len(&self) -> usize {
        self.get().bytes as usize - usize::from(self.get().key_length)
    }

    /// Bytes of the object after unpacking.
    pub fn uncompressed_len(&self) -> usize {
        self.get().unpacked as usize
    }

    /// Place of the record in the file.
    pub fn seek(&self) -> u64 {
        self.get().seek
    }
}

impl RootFile {
    /// Opens a file through a memory map: for files of which parts are read.
    ///
    /// # Errors
    ///
    /// Any [`Error`] but [`Error::Missing`]; the table of contents is checked completely.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::new(Source::map(path.as_ref())?)
    }

    /// Opens a file for positioned reads: for many big files at once, of which little stays in memory.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn open_streaming(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::new(Source::positioned(path.as_ref())?)
    }

    /// Reads a file that is in memory already; `name` stands for it in messages.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn from_bytes(name: impl AsRef<Path>, bytes: Vec<u8>) -> Result<Self, Error> {
        Self::new(Source::memory(name.as_ref(), bytes))
    }

    fn new(source: Source) -> Result<Self, Error> {
        let header = directory::header(&source)?;
        let index = directory::index(&source, header)?;
        Ok(Self { source, header, index })
    }

    /// Path as given.
    pub fn path(&self) -> &Path {
        self.source.path()
    }

    /// Length in bytes.
    pub fn length(&self) -> u64 {
        self.source.length()
    }

    /// Version of the writer, 64000 for ROOT 6.40.
    pub fn version(&self) -> i32 {
        self.header.version
    }

    /// Compression of new objects: 100 times the algorithm plus the level.
    pub fn compression(&self) -> i32 {
        self.header.compression
    }

    /// Paths of all directories, depth first; the first is the top, an empty path.
    pub fn directories(&self) -> impl Iterator<Item = &str> {
        self.index.directories()
    }

    /// All keys in file order, directory after directory: also directories, older cycles and other classes.
    pub fn all_keys(&self) -> impl Iterator<Item = Key<'_>> {
        self.index.in_order().map(|entry| Key { index: &self.index, entry })
    }

    /// The current objects in file order, directory after directory, without the directories themselves.
    pub fn keys(&self) -> impl Iterator<Item = Key<'_>> {
        self.all_keys().filter(|key| key.is_current() && !key.is_directory())
    }

    /// The object at a path; empty parts of the path are passed over, and without a cycle the highest is meant.
    pub fn find(&self, path: &str) -> Option<Key<'_>> {
        self.index.find(path).map(|entry| Key { index: &self.index, entry })
    }

    /// As [`Self::find`], an error when there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`].
    pub fn require(&self, path: &str) -> Result<Key<'_>, Error> {
        self.find(path)
            .ok_or_else(|| Error::Missing { path: self.path().to_owned(), object: path.to_owned() })
    }

    /// Unpacks an object and looks at it without copying its arrays.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for other classes and unknown forms, [`Error::Damaged`] and [`Error::Truncated`].
    pub fn view<'a>(&'a self, key: &Key<'_>, scratch: &'a mut Scratch) -> Result<View<'a>, Error> {
        // What was read ahead may be of another file.
        scratch.ahead = Stretch::default();
        let object = self.unpack(key, scratch)?;
        self.parse(key, object)
    }

    /// Reads the stored bytes of several objects ahead, for [`Self::unpack`] with the same buffers, where they lie close
    /// together.
    pub(crate) fn read_ahead<'a, 'k: 'a>(
        &self,
        keys: impl Iterator<Item = &'a Key<'k>>,
        scratch: &mut Scratch,
    ) {
        let (mut start, mut end, mut sum) = (u64::MAX, 0, 0);
        for entry in keys.map(Key::get) {
            let bytes = u64::from(entry.bytes);
            start = start.min(entry.seek);
            end = end.max(entry.seek.saturating_add(bytes));
            sum += bytes;
        }
        // Not where other things lie between them: the buffer is to be as small as the objects.
        let range = if end.saturating_sub(start) <= 2 * sum { start..end } else { 0..0 };
        self.source.read_ahead(range, &mut scratch.ahead);
    }

    /// Unpacks an object whose key was among the last [`Self::read_ahead`] of this file, or any object when the last was
    /// of this file.
    pub(crate) fn unpack<'a>(
        &'a self,
        key: &Key<'_>,
        scratch: &'a mut Scratch,
    ) -> Result<Object<'a>, Error> {
        let Scratch { buffers: [Buffers { record, payload }, _], unpacker, ahead, .. } = scratch;
        let stored = self.stored(key, ahead, record)?;
        self.unpack_stored(key, stored, unpacker, payload)
    }

    /// As [`Self::unpack`], two objects at once.
    pub(crate) fn unpack_pair<'a>(
        &'a self,
        keys: [&Key<'_>; 2],
        scratch: &'a mut Scratch,
    ) -> [Result<Object<'a>, Error>; 2] {
        let Scratch { buffers: [left, right], unpacker, pairs, ahead } = scratch;
        let stored = [
            self.stored(keys[0], ahead, &mut left.record),
            self.stored(keys[1], ahead, &mut right.record),
        ];
        let mut unpacked = [None; 2];
        if let [Ok(first), Ok(second)] = &stored {
            unpacked = pairs.unpack([(first.bytes, first.length), (second.bytes, second.length)]);
        }
        let mut finish = |key, stored: Result<_, _>, unpacked, payload: &'a mut Vec<u8>| {
            let stored: Stored<'a> = stored?;
            match unpacked {
                Some(payload) => Ok(stored.unpacked(payload)),
                None => self.unpack_stored(key, stored, unpacker, payload),
            }
        };
        let [first, second] = stored;
        [
            finish(keys[0], first, unpacked[0], &mut left.payload),
            finish(keys[1], second, unpacked[1], &mut right.payload),
        ]
    }

    /// Reads an object without unpacking it, and checks its key.
    fn stored<'a>(
        &'a self,
        key: &Key<'_>,
        ahead: &'a Stretch,
        record: &'a mut Vec<u8>,
    ) -> Result<Stored<'a>, Error> {
        let Some(class) = key.class() else {
            let detail = format!("class {} is passed over", key.class_name());
            let (path, object) = (self.path().to_owned(), key.path());
            return Err(Error::Unsupported { path, object, detail });
        };
        let entry = key.get();
        let length = entry.bytes as usize;
        let bytes = self.source.read_with(ahead, entry.seek, length, key.name(), record)?;
        check_key(bytes, entry, key)
            .map_err(|wrong| directory::fault(&self.source, &key.path(), wrong))?;
        Ok(Stored {
            class,
            bytes: &bytes[usize::from(entry.key_length)..],
            start: entry.seek + u64::from(entry.key_length),
            length: entry.unpacked as usize,
        })
    }

    fn unpack_stored<'a>(
        &self,
        key: &Key<'_>,
        stored: Stored<'a>,
        unpacker: &mut Unpacker,
        payload: &'a mut Vec<u8>,
    ) -> Result<Object<'a>, Error> {
        let Stored { class, bytes, start, length } = stored;
        if bytes.len() == length {
            return Ok(Object { class, payload: bytes, base: start, is_packed: false });
        }
        unpacker
            .unpack(bytes, length, start, payload)
            .map_err(|wrong| directory::fault(&self.source, &key.path(), wrong))?;
        Ok(stored.unpacked(payload))
    }

    /// Looks at an unpacked object.
    pub(crate) fn parse<'a>(&self, key: &Key<'_>, object: Object<'a>) -> Result<View<'a>, Error> {
        let Object { class, payload, base, is_packed } = object;
        View::parse(class, payload, base).map_err(|wrong| {
            let place = key.path() + if is_packed { " (unpacked)" } else { "" };
            directory::fault(&self.source, &place, wrong)
        })
    }

    /// Decodes one object.
    ///
    /// # Errors
    ///
    /// As [`Self::view`].
    pub fn read(&self, key: &Key<'_>) -> Result<Histogram, Error> {
        let mut scratch = Scratch::default();
        let histogram = self.view(key, &mut scratch)?.to_histogram();
        histogram.map_err(|wrong| {
            directory::fault(&self.source, &format!("{} (unpacked)", key.path()), wrong)
        })
    }

    /// Decodes the object at a path.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] when there is none, else as [`Self::view`].
    pub fn histogram(&self, path: &str) -> Result<Histogram, Error> {
        self.read(&self.require(path)?)
    }
}

/// The key before the record must be the one the directory lists.
fn check_key(bytes: &[u8], entry: &Entry, key: &Key<'_>) -> Result<(), Fault> {
    let found = RawKey::read(&mut Reader::new(bytes, entry.seek))?;
    let same = (found.bytes, found.unpacked, found.length, found.cycle)
        == (entry.bytes, entry.unpacked, entry.key_length, entry.cycle)
        && crate::bytes::text(found.name) == key.name()
        && crate::bytes::text(found.class) == key.class_name();
    if same {
        return Ok(());
    }
    let detail = format!(
        "the record says {} {} of {} bytes, its directory {} {} of {}",
        crate::bytes::text(found.class),
        crate::bytes::text(found.name),
        found.bytes,
        key.class_name(),
        key.name(),
        entry.bytes
    );
    Err(Fault::damaged(entry.seek, detail))
}
