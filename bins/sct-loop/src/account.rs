//! Accounts of the page, from the command line: the way in when nobody can sign in yet, or no more.

use clap::Subcommand;
use sct_account::{Accounts, Error, NewAccount, Note, Role};
use sct_job::ExitCode;
use sct_tasks::failure::Coded;
use serde_json::json;

use crate::{schedule::now, tasks::Place};

mod password;
mod show;
mod token;

use self::password::Source;

/// Shown below the help.
const EXAMPLES: &str = "\
Examples:
  sct-loop account create jdoe --role admin --full-name 'Jane Doe'   # the first one; asks for a password
  pwgen 20 1 | tee new | sct-loop account create sam --role shifter --password-stdin
  sct-loop account role sam expert --reason 'on call'                # ends the sessions of sam
  sct-loop account enable sam                                        # also after too many failures
  sct-loop account token create sam --label trends --days 30         # a token for scripts, shown once
  sct-loop account audit --days 7 --action upload                    # who did what, newest first

Roles: a viewer looks, a shifter marks runs and asks for uploads, an expert also releases and repeats tasks, an admin also
takes uploads back and looks after accounts. Each may do what those before may.";

/// Options of `sct-loop account`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES, after_help = "Examples and roles: sct-loop account --help")]
pub struct Args {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Makes an account; the first one must be an admin. The password is asked for on the terminal.
    Create(Create),
    /// Gives an account another password and ends its sessions.
    Password {
        /// Account.
        name: String,
        #[command(flatten)]
        source: Source,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Gives an account another role and ends its sessions.
    Role {
        /// Account.
        name: String,
        /// viewer, shifter, expert or admin.
        role: Role,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Lets an account in no more; its sessions and tokens end to work at once.
    Disable {
        /// Account.
        name: String,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Lets an account in again, also when it has to wait after too many failures.
    Enable {
        /// Account.
        name: String,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Lists accounts.
    List,
    /// Tokens for scripts that use the JSON API.
    #[command(subcommand)]
    Token(token::Verb),
    /// Shows the audit log, newest first: who did what, when, from where and why.
    Audit(show::Audit),
}

#[derive(Debug, clap::Args)]
struct Create {
    /// Name to sign in with: lower case letters, digits, '.', '_', '-'.
    name: String,
    /// viewer, shifter, expert or admin.
    #[arg(long)]
    role: Role,
    /// Name for people.
    #[arg(long, value_name = "NAME", default_value = "")]
    full_name: String,
    /// Address for mails.
    #[arg(long, value_name = "ADDRESS", default_value = "")]
    email: String,
    #[command(flatten)]
    source: Source,
    /// Make it without a password: nobody can sign in with it, but it can have tokens.
    #[arg(long, conflicts_with = "password_stdin")]
    no_password: bool,
    /// Why.
    #[arg(long, default_value = "")]
    reason: String,
}

impl Args {
    /// Does what is asked for.
    ///
    /// # Errors
    ///
    /// What is refused with the code of a wrong argument, a broken ledger with that of a broken input.
    pub fn run(&self) -> anyhow::Result<()> {
        let place = &self.place;
        let mut accounts = Accounts::open(&place.settings()?.ledger()).map_err(coded)?;
        match &self.verb {
            Verb::Create(create) => create.run(place, &mut accounts),
            Verb::Password { name, source, reason } => {
                if accounts.account(name).map_err(coded)?.is_none() {
                    return Err(coded(Error::Unknown(name.clone())));
                }
                let password = source.read(name)?;
                accounts.set_password(name, &password, &note(place, reason)).map_err(coded)?;
                let text = format!("{name} has another password; its sessions are ended");
                place.say(&json!({ "name": name, "password": "changed" }), &text)
            }
            Verb::Role { name, role, reason } => {
                accounts.set_role(name, *role, &note(place, reason)).map_err(coded)?;
                place.say(&json!({ "name": name, "role": role }), &format!("{name} is {role}"))
            }
            Verb::Disable { name, reason } => {
                accounts.disable(name, &note(place, reason)).map_err(coded)?;
                place
                    .say(&json!({ "name": name, "disabled": true }), &format!("{name} is disabled"))
            }
            Verb::Enable { name, reason } => {
                accounts.enable(name, &note(place, reason)).map_err(coded)?;
                let text = format!("{name} may sign in");
                place.say(&json!({ "name": name, "disabled": false }), &text)
            }
            Verb::List => show::list(place, &accounts),
            Verb::Token(verb) => verb.run(place, &mut accounts),
            Verb::Audit(audit) => audit.run(place, &accounts),
        }
    }
}

impl Create {
    fn run(&self, place: &Place, accounts: &mut Accounts) -> anyhow::Result<()> {
        let Self { name, role, full_name, email, source, no_password, reason } = self;
        let password = if *no_password { None } else { Some(source.read(name)?) };
        let new = NewAccount {
            name: name.clone(),
            full_name: full_name.clone(),
            email: email.clone(),
            role: *role,
        };
        accounts.create(&new, password.as_deref(), &note(place, reason)).map_err(coded)?;
        place.say(&json!({ "name": name, "role": role }), &format!("{name} is made, as {role}"))
    }
}

/// On the command line there is no address: who can write the ledger is on this machine.
fn note(place: &Place, why: &str) -> Note {
    let sct_sched::Note { time, who, why } = place.note(why);
    Note { time, who, from: String::new(), why }
}

/// What is refused is a wrong argument; what cannot be read is a broken input.
fn coded(error: Error) -> anyhow::Error {
    let code = match error {
        Error::Refused(_) | Error::Unknown(_) => ExitCode::ArgError,
        Error::Ledger(_) | Error::Hash { .. } => ExitCode::InputFileValidationFail,
        _ => ExitCode::ExecFail,
    };
    anyhow::Error::from(error).context(Coded::new(code, "account"))
}

/// So many days before or after now.
fn days(count: i64) -> i64 {
    now().saturating_add(count.saturating_mul(86_400))
}
