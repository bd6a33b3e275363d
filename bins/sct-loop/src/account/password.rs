//! Where passwords come from: never from an argument, which everybody on the machine can see.

use std::io::{self, BufRead as _, Read as _};

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_tasks::failure::Coded;

/// Bytes that are read at most.
const LONGEST: u64 = 4_096;

/// Where the password comes from; the terminal, without echo, when nothing is said.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Source {
    /// Read the password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
}

impl Source {
    /// The password for an account; on the terminal it is asked for twice.
    pub(super) fn read(self, name: &str) -> anyhow::Result<String> {
        if self.password_stdin {
            return first_line();
        }
        let ask = |what: &str| {
            rpassword::prompt_password(what).with_context(|| {
                let what = "there is no terminal to ask for a password: give it on standard input, with --password-stdin";
                Coded::new(ExitCode::ArgMissing, what)
            })
        };
        let password = ask(&format!("Password of {name}: "))?;
        if ask("Once more: ")? != password {
            return Err(Coded::new(ExitCode::ArgError, "the two passwords differ").into());
        }
        Ok(password)
    }
}

fn first_line() -> anyhow::Result<String> {
    let mut line = String::new();
    io::stdin().lock().take(LONGEST).read_line(&mut line).context("standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Coded::new(ExitCode::ArgMissing, "standard input has no password").into());
    }
    Ok(password.to_owned())
}
