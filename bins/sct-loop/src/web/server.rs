//! The page on a socket.

use std::net::SocketAddr;

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_tasks::failure::Coded;
use tokio::{net::TcpListener, sync::oneshot};

use super::{App, router};

/// Threads that may wait for files and SQLite at the same time: more would only wait for each other.
const WAITING: usize = 16;

/// A server at work; it stops when this is dropped or [`Server::stop`] is called.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<anyhow::Result<()>>>,
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
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::Builder::new().name("pages".to_owned()).spawn(move || {
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
    Ok(Server { address, stop: Some(stop), thread: Some(thread.context("thread of the page")?) })
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
        match self.thread.take().map(std::thread::JoinHandle::join) {
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
