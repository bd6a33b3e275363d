use std::fs::File;

use sct_id::RunNumber;

use super::{
    super::{
        Answer, Query, Sources, answer,
        world::{lumi_blocks, world},
    },
    *,
};
use crate::{RunControl, RunTable};

const EVERYTHING: (&str, &str) = ("run", "1+");

struct Asked {
    folder: tempfile::TempDir,
    control: RunControl,
    table: RunTable,
    kept: PathBuf,
}

/// A while after everything that a test does.
fn later() -> SystemTime {
    SystemTime::now() + Duration::from_hours(1)
}

impl Asked {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (control, table) = world(folder.path());
        let kept = folder.path().join("kept/here");
        Self { folder, control, table, kept }
    }

    /// The files opened anew.
    fn again(self) -> Self {
        let files = ["lumi.db", "start.db", "beams.db"].map(|name| self.folder.path().join(name));
        Self { control: RunControl::open(&files).unwrap(), ..self }
    }

    fn asked(&self, options: &[(&str, &str)], catalogues: Option<Catalogues<'_>>) -> Answer {
        let now = jiff::Timestamp::from_second(1_500_000_000).unwrap();
        let shown = ["run", "time", "lhc", "projecttag", "streams"].map(|tag| ("show", tag));
        let query = Query::from_options(&[options, &shown].concat(), now).unwrap();
        let sources = Sources { control: &self.control, table: Some(&self.table), catalogues };
        answer(sources, &query).unwrap()
    }

    fn without(&self, options: &[(&str, &str)]) -> Answer {
        self.asked(options, None)
    }

    fn with(&self, options: &[(&str, &str)]) -> Answer {
        self.asked(options, Some(Catalogues { folder: &self.kept, now: later() }))
    }

    fn files(&self) -> Vec<PathBuf> {
        let Ok(files) = fs::read_dir(&self.kept) else { return Vec::new() };
        files.map(|file| file.unwrap().path()).collect()
    }

    fn catalogue(&self, now: SystemTime) -> Option<Catalogue> {
        let place = Catalogues { folder: &self.kept, now };
        Catalogue::new(place, &LumiBlocks::new(&self.control).unwrap())
    }

    fn known(&self) -> Option<Known> {
        self.catalogue(later())?.load()
    }

    /// The file of lumi blocks.
    fn path(&self) -> PathBuf {
        self.folder.path().join("lumi.db")
    }
}

#[test]
fn answers_are_the_same_with_what_is_kept() {
    let queries: [&[(&str, &str)]; 7] = [
        &[EVERYTHING, ("projecttag", "data*_*eV"), ("lhc", "stablebeams TRUE")],
        &[EVERYTHING],
        &[EVERYTHING, ("streams", "physics_Zee 5+"), ("duration", "60+")],
        &[("run", "100000-110000,150000-169300"), ("streams", "physics_Main")],
        &[("run", "120000-150000"), ("projecttag", "data16_cos")],
        &[("run", "last 5")],
        &[("run", "120000-140000")],
    ];
    let forwards: Vec<_> = queries.iter().chain(&queries).collect();
    let backwards: Vec<_> = queries.iter().rev().chain(&queries).collect();
    for order in [forwards, backwards] {
        let asked = Asked::new();
        for query in order {
            assert!(asked.with(query) == asked.without(query), "{query:?}");
        }
        let known = asked.known().unwrap();
        assert_eq!(known.runs.len(), 100);
        assert_eq!(asked.files().len(), 1);
    }
}

#[test]
fn what_was_found_out_is_kept_and_no_more() {
    let asked = Asked::new();
    let kept = |options: &[(&str, &str)]| {
        asked.with(options);
        let known = asked.known()?.runs;
        Some((known.len(), known.iter().filter(|run| run.is_known()).count()))
    };
    // Lists of several ranges have holes.
    assert_eq!(kept(&[("run", "100000-110000,150000-169300")]), None);
    // 120300 to 139900: all of them are listed, and looked up where somebody asks.
    assert_eq!(kept(&[("run", "120000-139999"), ("projecttag", "data16_cos")]), Some((29, 9)));
    assert_eq!(kept(&[("run", "120000-135000")]), Some((29, 24)));
    // A range beside it has fewer runs, and one around it has more.
    assert_eq!(kept(&[("run", "155000-169300")]), Some((29, 24)));
    let (runs, looked_up) = kept(&[EVERYTHING, ("projecttag", "data16_cos")]).unwrap();
    assert!(runs == 100 && looked_up < 50, "{looked_up}");
    assert_eq!(kept(&[EVERYTHING]), Some((100, 100)));
}

#[test]
fn what_is_kept_spares_a_look_until_the_file_changes() {
    let asked = Asked::new();
    let whole = asked.with(&[EVERYTHING]);
    // A run is taken out of what is kept: the answer is without it.
    let mut known = asked.known().unwrap();
    known.runs.remove(50);
    asked.catalogue(later()).unwrap().keep(&known);
    assert_eq!(asked.with(&[EVERYTHING]).runs.len(), 99);
    assert!(asked.without(&[EVERYTHING]) == whole);
    // The same bytes written again are another state, also with an old date.
    let bytes = fs::read(asked.path()).unwrap();
    fs::write(asked.path(), bytes).unwrap();
    assert!(asked.known().is_none());
    assert!(asked.with(&[EVERYTHING]) == whole);
    assert_eq!(asked.known().unwrap().runs.len(), 100);
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_400_000_000);
    File::options().append(true).open(asked.path()).unwrap().set_modified(old).unwrap();
    assert!(asked.known().is_none());
}

#[test]
fn a_file_that_was_just_changed_or_replaced_is_not_relied_upon() {
    let asked = Asked::new();
    let whole = asked.without(&[EVERYTHING]);
    assert!(asked.catalogue(SystemTime::now()).is_none());
    assert!(asked.catalogue(later()).is_some());
    // Another file under the name: the open one is still read, but it is not known by that name.
    let new = asked.folder.path().join("new.db");
    lumi_blocks(&new, &[(200_000, 1, 1_400_000_000_000_000_000, 1_400_000_060_000_000_000)]);
    fs::rename(new, asked.path()).unwrap();
    assert!(asked.with(&[EVERYTHING]) == whole);
    assert!(asked.files().is_empty());
    let asked = asked.again();
    assert_eq!(asked.with(&[EVERYTHING]).runs.len(), 1);
    // It is changed while a query is under way.
    let catalogue = asked.catalogue(later()).unwrap();
    File::options().append(true).open(asked.path()).unwrap().set_modified(later()).unwrap();
    catalogue.keep(&Known { span: (RunNumber::MAX, RunNumber::MAX), runs: Vec::new() });
    assert!(asked.files().is_empty());
}

#[test]
fn damage_is_not_believed() {
    let asked = Asked::new();
    let whole = asked.with(&[EVERYTHING]);
    let path = &asked.files()[0];
    let sound = fs::read(path).unwrap();
    let catalogue = asked.catalogue(later()).unwrap();
    let known = catalogue.parse(&sound).unwrap();
    let head = sound.iter().position(|byte| *byte == b'\n').unwrap();
    for place in (0..head).chain((head..sound.len()).step_by(97)) {
        let mut bytes = sound.clone();
        bytes[place] ^= 1;
        assert!(catalogue.parse(&bytes).is_none_or(|found| found == known), "{place}");
    }
    for length in (0..sound.len()).step_by(101) {
        assert!(catalogue.parse(&sound[..length]).is_none(), "{length}");
    }
    fs::write(path, &sound[..sound.len() / 2]).unwrap();
    assert!(asked.with(&[EVERYTHING]) == whole);
    assert_eq!(fs::read(path).unwrap(), sound);
}

#[test]
fn nothing_is_kept_where_it_cannot_be_written_or_changes_would_not_show() {
    let mut asked = Asked::new();
    let whole = asked.without(&[EVERYTHING]);
    let file = asked.folder.path().join("file");
    fs::write(&file, "").unwrap();
    asked.kept = file.join("below");
    assert!(asked.with(&[EVERYTHING]) == whole);
    asked.kept = asked.folder.path().join("kept");
    let mode = sct_ledger::sql::Connection::open(asked.path()).unwrap();
    mode.pragma_update(None, "journal_mode", "wal").unwrap();
    let asked = asked.again();
    assert!(asked.catalogue(later()).is_none());
    assert!(asked.with(&[EVERYTHING]) == whole);
    assert!(asked.files().is_empty());
}
