//! The page on a socket.

use std::{
    net::SocketAddr,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_result::Index;
use sct_tasks::failure::Coded;
use tokio::{net::TcpListener, sync::oneshot};

use super::{App, router};
use crate::schedule::Settings;

/// Threads that may wait for files and SQLite at the same time: more would only wait for each other, and each keeps pages of
/// the databases.
const WAITING: usize = 8;

/// Time between two looks at the results folder.
const LOOK: Duration = Duration::from_secs(5);

/// Runs whose files are looked at each time, and how many times it takes until all runs are looked at again: an old run changes
/// when somebody repeats a task of it.
const NEWEST: usize = 200;
const WHOLE: u32 = 24;

/// How long the first page waits for the first look.
const FIRST: Duration = Duration::from_secs(2);

/// How long a look that goes on is waited for at the end.
const LAST: Duration = Duration::from_secs(2);

/// Lists by module that are read after a look.
const LISTS: usize = 50;

/// A server at work; it stops when this is dropped or [`Server::stop`] is called.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<anyhow::Result<()>>>,
    /// Keeps the index of the results true; it ends when the other end of the channel is gone.
    index: Option<(Sender<()>, JoinHandle<()>)>,
}

/// Starts to serve pages, on threads of their own.
///
/// # Errors
///
/// When nobody can listen at the address.
pub fn serve(app: App, listen: SocketAddr) -> anyhow::Result<Server> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(WAITING)
        .thread_name("page")
        .enable_all()
        .build()
        .context("threads of the page")?;
    let taken = || Coded::new(ExitCode::ExecSetupFail, format!("nobody can listen at {listen}"));
    let listener = runtime.block_on(TcpListener::bind(listen)).with_context(taken)?;
    let address = listener.local_addr().with_context(taken)?;
    let index = keep_index(app.settings())?;
    let (stop, stopped) = oneshot::channel();
    let thread = thread::Builder::new().name("pages".to_owned()).spawn(move || {
        let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
        let served = runtime.block_on(async {
            axum::serve(listener, service)
                .with_graceful_shutdown(async {
                    let _ = stopped.await;
                })
                .await
        });
        served.context("pages")
    });
    let thread = thread.context("thread of the page")?;
    Ok(Server { address, stop: Some(stop), thread: Some(thread), index: Some(index) })
}

/// Keeps the index of the results true, on a thread of its own. The first look is waited for a little, so that the first page
/// is complete where there are few runs; with many, the newest come first.
fn keep_index(settings: &Settings) -> anyhow::Result<(Sender<()>, JoinHandle<()>)> {
    let results = settings.results();
    let mut index = Index::open(&settings.results_index())?;
    let complain = |complaints: Vec<String>| {
        for complaint in complaints {
            tracing::warn!("{complaint}");
        }
    };
    // A full disk, a locked file: it may pass.
    let failed = |error: sct_result::Error| tracing::error!("index of the results: {error}");
    let (stop, stopped): (_, Receiver<()>) = channel();
    let (looked, first): (_, Receiver<()>) = channel();
    let look = move || {
        for round in 0_u32.. {
            let is_whole = round.is_multiple_of(WHOLE);
            let refreshed = if is_whole {
                index.refresh(&results)
            } else {
                index.refresh_newest(&results, NEWEST)
            };
            match refreshed {
                Ok(refreshed) => complain(refreshed.complaints),
                Err(error) => failed(error),
            }
            // Nobody waits for it any more, perhaps.
            let _ = looked.send(());
            match index.read_lists(LISTS) {
                Ok(listed) => complain(listed.complaints),
                Err(error) => failed(error),
            }
            if stopped.recv_timeout(LOOK) != Err(RecvTimeoutError::Timeout) {
                break;
            }
        }
    };
    let thread = thread::Builder::new().name("index".to_owned()).spawn(look);
    let thread = thread.context("thread of the index")?;
    // A long look goes on while the first pages are shown.
    let _ = first.recv_timeout(FIRST);
    Ok((stop, thread))
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers what was asked, then ends.
    ///
    /// # Errors
    ///
    /// When serving had failed.
    pub fn stop(mut self) -> anyhow::Result<()> {
        self.end()
    }

    fn end(&mut self) -> anyhow::Result<()> {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some((stop, index)) = self.index.take() {
            drop(stop);
            // A first look at many runs takes a minute, and nobody waits for it: what it writes, it writes as a whole.
            let end = Instant::now() + LAST;
            while !index.is_finished() && Instant::now() < end {
                thread::sleep(Duration::from_millis(5));
            }
            if index.is_finished() {
                let _ = index.join();
            }
        }
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(served)) => served,
            Some(Err(_)) => Err(anyhow::anyhow!("the thread of the page broke off")),
            None => Ok(()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!("{error:#}");
        }
    }
}
