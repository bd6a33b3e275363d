//! Values of a module over runs.

use sct_id::{Iov, ModuleHash, Side};
use sct_result::ModuleEntry;
use sct_xml::{BsErrorModules, BsErrorWafer, NoiseOccupancyList, NoiseWafer};

use crate::folder::{Folder, age, head, run};

fn module(index: usize) -> ModuleHash {
    ModuleHash::new(index).unwrap()
}

/// Lists of one module: occupancies of side 1, byte-stream errors of both sides.
fn lists(folder: &Folder, number: u32, of: ModuleHash, occupancy: f32) {
    let serial = "20220170200653".parse().unwrap();
    folder.noise(number, 1, 1e-5);
    let wafers = vec![NoiseWafer { serial, wafer: of.wafers()[1], occupancy }];
    let list = NoiseOccupancyList { iov: Iov::run(run(number)), tag: "T".to_owned(), wafers };
    let path = folder.file(number, "sctno", 1, "NoiseOccupancyFile.xml");
    list.write(&path).unwrap();
    age(&path, 900);
    let wafer = |total| move |wafer| BsErrorWafer { serial, wafer, total, counts: [0; 12] };
    let wafers = of.wafers();
    let wafers = vec![wafer(5)(wafers[0]), wafer(7)(wafers[1])];
    let path = folder.file(number, "sctbse", 1, "BSErrorModuleSummary.xml");
    BsErrorModules { head: head(number), wafers }.write(&path).unwrap();
    age(&path, 900);
}

fn entry(number: u32, kind: &str, name: &'static str, side: Side, value: f32) -> ModuleEntry {
    let (run, kind, value) = (run(number), kind.to_owned(), f64::from(value));
    ModuleEntry { run, kind, name, side: Some(side), value }
}

#[test]
fn values_of_a_module_come_by_quantity_and_run() {
    let mut folder = Folder::new();
    lists(&folder, 8, module(77), 1e-5);
    lists(&folder, 9, module(77), 2e-5);
    folder.refresh();
    assert_eq!(folder.index.module(module(77), 10).unwrap(), []);
    let listed = folder.index.read_lists(3).unwrap();
    assert_eq!((listed.read, listed.left, listed.complaints.len()), (3, 1, 0));
    assert_eq!(folder.index.read_lists(3).unwrap().read, 1);
    assert_eq!(folder.index.read_lists(3).unwrap().read, 0);
    let occupancy = |number, value| entry(number, "sctno", "occupancy", Side::One, value);
    let errors = |number, side, value| entry(number, "sctbse", "errors", side, value);
    let of_nine = [errors(9, Side::Zero, 5.0), errors(9, Side::One, 7.0)];
    let of_eight = [errors(8, Side::Zero, 5.0), errors(8, Side::One, 7.0)];
    let occupancies = [occupancy(9, 2e-5), occupancy(8, 1e-5)];
    let all = [&occupancies[..], &of_nine, &of_eight].concat();
    assert_eq!(folder.index.module(module(77), 10).unwrap(), all);
    let newest = [&occupancies[..1], &of_nine].concat();
    assert_eq!(folder.index.module(module(77), 1).unwrap(), newest);
    // Others have no occupancy, and no errors.
    for other in [0, 76, 78, 4087] {
        let found = folder.index.module(module(other), 10).unwrap();
        assert!(found.len() == 4 && found.iter().all(|one| one.value == 0.0), "{other}: {found:?}");
    }
}

#[test]
fn lists_that_change_are_read_again_and_damaged_ones_told_once() {
    let mut folder = Folder::new();
    lists(&folder, 8, module(77), 1e-5);
    let errors = folder.file(8, "sctbse", 1, "BSErrorModuleSummary.xml");
    std::fs::write(&errors, "<run>").unwrap();
    folder.refresh();
    let listed = folder.index.read_lists(9).unwrap();
    assert_eq!((listed.read, listed.complaints.len()), (1, 1));
    assert!(listed.complaints[0].contains("ends before"), "{listed:?}");
    assert_eq!(folder.index.read_lists(9).unwrap(), sct_result::Listed::default());
    lists(&folder, 8, module(78), 3e-5);
    folder.refresh();
    assert_eq!(folder.index.read_lists(9).unwrap().read, 2);
    let found = folder.index.module(module(77), 9).unwrap();
    assert!(found.iter().all(|one| one.kind == "sctbse" && one.value == 0.0), "{found:?}");
    assert_eq!(folder.index.module(module(78), 9).unwrap().len(), 3);
    std::fs::remove_dir_all(folder.path("results/00000008")).unwrap();
    folder.refresh();
    assert_eq!(folder.index.module(module(78), 9).unwrap(), []);
}
