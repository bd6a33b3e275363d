//! Accounts and the audit log as text and JSON.

use sct_account::{Account, Accounts, Entry, Filter};
use sct_tasks::cli;
use serde_json::json;

use super::{coded, days};
use crate::tasks::{Place, time_text};

/// Which entries are shown.
#[derive(Debug, clap::Args)]
pub(super) struct Audit {
    /// Only those of this account or person.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Only actions that begin so, as upload or 'account role'.
    #[arg(long, value_name = "WORDS")]
    action: Option<String>,
    /// Only those done to this.
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// Only those of the last so many days.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..))]
    days: Option<i64>,
    /// So many at most.
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: u32,
}

impl Audit {
    pub(super) fn run(&self, place: &Place, accounts: &Accounts) -> anyhow::Result<()> {
        let filter = Filter {
            who: self.by.clone(),
            action: self.action.clone(),
            subject: self.subject.clone(),
            since: self.days.map(|many| days(-many)),
            before: None,
        };
        let entries = accounts.entries(&filter, self.limit).map_err(coded)?;
        if place.is_json() {
            let with_number = |(id, entry): &(i64, Entry)| {
                let mut value = json!(entry);
                value["id"] = json!(id);
                value
            };
            let values: Vec<_> = entries.iter().map(with_number).collect();
            return cli::print(&format!("{:#}\n", json!(values)));
        }
        cli::print(&entries.iter().map(|(_, entry)| line(entry)).collect::<String>())
    }
}

/// Texts come from visitors: what would steer the terminal is shown as what it is.
fn line(entry: &Entry) -> String {
    let Entry { time, who, from, action, subject, reason, outcome } = entry;
    let or =
        |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
    let text = format!(
        "{}  {:<12} {:<15}  {action} {subject}: {outcome}{reason}",
        time_text(*time),
        or(who, "-"),
        or(from, "command line"),
    );
    format!("{}\n", text.chars().map(plain).collect::<String>())
}

fn plain(letter: char) -> char {
    if letter.is_control() { '\u{fffd}' } else { letter }
}

pub(super) fn list(place: &Place, accounts: &Accounts) -> anyhow::Result<()> {
    let accounts = accounts.list().map_err(coded)?;
    if place.is_json() {
        return cli::print(&format!("{:#}\n", json!(accounts)));
    }
    let line = |account: &Account| {
        let Account { name, full_name, email, role, disabled, external, .. } = account;
        let state = if *disabled { "disabled" } else { "active" };
        let by = if external.is_some() { "provider" } else { "here" };
        let text = format!("{name:<20} {role:<8} {state:<9} {by:<9} {full_name}  {email}");
        format!("{}\n", text.trim_end().chars().map(plain).collect::<String>())
    };
    cli::print(&accounts.iter().map(line).collect::<String>())
}
