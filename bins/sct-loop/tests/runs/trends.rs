//! Modules and trends.

use axum::http::StatusCode;
use sct_id::SerialNumber;

use crate::data::{RUN, Site, links, module};

#[tokio::test]
async fn modules_are_found_by_their_names_and_have_one_address() {
    let site = Site::new();
    let text = sct_cabling::text::write(&sct_sim::default_cabling()).unwrap();
    std::fs::write(site.folder.path().join("cabling.dat"), text).unwrap();
    let settings = "[job]\ncabling = \"cabling.dat\"\n";
    std::fs::write(site.folder.path().join("sct-loop.toml"), settings).unwrap();
    let site = Site::open(site.folder);
    let cabling = sct_sim::default_cabling();
    let known: SerialNumber = cabling.serial_number(module(2469)).unwrap();
    let id = module(2469).position().id();
    for name in [
        "0.3.3.-1".to_owned(),
        "barrel+layer+3,+phi+3,+eta+-1".to_owned(),
        known.to_string(),
        id.to_u32().to_string(),
        id.to_u64().to_string(),
        "2469".to_owned(),
    ] {
        let answer = site.get(&format!("/modules?find={name}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{name}: {}", answer.text());
        assert_eq!(answer.header("location"), "/modules/2469", "{name}");
    }
    let answer = site.get(&format!("/modules/{known}")).await;
    assert_eq!(answer.header("location"), "/modules/2469");
    let page = site.page("/modules/2469").await;
    for words in
        ["barrel layer 3, phi 3, eta -1", &known.to_string(), "Fibre of side 0", "0.3.3.-1"]
    {
        assert!(page.contains(words), "'{words}' is not in\n{page}");
    }
}

#[tokio::test]
async fn names_that_are_none_are_explained() {
    let site = Site::new();
    for (name, words) in [
        ("", "Understood are a serial number"),
        ("%3Cscript%3Ex%3C/script%3E", "&#60;script&#62;x&#60;/script&#62;&#39; is not understood"),
        ("0.3.3.0", "There is no module at barrel_ec 0, layer or disk 3, phi 3, eta 0."),
        ("20220170299999", "No module with this serial number is known here."),
    ] {
        site.get(&format!("/modules?find={name}")).await.assert(StatusCode::OK, &[words]);
    }
    site.get("/modules/4088").await.assert(StatusCode::NOT_FOUND, &["Understood are"]);
    site.get("/modules/..%2F..%2Fetc").await.assert(StatusCode::NOT_FOUND, &["is not understood"]);
}

#[tokio::test]
async fn a_module_has_its_values_of_all_runs() {
    let site = Site::new();
    let page = site.page("/modules/2469").await;
    for run in [RUN - 7, RUN, RUN + 11] {
        assert!(page.contains(&format!("<a href=\"/runs/{run}\">{run}</a>")), "{run}");
    }
    assert!(page.contains("<svg ") && page.contains("Noise occupancy"));
    assert!(page.contains(&format!("run {RUN}: ")) && page.contains("<a href=\"/modules/"));
    let of_module = links(&page).into_keys().filter(|link| link.starts_with("/runs/"));
    for link in of_module {
        assert_eq!(site.get(&link).await.status, StatusCode::OK, "{link}");
    }
}

#[tokio::test]
async fn a_trend_has_every_run_and_leads_to_it() {
    let site = Site::new();
    let page = site.page("/history").await;
    assert!(page.contains("<optgroup label=\"Noisy Strips\">"));
    assert!(page.contains("<option value=\"sctns|StripsOfflineAll|||||\" selected>"));
    for (run, strips) in [(RUN - 7, 24), (RUN, 40), (RUN + 11, 32)] {
        assert!(page.contains(&format!("run {run}: {strips}</title>")), "{run}\n{page}");
        assert!(page.contains(&format!("href=\"/runs/{run}#sctns\"")), "{run}");
    }
    let modules = site.page("/history?measure=sctns%7CModules%7C%7C%7C%7C%7C").await;
    assert!(modules.contains("red at: 5000, above the picture"));
    let some = site.page(&format!("/history?from={RUN}&to=")).await;
    assert!(
        some.contains(&format!("run {RUN}: 40")) && !some.contains(&format!("run {}: ", RUN - 7))
    );
    let layer = site.page("/history?measure=sctno%7CmeanNO%7CBarrel%7C2%7Call%7C%7C").await;
    assert!(layer.contains("Noise Occupancy: meanNO, Barrel layer 2"));
    for (query, status) in [
        ("measure=%3Cscript%3E", StatusCode::NOT_FOUND),
        ("from=x", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let answer = site.get(&format!("/history?{query}")).await;
        answer.assert(status, &[]);
        assert!(!answer.text().contains("<script"));
    }
}
