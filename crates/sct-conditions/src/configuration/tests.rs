//! Rows of every kind, sound and damaged.

use proptest::prelude::*;
use sct_id::{BarrelSwap, Chip, Iov, ModulePosition, Region, Side, Strip};

use super::*;
use crate::{ChannelId, Source};

fn serials() -> SerialNumbers {
    let number = |module: ModuleHash| u32::try_from(module.index()).unwrap() + 170_000_000;
    SerialNumbers::from_fn(|module| SerialNumber::from_truncated(number(module)).unwrap())
}

fn module() -> ModuleHash {
    ModulePosition::new(Region::Barrel, 0, 0, 1).unwrap().hash()
}

fn swap() -> ReadoutSwap {
    ReadoutSwap::new(BarrelSwap::Side1)
}

fn read(folder: &ConfigurationFolder, items: Vec<Vec<Value>>) -> Result<KnownBad, String> {
    let channel = ChannelId(folder.channel(serials().get(module())));
    let rows = [VectorRow { channel, iov: Iov::ALL, items }];
    let (mut known, swap) = (KnownBad::default(), swap());
    let configuration = Configuration::new(&serials(), &swap);
    let added = configuration.add(&mut known, folder, &rows);
    added.map(|_| known).map_err(|error| error.to_string())
}

fn chips(mask: impl Fn(Chip) -> ChipMask) -> Vec<Vec<Value>> {
    Chip::all().map(|chip| chip_row(chip, mask(chip))).collect()
}

fn masks(off: &[(usize, usize)]) -> impl Fn(Chip) -> ChipMask {
    move |chip| {
        let mut mask = ChipMask::ALL;
        off.iter()
            .filter(|(number, _)| *number == chip.index())
            .for_each(|&(_, index)| mask.switch_off(index));
        mask
    }
}

/// The same columns with the two key columns of the first run before them, and words with a sign.
fn run1(items: Vec<Vec<Value>>) -> Vec<Vec<Value>> {
    let signed = |value: Value| match value {
        Value::Int(number) => {
            Value::Int(u32::try_from(number).map_or(number, |word| i64::from(word.cast_signed())))
        }
        other => other,
    };
    let keys = || [Value::Int(1), Value::Int(2)].into_iter();
    items.into_iter().map(|item| keys().chain(item.into_iter().map(signed)).collect()).collect()
}

fn slim(items: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let columns = [0, 3, 4, 5, 6, 7];
    items.iter().map(|item| columns.map(|column| item[column].clone()).to_vec()).collect()
}

#[test]
fn masked_strips_are_bad_in_offline_order() {
    // Bit 1 of chip 2; the first and last bits of side 1, which is read backwards.
    let items = chips(masks(&[(2, 1), (6, 0), (11, 127)]));
    let mut expected = KnownBad::default();
    for (side, strip) in [(Side::Zero, 257), (Side::One, 767), (Side::One, 0)] {
        let strip = Strip::new(strip).unwrap().in_module(side);
        expected.add_strip(Source::Configuration, module(), strip);
    }
    let [full, slim_folder, old] = CHIP_FOLDERS;
    for (folder, items) in [(full, items.clone()), (slim_folder, slim(&items))] {
        let spec = folder.folder().payload;
        assert!(items.iter().all(|item| spec.check(item).is_ok()));
    }
    assert_eq!(read(&full, items.clone()).unwrap(), expected);
    assert_eq!(read(&slim_folder, slim(&items)).unwrap(), expected);
    assert_eq!(read(&old, run1(items)).unwrap(), expected);
}

#[test]
fn chips_and_sides_without_a_strip_are_bad() {
    let only = |bad: usize| {
        move |chip: Chip| if chip.index() == bad { ChipMask::NONE } else { ChipMask::ALL }
    };
    let known = read(&CHIP_FOLDERS[0], chips(only(7))).unwrap();
    assert_eq!(known.counts(Source::Configuration), [0, 0, 1, 0]);
    let side = |chip: Chip| if chip.side() == Side::One { ChipMask::NONE } else { ChipMask::ALL };
    let known = read(&CHIP_FOLDERS[0], chips(side)).unwrap();
    assert_eq!(known.counts(Source::Configuration), [0, 1, 6, 0]);
}

#[test]
fn chips_outside_the_read_out_are_bad() {
    let mut items = chips(|_| ChipMask::ALL);
    // Chip 3 is made the end of its side.
    items[3][3] = Value::Int(1 << 11 | 1 << 12);
    let mut expected = KnownBad::default();
    for chip in [4, 5] {
        expected.add_chip(Source::Configuration, module(), Chip::new(chip).unwrap());
    }
    assert_eq!(read(&CHIP_FOLDERS[0], items.clone()).unwrap(), expected);
    assert_eq!(read(&CHIP_FOLDERS[1], slim(&items)).unwrap(), expected);
    items[3][3] = Value::Int(1 << 16);
    let error = read(&CHIP_FOLDERS[0], items).unwrap_err();
    assert!(error.ends_with("column 3 is 65536, expected 16 bits"), "{error}");
}

#[test]
fn words_begin_with_the_first_strip() {
    let mut mask = ChipMask::ALL;
    for index in [0, 33, 127, 128] {
        mask.switch_off(index);
    }
    assert_eq!(mask.words(), [0xFFFF_FFFE, 0xFFFF_FFFD, 0xFFFF_FFFF, 0x7FFF_FFFF]);
    assert!(mask.off().eq([0, 33, 127]));
}

#[test]
fn negative_groups_switch_modules_off() {
    for (folder, good) in [(MODULE_FOLDERS[0], false), (MODULE_FOLDERS[0], true)] {
        let row = module_row(3, good);
        folder.folder().payload.check(&row).unwrap();
        let known = read(&folder, vec![row]).unwrap();
        assert_eq!(known.counts(Source::Configuration), [usize::from(!good), 0, 0, 0]);
    }
    let known = read(&MODULE_FOLDERS[1], run1(vec![module_row(3, false)])).unwrap();
    assert_eq!(known.counts(Source::Configuration), [1, 0, 0, 0]);
}

#[test]
fn links_without_a_fibre_are_bad() {
    let serial = serials().get(module());
    for (links, bad) in
        [([128; 2], vec![]), ([255, 11], vec![Side::Zero]), ([255; 2], Side::ALL.to_vec())]
    {
        let row = mur_row(3101, Some(6), i64::try_from(serial.number()).ok(), links);
        MUR_FOLDERS[0].folder().payload.check(&row).unwrap();
        let mut expected = KnownBad::default();
        for side in bad {
            expected.add_link(Source::Configuration, module().wafer(side));
        }
        assert_eq!(read(&MUR_FOLDERS[0], vec![row.clone()]).unwrap(), expected);
        // Places without a module, and modules that are not installed.
        let mut empty = row.clone();
        empty[2] = Value::Null;
        let mut strange = row;
        strange[2] = Value::Int(20_220_999_999_999);
        assert_eq!(read(&MUR_FOLDERS[0], vec![empty, strange]).unwrap(), KnownBad::default());
    }
}

#[test]
fn places_switch_nothing_off() {
    for folder in [ROD_FOLDERS[0], ROD_MUR_FOLDERS[0], GEOG_FOLDERS[0]] {
        let row = cabling_row([255, 255, 255, 255]);
        assert_eq!(read(&folder, vec![row, vec![]]).unwrap(), KnownBad::default());
    }
}

#[test]
fn modules_that_are_not_installed_are_left_out() {
    let rows = [VectorRow { channel: ChannelId(5), iov: Iov::ALL, items: vec![vec![]] }];
    let (mut known, swap) = (KnownBad::default(), swap());
    let configuration = Configuration::new(&serials(), &swap);
    let named = configuration.add(&mut known, &CHIP_FOLDERS[0], &rows).unwrap();
    assert_eq!((named, known), (0, KnownBad::default()));
}

#[test]
fn damaged_rows_are_named() {
    let all = || chips(|_| ChipMask::ALL);
    let with = |column: usize, value: Value| {
        let mut items = all();
        items[4][column] = value;
        items
    };
    for (items, expected) in [
        (all()[1..].to_vec(), "11 chips, expected 12"),
        (with(0, Value::Int(3)), "chip 3 comes a second time"),
        (with(0, Value::Int(12)), "chip is 12, expected 0 to 11"),
        (with(0, Value::Null), "column 0 is null"),
        (with(5, Value::Int(1 << 32)), "column 5 is 4294967296, expected 32 bits"),
        (with(7, Value::Text("x".to_owned())), "column 7 is Text(\"x\")"),
        (vec![vec![Value::Int(0)]], "there is no column 3"),
    ] {
        let error = read(&CHIP_FOLDERS[0], items).unwrap_err();
        let place =
            format!("/SCT/DAQ/Config/Chip channel {}: ", serials().get(module()).truncated());
        assert!(error.starts_with(&place) && error.contains(expected), "{error}");
    }
    assert!(read(&MODULE_FOLDERS[0], vec![vec![]]).is_err());
    assert!(read(&MUR_FOLDERS[0], vec![vec![]]).is_err());
}

proptest! {
    #[test]
    fn masks_are_their_words(words: [u32; 4]) {
        prop_assert_eq!(ChipMask::from_words(words).words(), words);
    }

    #[test]
    fn any_strips_are_found_again(strips in prop::collection::btree_set((0_usize..12, 0_usize..128), 0..40)) {
        let off: Vec<_> = strips.into_iter().collect();
        let known = read(&CHIP_FOLDERS[0], chips(masks(&off))).unwrap();
        prop_assert_eq!(known.counts(Source::Configuration), [0, 0, 0, off.len()]);
        for (chip, index) in off {
            let chip = Chip::new(chip).unwrap();
            let wafer = module().wafer(chip.side());
            let online = Strip::new(chip.in_side() * Strip::PER_CHIP + index).unwrap();
            let strip = swap().online(wafer, online);
            prop_assert!(!known.is_good(Source::Configuration, wafer, strip, &swap()));
            prop_assert_eq!(swap().chip(wafer, strip), chip);
        }
    }
}
