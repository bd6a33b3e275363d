//! The streamer list: how each class of a file is laid out, for readers that do not know the classes.
//!
//! Written as `TStreamerInfo` version 9, which old and new readers take. Source: `docs/formats/root.md`, "Streamer list".

mod table;

use self::table::{CLASSES, Class, Element, Kind};
use crate::encode::{Mark, Payload, class_reference};

/// Class versions that are written.
mod version {
    pub(super) const TLIST: i16 = 5;
    pub(super) const TOBJ_ARRAY: i16 = 3;
    pub(super) const TSTREAMER_INFO: i16 = 9;
    pub(super) const TSTREAMER_ELEMENT: i16 = 4;
    pub(super) const TSTREAMER_BASE: i16 = 3;
    /// All other kinds of element.
    pub(super) const TSTREAMER_OTHER: i16 = 2;
}

/// Object bits of a streamer info. Source: `docs/formats/root.md`.
const INFO_BITS: u32 = 0x0001_0000;

/// The payload of the streamer record, for a key of `key_length` bytes: classes are named once and referred to by their
/// distance from the key.
pub(crate) fn list(key_length: usize) -> Vec<u8> {
    let mut writer = ListWriter { out: Payload::default(), key_length, named: Vec::new() };
    let out = &mut writer.out;
    let mark = out.begin(version::TLIST);
    out.object_base(0, 0);
    out.string("");
    out.count(CLASSES.len());
    for class in CLASSES {
        writer.put_class(class);
        // Option of the list element.
        writer.out.string("");
    }
    writer.out.end(mark);
    writer.out.into_bytes()
}

struct ListWriter {
    out: Payload,
    key_length: usize,
    /// Classes named so far, and where.
    named: Vec<(&'static str, u32)>,
}

impl ListWriter {
    fn begin_object(&mut self, class: &'static str) -> Mark {
        if let Some(&(_, reference)) = self.named.iter().find(|(name, _)| *name == class) {
            return self.out.begin_object_again(reference);
        }
        let tag = self.out.len() + 4;
        self.named.push((class, class_reference(self.key_length, tag)));
        self.out.begin_object(class)
    }

    fn put_class(&mut self, class: &Class) {
        let object = self.begin_object("TStreamerInfo");
        let info = self.out.begin(version::TSTREAMER_INFO);
        self.out.named(class.name, "", INFO_BITS);
        self.out.u32(class.checksum);
        self.out.i32(class.version);
        let array = self.begin_object("TObjArray");
        let block = self.out.begin(version::TOBJ_ARRAY);
        self.out.object_base(0, 0);
        self.out.string("");
        self.out.count(class.elements.len());
        self.out.i32(0);
        for element in class.elements {
            self.put_element(class, element);
        }
        self.out.end(block);
        self.out.end(array);
        self.out.end(info);
        self.out.end(object);
    }

    fn put_element(&mut self, class: &Class, element: &Element) {
        let object = self.begin_object(element.kind.streamer_class());
        let version = match element.kind {
            Kind::Base { .. } => version::TSTREAMER_BASE,
            _ => version::TSTREAMER_OTHER,
        };
        let block = self.out.begin(version);
        self.put_common(element);
        match element.kind {
            Kind::Base { version, .. } => self.out.i32(version),
            Kind::BasicPointer { count } => {
                self.out.i32(class.version);
                self.out.string(count);
                self.out.string(class.name);
            }
            _ => {}
        }
        self.out.end(block);
        self.out.end(object);
    }

    /// The base class of all elements.
    fn put_common(&mut self, element: &Element) {
        let out = &mut self.out;
        let block = out.begin(version::TSTREAMER_ELEMENT);
        out.named(element.name, element.title, 0);
        out.i32(element.code);
        out.i32(element.size);
        // Length and dimensions of a fixed array, and its largest indices; a base keeps its checksum in the second.
        out.i32(0);
        out.i32(0);
        let checksum = match element.kind {
            Kind::Base { checksum, .. } => checksum,
            _ => 0,
        };
        for index in [0, checksum, 0, 0, 0] {
            out.u32(index);
        }
        out.string(element.type_name);
        out.end(block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outer_count_covers_the_list() {
        let list = list(64);
        let count = u32::from_be_bytes(list[..4].try_into().unwrap()) & 0x3FFF_FFFF;
        assert_eq!(count as usize + 4, list.len());
    }

    #[test]
    fn classes_are_named_once() {
        let list = list(64);
        let times = |name: &[u8]| list.windows(name.len()).filter(|part| *part == name).count();
        assert_eq!(times(b"\xff\xff\xff\xffTStreamerInfo\0"), 1);
        assert_eq!(times(b"\xff\xff\xff\xffTStreamerBase\0"), 1);
        assert_eq!(times(b"\xff\xff\xff\xff"), 9);
    }

    #[test]
    fn references_count_from_the_key() {
        // The first object's tag follows the list's header and its own count.
        let reference = (0x8000_0000_u32 + 64 + 25 + 2).to_be_bytes();
        let list = list(64);
        assert_eq!(list[25..29], [0xFF; 4]);
        let found = list.windows(4).filter(|part| *part == reference).count();
        assert_eq!(found, CLASSES.len() - 1);
    }
}
