//! Numbers of summaries over runs.

use sct_result::{Measure, Point};

use crate::folder::{Folder, START, run};

fn measure(name: &str, place: [&str; 3]) -> Measure {
    let [part, layer, eta] = place.map(str::to_owned);
    let (kind, name) = ("sctno".to_owned(), name.to_owned());
    Measure { kind, name, part, layer, eta, ..Measure::default() }
}

fn values(folder: &Folder, measure: &Measure) -> Vec<(u32, f64)> {
    let points = folder.index.trend(measure).unwrap();
    points.iter().map(|point| (point.run.to_u32(), point.value)).collect()
}

#[test]
fn values_of_the_run_and_of_its_parts_are_measures() {
    let mut folder = Folder::new();
    folder.noise(7, 1, 1e-5);
    folder.refresh();
    let counts = ["Duration", "Events", "LB"].map(|name| measure(name, ["", "", ""]));
    let means = [["Barrel", "0", "all"], ["EndCapA", "8", "0"], ["EndCapC", "0", "0"]]
        .map(|place| measure("meanNO", place));
    assert_eq!(folder.index.measures().unwrap(), [&counts[..], &means[..]].concat());
    let point = Point { run: run(7), start: Some(START + 70_000), value: 7_200.0 };
    assert_eq!(folder.index.trend(&counts[0]).unwrap(), [point]);
}

#[test]
fn a_trend_is_in_the_order_of_runs_and_of_the_newest_attempts() {
    let mut folder = Folder::new();
    let mean = measure("meanNO", ["EndCapC", "0", "0"]);
    folder.noise(9, 1, 3e-5);
    folder.noise(8, 1, 1e-5);
    folder.noise(8, 2, 2e-5);
    folder.refresh();
    assert_eq!(values(&folder, &mean), [(8, 2e-5), (9, 3e-5)]);
    folder.noise(8, 3, 4e-5);
    folder.refresh();
    assert_eq!(values(&folder, &mean), [(8, 4e-5), (9, 3e-5)]);
}

#[test]
fn runs_without_a_measure_are_left_out() {
    let mut folder = Folder::new();
    let path = folder.noise(8, 1, 1e-5);
    let text = std::fs::read_to_string(&path).unwrap().replace("meanNO\">1e-05", "meanNO\">nan");
    std::fs::write(&path, text).unwrap();
    folder.noise(9, 1, 3e-5);
    let path = folder.file(10, "sctno", 1, "NoiseOccupancySummaryFile.xml");
    std::fs::write(
        path,
        "<run><value name=\"RunNumber\">10</value><value name=\"LB\">5</value></run>",
    )
    .unwrap();
    folder.refresh();
    assert_eq!(values(&folder, &measure("meanNO", ["EndCapC", "0", "0"])), [(9, 3e-5)]);
    assert_eq!(values(&folder, &measure("LB", ["", "", ""])), [(8, 120.0), (9, 120.0), (10, 5.0)]);
    assert_eq!(values(&folder, &measure("LB", ["Barrel", "", ""])), []);
    assert_eq!(values(&folder, &Measure::default()), []);
}

#[test]
fn measures_go_with_their_last_run() {
    let mut folder = Folder::new();
    folder.noise(8, 1, 1e-5);
    folder.refresh();
    std::fs::remove_dir_all(folder.path("results/00000008")).unwrap();
    assert_eq!(folder.refresh().removed, 1);
    assert_eq!(folder.index.measures().unwrap(), []);
}
