//! A complete HIST file, small and known in every bin. The journeys of the task programs use it too.

use std::path::{Path, PathBuf};

use sct_hitmap::ByteStreamError;
use sct_id::{Plane, Region, WaferHash};
use sct_roothist::{Axis, Class, Contents, FileWriter, Histogram, WriteOptions};
use tempfile::TempDir;

pub(crate) const RUN: u32 = 440_199;
pub(crate) const EVENTS: f64 = 20_000.0;

/// Names of error maps, by producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// Run 3: a profile, in a folder of its own.
    NumberOf,
    /// The same without folders.
    NumberOfFlat,
    /// Run 2: a profile under the bare name, counts beside it.
    Plain,
    /// The same without folders.
    PlainFlat,
    /// Counts alone.
    Counts,
}

/// A file in the making.
pub(crate) struct Sample {
    pub(crate) names: Names,
    /// Whether a path below `run_N/SCT` is written.
    pub(crate) wanted: fn(&str) -> bool,
    /// Changes a histogram before it is written.
    pub(crate) change: fn(&mut Histogram),
}

impl Default for Sample {
    fn default() -> Self {
        Self { names: Names::NumberOf, wanted: |_| true, change: |_| {} }
    }
}

/// Marks of the regions in names: folder, maps, efficiencies, errors.
fn marks(region: Region) -> [&'static str; 4] {
    match region {
        Region::EndCapC => ["SCTEC", "ECm", "m_eff_", "EC"],
        Region::Barrel => ["SCTB", "", "eff_", "B"],
        Region::EndCapA => ["SCTEA", "ECp", "p_eff_", "EA"],
    }
}

/// What is written for a wafer: any number that no other wafer has.
pub(crate) fn number(wafer: WaferHash) -> f64 {
    wafer.index() as f64 + 1.0
}

fn map(class: Class, name: &str, plane: Plane, content: impl Fn(WaferHash) -> f64) -> Histogram {
    let barrel = plane.region().is_barrel();
    let (x, y) = if barrel {
        (Axis::uniform(0, 13, -6.5, 6.5), Axis::uniform(1, 56, -0.5, 55.5))
    } else {
        (Axis::uniform(0, 3, -0.5, 2.5), Axis::uniform(1, 52, -0.5, 51.5))
    };
    let mut map = Histogram::new(class, name, "", x, Some(y));
    // Cells without a module hold something too; a reader that takes one is found out.
    match &mut map.contents {
        Contents::F32(contents) => contents.fill(5e8),
        Contents::F64(contents) => contents.fill(5e8),
        Contents::I32(_) => {}
    }
    if let Some(profile) = &mut map.profile {
        profile.bin_entries.fill(EVENTS);
    }
    for &wafer in plane.wafers() {
        let module = wafer.position().module();
        let eta = usize::try_from(i32::from(module.eta()) + if barrel { 7 } else { 1 }).unwrap();
        let cell = map.cell(eta, module.phi() + 1).unwrap();
        #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
        match &mut map.contents {
            Contents::F32(contents) => contents[cell] = content(wafer) as f32,
            Contents::F64(contents) => contents[cell] = content(wafer),
            Contents::I32(_) => {}
        }
    }
    map
}

fn lorentz(layer: usize, side: usize, surface: u32) -> Histogram {
    let name = format!("h_phiVsNstrips_{surface}_{layer}Side{side}");
    let mut profile =
        Histogram::new(Class::Profile, &name, "", Axis::uniform(0, 360, -90.0, 90.0), None);
    profile.sumw2 = vec![0.0; 362];
    let Contents::F64(sums) = &mut profile.contents else { return profile };
    (sums[1], sums[360], profile.sumw2[1]) = (30.0, f64::from(surface), 95.0);
    let beyond = profile.profile.as_mut().unwrap();
    (beyond.bin_entries[1], beyond.bin_entries[360]) = (10.0, 100.0);
    profile
}

fn error_maps(names: Names, kind: ByteStreamError, plane: Plane) -> Vec<(String, Histogram)> {
    let [folder, _, _, mark] = marks(plane.region());
    let end = format!("{kind}{mark}_{}_{}", plane.layer_disk(), plane.side());
    let folder = match names {
        Names::NumberOf | Names::Plain | Names::Counts => format!("{folder}/errors/{kind}"),
        Names::NumberOfFlat | Names::PlainFlat => format!("{folder}/errors"),
    };
    // Twelve types on one wafer differ.
    let events = move |wafer| number(wafer) + 100.0 * kind.index() as f64;
    let profile = |start: &str| map(Class::Profile2D, &format!("SCT_{start}{end}"), plane, events);
    let counts = || map(Class::Th2F, &format!("SCT_T{end}"), plane, events);
    let maps = match names {
        Names::NumberOf | Names::NumberOfFlat => vec![profile("NumberOf")],
        Names::Plain | Names::PlainFlat => vec![profile(""), counts()],
        Names::Counts => vec![counts()],
    };
    maps.into_iter().map(|map| (folder.clone(), map)).collect()
}

impl Sample {
    pub(crate) fn write(&self, path: &Path) {
        let mut writer = FileWriter::create(path, WriteOptions::default()).unwrap();
        let mut put = |folder: &str, mut histogram: Histogram| {
            if (self.wanted)(&format!("{folder}/{}", histogram.name)) {
                (self.change)(&mut histogram);
                writer.directory(&format!("run_{RUN}/SCT/{folder}")).unwrap();
                writer.write(&histogram).unwrap();
            }
        };
        let axis = Axis::uniform(0, 3000, 0.5, 3000.5);
        let mut counter = Histogram::new(Class::Th1F, "NumberOfEventsVsLB", "", axis, None);
        counter.entries = EVENTS;
        put("GENERAL/Conf", counter);
        for plane in Plane::all() {
            let [folder, maps, eff, _] = marks(plane.region());
            let end = format!("{}_{}", plane.layer_disk(), plane.side());
            for (name, factor) in [("hitoccupancymap", 1.0), ("hitoccupancymaptrigger", 2.0)] {
                let name = format!("{name}{maps}_{end}");
                let content = |wafer| factor * number(wafer);
                put(&format!("{folder}/Noise"), map(Class::Profile2D, &name, plane, content));
            }
            let name = format!("hitsmap{maps}_{end}");
            put(&format!("{folder}/hits"), map(Class::Th2F, &name, plane, number));
            for (bunch, factor) in [("", 1.0), ("_bcid", 0.5)] {
                let content = |wafer| factor * number(wafer);
                let name = format!("{eff}{end}{bunch}");
                put(&format!("{folder}/eff"), map(Class::Profile2D, &name, plane, content));
                let name = format!("{eff}chip4_{end}{bunch}");
                put(&format!("{folder}/eff/chip4"), map(Class::Profile2D, &name, plane, content));
            }
            for kind in ByteStreamError::ALL {
                for (folder, map) in error_maps(self.names, kind, plane) {
                    put(&folder, map);
                }
            }
        }
        for (layer, side, surface) in lorentz_order() {
            put("GENERAL/lorentz", lorentz(layer, side, surface));
        }
        writer.finish().unwrap();
    }

    /// Writes the file into a folder of its own, which must be kept as long as the file.
    pub(crate) fn written(&self) -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("HIST.root");
        self.write(&path);
        (folder, path)
    }
}

pub(crate) fn lorentz_order() -> impl Iterator<Item = (usize, usize, u32)> {
    (0..4).flat_map(|layer| {
        [(0, 100), (0, 111), (1, 100), (1, 111)].map(|(side, surface)| (layer, side, surface))
    })
}
