//! Tokens for scripts.

use sct_ledger::sql::{self, OptionalExtension as _, params};
use serde::Serialize;

use crate::{
    Account, Accounts, Error, Note, Role,
    audit::remember,
    secret,
    store::{COLUMNS, account, existing},
};

/// Tokens begin so: found in a file or a log, they are known for what they are.
const PREFIX: &str = "sctl_";
/// A token lives no longer than so many seconds: a year.
pub const LONGEST: i64 = 366 * 86_400;
/// Letters of the longest label.
const LABEL: usize = 100;
/// The last use is written down so often, s.
const TOUCH: i64 = 60;

/// A token as its owner sees it; what it says itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Number.
    pub id: i64,
    /// Whose it is.
    pub account: String,
    /// What it is for.
    pub label: String,
    /// What it may do; never more than its account.
    pub role: Role,
    /// When it was made.
    pub created: i64,
    /// When it ends.
    pub expires: i64,
    /// When it was last used, to the minute.
    pub used: Option<i64>,
    /// When it was taken back.
    pub revoked: Option<i64>,
}

impl Accounts {
    /// Makes a token; gives its number and the token itself, which cannot be seen again.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`Error::Refused`] when the role is more than the account's, the label empty or long, the end
    /// past or more than [`LONGEST`] away.
    pub fn create_token(
        &mut self,
        account: &str,
        label: &str,
        role: Role,
        expires: i64,
        note: &Note,
    ) -> Result<(i64, String), Error> {
        let refused = |what: String| Err(Error::Refused(what));
        if label.trim().is_empty() || label.chars().count() > LABEL {
            return refused(format!("say what the token is for, in up to {LABEL} letters"));
        }
        if expires <= note.time || expires > note.time.saturating_add(LONGEST) {
            return refused("a token ends after now and within a year".to_owned());
        }
        let secret = format!("{PREFIX}{}", secret::token()?);
        let id = self.ledger.write_or(|rows| {
            let found = existing(rows, account)?;
            if found.disabled {
                return Err(Error::Refused(format!("'{account}' is disabled")));
            }
            if role > found.role {
                return Err(Error::Refused(format!(
                    "a token of '{account}' can have the role {} at most, not {role}",
                    found.role
                )));
            }
            rows.execute(
                "INSERT INTO account_tokens (digest, account, label, role, created, ends) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![secret::digest(&secret), account, label, role, note.time, expires],
            )?;
            let id = rows.last_insert_rowid();
            let outcome = format!("token {id} with the role {role}: {label}");
            remember(rows, note, "token create", account, &outcome)?;
            Ok(id)
        })?;
        Ok((id, secret))
    }

    /// The account of a token that is valid, with its role limited to the token's.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn by_token(&mut self, secret: &str, now: i64) -> Result<Option<Account>, Error> {
        let digest = secret::digest(secret);
        let text = format!(
            "SELECT {COLUMNS}, account_tokens.id, account_tokens.role, used FROM account_tokens JOIN accounts \
             ON accounts.name = account WHERE digest = ?1 AND revoked IS NULL AND ends > ?2 AND disabled = 0"
        );
        let found: Option<(Account, i64, Role, Option<i64>)> =
            self.ledger.read("token", |rows| {
                let cells =
                    |row: &sql::Row<'_>| Ok((account(row)?, row.get(7)?, row.get(8)?, row.get(9)?));
                rows.prepare_cached(&text)?.query_row(params![digest, now], cells).optional()
            })?;
        let Some((mut account, id, role, used)) = found else { return Ok(None) };
        if used.is_none_or(|used| now >= used.saturating_add(TOUCH)) {
            let text = "UPDATE account_tokens SET used = max(ifnull(used, ?2), ?2) WHERE id = ?1";
            self.ledger.write("token", |rows| rows.execute(text, params![id, now]))?;
        }
        account.role = account.role.min(role);
        Ok(Some(account))
    }

    /// Tokens of an account, or of all, newest first, with those that are over.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn tokens(&self, account: Option<&str>) -> Result<Vec<Token>, Error> {
        let text = "SELECT id, account, label, role, created, ends, used, revoked FROM account_tokens \
                    WHERE ?1 IS NULL OR account = ?1 ORDER BY id DESC";
        Ok(self.ledger.read("tokens", |rows| {
            rows.prepare_cached(text)?.query_map([account], token)?.collect()
        })?)
    }

    /// Takes a token back; nothing happens when that is done already.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when there is none.
    pub fn revoke(&mut self, id: i64, note: &Note) -> Result<(), Error> {
        self.ledger.write_or(|rows| {
            let text = "SELECT account, revoked FROM account_tokens WHERE id = ?1";
            let cells = |row: &sql::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            let found: Option<(String, Option<i64>)> =
                rows.query_row(text, [id], cells).optional()?;
            match found {
                None => Err(Error::Refused(format!("there is no token {id}"))),
                Some((_, Some(_))) => Ok(()),
                Some((account, None)) => {
                    let text = "UPDATE account_tokens SET revoked = ?2 WHERE id = ?1";
                    rows.execute(text, params![id, note.time])?;
                    Ok(remember(rows, note, "token revoke", &account, &format!("token {id}"))?)
                }
            }
        })
    }
}

fn token(row: &sql::Row<'_>) -> sql::Result<Token> {
    Ok(Token {
        id: row.get(0)?,
        account: row.get(1)?,
        label: row.get(2)?,
        role: row.get(3)?,
        created: row.get(4)?,
        expires: row.get(5)?,
        used: row.get(6)?,
        revoked: row.get(7)?,
    })
}
