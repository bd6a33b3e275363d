use std::{fs::File, thread};

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
}

impl Asked {
    /// A world that is old enough to be kept.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (control, table) = world(folder.path());
        thread::sleep(SETTLED + Duration::from_secs(1));
        Self { folder, control, table }
    }

    fn kept(&self) -> PathBuf {
        self.folder.path().join("kept/here")
    }

    fn ask(&self, options: &[(&str, &str)], catalogues: Option<&Path>) -> Answer {
        let now = jiff::Timestamp::from_second(1_500_000_000).unwrap();
        let shown = ["run", "time", "lhc", "projecttag", "streams"].map(|tag| ("show", tag));
        let query = Query::from_options(&[options, &shown].concat(), now).unwrap();
        let sources = Sources { control: &self.control, table: Some(&self.table), catalogues };
        answer(sources, &query).unwrap()
    }

    fn files(&self) -> Vec<PathBuf> {
        let Ok(files) = fs::read_dir(self.kept()) else { return Vec::new() };
        files.map(|file| file.unwrap().path()).collect()
    }

    fn catalogue(&self) -> Catalogue {
        Catalogue::new(&self.kept(), &LumiBlocks::new(&self.control).unwrap()).unwrap()
    }

    fn copy_of_lumi_blocks(&self, run: u64) {
        let path = self.folder.path().join("new.db");
        lumi_blocks(&path, &[(run, 1, 1_400_000_000_000_000_000, 1_400_000_060_000_000_000)]);
        fs::rename(path, self.folder.path().join("lumi.db")).unwrap();
    }
}

#[test]
fn answers_are_the_same_with_what_is_kept() {
    let asked = Asked::new();
    let queries: [&[(&str, &str)]; 6] = [
        &[EVERYTHING, ("projecttag", "data*_*eV"), ("lhc", "stablebeams TRUE")],
        &[EVERYTHING],
        &[EVERYTHING, ("streams", "physics_Zee 5+"), ("duration", "60+")],
        &[("run", "100000-110000,150000-169300"), ("streams", "physics_Main")],
        &[("run", "last 5")],
        &[("run", "120000-140000")],
    ];
    let mut known = Vec::new();
    for query in queries.iter().chain(&queries) {
        let kept = asked.ask(query, Some(&asked.kept()));
        assert_eq!(kept, asked.ask(query, None), "{query:?}");
        let found = asked.catalogue().load().unwrap().runs;
        known.push((found.len(), found.iter().filter(|run| run.is_known()).count()));
    }
    // All are listed at once; lumi blocks are those that somebody asked for.
    assert!(known.iter().all(|(runs, _)| *runs == 100), "{known:?}");
    assert!((1..100).contains(&known[0].1) && known[1].1 == 100, "{known:?}");
    assert_eq!(asked.files().len(), 1);
}

#[test]
fn what_is_kept_spares_a_look_until_the_file_changes() {
    let asked = Asked::new();
    let whole = asked.ask(&[EVERYTHING], Some(&asked.kept()));
    // A run is taken out of what is kept: the answer is without it.
    let catalogue = asked.catalogue();
    let mut known = catalogue.load().unwrap();
    known.runs.remove(50);
    catalogue.keep(&known);
    let found = asked.ask(&[EVERYTHING], Some(&asked.kept()));
    assert_eq!(found.runs.len(), 99);
    assert_eq!(asked.ask(&[EVERYTHING], None), whole);
    // The same bytes written again are another state.
    let path = asked.folder.path().join("lumi.db");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    assert!(asked.catalogue().load().is_none());
    let asked = Asked { control: RunControl::open(&files(&asked)).unwrap(), ..asked };
    assert_eq!(asked.ask(&[EVERYTHING], Some(&asked.kept())), whole);
    // It is too new to be kept, and so is a file of an old date that was changed just now.
    assert!(asked.catalogue().load().is_none());
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_400_000_000);
    File::options().append(true).open(&path).unwrap().set_modified(old).unwrap();
    assert_eq!(asked.ask(&[EVERYTHING], Some(&asked.kept())), whole);
    assert!(asked.catalogue().load().is_none());
    // Another file under the name.
    asked.copy_of_lumi_blocks(200_000);
    let asked = Asked { control: RunControl::open(&files(&asked)).unwrap(), ..asked };
    assert_eq!(asked.ask(&[EVERYTHING], Some(&asked.kept())).runs.len(), 1);
}

fn files(asked: &Asked) -> [PathBuf; 3] {
    ["lumi.db", "start.db", "beams.db"].map(|name| asked.folder.path().join(name))
}

#[test]
fn damage_is_not_believed() {
    let asked = Asked::new();
    let whole = asked.ask(&[EVERYTHING], Some(&asked.kept()));
    let path = &asked.files()[0];
    let sound = fs::read(path).unwrap();
    let head = sound.iter().position(|byte| *byte == b'\n').unwrap();
    for place in (0..head).chain((head..sound.len()).step_by(97)) {
        let mut bytes = sound.clone();
        bytes[place] ^= 1;
        assert!(
            asked.parsed(&bytes).is_none_or(|known| known == asked.parsed(&sound).unwrap()),
            "{place}"
        );
    }
    for length in (0..sound.len()).step_by(101) {
        assert!(asked.parsed(&sound[..length]).is_none(), "{length}");
    }
    fs::write(path, &sound[..sound.len() / 2]).unwrap();
    assert_eq!(asked.ask(&[EVERYTHING], Some(&asked.kept())), whole);
    assert_eq!(fs::read(path).unwrap(), sound);
}

impl Asked {
    fn parsed(&self, bytes: &[u8]) -> Option<Known> {
        self.catalogue().parse(bytes)
    }
}

#[test]
fn nothing_is_kept_where_it_cannot_be_written_or_changes_would_not_show() {
    let asked = Asked::new();
    let whole = asked.ask(&[EVERYTHING], None);
    let file = asked.folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(asked.ask(&[EVERYTHING], Some(&file.join("below"))), whole);
    let path = asked.folder.path().join("lumi.db");
    let mode = sct_ledger::sql::Connection::open(&path).unwrap();
    mode.pragma_update(None, "journal_mode", "wal").unwrap();
    let asked = Asked { control: RunControl::open(&files(&asked)).unwrap(), ..asked };
    assert_eq!(asked.ask(&[EVERYTHING], Some(&asked.kept())), whole);
    assert!(asked.files().is_empty());
}
