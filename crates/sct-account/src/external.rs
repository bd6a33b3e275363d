//! People whom a provider has signed in, and what is kept until they come back from it.

use sct_ledger::sql::{self, Connection, OptionalExtension as _, params};

use crate::{
    Account, Accounts, Error, NewSession, Note, Role,
    audit::remember,
    name, secret,
    session::begin,
    store::{COLUMNS, account, end_sessions, find},
};

/// So many people can be with a provider at the same time.
const HELD: u32 = 10_000;

/// Somebody whom a provider has signed in.
#[derive(Clone, Debug, Default)]
pub struct External {
    /// Who it is: provider and its unchanging identifier of the person.
    pub subject: String,
    /// Name to sign in with there.
    pub name: String,
    /// Name for people.
    pub full_name: String,
    /// Address for mails; may be empty.
    pub email: String,
    /// Role by what the provider says; without it the account keeps the role it has here, and begins as viewer.
    pub role: Option<Role>,
}

impl Accounts {
    /// Begins a session for somebody whom a provider has signed in. The account is made at the first time; one with a
    /// password is never taken over, whatever its name. Role, name and address follow the provider.
    ///
    /// # Errors
    ///
    /// [`Error::Disabled`]; [`Error::Refused`] when the provider does not say who it is.
    pub fn sign_in_external(
        &mut self,
        person: &External,
        from: &str,
        now: i64,
    ) -> Result<NewSession, Error> {
        if person.subject.is_empty() {
            return Err(Error::Refused("the provider does not say who signed in".to_owned()));
        }
        let secrets = (secret::token()?, secret::token()?);
        let settings = self.settings;
        self.ledger.write_or(|rows| -> Result<_, Error> {
            let account = match of_subject(rows, &person.subject)? {
                Some(account) => account,
                None => create(rows, person, from, now)?,
            };
            let name = account.name.clone();
            let note =
                Note { time: now, who: name.clone(), from: from.to_owned(), why: String::new() };
            if account.disabled {
                remember(rows, &note, "sign in", &name, "disabled")?;
                return Ok(Err(Error::Disabled));
            }
            follow(rows, &account, person, &note)?;
            remember(rows, &note, "sign in", &name, "done, by the provider")?;
            Ok(Ok(begin(rows, &settings, secrets, &note)?))
        })?
    }

    /// Keeps a text under a key that only the visitor has, until a time.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when too many are kept.
    pub fn hold(&mut self, key: &str, value: &str, until: i64, now: i64) -> Result<(), Error> {
        self.ledger.write_or(|rows| {
            rows.execute("DELETE FROM account_held WHERE ends <= ?1", [now])?;
            let many: u32 =
                rows.query_row("SELECT count(*) FROM account_held", [], |row| row.get(0))?;
            if many >= HELD {
                return Err(Error::Refused("too many people are signing in at once".to_owned()));
            }
            let text = "INSERT INTO account_held VALUES (?1, ?2, ?3)";
            rows.execute(text, params![secret::digest(key), value, until])?;
            Ok(())
        })
    }

    /// Gives what is kept under a key, once; nothing when its time is over.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn claim(&mut self, key: &str, now: i64) -> Result<Option<String>, Error> {
        let text = "DELETE FROM account_held WHERE digest = ?1 RETURNING value, ends";
        let cells = |row: &sql::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let found: Option<(String, i64)> = self.ledger.write("signing in", |rows| {
            rows.query_row(text, [secret::digest(key)], cells).optional()
        })?;
        Ok(found.filter(|(_, ends)| now < *ends).map(|(value, _)| value))
    }
}

fn of_subject(rows: &Connection, subject: &str) -> sql::Result<Option<Account>> {
    let text = format!("SELECT {COLUMNS} FROM accounts WHERE external = ?1");
    rows.query_row(&text, [subject], account).optional()
}

/// A new account; its name is the nearest that nobody has.
fn create(rows: &Connection, person: &External, from: &str, now: i64) -> Result<Account, Error> {
    let wanted = name::nearest(&person.name);
    let mut name = wanted.clone();
    let mut number = 1;
    while find(rows, &name)?.is_some() {
        number += 1;
        if number > 99_999 {
            return Err(Error::Refused(format!("there are too many accounts like '{wanted}'")));
        }
        name = format!("{wanted}-{number}");
    }
    let role = person.role.unwrap_or_default();
    rows.execute(
        "INSERT INTO accounts VALUES (?1, ?2, ?3, ?4, 0, ?5, NULL, ?6)",
        params![name, person.full_name, person.email, role, person.subject, now],
    )?;
    let note = Note {
        time: now,
        who: name.clone(),
        from: from.to_owned(),
        why: "first sign-in".to_owned(),
    };
    remember(rows, &note, "account create", &name, &format!("role {role}, of {}", person.subject))?;
    let account = find(rows, &name)?;
    account.ok_or_else(|| Error::Unknown(name))
}

/// Brings an account to what its provider says.
fn follow(rows: &Connection, account: &Account, person: &External, note: &Note) -> sql::Result<()> {
    let role = person.role.unwrap_or(account.role);
    rows.execute(
        "UPDATE accounts SET full_name = ?2, email = ?3, role = ?4 WHERE name = ?1",
        params![account.name, person.full_name, person.email, role],
    )?;
    if role != account.role {
        end_sessions(rows, &account.name)?;
        let outcome = format!("role {role}, was {}, by the provider", account.role);
        remember(rows, note, "account role", &account.name, &outcome)?;
    }
    Ok(())
}
