//! Keys, directory records, the file header and the list of free segments.
//!
//! Source: `docs/formats/root.md`, "File". Offsets take four bytes up to a limit and eight above it.

use crate::{
    encode::Payload,
    writer::options::{Date, WriteOptions},
};

/// Bytes kept free for the header.
pub(super) const HEADER_LENGTH: usize = 100;

/// Offset of the first record.
pub(super) const BEGIN: u64 = HEADER_LENGTH as u64;

/// Bytes of a directory record, with room for the form with 8-byte pointers.
pub(super) const DIRECTORY_LENGTH: usize = 60;

/// ROOT version that stands in the header, 6.40. Versions above a million say that the file is large.
const FILE_VERSION: i32 = 64_000;

/// What a key says about its record.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) class: &'static str,
    pub(super) name: String,
    pub(super) title: String,
    /// Length of the unpacked payload.
    pub(super) unpacked_length: usize,
    /// Length of the payload as it is stored.
    pub(super) stored_length: usize,
    pub(super) cycle: i16,
    /// Offset of this key.
    pub(super) seek: u64,
    /// Offset of the directory the record belongs to.
    pub(super) parent: u64,
    pub(super) large: bool,
}

impl Key {
    /// Length of the key in the file.
    pub(super) fn length(&self) -> usize {
        let strings = [self.class, &self.name, &self.title].map(string_length);
        let fixed = if self.large { 34 } else { 26 };
        fixed + strings.into_iter().sum::<usize>()
    }

    /// Length of the record: key and stored payload.
    pub(super) fn record_length(&self) -> usize {
        self.length() + self.stored_length
    }

    pub(super) fn put(&self, out: &mut Payload, date: Date) {
        out.count(self.record_length());
        out.i16(if self.large { 1004 } else { 4 });
        out.count(self.unpacked_length);
        out.u32(date.packed());
        out.i16(i16::try_from(self.length()).expect("the writer has refused longer keys"));
        out.i16(self.cycle);
        put_offset(out, self.seek, self.large);
        put_offset(out, self.parent, self.large);
        out.string(self.class);
        out.string(&self.name);
        out.string(&self.title);
    }
}

/// Length of a string in the file.
pub(super) fn string_length(text: &str) -> usize {
    text.len() + if text.len() < 255 { 1 } else { 5 }
}

fn put_offset(out: &mut Payload, offset: u64, large: bool) {
    if large {
        out.u64(offset);
    } else {
        out.u32(u32::try_from(offset).expect("offsets up to the limit fit four bytes"));
    }
}

/// Where a directory and its parts are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Offset of the directory's own key.
    pub(super) seek: u64,
    /// Offset of the parent's key, 0 for the root.
    pub(super) parent: u64,
    /// Offset of the list of keys, 0 before it is written.
    pub(super) keys: u64,
    /// Length of the list of keys with its own key.
    pub(super) keys_length: usize,
    /// Distance from the key to the directory record.
    pub(super) name_length: usize,
}

impl Place {
    pub(super) fn put(&self, out: &mut Payload, options: &WriteOptions) {
        let large = [self.seek, self.parent, self.keys].iter().any(|&at| at > options.large_after);
        out.i16(if large { 1005 } else { 5 });
        out.u32(options.date.packed());
        out.u32(options.date.packed());
        out.count(self.keys_length);
        out.count(self.name_length);
        for offset in [self.seek, self.parent, self.keys] {
            put_offset(out, offset, large);
        }
        put_uuid(out, options);
        if !large {
            out.raw(&[0; 12]);
        }
    }
}

fn put_uuid(out: &mut Payload, options: &WriteOptions) {
    out.i16(1);
    out.raw(&options.uuid);
}

/// What the file header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) end: u64,
    pub(super) free: u64,
    pub(super) free_length: usize,
    pub(super) name_length: usize,
    pub(super) streamers: u64,
    pub(super) streamers_length: usize,
}

impl Header {
    pub(super) fn put(&self, out: &mut Payload, options: &WriteOptions) {
        let large = self.end > options.large_after;
        out.raw(b"root");
        out.i32(FILE_VERSION + if large { 1_000_000 } else { 0 });
        put_offset(out, BEGIN, false);
        put_offset(out, self.end, large);
        put_offset(out, self.free, large);
        out.count(self.free_length);
        out.i32(1);
        out.count(self.name_length);
        out.u8(if large { 8 } else { 4 });
        out.i32(options.compression.setting());
        put_offset(out, self.streamers, large);
        out.count(self.streamers_length);
        put_uuid(out, options);
    }
}

/// Length of the list of free segments: one segment behind the end of the file.
pub(super) fn free_segment_length(large: bool) -> usize {
    if large { 18 } else { 10 }
}

/// The one free segment, from `end` to the limit of small files or the next multiple of 10⁹.
pub(super) fn put_free_segment(out: &mut Payload, end: u64, large: bool) {
    const STEP: u64 = 1_000_000_000;
    out.i16(if large { 1001 } else { 1 });
    put_offset(out, end, large);
    let last = if large { (end / STEP + 1) * STEP } else { WriteOptions::LARGE_AFTER };
    put_offset(out, last, large);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(large: bool) -> Key {
        Key {
            class: "TH1F",
            name: "n".to_owned(),
            title: "t".repeat(300),
            unpacked_length: 20,
            stored_length: 10,
            cycle: 1,
            seek: 100,
            parent: 100,
            large,
        }
    }

    #[test]
    fn keys_take_the_length_they_say() {
        for large in [false, true] {
            let mut out = Payload::default();
            key(large).put(&mut out, Date::EARLIEST);
            assert_eq!(out.len(), key(large).length());
            assert_eq!(key(large).record_length(), out.len() + 10);
        }
    }

    #[test]
    fn directory_records_have_one_length() {
        for keys in [0, WriteOptions::LARGE_AFTER, WriteOptions::LARGE_AFTER + 1] {
            let mut out = Payload::default();
            let place = Place { seek: 100, parent: 0, keys, keys_length: 1, name_length: 2 };
            place.put(&mut out, &WriteOptions::default());
            assert_eq!(out.len(), DIRECTORY_LENGTH, "keys at {keys}");
        }
    }

    #[test]
    fn headers_take_63_or_75_bytes() {
        for (end, expected) in [(5_000, 63), (3_000_000_000, 75)] {
            let mut out = Payload::default();
            let header = Header {
                end,
                free: end - 60,
                free_length: 60,
                name_length: 40,
                streamers: 200,
                streamers_length: 50,
            };
            header.put(&mut out, &WriteOptions::default());
            assert_eq!(out.len(), expected);
        }
    }

    #[test]
    fn free_segment_ends_at_the_next_limit() {
        let mut out = Payload::default();
        put_free_segment(&mut out, 2_500_000_000, true);
        assert_eq!(out.len(), free_segment_length(true));
        assert_eq!(out.as_bytes()[10..], 3_000_000_000_u64.to_be_bytes());
    }
}
