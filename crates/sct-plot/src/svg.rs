//! The little SVG that the chart library does not draw: shapes with tooltips.

use std::fmt::{Display, Write as _};

/// Ink of text.
pub(crate) const INK: &str = "#1b2430";
/// Secondary text and frames.
pub(crate) const FAINT: &str = "#5b6675";

/// Where a text is anchored.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A document under construction.
#[derive(Debug)]
pub(crate) struct Svg {
    text: String,
}

impl Svg {
    /// An empty document with a light background and a title at the top left.
    pub(crate) fn new(width: u32, height: u32, title: &str) -> Self {
        Self::with_role(width, height, title, "img")
    }

    /// The same with parts that a reader may follow: what has the role of an image hides them.
    pub(crate) fn with_links(width: u32, height: u32, title: &str) -> Self {
        Self::with_role(width, height, title, "group")
    }

    fn with_role(width: u32, height: u32, title: &str, role: &str) -> Self {
        let label = escape(title);
        let text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"{role}\" aria-label=\"{label}\" font-family=\"sans-serif\">\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
        );
        let mut svg = Self { text };
        svg.label(24.0, 32.0, 20, Anchor::Start, INK, title);
        svg
    }

    /// Text on one line.
    pub(crate) fn label(
        &mut self,
        x: f64,
        y: f64,
        size: u32,
        anchor: Anchor,
        fill: &str,
        text: &str,
    ) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escape(text);
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{fill}\">{text}</text>\n"
        ));
    }

    /// Text turned to read upwards, centred on its place.
    pub(crate) fn upward_label(&mut self, x: f64, y: f64, size: u32, text: &str) {
        let text = escape(text);
        self.add(format_args!(
            "<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" font-size=\"{size}\" text-anchor=\"middle\" fill=\"{FAINT}\">{text}</text>\n"
        ));
    }

    /// Opens a group of shapes of one colour.
    pub(crate) fn open(&mut self, fill: &str) {
        self.add(format_args!("<g fill=\"{fill}\" stroke=\"#ffffff\" stroke-width=\"0.5\">\n"));
    }

    /// Closes the group.
    pub(crate) fn close(&mut self) {
        self.text.push_str("</g>\n");
    }

    /// A shape that shows `tip` under the mouse.
    pub(crate) fn shape(&mut self, path: &str, tip: &str) {
        let tip = escape(tip);
        self.add(format_args!("<path d=\"{path}\"><title>{tip}</title></path>\n"));
    }

    /// The same, and a link. Pages with thousands of them are no place to step through by keyboard: they have lists.
    pub(crate) fn linked_shape(&mut self, path: &str, tip: &str, address: &str) {
        let (tip, address) = (escape(tip), escape(address));
        self.add(format_args!(
            "<a href=\"{address}\" tabindex=\"-1\"><path d=\"{path}\"><title>{tip}</title></path></a>\n"
        ));
    }

    /// Anything else.
    pub(crate) fn add(&mut self, element: impl Display) {
        write!(self.text, "{element}").expect("writing to a string does not fail");
    }

    /// The document.
    pub(crate) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }
}

/// Text as SVG wants it; characters that XML does not know are left out.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(' '),
            other if other.is_control() || matches!(other, '\u{FFFE}' | '\u{FFFF}') => {}
            other => escaped.push(other),
        }
    }
    escaped
}

/// Path of a closed polygon, in tenths of a pixel: as short as SVG allows.
pub(crate) fn polygon(corners: &[(f64, f64)]) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "pixels of a page")]
    let tenths = |value: f64| (10.0 * value).round() as i64;
    let mut path = String::new();
    let mut last = None;
    for &(x, y) in corners {
        let (x, y) = (tenths(x), tenths(y));
        let (command, dx, dy) = match last {
            None => ("M", x, y),
            Some((x0, y0)) => ("l", x - x0, y - y0),
        };
        last = Some((x, y));
        // After one "l" more pairs may follow without it.
        let separator = if command == "l" && path.contains('l') { " " } else { command };
        path.push_str(separator);
        path.push_str(&tenth(dx));
        if dy >= 0 {
            path.push(' ');
        }
        path.push_str(&tenth(dy));
    }
    path.push('z');
    path
}

/// A number of tenths without zeros that say nothing: `1.5`, `-.3`, `7`.
fn tenth(tenths: i64) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, part) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    match (whole, part) {
        (whole, 0) => format!("{sign}{whole}"),
        (0, part) => format!("{sign}.{part}"),
        (whole, part) => format!("{sign}{whole}.{part}"),
    }
}

/// Path of an annular sector that is narrow enough to be drawn with straight lines: radii in pixels, angles in radians,
/// counter-clockwise from the right.
pub(crate) fn sector(centre: (f64, f64), radii: (f64, f64), angles: (f64, f64)) -> String {
    // The page's y axis points down.
    let at = |radius: f64, angle: f64| {
        (centre.0 + radius * angle.cos(), centre.1 - radius * angle.sin())
    };
    let ((inner, outer), (first, last)) = (radii, angles);
    polygon(&[at(outer, first), at(outer, last), at(inner, last), at(inner, first)])
}

/// Path of a whole ring.
pub(crate) fn ring((x, y): (f64, f64), (inner, outer): (f64, f64)) -> String {
    let circle = |radius: f64, sweep: u8| {
        let (left, right) = (x - radius, x + radius);
        let half = format!("A{radius} {radius} 0 1 {sweep} ");
        format!("M{right} {y}{half}{left} {y}{half}{right} {y}z")
    };
    // The inner circle runs the other way, which leaves it open.
    circle(outer, 0) + &circle(inner, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_control_characters_are_harmless() {
        assert_eq!(escape("a<b & \"c\"\u{1}\u{FFFF}'"), "a&lt;b &amp; &quot;c&quot;&#39;");
    }

    #[test]
    fn a_sector_has_four_corners() {
        let path = sector((10.0, 10.0), (1.0, 2.04), (0.0, std::f64::consts::FRAC_PI_2));
        assert_eq!(path, "M12 10l-2-2 0 1 1 1z");
    }

    #[test]
    fn corners_are_short_and_do_not_drift() {
        assert_eq!(polygon(&[(0.26, -0.34), (0.5, 0.04), (0.64, 100.0)]), "M.3-.3l.2 .3 .1 100z");
        assert_eq!(tenth(-123), "-12.3");
    }

    #[test]
    fn a_ring_is_two_circles() {
        assert_eq!(
            ring((5.0, 5.0), (1.0, 2.0)),
            "M7 5A2 2 0 1 0 3 5A2 2 0 1 0 7 5zM6 5A1 1 0 1 1 4 5A1 1 0 1 1 6 5z"
        );
    }
}
