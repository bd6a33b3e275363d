//! Any summary of a run, whatever its task: values by name, and values of parts of the detector.

use std::{collections::BTreeMap, path::Path};

use sct_id::RunNumber;

use crate::{
    Error,
    parse::{self, Element, Problem},
};

/// Most bytes of a summary; that of a full detector has three million.
const LARGEST: u64 = 64 << 20;

/// What a summary says, without its lists.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSummary {
    /// Run.
    pub run: RunNumber,
    /// Text of every `<value name="...">` of the run, by name.
    pub values: BTreeMap<String, String>,
    /// Every `<parts>` of its `<data>`.
    pub parts: Vec<RunPart>,
}

/// Values of a part of the detector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunPart {
    /// What names the part: `part`, `layer`, `eta`, `Side`, `Module`, as far as they are there.
    pub place: BTreeMap<String, String>,
    /// Numbers by name.
    pub values: BTreeMap<String, f64>,
}

/// Values that name a part, and are no results.
const PLACE: [&str; 5] = ["part", "layer", "eta", "Side", "Module"];

impl RunSummary {
    /// Reads a summary.
    ///
    /// # Errors
    ///
    /// [`Error`] with file and line.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let size = std::fs::metadata(path).map(|metadata| metadata.len());
        let size = size.map_err(|source| Error::Io { path: path.to_owned(), source })?;
        if size > LARGEST {
            let what = format!("it has {size} bytes, a summary has {LARGEST} at most");
            return Err(Error::Content { file: path.display().to_string(), line: 1, what });
        }
        parse::part_of_file(path, "run", &["value", "data"], Self::from_element)
    }

    fn from_element(root: &Element) -> Result<Self, Problem> {
        let data = root.all("data").flat_map(|data| data.all("parts"));
        Ok(Self {
            run: root.parsed("RunNumber")?,
            values: texts(root),
            parts: data.map(part).collect::<Result<_, _>>()?,
        })
    }
}

fn texts(element: &Element) -> BTreeMap<String, String> {
    let named = |child: &Element| {
        let name = child.find("name")?.to_owned();
        Some((name, child.text.trim().to_owned()))
    };
    element.all("value").filter_map(named).collect()
}

fn part(element: &Element) -> Result<RunPart, Problem> {
    let mut part = RunPart::default();
    for (name, text) in texts(element) {
        if PLACE.contains(&name.as_str()) {
            part.place.insert(name, text);
        } else {
            let number = text.parse().map_err(|_| {
                element.problem(format!("value {name} is '{}'", parse::short(&text)))
            })?;
            part.values.insert(name, number);
        }
    }
    Ok(part)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(text: &str) -> Result<RunSummary, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.xml");
        fs::write(&path, text).unwrap();
        let file = path.display().to_string();
        RunSummary::read(&path).map_err(|error| error.to_string().replace(&file, "s.xml"))
    }

    #[test]
    fn values_and_parts_by_name() {
        let summary = read(
            "<run>\n<value name=\"RunNumber\">5</value><value name=\"Flag\"> G </value><data><parts>\
             <value name=\"part\">Barrel</value><value name=\"layer\">2</value><value name=\"meanNO\">1.5e-5</value></parts></data></run>",
        )
        .unwrap();
        assert_eq!((summary.run.to_u32(), summary.values["Flag"].as_str()), (5, "G"));
        let part = &summary.parts[0];
        assert_eq!((part.place["layer"].as_str(), part.values["meanNO"]), ("2", 1.5e-5));
    }

    #[test]
    fn what_is_damaged_is_named() {
        assert_eq!(read("<run></run>").unwrap_err(), "s.xml: line 1: <run> has no value RunNumber");
        let text = "<run><value name=\"RunNumber\">5</value>\n<data><parts><value name=\"x\">?</value></parts></data></run>";
        assert_eq!(read(text).unwrap_err(), "s.xml: line 2: value x is '?'");
        for half in ["", "<modules><module><value name=\"x\">1"] {
            let text = format!("<run><value name=\"RunNumber\">5</value>{half}");
            assert!(read(&text).is_err(), "{half}");
        }
        assert!(
            read("<run><value name=\"RunNumber\">5</value>").unwrap_err().contains("ends before")
        );
    }

    #[test]
    fn lists_are_walked_over() {
        let list = "<modules><module><value name=\"RunNumber\">7</value></module></modules>";
        let text = format!("<run>{list}<value name=\"RunNumber\">5</value>{list}</run>");
        let summary = read(&text).unwrap();
        assert_eq!(summary.run.to_u32(), 5);
        assert_eq!(summary.values.len(), 1);
    }
}
