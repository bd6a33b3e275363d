//! NoiseOccupancySummaryFile.xml, RawOccupancySummaryFile.xml, EfficiencySummaryFile.xml, BSErrorSummaryFile.xml.

use sct_conditions::SixDigits;
use sct_id::{Part, Region};

use super::{RunHead, items, line, number, xml_file};
use crate::parse::{self, Element, Problem};

/// Which of the summaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SummaryKind {
    /// NoiseOccupancySummaryFile.xml.
    NoiseOccupancy,
    /// RawOccupancySummaryFile.xml.
    RawOccupancy,
    /// EfficiencySummaryFile.xml.
    Efficiency,
    /// BSErrorSummaryFile.xml.
    BsErrors,
}

impl SummaryKind {
    const fn style_sheet(self) -> &'static str {
        match self {
            Self::NoiseOccupancy => "NoiseOccupancyInfo.xsl",
            Self::RawOccupancy => "RawOccupancyInfo.xsl",
            Self::Efficiency => "EfficiencyInfo.xsl",
            Self::BsErrors => "BSErrorInfo.xsl",
        }
    }
}

/// What is said of a layer or ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Mean noise occupancy.
    NoiseOccupancy,
    /// Mean raw occupancy.
    RawOccupancy,
    /// Mean efficiency.
    Efficiency,
    /// Mean efficiency of first bunches.
    EfficiencyFirstBunch,
    /// Links with byte-stream errors.
    LinksWithErrors,
}

impl Measure {
    const ALL: [Self; 5] = [
        Self::NoiseOccupancy,
        Self::RawOccupancy,
        Self::Efficiency,
        Self::EfficiencyFirstBunch,
        Self::LinksWithErrors,
    ];

    /// The name of the value.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoiseOccupancy => "meanNO",
            Self::RawOccupancy => "meanRO",
            Self::Efficiency => "meanEff",
            Self::EfficiencyFirstBunch => "meanEff_bcid1",
            Self::LinksWithErrors => "nErrLink",
        }
    }

    const fn kind(self) -> SummaryKind {
        match self {
            Self::NoiseOccupancy => SummaryKind::NoiseOccupancy,
            Self::RawOccupancy => SummaryKind::RawOccupancy,
            Self::Efficiency | Self::EfficiencyFirstBunch => SummaryKind::Efficiency,
            Self::LinksWithErrors => SummaryKind::BsErrors,
        }
    }
}

/// One value of a layer or ring.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PartValue {
    /// The layer or ring.
    pub part: Part,
    /// What the value is.
    pub measure: Measure,
    /// The value.
    pub value: f64,
}

/// A summary by layer and ring.
#[derive(Clone, Debug, PartialEq)]
pub struct MonitoringSummary {
    /// Which summary.
    pub kind: SummaryKind,
    /// The run.
    pub head: RunHead,
    /// Values in the order of [`Part`]; efficiencies have two a part, those of first bunches second.
    pub values: Vec<PartValue>,
}

xml_file!(MonitoringSummary, "run");

impl MonitoringSummary {
    /// The text of the file.
    pub fn to_xml(&self) -> String {
        let mut xml = self.head.open(self.kind.style_sheet());
        xml.push_str("  <data>\n");
        for PartValue { part, measure, value } in &self.values {
            xml.push_str("    <parts>\n");
            line(&mut xml, 6, "part", region_name(part.region()));
            number(&mut xml, "      ", "layer", part.layer_disk());
            let ring = part.ring().map_or_else(|| "all".to_owned(), |ring| ring.to_string());
            line(&mut xml, 6, "eta", &ring);
            number(&mut xml, "      ", measure.name(), SixDigits(*value));
            xml.push_str("    </parts>\n");
        }
        xml.push_str("  </data>\n</run>\n");
        xml
    }

    fn from_element(root: &Element) -> Result<Self, Problem> {
        let values = items(root, "data", "parts").map(part_value).collect::<Result<Vec<_>, _>>()?;
        let Some(kind) = values.first().map(|value| value.measure.kind()) else {
            return Err(root.problem("there is no <parts> in <data>"));
        };
        if let Some(other) = values.iter().find(|value| value.measure.kind() != kind) {
            let (name, first) = (other.measure.name(), values[0].measure.name());
            return Err(root.problem(format!("values {first} and {name} are of different tasks")));
        }
        Ok(Self { kind, head: RunHead::from_element(root)?, values })
    }
}

const fn region_name(region: Region) -> &'static str {
    match region {
        Region::EndCapC => "EndCapC",
        Region::Barrel => "Barrel",
        Region::EndCapA => "EndCapA",
    }
}

fn part_value(element: &Element) -> Result<PartValue, Problem> {
    let name = element.value("part")?.trim();
    let (layer, ring) = (element.parsed("layer")?, element.value("eta")?.trim());
    let found = Region::ALL.into_iter().find(|&region| region_name(region) == name);
    let ring_number = if ring == "all" { Some(None) } else { ring.parse().ok().map(Some) };
    let part = found.zip(ring_number).and_then(|(region, ring)| Part::find(region, layer, ring));
    let part = part.ok_or_else(|| {
        let (name, ring) = (parse::short(name), parse::short(ring));
        element.problem(format!("there is no part {name} with layer {layer} and eta {ring}"))
    })?;
    let measure = Measure::ALL.into_iter().find(|measure| element.value(measure.name()).is_ok());
    let measure = measure.ok_or_else(|| {
        let names = Measure::ALL.map(Measure::name).join(", ");
        element.problem(format!("<parts> has none of {names}"))
    })?;
    Ok(PartValue { part, measure, value: element.parsed(measure.name())? })
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{change_bytes, head},
        *,
    };

    fn summary(kind: SummaryKind, measures: &[Measure]) -> MonitoringSummary {
        let parts = [0, 22, 47].map(|part| Part::new(part).unwrap());
        let value = |part: Part| (part.index() as f64 + 0.5) / 3.0 * 1e-5;
        let values = parts.into_iter().flat_map(|part| {
            measures.iter().map(move |&measure| PartValue { part, measure, value: value(part) })
        });
        MonitoringSummary { kind, head: head(), values: values.collect() }
    }

    #[test]
    fn the_text_is_the_originals() {
        let measures = [Measure::Efficiency, Measure::EfficiencyFirstBunch];
        insta::assert_snapshot!(summary(SummaryKind::Efficiency, &measures).to_xml());
    }

    #[test]
    fn summaries_round_trip_in_six_digits() {
        for measure in Measure::ALL {
            let expected = summary(measure.kind(), &[measure]);
            let found = MonitoringSummary::from_xml("x", expected.to_xml().as_bytes()).unwrap();
            assert_eq!((found.kind, &found.head), (expected.kind, &expected.head));
            assert_eq!(found.to_xml(), expected.to_xml());
        }
    }

    #[test]
    fn problems_name_their_line() {
        let xml = summary(SummaryKind::NoiseOccupancy, &[Measure::NoiseOccupancy]).to_xml();
        let error = |from: &str, to: &str| {
            let changed = xml.replace(from, to);
            MonitoringSummary::from_xml("x", changed.as_bytes()).unwrap_err().to_string()
        };
        assert_eq!(
            error(">all<", ">1<"),
            "x: line 17: there is no part Barrel with layer 0 and eta 1"
        );
        assert_eq!(
            error("meanNO", "mean"),
            "x: line 11: <parts> has none of meanNO, meanRO, meanEff, meanEff_bcid1, nErrLink"
        );
        assert_eq!(error("parts", "part"), "x: line 3: there is no <parts> in <data>");
        assert_eq!(
            error("meanNO\">1.66667e-06", "meanRO\">1.66667e-06"),
            "x: line 3: values meanRO and meanNO are of different tasks"
        );
    }

    #[test]
    fn changed_bytes_never_panic() {
        let xml = summary(SummaryKind::BsErrors, &[Measure::LinksWithErrors]).to_xml();
        change_bytes(&xml, |bytes| MonitoringSummary::from_xml("x", bytes).is_ok());
    }
}
