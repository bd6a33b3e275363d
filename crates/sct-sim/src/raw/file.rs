//! Files of events.

use std::{
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use rand::RngExt as _;
use rayon::prelude::*;
use sct_bytestream::{
    ChecksumKind, ZlibLevel,
    eformat::{EventHeader, EventVersion, EventWriter},
    storage::{
        BeamType, FileHeader, FileVersion, Metadata, RawFileName, RawWriter, RunParameters,
        Sequence, Stamp, Text,
    },
};
use sct_cabling::Cabling;
use sct_id::{LumiBlock, ReadoutSwap};
use sct_wholefile::Pending;

use super::{
    RawSettings, Zlib,
    events::EventHits,
    faults::{EventFaults, Faults},
    fragments::{Packed, Packer},
    truth::Counter,
};
use crate::{
    Error, Settings,
    stream::{Purpose, stream},
};

/// Project, stream and writer in the names of simulated files.
const PROJECT: &str = "data22_13p6TeV";
const STREAM: (&str, &str) = ("calibration", "SCTNoise");
const APPLICATION: &str = "SFO-1";
/// Energy of a beam, `GeV`.
const BEAM_ENERGY: u32 = 6800;
/// Trigger type of calibration triggers in the gap between bunch trains.
const TRIGGER_TYPE: u8 = 0x84;
/// Events packed together.
const PORTION: usize = 512;

/// Writes the files of a run one after the other.
#[derive(Debug)]
pub(crate) struct FileWriter<'a> {
    settings: &'a Settings,
    raw: &'a RawSettings,
    folder: &'a Path,
    swap: ReadoutSwap,
    sequence: Sequence,
    /// Files so far.
    pub(crate) written: Vec<PathBuf>,
}

impl<'a> FileWriter<'a> {
    pub(crate) fn new(settings: &'a Settings, raw: &'a RawSettings, folder: &'a Path) -> Self {
        let swap = settings.readout_swap();
        let (sequence, written) = (Sequence::default(), Vec::new());
        Self { settings, raw, folder, swap, sequence, written }
    }

    /// Writes one file and counts what is in it.
    pub(crate) fn write(
        &mut self,
        file: usize,
        events: &EventHits,
        faults: &Faults<'_>,
        cabling: &Cabling,
        counter: &mut Counter<'_>,
    ) -> Result<(), Error> {
        let first = LumiBlock::new(events.lumi_blocks.first().map_or(0, |index| index + 1));
        let name = self.name(file, first);
        let path = self.folder.join(name.to_string());
        let pending = Pending::create(&path)?;
        let failed = |source| sct_wholefile::Error { path: path.clone(), source };
        let header = self.header(file, &name, first);
        let out = BufWriter::with_capacity(1 << 20, pending.handle()?);
        let mut writer = RawWriter::new(out, &header, self.sequence).map_err(failed)?;
        let packer = Packer { raw: self.raw, cabling, swap: &self.swap, faults };
        for portion in events.order.chunks(PORTION) {
            let packed: Vec<_> = portion
                .par_iter()
                .map(|&event| self.event(file, event as usize, events, &packer))
                .collect();
            for (&event, (bytes, faults, hits)) in portion.iter().zip(packed) {
                writer.event(&bytes).map_err(failed)?;
                let lumi_block = LumiBlock::new(events.lumi_blocks[event as usize] + 1);
                counter.event(lumi_block, &hits, &faults)?;
            }
        }
        let is_last = file + 1 == self.settings.files;
        let (mut out, written) =
            writer.finish(stamp(self.settings.end()), is_last).map_err(failed)?;
        out.flush().map_err(failed)?;
        drop(out);
        pending.finish()?;
        self.sequence = written.sequence;
        self.written.push(path);
        Ok(())
    }

    fn name(&self, file: usize, first: LumiBlock) -> RawFileName {
        let mut name = RawFileName::online(self.settings.run.to_u32(), STREAM.0, STREAM.1);
        PROJECT.clone_into(&mut name.project);
        name.lumi_block = first.to_u32();
        name.application = Some(APPLICATION.to_owned());
        name.sequence = u32::try_from(file + 1).unwrap_or(u32::MAX);
        name
    }

    fn header(&self, file: usize, name: &RawFileName, first: LumiBlock) -> FileHeader {
        let version = match self.raw.file_version {
            2 => FileVersion::V2,
            5 => FileVersion::V5,
            _ => FileVersion::V6,
        };
        let stream_name = format!("{}_{}", STREAM.0, STREAM.1);
        let mut metadata = Metadata::online(&self.guid(file), [], &stream_name, PROJECT, first);
        if self.raw.zlib == Zlib::Files {
            metadata.strings.push(Text::from("Compression=zlib"));
        }
        FileHeader {
            version,
            file_number: name.sequence,
            written: stamp(self.settings.start),
            app_name: Text::from(APPLICATION),
            file_name_core: Text::from(name.core()),
            metadata,
            run: RunParameters {
                run_number: self.settings.run.to_u32(),
                rec_enable: 1,
                detector_mask: RunParameters::SCT_MASK,
                beam_type: BeamType::Protons,
                beam_energy: BEAM_ENERGY,
                ..RunParameters::default()
            },
            ..FileHeader::default()
        }
    }

    /// A name for the file that no other one has.
    fn guid(&self, file: usize) -> String {
        let mut rng = stream(self.settings.seed, Purpose::EventOrder, file, 1);
        let mut group = |digits: usize| -> String {
            (0..digits).map(|_| format!("{:X}", rng.random_range(0..16_u8))).collect()
        };
        [8, 4, 4, 4, 12].map(&mut group).join("-")
    }

    /// The bytes of an event, what is wrong with it, and the hits that can be read.
    fn event(
        &self,
        file: usize,
        event: usize,
        events: &EventHits,
        packer: &Packer<'_>,
    ) -> (Vec<u8>, EventFaults, Vec<(sct_id::WaferHash, sct_id::Strip)>) {
        let header = self.event_header(file, event, events.lumi_blocks[event]);
        let faults = packer.faults.draw(file, event);
        let Packed { robs, hits } = packer.pack(&header, events.of(event), &faults);
        let version = if self.raw.event_version == 4 { EventVersion::V4 } else { EventVersion::V5 };
        let mut writer = EventWriter::new(version, header);
        if self.raw.checksums {
            writer.checksum = ChecksumKind::Adler32;
        }
        writer.compression = (self.raw.zlib == Zlib::Events).then_some(ZlibLevel::USUAL);
        let mut bytes = Vec::new();
        writer.write(&robs, &mut bytes);
        (bytes, faults, hits)
    }

    fn event_header(&self, file: usize, event: usize, lumi_block: u32) -> EventHeader {
        let mut rng = stream(self.settings.seed, Purpose::EventOrder, file, event + 2);
        let length = self.settings.lumi_block_seconds;
        let seconds = self.settings.start + u64::from(lumi_block) * length;
        let seconds = seconds + rng.random_range(0..length.max(1));
        let low = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        EventHeader {
            seconds: low(seconds),
            nanoseconds: rng.random_range(0..1_000_000_000),
            global_id: (file as u64) << 32 | event as u64,
            run_type: 0,
            run_number: self.settings.run.to_u32(),
            lumi_block: u16::try_from(lumi_block + 1).unwrap_or(u16::MAX),
            level1_id: low(event as u64) & 0xFF_FFFF,
            bunch_crossing: rng.random_range(0..3564),
            trigger_type: TRIGGER_TYPE,
        }
    }
}

/// Date and time of a moment, in UTC as far as a simulated writer has a zone.
fn stamp(seconds: u64) -> Stamp {
    let moment = jiff::Timestamp::from_second(i64::try_from(seconds).unwrap_or(0));
    let moment = jiff::tz::Offset::UTC.to_datetime(moment.unwrap_or_default());
    let part = |value: i8| u8::try_from(value).unwrap_or(0);
    Stamp::new(
        (part(moment.day()), part(moment.month()), u16::try_from(moment.year()).unwrap_or(0)),
        (part(moment.hour()), part(moment.minute()), part(moment.second())),
    )
}
