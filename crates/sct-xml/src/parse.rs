//! Elements of an XML text, with their lines.

use std::{collections::HashSet, fs, path::Path, rc::Rc};

use quick_xml::{Reader, events::Event};

use crate::Error;

/// A problem at a byte of the text.
pub(crate) struct Problem {
    pub(crate) at: usize,
    pub(crate) what: String,
}

/// An element with its attributes, text and children.
#[derive(Clone, Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: Rc<str>,
    attributes: Vec<(Rc<str>, Rc<str>)>,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
    pub(crate) at: usize,
}

/// Elements nest no deeper in any file of the loop.
const DEEPEST: usize = 16;

impl Element {
    pub(crate) fn problem(&self, what: impl Into<String>) -> Problem {
        Problem { at: self.at, what: what.into() }
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        *self.name == *name
    }

    /// An attribute, when it has it.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(found, _)| **found == *name);
        found.map(|(_, value)| &**value)
    }

    pub(crate) fn attribute(&self, name: &str) -> Result<&str, Problem> {
        let found = self.find(name);
        found.ok_or_else(|| self.problem(format!("<{}> has no attribute {name}", self.name)))
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.is(name))
    }

    /// The text of `<value name="...">`.
    pub(crate) fn value(&self, name: &str) -> Result<&str, Problem> {
        self.value_in("value", name)
    }

    /// The text of `<tag name="...">`.
    fn value_in(&self, tag: &str, name: &str) -> Result<&str, Problem> {
        let named = |child: &&Self| child.is(tag) && child.find("name") == Some(name);
        let found = self.children.iter().find(named).map(|child| child.text.as_str());
        found.ok_or_else(|| self.problem(format!("<{}> has no {tag} {name}", self.name)))
    }

    /// The same as a number or anything else that is parsed.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, name: &str) -> Result<T, Problem> {
        self.parsed_in("value", name)
    }

    /// The same for any tag.
    pub(crate) fn parsed_in<T: std::str::FromStr>(
        &self,
        tag: &str,
        name: &str,
    ) -> Result<T, Problem> {
        let text = self.value_in(tag, name)?;
        text.trim().parse().map_err(|_| self.problem(format!("{tag} {name} is '{}'", short(text))))
    }
}

/// A text cut for a message.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Reads a file and hands its root element, which must be `root`, to `read`.
pub(crate) fn file<T>(
    path: &Path,
    root: &str,
    read: impl FnOnce(&Element) -> Result<T, Problem>,
) -> Result<T, Error> {
    let bytes = fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    text(&path.display().to_string(), &bytes, root, read)
}

/// The same without the children of the root that are not among `kept`: long lists are walked over, not kept.
pub(crate) fn part_of_file<T>(
    path: &Path,
    root: &str,
    kept: &[&str],
    read: impl FnOnce(&Element) -> Result<T, Problem>,
) -> Result<T, Error> {
    let bytes = fs::read(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    read_tree(&path.display().to_string(), &bytes, root, Some(kept), read)
}

/// The same for bytes in memory.
pub(crate) fn text<T>(
    name: &str,
    bytes: &[u8],
    root: &str,
    read: impl FnOnce(&Element) -> Result<T, Problem>,
) -> Result<T, Error> {
    read_tree(name, bytes, root, None, read)
}

fn read_tree<T>(
    name: &str,
    bytes: &[u8],
    root: &str,
    kept: Option<&[&str]>,
    read: impl FnOnce(&Element) -> Result<T, Problem>,
) -> Result<T, Error> {
    let found = tree(bytes, kept).and_then(|element| {
        if element.is(root) {
            read(&element)
        } else {
            Err(element.problem(format!(
                "the outermost element is <{}>, expected <{root}>",
                short(&element.name)
            )))
        }
    });
    found.map_err(|Problem { at, what }| {
        let line = 1 + bytes.iter().take(at).filter(|&&byte| byte == b'\n').count();
        Error::Content { file: name.to_owned(), line, what }
    })
}

fn tree(bytes: &[u8], kept: Option<&[&str]>) -> Result<Element, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| Problem {
        at: error.valid_up_to(),
        what: "the text is not UTF-8".to_owned(),
    })?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut words = Words::default();
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let problem = |what: String| Problem { at, what };
        let event = reader.read_event().map_err(|error| problem(error.to_string()))?;
        let closed = match event {
            Event::Start(tag)
                if open.len() == 1 && kept.is_some_and(|kept| !kept.contains(&tag.name().0)) =>
            {
                reader.read_to_end(tag.name()).map_err(|error| problem(error.to_string()))?;
                None
            }
            Event::Start(tag) => {
                if open.len() >= DEEPEST {
                    return Err(problem(format!("elements nest deeper than {DEEPEST}")));
                }
                open.push(words.element(&tag, at)?);
                None
            }
            Event::Empty(tag) => Some(words.element(&tag, at)?),
            Event::End(_) => open.pop(),
            Event::Text(content) => {
                append(&mut open, &content);
                None
            }
            Event::GeneralRef(reference) => {
                let name: &str = &reference;
                append(
                    &mut open,
                    &entity(name).ok_or_else(|| problem(format!("unknown entity &{name};")))?,
                );
                None
            }
            Event::CData(content) => {
                append(&mut open, &content);
                None
            }
            Event::Eof => {
                return Err(problem("the text ends before its outermost element does".to_owned()));
            }
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_) => None,
        };
        if let Some(element) = closed {
            match open.last_mut() {
                Some(parent) => parent.children.push(element),
                None => return Ok(element),
            }
        }
    }
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

/// The five entities of XML and characters by number.
fn entity(name: &str) -> Option<String> {
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let number = match number.strip_prefix('x') {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(number)?
        }
    };
    Some(character.to_string())
}

/// Names and values of attributes. The same few stand in a hundred thousand elements of the long lists, and are kept once.
#[derive(Default)]
struct Words(HashSet<Rc<str>>);

impl Words {
    fn word(&mut self, text: &str) -> Rc<str> {
        if let Some(known) = self.0.get(text) {
            return Rc::clone(known);
        }
        let word: Rc<str> = text.into();
        self.0.insert(Rc::clone(&word));
        word
    }

    fn element(
        &mut self,
        tag: &quick_xml::events::BytesStart<'_>,
        at: usize,
    ) -> Result<Element, Problem> {
        let problem = |what: String| Problem { at, what };
        let name = self.word(tag.name().as_ref());
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| problem(error.to_string()))?;
            let key = self.word(attribute.key.as_ref());
            let value = quick_xml::escape::unescape(&attribute.value)
                .map_err(|error| problem(error.to_string()))?;
            // Most elements have one.
            attributes.reserve_exact(1);
            attributes.push((key, self.word(&value)));
        }
        Ok(Element { name, attributes, at, ..Element::default() })
    }
}
