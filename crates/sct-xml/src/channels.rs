//! Lists of defects by module: the elements that noisy, dead and quiet lists share.

use std::fmt::Write as _;

use quick_xml::escape::escape;
use sct_conditions::{DefectType, SctFolder, SixDigits, normalized};
use sct_id::{CompactId, Iov, ModuleHash};

use crate::parse::{self, Element, Problem};

/// What is the same for all modules of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Channels<'a> {
    pub(crate) folder: SctFolder,
    pub(crate) iov: Iov,
    pub(crate) tag: &'a str,
    pub(crate) defect: DefectType,
    pub(crate) threshold: f32,
    /// Whether channels are the 64-bit form of the module identifier; else the 32-bit form.
    pub(crate) wide: bool,
}

impl Channels<'_> {
    /// The text of a file with these modules and their lists.
    pub(crate) fn to_xml(self, modules: impl Iterator<Item = (ModuleHash, String)>) -> String {
        let (since, until) = (self.iov.since(), self.iov.until());
        let folder = self.folder.path.trim_start_matches('/');
        let database = self.folder.destination.name();
        let mut xml = format!(
            "<channels server=\"ATLAS_COOLPROD\" schema=\"ATLAS_COOLOFL_SCT\" dbname=\"{database}\" folder=\"{folder}\" \
             since=\"{since}\" until=\"{until}\" tag=\"{}\" version=\"multi\">\n",
            escape(self.tag)
        );
        for (module, list) in modules {
            let position = module.position();
            let id =
                if self.wide { position.id().to_u64() } else { u64::from(position.id().to_u32()) };
            let (bec, layer) = (position.region().barrel_ec(), position.layer_disk());
            let (eta, phi) = (position.eta(), position.phi());
            let (defect, threshold) = (self.defect.name(), SixDigits(f64::from(self.threshold)));
            let list = normalized(&list);
            // Writing to a string cannot fail.
            let _ = write!(
                xml,
                "  <channel id=\"{id}\" since=\"{since}\" until=\"{until}\">\n\
                 \x20   <value name=\"SampleSize\">10000</value>\n\
                 \x20   <value name=\"BarrelEndcap\">{bec}</value>\n\
                 \x20   <value name=\"Layer\">{layer}</value>\n\
                 \x20   <value name=\"Eta\">{eta}</value>\n\
                 \x20   <value name=\"Phi\">{phi}</value>\n\
                 \x20   <value name=\"DefectType\">{defect}</value>\n\
                 \x20   <value name=\"Threshold\">{threshold}</value>\n\
                 \x20   <value name=\"DefectList\">{list}</value>\n\
                 \x20 </channel>\n"
            );
        }
        xml.push_str("</channels>\n");
        xml
    }
}

/// Interval and tag of a list.
pub(crate) fn head(root: &Element) -> Result<(Iov, String), Problem> {
    let key = |name| {
        let text = root.attribute(name)?;
        text.parse()
            .map_err(|_| root.problem(format!("attribute {name} is '{}'", parse::short(text))))
    };
    let iov =
        Iov::new(key("since")?, key("until")?).map_err(|error| root.problem(error.to_string()))?;
    Ok((iov, root.attribute("tag")?.to_owned()))
}

/// The module of a channel, whose identifier may have either form.
pub(crate) fn module(channel: &Element) -> Result<ModuleHash, Problem> {
    let id = channel.attribute("id")?;
    let number =
        id.parse().map_err(|_| channel.problem(format!("channel '{}'", parse::short(id))))?;
    let id = CompactId::from_either(number).map_err(|error| channel.problem(error.to_string()))?;
    Ok(id.module().hash())
}

/// A module that has a list already.
pub(crate) fn twice(channel: &Element, module: ModuleHash) -> Problem {
    channel.problem(format!("module {} comes a second time", module.position()))
}
