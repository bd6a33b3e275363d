//! Files to be had, and those that are not.

use std::fs;

use axum::http::StatusCode;

use crate::data::{MARKUP, RUN, Site, names, prefix};

#[tokio::test]
async fn every_file_of_a_run_can_be_had_as_it_is() {
    let site = Site::new();
    for kind in ["sctns", "sctno", "sctdc", "sctds", "scteff", "sctbse", "sctro", "sctla"] {
        for name in names(&site.results(kind)) {
            let answer = site.get(&format!("/runs/{RUN}/{kind}/files/{name}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{name}");
            let content = fs::read(site.results(kind).join(&name)).unwrap();
            assert!(answer.bytes == content, "{name}");
            assert_eq!(answer.header("content-length"), content.len().to_string());
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            let shown = [".xml", ".json", ".log"].iter().any(|ending| name.ends_with(ending));
            if shown {
                assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8", "{name}");
                assert_eq!(answer.header("content-disposition"), "inline", "{name}");
            } else {
                assert!(!answer.header("content-type").contains("text"), "{name}");
                let disposition = answer.header("content-disposition");
                assert!(disposition.starts_with("attachment; filename*=UTF-8''"), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_of_the_task_can_be_had() {
    let site = Site::new();
    let secret = site.folder.path().join("secret.txt");
    fs::write(&secret, "secret").unwrap();
    let absolute = secret.display().to_string().replace('/', "%2F");
    let other = format!("{}.NoiseOccupancyFile.xml", prefix(RUN, "express_express", "SCTNO"));
    for name in [
        "..%2F..%2F..%2Fsecret.txt",
        "%2E%2E%2F%2E%2E%2F%2E%2E%2Fsecret.txt",
        "..%5C..%5C..%5Csecret.txt",
        "..",
        "%2E%2E",
        ".",
        "%2Fetc%2Fpasswd",
        "%00",
        &absolute,
        &format!("..%2Fsctno%2F{other}"),
        &other,
        "mycool.db",
    ] {
        for view in ["files", "log"] {
            let answer = site.get(&format!("/runs/{RUN}/sctns/{view}/{name}")).await;
            answer.assert(StatusCode::NOT_FOUND, &[]);
            assert!(
                !answer.text().contains("secret</") && !answer.text().contains("root:"),
                "{name}"
            );
        }
    }
    for path in [
        format!("/runs/{RUN}/..%2F..%2F/files/secret.txt"),
        format!("/runs/{RUN}/%2E%2E/files/secret.txt"),
        format!("/runs/..%2F{RUN}/sctns/files/x"),
        "/runs/0x1/sctns/files/x".to_owned(),
        format!("/runs/{RUN}/sctns/files/../../../../secret.txt"),
    ] {
        let answer = site.get(&path).await;
        answer.assert(StatusCode::NOT_FOUND, &[]);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn links_that_lead_out_of_the_results_are_not_followed() {
    let site = Site::new();
    let secret = site.folder.path().join("secret.txt");
    fs::write(&secret, "secret").unwrap();
    let prefix = prefix(RUN, "calibration_SCTNoise", "SCTNS");
    let linked = |name: &str| (format!("{prefix}.{name}"), site.results("sctns"));
    let (file, folder) = linked("link.txt");
    std::os::unix::fs::symlink(&secret, folder.join(&file)).unwrap();
    let (log, folder) = linked("link.log");
    std::os::unix::fs::symlink(&secret, folder.join(&log)).unwrap();
    site.refresh();
    for path in [format!("files/{file}"), format!("files/{log}"), format!("log/{log}")] {
        let answer = site.get(&format!("/runs/{RUN}/sctns/{path}")).await;
        answer.assert(StatusCode::NOT_FOUND, &[]);
        assert!(!answer.text().contains("secret"), "{path}");
    }
}

#[tokio::test]
async fn logs_are_text() {
    let site = Site::new();
    let name = format!("{}.log", prefix(RUN, "calibration_SCTNoise", "SCTNS"));
    let page = site.page(&format!("/runs/{RUN}/sctns/log/{name}")).await;
    assert!(page.contains("first line\n") && page.contains("last line\n"));
    assert!(!page.contains(MARKUP) && page.contains("&#60;script&#62;alert"));
    let other = format!("{}.jobReport.json", prefix(RUN, "calibration_SCTNoise", "SCTNS"));
    let answer = site.get(&format!("/runs/{RUN}/sctns/log/{other}")).await;
    answer.assert(StatusCode::NOT_FOUND, &["This is no log"]);
}
