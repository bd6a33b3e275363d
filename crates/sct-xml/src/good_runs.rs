//! Good-runs lists: runs with the ranges of lumi blocks that count.
//!
//! Document type `LumiRangeCollection`; its content model is in `docs/formats/run-query.md`.

use std::{fmt::Write as _, path::Path};

use quick_xml::escape::escape;
use sct_id::RunNumber;

use crate::{
    Error,
    parse::{self, Element, Problem},
};

/// Address that names the document type. Nothing is fetched from it.
const DTD: &str = "http://atlas-runquery.cern.ch/LumiRangeCollection.dtd";
const VERSION: &str = "2.1";

/// A list of good lumi blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoodRuns {
    /// Name of the list.
    pub name: String,
    /// When it was made, for the comment; it is not read back.
    pub created: String,
    /// The question it answers.
    pub query: String,
    /// What made it.
    pub version: String,
    /// Events of the physics streams.
    pub streams: Vec<GoodStream>,
    /// Runs, newest first.
    pub runs: Vec<GoodRun>,
}

/// Events of a stream over all runs of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoodStream {
    /// `type_name`.
    pub name: String,
    /// All events.
    pub total: u64,
    /// Those in good lumi blocks.
    pub selected: u64,
}

/// Good lumi blocks of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoodRun {
    /// The run.
    pub run: RunNumber,
    /// First and last lumi block of each range.
    pub ranges: Vec<(u32, u32)>,
}

impl GoodRuns {
    /// The text of the file. The random prescales of the trigger are not known here: the attributes `Cut0` to `Cut3` are 0,
    /// as the original writes them then.
    pub fn to_xml(&self) -> String {
        let text = |text: &str| escape(text).into_owned();
        // A comment must not hold two dashes.
        let created = self.created.replace("--", "-");
        let run_list: Vec<String> = self.runs.iter().map(|run| run.run.to_string()).collect();
        let mut xml = format!(
            "<?xml version=\"1.0\" ?>\n<!DOCTYPE LumiRangeCollection SYSTEM '{DTD}'>\n\
             <!-- Good-runs-list created by {} on {created} -->\n<LumiRangeCollection>\n   <NamedLumiRange>\n      \
             <Name>{}</Name>\n      <Version>{VERSION}</Version>\n      <Metadata Name=\"Query\">{}</Metadata>\n      \
             <Metadata Name=\"RQTSVNVersion\">{}</Metadata>\n      <Metadata Name=\"RunList\">{}</Metadata>\n",
            text(&self.version.replace("--", "-")),
            text(&self.name),
            text(&self.query),
            text(&self.version),
            run_list.join(",")
        );
        // Writing to a string cannot fail.
        if self.streams.is_empty() {
            xml.push_str("      <Metadata Name=\"StreamListInfo\"/>\n");
        } else {
            xml.push_str("      <Metadata Name=\"StreamListInfo\">\n");
            for GoodStream { name, total, selected } in &self.streams {
                let name = text(name);
                let _ = writeln!(
                    xml,
                    "         <Stream Name=\"{name}\" TotalNumOfEvents=\"{total}\" NumOfSelectedEvents=\"{selected}\"/>"
                );
            }
            xml.push_str("      </Metadata>\n");
        }
        for GoodRun { run, ranges } in &self.runs {
            let _ = writeln!(
                xml,
                "      <LumiBlockCollection>\n         <Run Cut0=\"0\" Cut1=\"0\" Cut2=\"0\" Cut3=\"0\">{run}</Run>"
            );
            for (first, last) in ranges {
                let _ = writeln!(xml, "         <LBRange Start=\"{first}\" End=\"{last}\"/>");
            }
            xml.push_str("      </LumiBlockCollection>\n");
        }
        xml.push_str("   </NamedLumiRange>\n</LumiRangeCollection>\n");
        xml
    }

    /// Reads a file, with its content checked against the document type.
    ///
    /// # Errors
    ///
    /// [`Error`] with file and line.
    pub fn read(path: &Path) -> Result<Self, Error> {
        parse::file(path, "LumiRangeCollection", from_root)
    }
}

fn from_root(root: &Element) -> Result<GoodRuns, Problem> {
    let [range] = &root.children[..] else {
        return Err(
            root.problem(format!("{} children, expected one NamedLumiRange", root.children.len()))
        );
    };
    // (Name?, Version?, Metadata*, LumiBlockCollection*)
    let order = ["Name", "Version", "Metadata", "LumiBlockCollection"];
    let mut reached = 0;
    let mut list = GoodRuns::default();
    if !range.is("NamedLumiRange") {
        return Err(range.problem(format!("<{}>, expected <NamedLumiRange>", range.name)));
    }
    for child in &range.children {
        let place = order.iter().position(|name| child.is(name));
        let place = place.filter(|place| {
            *place > reached || (*place == reached && (*place > 1 || list.name.is_empty()))
        });
        let Some(place) = place else {
            return Err(child.problem(format!("<{}> cannot stand here", child.name)));
        };
        reached = place;
        match &*child.name {
            "Name" => list.name.clone_from(&child.text),
            "Version" => {}
            "Metadata" => metadata(&mut list, child)?,
            _ => list.runs.push(run(child)?),
        }
    }
    Ok(list)
}

fn metadata(list: &mut GoodRuns, element: &Element) -> Result<(), Problem> {
    match element.attribute("Name")? {
        "Query" => list.query.clone_from(&element.text),
        "RQTSVNVersion" => list.version.clone_from(&element.text),
        _ => {}
    }
    for stream in &element.children {
        if !stream.is("Stream") {
            return Err(stream.problem(format!("<{}>, expected <Stream>", stream.name)));
        }
        list.streams.push(GoodStream {
            name: stream.attribute("Name")?.to_owned(),
            total: number(stream, "TotalNumOfEvents")?,
            selected: number(stream, "NumOfSelectedEvents")?,
        });
    }
    Ok(())
}

/// `(Run, LBRange*)`
fn run(element: &Element) -> Result<GoodRun, Problem> {
    let Some((run, ranges)) = element.children.split_first().filter(|(run, _)| run.is("Run"))
    else {
        return Err(element.problem("it does not begin with <Run>"));
    };
    let number_of_run = run.text.trim().parse().map_err(|error: String| run.problem(error))?;
    let range = |range: &Element| {
        if !range.is("LBRange") {
            return Err(range.problem(format!("<{}>, expected <LBRange>", range.name)));
        }
        let first = number(range, "Start")?;
        // Without an end the range has one lumi block.
        let last = if range.find("End").is_some() { number(range, "End")? } else { first };
        Ok((first, last))
    };
    Ok(GoodRun { run: number_of_run, ranges: ranges.iter().map(range).collect::<Result<_, _>>()? })
}

fn number<T: std::str::FromStr>(element: &Element, name: &str) -> Result<T, Problem> {
    let text = element.attribute(name)?;
    text.parse().map_err(|_| element.problem(format!("{name} is '{text}'")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> GoodRuns {
        let run = |run, ranges: &[(u32, u32)]| GoodRun {
            run: RunNumber::new(run).unwrap(),
            ranges: ranges.to_vec(),
        };
        GoodRuns {
            name: "MyLBCollection".to_owned(),
            created: "2026-11-24 12:00:00".to_owned(),
            query: "find streams *calibration_SCTNoise 10000+ and lhc stablebeams TRUE".to_owned(),
            version: "sct-run 0".to_owned(),
            streams: vec![GoodStream {
                name: "physics_Main".to_owned(),
                total: 11_000_000,
                selected: 8_200_000,
            }],
            runs: vec![run(267_367, &[(95, 380)]), run(267_330, &[(1, 3), (7, 7)])],
        }
    }

    #[test]
    fn the_text_is_that_of_the_original() {
        insta::assert_snapshot!(list().to_xml());
    }

    #[test]
    fn lists_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.xml");
        for list in [list(), GoodRuns { query: "a < b & c".to_owned(), ..GoodRuns::default() }] {
            std::fs::write(&path, list.to_xml()).unwrap();
            assert_eq!(GoodRuns::read(&path).unwrap(), GoodRuns { created: String::new(), ..list });
        }
    }

    #[test]
    fn other_structures_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.xml");
        let good = list().to_xml();
        for (from, to) in [
            ("<Run Cut0", "<LBRange Start=\"1\"/><Run Cut0"),
            ("<Version>", "<Metadata Name=\"x\"/><Version>"),
            ("LBRange Start", "LBRange Begin"),
            ("267367</Run>", "many</Run>"),
            ("<Stream ", "<Streams "),
        ] {
            std::fs::write(&path, good.replacen(from, to, 1)).unwrap();
            assert!(GoodRuns::read(&path).is_err(), "{from} to {to}");
        }
    }
}
