//! Compressed payloads: blocks of at most 16 MB, each with a nine-byte header.

use std::{
    fmt,
    io::{self, Read as _},
};

use libdeflater::Decompressor;

use crate::{
    bytes::Fault,
    deflate::{PairInflater, ROOM, Stream},
};

/// Length of a block header: two letters, method, packed and unpacked size in three little-endian bytes each.
const HEADER: usize = 9;
/// No payload of this crate's classes is larger; a key that claims more is damaged.
const LARGEST: usize = 1 << 30;

/// Decoder state, kept from one object to the next.
pub(crate) struct Unpacker {
    deflate: Decompressor,
}

/// Unpacks short payloads two at a time; what that takes is made when there is a pair.
#[derive(Debug, Default)]
pub(crate) struct PairUnpacker {
    inflater: Option<PairInflater>,
}

impl Default for Unpacker {
    fn default() -> Self {
        Self { deflate: Decompressor::new() }
    }
}

impl fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unpacker")
    }
}

struct BlockHeader<'a> {
    codec: [u8; 2],
    packed: &'a [u8],
    unpacked: usize,
    rest: &'a [u8],
}

fn block(bytes: &[u8], offset: u64) -> Result<BlockHeader<'_>, Fault> {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else {
        return Err(Fault::damaged(
            offset,
            format!("a block header needs 9 bytes, {} are left", bytes.len()),
        ));
    };
    let size = |at: usize| {
        usize::from(header[at])
            | usize::from(header[at + 1]) << 8
            | usize::from(header[at + 2]) << 16
    };
    let (packed, unpacked) = (size(3), size(6));
    let Some((packed, rest)) = rest.split_at_checked(packed) else {
        let detail = format!("a block of {packed} bytes is announced, {} are left", rest.len());
        return Err(Fault::damaged(offset, detail));
    };
    Ok(BlockHeader { codec: [header[0], header[1]], packed, unpacked, rest })
}

/// How many bytes one packed byte can become at most, with room for small blocks. Sources: the bounds of the formats;
/// deflate 1032, LZ4 255, LZMA about 7100, Zstandard run blocks 128 KiB in four bytes.
fn plausible(codec: [u8; 2], packed: usize) -> usize {
    let ratio = match &codec {
        b"L4" => 256,
        b"XZ" => 8_000,
        b"ZS" => 33_000,
        _ => 1_040,
    };
    packed.saturating_mul(ratio).saturating_add(1024)
}

impl Unpacker {
    /// Unpacks a payload of `length` bytes into `target`, replacing what is there. `offset` is the place of `bytes` in
    /// the file.
    pub(crate) fn unpack(
        &mut self,
        bytes: &[u8],
        length: usize,
        offset: u64,
        target: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        check_sizes(bytes, length, offset)?;
        target.resize(length, 0);
        let (mut rest, mut filled) = (bytes, 0);
        while filled < length {
            let at = offset + (bytes.len() - rest.len()) as u64;
            let next = block(rest, at)?;
            let place = &mut target[filled..filled + next.unpacked];
            self.block(next.codec, next.packed, place).map_err(|detail| {
                let codec = String::from_utf8_lossy(&next.codec).into_owned();
                Fault::damaged(at, format!("a block of codec {codec} does not unpack: {detail}"))
            })?;
            filled += next.unpacked;
            rest = next.rest;
        }
        Ok(())
    }

    fn block(&mut self, codec: [u8; 2], packed: &[u8], target: &mut [u8]) -> Result<(), String> {
        match &codec {
            b"ZL" => all_of(self.deflate.zlib_decompress(packed, target), target.len()),
            // The codec before 2005: deflate without zlib's frame. Some writers of the time put the frame all the same.
            b"CS" => all_of(self.deflate.deflate_decompress(packed, target), target.len())
                .or_else(|_| all_of(self.deflate.zlib_decompress(packed, target), target.len())),
            b"L4" => lz4(packed, target),
            b"XZ" => exact(lzma_rust2::XzReader::new(packed, false), target),
            b"ZS" => zstd(packed, target),
            _ => Err("unknown codec, expected ZL, XZ, L4, ZS or CS".to_owned()),
        }
    }
}

impl PairUnpacker {
    /// Unpacks two payloads in turn, which takes less time than one after the other; gives those that are unpacked.
    /// Others are of a kind that is not handled in pairs, or damaged: [`Unpacker::unpack`] will tell.
    pub(crate) fn unpack(&mut self, payloads: [(&[u8], usize); 2]) -> [Option<&[u8]>; 2] {
        let [first, second] = payloads.map(|(bytes, length)| short_stream(bytes, length));
        let (Some(first), Some(second)) = (first, second) else { return [None; 2] };
        self.inflater.get_or_insert_default().inflate([first, second])
    }
}

/// The only stream of a payload of `length` bytes, if it is short and not mostly long repetitions, which the library
/// copies faster.
fn short_stream(bytes: &[u8], length: usize) -> Option<Stream<'_>> {
    let block = block(bytes, 0).ok()?;
    let is_alone = block.rest.is_empty() && block.unpacked == length && block.codec == *b"ZL";
    // A payload of the length it should have is stored as it is, whatever it looks like.
    let is_packed = bytes.len() != length;
    let is_short = length <= ROOM && length <= 5 * block.packed.len();
    (is_alone && is_packed && is_short).then_some(Stream { packed: block.packed, length })
}

/// Walks the block headers before anything is allocated: their sizes must add up and be plausible.
fn check_sizes(bytes: &[u8], length: usize, offset: u64) -> Result<(), Fault> {
    if length > LARGEST {
        return Err(Fault::damaged(
            offset,
            format!("an object claims {length} bytes, more than {LARGEST}"),
        ));
    }
    let (mut rest, mut sum) = (bytes, 0_usize);
    while sum < length {
        let at = offset + (bytes.len() - rest.len()) as u64;
        let next = block(rest, at)?;
        if next.unpacked == 0 || next.unpacked > plausible(next.codec, next.packed.len()) {
            let detail = format!(
                "a block of {} bytes claims to unpack to {}",
                next.packed.len(),
                next.unpacked
            );
            return Err(Fault::damaged(at, detail));
        }
        sum += next.unpacked;
        rest = next.rest;
    }
    if sum != length || !rest.is_empty() {
        let detail = format!(
            "blocks unpack to {sum} bytes and leave {}, the key says {length} and 0",
            rest.len()
        );
        return Err(Fault::damaged(offset, detail));
    }
    Ok(())
}

/// What came out must fill the target: a longer stream is an error of the decoder, a shorter one is found here.
fn all_of(
    result: Result<usize, libdeflater::DecompressionError>,
    length: usize,
) -> Result<(), String> {
    match result {
        Ok(written) if written == length => Ok(()),
        Ok(written) => Err(format!("{written} bytes came out, {length} were announced")),
        Err(error) => Err(error.to_string()),
    }
}

fn lz4(packed: &[u8], target: &mut [u8]) -> Result<(), String> {
    let Some((checksum, block)) = packed.split_first_chunk::<8>() else {
        return Err("it is too short for its checksum".to_owned());
    };
    let (stored, found) = (u64::from_be_bytes(*checksum), twox_hash::XxHash64::oneshot(0, block));
    if stored != found {
        return Err(format!("checksum {found:#018x}, stored {stored:#018x}"));
    }
    let written =
        lz4_flex::block::decompress_into(block, target).map_err(|error| error.to_string())?;
    if written == target.len() {
        Ok(())
    } else {
        Err(format!("{written} bytes came out, {} were announced", target.len()))
    }
}

fn zstd(packed: &[u8], target: &mut [u8]) -> Result<(), String> {
    let decoder =
        ruzstd::decoding::StreamingDecoder::new(packed).map_err(|error| error.to_string())?;
    exact(decoder, target)
}

/// Fills `target` and demands that nothing follows.
fn exact(mut stream: impl io::Read, target: &mut [u8]) -> Result<(), String> {
    stream.read_exact(target).map_err(|error| error.to_string())?;
    match stream.by_ref().take(1).read_to_end(&mut Vec::new()) {
        Ok(0) => Ok(()),
        Ok(_) => Err(format!("more than the announced {} bytes come out", target.len())),
        Err(error) => Err(error.to_string()),
    }
}
