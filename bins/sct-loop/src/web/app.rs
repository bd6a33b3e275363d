//! What all pages share.

use std::sync::{Arc, Mutex, PoisonError};

use sct_account::Accounts;
use sct_openid::Provider;
use sct_result::Index;
use sct_sched::Store;

use super::{Failure, local, openid};
use crate::{passes::Passes, schedule::Settings, tasks::standby::Masks, uploader::Uploader};

/// Everything that can be read, opened once and used by one request at a time.
#[derive(Debug)]
pub struct Reader {
    /// Results of tasks.
    pub results: Index,
    /// Uploads, and the order of noisy strips.
    pub uploader: Uploader,
    /// Tasks, jobs, attempts.
    pub tasks: Store,
    /// Accounts, sessions, audit log.
    pub accounts: Accounts,
    /// Heartbeats of the passes.
    pub passes: Passes,
    /// Parts of the SCT that were out of the read-out.
    pub(crate) masks: Masks,
}

impl Reader {
    fn open(settings: &Settings) -> anyhow::Result<Self> {
        Ok(Self {
            results: Index::open(&settings.results_index())?,
            uploader: Uploader::open(settings.uploads(crate::schedule::WHO))?,
            tasks: Store::open(&settings.ledger())?,
            accounts: Accounts::open(&settings.ledger())?,
            passes: Passes::open(settings.clone())?,
            masks: Masks::default(),
        })
    }
}

/// The state behind all pages.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    /// How messages name the data folder.
    folders: Vec<String>,
    /// Whom people may sign in with.
    openid: Option<Provider>,
    /// Readers that nobody uses at the moment.
    idle: Mutex<Vec<Reader>>,
}

impl App {
    /// The pages of a data folder.
    ///
    /// # Errors
    ///
    /// When ledger or index cannot be opened.
    pub fn open(settings: Settings) -> anyhow::Result<Self> {
        // Faults of the data folder are said at the start, not to the first visitor.
        let first = Reader::open(&settings)?;
        let openid = openid::provider(&settings)?;
        let folders = local::folders(&settings.data);
        Ok(Self(Arc::new(Inner { settings, folders, openid, idle: Mutex::new(vec![first]) })))
    }

    /// How messages name the data folder.
    pub(super) fn folders(&self) -> &[String] {
        &self.0.folders
    }

    /// The provider that people may sign in with.
    pub(super) fn openid(&self) -> Option<&Provider> {
        self.0.openid.as_ref()
    }

    /// The settings of the data folder.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Works with the stores on a thread that may wait for files.
    ///
    /// # Errors
    ///
    /// What `work` says, and when the stores cannot be opened.
    pub async fn read<T, W>(&self, work: W) -> Result<T, Failure>
    where
        T: Send + 'static,
        W: FnOnce(&mut Reader, &Settings) -> Result<T, Failure> + Send + 'static,
    {
        let inner = Arc::clone(&self.0);
        let joined = tokio::task::spawn_blocking(move || {
            let idle = inner.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            // The index may be removed at any time; it is made again.
            let mut reader = match idle.filter(|reader| reader.results.is_current()) {
                Some(reader) => reader,
                None => Reader::open(&inner.settings)?,
            };
            let result = work(&mut reader, &inner.settings);
            // A reader that met an error may be in any state: the next request opens another.
            if result.is_ok() {
                inner.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
            }
            result
        });
        joined.await.map_err(|error| Failure::from(anyhow::Error::from(error)))?
    }
}
