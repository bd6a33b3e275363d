//! Free metadata strings of a file.

use sct_id::LumiBlock;

use super::Text;

/// The strings in the order of the file; those that mean nothing here are kept as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The strings, `key=value` as a rule.
    pub strings: Vec<Text>,
}

impl Metadata {
    /// The strings that the online writer makes, in its order, with the caller's own after the GUID. `stream` is type and
    /// name joined by `_`.
    pub fn online(
        guid: &str,
        own: impl IntoIterator<Item = Text>,
        stream: &str,
        project: &str,
        lumi_block: LumiBlock,
    ) -> Self {
        let mut strings = vec![Text::from(format!("GUID={guid}"))];
        strings.extend(own);
        strings.push(Text::from(format!("Stream={stream}")));
        strings.push(Text::from(format!("Project={project}")));
        strings.push(Text::from(format!("LumiBlock={lumi_block}")));
        Self { strings }
    }

    /// The value of the first string with this key: all that follows the first `=`.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.strings.iter().find_map(|text| text.value_of(key))
    }

    /// Identifier of the file; it must be the first string.
    pub fn guid(&self) -> Option<&str> {
        self.strings.first()?.value_of("GUID")
    }

    /// Stream, `type_name`.
    pub fn stream(&self) -> Option<&str> {
        self.value("Stream")
    }

    /// Project.
    pub fn project(&self) -> Option<&str> {
        self.value("Project")
    }

    /// Lumi block of the file; streams that do not follow lumi blocks have 0.
    pub fn lumi_block(&self) -> Option<LumiBlock> {
        self.value("LumiBlock")?.parse().ok().map(LumiBlock::new)
    }

    /// Whether each event block is a zlib stream. Other compressions were never used.
    pub fn is_compressed(&self) -> bool {
        self.value("Compression") == Some("zlib")
    }
}
