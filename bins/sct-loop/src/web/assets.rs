//! Files that belong to the program.

use axum::{
    extract::Path,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use super::failure;

/// Name, type and content.
const FILES: [(&str, &str, &str); 2] = [
    ("style.css", "text/css; charset=utf-8", include_str!("../../static/style.css")),
    ("icon.svg", "image/svg+xml", include_str!("../../static/icon.svg")),
];

pub(super) async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, ..)| *known == name) {
        Some(&(_, kind, content)) => {
            ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=3600")], content).into_response()
        }
        None => failure::nothing_here().await.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    type Palette = BTreeMap<String, [f64; 3]>;

    fn style() -> &'static str {
        super::FILES[0].2
    }

    /// The colours of a block of the style sheet that begins behind some text.
    fn palette(before: &str) -> Palette {
        let block = style().split_once(before).unwrap().1.split_once('}').unwrap().0;
        let colour = |line: &str| {
            let (name, value) = line.trim().strip_prefix("--")?.split_once(": #")?;
            let part = |at: usize| u8::from_str_radix(value.get(at..at + 2)?, 16).ok();
            let parts = [part(0)?, part(2)?, part(4)?];
            Some((name.to_owned(), parts.map(|part| f64::from(part) / 255.0)))
        };
        block.split(';').filter_map(colour).collect()
    }

    /// Relative luminance of WCAG 2.
    fn luminance(colour: [f64; 3]) -> f64 {
        let [red, green, blue] = colour.map(|part| {
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn contrasts_are_known() {
        let (black, white) = ([0.0; 3], [1.0; 3]);
        assert!((contrast(black, white) - 21.0).abs() < 1e-9);
        // #767676 on white is the classical limit of AA.
        let grey = [f64::from(0x76_u8) / 255.0; 3];
        assert!((contrast(grey, white) - 4.54).abs() < 0.01);
    }

    /// Texts hold the contrast AA, 4.5, on whatever they may stand, in light and dark and on paper.
    #[test]
    fn every_text_can_be_read() {
        let light = palette(":root {");
        for (name, before) in [
            ("light", ":root {"),
            ("dark", "@media (prefers-color-scheme: dark) {\n  :root {"),
            ("paper", "@media print {"),
        ] {
            let colours = palette(before);
            assert_eq!(colours.len(), 14, "{name}: {colours:?}");
            assert!(colours.keys().eq(light.keys()), "{name} has the colours of light");
            let check = |text: &str, ground: &str| {
                let contrast = contrast(colours[text], colours[ground]);
                assert!(contrast >= 4.5, "{text} on {ground} in {name}: {contrast:.2}");
            };
            let texts = ["ink", "faint", "accent", "green", "yellow", "red", "grey", "good-ink"];
            for text in texts {
                for ground in ["page", "soft", "warn-back"] {
                    check(text, ground);
                }
            }
            check("warn-ink", "warn-back");
            check("on-accent", "accent");
            check("page", "red");
        }
    }

    /// A colour outside the palette would be right in one mode only.
    #[test]
    fn colours_come_from_the_palette() {
        for line in style().lines().filter(|line| !line.trim_start().starts_with("--")) {
            // Pictures of detector maps are drawn on white in every mode.
            let is_picture = line.starts_with("figure svg");
            assert!(is_picture || !line.contains(": #") && !line.contains("rgb("), "{line}");
        }
    }
}
