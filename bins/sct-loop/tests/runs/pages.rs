//! What pages say, and what they lead to.

use axum::http::StatusCode;

use crate::data::{MARKUP, RUN, Site, links};

/// The part of a page that is its own.
fn main_part(page: &str) -> &str {
    page.split_once("<main").unwrap().1.split_once("</main>").unwrap().0
}

/// A page without what differs from test to test.
fn lasting(page: &str) -> String {
    let stored = "<tr><th scope=\"row\">Stored</th>";
    page.lines().filter(|line| !line.starts_with(stored)).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_run_has_a_section_for_every_task() {
    let site = Site::new();
    let page = site.page(&format!("/runs/{RUN}")).await;
    for kind in ["sctns", "sctno", "sctro", "sctdc", "sctds", "scteff", "sctbse", "sctla"] {
        assert!(page.contains(&format!("<section id=\"{kind}\"")), "{kind}");
    }
    // What all tasks have is in the first one, the last one has fits.
    let (first, rest) = main_part(&page).split_once("<section id=\"sctno\"").unwrap();
    let last = rest.split_once("<section id=\"sctla\"").unwrap().1;
    insta::assert_snapshot!("run", lasting(first));
    insta::assert_snapshot!("fits", lasting(last));
}

#[tokio::test]
async fn texts_of_files_stay_text() {
    let site = Site::new();
    for path in [format!("/runs/{RUN}"), format!("/runs/{RUN}/sctns/map/noisy")] {
        let page = site.page(&path).await;
        assert!(!page.contains("<script") && !page.contains("onload=\""), "{path}");
        assert!(!page.contains(MARKUP) && !page.contains(" style="), "{path}");
    }
    let page = site.page(&format!("/runs/{RUN}")).await;
    assert!(page.contains("<li>FAILED in the number of strips &#60;script&#62;alert"));
}

#[tokio::test]
async fn every_link_of_a_run_leads_somewhere() {
    let site = Site::new();
    let page = site.page(&format!("/runs/{RUN}")).await;
    let maps = ["sctns/map/noisy", "sctns/map/new", "sctro/map/occupancy", "scteff/map/efficiency"];
    let maps = maps.map(|map| format!("/runs/{RUN}/{map}"));
    let all = links(&page);
    for map in &maps {
        assert!(all.contains_key(map), "{map} is not in {all:?}");
    }
    for link in all.keys().filter(|link| link.starts_with("/runs/")) {
        let answer = site.get(link).await;
        assert_eq!(answer.status, StatusCode::OK, "{link}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_map_says_the_same_in_tables() {
    let site = Site::new();
    let page = site.page(&format!("/runs/{RUN}/sctns/map/noisy")).await;
    assert_eq!(page.matches("<a href=\"/modules/").count(), 4088 + 2 + 2);
    assert!(page.contains("module 2469: 35</title>"));
    let tables = page.split_once("</figure>").unwrap().1;
    insta::assert_snapshot!("map", tables.split_once("</main>").unwrap().0);
    let page = site.page(&format!("/runs/{RUN}/scteff/map/efficiency")).await;
    let tables = page.split_once("</figure>").unwrap().1;
    let first = tables.split_once("by module <span").unwrap().1.split_once("<tbody>").unwrap().1;
    assert!(first.trim_start().starts_with("<tr><td><a href=\"/modules/3000\">"), "{first}");
    assert!(
        tables.contains("3588 more rows are left out")
            && tables.contains("EfficiencyModuleSummary.xml")
    );
}

#[tokio::test]
async fn maps_are_pictures_of_their_own() {
    let site = Site::new();
    for map in [
        "sctns/map/noisy.svg",
        "sctdc/map/dead.svg",
        "sctds/map/dead.svg",
        "sctno/map/occupancy.svg",
        "sctro/map/occupancy.svg",
        "scteff/map/efficiency.svg",
        "sctbse/map/errors.svg",
        "sctns/lumi-blocks.svg",
        "sctla/fit/0.svg",
    ] {
        let whole = site.get(&format!("/runs/{RUN}/{map}")).await;
        whole.assert(StatusCode::OK, &["<svg ", "</svg>"]);
        assert_eq!(whole.header("content-type"), "image/svg+xml");
        assert!(!whole.text().contains(" style=") && !whole.text().contains("<script"), "{map}");
        let small = site.get(&format!("/runs/{RUN}/{map}?small")).await;
        small.assert(StatusCode::OK, &["<svg ", "</svg>"]);
        assert!(small.bytes.len() < 250_000, "{map}: {}", small.bytes.len());
    }
    let answer = site.get(&format!("/runs/{RUN}/sctla/fit/5.svg")).await;
    answer.assert(StatusCode::OK, &["failed: angle"]);
    let lumi_blocks = site.get(&format!("/runs/{RUN}/sctns/lumi-blocks.svg")).await;
    lumi_blocks.assert(StatusCode::OK, &["barrel layer 3, phi 3, eta -1"]);
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let site = Site::new();
    for (path, words) in [
        ("/runs/1", "Nothing is known of run 1."),
        ("/runs/abc", "is no run number"),
        ("/runs/-1", "is no run number"),
        ("/runs/440199/sctns/map/other", "There is no such map."),
        ("/runs/440199/sctno/map/noisy", "There is no such map."),
        ("/runs/440210/sctbse/map/errors", "Run 440210 has no results of sctbse."),
        ("/runs/440199/sctla/fit/16.svg", "There is no such fit."),
        ("/runs/440199/sctla/fit/x", "There is no such fit."),
        ("/runs/440199/sctno/lumi-blocks.svg", "has no noisy chips by lumi block of sctno"),
    ] {
        site.get(path).await.assert(StatusCode::NOT_FOUND, &[words]);
    }
}

#[tokio::test]
async fn damaged_lists_are_named_without_folders() {
    let site = Site::new();
    let folder = site.results("sctbse");
    let name =
        crate::data::names(&folder).into_iter().find(|name| name.contains("Module")).unwrap();
    std::fs::write(folder.join(&name), "<run><data>").unwrap();
    let answer = site.get(&format!("/runs/{RUN}/sctbse/map/errors")).await;
    answer.assert(StatusCode::UNPROCESSABLE_ENTITY, &[&name, "line 1"]);
    assert!(!answer.text().contains(&folder.display().to_string()));
}
