//! Holds the layer table of `ARCHITECTURE.md`: every crate is in it, and arrows go to a lower layer only.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Crate name to layer, from the rows `| L1 | `sct-hitmap` | ...` of the table.
fn layers(text: &str) -> BTreeMap<String, usize> {
    let row = |line: &str| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let layer = cells.next()?.strip_prefix('L')?.parse().ok()?;
        Some((cells.next()?.trim_matches('`').to_owned(), layer))
    };
    text.lines().filter_map(row).collect()
}

#[test]
fn arrows_go_to_a_lower_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let layers = layers(&fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap());
    let metadata =
        MetadataCommand::new().manifest_path(root.join("Cargo.toml")).no_deps().exec().unwrap();

    let crates: BTreeSet<String> =
        metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let named: BTreeSet<String> = layers.keys().cloned().collect();
    assert_eq!(crates, named, "crates of the workspace (left) and rows of the layer table (right)");

    for package in &metadata.packages {
        let name = package.name.to_string();
        let ours = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind == DependencyKind::Normal)
            .filter_map(|dependency| {
                layers.get(&dependency.name).map(|layer| (&dependency.name, *layer))
            });
        for (dependency, layer) in ours {
            assert!(
                layer < layers[&name],
                "{name} (L{}) uses {dependency} (L{layer})",
                layers[&name]
            );
            // Algorithms see identifiers, sets and maps; files, databases and XML reach them only through programs.
            assert!(
                layers[&name] != 3 || layer <= 1,
                "algorithm {name} uses {dependency} (L{layer})"
            );
        }
    }
}
