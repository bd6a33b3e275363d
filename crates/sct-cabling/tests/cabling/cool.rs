//! The folder form.

use proptest::prelude::*;
use sct_cabling::{
    Cabling, OnlineId, UsableLinks,
    cool::{GeogRow, Inexpressible, MurRow, RodMurRow, RodRow, Rows, read, write},
};
use sct_id::{ModuleHash, SerialNumber, Side};

use crate::{assert_consistent, damage, damages, serial, simulated};

/// One barrel unit (layer 0, phi 0, negative eta) and one of end-cap C (disk 0, quadrant 2, harness 3).
fn small() -> Rows {
    let module = |mur, module, digits: i64| MurRow {
        mur,
        module: Some(module),
        module_id: Some(20_220_500_000_000 + digits),
        rx0_fibre: 128,
        rx1_fibre: 128,
    };
    Rows {
        rods: vec![
            RodRow { rob: 0x22_0003, crate_number: 2, slot: 11 },
            RodRow { rob: 0x24_0001, crate_number: 6, slot: 4 },
        ],
        rod_murs: vec![
            RodMurRow { mur: 3001, crate_number: 2, slot: 11, position: 7 },
            RodMurRow { mur: 11_222, crate_number: 6, slot: 4, position: 1 },
        ],
        murs: vec![module(3001, 1, 1), module(3001, 6, 2), module(11_222, 6, 3)],
        geography: vec![GeogRow { mur: 11_222, position: 3 }],
    }
}

/// Warnings of rows that differ from [`small`] by one change.
fn warnings(change: impl FnOnce(&mut Rows)) -> Vec<String> {
    let mut rows = small();
    change(&mut rows);
    let found = read(&rows);
    assert_consistent(&found.cabling);
    found.warnings.iter().map(ToString::to_string).collect()
}

fn fibre(cabling: &Cabling, wafer: &str) -> Option<u32> {
    let wafer: sct_id::WaferPosition = wafer.parse().unwrap();
    cabling.online_id(wafer.hash()).map(OnlineId::to_u32)
}

#[test]
fn units_lead_to_wafers() {
    let found = read(&small());
    assert_eq!((found.warnings.len(), found.cabling.len()), (0, 6));
    assert_eq!(fibre(&found.cabling, "0_0_0_-1_0"), Some(0x5422_0003));
    assert_eq!(fibre(&found.cabling, "0_0_0_-6_1"), Some(0x5F22_0003));
    assert_eq!(fibre(&found.cabling, "-2_0_25_1_0"), Some(0x1624_0001));
    assert_eq!(fibre(&found.cabling, "-2_0_25_1_1"), Some(0x1724_0001));
    let serial = SerialNumber::from_truncated(500_000_003).unwrap();
    let module = found.cabling.module(serial).unwrap();
    assert_eq!(module.position().to_string(), "-2.0.25.1");
}

#[test]
fn links_are_taken_as_the_columns_say() {
    let mut rows = small();
    (rows.murs[0].rx0_fibre, rows.murs[0].rx1_fibre) = (41, 40);
    (rows.murs[1].rx0_fibre, rows.murs[1].rx1_fibre) = (255, 9);
    (rows.murs[2].rx0_fibre, rows.murs[2].rx1_fibre) = (255, 255);
    let read = read(&rows);
    let links = |digits| {
        let module = read.cabling.module(SerialNumber::from_truncated(digits).unwrap());
        module.map(|module| (read.cabling.usable_links(module), read.cabling.is_crossed(module)))
    };
    assert_eq!(fibre(&read.cabling, "0_0_0_-1_0"), Some(0x2822_0003));
    assert_eq!(links(500_000_001), Some((UsableLinks::Both, true)));
    assert_eq!(fibre(&read.cabling, "0_0_0_-6_0"), Some(0x0822_0003));
    assert_eq!(links(500_000_002), Some((UsableLinks::OnlyLink1, false)));
    let dead = ModuleHash::new(51).unwrap();
    assert_eq!((dead.position().to_string(), links(500_000_003)), ("-2.0.25.1".to_owned(), None));
    assert_eq!(read.cabling.usable_links(dead), UsableLinks::Neither);
}

#[test]
fn empty_rows_are_passed_over_without_a_word() {
    let rows = |rows: &mut Rows| {
        rows.murs[0].module = None;
        rows.murs[1].module_id = None;
        rows.murs.push(MurRow { mur: 9999, ..rows.murs[2] });
        rows.geography.push(GeogRow { mur: 3001, position: 77 });
    };
    assert_eq!(warnings(rows), ["ROD row 0: no module is connected to ROD 0x220003"]);
}

#[test]
fn bad_rows_of_rods_are_named() {
    let unused = ["ROD row 1: no module is connected to ROD 0x240001".to_owned()];
    let with_lost_unit = |first: &str, crate_number: i64, slot: i64| {
        vec![
            first.to_owned(),
            format!("RODMUR row 1: there is no ROD in crate {crate_number}, slot {slot}"),
            "MUR row 2: unit 11222 is not in RODMUR".to_owned(),
        ]
    };
    for rob in [0x22_0010, 0x20_0000, -1, i64::MAX] {
        assert_eq!(
            warnings(|rows| rows.rods[1].rob = rob),
            with_lost_unit(&format!("ROD row 1: ROB {rob:#x} is no ROD of the detector"), 6, 4)
        );
    }
    let second = RodRow { rob: 0x24_0002, crate_number: 6, slot: 4 };
    assert_eq!(
        warnings(|rows| rows.rods.push(second)),
        ["ROD row 2: crate 6, slot 4 already holds ROD 0x240001, 0x240002 is refused"]
    );
    assert_eq!(
        warnings(|rows| rows.rods.push(RodRow { rob: 0x24_0001, ..rows.rods[0] })),
        ["ROD row 2: crate 2, slot 11 already holds ROD 0x220003, 0x240001 is refused"]
    );
    let twice = warnings(|rows| rows.rods.push(RodRow { slot: 5, ..rows.rods[1] }));
    assert_eq!(twice[..], ["ROD row 2: ROD 0x240001 comes a second time"]);
    assert_eq!(
        warnings(|rows| rows.rod_murs[1].position = 8),
        [
            "RODMUR row 1: position 8 on the ROD does not exist, expected 0 to 7",
            "MUR row 2: unit 11222 is not in RODMUR",
            &unused[0]
        ]
    );
    assert_eq!(
        warnings(|rows| rows.rod_murs.push(rows.rod_murs[0])),
        ["RODMUR row 2: unit 3001 comes a second time"]
    );
}

#[test]
fn a_crate_has_sixteen_slots() {
    let more = |rows: &mut Rows| {
        rows.rods.extend((20..36).map(|slot| RodRow {
            rob: 0x23_0000 + slot - 20,
            crate_number: 5,
            slot,
        }));
    };
    let found = warnings(more);
    assert_eq!(
        found[..2],
        [
            "ROD row 16: slot 34 is the seventeenth different one or later, expected at most 16",
            "ROD row 17: slot 35 is the seventeenth different one or later, expected at most 16"
        ]
    );
    assert_eq!(found.len(), 2 + 14);
}

#[test]
fn bad_rows_of_modules_are_named() {
    for (change, expected) in [
        (
            (|rows| rows.murs[1].module_id = rows.murs[0].module_id) as fn(&mut Rows),
            &["MUR row 1: serial number 20220500000001 repeats the row before"] as &[&str],
        ),
        (|rows| rows.murs[1].module = Some(7), &["MUR row 1: unit 3001 has no module 7"]),
        (
            |rows| rows.murs[1].module = Some(i64::MIN),
            &["MUR row 1: unit 3001 has no module -9223372036854775807"],
        ),
        (
            |rows| rows.murs[1].module_id = Some(-5),
            &["MUR row 1: '-5' is no serial number, expected 14 digits beginning with 20220"],
        ),
        (
            |rows| rows.murs[1].rx1_fibre = 96,
            &["MUR row 1: rx0Fibre 128 and rx1Fibre 96, expected 0 to 95, 128 or 255"],
        ),
        (
            |rows| (rows.murs[1].rx0_fibre, rows.murs[1].rx1_fibre) = (255, 255),
            &["MUR row 1: both links are dead, the module has no fibre"],
        ),
        (
            |rows| (rows.murs[1].rx0_fibre, rows.murs[1].rx1_fibre) = (84, 95),
            &[
                "MUR row 1: fibre 84 of ROD 0x220003 already leads to wafer 1986, wafer 1976 is refused",
            ],
        ),
        (
            |rows| rows.murs[1].module = Some(1),
            &[
                "MUR row 1: fibre 84 of ROD 0x220003 already leads to wafer 1986, wafer 1986 is refused",
                "MUR row 1: fibre 85 of ROD 0x220003 already leads to wafer 1987, wafer 1987 is refused",
                "MUR row 1: module 993 already has serial number 20220500000001, 20220500000002 is refused",
            ],
        ),
        (
            |rows| rows.geography.clear(),
            &[
                "MUR row 2: end-cap unit 11222 is not in Geog",
                "ROD row 1: no module is connected to ROD 0x240001",
            ],
        ),
        (
            |rows| rows.geography[0].position = 2,
            &[
                "MUR row 2: unit 11222 has no module 6",
                "ROD row 1: no module is connected to ROD 0x240001",
            ],
        ),
    ] {
        assert_eq!(warnings(change), expected);
    }
}

#[test]
fn the_simulated_cabling_comes_back_from_its_rows() {
    let cabling = simulated();
    let rows = write(&cabling).unwrap();
    let counts = (rows.rods.len(), rows.rod_murs.len(), rows.murs.len(), rows.geography.len());
    assert_eq!(counts, (90, 706, 4088, 354));
    let found = read(&rows);
    assert_eq!(found.warnings, []);
    assert_eq!(found.cabling, cabling);
    assert_eq!((found.cabling.len(), found.cabling.rods().len()), (8176, 90));
    assert_consistent(&found.cabling);
    let usual = rows.murs.iter().filter(|row| (row.rx0_fibre, row.rx1_fibre) == (128, 128));
    assert_eq!(usual.count(), 4088 - 16 - 8 + 1);
}

#[test]
fn the_order_of_slots_counts_and_not_their_number() {
    let cabling = simulated();
    let mut rows = write(&cabling).unwrap();
    rows.rods.iter_mut().for_each(|row| row.slot = 3 * row.slot - 40);
    rows.rod_murs.iter_mut().for_each(|row| row.slot = 3 * row.slot - 40);
    assert_eq!(read(&rows).cabling, cabling);
}

/// A module on the fibres given, with serial number.
fn one_module(fibres: [Option<u32>; 2]) -> Cabling {
    let module = ModuleHash::new(1000).unwrap();
    let mut cabling = Cabling::default();
    for (wafer, id) in module.wafers().into_iter().zip(fibres) {
        if let Some(id) = id {
            cabling.insert(wafer, OnlineId::from_u32(id).unwrap()).unwrap();
        }
    }
    cabling.set_serial_number(module, serial(module)).unwrap();
    cabling
}

#[test]
fn unusual_fibres_are_written_as_numbers() {
    for (fibres, links, crossed, expected) in [
        ([0x0621_0000, 0x1921_0000], UsableLinks::Both, false, (6, 25)),
        ([0x0621_0000, 0x1921_0000], UsableLinks::Both, true, (25, 6)),
        ([0x0621_0000, 0x0721_0000], UsableLinks::OnlyLink0, false, (6, 255)),
        ([0x0621_0000, 0x0721_0000], UsableLinks::OnlyLink0, true, (7, 255)),
        ([0x0621_0000, 0x0721_0000], UsableLinks::OnlyLink1, true, (255, 6)),
    ] {
        let mut cabling = one_module(fibres.map(Some));
        let module = ModuleHash::new(1000).unwrap();
        cabling.set_usable_links(module, links);
        cabling.set_crossed(module, crossed);
        let rows = write(&cabling).unwrap();
        assert_eq!((rows.murs[0].rx0_fibre, rows.murs[0].rx1_fibre), expected);
        assert_eq!(read(&rows).cabling, cabling);
    }
}

#[test]
fn what_the_folders_cannot_hold_is_refused() {
    let module = ModuleHash::new(1000).unwrap();
    let at = module.position();
    let fibres = |fibres| write(&one_module(fibres)).unwrap_err();
    assert_eq!(fibres([Some(0x0621_0000), None]), Inexpressible::OneSide(at));
    assert_eq!(fibres([Some(0x0621_0000), Some(0x0721_0001)]), Inexpressible::OtherRod(at));
    assert_eq!(fibres([Some(0x0721_0000), Some(0x0621_0000)]), Inexpressible::Fibres(at));
    let old = fibres([Some(0x0621_0010), Some(0x0721_0010)]);
    assert_eq!(
        old.to_string(),
        "ROD 0x210010 is of the old simulation's numbering, which the folders do not have"
    );

    let mut apart = one_module([Some(0x0621_0000), Some(0x0921_0000)]);
    assert!(write(&apart).is_ok());
    for links in [UsableLinks::OnlyLink0, UsableLinks::Neither] {
        apart.set_usable_links(module, links);
        assert_eq!(write(&apart), Err(Inexpressible::Fibres(at)));
    }

    let mut unit = one_module([Some(0x0621_0000), Some(0x0721_0000)]);
    let other = ModuleHash::new(1001).unwrap();
    let rod = |id| OnlineId::from_u32(id).unwrap();
    unit.insert(other.wafer(Side::Zero), rod(0x0822_0000)).unwrap();
    unit.insert(other.wafer(Side::One), rod(0x0922_0000)).unwrap();
    assert_eq!(write(&unit), Err(Inexpressible::SerialNumber(other.position())));
    unit.set_serial_number(other, serial(other)).unwrap();
    assert_eq!(write(&unit), Err(Inexpressible::OtherRod(other.position())));
}

/// Numbers that are often valid, and some that never are.
fn number() -> impl Strategy<Value = i64> {
    prop_oneof![
        0..256_i64,
        3000..7000_i64,
        10_000..100_000_i64,
        0x21_0000..0x24_0110_i64,
        any::<i64>()
    ]
}

prop_compose! {
    fn mur_row()(
        mur in number(),
        module in prop::option::of(number()),
        digits in prop::option::of(number()),
        rx0_fibre in number(),
        rx1_fibre in number(),
    ) -> MurRow {
        let module_id = digits.map(|digits| digits.saturating_add(20_220_000_000_000));
        MurRow { mur, module, module_id, rx0_fibre, rx1_fibre }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_rows_are_named_and_the_rest_holds(
        damages in prop::array::uniform4(damages()),
        replaced in prop::collection::vec((any::<usize>(), mur_row()), 0..8),
        numbers in prop::collection::vec((any::<usize>(), number()), 0..8),
    ) {
        let mut rows = write(&simulated()).unwrap();
        for (place, row) in replaced {
            let place = place % rows.murs.len();
            rows.murs[place] = row;
        }
        for (place, number) in numbers {
            let rod = place % rows.rods.len();
            rows.rods[rod].slot = number;
            let unit = place % rows.rod_murs.len();
            rows.rod_murs[unit].position = number;
            let harness = place % rows.geography.len();
            rows.geography[harness].position = number;
        }
        damage(&mut rows.rods, &damages[0]);
        damage(&mut rows.rod_murs, &damages[1]);
        damage(&mut rows.murs, &damages[2]);
        damage(&mut rows.geography, &damages[3]);
        let found = read(&rows);
        assert_consistent(&found.cabling);
        prop_assert!(found.cabling.len() <= 2 * rows.murs.len());
    }

    #[test]
    fn any_rows_are_read_or_refused(
        murs in prop::collection::vec(mur_row(), 0..20),
        numbers in prop::collection::vec((number(), number(), number(), number()), 0..20),
    ) {
        let rows = Rows {
            rods: numbers
                .iter()
                .map(|&(rob, crate_number, slot, _)| RodRow { rob, crate_number, slot })
                .collect(),
            rod_murs: numbers
                .iter()
                .map(|&(_, crate_number, slot, mur)| RodMurRow { mur, crate_number, slot, position: slot })
                .collect(),
            geography: numbers.iter().map(|&(position, _, _, mur)| GeogRow { mur, position }).collect(),
            murs,
        };
        assert_consistent(&read(&rows).cabling);
    }
}
