//! Stream tags: which streams an event belongs to.

use crate::Words;

/// The tags of an event, each as the text that was stored. The syntax inside one tag is not public; none of it is
/// needed here, so that it is left as it is.
#[derive(Clone, Copy, Debug)]
pub struct StreamTags<'a>(Words<'a>);

impl<'a> StreamTags<'a> {
    pub(super) const fn new(words: Words<'a>) -> Self {
        Self(words)
    }

    /// The tags in order: bytes between NUL bytes, empty ones left out.
    pub fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        self.0.bytes().split(|&byte| byte == 0).filter(|tag| !tag.is_empty())
    }

    /// All words, as stored.
    pub const fn words(self) -> Words<'a> {
        self.0
    }
}

/// The words of some tags: each ends with a NUL byte, the last word is filled up with them.
pub fn pack_tags<'t>(tags: impl IntoIterator<Item = &'t [u8]>) -> Vec<u32> {
    let mut bytes = Vec::new();
    for tag in tags {
        bytes.extend_from_slice(tag);
        bytes.push(0);
    }
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    Words::of(&bytes).iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::put;

    #[test]
    fn tags_come_back() {
        for tags in [&[][..], &[&b"SCTNoise"[..]], &[b"abc", b"defg", b"x"]] {
            let mut bytes = Vec::new();
            put(&mut bytes, pack_tags(tags.iter().copied()));
            let found: Vec<_> = StreamTags::new(Words::of(&bytes)).iter().collect();
            assert_eq!(found, tags);
        }
    }
}
