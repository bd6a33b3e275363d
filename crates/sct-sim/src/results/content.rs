//! Summaries.

use rand::RngExt as _;
use rand_distr::{Distribution as _, Normal};
use sct_id::{Part, Sensors};
use sct_xml::{
    BadStripsSummary, DeadSummary, DeadSummaryModule, LorentzAnglePart, LorentzAngleSummary,
    Measure, MonitoringSummary, PartValue, SummaryKind, SummaryModule,
};

use super::drawn::Drawn;
use crate::serial_number;

/// Makes the summary of a kind of task.
pub(super) struct Content<'a> {
    drawn: &'a Drawn,
    kind: &'a str,
    is_detailed: bool,
}

impl<'a> Content<'a> {
    pub(super) fn new(drawn: &'a Drawn, kind: &'a str, is_detailed: bool) -> Self {
        Self { drawn, kind, is_detailed }
    }

    /// Name and text of the summary.
    pub(super) fn summary(&self) -> (&'static str, String) {
        let means = |kind, measures: &[(Measure, f64)]| self.means(kind, measures).to_xml();
        match self.kind {
            "sctns" => ("BadStripsSummaryFile.xml", self.noisy().to_xml()),
            "sctdc" | "sctds" => ("DeadSummaryFile.xml", self.dead().to_xml()),
            "sctno" => (
                "NoiseOccupancySummaryFile.xml",
                means(SummaryKind::NoiseOccupancy, &[(Measure::NoiseOccupancy, 1.5e-5)]),
            ),
            "sctro" => (
                "RawOccupancySummaryFile.xml",
                means(SummaryKind::RawOccupancy, &[(Measure::RawOccupancy, 6e-3)]),
            ),
            "scteff" => ("EfficiencySummaryFile.xml", self.efficiencies().to_xml()),
            "sctbse" => (
                "BSErrorSummaryFile.xml",
                means(SummaryKind::BsErrors, &[(Measure::LinksWithErrors, 6.0)]),
            ),
            _ => ("LorentzAngleSummaryFile.xml", self.lorentz().to_xml()),
        }
    }

    fn noisy(&self) -> BadStripsSummary {
        let Drawn { head, noisy, reference, .. } = self.drawn;
        let none = sct_conditions::StripSet::default();
        let modules = noisy.iter().map(|(&module, all)| {
            let before = reference.get(&module).unwrap_or(&none);
            let mut new = none;
            all.iter().filter(|&strip| !before.contains(strip)).for_each(|strip| new.insert(strip));
            SummaryModule {
                serial: serial_number(module),
                module,
                links: Vec::new(),
                chips: Vec::new(),
                all: *all,
                new,
                reference: *before,
            }
        });
        let modules: Vec<SummaryModule> = modules.collect();
        let count =
            |of: fn(&SummaryModule) -> usize| modules.iter().map(|one| of(one) as u64).sum();
        BadStripsSummary {
            run: head.run,
            start: head.start.clone(),
            end: head.end.clone(),
            duration: head.duration,
            lumi_blocks: head.lumi_blocks,
            events: head.events,
            modules_count: modules.len() as u64,
            links: 0,
            chips_count: 0,
            strips_all: count(|module| module.all.len()),
            strips_new: count(|module| module.new.len()),
            modules_reference: reference.len() as u64,
            strips_reference: reference.values().map(|strips| strips.len() as u64).sum(),
            modules_different: modules.iter().filter(|one| one.all != one.reference).count() as u64,
            flag: self.drawn.flag,
            flag_reason: self.drawn.reason.to_owned(),
            flag_enabled: true,
            recent_available: true,
            check_list: "simulated".to_owned(),
            chips: Vec::new(),
            modules: if self.is_detailed { modules } else { Vec::new() },
        }
    }

    fn dead(&self) -> DeadSummary {
        let Drawn { head, dead_strips, dead_chips, flag, dead, .. } = self.drawn;
        let module = |module| DeadSummaryModule {
            serial: serial_number(module),
            module,
            links: Vec::new(),
            chips: Vec::new(),
            strips: sct_conditions::StripSet::default(),
        };
        let modules: Vec<DeadSummaryModule> = if let Some(dead) = dead {
            dead.clone()
        } else if self.kind == "sctdc" {
            let chips = dead_chips.iter();
            chips
                .map(|(&of, chips)| DeadSummaryModule { chips: chips.clone(), ..module(of) })
                .collect()
        } else {
            let strips = dead_strips.iter();
            strips
                .map(|(&of, strips)| DeadSummaryModule { strips: *strips, ..module(of) })
                .collect()
        };
        // A run that has too few events for one search has too few for the others.
        let flag = if *flag == 'Y' { 'G' } else { *flag };
        let reason = if flag == 'R' { "FAILED in the number of events; " } else { "" };
        let with_links =
            |count: usize| modules.iter().filter(|one| one.links.len() == count).count() as u64;
        DeadSummary {
            head: head.clone(),
            modules_count: with_links(2),
            links: with_links(1),
            chips: modules.iter().map(|one| one.chips.len() as u64).sum(),
            strips: modules.iter().map(|one| one.strips.len() as u64).sum(),
            flag,
            flag_reason: reason.to_owned(),
            flag_enabled: true,
            check_list: "simulated".to_owned(),
            modules: if self.is_detailed { modules } else { Vec::new() },
            untestable: None,
        }
    }

    /// Means of all layers and rings around a value.
    fn means(&self, kind: SummaryKind, measures: &[(Measure, f64)]) -> MonitoringSummary {
        let mut rng = self.drawn.generator(kind as u64 + 1);
        let values = Part::all().flat_map(|part| {
            let level = move |measure, usual| self.drawn.level(part, measure, usual);
            measures.iter().map(move |&(measure, usual)| (part, measure, level(measure, usual)))
        });
        let noise = Normal::new(1.0, 0.02);
        let values = values.map(|(part, measure, value)| {
            let value = value * noise.as_ref().map_or(1.0, |noise| noise.sample(&mut rng));
            let is_count = measure == Measure::LinksWithErrors;
            PartValue { part, measure, value: if is_count { value.round() } else { value } }
        });
        let values = values.collect();
        MonitoringSummary { kind, head: self.drawn.head.clone(), values }
    }

    /// Efficiencies are near 1: what drifts is what is missing.
    fn efficiencies(&self) -> MonitoringSummary {
        let measures = [(Measure::Efficiency, 0.007), (Measure::EfficiencyFirstBunch, 0.005)];
        let mut summary = self.means(SummaryKind::Efficiency, &measures);
        summary.values.iter_mut().for_each(|one| one.value = 1.0 - one.value);
        summary
    }

    fn lorentz(&self) -> LorentzAngleSummary {
        let mut rng = self.drawn.generator(9);
        let mut part = |sensors: Sensors| {
            let angle = self.drawn.angle(sensors) + rng.random_range(-0.05..0.05);
            let good = sensors.exist() && !rng.random_ratio(1, 200);
            let (angle, width) = if good { (angle, 1.2) } else { (0.0, 0.0) };
            LorentzAnglePart {
                sensors,
                angle,
                min_cluster_width: width,
                good: good || !sensors.exist(),
            }
        };
        let parts: Vec<LorentzAnglePart> = Sensors::all().map(&mut part).collect();
        let flag = if parts.iter().all(|part| part.good) { 'G' } else { 'R' };
        LorentzAngleSummary { head: self.drawn.head.clone(), flag, parts }
    }
}
