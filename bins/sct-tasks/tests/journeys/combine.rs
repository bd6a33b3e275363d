//! One search over the hit maps of several runs: the key `combineRuns`.

use std::{fs, path::Path};

use sct_conditions::MONITORING;
use sct_cool::{Database, Selection};
use sct_id::{Iov, RunNumber};
use sct_xml::BadStripsList;
use serde_json::{Value, json};

use crate::{
    RUN,
    calib::{job, report, run},
    code, names, stderr,
};

/// The dictionary of a job whose first file is of the run before.
fn two_runs(folder: &Path, dictionary: &Value) -> Value {
    let (last, first) = (RUN.settings.run.to_u32(), RUN.settings.run.to_u32() - 1);
    let mut dictionary = dictionary.clone();
    for input in dictionary["input"].as_array_mut().unwrap() {
        let text = input.as_str().unwrap();
        if !text.contains("._0001.") {
            continue;
        }
        let (_, old) = text.split_once('#').unwrap();
        let other = text.replace(&last.to_string(), &first.to_string());
        fs::rename(folder.join(old), folder.join(other.split_once('#').unwrap().1)).unwrap();
        *input = json!(other);
    }
    dictionary
}

fn strips(folder: &Path) -> BadStripsList {
    let name = names(folder).into_iter().find(|name| name.ends_with("BadStripsAllFile.xml"));
    BadStripsList::read(&folder.join(name.unwrap())).unwrap()
}

#[test]
fn hit_maps_of_two_runs_are_searched_together() {
    let (single, dictionary) = job();
    assert_eq!(code(&run(single.path(), &dictionary, &[])), 0);
    let (folder, dictionary) = job();
    let mut dictionary = two_runs(folder.path(), &dictionary);
    let (last, first) = (RUN.settings.run, RUN.settings.run.previous().unwrap());
    dictionary["combineRuns"] = json!([first, last]);
    let output = run(folder.path(), &dictionary, &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    // The same hits as those of the one run.
    let (one, two) = (strips(single.path()), strips(folder.path()));
    assert_eq!(one.modules, two.modules);
    assert!(!one.modules.is_empty());
    let report = report(folder.path());
    let calibration = &report["sctcalib"];
    assert_eq!(calibration["run"], json!(last));
    assert_eq!(calibration["combinedRuns"], json!([first, last]));
    assert_eq!(calibration["noisyStrip"]["events"], RUN.settings.events);
    // Lumi blocks of different runs have nothing in common.
    assert!(stderr(&output).contains("lumi blocks of several runs cannot be added"));
    assert_eq!(calibration["absentOutputs"]["SCTLB.root"], "there was no input");
    // From the first run to the last.
    let whole = Iov::runs(first, last).unwrap();
    assert_eq!((one.iov, two.iov), (Iov::run(last), whole));
    let file = names(folder.path()).into_iter().find(|name| name.ends_with("mycool.db")).unwrap();
    let database = Database::open(&folder.path().join(file)).unwrap();
    let objects = database.objects(MONITORING.path, &Selection::tag(MONITORING.tag)).unwrap();
    assert!(!objects.is_empty() && objects.iter().all(|object| object.row.iov == whole));
}

#[test]
fn runs_and_inputs_must_agree() {
    let (folder, dictionary) = job();
    let mut dictionary = two_runs(folder.path(), &dictionary);
    let last: RunNumber = RUN.settings.run;
    let first = last.previous().unwrap();
    let before = first.previous().unwrap();
    let mut refused = |runs: Value, code: i32, words: &str| {
        match runs {
            Value::Null => dictionary.as_object_mut().unwrap().remove("combineRuns"),
            runs => dictionary.as_object_mut().unwrap().insert("combineRuns".to_owned(), runs),
        };
        let output = run(folder.path(), &dictionary, &[]);
        let said = stderr(&output);
        assert_eq!((output.status.code(), said.contains(words)), (Some(code), true), "{said}");
    };
    refused(Value::Null, 8, "expected one run");
    refused(json!([last]), 8, "which combineRuns lacks");
    refused(json!([before, first, last]), 8, &format!("run {before}, of which there is no input"));
    refused(json!(["x"]), 4, "a list of runs");
}
