//! The passes in the service: a thread that makes what is due.

use std::{
    collections::HashMap,
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{Pass, Passes, Word};
use crate::schedule::{Settings, now};

/// Between two looks at what is due.
const LOOK: Duration = Duration::from_secs(1);

/// The passes at work. They end with the service; a pass that is under way then is finished by the next one.
#[derive(Debug)]
pub struct Service {
    stop: Sender<()>,
    driver: JoinHandle<()>,
}

impl Service {
    /// Begins to make passes.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be opened.
    pub fn start(settings: Settings) -> anyhow::Result<Self> {
        let passes = Passes::open(settings.clone())?;
        let (stop, stopped) = channel();
        let driver = thread::spawn(move || {
            let mut at_work: HashMap<Pass, JoinHandle<()>> = HashMap::new();
            loop {
                at_work.retain(|_, thread| !thread.is_finished());
                // What the ledger does not say now it says a moment later.
                for pass in passes.due(now()).unwrap_or_default() {
                    let settings = settings.clone();
                    // Each has a thread of its own: a long upload keeps no mail waiting.
                    at_work
                        .entry(pass)
                        .or_insert_with(|| thread::spawn(move || make(settings, pass)));
                }
                if stopped.recv_timeout(LOOK) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        });
        Ok(Self { stop, driver })
    }

    /// Begins no more passes.
    pub fn stop(self) {
        drop(self.stop);
        // It panics only if memory is gone; the service ends in any case.
        let _ = self.driver.join();
    }
}

fn make(settings: Settings, pass: Pass) {
    let made = Passes::open(settings)
        .and_then(|mut passes| passes.run(pass, crate::schedule::WHO, &now, false));
    match made {
        Ok(outcome) if outcome.result == Word::Ok => {
            tracing::debug!("pass {pass}: {}", outcome.text);
        }
        Ok(outcome) => tracing::warn!("pass {pass}: {}", outcome.text),
        Err(error) => {
            tracing::warn!("pass {pass}: {}", sct_tasks::failure::message(&error));
            // A ledger that cannot be written, or another program at it: not again at once.
            thread::sleep(Duration::from_secs(10));
        }
    }
}
