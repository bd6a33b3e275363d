//! Tokens for scripts, on the command line.

use clap::Subcommand;
use sct_account::{Accounts, Role, Token};
use sct_tasks::cli;
use serde_json::json;

use super::{coded, days, note};
use crate::tasks::{Place, time_text};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Makes a token and prints it, this once; scripts send it as `Authorization: Bearer TOKEN`.
    Create {
        /// Account that the token acts for.
        name: String,
        /// What it is for.
        #[arg(long, value_name = "TEXT")]
        label: String,
        /// What it may do; the account's role at most.
        #[arg(long, default_value_t = Role::Viewer)]
        role: Role,
        /// It ends after so many days.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(i64).range(1..=366))]
        days: i64,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Lists tokens, newest first; what they say is not kept.
    List {
        /// Only those of this account.
        name: Option<String>,
    },
    /// Takes a token back.
    Revoke {
        /// Number of the token.
        id: i64,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
    },
}

impl Verb {
    pub(super) fn run(&self, place: &Place, accounts: &mut Accounts) -> anyhow::Result<()> {
        match self {
            Self::Create { name, label, role, days: many, reason } => {
                let expires = days(*many);
                let note = note(place, reason);
                let (id, secret) =
                    accounts.create_token(name, label, *role, expires, &note).map_err(coded)?;
                let value = json!({ "id": id, "account": name, "role": role, "expires": expires, "token": secret });
                place.say(&value, &secret)
            }
            Self::List { name } => {
                let tokens = accounts.tokens(name.as_deref()).map_err(coded)?;
                if place.is_json() {
                    return cli::print(&format!("{:#}\n", json!(tokens)));
                }
                cli::print(&tokens.iter().map(line).collect::<String>())
            }
            Self::Revoke { id, reason } => {
                accounts.revoke(*id, &note(place, reason)).map_err(coded)?;
                let text = format!("token {id} is taken back");
                place.say(&json!({ "id": id, "revoked": true }), &text)
            }
        }
    }
}

fn line(token: &Token) -> String {
    let Token { id, account, label, role, expires, used, revoked, .. } = token;
    let used =
        used.map_or_else(|| "never used".to_owned(), |used| format!("used {}", time_text(used)));
    let end = match revoked {
        Some(time) => format!("taken back {}", time_text(*time)),
        None => format!("until {}", time_text(*expires)),
    };
    format!("{id:>5}  {account:<16} {role:<8} {end}  {used}  {}\n", label.escape_debug())
}
