//! What is known of a module whatever the runs.

use sct_cabling::{Cabling, OnlineId};
use sct_id::{ModuleHash, SerialNumber, Side};

use super::super::super::place;

/// What the cabling says of a module.
#[derive(Clone, Copy, Debug)]
pub(in crate::web) struct Cabled {
    /// Its serial number.
    pub(in crate::web) serial: Option<SerialNumber>,
    /// Fibres of its sides.
    pub(in crate::web) fibres: [Option<OnlineId>; 2],
    /// Whether its links are exchanged.
    pub(in crate::web) is_crossed: bool,
}

/// Facts of a module.
#[derive(Clone, Debug)]
pub(in crate::web) struct Facts {
    /// The module.
    pub(in crate::web) module: ModuleHash,
    /// None without the cabling that jobs are given.
    pub(in crate::web) cabled: Option<Cabled>,
    /// Modules beside it.
    pub(in crate::web) neighbours: Vec<(&'static str, ModuleHash)>,
}

impl Facts {
    /// All that is known of a module.
    pub(in crate::web) fn find(module: ModuleHash, cabling: Option<&Cabling>) -> Self {
        let cabled = |cabling: &Cabling| Cabled {
            serial: cabling.serial_number(module),
            fibres: module.wafers().map(|wafer| cabling.online_id(wafer)),
            is_crossed: cabling.is_crossed(module),
        };
        let position = module.position();
        let [before, after] = position.phi_neighbours();
        let [inner, outer] = position.eta_neighbours();
        let all = [
            ("phi before", Some(before)),
            ("phi after", Some(after)),
            ("eta before", inner),
            ("eta after", outer),
        ];
        let neighbours = all.into_iter().filter_map(|(name, of)| Some((name, of?.hash())));
        Self { module, cabled: cabling.map(cabled), neighbours: neighbours.collect() }
    }

    /// Names and values for people.
    pub(super) fn lines(&self) -> Vec<(&'static str, String)> {
        let position = self.module.position();
        let id = position.id();
        let mut lines = vec![
            ("Position", place::words(self.module)),
            ("bec.layer.phi.eta", position.to_string()),
            ("Hash", self.module.to_string()),
            ("Compact identifier", format!("{} ({:#010x})", id.to_u32(), id.to_u32())),
            ("64-bit identifier", id.to_u64().to_string()),
        ];
        let Some(Cabled { serial, fibres, is_crossed }) = &self.cabled else { return lines };
        let serial = serial.map_or("unknown".to_owned(), |serial| serial.to_string());
        lines.push(("Serial number", serial));
        for (side, fibre) in Side::ALL.into_iter().zip(fibres) {
            let name = if side == Side::Zero { "Fibre of side 0" } else { "Fibre of side 1" };
            let fibre = fibre.map_or("not connected".to_owned(), |online| {
                format!("ROD {:#08x}, fibre {}", online.rod().to_u32(), online.fibre())
            });
            lines.push((name, fibre));
        }
        let crossed = if *is_crossed { "yes" } else { "no" };
        lines.push(("Links exchanged", crossed.to_owned()));
        lines
    }
}
