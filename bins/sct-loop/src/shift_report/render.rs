//! A report as Markdown and as HTML. What comes from files and people stays text in both.

use super::Report;
use crate::tasks::time_text;

impl Report {
    fn title(&self) -> String {
        format!("Shift from {} to {} UTC", time_text(self.from), time_text(self.to))
    }

    /// Markdown.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("# {}\n", self.title());
        for section in &self.sections {
            text.push_str(&format!("\n## {}\n", section.title));
            if section.lines.is_empty() {
                text.push_str("none\n");
            }
            text.extend(section.lines.iter().map(|line| format!("- {}\n", plain(line))));
        }
        text
    }

    /// One HTML page that needs nothing else.
    pub fn to_html(&self) -> String {
        let title = escape(&self.title());
        let mut text = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
             content=\"width=device-width\">\n<title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n"
        );
        for section in &self.sections {
            text.push_str(&format!(
                "<section id=\"{}\">\n<h2>{}</h2>\n",
                section.name, section.title
            ));
            if section.lines.is_empty() {
                text.push_str("<p>none</p>\n");
            } else {
                text.push_str("<ul>\n");
                let lines = section.lines.iter().map(|line| format!("<li>{}</li>\n", escape(line)));
                text.extend(lines);
                text.push_str("</ul>\n");
            }
            text.push_str("</section>\n");
        }
        text.push_str("</body>\n</html>\n");
        text
    }
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A line of a list, with everything that Markdown would read as more than text behind a backslash.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    for c in line.chars() {
        if c.is_control() {
            plain.push(' ');
            continue;
        }
        if matches!(c, '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '#' | '|') {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}
