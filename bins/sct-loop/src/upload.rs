//! The commands of the upload queue.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use sct_id::RunNumber;
use sct_job::ExitCode;
use sct_tasks::{
    cli,
    failure::{self, Coded},
};
use sct_upload::{Done, NewUpload, Queue, RequestName, Settings, Task, Upload, check, check_flag};
use serde_json::json;

use crate::{
    passes::{Beats, Outcome, Pass, upload},
    schedule::now,
    uploader::Uploader,
};

/// Options of `sct-loop upload`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// What to do; a pass over the queue when absent.
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// Where everything is, and how it answers.
#[derive(Debug, clap::Args)]
struct Place {
    /// Data folder, with the ledger and the folder `toupload`.
    #[arg(long, value_name = "DIR", global = true, default_value = ".")]
    data: PathBuf,
    /// Master of CONDBR2; `CONDBR2.db` in the data folder when absent.
    #[arg(long, value_name = "FILE", global = true)]
    condbr2: Option<PathBuf>,
    /// Master of MONP200; `MONP200.db` in the data folder when absent.
    #[arg(long, value_name = "FILE", global = true)]
    monp200: Option<PathBuf>,
    /// File of the last run; `lastRun` in the data folder when absent.
    #[arg(long, value_name = "FILE", global = true)]
    last_run: Option<PathBuf>,
    /// Keep no copies of source and master.
    #[arg(long, global = true)]
    nobackup: bool,
    /// Person or account named in ledger and receipts.
    #[arg(long, value_name = "NAME", global = true, env = "USER", default_value = "unknown")]
    who: String,
    /// JSON on standard output.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Asks for an upload; file, tag, interval and flag are checked now, and the digest again at the upload.
    Request(Request),
    /// Marks a run as unusable for a task: no upload, and no other run waits for it.
    Bad {
        /// Run.
        #[arg(long)]
        run: RunNumber,
        /// Task, as noisy-strip.
        #[arg(long)]
        task: Task,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
        /// Take the mark away.
        #[arg(long)]
        unmark: bool,
    },
    /// Takes an upload out of the master again.
    Undo(Undo),
    /// Puts a refused, failed, cancelled or undone upload back into the queue.
    Retry {
        /// Number of the upload.
        id: i64,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Takes a request back before it is done.
    Cancel {
        /// Number of the upload.
        id: i64,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Lists the queue.
    List,
}

#[derive(Debug, clap::Args)]
struct Request {
    /// Run.
    #[arg(long)]
    run: RunNumber,
    /// Task, as noisy-strip.
    #[arg(long)]
    task: Task,
    /// COOL file of the job.
    #[arg(long)]
    file: PathBuf,
    /// SHA-256 of the file that was looked at.
    #[arg(long)]
    sha256: Option<String>,
    /// Tag, when it is not the usual one of the task.
    #[arg(long)]
    tag: Option<String>,
    /// Upload although the flag is not G: somebody has looked, and says so in the comment.
    #[arg(long, requires = "comment")]
    confirm_flag: bool,
    /// Lay it over other content of the run.
    #[arg(long)]
    replace: bool,
    /// Comment.
    #[arg(long)]
    comment: Option<String>,
    /// Write a request file of the historic way instead of a row of the ledger.
    #[arg(long, conflicts_with_all = ["replace", "tag"])]
    historic: bool,
}

/// Options of `sct-loop undo`: the same as `sct-loop upload undo`.
#[derive(Debug, clap::Args)]
pub struct UndoAlone {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    undo: Undo,
}

impl UndoAlone {
    /// Takes the upload back.
    ///
    /// # Errors
    ///
    /// As [`Args::run`].
    pub fn run(self) -> anyhow::Result<()> {
        Args { place: self.place, verb: Some(Verb::Undo(self.undo)) }.run()
    }
}

/// Which upload is taken back.
#[derive(Debug, clap::Args)]
struct Undo {
    /// Number of the upload.
    id: i64,
    /// Why.
    #[arg(long)]
    reason: String,
}

impl Args {
    fn settings(&self) -> anyhow::Result<Settings> {
        let mut settings =
            crate::schedule::Settings::read(&self.place.data)?.uploads(&self.place.who);
        for (name, path) in [("CONDBR2", &self.place.condbr2), ("MONP200", &self.place.monp200)] {
            if let Some(path) = path {
                settings.masters.insert(name.to_owned(), path.clone());
            }
        }
        if let Some(path) = &self.place.last_run {
            settings.last_run.clone_from(path);
        }
        settings.backup &= !self.place.nobackup;
        Ok(settings)
    }

    /// Does what is asked for.
    ///
    /// # Errors
    ///
    /// Refusals of requests with code 1, broken uploads with their own.
    pub fn run(&self) -> anyhow::Result<()> {
        let mut uploader = Uploader::open(self.settings()?)?;
        let who = self.place.who.as_str();
        match &self.verb {
            None => self.pass(&mut uploader),
            Some(Verb::Request(request)) => self.request(request, &mut uploader),
            Some(Verb::Bad { run, task, unmark: true, .. }) => {
                let there = uploader.unmark_bad(*run, *task)?;
                let what = if there { "no longer marked bad" } else { "was not marked bad" };
                self.say(
                    &json!({ "run": run, "bad": false }),
                    &format!("{task} of run {run} {what}"),
                )
            }
            Some(Verb::Bad { run, task, reason, .. }) => {
                uploader.mark_bad(*run, *task, reason)?;
                self.say(
                    &json!({ "run": run, "bad": true }),
                    &format!("{task} of run {run} is marked bad"),
                )
            }
            Some(Verb::Undo(Undo { id, reason })) => {
                let alteration = uploader.undo(*id, reason)?;
                let text = format!("upload {id} is undone: {} objects removed", alteration.objects);
                self.say(&json!({ "upload": id, "undone": alteration }), &text)
            }
            Some(Verb::Retry { id, reason }) => {
                uploader.queue().retry(*id, who, reason)?;
                self.say(&json!({ "upload": id }), &format!("upload {id} is requested again"))
            }
            Some(Verb::Cancel { id, reason }) => {
                use sct_upload::State::{Cancelled, Failed, Refused, Requested};
                let from = [Requested, Refused, Failed];
                uploader.queue().set(*id, &from, Cancelled, who, reason)?;
                self.say(&json!({ "upload": id }), &format!("upload {id} is cancelled"))
            }
            Some(Verb::List) => self.list(uploader.queue()),
        }
    }

    fn say(&self, value: &serde_json::Value, text: &str) -> anyhow::Result<()> {
        cli::print(&if self.place.json { format!("{value}\n") } else { format!("{text}\n") })
    }

    fn request(&self, request: &Request, uploader: &mut Uploader) -> anyhow::Result<()> {
        let settings = uploader.settings();
        let Request { run, task, .. } = request;
        let file = absolute(&request.file);
        let tag = request.tag.clone().unwrap_or_else(|| task.folder().tag.to_owned());
        let checked = check(&file, *run, *task, &tag, request.sha256.as_deref())?;
        check_flag(&checked, request.confirm_flag)?;
        if request.historic {
            let name =
                RequestName::new(*run, *task).map_err(sct_upload::Error::Request)?.to_string();
            let path = settings.requests().join(&name);
            std::fs::create_dir_all(settings.requests())?;
            sct_wholefile::write(&path, format!("{}\n", file.display()).as_bytes())?;
            return self.say(&json!({ "request": path }), &format!("request {}", path.display()));
        }
        let id = uploader.queue().request(&NewUpload {
            tag,
            replace: request.replace,
            comment: request.comment.clone().unwrap_or_default(),
            ..NewUpload::of(&checked, file, *run, *task, &self.place.who)
        })?;
        let text =
            format!("upload {id} is requested: {task} of run {run}, {} objects", checked.objects);
        self.say(&json!({ "upload": id, "sha256": checked.sha256, "flag": checked.flag }), &text)
    }

    fn pass(&self, uploader: &mut Uploader) -> anyhow::Result<()> {
        let done = self.beat(uploader)?;
        if self.place.json {
            cli::print(&format!("{:#}\n", serde_json::to_value(&done)?))?;
        } else {
            let mut text: String = done.notes.iter().map(|note| format!("{note}\n")).collect();
            for (name, reason) in &done.unreadable {
                text.push_str(&format!("{name}: {reason}\n"));
            }
            for upload in uploader.queue().uploads(None)? {
                let of_this_pass =
                    [&done.done, &done.unchanged, &done.refused, &done.waiting, &done.failed];
                if of_this_pass.iter().any(|list| list.contains(&upload.id)) {
                    text.push_str(&line(&upload));
                }
            }
            cli::print(&text)?;
        }
        verdict(&done)
    }

    /// A pass with its heartbeat, so that nobody is told that uploads are silent.
    fn beat(&self, uploader: &mut Uploader) -> anyhow::Result<Done> {
        let settings = crate::schedule::Settings::read(&self.place.data)?;
        if let Some(what) = upload::rejected(&settings) {
            return Err(Coded::new(ExitCode::ExecFail, what).into());
        }
        let mut beats = Beats::open(&settings.ledger())?;
        let begin = now();
        let next = Pass::Upload.interval(&settings).map(|interval| begin + interval);
        let beat = beats.begin(Pass::Upload, begin, &self.place.who, next)?;
        let done = uploader.pass();
        let outcome = match &done {
            Ok(done) => upload::outcome(done),
            Err(error) => Outcome::failed(failure::message(error), serde_json::Value::Null),
        };
        beats.end(beat, now(), &outcome)?;
        done
    }

    fn list(&self, queue: &Queue) -> anyhow::Result<()> {
        let uploads = queue.uploads(None)?;
        if self.place.json {
            return cli::print(&format!("{:#}\n", serde_json::to_value(&uploads)?));
        }
        cli::print(&uploads.iter().map(line).collect::<String>())
    }
}

fn line(upload: &Upload) -> String {
    let Upload { id, run, task, state, reason, destination, .. } = upload;
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    format!("{id:>5}  run {run}  {task}  {destination}  {state}{reason}\n")
}

/// What is refused needs a person, what failed needs an expert, what waits needs time.
fn verdict(done: &Done) -> anyhow::Result<()> {
    let refused = done.refused.len() + done.unreadable.len();
    let (code, what) = if !done.failed.is_empty() {
        (ExitCode::ExecFail, format!("{} uploads failed", done.failed.len()))
    } else if !done.waiting.is_empty() {
        (ExitCode::CoolBusy, format!("{} uploads wait for their master", done.waiting.len()))
    } else if refused > 0 {
        (ExitCode::NeedCheck, format!("{refused} requests are refused"))
    } else {
        return Ok(());
    };
    Err(Coded::new(code, what).into())
}

/// Paths in the ledger hold wherever the next pass is started.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
