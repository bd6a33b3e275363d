//! A checked cursor over big-endian bytes, and big-endian arrays.

use std::{borrow::Cow, marker::PhantomData};

/// Something wrong at a place of the bytes being read; the file and object are added further out.
#[derive(Debug)]
pub(crate) struct Fault {
    /// Byte, counted as the cursor counts.
    pub(crate) offset: u64,
    /// What was found and expected.
    pub(crate) detail: String,
    /// The bytes are sound but of a form that is not read.
    pub(crate) unsupported: bool,
}

impl Fault {
    pub(crate) fn damaged(offset: u64, detail: impl Into<String>) -> Self {
        Self { offset, detail: detail.into(), unsupported: false }
    }

    pub(crate) fn unsupported(offset: u64, detail: impl Into<String>) -> Self {
        Self { offset, detail: detail.into(), unsupported: true }
    }
}

/// Bit of a byte count that tells it from a bare version.
const BYTE_COUNT: u32 = 0x4000_0000;
/// Bit of the flags of a TObject that announces a process identifier.
const IS_REFERENCED: u32 = 1 << 4;

/// A versioned block being read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub(crate) version: i16,
    /// Where the block ends, when it says so.
    pub(crate) end: Option<usize>,
}

/// Reads numbers and strings, never past the end.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    /// What `bytes[0]` is counted as in messages.
    base: u64,
}

macro_rules! numbers {
    ($($name:ident: $type:ty),*) => {
        $(pub(crate) fn $name(&mut self) -> Result<$type, Fault> {
            const SIZE: usize = size_of::<$type>();
            let bytes = self.take(SIZE, stringify!($type))?;
            let mut array = [0; SIZE];
            array.copy_from_slice(bytes);
            Ok(<$type>::from_be_bytes(array))
        })*
    };
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], base: u64) -> Self {
        Self { bytes, position: 0, base }
    }

    pub(crate) fn offset(&self) -> u64 {
        self.base + self.position as u64
    }

    /// Bytes read so far.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    pub(crate) fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    pub(crate) fn take(&mut self, length: usize, what: &str) -> Result<&'a [u8], Fault> {
        if length > self.remaining() {
            let detail =
                format!("{what} of {length} bytes expected, {} are left", self.remaining());
            return Err(Fault::damaged(self.offset(), detail));
        }
        let bytes = &self.bytes[self.position..self.position + length];
        self.position += length;
        Ok(bytes)
    }

    numbers!(u8: u8, i16: i16, u16: u16, i32: i32, u32: u32, i64: i64, f32: f32, f64: f64);

    /// A number that counts something: not negative.
    pub(crate) fn count(&mut self, what: &str) -> Result<usize, Fault> {
        let offset = self.offset();
        let value = self.i32()?;
        usize::try_from(value)
            .map_err(|_| Fault::damaged(offset, format!("{what} is {value}, expected 0 or more")))
    }

    /// A string: one length byte, or 255 and four.
    pub(crate) fn string(&mut self) -> Result<&'a [u8], Fault> {
        let length = match self.u8()? {
            255 => self.u32()? as usize,
            short => usize::from(short),
        };
        self.take(length, "string")
    }

    /// A string that ends with a zero byte.
    fn zero_terminated(&mut self) -> Result<&'a [u8], Fault> {
        let rest = &self.bytes[self.position..];
        let length = rest.iter().position(|&byte| byte == 0);
        let length =
            length.ok_or_else(|| Fault::damaged(self.offset(), "a class name has no end"))?;
        let name = self.take(length, "class name")?;
        self.position += 1;
        Ok(name)
    }

    /// An array member: a count and as many values.
    pub(crate) fn array<T: BigEndian>(&mut self) -> Result<BeSlice<'a, T>, Fault> {
        let count = self.count("array length")?;
        self.values(count)
    }

    pub(crate) fn values<T: BigEndian>(&mut self, count: usize) -> Result<BeSlice<'a, T>, Fault> {
        // A product that overflows asks for more bytes than any file has, which `take` refuses.
        let bytes = self.take(count.saturating_mul(T::SIZE), "array")?;
        Ok(BeSlice::new(bytes))
    }

    /// Enters a versioned block.
    pub(crate) fn block(&mut self, what: &str) -> Result<Block, Fault> {
        let offset = self.offset();
        let word = self.u32()?;
        if word & BYTE_COUNT == 0 {
            // Foreign and very old writers put the version alone.
            self.position -= 2;
            let version = i16::from_be_bytes([word.to_be_bytes()[0], word.to_be_bytes()[1]]);
            return Ok(Block { version, end: None });
        }
        let count = (word & !BYTE_COUNT) as usize;
        if count < 2 || count > self.remaining() {
            let detail = format!("{what} claims {count} bytes, {} are left", self.remaining());
            return Err(Fault::damaged(offset, detail));
        }
        let end = self.position + count;
        Ok(Block { version: self.i16()?, end: Some(end) })
    }

    /// Leaves a block: exactly at its end, or anywhere before it for versions newer than `known`.
    pub(crate) fn leave(&mut self, block: Block, known: i16, what: &str) -> Result<(), Fault> {
        let Some(end) = block.end else { return Ok(()) };
        if self.position > end || (self.position < end && block.version <= known) {
            let detail = format!(
                "{what} version {} ends at {}, its byte count says {end}",
                block.version, self.position
            );
            return Err(Fault::damaged(self.offset(), detail));
        }
        self.position = end;
        Ok(())
    }

    /// Skips a block by its byte count.
    pub(crate) fn skip_block(&mut self, what: &str) -> Result<(), Fault> {
        let block = self.block(what)?;
        match block.end {
            Some(end) => self.position = end,
            None => {
                return Err(Fault::unsupported(
                    self.offset(),
                    format!("{what} without a byte count"),
                ));
            }
        }
        Ok(())
    }

    /// Base class TObject; gives its unique identifier.
    pub(crate) fn object_base(&mut self) -> Result<u32, Fault> {
        self.i16()?;
        let unique_id = self.u32()?;
        let bits = self.u32()?;
        if bits & IS_REFERENCED != 0 {
            self.u16()?;
        }
        Ok(unique_id)
    }

    /// Base class TNamed: name and title.
    pub(crate) fn named(&mut self) -> Result<(&'a [u8], &'a [u8]), Fault> {
        let block = self.block("TNamed")?;
        self.object_base()?;
        let texts = (self.string()?, self.string()?);
        self.leave(block, 1, "TNamed")?;
        Ok(texts)
    }

    /// The tag before an object behind a pointer: the class name where it is spelled out, and the end of the object;
    /// `None` for a null pointer.
    pub(crate) fn tagged(&mut self) -> Result<Option<Tagged<'a>>, Fault> {
        let offset = self.offset();
        let word = self.u32()?;
        if word == 0 {
            return Ok(None);
        }
        if word & BYTE_COUNT == 0 {
            return Err(Fault::unsupported(offset, "a reference to another object"));
        }
        let count = (word & !BYTE_COUNT) as usize;
        if count < 4 || count > self.remaining() {
            let detail = format!("an object claims {count} bytes, {} are left", self.remaining());
            return Err(Fault::damaged(offset, detail));
        }
        let end = self.position + count;
        let class = if self.u32()? == u32::MAX { Some(self.zero_terminated()?) } else { None };
        Ok(Some(Tagged { class, end }))
    }

    pub(crate) fn jump(&mut self, position: usize) -> Result<(), Fault> {
        if position < self.position || position > self.bytes.len() {
            return Err(Fault::damaged(
                self.offset(),
                format!("an object should end at {position}"),
            ));
        }
        self.position = position;
        Ok(())
    }
}

/// The start of an object behind a pointer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tagged<'a> {
    pub(crate) class: Option<&'a [u8]>,
    pub(crate) end: usize,
}

/// Text of a file, with what is not UTF-8 replaced.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Numbers that arrays hold.
pub trait BigEndian: Copy + sealed::Sealed {
    /// Bytes of one value.
    const SIZE: usize;
    /// Reads one value from exactly [`Self::SIZE`] bytes; anything else gives zero bits.
    fn from_slice(bytes: &[u8]) -> Self;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! big_endian {
    ($($type:ty: $size:literal),*) => {
        $(impl sealed::Sealed for $type {}
        impl BigEndian for $type {
            const SIZE: usize = $size;
            #[inline]
            fn from_slice(bytes: &[u8]) -> Self {
                bytes.as_array::<$size>().map_or_else(Self::default, |bytes| Self::from_be_bytes(*bytes))
            }
        })*
    };
}
big_endian!(i32: 4, f32: 4, f64: 8);

/// An array as it lies in a file: big-endian, not copied.
#[derive(Clone, Copy, Debug)]
pub struct BeSlice<'a, T> {
    bytes: &'a [u8],
    values: PhantomData<T>,
}

impl<'a, T: BigEndian> BeSlice<'a, T> {
    /// Bytes seen as values; a rest that is too short for one is passed over.
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, values: PhantomData }
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.bytes.len() / T::SIZE
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// One value; `None` past the end.
    pub fn get(&self, index: usize) -> Option<T> {
        let start = index.checked_mul(T::SIZE)?;
        self.bytes.get(start..start + T::SIZE).map(T::from_slice)
    }

    /// The values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = T> + use<'a, T> {
        self.bytes.chunks_exact(T::SIZE).map(T::from_slice)
    }

    /// Copies into `target`; of different lengths only the common part.
    pub fn copy_to(&self, target: &mut [T]) {
        for (target, value) in target.iter_mut().zip(self.iter()) {
            *target = value;
        }
    }

    /// The values as a vector.
    pub fn to_vec(&self) -> Vec<T> {
        self.iter().collect()
    }

    /// The bytes as stored.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl<T: BigEndian + std::ops::AddAssign> BeSlice<'_, T> {
    /// Adds to `target` element by element; of different lengths only the common part.
    pub fn add_to(&self, target: &mut [T]) {
        for (target, value) in target.iter_mut().zip(self.iter()) {
            *target += value;
        }
    }
}
