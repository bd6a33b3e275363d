//! Header, directories and key lists: the table of contents of a file.

use std::collections::HashSet;

use crate::{
    Error,
    bytes::{Fault, Reader, text},
    index::{Entry, Index},
    key::{RawKey, pointer},
    source::Source,
};

/// Directories nest no deeper.
const DEEPEST: usize = 64;
/// File versions above this use 8-byte pointers in the header.
const LARGE_FILE: i32 = 1_000_000;
const HEADER_LENGTH: usize = 75;
/// Directory record of a small file; a large one needs less than twice as much.
const DIRECTORY_LENGTH: usize = 60;

/// What the file header says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub(crate) version: i32,
    pub(crate) compression: i32,
    /// End of the file when it was closed.
    end: u64,
    begin: u64,
    name_bytes: usize,
}

/// Where the keys of a directory are.
struct Record {
    keys_bytes: usize,
    keys_seek: u64,
}

pub(crate) fn fault(source: &Source, place: &str, fault: Fault) -> Error {
    let Fault { offset, detail, unsupported } = fault;
    let (path, place) = (source.path().to_owned(), place.to_owned());
    if unsupported {
        Error::Unsupported { path, object: place, detail }
    } else {
        Error::Damaged { path, place, offset, detail }
    }
}

pub(crate) fn header(source: &Source) -> Result<Header, Error> {
    let mut scratch = Vec::new();
    let length = usize::try_from(source.length()).unwrap_or(usize::MAX).min(HEADER_LENGTH);
    let bytes = source.read(0, length, "the file header", &mut scratch)?;
    if !bytes.starts_with(b"root") {
        return Err(Error::NotRoot { path: source.path().to_owned() });
    }
    let truncated = |what: &str, end| Error::Truncated {
        path: source.path().to_owned(),
        what: what.to_owned(),
        offset: 0,
        end,
        length: source.length(),
    };
    let header = parse_header(bytes).map_err(|wrong| {
        if length < HEADER_LENGTH {
            truncated("the file header", HEADER_LENGTH as u64)
        } else {
            fault(source, "the file header", wrong)
        }
    })?;
    // Even where only records at the end are missing: a copy that was cut short is not to be trusted.
    if header.end > source.length() {
        return Err(truncated("the file by its header", header.end));
    }
    Ok(header)
}

fn parse_header(bytes: &[u8]) -> Result<Header, Fault> {
    let mut reader = Reader::new(bytes, 0);
    reader.take(4, "magic")?;
    let version = reader.i32()?;
    let large = version >= LARGE_FILE;
    let begin = reader.count("the place of the first record")? as u64;
    let end = pointer(&mut reader, large)?;
    pointer(&mut reader, large)?; // free segments
    reader.i32()?;
    reader.i32()?;
    let name_bytes = reader.count("the length of the root record's name")?;
    reader.u8()?;
    let compression = reader.i32()?;
    Ok(Header { version: version % LARGE_FILE, compression, end, begin, name_bytes })
}

/// Reads all directories and their key lists.
pub(crate) fn index(source: &Source, header: Header) -> Result<Index, Error> {
    let mut walk = Walk { source, index: Index::default(), visited: HashSet::new() };
    let at = header.begin + header.name_bytes as u64;
    let record = walk.record(at, "the root directory")?;
    let root = walk.index.add_directory("");
    walk.directory(root, &record, 0)?;
    walk.index.finish();
    Ok(walk.index)
}

struct Walk<'a> {
    source: &'a Source,
    index: Index,
    visited: HashSet<u64>,
}

impl Walk<'_> {
    fn record(&mut self, at: u64, place: &str) -> Result<Record, Error> {
        if !self.visited.insert(at) {
            return Err(fault(
                self.source,
                place,
                Fault::damaged(at, "the directory is reached a second time"),
            ));
        }
        let mut scratch = Vec::new();
        // The last record of a file of a foreign writer may lack the padding of small records.
        let left = usize::try_from(self.source.length().saturating_sub(at)).unwrap_or(usize::MAX);
        let length = left.clamp(DIRECTORY_LENGTH - 18 - 12, DIRECTORY_LENGTH);
        let bytes = self.source.read(at, length, place, &mut scratch)?;
        parse_record(bytes, at).map_err(|wrong| fault(self.source, place, wrong))
    }

    fn directory(&mut self, id: u32, record: &Record, depth: usize) -> Result<(), Error> {
        let first = self.index.len();
        self.keys(id, record)?;
        let entries = first..self.index.len();
        self.index.set_entries(id, entries.clone());
        for entry in entries {
            if !self.index.is_directory(entry) {
                continue;
            }
            let path = self.index.path_of(entry);
            let place = format!("directory {path}");
            let Entry { seek, key_length, .. } = *self.index.entry(entry);
            if depth >= DEEPEST {
                let detail = format!("directories nest deeper than {DEEPEST}");
                return Err(fault(self.source, &place, Fault::damaged(seek, detail)));
            }
            let record = self.record(seek + u64::from(key_length), &place)?;
            let child = self.index.add_directory(&path);
            self.directory(child, &record, depth + 1)?;
        }
        Ok(())
    }

    /// Appends the keys of one directory to the index.
    fn keys(&mut self, id: u32, record: &Record) -> Result<(), Error> {
        if record.keys_seek == 0 || record.keys_bytes == 0 {
            return Ok(());
        }
        let place = format!("the key list of /{}", self.index.directory_path(id));
        let mut scratch = Vec::new();
        let bytes = self.source.read(record.keys_seek, record.keys_bytes, &place, &mut scratch)?;
        let length = self.source.length();
        let index = &mut self.index;
        let count = count_keys(bytes, record.keys_seek);
        let (mut reader, count) = count.map_err(|wrong| fault(self.source, &place, wrong))?;
        index.reserve(count, bytes.len());
        let keys = parse_keys(&mut reader, count, |key, offset| {
            let end = key.seek + u64::from(key.bytes);
            if key.bytes == 0 || end > length {
                let detail = format!(
                    "{} lies at bytes {} to {end}, the file has {length}",
                    text(key.name),
                    key.seek
                );
                return Err(Fault::damaged(offset, detail));
            }
            index.add(id, key).map_err(|detail| Fault::damaged(offset, detail))
        });
        keys.map_err(|wrong| fault(self.source, &place, wrong))
    }
}

fn parse_record(bytes: &[u8], at: u64) -> Result<Record, Fault> {
    let mut reader = Reader::new(bytes, at);
    let version = reader.i16()?;
    let large = version > 1000;
    reader.take(8, "dates")?;
    let keys_bytes = reader.count("the length of the key list")?;
    reader.i32()?;
    pointer(&mut reader, large)?;
    pointer(&mut reader, large)?;
    let keys_seek = pointer(&mut reader, large)?;
    Ok(Record { keys_bytes, keys_seek })
}

/// The start of a list of keys: a reader at the first one, and how many there are.
fn count_keys(bytes: &[u8], at: u64) -> Result<(Reader<'_>, usize), Fault> {
    let mut reader = Reader::new(bytes, at);
    let list = RawKey::read(&mut reader)?;
    // The list's own key may be longer than its strings; the keys begin where it says.
    let start = usize::from(list.length);
    reader.jump(start)?;
    let offset = reader.offset();
    let count = reader.count("the number of keys")?;
    if count > reader.remaining() / RawKey::SHORTEST {
        let detail = format!("{count} keys are announced in {} bytes", reader.remaining());
        return Err(Fault::damaged(offset, detail));
    }
    Ok((reader, count))
}

fn parse_keys<'a>(
    reader: &mut Reader<'a>,
    count: usize,
    mut each: impl FnMut(RawKey<'a>, u64) -> Result<(), Fault>,
) -> Result<(), Fault> {
    for _ in 0..count {
        let offset = reader.offset();
        each(RawKey::read(reader)?, offset)?;
    }
    Ok(())
}
