//! The scheduler as a command.

use std::{
    net::SocketAddr,
    path::Path,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_sched::{TaskState, store::Filter};
use sct_tasks::failure::Coded;
use serde_json::json;
use signal_hook::{
    consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use super::{Place, status::broken};
use crate::{
    passes::service::Service,
    schedule::{Scheduler, Settings, Tick},
    web::{self, App, Server},
};

/// Shortest time between two looks while jobs run.
const SHORTEST: Duration = Duration::from_millis(20);

/// Longest time between two looks while jobs run elsewhere; the end of one on this machine is heard of at once.
const LONGEST: Duration = Duration::from_millis(500);

/// Options of `sct-loop run-once`.
#[derive(Debug, clap::Args)]
pub struct RunOnce {
    #[command(flatten)]
    place: Place,
    /// Look once, submit what can be submitted, and do not wait for the jobs.
    #[arg(long)]
    no_wait: bool,
}

impl RunOnce {
    /// Works until nothing is under way and no data set is open. What was cut short long ago is not waited for.
    ///
    /// # Errors
    ///
    /// Exit code 1 when tasks have failed; otherwise as [`Scheduler::tick`].
    pub fn run(&self) -> anyhow::Result<()> {
        let signals = stop_signals()?;
        let mut scheduler = Scheduler::open(self.place.settings()?)?;
        let mut sum = Tick::default();
        let mut pause = SHORTEST;
        loop {
            let tick = scheduler.tick()?;
            sum = Tick {
                files: sum.files + tick.files,
                defined: sum.defined + tick.defined,
                submitted: sum.submitted + tick.submitted,
                ended: sum.ended + tick.ended,
                ..tick
            };
            if self.no_wait || tick.is_quiet() {
                break;
            }
            // A short job is noticed at once, a long one is not asked for all the time.
            let moved = tick.submitted + tick.ended > 0;
            pause = if moved { SHORTEST } else { (2 * pause).min(LONGEST) };
            if is_stopped(&signals, pause) {
                return Err(stopped());
            }
        }
        drop(scheduler);
        self.report(&sum)
    }

    fn report(&self, sum: &Tick) -> anyhow::Result<()> {
        let settings = self.place.settings()?;
        let store = super::open(&settings)?;
        let failed =
            store.tasks(&Filter { states: vec![TaskState::Failed], ..Filter::default() })?;
        let cut = match broken(&store)?.len() {
            0 => None,
            1 => Some("1 file is cut short or damaged, and its tasks wait".to_owned()),
            many => Some(format!("{many} files are cut short or damaged, and their tasks wait")),
        };
        if let Some(cut) = cut {
            tracing::warn!("{cut}: see sct-loop tasks files");
        }
        let Tick { files, defined, submitted, ended, under_way, ready, .. } = sum;
        let text = format!(
            "{files} files seen, {defined} tasks defined, {submitted} attempts submitted, {ended} ended, {under_way} under way, \
             {ready} ready; {} tasks failed",
            failed.len()
        );
        self.place.say(&json!({ "done": sum, "failed": failed }), &text)?;
        if failed.is_empty() {
            return Ok(());
        }
        let what = format!("{} tasks have failed; see sct-loop tasks --state FAILED", failed.len());
        Err(Coded::new(ExitCode::NeedCheck, what).into())
    }
}

/// Options of `sct-loop serve`.
#[derive(Debug, clap::Args)]
pub struct Serve {
    #[command(flatten)]
    place: Place,
    /// Without the web page.
    #[arg(long)]
    no_web: bool,
    /// Address and port of the page; those of sct-loop.toml when absent, else 127.0.0.1:8024.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "no_web")]
    listen: Option<SocketAddr>,
}

impl Serve {
    /// The service of a data folder, with its page.
    pub(crate) fn new(data: &Path, listen: Option<SocketAddr>) -> Self {
        Self { place: Place::of(data), no_web: false, listen }
    }

    /// Works until SIGTERM or SIGINT. Jobs go on then, and the next start takes them over. Says where the page is, unless it
    /// is to be quiet.
    ///
    /// # Errors
    ///
    /// When the settings are faulty or another scheduler is at work. Later failures are said and tried again.
    pub fn run(&self, quiet: bool) -> anyhow::Result<()> {
        let signals = stop_signals()?;
        let settings = self.place.settings()?;
        let poll = Duration::from_secs_f64(settings.poll.max(0.05));
        let mut scheduler = Scheduler::open(settings.clone())?;
        let passes = Service::start(settings.clone())?;
        let page = (!self.no_web).then(|| self.page(settings)).transpose()?;
        if let Some(page) = page.as_ref().filter(|_| !quiet) {
            let address = format!("http://{}", page.address());
            // A closed standard output does not stop the service.
            let _ =
                self.place.say(&json!({ "page": address }), &format!("the page is at {address}"));
        }
        tracing::info!("the scheduler is at work");
        let mut looked = Instant::now();
        loop {
            let tick = scheduler.tick();
            let busy = match &tick {
                Ok(tick) => tick.submitted + tick.ended > 0,
                // A full disk, a locked ledger: it may pass, and nothing is lost.
                Err(error) => {
                    tracing::error!("{}", sct_tasks::failure::message(error));
                    false
                }
            };
            let under_way = tick.is_ok_and(|tick| tick.under_way > 0);
            let pause = match (busy, under_way) {
                (true, _) => SHORTEST,
                (false, true) => poll.min(LONGEST),
                (false, false) => poll,
            };
            if is_stopped(&signals, pause) {
                passes.stop();
                tracing::info!("stopped; jobs that run go on");
                return page.map_or(Ok(()), Server::stop);
            }
            if looked.elapsed() > Duration::from_hours(1) {
                looked = Instant::now();
                tracing::info!("the scheduler is at work");
            }
        }
    }
}

impl Serve {
    fn page(&self, settings: Settings) -> anyhow::Result<Server> {
        let listen = self.listen.unwrap_or(settings.web.listen);
        web::serve(App::open(settings)?, listen)
    }
}

fn stopped() -> anyhow::Error {
    Coded::new(ExitCode::NeedCheck, "stopped; jobs that run go on, run-once takes them over").into()
}

/// Waits until it is time to look again, or a process of ours has ended. Gives whether somebody asks to stop.
fn is_stopped(signals: &Receiver<i32>, pause: Duration) -> bool {
    match signals.recv_timeout(pause) {
        // Several may have ended at once: one look is enough for all.
        Ok(SIGCHLD) => signals.try_iter().any(|signal| signal != SIGCHLD),
        Err(RecvTimeoutError::Timeout) => false,
        Ok(_) | Err(RecvTimeoutError::Disconnected) => true,
    }
}

/// Hears of signals that ask to stop, and of processes that end.
fn stop_signals() -> anyhow::Result<Receiver<i32>> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGCHLD]).context("signals")?;
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for signal in &mut signals {
            if sender.send(signal).is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}
