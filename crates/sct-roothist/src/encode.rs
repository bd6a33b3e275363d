//! Big-endian building blocks of payloads. Source: `docs/formats/root.md`, "Basic encodings".

mod histogram;

pub(crate) use self::histogram::put_histogram;

/// Marks a count in front of a versioned block or an object.
const BYTE_COUNT: u32 = 0x4000_0000;

/// Class tag: the name of the class follows.
const NEW_CLASS: u32 = 0xFFFF_FFFF;

/// Class tag: the rest is a position where the class was named.
const CLASS_REFERENCE: u32 = 0x8000_0000;

/// A payload under construction, in a buffer that is reused.
#[derive(Debug, Default)]
pub(crate) struct Payload {
    bytes: Vec<u8>,
}

/// Place of a byte count that is filled in when its block ends.
#[must_use = "a block is ended with `end`"]
#[derive(Debug)]
pub(crate) struct Mark(usize);

impl Payload {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub(crate) fn i16(&mut self, value: i16) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub(crate) fn i32(&mut self, value: i32) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub(crate) fn f32(&mut self, value: f32) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub(crate) fn f64(&mut self, value: f64) {
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// A number of elements. Lengths above `i32::MAX` make a payload that no key can hold, which the writer refuses, so
    /// the clamped number is never written to a file.
    pub(crate) fn count(&mut self, count: usize) {
        self.i32(i32::try_from(count).unwrap_or(i32::MAX));
    }

    /// A string with its length in one byte, or in five from 255 on.
    pub(crate) fn string(&mut self, text: &str) {
        match u8::try_from(text.len()) {
            Ok(length) if length < u8::MAX => self.u8(length),
            _ => {
                self.u8(u8::MAX);
                self.count(text.len());
            }
        }
        self.raw(text.as_bytes());
    }

    /// Begins a versioned block.
    pub(crate) fn begin(&mut self, version: i16) -> Mark {
        let mark = self.begin_count();
        self.i16(version);
        mark
    }

    /// Ends a versioned block or an object with tag.
    pub(crate) fn end(&mut self, Mark(at): Mark) {
        let count = self.bytes.len() - at - 4;
        // As for `count`: what does not fit is refused by the writer.
        let count = u32::try_from(count).unwrap_or(0) | BYTE_COUNT;
        self.bytes[at..at + 4].copy_from_slice(&count.to_be_bytes());
    }

    /// Begins an object whose class is named in full.
    pub(crate) fn begin_object(&mut self, class: &str) -> Mark {
        let mark = self.begin_count();
        self.u32(NEW_CLASS);
        self.raw(class.as_bytes());
        self.u8(0);
        mark
    }

    /// Begins an object of a class that was named at `reference`.
    pub(crate) fn begin_object_again(&mut self, reference: u32) -> Mark {
        let mark = self.begin_count();
        self.u32(CLASS_REFERENCE | reference);
        mark
    }

    /// A null pointer.
    pub(crate) fn null(&mut self) {
        self.u32(0);
    }

    /// The base class `TObject`.
    pub(crate) fn object_base(&mut self, unique_id: u32, bits: u32) {
        self.i16(1);
        self.u32(unique_id);
        self.u32(bits);
    }

    /// The base class `TNamed`.
    pub(crate) fn named(&mut self, name: &str, title: &str, bits: u32) {
        let mark = self.begin(1);
        self.object_base(0, bits);
        self.string(name);
        self.string(title);
        self.end(mark);
    }

    /// An array with its length, as members and bases of the array classes are stored.
    pub(crate) fn array<const N: usize, T: Copy>(
        &mut self,
        values: &[T],
        bytes: impl Fn(T) -> [u8; N],
    ) {
        self.count(values.len());
        let start = self.bytes.len();
        self.bytes.resize(start + values.len() * N, 0);
        // Fixed-size chunks let the compiler swap whole vectors.
        let (chunks, _) = self.bytes[start..].as_chunks_mut::<N>();
        for (chunk, &value) in chunks.iter_mut().zip(values) {
            *chunk = bytes(value);
        }
    }

    pub(crate) fn array_f64(&mut self, values: &[f64]) {
        self.array(values, f64::to_be_bytes);
    }

    fn begin_count(&mut self) -> Mark {
        let at = self.bytes.len();
        self.u32(0);
        Mark(at)
    }
}

/// Position to refer back to a class that is named at `position` in the payload of a key of `key_length` bytes.
///
/// Positions count from the start of the key and are two larger than the tag. Source: `docs/formats/root.md`.
pub(crate) fn class_reference(key_length: usize, position: usize) -> u32 {
    u32::try_from(key_length + position + 2).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: &[u8], put: impl Fn(&mut Payload)) {
        let mut payload = Payload::default();
        put(&mut payload);
        assert_eq!(payload.as_bytes(), expected);
    }

    #[test]
    fn short_string_has_one_length_byte() {
        check(b"\x03abc", |p| p.string("abc"));
    }

    #[test]
    fn empty_string_is_one_zero() {
        check(&[0], |p| p.string(""));
    }

    #[test]
    fn string_of_255_characters_has_five_length_bytes() {
        let text = "x".repeat(255);
        let expected = [b"\xff\x00\x00\x00\xff".as_slice(), text.as_bytes()].concat();
        check(&expected, |p| p.string(&text));
        let text = "x".repeat(254);
        check(&[b"\xfe".as_slice(), text.as_bytes()].concat(), |p| p.string(&text));
    }

    #[test]
    fn byte_count_covers_version_and_members() {
        check(&[0x40, 0, 0, 3, 0, 5, 9], |p| {
            let mark = p.begin(5);
            p.u8(9);
            p.end(mark);
        });
    }

    #[test]
    fn arrays_are_counted_and_big_endian() {
        check(&[0, 0, 0, 2, 0x3F, 0x80, 0, 0, 0xC0, 0, 0, 0], |p| {
            p.array(&[1.0_f32, -2.0], f32::to_be_bytes);
        });
        check(&[0, 0, 0, 0], |p| p.array_f64(&[]));
    }

    #[test]
    fn named_class_can_be_referred_to() {
        check(b"\x40\0\0\x08\xff\xff\xff\xffTs\0\x07\x40\0\0\x04\x80\0\0\x2a", |p| {
            let at = p.len() + 4;
            let mark = p.begin_object("Ts");
            p.u8(7);
            p.end(mark);
            let mark = p.begin_object_again(class_reference(36, at));
            p.end(mark);
        });
    }
}
