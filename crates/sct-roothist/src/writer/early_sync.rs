use std::{
    fs::File,
    io,
    sync::mpsc::{self, SyncSender},
    thread::{self, JoinHandle},
};

/// Bytes of a file after which the disk gets what there is.
const PORTION: u64 = 2 << 20;

/// Brings a file to the disk while it is still being written, in a thread of its own that mostly waits for the disk: at the
/// end there is little left to wait for. Files of less than a portion have none.
#[derive(Debug, Default)]
pub(super) struct EarlySync {
    worker: Option<Worker>,
    /// Bytes written when the disk was asked last.
    asked: u64,
}

#[derive(Debug)]
struct Worker {
    requests: SyncSender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl EarlySync {
    /// To be called as the file grows; `written` bytes are in it, or on the way to it.
    pub(super) fn grown(&mut self, file: &File, written: u64) {
        if written < self.asked + PORTION {
            return;
        }
        self.asked = written;
        if self.worker.is_none() {
            self.worker = Worker::new(file).ok();
        }
        if let Some(worker) = &self.worker {
            // When the disk is still busy with earlier bytes, these wait for their turn.
            let _ = worker.requests.try_send(());
        }
    }

    /// Waits for the disk, and says if it failed: it says so once only, and perhaps did so here.
    pub(super) fn finish(self) -> io::Result<()> {
        let Some(Worker { requests, thread }) = self.worker else { return Ok(()) };
        drop(requests);
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that syncs panicked")))
    }
}

impl Worker {
    fn new(file: &File) -> io::Result<Self> {
        let file = file.try_clone()?;
        let (requests, received) = mpsc::sync_channel(1);
        let sync = move || received.iter().try_for_each(|()| file.sync_data());
        let thread = thread::Builder::new().name("early-sync".to_owned()).spawn(sync)?;
        Ok(Self { requests, thread })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_grow_have_a_thread() {
        let file = tempfile::tempfile().unwrap();
        let mut sync = EarlySync::default();
        sync.grown(&file, PORTION - 1);
        assert!(sync.worker.is_none());
        for written in [PORTION, 2 * PORTION, 2 * PORTION + 1, 4 * PORTION] {
            sync.grown(&file, written);
        }
        assert!(sync.worker.is_some());
        sync.finish().unwrap();
    }

    #[test]
    fn failure_is_told_at_the_end() {
        // Nothing that could be brought to a disk.
        let (_reader, writer) = io::pipe().unwrap();
        let writer = File::from(std::os::fd::OwnedFd::from(writer));
        let mut sync = EarlySync::default();
        sync.grown(&writer, PORTION);
        assert!(sync.finish().is_err());
    }
}
