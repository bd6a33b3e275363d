//! How pages look: in narrow and wide windows, in the dark, on paper, by keyboard and for screen readers; and their pictures.

use std::{
    fs,
    path::{Path, PathBuf},
};

use fantoccini::Locator;
use serde_json::{Value, json};

use crate::{
    browser::{Visitor, play},
    gallery::{FULL, gallery, pages, unfold, upload_one},
};

/// Nothing is wider than the window but what may be moved on its own; nothing is too faint to be read.
#[test]
fn pages_fit_narrow_and_wide_windows() {
    let site = gallery();
    play(&site, async |stage| {
        let mut uploaded = false;
        for width in [1280_u32, 390] {
            let visitor = stage.visitor(width).await;
            visitor.client.set_window_size(width, 1000).await.unwrap();
            visitor.sign_in("root").await;
            if !uploaded {
                upload_one(&site, &visitor).await;
                uploaded = true;
            }
            for (name, path) in pages() {
                visitor.open(&path).await;
                unfold(&visitor.client).await;
                fits(&visitor, &format!("{name} at {width}")).await;
            }
            review(&visitor).await;
            fits(&visitor, &format!("send at {width}")).await;
            visitor.leave().await;
        }
        stage
    });
}

/// Opens the page that shows what a merge would change.
async fn review(visitor: &Visitor) {
    visitor.open("/noisy-strips").await;
    visitor.click(&format!("input[name=upload][value^='{} ']", FULL + 4)).await;
    visitor.click(".actions button").await;
    visitor.sees("Nothing has happened yet").await;
}

async fn fits(visitor: &Visitor, what: &str) {
    // Whatever reaches beyond the window has a parent that scrolls.
    let script = "
        const wide = [...document.body.querySelectorAll('*')].filter(element => {
            const box = element.getBoundingClientRect();
            if (box.right <= window.innerWidth + 1 || box.width === 0 || element.closest('.skip, .hidden, svg')) return false;
            for (let at = element.parentElement; at; at = at.parentElement)
                if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(at).overflowX)) return false;
            return true;
        });
        return [document.documentElement.scrollWidth, window.innerWidth,
            wide.map(element => `${element.tagName}.${element.className}`)]";
    let found = visitor.client.execute(script, Vec::new()).await.unwrap();
    let size = |place: usize| found[place].as_u64().unwrap();
    assert!(size(0) <= size(1), "{what}: {} in {}, by {}", size(0), size(1), found[2]);
    assert_eq!(found[2], json!([]), "{what}");
}

/// Scrolled to its end, a table shows its last numbers: what stays in sight covers none of them. The numbers of the noisy
/// strips need no scrolling.
#[test]
fn numbers_are_not_covered_by_what_stays_in_sight() {
    let site = gallery();
    play(&site, async |stage| {
        for name in ["sam", "vic"] {
            let visitor = stage.visitor(1280).await;
            visitor.client.set_window_size(1280, 1000).await.unwrap();
            visitor.sign_in(name).await;
            for tab in ["noisy-strips", "dead-chips", "efficiency", "lorentz-angle"] {
                visitor.open(&format!("/{tab}")).await;
                let script = "
                    const box = document.querySelector('.scroll');
                    box.scrollLeft = arguments[0] ? box.scrollWidth : 0;
                    const rows = [...document.querySelectorAll('table.runs tbody tr')];
                    const edge = element => element.getBoundingClientRect();
                    const stays = cell => getComputedStyle(cell).position === 'sticky' && getComputedStyle(cell).right !== 'auto';
                    const covered = rows.flatMap(row => {
                        const cells = [...row.children];
                        const from = Math.min(...cells.filter(stays).map(cell => edge(cell).left));
                        return cells.filter(cell => cell.matches('.number') && edge(cell).right > from + 1);
                    });
                    return [rows.filter(row => [...row.children].some(stays)).length, covered.map(cell => cell.innerText)]";
                for at_end in [true, false] {
                    let found = visitor.client.execute(script, vec![json!(at_end)]).await.unwrap();
                    assert!(found[0].as_u64() > Some(0), "{tab}: nothing stays in sight");
                    if at_end || tab == "noisy-strips" {
                        assert_eq!(found[1], json!([]), "{tab}, {name}, at the end: {at_end}");
                    }
                }
            }
            visitor.leave().await;
        }
        stage
    });
}

/// What a keyboard and a screen reader need: every field and region has a name, every picture a text, one heading leads and no
/// level is left out, tables have captions and heads, identifiers are there once.
#[test]
fn everything_has_a_name() {
    let site = gallery();
    play(&site, async |stage| {
        let visitor = stage.visitor(1280).await;
        visitor.sign_in("root").await;
        upload_one(&site, &visitor).await;
        for (name, path) in pages() {
            visitor.open(&path).await;
            unfold(&visitor.client).await;
            named(&visitor, name).await;
        }
        review(&visitor).await;
        named(&visitor, "send").await;
        visitor.leave().await;
        stage
    });
}

async fn named(visitor: &Visitor, page: &str) {
    let script = "
        const all = css => [...document.querySelectorAll(css)];
        const named = field => field.type === 'hidden' || field.labels.length > 0 || field.ariaLabel;
        const levels = all('h1, h2, h3, h4').map(heading => Number(heading.tagName[1]));
        const ids = all('[id]').map(element => element.id);
        const said = element => (element.innerText || element.textContent || '').trim() || element.ariaLabel
            || element.querySelector('img[alt]:not([alt=\"\"]), title');
        return [
            all('input, select, textarea').filter(field => !named(field)).map(field => 'field ' + field.name),
            all('img:not([alt])').map(image => 'picture ' + image.src),
            all('main svg').filter(svg => svg.ariaHidden !== 'true' && !svg.ariaLabel && !svg.querySelector('title')).map(() => 'drawing'),
            all('h1').length === 1 ? [] : ['h1'],
            levels.filter((level, place) => place > 0 && level > levels[place - 1] + 1).map(level => 'level ' + level),
            document.documentElement.lang && document.title ? [] : ['lang or title'],
            all('table').filter(table => !table.querySelector('th')).map(() => 'table without head'),
            all('table').filter(table => !table.caption && !table.closest('[aria-label]')).map(table => 'table without name: ' + table.innerText.slice(0, 60)),
            all('[role=region], nav, aside').filter(region => !region.ariaLabel).map(() => 'region'),
            all('a[href], button, summary').filter(element => !said(element)).map(element => 'empty ' + element.outerHTML.slice(0, 90)),
            ids.filter((id, place) => ids.indexOf(id) !== place).map(id => 'twice #' + id),
            all('a[href^=\"#\"]').map(link => link.hash.slice(1)).filter(id => !document.getElementById(id)).map(id => 'nowhere #' + id),
            all('[tabindex]').filter(element => element.tabIndex > 0).map(() => 'tabindex'),
        ].flat()";
    let faults = visitor.client.execute(script, Vec::new()).await.unwrap();
    assert_eq!(faults, Value::Array(Vec::new()), "{page}");
}

/// The first key leads past the navigation, and what has the focus shows it.
#[test]
fn the_keyboard_leads_through_a_page() {
    let site = gallery();
    play(&site, async |stage| {
        let visitor = stage.visitor(1280).await;
        visitor.sign_in("sam").await;
        visitor.open("/noisy-strips").await;
        let body = visitor.find("body").await;
        body.send_keys("\u{e004}").await.unwrap();
        let at = "const box = document.activeElement.getBoundingClientRect();
            return [document.activeElement.className, box.left >= 0 && box.top >= 0, document.activeElement.id]";
        let skip = visitor.client.execute(at, Vec::new()).await.unwrap();
        assert_eq!(skip, json!(["skip", true, ""]), "the link past the navigation shows");
        visitor.client.active_element().await.unwrap().send_keys("\u{e007}").await.unwrap();
        let main = visitor.client.execute(at, Vec::new()).await.unwrap();
        assert_eq!(main[2], "main");
        // From there every key reaches something that says that it has the focus.
        for _ in 0..12 {
            visitor.client.active_element().await.unwrap().send_keys("\u{e004}").await.unwrap();
            let look = "const style = getComputedStyle(document.activeElement);
                return [document.activeElement.closest('main') !== null, style.outlineStyle, parseFloat(style.outlineWidth) >= 2]";
            let look = visitor.client.execute(look, Vec::new()).await.unwrap();
            assert_eq!(look, json!([true, "solid", true]));
        }
        visitor.leave().await;
        stage
    });
}

/// The mode follows the system, and paper gets what is to be read without what is to be pressed.
#[test]
fn dark_and_paper_have_their_own_looks() {
    let site = gallery();
    play(&site, async |stage| {
        let visitor = stage.visitor(1280).await;
        visitor.sign_in("sam").await;
        visitor.open("/noisy-strips").await;
        let look = "return [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.querySelector('nav')).display,
            getComputedStyle(document.querySelector('.actions')).display, getComputedStyle(document.querySelector('.scroll')).overflowX]";
        visitor.emulate("screen", "light").await;
        let light = visitor.client.execute(look, Vec::new()).await.unwrap();
        assert_eq!(light, json!(["rgb(255, 255, 255)", "flex", "flex", "auto"]));
        visitor.emulate("screen", "dark").await;
        let dark = visitor.client.execute(look, Vec::new()).await.unwrap();
        assert_eq!(dark[0], "rgb(20, 23, 26)");
        visitor.emulate("print", "dark").await;
        let paper = visitor.client.execute(look, Vec::new()).await.unwrap();
        assert_eq!(paper, json!(["rgb(255, 255, 255)", "none", "none", "visible"]));
        visitor.leave().await;
        stage
    });
}

/// Paper cannot be scrolled: all of a page lies within its width. That of A4 between margins of a centimetre is 718 pixels of
/// 1/96 inch, 1047 across, as lists of runs lie; what is wider is printed smaller, here down to 0.62.
#[test]
fn nothing_is_cut_off_on_paper() {
    let site = gallery();
    play(&site, async |stage| {
        let visitor = stage.visitor(1158).await;
        visitor.sign_in("root").await;
        visitor.emulate("print", "light").await;
        let script = "
            const cut = element => {
                const box = element.getBoundingClientRect();
                return box.width > 1 && box.right > window.innerWidth + 1 && !element.closest('.skip, .hidden, svg a');
            };
            const out = [...document.body.querySelectorAll('*')].filter(cut);
            return [window.innerWidth, out.map(element => `${element.tagName}.${element.className}`)]";
        for (name, path) in pages() {
            visitor.open(&path).await;
            let runs = visitor.client.find_all(Locator::Css("table.runs")).await.unwrap();
            let width = if runs.is_empty() { 1158 } else { 1689 };
            visitor.client.set_window_size(width, 1000).await.unwrap();
            unfold(&visitor.client).await;
            let found = visitor.client.execute(script, Vec::new()).await.unwrap();
            assert_eq!(found, json!([width, []]), "{name}");
        }
        visitor.leave().await;
        stage
    });
}

/// Pictures for the documentation: `SCT_SCREENSHOTS=docs/page cargo test -p sct-loop --test web pictures`; every page in every
/// look with `SCT_SCREENSHOTS_ALL=1` as well.
#[test]
fn pictures_are_taken_when_asked_for() {
    let Some(folder) = std::env::var_os("SCT_SCREENSHOTS").map(PathBuf::from) else { return };
    let all = std::env::var_os("SCT_SCREENSHOTS_ALL").is_some();
    // Tests run in the folder of their package.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    fs::create_dir_all(&folder).unwrap();
    let site = gallery();
    // As in a service: the scheduler is at work.
    let lock = fs::File::create(site.path("scheduler.lock")).unwrap();
    lock.lock().unwrap();
    play(&site, async |stage| {
        let mut uploaded = false;
        for (width, height, colours, ending) in
            [(1280, 800, "light", ""), (1280, 800, "dark", "-dark"), (390, 900, "light", "-narrow")]
        {
            let visitor = stage.visitor(width).await;
            visitor.client.set_window_size(width, height).await.unwrap();
            visitor.sign_in("root").await;
            if !uploaded {
                upload_one(&site, &visitor).await;
                uploaded = true;
            }
            visitor.emulate("screen", colours).await;
            let wanted = |name: &str| all || DOCUMENTED.contains(&&*format!("{name}{ending}"));
            for (name, path) in pages() {
                if wanted(name) {
                    visitor.open(&path).await;
                    take(&visitor, &folder, &format!("{name}{ending}")).await;
                }
            }
            if wanted("send") {
                review(&visitor).await;
                take(&visitor, &folder, &format!("send{ending}")).await;
            }
            visitor.leave().await;
        }
        stage
    });
}

/// The pictures of the documentation.
const DOCUMENTED: [&str; 6] =
    ["noisy-strips", "noisy-strips-dark", "upload", "map", "task", "query-wrong"];

async fn take(visitor: &Visitor, folder: &Path, name: &str) {
    // Pictures further down are loaded when they come into sight.
    visitor.client.find_all(Locator::Css("img")).await.unwrap();
    let picture = visitor.client.screenshot().await.unwrap();
    fs::write(folder.join(format!("{name}.png")), picture).unwrap();
}
