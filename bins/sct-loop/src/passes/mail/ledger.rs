//! What was written about, and messages on their way to the outbox.

use std::{collections::BTreeSet, path::Path};

use anyhow::Context as _;
use sct_ledger::{Journal, Ledger, sql::params};
use sct_mail::{Message, Outbox};

use super::{
    super::beats::AREA,
    compose::{Key, Mail},
};

/// The tables of mails in an open ledger.
#[derive(Debug)]
pub(super) struct Said {
    ledger: Ledger,
}

impl Said {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        Ok(Self { ledger: Ledger::open(path, Journal::Wal, &[AREA])? })
    }

    /// Everything that was written about.
    pub(super) fn all(&self) -> anyhow::Result<BTreeSet<Key>> {
        Ok(self.ledger.read("mails", |rows| {
            rows.prepare("SELECT event, subject, step FROM mail_said")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        })?)
    }

    /// A message, and what it is about, in one step.
    pub(super) fn remember(
        &mut self,
        mail: &Mail,
        message: &Message,
        now: i64,
    ) -> anyhow::Result<()> {
        let text = serde_json::to_string(message).context("message")?;
        self.ledger.write("mail", |rows| {
            let insert = "INSERT INTO mails (time, message, is_written) VALUES (?1, ?2, 0)";
            rows.execute(insert, params![now, text])?;
            let id = rows.last_insert_rowid();
            for (event, subject, step) in &mail.keys {
                let insert =
                    "INSERT INTO mail_said VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
                rows.execute(insert, params![event, subject, step, now, id])?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Messages become files of the outbox. One that has its file already, from a pass that was killed, is not put again: its
    /// row gives it its name.
    pub(super) fn write(&mut self, outbox: &Outbox) -> anyhow::Result<()> {
        let waiting: Vec<(i64, i64, String)> = self.ledger.read("mails", |rows| {
            rows.prepare("SELECT id, time, message FROM mails WHERE is_written = 0 ORDER BY id")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect()
        })?;
        for (id, time, text) in waiting {
            let message: Message =
                serde_json::from_str(&text).with_context(|| format!("mail {id} of the ledger"))?;
            outbox.put(&format!("{id:06}-{time}"), &message, time)?;
            self.ledger.write("mail", |rows| {
                rows.execute("UPDATE mails SET is_written = 1 WHERE id = ?1", [id]).map(|_| ())
            })?;
        }
        Ok(())
    }
}
