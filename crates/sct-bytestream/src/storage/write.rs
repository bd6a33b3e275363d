//! Writing files.

use std::io::{self, Write};

use crate::{ZlibLevel, words::put};

use super::{FileEnd, FileHeader, Stamp, record::SEPARATOR};

/// What the files of a sequence before this one held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// Events.
    pub events: u32,
    /// Their bytes as stored, without separators.
    pub bytes: u64,
}

/// What a finished file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its length, bytes.
    pub length: u64,
    /// Adler-32 over all of it, as the file catalogue keeps it: eight upper-case hexadecimal digits when shown.
    pub checksum: u32,
    /// Events and bytes of the sequence with this file: what the next file continues from.
    pub sequence: Sequence,
}

/// Writes one RAW file: header, events, end record. No clock is read: times come from the caller.
///
/// The file's name is the caller's affair; the online writer uses the extension `.writing` until the end.
pub struct RawWriter<W: Write> {
    out: W,
    sum: libdeflater::Adler32,
    length: u64,
    before: Sequence,
    here: Sequence,
    limits: (u32, u32),
    /// Set when each block is compressed.
    level: Option<ZlibLevel>,
    packed: Vec<u8>,
}

impl<W: Write> std::fmt::Debug for RawWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawWriter({} events, {} bytes)", self.here.events, self.length)
    }
}

/// Bytes of a MB in the records.
const MB: u64 = 1 << 20;

/// MB, rounded to nearest.
fn mb(bytes: u64) -> u32 {
    u32::try_from((bytes + MB / 2) / MB).unwrap_or(u32::MAX)
}

impl<W: Write> RawWriter<W> {
    /// Writes the header. Blocks are compressed when its metadata say `Compression=zlib`.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn new(out: W, header: &FileHeader, before: Sequence) -> io::Result<Self> {
        let mut writer = Self {
            out,
            sum: libdeflater::Adler32::new(),
            length: 0,
            before,
            here: Sequence::default(),
            limits: (header.size_limit_blocks, header.size_limit_mb),
            level: header.metadata.is_compressed().then_some(ZlibLevel::USUAL),
            packed: Vec::new(),
        };
        writer.put(&header.to_bytes())?;
        Ok(writer)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.sum.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Whether an event of so many bytes still fits under the limits of the header; if not, the next file of the sequence
    /// is due. The limits are not enforced.
    pub fn has_room(&self, bytes: usize) -> bool {
        let (blocks, limit_mb) = self.limits;
        let size = mb(self.length + bytes as u64);
        (blocks == 0 || self.here.events < blocks) && (limit_mb == 0 || size <= limit_mb)
    }

    /// Writes one event: separator and block. Returns the offset of the separator.
    ///
    /// # Errors
    ///
    /// Those of `out`; `InvalidInput` for an event that is no whole number of words, or longer than a separator can say.
    pub fn event(&mut self, event: &[u8]) -> io::Result<u64> {
        let mut packed = std::mem::take(&mut self.packed);
        packed.clear();
        let block = match self.level {
            Some(level) => {
                level.deflate(event, &mut packed);
                packed.as_slice()
            }
            None => event,
        };
        let offset = self.block(block);
        self.packed = packed;
        offset
    }

    fn block(&mut self, block: &[u8]) -> io::Result<u64> {
        let size = u32::try_from(block.len()).ok().filter(|size| size.is_multiple_of(4));
        let Some(size) = size else {
            let message = format!("an event of {} bytes has no separator", block.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        };
        let offset = self.length;
        self.here.events += 1;
        self.here.bytes += u64::from(size);
        let mut separator = Vec::with_capacity(16);
        put(&mut separator, [SEPARATOR, 4, self.before.events + self.here.events, size]);
        self.put(&separator)?;
        self.put(block)?;
        Ok(offset)
    }

    /// Writes the end record and flushes.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn finish(mut self, closed: Stamp, is_last: bool) -> io::Result<(W, Written)> {
        let sequence = Sequence {
            events: self.before.events + self.here.events,
            bytes: self.before.bytes + self.here.bytes,
        };
        let end = FileEnd {
            closed,
            events_in_file: self.here.events,
            mb_in_file: mb(self.here.bytes),
            events_in_run: sequence.events,
            mb_in_run: mb(sequence.bytes),
            is_last,
        };
        let mut record = Vec::new();
        put(&mut record, end.words());
        self.put(&record)?;
        self.out.flush()?;
        let written = Written { length: self.length, checksum: self.sum.sum(), sequence };
        Ok((self.out, written))
    }
}
