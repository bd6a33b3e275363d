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
        let label = escape(title);
        let text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{label}\" font-family=\"sans-serif\">\n\
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

/// Path of an annular sector: radii in pixels, angles in radians, counter-clockwise from the right.
pub(crate) fn sector(centre: (f64, f64), radii: (f64, f64), angles: (f64, f64)) -> String {
    let at = |radius: f64, angle: f64| {
        // The page's y axis points down.
        format!("{:.1} {:.1}", centre.0 + radius * angle.cos(), centre.1 - radius * angle.sin())
    };
    let ((inner, outer), (first, last)) = (radii, angles);
    let (a, b, c, d) = (at(outer, first), at(outer, last), at(inner, last), at(inner, first));
    format!("M{a}A{outer:.1} {outer:.1} 0 0 0 {b}L{c}A{inner:.1} {inner:.1} 0 0 1 {d}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_control_characters_are_harmless() {
        assert_eq!(escape("a<b & \"c\"\u{1}\u{FFFF}'"), "a&lt;b &amp; &quot;c&quot;&#39;");
    }

    #[test]
    fn a_quarter_ring_has_four_corners() {
        let path = sector((0.0, 0.0), (1.0, 2.0), (0.0, std::f64::consts::FRAC_PI_2));
        assert_eq!(path, "M2.0 0.0A2.0 2.0 0 0 0 0.0 -2.0L0.0 -1.0A1.0 1.0 0 0 1 1.0 0.0Z");
    }
}
