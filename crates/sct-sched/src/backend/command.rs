//! Commands of batch systems: found, called, waited for only so long.

use std::{
    ffi::OsString,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use crate::Error;

/// A command that takes longer has not answered.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the commands of a batch system are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commands {
    /// Their folder; the search path when absent.
    pub folder: Option<PathBuf>,
}

impl Commands {
    /// Calls a command in a folder and gives what it prints.
    ///
    /// # Errors
    ///
    /// [`Error::Command`] when it does not start, ends with an error or does not answer in time.
    pub(super) fn call(
        &self,
        name: &str,
        folder: Option<&Path>,
        arguments: &[OsString],
    ) -> Result<String, Error> {
        let program = self.folder.as_ref().map_or_else(|| PathBuf::from(name), |at| at.join(name));
        let mut command = Command::new(&program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        folder.map(|folder| command.current_dir(folder));
        let failed = |what: String| Error::Command { command: name.to_owned(), what };
        let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
        // Both ends are read at once: a command that prints much must not wait for us.
        let (out, err) = (child.stdout.take().map(read), child.stderr.take().map(read));
        let status = wait(&mut child).map_err(&failed)?;
        // What the command has left behind may hold the ends open; it is not waited for.
        let text = |read: Option<Receiver<Vec<u8>>>| {
            let bytes = read.and_then(|read| read.recv_timeout(PATIENCE).ok()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let (out, err) = (text(out), text(err));
        if status.success() {
            return Ok(out);
        }
        let said = err.trim();
        Err(failed(format!("{status}: {}", if said.is_empty() { out.trim() } else { said })))
    }
}

/// Reads everything in a thread of its own.
fn read(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What came before an error is what there is.
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}

fn wait(child: &mut Child) -> Result<ExitStatus, String> {
    let since = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if since.elapsed() > PATIENCE => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("no answer within {} s", PATIENCE.as_secs()));
            }
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(error.to_string()),
        }
    }
}
