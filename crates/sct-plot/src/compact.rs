//! Pictures made smaller for pages that hold many of them.

use std::fmt::Write as _;

/// Groups with more shapes than this lose what they show under the mouse.
const MOST_TIPS: usize = 60;

/// A picture of this crate that looks almost the same and takes less room: neighbouring bars and dashes of one style become one
/// path, and so do the shapes of one colour when they are many. Few shapes of a colour, which are what one looks for, keep
/// their tooltips.
pub fn compact(svg: &str) -> String {
    let mut out = String::with_capacity(svg.len() / 2);
    let mut lines = svg.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(first) = Element::parse(line) {
            let mut run = vec![first];
            while let Some(next) = lines.peek().and_then(|line| Element::parse(line)) {
                if !next.joins(&run[0]) {
                    break;
                }
                run.push(next);
                lines.next();
            }
            write_run(&mut out, &run);
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// An element that can be part of a path.
#[derive(Debug, PartialEq)]
struct Element<'a> {
    line: &'a str,
    kind: Kind,
    /// Attributes that say how it looks.
    style: &'a str,
    path: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Bar,
    Line,
    /// With a tooltip.
    Shape,
}

impl<'a> Element<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        Self::shape(line).or_else(|| Self::bar(line)).or_else(|| Self::line(line))
    }

    fn shape(line: &'a str) -> Option<Self> {
        let (path, rest) = line.strip_prefix("<path d=\"")?.split_once("\"><title>")?;
        let path = path.to_owned();
        rest.ends_with("</title></path>").then_some(Self {
            line,
            kind: Kind::Shape,
            style: "",
            path,
        })
    }

    fn bar(line: &'a str) -> Option<Self> {
        let mut rest = line.strip_prefix("<rect ")?.strip_suffix("/>")?;
        let mut numbers = [""; 4];
        for (name, number) in ["x", "y", "width", "height"].into_iter().zip(&mut numbers) {
            let value = rest.strip_prefix(name)?.strip_prefix("=\"")?;
            (*number, rest) = value.split_once("\" ")?;
            // A minus sign would spoil the way back.
            if !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
                return None;
            }
        }
        let [x, y, width, height] = numbers;
        let path = format!("M{x} {y}h{width}v{height}h-{width}z");
        Some(Self { line, kind: Kind::Bar, style: rest, path })
    }

    fn line(line: &'a str) -> Option<Self> {
        let rest = line.strip_prefix("<polyline ")?;
        let (style, points) = rest.strip_suffix("\"/>")?.split_once(" points=\"")?;
        Some(Self { line, kind: Kind::Line, style, path: format!("M{}", points.trim()) })
    }

    fn joins(&self, other: &Self) -> bool {
        (self.kind, self.style) == (other.kind, other.style)
    }
}

fn write_run(out: &mut String, run: &[Element<'_>]) {
    let first = &run[0];
    let most = if first.kind == Kind::Shape { MOST_TIPS } else { 1 };
    if run.len() <= most {
        out.extend(run.iter().flat_map(|element| [element.line, "\n"]));
        return;
    }
    let paths: String = run.iter().map(|element| element.path.as_str()).collect();
    let blank = if first.style.is_empty() { "" } else { " " };
    writeln!(out, "<path{blank}{} d=\"{paths}\"/>", first.style)
        .expect("writing to a string does not fail");
}

#[cfg(test)]
mod tests {
    use sct_id::ModuleHash;

    use super::*;
    use crate::{Scale, detector_map};

    fn check(svg: &str, expected: &str) {
        assert_eq!(compact(svg), expected);
    }

    #[test]
    fn neighbours_of_one_style_become_one_path() {
        check(
            "<svg>\n<rect x=\"1\" y=\"2\" width=\"3\" height=\"4.5\" fill=\"a\"/>\n\
             <rect x=\"4\" y=\"2\" width=\"3\" height=\"5\" fill=\"a\"/>\n\
             <rect x=\"7\" y=\"2\" width=\"3\" height=\"5\" fill=\"b\"/>\n</svg>\n",
            "<svg>\n<path fill=\"a\" d=\"M1 2h3v4.5h-3zM4 2h3v5h-3z\"/>\n\
             <rect x=\"7\" y=\"2\" width=\"3\" height=\"5\" fill=\"b\"/>\n</svg>\n",
        );
        check(
            "<polyline fill=\"none\" points=\"1,2 3,4 \"/>\n<polyline fill=\"none\" points=\"5,6 7,8 \"/>\n",
            "<path fill=\"none\" d=\"M1,2 3,4M5,6 7,8\"/>\n",
        );
    }

    #[test]
    fn what_is_not_known_stays() {
        for line in
            ["<rect width=\"1\"/>", "<polyline/>", "<path d=\"M0 0\"/>", "text", "<rect x=\"1"]
        {
            check(&format!("{line}\n{line}\n"), &format!("{line}\n{line}\n"));
        }
        check(
            "<rect x=\"1\" y=\"2\" width=\"-3\" height=\"4\" a/>\n",
            "<rect x=\"1\" y=\"2\" width=\"-3\" height=\"4\" a/>\n",
        );
    }

    #[test]
    fn many_modules_of_a_colour_are_one_path_and_few_keep_their_tips() {
        let value = |module: ModuleHash| Some(if module.index() < 5 { 1e-3 } else { 1e-5 });
        let whole = detector_map("Map", value, Scale::Log, "value");
        let small = compact(&whole);
        assert_eq!(small.matches("<title>").count(), 5);
        assert!(small.len() < 180_000, "{}", small.len());
        // Nothing is lost: ground, few and many have the corners they had.
        let corners = |svg: &str| svg.matches('M').count();
        let tips = whole.matches("Map").count();
        assert_eq!(corners(&whole) - tips, corners(&small) - small.matches("Map").count());
    }
}
