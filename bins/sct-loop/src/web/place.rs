//! Modules as pages name them.

use sct_id::ModuleHash;

use super::table::Cell;

/// Position in words: `barrel layer 3, phi 3, eta -1`.
pub(crate) fn words(module: ModuleHash) -> String {
    let position = module.position();
    let region = position.region();
    let (layer, along) = if region.is_barrel() { ("layer", "eta") } else { ("disk", "ring") };
    let (number, phi, eta) = (position.layer_disk(), position.phi(), position.eta());
    format!("{region} {layer} {number}, phi {phi}, {along} {eta}")
}

/// Address of its page.
pub(crate) fn address(module: ModuleHash) -> String {
    format!("/modules/{module}")
}

/// A cell that leads to its page.
pub(crate) fn cell(module: ModuleHash) -> Cell {
    Cell::link(words(module), address(module))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_words() {
        let named = |module| words(ModuleHash::new(module).unwrap());
        assert_eq!(named(2469), "barrel layer 3, phi 3, eta -1");
        assert_eq!(named(0), "end-cap C disk 0, phi 0, ring 0");
        assert_eq!(address(ModuleHash::new(2469).unwrap()), "/modules/2469");
    }
}
