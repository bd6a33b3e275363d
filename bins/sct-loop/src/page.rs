//! One self-contained HTML page about some runs: stored results in, text out.

use std::fmt::Write as _;

/// The upload flag as the page shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag {
    /// `G`, `Y`, `R` or `U`.
    pub letter: char,
    /// What it means for the shifter.
    pub meaning: &'static str,
}

/// One section with a table or a picture.
#[derive(Clone, Debug)]
pub enum Block {
    /// Label and value, row by row; values are plain text.
    Facts(Vec<(String, String)>),
    /// A table with a header; cells are plain text.
    Table {
        /// Column titles.
        header: Vec<String>,
        /// Rows of as many cells.
        rows: Vec<Vec<String>>,
    },
    /// A complete SVG document.
    Picture(String),
    /// Titled pictures, shown when asked for.
    Folded(Vec<(String, String)>),
    /// A paragraph.
    Text(String),
    /// Files to open, relative to the page, with a remark each.
    Files(Vec<(String, String)>),
}

/// What the page says about one run.
#[derive(Clone, Debug)]
pub struct RunSection {
    /// Title of the section.
    pub title: String,
    /// Upload flag.
    pub flag: Flag,
    /// Why the flag is what it is, one sentence each.
    pub reasons: Vec<String>,
    /// Headed blocks in reading order.
    pub blocks: Vec<(String, Block)>,
}

/// The whole page.
pub fn render(title: &str, introduction: &str, runs: &[RunSection]) -> String {
    let mut html = String::new();
    let _ = write!(
        html,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{0}</title><style>{STYLE}</style></head><body>\n<header><h1>{0}</h1>\
         <p>{1}</p><nav>",
        escape(title),
        escape(introduction)
    );
    for (index, run) in runs.iter().enumerate() {
        let _ = write!(html, "<a href=\"#run{index}\">{}</a>", escape(&run.title));
    }
    html.push_str("</nav></header>\n<main>\n");
    for (index, run) in runs.iter().enumerate() {
        section(&mut html, index, run);
    }
    html.push_str("</main></body></html>\n");
    html
}

fn section(html: &mut String, index: usize, run: &RunSection) {
    let Flag { letter, meaning } = run.flag;
    let _ = writeln!(
        html,
        "<section id=\"run{index}\"><h2>{}</h2><p class=\"flag flag-{letter}\"><b>{letter}</b> {}</p>",
        escape(&run.title),
        escape(meaning)
    );
    if !run.reasons.is_empty() {
        html.push_str("<ul>");
        for reason in &run.reasons {
            let _ = write!(html, "<li>{}</li>", escape(reason));
        }
        html.push_str("</ul>\n");
    }
    for (heading, content) in &run.blocks {
        let _ = write!(html, "<article><h3>{}</h3>", escape(heading));
        block(html, content);
        html.push_str("</article>\n");
    }
    html.push_str("</section>\n");
}

fn block(html: &mut String, content: &Block) {
    match content {
        Block::Facts(facts) => {
            html.push_str("<table class=\"facts\">");
            for (label, value) in facts {
                let _ =
                    write!(html, "<tr><th>{}</th><td>{}</td></tr>", escape(label), escape(value));
            }
            html.push_str("</table>");
        }
        Block::Table { header, rows } => table(html, header, rows),
        Block::Picture(svg) => picture(html, svg),
        Block::Folded(pictures) => {
            for (title, svg) in pictures {
                let _ = write!(html, "<details><summary>{}</summary>", escape(title));
                picture(html, svg);
                html.push_str("</details>");
            }
        }
        Block::Text(text) => {
            let _ = write!(html, "<p>{}</p>", escape(text));
        }
        Block::Files(files) => {
            html.push_str("<ul>");
            for (path, remark) in files {
                let _ = write!(
                    html,
                    "<li><a href=\"{0}\">{0}</a> {1}</li>",
                    escape(path),
                    escape(remark)
                );
            }
            html.push_str("</ul>");
        }
    }
}

/// Drawn by our own crate, which escapes what it prints; an XML declaration has no place inside a page, and there are many
/// pictures on it.
fn picture(html: &mut String, svg: &str) {
    let start = svg.find("<svg").unwrap_or(0);
    let svg = sct_plot::compact(&svg[start..]);
    let _ = write!(html, "<figure>{}</figure>", svg.trim_end());
}

fn table(html: &mut String, header: &[String], rows: &[Vec<String>]) {
    html.push_str("<div class=\"scroll\"><table><thead><tr>");
    for title in header {
        let _ = write!(html, "<th>{}</th>", escape(title));
    }
    html.push_str("</tr></thead><tbody>");
    for row in rows {
        html.push_str("<tr>");
        for cell in row {
            let _ = write!(html, "<td>{}</td>", escape(cell));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div>");
}

/// Text that cannot be read as markup.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}

const STYLE: &str = "
:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:80rem;padding:1rem}
h1{margin:.2rem 0}h2{border-top:2px solid var(--line);padding-top:1rem}
nav a{margin-right:1rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{border-bottom:1px solid var(--line);padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}
.facts th{font-weight:500}
.scroll{max-height:24rem;overflow:auto}thead th{position:sticky;top:0;background:Canvas}
.flag{display:inline-block;padding:.3rem .8rem;border-radius:.4rem;color:#fff;margin:.2rem 0}
.flag-G{background:#1a7f37}.flag-Y{background:#8a6100}.flag-R{background:#b42318}.flag-U{background:#57606a}
details{margin:.3rem 0}summary{cursor:pointer}
figure{margin:0;overflow-x:auto}figure svg{max-width:100%;height:auto}
";

#[cfg(test)]
mod tests {
    use super::*;

    fn run(blocks: Vec<(String, Block)>) -> RunSection {
        let flag = Flag { letter: 'G', meaning: "safe to upload" };
        RunSection { title: "Run 1".to_owned(), flag, reasons: vec!["a < b".to_owned()], blocks }
    }

    #[test]
    fn text_is_escaped_and_pictures_are_not() {
        let blocks = vec![
            ("facts".to_owned(), Block::Facts(vec![("x & y".to_owned(), "<script>".to_owned())])),
            (
                "map".to_owned(),
                Block::Picture("<?xml version=\"1.0\"?><svg id=\"m\"></svg>".to_owned()),
            ),
        ];
        let html = render("t", "i", &[run(blocks)]);
        assert!(
            html.contains("x &amp; y")
                && html.contains("&lt;script&gt;")
                && html.contains("a &lt; b")
        );
        assert!(html.contains("<figure><svg id=\"m\"></svg></figure>") && !html.contains("<?xml"));
    }

    #[test]
    fn the_page_needs_no_other_file() {
        let html = render("t", "i", &[run(vec![("t".to_owned(), Block::Text("x".to_owned()))])]);
        assert!(!html.contains("src=") && !html.contains("<link") && !html.contains("http"));
    }
}
