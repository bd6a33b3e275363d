//! Keys: the header before every record, and its copy in the list of its directory.

use crate::bytes::{Fault, Reader};

/// Version above which a key holds 8-byte pointers.
const LARGE: i16 = 1000;
/// Length of a key's fixed part; the strings follow.
const FIXED: usize = 26;
const FIXED_LARGE: usize = 34;

/// A key as stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawKey<'a> {
    /// Key and stored payload.
    pub(crate) bytes: u32,
    /// Payload after unpacking.
    pub(crate) unpacked: u32,
    /// Key alone.
    pub(crate) length: u16,
    pub(crate) cycle: i16,
    pub(crate) seek: u64,
    pub(crate) class: &'a [u8],
    pub(crate) name: &'a [u8],
    pub(crate) title: &'a [u8],
}

impl<'a> RawKey<'a> {
    /// The fewest bytes a key takes.
    pub(crate) const SHORTEST: usize = FIXED + 3;

    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let offset = reader.offset();
        let bytes = reader.i32()?;
        let version = reader.i16()?;
        let unpacked = reader.i32()?;
        reader.u32()?; // date and time
        let length = reader.i16()?;
        let cycle = reader.i16()?;
        let large = version > LARGE;
        let seek = pointer(reader, large)?;
        pointer(reader, large)?; // the directory's own place, known already
        let (class, name, title) = (reader.string()?, reader.string()?, reader.string()?);
        let fixed = if large { FIXED_LARGE } else { FIXED };
        let wrong =
            |what: &str, value: i64| Fault::damaged(offset, format!("a key has {what} {value}"));
        let positive =
            |what, value: i32| u32::try_from(value).map_err(|_| wrong(what, i64::from(value)));
        let key = Self {
            bytes: positive("record length", bytes)?,
            unpacked: positive("object length", unpacked)?,
            length: u16::try_from(length).map_err(|_| wrong("key length", i64::from(length)))?,
            cycle,
            seek,
            class,
            name,
            title,
        };
        if usize::from(key.length) < fixed || u32::from(key.length) > key.bytes {
            let detail =
                format!("a key of {} bytes cannot begin a record of {}", key.length, key.bytes);
            return Err(Fault::damaged(offset, detail));
        }
        Ok(key)
    }
}

/// A position in the file: 4 or 8 bytes.
pub(crate) fn pointer(reader: &mut Reader<'_>, large: bool) -> Result<u64, Fault> {
    let offset = reader.offset();
    let value = if large { reader.i64()? } else { i64::from(reader.i32()?) };
    u64::try_from(value)
        .map_err(|_| Fault::damaged(offset, format!("a position in the file is {value}")))
}
