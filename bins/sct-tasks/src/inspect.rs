//! What is in a RAW file, for people and scripts.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use sct_bytestream::{
    EventConfig, EventDecoder, Words,
    eformat::Event,
    rod::Readout,
    storage::{Ending, FileHeader, RawFile},
};
use sct_cabling::{Cabling, RodId};
use sct_id::ReadoutSwap;
use sct_job::ExitCode;
use sct_wholefile::Mapped;
use serde::Serialize;

use crate::failure::Coded;

/// What one file holds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Inspection {
    /// The file.
    pub path: PathBuf,
    /// Its length, bytes.
    pub bytes: u64,
    /// Layout of the file: 2, 5 or 6.
    pub file_version: u32,
    /// Program that wrote it.
    pub application: String,
    /// Run in the file's header.
    pub run: u32,
    /// Stream of the file.
    pub stream: Option<String>,
    /// Project of the file.
    pub project: Option<String>,
    /// Whether blocks are compressed as a whole.
    pub compressed: bool,
    /// How it ends: `complete`, or where it is cut short.
    pub ending: String,
    /// Events that can be read.
    pub events: u64,
    /// Smallest, mean and largest event, bytes.
    pub event_bytes: (u64, u64, u64),
    /// First and last lumi block.
    pub lumi_blocks: Option<(u16, u16)>,
    /// First and last time, seconds since 1970.
    pub seconds: Option<(u32, u32)>,
    /// Stream tags as text, with the events that have them.
    pub stream_tags: BTreeMap<String, u64>,
    /// Read-out buffers in all events, of any detector.
    pub robs: u64,
    /// RODs of the SCT that were seen, with their events.
    pub rods: BTreeMap<String, u64>,
    /// RODs of the cabling that never were.
    pub rods_missing: Vec<String>,
    /// Hit strips.
    pub strips: u64,
    /// Clusters on fibres without a module.
    pub unplaced_clusters: u64,
    /// Byte-stream errors by name: wafers times events.
    pub errors: BTreeMap<String, u64>,
    /// Damaged events, fragments and bytes: place and reason.
    pub damage: Vec<String>,
    /// The event asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dump: Option<String>,
}

/// Reads a file from beginning to end; `dump` asks for one of its events, counted from 0.
///
/// # Errors
///
/// When the file cannot be opened or is no RAW file, or has no such event. Damage inside it is reported, not refused.
pub fn inspect(
    path: &Path,
    cabling: &Cabling,
    swap: &ReadoutSwap,
    dump: Option<u64>,
) -> anyhow::Result<Inspection> {
    let bad = || Coded::new(ExitCode::InputFileValidationFail, path.display().to_string());
    let bytes = Mapped::open(path).with_context(bad)?;
    let file = RawFile::new(&bytes).with_context(bad)?;
    let mut seen = Inspection::of_header(path, &bytes, file.header());
    seen.compressed = file.is_compressed();
    let mut decoder = EventDecoder::new(Readout::new(cabling, swap), EventConfig::default());
    let mut rods: BTreeMap<RodId, u64> = BTreeMap::new();
    let (mut blocks, mut total) = (file.blocks(), 0);
    for block in blocks.by_ref() {
        let block = match block {
            Ok(block) => block,
            Err(error) => {
                seen.damage.push(error.to_string());
                continue;
            }
        };
        let number = seen.events;
        match decoder.decode(&block, file.is_compressed()) {
            Ok(_) => {
                seen.event(&decoder, block.bytes.len() as u64, &mut total);
                if !file.is_compressed() {
                    seen.tags(block.bytes);
                }
            }
            Err(error) => {
                seen.damage.push(crate::failure::message(&anyhow::Error::new(error)));
                continue;
            }
        }
        for rod in decoder.rods_seen() {
            *rods.entry(rod).or_default() += 1;
        }
        if dump == Some(number) {
            seen.dump = Some(event_text(&decoder, block.offset));
        }
    }
    seen.ending = match blocks.ending() {
        Some(Ending::NoEndRecord { offset }) => format!("no end record after byte {offset}"),
        Some(Ending::Truncated { offset }) => format!("cut short after byte {offset}"),
        _ => "complete".to_owned(),
    };
    seen.event_bytes.1 = total / seen.events.max(1);
    let missing: BTreeSet<RodId> =
        cabling.rods().iter().copied().filter(|rod| !rods.contains_key(rod)).collect();
    seen.rods = rods.into_iter().map(|(rod, events)| (rod.to_string(), events)).collect();
    seen.rods_missing = missing.iter().map(ToString::to_string).collect();
    if let Some(number) = dump.filter(|_| seen.dump.is_none()) {
        bail!(Coded::new(
            ExitCode::ArgOutOfRange,
            format!("{} has events 0 to {}, not {number}", path.display(), seen.events.max(1) - 1)
        ));
    }
    Ok(seen)
}

impl Inspection {
    fn of_header(path: &Path, bytes: &[u8], header: &FileHeader) -> Self {
        let text = |value: Option<&str>| value.map(str::to_owned);
        Self {
            path: path.to_owned(),
            bytes: bytes.len() as u64,
            file_version: header.version.to_u32(),
            application: header.app_name.to_string(),
            run: header.run.run_number,
            stream: text(header.metadata.stream()),
            project: text(header.metadata.project()),
            ..Self::default()
        }
    }

    fn event(&mut self, decoder: &EventDecoder, size: u64, total: &mut u64) {
        let event = decoder.event();
        let (smallest, _, largest) = self.event_bytes;
        let smallest = if self.events == 0 { size } else { smallest.min(size) };
        self.event_bytes = (smallest, 0, largest.max(size));
        *total += size;
        self.events += 1;
        let (lumi_block, seconds) = (event.header.lumi_block, event.header.time().0);
        let (first, last) = self.lumi_blocks.unwrap_or((lumi_block, lumi_block));
        self.lumi_blocks = Some((first.min(lumi_block), last.max(lumi_block)));
        let (first, last) = self.seconds.unwrap_or((seconds, seconds));
        self.seconds = Some((first.min(seconds), last.max(seconds)));
        self.robs += u64::from(event.robs);
        self.strips += event.clusters.iter().map(|cluster| u64::from(cluster.size)).sum::<u64>();
        self.unplaced_clusters += event.counts.unplaced;
        for (_, mask) in decoder.errors().iter() {
            for error in mask.iter() {
                *self.errors.entry(error.to_string()).or_default() += 1;
            }
        }
        let place = |damage| format!("event at byte {}: {damage:?}", event.offset);
        self.damage.extend(event.damage.iter().map(place));
    }

    fn tags(&mut self, bytes: &[u8]) {
        let Ok(event) = Event::parse(Words::of(bytes)) else { return };
        for tag in event.stream_tags().iter() {
            let tag = String::from_utf8_lossy(tag).into_owned();
            *self.stream_tags.entry(tag).or_default() += 1;
        }
    }

    /// A page for people.
    pub fn to_text(&self) -> String {
        let none = || "-".to_owned();
        let range = |first: u32, last: u32| format!("{first} to {last}");
        let (smallest, mean, largest) = self.event_bytes;
        let mut text = format!("{}\n", self.path.display());
        let mut line = |name: &str, value: String| text.push_str(&format!("  {name:18} {value}\n"));
        line("run", self.run.to_string());
        line(
            "project, stream",
            format!(
                "{}, {}",
                self.project.clone().unwrap_or_else(none),
                self.stream.clone().unwrap_or_else(none)
            ),
        );
        line("written by", format!("{} in file version {}", self.application, self.file_version));
        let packed = if self.compressed { ", compressed" } else { "" };
        line("length", format!("{} bytes{packed}, {}", self.bytes, self.ending));
        line(
            "events",
            format!("{} of {smallest} to {largest} bytes, {mean} in the mean", self.events),
        );
        let blocks = self.lumi_blocks.map(|(first, last)| range(first.into(), last.into()));
        line("lumi blocks", blocks.unwrap_or_else(none));
        line("seconds", self.seconds.map_or_else(none, |(first, last)| range(first, last)));
        let tags = self.stream_tags.iter().map(|(tag, events)| format!("{tag} ({events})"));
        let tags = tags.collect::<Vec<_>>().join(", ");
        line("stream tags", if tags.is_empty() { none() } else { tags });
        line(
            "RODs",
            format!(
                "{} seen, {} missing{}{}",
                self.rods.len(),
                self.rods_missing.len(),
                if self.rods_missing.is_empty() { "" } else { ": " },
                self.rods_missing.join(" ")
            ),
        );
        line("hit strips", self.strips.to_string());
        line("unknown fibres", format!("{} clusters", self.unplaced_clusters));
        for (error, count) in &self.errors {
            line(error, count.to_string());
        }
        for damage in &self.damage {
            line("damage", damage.clone());
        }
        if let Some(dump) = &self.dump {
            text.push_str(dump);
        }
        text
    }
}

/// One event: header, fragments, clusters and errors.
fn event_text(decoder: &EventDecoder, offset: u64) -> String {
    let event = decoder.event();
    let header = &event.header;
    let (seconds, nanoseconds) = header.time();
    let mut text = format!(
        "event at byte {offset}: number {}, run {}, lumi block {}, time {seconds}.{nanoseconds:09}, level-1 id {:#010x}, \
         bunch crossing {}, trigger type {:#04x}\n  {} ROBs, {} of the SCT, {} clusters, {} on unknown fibres\n",
        header.global_id,
        header.run_number,
        header.lumi_block,
        header.level1_id,
        header.bunch_crossing,
        header.trigger_type,
        event.robs,
        event.sct_robs,
        event.clusters.len(),
        event.counts.unplaced,
    );
    for cluster in &event.clusters {
        let last = cluster.strip.index() + usize::from(cluster.size) - 1;
        let position = cluster.wafer.position();
        text.push_str(&format!("  wafer {position:14} strips {}-{last}\n", cluster.strip));
    }
    for (wafer, mask) in decoder.errors().iter() {
        let names: Vec<String> = mask.iter().map(|error| error.to_string()).collect();
        text.push_str(&format!("  wafer {:14} {}\n", wafer.position(), names.join(", ")));
    }
    text
}
