//! From intervals of channels to containers of all channels, and back.

use std::collections::{BTreeMap, BTreeSet};

use sct_conditions::{ChannelId, Row, Value};
use sct_id::{Iov, ValidityKey};

/// Calls `each` with every key at which a channel begins or ends, ascending, and the channels valid from there.
pub(crate) fn sweep<E>(
    rows: &[Row],
    mut each: impl FnMut(ValidityKey, &BTreeMap<ChannelId, &[Value]>) -> Result<(), E>,
) -> Result<(), E> {
    let mut begins: Vec<&Row> = rows.iter().collect();
    begins.sort_by_key(|row| row.iov.since());
    let mut ends: Vec<&Row> = rows.iter().filter(|row| !row.iov.is_open()).collect();
    ends.sort_by_key(|row| row.iov.until());
    let keys: BTreeSet<ValidityKey> = begins
        .iter()
        .map(|row| row.iov.since())
        .chain(ends.iter().map(|row| row.iov.until()))
        .collect();
    let (mut begins, mut ends) = (begins.into_iter().peekable(), ends.into_iter().peekable());
    let mut valid: BTreeMap<ChannelId, &[Value]> = BTreeMap::new();
    for key in keys {
        while let Some(row) = ends.next_if(|row| row.iov.until() == key) {
            valid.remove(&row.channel);
        }
        while let Some(row) = begins.next_if(|row| row.iov.since() == key) {
            valid.insert(row.channel, &row.payload);
        }
        each(key, &valid)?;
    }
    Ok(())
}

/// Intervals of a channel that follow each other without a gap and say the same, joined: what COOL and CREST can both tell.
/// Rows come by channel and start.
pub fn joined(rows: &[Row]) -> Vec<Row> {
    let mut joined: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        match joined.last_mut() {
            Some(last)
                if last.channel == row.channel
                    && last.iov.until() == row.iov.since()
                    && last.payload == row.payload =>
            {
                last.iov =
                    Iov::new(last.iov.since(), row.iov.until()).expect("both parts are intervals");
            }
            _ => joined.push(row.clone()),
        }
    }
    joined
}

/// Gathers containers, ascending by key, into rows by channel and start.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    open: BTreeMap<ChannelId, (ValidityKey, Vec<Value>)>,
    rows: Vec<Row>,
}

impl Gathered {
    /// From `key` on, `channels` are valid and no others.
    pub(crate) fn add(&mut self, key: ValidityKey, mut channels: BTreeMap<ChannelId, Vec<Value>>) {
        let ended: Vec<ChannelId> = self
            .open
            .iter()
            .filter(|(channel, (_, payload))| channels.get(channel) != Some(payload))
            .map(|(channel, _)| *channel)
            .collect();
        for channel in ended {
            if let Some((since, payload)) = self.open.remove(&channel) {
                self.close(channel, since, key, payload);
            }
        }
        channels.retain(|channel, _| !self.open.contains_key(channel));
        self.open.extend(channels.into_iter().map(|(channel, payload)| (channel, (key, payload))));
    }

    fn close(
        &mut self,
        channel: ChannelId,
        since: ValidityKey,
        until: ValidityKey,
        payload: Vec<Value>,
    ) {
        // Containers at one and the same key leave nothing of the first.
        if let Ok(iov) = Iov::new(since, until) {
            self.rows.push(Row { channel, iov, payload });
        }
    }

    pub(crate) fn finish(mut self) -> Vec<Row> {
        for (channel, (since, payload)) in std::mem::take(&mut self.open) {
            self.close(channel, since, Iov::INFINITY, payload);
        }
        self.rows.sort_by_key(|row| (row.channel, row.iov));
        self.rows
    }
}
