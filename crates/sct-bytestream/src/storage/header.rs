//! The records before the first event.

use super::{
    Error, Metadata, RunParameters, Stamp, Text,
    record::{Cursor, FILE_NAME, FILE_START, FILE_START_SWAPPED, METADATA, put_text},
};

/// Layout of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileVersion {
    /// Detector mask of 32 bits.
    V2,
    /// Detector mask of 64 bits; Run 1.
    V5,
    /// Detector mask of 128 bits; Run 2 and later.
    #[default]
    V6,
}

impl FileVersion {
    /// All versions.
    pub const ALL: [Self; 3] = [Self::V2, Self::V5, Self::V6];

    /// The number in the file.
    pub const fn to_u32(self) -> u32 {
        match self {
            Self::V2 => 2,
            Self::V5 => 5,
            Self::V6 => 6,
        }
    }

    /// Words of the detector mask.
    pub(super) const fn mask_words(self) -> usize {
        match self {
            Self::V2 => 1,
            Self::V5 => 2,
            Self::V6 => 4,
        }
    }
}

/// What stands before the first event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileHeader {
    /// Layout of the file.
    pub version: FileVersion,
    /// Number in its sequence, from 1.
    pub file_number: u32,
    /// When it was opened.
    pub written: Stamp,
    /// Limit of events, 0 for none.
    pub size_limit_blocks: u32,
    /// Limit of its size, MB of 1024^2 bytes, 0 for none.
    pub size_limit_mb: u32,
    /// Program that wrote it, such as `SFO-1`.
    pub app_name: Text,
    /// Its name without sequence number and extension.
    pub file_name_core: Text,
    /// Free strings; none when the file has no such section.
    pub metadata: Metadata,
    /// The run.
    pub run: RunParameters,
}

const START: &str = "file start";
const NAMES: &str = "file name strings";
const STRINGS: &str = "metadata strings";

impl FileHeader {
    /// Reads the header at the beginning of a file; returns it and its length.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, usize), Error> {
        let mut cursor = Cursor::new(bytes);
        let (version, words) = start(&mut cursor)?;
        let [file_number, date, time, size_limit_blocks, size_limit_mb] = words;
        cursor.marker(FILE_NAME, NAMES)?;
        let app_name = cursor.text(NAMES)?;
        let file_name_core = cursor.text(NAMES)?;
        let metadata = metadata(&mut cursor)?;
        let run = RunParameters::read(&mut cursor, version)?;
        let header = Self {
            version,
            file_number,
            written: Stamp { date, time },
            size_limit_blocks,
            size_limit_mb,
            app_name,
            file_name_core,
            metadata,
            run,
        };
        Ok((header, cursor.offset()))
    }

    /// The bytes of the header.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let Stamp { date, time } = self.written;
        let (version, limit) = (self.version.to_u32(), self.size_limit_blocks);
        let start =
            [FILE_START, 8, version, self.file_number, date, time, limit, self.size_limit_mb];
        crate::words::put(&mut out, start);
        crate::words::put(&mut out, [FILE_NAME]);
        put_text(&mut out, &self.app_name);
        put_text(&mut out, &self.file_name_core);
        let strings = &self.metadata.strings;
        if !strings.is_empty() {
            let count = u32::try_from(strings.len()).expect("a header has few strings");
            crate::words::put(&mut out, [METADATA, count]);
            for text in strings {
                put_text(&mut out, text);
            }
        }
        crate::words::put(&mut out, self.run.words(self.version));
        out
    }
}

/// The file start record without marker, size and version.
fn start(cursor: &mut Cursor<'_>) -> Result<(FileVersion, [u32; 5]), Error> {
    match cursor.peek() {
        None | Some(FILE_START) => {}
        Some(FILE_START_SWAPPED) => return Err(Error::ByteOrder),
        Some(found) => return Err(Error::NotRaw { offset: 0, found }),
    }
    let [version, rest @ ..] = cursor.record::<6>(FILE_START, START)?;
    let known = FileVersion::ALL.into_iter().find(|known| known.to_u32() == version);
    Ok((known.ok_or(Error::Version { offset: 8, found: version })?, rest))
}

fn metadata(cursor: &mut Cursor<'_>) -> Result<Metadata, Error> {
    let mut strings = Vec::new();
    if cursor.peek() == Some(METADATA) {
        cursor.marker(METADATA, STRINGS)?;
        // The count is not trusted for an allocation: the file's end stops a wrong one.
        for _ in 0..cursor.word(STRINGS)? {
            strings.push(cursor.text(STRINGS)?);
        }
    }
    Ok(Metadata { strings })
}
