//! What is wrong with a query: the place in the text, and what was perhaps meant.

use std::{fmt, ops::Range};

/// A query that cannot be read. Shows the text with the word underlined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Option and its value, or the sentence.
    pub text: String,
    /// Bytes of the word in [`Complaint::text`].
    pub word: Range<usize>,
    /// What is wrong with it.
    pub what: String,
    /// What was perhaps meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if let Some(suggestion) = &self.suggestion {
            write!(f, "; did you mean {suggestion}?")?;
        }
        let before = self.text[..self.word.start].chars().count();
        let width = self.text[self.word.clone()].chars().count().max(1);
        write!(f, "\n  {}\n  {:before$}{}", self.text, "", "^".repeat(width))
    }
}

impl std::error::Error for Complaint {}

/// A piece of a query that knows where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    whole: &'a str,
    start: usize,
    end: usize,
}

impl<'a> Piece<'a> {
    /// A part of a text.
    pub(crate) fn new(whole: &'a str, range: Range<usize>) -> Self {
        Self { whole, start: range.start, end: range.end }
    }

    pub(crate) fn text(self) -> &'a str {
        &self.whole[self.start..self.end]
    }

    /// Without blanks on either side.
    pub(crate) fn trim(self) -> Self {
        let text = self.text();
        let start = self.start + (text.len() - text.trim_start().len());
        Self { start, end: start + text.trim().len(), ..self }
    }

    /// The piece up to and from a byte of it.
    pub(crate) fn split_at(self, at: usize) -> (Self, Self) {
        let middle = self.start + at;
        (Self { end: middle, ..self }, Self { start: middle, ..self })
    }

    /// Pieces between separators, trimmed.
    pub(crate) fn split(self, separator: char) -> Vec<Self> {
        let mut pieces = Vec::new();
        let mut rest = self;
        while let Some(at) = rest.text().find(separator) {
            let (piece, after) = rest.split_at(at);
            pieces.push(piece.trim());
            rest = after.split_at(separator.len_utf8()).1;
        }
        pieces.push(rest.trim());
        pieces
    }

    /// Words between blanks.
    pub(crate) fn words(self) -> Vec<Self> {
        let mut words = Vec::new();
        let mut rest = self.trim();
        while !rest.text().is_empty() {
            let at = rest.text().find(char::is_whitespace).unwrap_or(rest.text().len());
            let (word, after) = rest.split_at(at);
            words.push(word);
            rest = after.trim();
        }
        words
    }

    /// From the start of this piece to the end of another one of the same text.
    pub(crate) fn to(self, other: Self) -> Self {
        Self { end: other.end, ..self }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }

    pub(crate) fn complain(self, what: impl Into<String>) -> Complaint {
        Complaint {
            text: self.whole.to_owned(),
            word: self.start..self.end,
            what: what.into(),
            suggestion: None,
        }
    }

    /// The same, with the nearest of the words that would have been right.
    pub(crate) fn complain_of<'k>(
        self,
        what: impl Into<String>,
        known: impl Iterator<Item = &'k str>,
    ) -> Complaint {
        let wrong = self.text().to_lowercase();
        let distance = |name: &&str| strsim::damerau_levenshtein(&wrong, &name.to_lowercase());
        let nearest =
            known.min_by_key(distance).filter(|name| distance(name) <= 1 + name.len() / 4);
        Complaint { suggestion: nearest.map(str::to_owned), ..self.complain(what) }
    }
}
