//! LorentzAngleFile.xml and LorentzAngleSummaryFile.xml: the fits of the barrel sensors, one entry for each layer, side and
//! crystal orientation, those without sensors included.

use std::fmt::Write as _;

use sct_conditions::{LORENTZ_ANGLE, LorentzAngle, SixDigits};
use sct_id::Sensors;

use super::{RunHead, items, line, number, xml_file};
use crate::parse::{self, Element, Problem};

/// LorentzAngleFile.xml: all numbers of all fits.
#[derive(Clone, Debug, PartialEq)]
pub struct LorentzAngleFile {
    /// Numbers in the order of [`Sensors::all`]; zeros where there are no sensors, or no fit.
    pub fits: Vec<(Sensors, LorentzAngle)>,
}

xml_file!(LorentzAngleFile, "folder");

impl LorentzAngleFile {
    /// The text of the file. As in the original there is no declaration, and the name of a channel ends in a blank; unlike
    /// there every element is closed, and channels have the numbers of the database.
    pub fn to_xml(&self) -> String {
        let folder = LORENTZ_ANGLE.path.trim_start_matches('/');
        let mut xml = String::from("<folder>\n");
        for (sensors, numbers) in &self.fits {
            // Writing to a string cannot fail.
            let _ = writeln!(xml, "<folderDefinition folder=\"{folder}\" version=\"multi\">");
            xml.push_str("  <folderDescription>\n");
            xml.push_str("     <timeStamp>run-lumi</timeStamp>\n");
            xml.push_str("     <addrHeader>\n");
            xml.push_str("        <address_header service_type=\"71\" clid=\"1238547719\"/>\n");
            xml.push_str("     </addrHeader>\n");
            xml.push_str("     <typeName>CondAttrListCollection</typeName>\n");
            xml.push_str("  </folderDescription>\n");
            xml.push_str("  <payloadDescription>\n");
            let mut payload = |name: &str, value: &dyn std::fmt::Display| {
                let _ = writeln!(xml, "    <payloadType name=\"{name}\">{value}</payloadType>");
            };
            payload("moduleType", &sensors.crystal.number());
            for (name, number) in LorentzAngle::NAMES.into_iter().zip(numbers.to_array()) {
                payload(name, &SixDigits(f64::from(number)));
            }
            xml.push_str("  </payloadDescription>\n");
            let (channel, Sensors { layer, side, .. }) = (sensors.channel(), sensors);
            let _ = writeln!(xml, "  <channel id=\"{channel}\" name=\"{layer}_{side} \" />");
            xml.push_str("</folderDefinition>\n");
        }
        xml.push_str("</folder>\n");
        xml
    }

    fn from_element(root: &Element) -> Result<Self, Problem> {
        let fits = root.all("folderDefinition").map(fit).collect::<Result<_, _>>()?;
        Ok(Self { fits })
    }
}

fn fit(definition: &Element) -> Result<(Sensors, LorentzAngle), Problem> {
    let payload = definition
        .all("payloadDescription")
        .next()
        .ok_or_else(|| definition.problem("there is no <payloadDescription>"))?;
    let channel = definition
        .all("channel")
        .next()
        .ok_or_else(|| definition.problem("there is no <channel>"))?;
    // The number of a channel is 0 everywhere in files of the original.
    let name = channel.attribute("name")?.trim();
    let (layer, side) = name.split_once('_').unwrap_or_default();
    let number = |name| payload.parsed_in::<f32>("payloadType", name);
    let crystal = payload.parsed_in("payloadType", "moduleType")?;
    let sensors = sensors(channel, layer, side, crystal)?;
    let mut numbers = [0.0; 11];
    for (number_of, name) in numbers.iter_mut().zip(LorentzAngle::NAMES) {
        *number_of = number(name)?;
    }
    Ok((sensors, LorentzAngle::from_array(numbers)))
}

fn sensors(at: &Element, layer: &str, side: &str, crystal: u8) -> Result<Sensors, Problem> {
    let known = |sensors: &Sensors| {
        let numbers = [sensors.layer.to_string(), sensors.side.to_string()];
        numbers == [layer, side] && sensors.crystal.number() == crystal
    };
    Sensors::all().find(known).ok_or_else(|| {
        let (layer, side) = (parse::short(layer), parse::short(side));
        at.problem(format!("there are no sensors of layer {layer} side {side} type {crystal}"))
    })
}

/// One entry of the summary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LorentzAnglePart {
    /// Which sensors.
    pub sensors: Sensors,
    /// Angle, degrees.
    pub angle: f32,
    /// Cluster width at the angle, strips.
    pub min_cluster_width: f32,
    /// Whether the fit is good.
    pub good: bool,
}

/// LorentzAngleSummaryFile.xml.
#[derive(Clone, Debug, PartialEq)]
pub struct LorentzAngleSummary {
    /// The run.
    pub head: RunHead,
    /// `G`, or `R` when a fit failed.
    pub flag: char,
    /// Sixteen entries in the order of [`Sensors::all`].
    pub parts: Vec<LorentzAnglePart>,
}

xml_file!(LorentzAngleSummary, "run");

impl LorentzAngleSummary {
    /// The text of the file. Values of a part stand as far to the left as those of the run, as in the original.
    pub fn to_xml(&self) -> String {
        let mut xml = self.head.open("LorentzAngleInfo.xsl");
        line(&mut xml, 2, "Flag", &self.flag.to_string());
        xml.push_str("  <data>\n");
        for part in &self.parts {
            let Sensors { layer, side, crystal } = part.sensors;
            xml.push_str("    <parts>\n");
            line(&mut xml, 2, "part", "Barrel");
            number(&mut xml, "  ", "layer", layer);
            number(&mut xml, "  ", "Side", side);
            number(&mut xml, "  ", "Module", crystal);
            number(&mut xml, "  ", "lorentzAngle", SixDigits(part.angle.into()));
            number(&mut xml, "  ", "minClusterWidth", SixDigits(part.min_cluster_width.into()));
            number(&mut xml, "  ", "Fit", u8::from(part.good));
            xml.push_str("    </parts>\n");
        }
        xml.push_str("  </data>\n</run>\n");
        xml
    }

    fn from_element(root: &Element) -> Result<Self, Problem> {
        let text = root.value("Flag")?.trim();
        let mut letters = text.chars();
        let (Some(flag), None) = (letters.next(), letters.next()) else {
            return Err(root.problem(format!("value Flag is '{}'", parse::short(text))));
        };
        let parts = items(root, "data", "parts").map(part).collect::<Result<_, _>>()?;
        Ok(Self { head: RunHead::from_element(root)?, flag, parts })
    }
}

fn part(element: &Element) -> Result<LorentzAnglePart, Problem> {
    let good = match element.value("Fit")?.trim() {
        "0" => false,
        "1" => true,
        other => return Err(element.problem(format!("value Fit is '{}'", parse::short(other)))),
    };
    let (layer, side) = (element.value("layer")?.trim(), element.value("Side")?.trim());
    Ok(LorentzAnglePart {
        sensors: sensors(element, layer, side, element.parsed("Module")?)?,
        angle: element.parsed("lorentzAngle")?,
        min_cluster_width: element.parsed("minClusterWidth")?,
        good,
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{change_bytes, head},
        *,
    };

    fn numbers(sensors: Sensors) -> LorentzAngle {
        if !sensors.exist() {
            return LorentzAngle::default();
        }
        let first = -4.123_456_7 - 0.1 * sensors.index() as f32;
        LorentzAngle::from_array(std::array::from_fn(
            |i| if i == 0 { first } else { 0.5 + i as f32 },
        ))
    }

    fn file() -> LorentzAngleFile {
        LorentzAngleFile {
            fits: Sensors::all().map(|sensors| (sensors, numbers(sensors))).collect(),
        }
    }

    fn summary() -> LorentzAngleSummary {
        let part = |sensors: Sensors| LorentzAnglePart {
            sensors,
            angle: numbers(sensors).angle[0],
            min_cluster_width: numbers(sensors).min_cluster_width[0],
            good: sensors.exist(),
        };
        LorentzAngleSummary { head: head(), flag: 'G', parts: Sensors::all().map(part).collect() }
    }

    /// The first and the last lines: what lies between repeats.
    fn ends(xml: &str, lines: usize) -> String {
        let all: Vec<&str> = xml.lines().collect();
        [&all[..lines], &["..."], &all[all.len() - 3..]].concat().join("\n")
    }

    #[test]
    fn the_file_is_the_originals_with_every_element_closed() {
        insta::assert_snapshot!(ends(&file().to_xml(), 25));
    }

    #[test]
    fn the_summary_is_the_originals() {
        insta::assert_snapshot!(ends(&summary().to_xml(), 29));
        let parts = |xml: &str| xml.matches("<parts>").count();
        assert_eq!(parts(&summary().to_xml()), 16);
    }

    #[test]
    fn both_are_read_back_in_six_digits() {
        let found = LorentzAngleFile::from_xml("x", file().to_xml().as_bytes()).unwrap();
        assert_eq!(found.fits.len(), 16);
        assert_eq!(found.to_xml(), file().to_xml());
        let found = LorentzAngleSummary::from_xml("x", summary().to_xml().as_bytes()).unwrap();
        assert_eq!(found.to_xml(), summary().to_xml());
        let good: Vec<bool> = found.parts.iter().map(|part| part.good).collect();
        assert_eq!(good.iter().filter(|good| **good).count(), 14);
        assert!(!good[4] && !good[6]);
    }

    #[test]
    fn problems_name_their_line() {
        let file_error = |from: &str, to: &str| {
            let xml = file().to_xml().replacen(from, to, 1);
            LorentzAngleFile::from_xml("x", xml.as_bytes()).unwrap_err().to_string()
        };
        assert_eq!(
            file_error("name=\"0_0 \"", "name=\"4_0 \""),
            "x: line 24: there are no sensors of layer 4 side 0 type 100"
        );
        assert_eq!(
            file_error(">100<", ">101<"),
            "x: line 24: there are no sensors of layer 0 side 0 type 101"
        );
        assert_eq!(
            file_error("name=\"chisq\"", "name=\"chi\""),
            "x: line 10: <payloadDescription> has no payloadType chisq"
        );
        let xml = summary().to_xml().replacen("\"Fit\">1", "\"Fit\">2", 1);
        let error = LorentzAngleSummary::from_xml("x", xml.as_bytes()).unwrap_err().to_string();
        assert_eq!(error, "x: line 12: value Fit is '2'");
    }

    #[test]
    fn changed_bytes_never_panic() {
        let cut =
            |xml: String| xml.lines().take(26).map(|line| format!("{line}\n")).collect::<String>();
        change_bytes(&(cut(file().to_xml()) + "</folder>\n"), |bytes| {
            LorentzAngleFile::from_xml("x", bytes).is_ok()
        });
        let few = LorentzAngleSummary { parts: summary().parts[..2].to_vec(), ..summary() };
        change_bytes(&few.to_xml(), |bytes| LorentzAngleSummary::from_xml("x", bytes).is_ok());
    }
}
