//! The calibration loop as one program.

use std::{
    ffi::OsString, fs::File, io::Write as _, net::SocketAddr, path::PathBuf, process::ExitCode,
};

use clap::{Parser, Subcommand};
use sct_loop::{account, attempt, demo, passes, shift_report, tasks, upload};
use sct_sched::attempt::follow_supervisor;
use sct_tasks::{
    calib::{self, LOG, Request},
    cli::{self, AFTER_HELP, Verbosity},
    failure, logging,
};

/// The calibration loop as one program.
#[derive(Debug, Parser)]
#[command(name = "sct-loop", version, after_help = AFTER_HELP)]
struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    verbosity: Verbosity,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Simulates two runs, works through the loop on both, compares with the truth and writes a page to open.
    Demo(Demo),
    /// Uploads what is requested; with a verb: asks for uploads, marks runs bad, takes uploads back.
    Upload(Box<upload::Args>),
    /// Lists tasks; with a verb: shows logs, takes failed jobs up again, gives tasks up.
    Tasks(Box<tasks::Args>),
    /// Says why a run, or a task of it, is where it is.
    Why(tasks::Why),
    /// Says in a few lines how the loop stands.
    Status(tasks::Status),
    /// Lets later runs go on without this one.
    Release(tasks::Release),
    /// Makes a pass: uploads, mails, last run, copies, credentials; lists them.
    Pass(passes::command::Args),
    /// Summary of a shift: runs, flags, uploads, what is open, who did what.
    ShiftReport(shift_report::Args),
    /// Runs failed jobs of a task again; short for `tasks retry`.
    Retry(tasks::RetryAlone),
    /// Takes an upload out of the master again; short for `upload undo`.
    Undo(upload::UndoAlone),
    /// Works until everything that is there is done.
    RunOnce(tasks::RunOnce),
    /// Works as a service until it is stopped.
    Serve(tasks::Serve),
    /// Accounts of the page: who may sign in, with which role; tokens for scripts; the audit log.
    Account(Box<account::Args>),
    /// Runs one attempt at a job under its supervisor; back-ends start jobs this way.
    #[command(hide = true)]
    Attempt(attempt::Args),
    /// Runs one job, as sct-calib does; the demo starts its jobs this way.
    #[command(hide = true, disable_help_flag = true)]
    Calib {
        /// Arguments of sct-calib.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

#[derive(Debug, clap::Args)]
struct Demo {
    /// Folder for everything; an earlier demo in it is replaced.
    #[arg(long, value_name = "DIR", default_value = "sct-loop-demo")]
    out: PathBuf,
    /// Seed of the simulated hits.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A small run instead of a full-size one.
    #[arg(long)]
    small: bool,
    /// Do not serve the page afterwards; scripts say so.
    #[arg(long)]
    no_serve: bool,
    /// Address and port of the page; 127.0.0.1:8024 when absent.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Print the result as JSON on standard output; the page is not served then.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let args: Args = cli::parse();
    match args.command {
        Command::Demo(demo) => {
            logging::start(args.verbosity, None);
            failure::finish(&run_demo(&demo, args.verbosity.quiet))
        }
        Command::Upload(upload) => {
            logging::start(args.verbosity, None);
            failure::finish(&upload.run())
        }
        Command::Tasks(tasks) => {
            logging::start(args.verbosity, None);
            failure::finish(&tasks.run())
        }
        Command::Why(why) => {
            logging::start(args.verbosity, None);
            failure::finish(&why.run())
        }
        Command::Status(status) => {
            logging::start(args.verbosity, None);
            failure::finish(&status.run())
        }
        Command::Release(release) => {
            logging::start(args.verbosity, None);
            failure::finish(&release.run())
        }
        Command::Pass(pass) => {
            logging::start(args.verbosity, None);
            failure::finish(&pass.run())
        }
        Command::ShiftReport(report) => {
            logging::start(args.verbosity, None);
            failure::finish(&report.run())
        }
        Command::Retry(retry) => {
            logging::start(args.verbosity, None);
            failure::finish(&retry.run())
        }
        Command::Undo(undo) => {
            logging::start(args.verbosity, None);
            failure::finish(&undo.run())
        }
        Command::RunOnce(once) => {
            logging::start(args.verbosity, None);
            failure::finish(&once.run())
        }
        Command::Serve(serve) => {
            logging::start(args.verbosity, None);
            failure::finish(&serve.run(args.verbosity.quiet))
        }
        Command::Account(account) => {
            logging::start(args.verbosity, None);
            failure::finish(&account.run())
        }
        Command::Attempt(attempt) => {
            logging::start(args.verbosity, None);
            match attempt.run() {
                Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX)),
                Err(error) => failure::finish(&Err(error)),
            }
        }
        Command::Calib { arguments } => {
            if let Err(error) = follow_supervisor() {
                return failure::finish(&Err(error.into()));
            }
            let program = std::iter::once(OsString::from("sct-calib"));
            let request =
                Request::new(&calib::command().get_matches_from(program.chain(arguments)));
            let code = calib::run_logged(&request, File::create(LOG));
            ExitCode::from(u8::try_from(code.number()).unwrap_or(u8::MAX))
        }
    }
}

fn run_demo(args: &Demo, quiet: bool) -> anyhow::Result<()> {
    let options = demo::Options { out: args.out.clone(), seed: args.seed, small: args.small };
    let say = |line: &str| {
        if !quiet && !args.json {
            // A closed standard output does not stop the demo.
            let _ = writeln!(std::io::stdout(), "{line}");
        }
    };
    let done = demo::run(&options, &say)?;
    if args.json {
        cli::print(&format!("{:#}\n", done.to_json()))?;
    }
    say(&format!("open {}", done.page.display()));
    done.verdict()?;
    if args.no_serve || args.json {
        return Ok(());
    }
    let stage = done.stage(args.listen)?;
    say(&format!(
        "the loop goes on with its page: sign in as {} with the password {}; Ctrl-C ends it",
        stage.name, stage.password
    ));
    stage.serve(quiet)
}
