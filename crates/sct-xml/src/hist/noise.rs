//! NoiseOccupancyFile.xml: noise occupancy by wafer.

use std::fmt::Write as _;

use quick_xml::escape::escape;
use sct_conditions::{NOISE_OCCUPANCY, SixDigits};
use sct_id::{CompactId, Iov, SerialNumber, WaferHash};

use super::{SAMPLE_SIZE, number, xml_file};
use crate::parse::{self, Element, Problem};

/// One wafer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseWafer {
    /// Serial number of the module.
    pub serial: SerialNumber,
    /// The wafer.
    pub wafer: WaferHash,
    /// Hits per strip and event.
    pub occupancy: f32,
}

/// Noise occupancy by wafer.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseOccupancyList {
    /// Interval.
    pub iov: Iov,
    /// Tag.
    pub tag: String,
    /// Wafers in the order of [`sct_id::Plane`]: (region, disk or layer, side, eta, phi).
    pub wafers: Vec<NoiseWafer>,
}

xml_file!(NoiseOccupancyList, "channels");

impl NoiseOccupancyList {
    /// The text of the file. Channels are the 32-bit form of the wafer identifier.
    pub fn to_xml(&self) -> String {
        let (since, until) = (self.iov.since(), self.iov.until());
        let folder = NOISE_OCCUPANCY.path.trim_start_matches('/');
        let database = NOISE_OCCUPANCY.destination.name();
        let tag = escape(self.tag.as_str());
        let mut xml = format!(
            "<channels server=\"ATLAS_COOLPROD\" schema=\"ATLAS_COOLOFL_SCT\" dbname=\"{database}\" folder=\"{folder}\" \
             since=\"{since}\" until=\"{until}\" tag=\"{tag}\" version=\"multi\">\n"
        );
        for NoiseWafer { serial, wafer, occupancy } in &self.wafers {
            let position = wafer.position();
            let (id, module) = (position.id(), position.module());
            // Writing to a string cannot fail.
            let _ = writeln!(xml, "  <channel id=\"{id}\" since=\"{since}\" until=\"{until}\">");
            number(&mut xml, "    ", "SN", serial);
            number(&mut xml, "    ", "SampleSize", SAMPLE_SIZE);
            number(&mut xml, "    ", "barrel_endcap", module.region().barrel_ec());
            number(&mut xml, "    ", "Layer", module.layer_disk());
            number(&mut xml, "    ", "Eta", module.eta());
            number(&mut xml, "    ", "Phi", module.phi());
            number(&mut xml, "    ", "NoiseOccupancy", SixDigits(f64::from(*occupancy)));
            xml.push_str("  </channel>\n");
        }
        xml.push_str("</channels>\n");
        xml
    }

    fn from_element(root: &Element) -> Result<Self, Problem> {
        let key = |name| {
            let text = root.attribute(name)?;
            text.parse()
                .map_err(|_| root.problem(format!("attribute {name} is '{}'", parse::short(text))))
        };
        let iov = Iov::new(key("since")?, key("until")?)
            .map_err(|error| root.problem(error.to_string()))?;
        let wafers = root.all("channel").map(noise_wafer).collect::<Result<_, _>>()?;
        Ok(Self { iov, tag: root.attribute("tag")?.to_owned(), wafers })
    }
}

fn noise_wafer(channel: &Element) -> Result<NoiseWafer, Problem> {
    let id = channel.attribute("id")?;
    let bad = || channel.problem(format!("channel '{}' is no wafer", parse::short(id)));
    let id = CompactId::from_either(id.parse().map_err(|_| bad())?).map_err(|_| bad())?;
    Ok(NoiseWafer {
        serial: channel.parsed("SN")?,
        wafer: id.wafer().hash(),
        occupancy: channel.parsed("NoiseOccupancy")?,
    })
}

#[cfg(test)]
mod tests {
    use sct_id::RunNumber;

    use super::{
        super::tests::{change_bytes, serial, wafer},
        *,
    };

    fn list() -> NoiseOccupancyList {
        let entry =
            |name, occupancy| NoiseWafer { serial: serial(), wafer: wafer(name), occupancy };
        NoiseOccupancyList {
            iov: Iov::run(RunNumber::new(440_199).unwrap()),
            tag: "Tag".to_owned(),
            wafers: vec![entry("-2_0_0_0_0", 1.064_24e-5), entry("0_3_3_-1_1", 0.0)],
        }
    }

    #[test]
    fn the_text_is_the_originals() {
        insta::assert_snapshot!(list().to_xml());
    }

    #[test]
    fn lists_round_trip_in_six_digits() {
        let found = NoiseOccupancyList::from_xml("x", list().to_xml().as_bytes()).unwrap();
        assert_eq!(found, list());
    }

    #[test]
    fn problems_name_their_line() {
        let xml = list().to_xml().replace("174173184", "174173183");
        let error = NoiseOccupancyList::from_xml("x", xml.as_bytes()).unwrap_err().to_string();
        assert_eq!(error, "x: line 11: channel '174173183' is no wafer");
    }

    #[test]
    fn changed_bytes_never_panic() {
        change_bytes(&list().to_xml(), |bytes| NoiseOccupancyList::from_xml("x", bytes).is_ok());
    }
}
