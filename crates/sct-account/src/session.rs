//! Signing in with a password, and what a request may do afterwards.

use sct_ledger::sql::{self, Connection, OptionalExtension as _, params};

use crate::{
    Account, Accounts, Error, Note, Settings,
    audit::remember,
    limit::{self, Keys},
    name, secret,
    store::{COLUMNS, account, end_sessions, existing, find},
};

/// So many sessions an account has at a time; the oldest end first.
const MANY: u32 = 20;
/// The last use is written down so often, s: looking at pages does not wait for the disk each time.
const TOUCH: i64 = 60;

/// What a request may do.
#[derive(Clone, Debug)]
pub struct Session {
    /// Whose it is.
    pub account: Account,
    /// Token that forms of the session carry.
    pub csrf: String,
    /// When it ends if nothing more is asked.
    pub expires: i64,
}

/// A session that just began.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Goes to the cookie; only its digest is kept.
    pub token: String,
    /// Token that forms of the session carry.
    pub csrf: String,
    /// When it ends whatever happens.
    pub expires: i64,
}

impl Accounts {
    /// Begins a session. `from` is the address of the visitor.
    ///
    /// # Errors
    ///
    /// [`Error::Wrong`] when there is no such account or the password is another, after the same time; [`Error::Disabled`]
    /// when the password is right; [`Error::TooMany`] after too many failures of the name or the address.
    pub fn sign_in(
        &mut self,
        name: &str,
        password: &str,
        from: &str,
        now: i64,
    ) -> Result<NewSession, Error> {
        let (name, settings) = (name::typed(name), self.settings);
        let keys = Keys::new(&name, from);
        let kept: Option<Option<String>> = self.ledger.write_or(|rows| {
            if let Err(until) = limit::admit(rows, &settings, &keys, now)? {
                return Err(Error::TooMany { until });
            }
            let text = "SELECT hash FROM accounts WHERE name = ?1";
            Ok(rows.query_row(text, [&name], |row| row.get(0)).optional()?)
        })?;
        let known = kept.is_some();
        let kept = kept.flatten();
        // Outside of a transaction: nobody waits for it.
        let right = settings.hashing.verify(&name, password, kept.as_deref())?;
        let renewed = match &kept {
            Some(hash) if right && settings.hashing.differs(hash) => {
                Some(settings.hashing.hash(&name, password)?)
            }
            _ => None,
        };
        let note = Note { time: now, from: from.to_owned(), ..Note::default() };
        if !right {
            // What is typed as a name may be a password: only names of accounts are written down.
            let subject = if known { name.as_str() } else { "" };
            self.ledger
                .write_or(|rows| remember(rows, &note, "sign in", subject, "wrong"))
                .map_err(Error::from)?;
            return Err(Error::Wrong);
        }
        let (token, csrf) = (secret::token()?, secret::token()?);
        self.ledger.write_or(|rows| -> Result<_, Error> {
            // The account may have changed since the first look.
            let text = "SELECT hash FROM accounts WHERE name = ?1";
            let still: Option<String> = rows.query_row(text, [&name], |row| row.get(0))?;
            let account = find(rows, &name)?.filter(|_| still == kept);
            let Some(account) = account else {
                remember(rows, &note, "sign in", &name, "wrong")?;
                return Ok(Err(Error::Wrong));
            };
            if account.disabled {
                remember(rows, &note, "sign in", &name, "disabled")?;
                return Ok(Err(Error::Disabled));
            }
            limit::succeeded(rows, &settings, &keys)?;
            if let Some(hash) = renewed {
                rows.execute("UPDATE accounts SET hash = ?2 WHERE name = ?1", params![name, hash])?;
            }
            let note = Note { who: name.clone(), ..note };
            remember(rows, &note, "sign in", &name, "done")?;
            Ok(Ok(begin(rows, &settings, (token, csrf), &note)?))
        })?
    }

    /// The session of a token, if it goes on. One that ended is taken away.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn session(&mut self, token: &str, now: i64) -> Result<Option<Session>, Error> {
        let digest = secret::digest(token);
        let idle = self.settings.idle;
        let text = format!(
            "SELECT {COLUMNS}, csrf, used, ends FROM account_sessions JOIN accounts ON accounts.name = account \
             WHERE digest = ?1"
        );
        let found: Option<(Account, String, i64, i64)> = self.ledger.read("session", |rows| {
            let cells =
                |row: &sql::Row<'_>| Ok((account(row)?, row.get(7)?, row.get(8)?, row.get(9)?));
            rows.prepare_cached(&text)?.query_row([digest], cells).optional()
        })?;
        let Some((account, csrf, used, ends)) = found else { return Ok(None) };
        if now >= ends || now >= used.saturating_add(idle) || account.disabled {
            self.ledger.write("session", |rows| {
                rows.execute("DELETE FROM account_sessions WHERE digest = ?1", [digest])
            })?;
            return Ok(None);
        }
        if now >= used.saturating_add(TOUCH.min(idle / 10)) {
            // Another request may have come first, and a later one must not be undone.
            let text = "UPDATE account_sessions SET used = max(used, ?2) WHERE digest = ?1";
            self.ledger.write("session", |rows| rows.execute(text, params![digest, now]))?;
        }
        Ok(Some(Session { account, csrf, expires: ends.min(now.saturating_add(idle)) }))
    }

    /// Ends a session; nothing happens when it is over already.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn sign_out(&mut self, token: &str) -> Result<(), Error> {
        let digest = secret::digest(token);
        self.ledger.write("session", |rows| {
            rows.execute("DELETE FROM account_sessions WHERE digest = ?1", [digest])
        })?;
        Ok(())
    }

    /// Ends all sessions of an account; gives how many there were.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`].
    pub fn sign_out_everywhere(&mut self, name: &str, note: &Note) -> Result<usize, Error> {
        self.ledger.write_or(|rows| {
            existing(rows, name)?;
            let many = end_sessions(rows, name)?;
            remember(rows, note, "sign out everywhere", name, &format!("{many} sessions ended"))?;
            Ok(many)
        })
    }
}

/// A new session of the account `note.who` with this token and CSRF token; those that are over go away.
pub(crate) fn begin(
    rows: &Connection,
    settings: &Settings,
    (token, csrf): (String, String),
    note: &Note,
) -> sql::Result<NewSession> {
    let Note { time: now, who, from, .. } = note;
    rows.execute(
        "DELETE FROM account_sessions WHERE ends <= ?1 OR used <= ?2",
        params![now, now.saturating_sub(settings.idle)],
    )?;
    rows.execute(
        "DELETE FROM account_sessions WHERE digest IN (SELECT digest FROM account_sessions WHERE account = ?1 \
         ORDER BY used DESC LIMIT -1 OFFSET ?2)",
        params![who, MANY - 1],
    )?;
    let expires = now.saturating_add(settings.longest);
    rows.execute(
        "INSERT INTO account_sessions VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
        params![secret::digest(&token), who, csrf, from, now, expires],
    )?;
    Ok(NewSession { token, csrf, expires })
}
