//! How often somebody may try to sign in.
//!
//! An attempt counts as a failure from its beginning until its password turned out right. Attempts at the same time
//! therefore cannot be more than those one after the other.

use std::net::IpAddr;

use sct_ledger::sql::{self, Connection, OptionalExtension as _, params};

use crate::{Settings, secret::digest};

/// The names and addresses of one attempt, as they are remembered: digests, for names that people type may be passwords.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    name: [u8; 32],
    address: [u8; 32],
}

impl Keys {
    pub(crate) fn new(name: &str, from: &str) -> Self {
        let address = format!("address {}", network(from));
        Self { name: Self::name(name), address: digest(&address) }
    }

    fn name(name: &str) -> [u8; 32] {
        digest(&format!("name {name}"))
    }
}

/// The network that one visitor can choose addresses from: the address itself, or the first half of a long one.
fn network(from: &str) -> String {
    match from.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => format!("{:x}", address.to_bits() >> 64),
        Ok(address) => address.to_string(),
        Err(_) => from.to_owned(),
    }
}

/// Whether an attempt may be made now; counts it. Otherwise the time from which on the next one may.
pub(crate) fn admit(
    rows: &Connection,
    settings: &Settings,
    keys: &Keys,
    now: i64,
) -> sql::Result<Result<(), i64>> {
    rows.execute("DELETE FROM account_failures WHERE forgotten <= ?1", [now])?;
    let both = [(&keys.name, settings.per_name), (&keys.address, settings.per_address)];
    // First look at both: an attempt that is not heard counts nowhere.
    let mut latest = None;
    for (key, _) in both {
        let until: Option<i64> = rows
            .prepare_cached("SELECT until FROM account_failures WHERE key = ?1 AND until > ?2")?
            .query_row(params![key, now], |row| row.get(0))
            .optional()?;
        latest = latest.max(until);
    }
    if let Some(until) = latest {
        return Ok(Err(until));
    }
    for (key, allowed) in both {
        count(rows, settings, key, allowed, now)?;
    }
    make_room(rows, settings.remembered, keys)?;
    Ok(Ok(()))
}

fn count(
    rows: &Connection,
    settings: &Settings,
    key: &[u8; 32],
    allowed: u32,
    now: i64,
) -> sql::Result<()> {
    let text = "INSERT INTO account_failures VALUES (?1, 1, 0, ?2) ON CONFLICT (key) DO UPDATE SET failures = failures + 1 \
                RETURNING failures";
    let forgotten = now.saturating_add(settings.window);
    let failures: u32 =
        rows.prepare_cached(text)?.query_row(params![key, forgotten], |row| row.get(0))?;
    if failures >= allowed {
        let until = now.saturating_add(wait(settings, failures - allowed));
        // After the wait it is remembered for as long again as after a first failure, so that waits go on doubling.
        let forgotten = until.saturating_add(settings.window);
        let text = "UPDATE account_failures SET until = ?2, forgotten = ?3 WHERE key = ?1";
        rows.prepare_cached(text)?.execute(params![key, until, forgotten])?;
    }
    Ok(())
}

fn wait(settings: &Settings, doublings: u32) -> i64 {
    let factor = 1_i64.checked_shl(doublings.min(62)).unwrap_or(i64::MAX);
    settings.wait.saturating_mul(factor).min(settings.longest_wait)
}

/// Those with the fewest failures go first: whoever floods the table with new names does not wash out what counts.
fn make_room(rows: &Connection, remembered: u32, keys: &Keys) -> sql::Result<()> {
    let count: u32 = rows
        .prepare_cached("SELECT count(*) FROM account_failures")?
        .query_row([], |row| row.get(0))?;
    if count > remembered {
        let text = "DELETE FROM account_failures WHERE key IN (SELECT key FROM account_failures WHERE key NOT IN (?2, ?3) \
                    ORDER BY failures, forgotten LIMIT ?1)";
        // Some room beyond the need: the next attempts find it.
        let many = count - remembered + remembered / 10;
        rows.execute(text, params![many, keys.name, keys.address])?;
    }
    Ok(())
}

/// The password was right: the failures of the name are over, those of the address stay.
pub(crate) fn succeeded(rows: &Connection, settings: &Settings, keys: &Keys) -> sql::Result<()> {
    rows.execute("DELETE FROM account_failures WHERE key = ?1", [keys.name])?;
    rows.execute(
        "UPDATE account_failures SET failures = failures - 1, until = CASE WHEN failures > ?2 THEN until ELSE 0 END \
         WHERE key = ?1",
        params![keys.address, settings.per_address],
    )?;
    rows.execute("DELETE FROM account_failures WHERE key = ?1 AND failures <= 0", [keys.address])?;
    Ok(())
}

/// Lets a name try again at once.
pub(crate) fn forgive(rows: &Connection, name: &str) -> sql::Result<()> {
    rows.execute("DELETE FROM account_failures WHERE key = ?1", [Keys::name(name)]).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let settings = Settings::default();
        let waits: Vec<i64> = (0..8).map(|doublings| wait(&settings, doublings)).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(wait(&settings, u32::MAX), 900);
    }

    #[test]
    fn a_long_address_is_one_of_many() {
        assert_eq!(network("10.0.0.1"), "10.0.0.1");
        assert_eq!(network("::ffff:10.0.0.1"), "10.0.0.1");
        assert_eq!(network("2001:db8::1"), network("2001:db8::2"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("unknown"), "unknown");
    }
}
