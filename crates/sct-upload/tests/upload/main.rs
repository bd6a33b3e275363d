//! Passes over a queue with real masters, request files, locks, and what a killed pass leaves behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod combined;
mod interrupted;
mod passes;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use sct_conditions::{MONITORING, Row, monitoring_row};
use sct_cool::{
    Clock, Database, FolderContent, Selection, StoreTarget, Writer, create_master, verify,
    write_file,
};
use sct_id::{Iov, ModuleHash, RunNumber};
use sct_upload::{Done, NewUpload, Queue, RequestName, Settings, State, Task, check, pass};
use tempfile::TempDir;

const TAG: &str = MONITORING.tag;

fn run(number: u32) -> RunNumber {
    RunNumber::new(number).unwrap()
}

/// A data folder with both masters, as the loop has it.
struct World {
    folder: TempDir,
    settings: Settings,
    queue: Queue,
}

impl World {
    fn new() -> Self {
        static MASTERS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
            let folder = tempfile::tempdir().unwrap();
            [("CONDBR2", 0), ("MONP200", 5)].map(|(name, task)| {
                let path = folder.path().join(name);
                create_master(&path, name).unwrap();
                // A master has the tags it takes uploads for.
                let folder = sct_conditions::SCT_FOLDERS[task];
                let mut writer = Writer::open(&path, None, Clock::system()).unwrap();
                let first = rows(Task::ALL[task], 1, 3, "");
                writer
                    .store(folder.path, &StoreTarget::Tag(folder.tag.to_owned()), &first)
                    .unwrap();
                drop(writer);
                fs::read(path).unwrap()
            })
        });
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings::of(folder.path());
        for (name, bytes) in ["CONDBR2", "MONP200"].iter().zip(&*MASTERS) {
            fs::write(&settings.masters[*name], bytes).unwrap();
        }
        fs::create_dir_all(settings.requests()).unwrap();
        let queue = Queue::open(&settings.ledger()).unwrap();
        Self { folder, settings, queue }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The database of a job, with its summary.
    fn result(&self, task: Task, number: u32, list: &str, flag: &str) -> PathBuf {
        let path = self.path(&format!("r{number}.{task}.mycool.db"));
        let _ = fs::remove_file(&path);
        write(&path, task, task.folder().tag, rows(task, number, 40, list));
        let summary = format!(
            "<run><value name=\"RunNumber\">{number}</value><value name=\"Flag\">{flag}</value><value name=\"FlagReason\">FAILED in \
             something; </value></run>"
        );
        fs::write(self.path(&format!("r{number}.{task}.{}", task.summary())), summary).unwrap();
        path
    }

    fn request(&mut self, file: &Path, task: Task, number: u32) -> Result<i64, sct_upload::Error> {
        let tag = task.folder().tag;
        let checked = check(file, run(number), task, tag, None)?;
        self.queue.request(&NewUpload {
            run: run(number),
            task,
            tag: tag.to_owned(),
            file: file.to_owned(),
            sha256: checked.sha256,
            flag: checked.flag,
            replace: false,
            who: "shifter".to_owned(),
            comment: String::new(),
            request_file: None,
        })
    }

    fn request_file(&self, file: &Path, task: Task, number: u32) -> PathBuf {
        let name = RequestName::new(run(number), task).unwrap().to_string();
        let path = self.settings.requests().join(name);
        fs::write(&path, format!("{}\n", file.display())).unwrap();
        path
    }

    fn pass(&mut self) -> Done {
        let done = pass(&self.settings, &mut self.queue).unwrap();
        for master in self.settings.masters.values() {
            assert_eq!(verify(master).unwrap(), []);
        }
        done
    }

    fn state(&self, id: i64) -> State {
        self.queue.upload(id).unwrap().state
    }

    /// Objects of a run in the master of a task.
    fn objects(&self, task: Task, number: u32) -> usize {
        let folder = task.folder();
        let master = Database::open(&self.settings.masters[task.destination().name()]).unwrap();
        let at = Selection::tag(folder.tag).at(Iov::run(run(number)).since());
        master.objects(folder.path, &at).unwrap().len()
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

fn write(path: &Path, task: Task, tag: &str, rows: Vec<Row>) {
    let content = FolderContent { folder: task.folder().folder(), tag: tag.to_owned(), rows };
    write_file(path, "CONDBR2", &[content]).unwrap();
}

fn rows(task: Task, number: u32, count: usize, list: &str) -> Vec<Row> {
    let iov = Iov::run(run(number));
    let mut rows: Vec<Row> = ModuleHash::all()
        .take(count)
        .map(|module| monitoring_row(module, iov, 0.015, list).unwrap())
        .collect();
    if task == Task::Efficiency {
        for row in &mut rows {
            row.payload.truncate(5);
            row.payload.push(sct_conditions::Value::Real(0.5));
        }
    }
    rows
}
