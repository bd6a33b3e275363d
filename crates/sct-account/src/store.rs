//! Accounts in the ledger, and changes of them.

use std::path::Path;

use sct_ledger::{
    Area, Journal, Ledger,
    sql::{Connection, OptionalExtension as _, Row, params},
};

use crate::{
    Account, Error, NewAccount, Note, Role, Settings, audit::remember, limit, name, password,
};

/// The tables of accounts.
pub const AREA: Area = Area {
    name: "accounts",
    steps: &["
        CREATE TABLE accounts (
            name TEXT PRIMARY KEY, full_name TEXT NOT NULL, email TEXT NOT NULL,
            role TEXT NOT NULL CHECK (role IN ('viewer', 'shifter', 'expert', 'admin')),
            disabled INTEGER NOT NULL CHECK (disabled IN (0, 1)), external TEXT UNIQUE, hash TEXT, created INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE account_sessions (
            digest BLOB PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (name), csrf TEXT NOT NULL, origin TEXT NOT NULL,
            created INTEGER NOT NULL, used INTEGER NOT NULL, ends INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX account_sessions_of ON account_sessions (account);
        CREATE TABLE account_tokens (
            id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, account TEXT NOT NULL REFERENCES accounts (name),
            label TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('viewer', 'shifter', 'expert', 'admin')),
            created INTEGER NOT NULL, ends INTEGER NOT NULL, used INTEGER, revoked INTEGER
        ) STRICT;
        CREATE INDEX account_tokens_of ON account_tokens (account);
        CREATE TABLE account_failures (
            key BLOB PRIMARY KEY, failures INTEGER NOT NULL, until INTEGER NOT NULL, forgotten INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX account_failures_by_time ON account_failures (forgotten);
        CREATE TABLE account_held (
            digest BLOB PRIMARY KEY, value TEXT NOT NULL, ends INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE account_audit (
            id INTEGER PRIMARY KEY, time INTEGER NOT NULL, who TEXT NOT NULL, origin TEXT NOT NULL, action TEXT NOT NULL,
            subject TEXT NOT NULL, reason TEXT NOT NULL, outcome TEXT NOT NULL
        ) STRICT;
        CREATE INDEX account_audit_of ON account_audit (who, id);
        CREATE TRIGGER account_audit_stays BEFORE DELETE ON account_audit
            BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
        CREATE TRIGGER account_audit_is_as_written BEFORE UPDATE ON account_audit
            BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
        CREATE TRIGGER account_audit_is_not_replaced BEFORE INSERT ON account_audit
            WHEN EXISTS (SELECT 1 FROM account_audit WHERE id = NEW.id)
            BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
    "],
};

/// Columns of [`account`], of the table `accounts` under this name.
pub(crate) const COLUMNS: &str = "accounts.name, accounts.full_name, accounts.email, accounts.role, accounts.disabled, accounts.external, accounts.created";

/// The accounts in an open ledger.
#[derive(Debug)]
pub struct Accounts {
    pub(crate) ledger: Ledger,
    pub(crate) settings: Settings,
}

impl Accounts {
    /// Opens a ledger; makes it when there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn open(ledger: &Path) -> Result<Self, Error> {
        Self::open_with(ledger, Settings::default())
    }

    /// The same with other expiries and limits.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn open_with(ledger: &Path, settings: Settings) -> Result<Self, Error> {
        Ok(Self { ledger: Ledger::open(ledger, Journal::Wal, &[AREA])?, settings })
    }

    /// What is set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// All accounts by name.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn list(&self) -> Result<Vec<Account>, Error> {
        Ok(self.ledger.read("accounts", |rows| {
            let text = format!("SELECT {COLUMNS} FROM accounts ORDER BY name");
            rows.prepare_cached(&text)?.query_map([], account)?.collect()
        })?)
    }

    /// The account of a name.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn account(&self, name: &str) -> Result<Option<Account>, Error> {
        Ok(self.ledger.read("accounts", |rows| find(rows, name))?)
    }

    /// Makes an account. Without a password nobody can sign in with it, until one is set.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] for names and passwords that are none, names that are taken, and as long as there is no admin
    /// for other roles.
    pub fn create(
        &mut self,
        new: &NewAccount,
        password: Option<&str>,
        note: &Note,
    ) -> Result<(), Error> {
        let NewAccount { name, full_name, email, role } = new;
        name::check(name)?;
        let hash = password
            .map(|password| {
                password::check(password, &[name, full_name, email])?;
                self.settings.hashing.hash(name, password)
            })
            .transpose()?;
        self.ledger.write_or(|rows| {
            if find(rows, name)?.is_some() {
                return Err(Error::Refused(format!("there is an account '{name}' already")));
            }
            if *role != Role::Admin && !has_admin_besides(rows, "")? {
                let what = "there is no admin yet: the first account must have the role admin";
                return Err(Error::Refused(what.to_owned()));
            }
            rows.execute(
                "INSERT INTO accounts VALUES (?1, ?2, ?3, ?4, 0, NULL, ?5, ?6)",
                params![name, full_name, email, role, hash, note.time],
            )?;
            Ok(remember(rows, note, "account create", name, &format!("role {role}"))?)
        })
    }

    /// Gives an account another password and ends its sessions; failures to sign in are forgotten.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`Error::Refused`] for passwords that are none, and accounts of a provider.
    pub fn set_password(&mut self, name: &str, password: &str, note: &Note) -> Result<(), Error> {
        let found = self.account(name)?.ok_or_else(|| Error::Unknown(name.to_owned()))?;
        if found.external.is_some() {
            let what = format!("'{name}' signs in with its provider: there is no password to set");
            return Err(Error::Refused(what));
        }
        password::check(password, &[&found.name, &found.full_name, &found.email])?;
        let hash = self.settings.hashing.hash(name, password)?;
        self.ledger.write_or(|rows| {
            rows.execute("UPDATE accounts SET hash = ?2 WHERE name = ?1", params![name, hash])?;
            end_sessions(rows, name)?;
            limit::forgive(rows, name)?;
            Ok(remember(rows, note, "account password", name, "changed")?)
        })
    }

    /// Gives an account another role and ends its sessions.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`Error::Refused`] for the last admin.
    pub fn set_role(&mut self, name: &str, role: Role, note: &Note) -> Result<(), Error> {
        self.ledger.write_or(|rows| {
            let found = existing(rows, name)?;
            if role != Role::Admin {
                keep_an_admin(rows, &found)?;
            }
            if found.role != role {
                rows.execute("UPDATE accounts SET role = ?2 WHERE name = ?1", params![name, role])?;
                end_sessions(rows, name)?;
            }
            let outcome = format!("role {role}, was {}", found.role);
            Ok(remember(rows, note, "account role", name, &outcome)?)
        })
    }

    /// Lets nobody sign in with the account any more, and ends its sessions; its tokens are not heard.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`Error::Refused`] for the last admin.
    pub fn disable(&mut self, name: &str, note: &Note) -> Result<(), Error> {
        self.ledger.write_or(|rows| {
            let found = existing(rows, name)?;
            keep_an_admin(rows, &found)?;
            rows.execute("UPDATE accounts SET disabled = 1 WHERE name = ?1", [name])?;
            end_sessions(rows, name)?;
            Ok(remember(rows, note, "account disable", name, "disabled")?)
        })
    }

    /// Lets the account sign in again, also when it waits after too many failures.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`].
    pub fn enable(&mut self, name: &str, note: &Note) -> Result<(), Error> {
        self.ledger.write_or(|rows| {
            existing(rows, name)?;
            rows.execute("UPDATE accounts SET disabled = 0 WHERE name = ?1", [name])?;
            limit::forgive(rows, name)?;
            Ok(remember(rows, note, "account enable", name, "enabled")?)
        })
    }
}

/// An account from [`COLUMNS`], which come first.
pub(crate) fn account(row: &Row<'_>) -> sct_ledger::sql::Result<Account> {
    Ok(Account {
        name: row.get(0)?,
        full_name: row.get(1)?,
        email: row.get(2)?,
        role: row.get(3)?,
        disabled: row.get(4)?,
        external: row.get(5)?,
        created: row.get(6)?,
    })
}

pub(crate) fn find(rows: &Connection, name: &str) -> sct_ledger::sql::Result<Option<Account>> {
    let text = format!("SELECT {COLUMNS} FROM accounts WHERE name = ?1");
    rows.prepare_cached(&text)?.query_row([name], account).optional()
}

pub(crate) fn existing(rows: &Connection, name: &str) -> Result<Account, Error> {
    find(rows, name)?.ok_or_else(|| Error::Unknown(name.to_owned()))
}

pub(crate) fn end_sessions(rows: &Connection, name: &str) -> sct_ledger::sql::Result<usize> {
    rows.execute("DELETE FROM account_sessions WHERE account = ?1", [name])
}

fn has_admin_besides(rows: &Connection, name: &str) -> sct_ledger::sql::Result<bool> {
    let text = "SELECT EXISTS (SELECT 1 FROM accounts WHERE role = 'admin' AND disabled = 0 AND name != ?1)";
    rows.query_row(text, [name], |row| row.get(0))
}

/// Somebody must be able to give roles.
fn keep_an_admin(rows: &Connection, account: &Account) -> Result<(), Error> {
    let acts = account.role == Role::Admin && !account.disabled;
    if acts && !has_admin_besides(rows, &account.name)? {
        let what = format!("'{}' is the only admin: make another one first", account.name);
        return Err(Error::Refused(what));
    }
    Ok(())
}
