//! The cabling of the simulated detector.

use sct_cabling::{Cabling, UsableLinks};
use sct_id::ModuleHash;

use crate::{Detector, Known, KnownBadPart, serial_number};

/// The cabling of a detector: the dead links are exactly those that are switched off in its configuration.
pub fn cabling(detector: &Detector) -> Cabling {
    let mut cabling = default_cabling();
    let off = detector.known_bad.iter().filter(|bad| bad.known == Known::Configuration);
    for bad in off {
        if let KnownBadPart::Link(wafer) = bad.part {
            let links = cabling.usable_links(wafer.module());
            cabling.set_usable_links(wafer.module(), links.without(wafer.side()));
        }
    }
    cabling
}

/// The cabling of a simulated detector that nothing else is known of: the fibres of [`cabling`], with all links at work.
pub fn default_cabling() -> Cabling {
    let mut cabling = Cabling::simulated(serial_number)
        .expect("simulated serial numbers differ from module to module");
    for module in ModuleHash::all() {
        cabling.set_usable_links(module, UsableLinks::Both);
    }
    cabling
}

#[cfg(test)]
mod tests {
    use sct_id::WaferHash;

    use super::*;
    use crate::{DefectNumbers, Settings};

    #[test]
    fn dead_links_are_those_of_the_configuration() {
        let detector = Detector::new(&Settings::small()).unwrap();
        let cabling = cabling(&detector);
        let mut dead = 0;
        for wafer in WaferHash::all() {
            let usable = cabling.usable_links(wafer.module()).is_usable(wafer.side());
            let is_off = |bad: &crate::KnownComponent| {
                bad.known == Known::Configuration && bad.part == KnownBadPart::Link(wafer)
            };
            assert_eq!(usable, !detector.known_bad.iter().any(is_off), "{wafer}");
            dead += usize::from(!usable);
        }
        assert_eq!(dead, Settings::small().defects.masked_links);
        assert!(ModuleHash::all().any(|module| cabling.is_crossed(module)));
        assert!(cabling.iter().eq(default_cabling().iter()));
    }

    #[test]
    fn a_module_keeps_one_link() {
        let defects = DefectNumbers { masked_links: 2000, ..DefectNumbers::default() };
        let detector = Detector::new(&Settings { defects, ..Settings::small() }).unwrap();
        let cabling = cabling(&detector);
        let links = ModuleHash::all().map(|module| cabling.usable_links(module));
        assert_eq!(links.clone().filter(|links| links.only().is_some()).count(), 2000);
        assert!(links.into_iter().all(|links| links != UsableLinks::Neither));
        sct_cabling::cool::write(&cabling).unwrap();
    }
}
