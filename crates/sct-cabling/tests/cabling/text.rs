//! The text form.

use proptest::prelude::*;
use sct_cabling::{
    Cabling, OnlineId, UsableLinks,
    text::{read, write},
};
use sct_id::{ModuleHash, Side};

use crate::{any_cabling, assert_consistent, damage, damages, serial, simulated, uncrossed};

fn two_modules() -> Cabling {
    let mut cabling = Cabling::default();
    for (module, id) in [(988 + 12 * 12, 0x0424_0001), (0, 0x0021_0000)] {
        let module = ModuleHash::new(module).unwrap();
        let first = OnlineId::from_u32(id).unwrap();
        cabling.insert(module.wafer(Side::Zero), first).unwrap();
        cabling.insert(module.wafer(Side::One), first.partner()).unwrap();
        cabling.set_serial_number(module, serial(module)).unwrap();
    }
    cabling.set_usable_links(ModuleHash::new(0).unwrap(), UsableLinks::OnlyLink1);
    cabling
}

#[test]
fn the_text_has_two_tables() {
    let expected = "\
<?xml version=\"1.0\"?>
<SCT_textFile>
<textList name=\"SCT Rod-Rob mapping\" headings=\"RodId RobId\">
0x210000 0x210000
0x240001 0x240001
</textList>
<textList name=\"SCT cabling mapping\" headings=\"Rod Fibre Bec LayerDisk Eta Phi Side RobId Sn\">
0 255 -2 0 0 0 0 0x210000 20220500000000
0 1 -2 0 0 0 1 0x210000 20220500000000
1 4 0 0 -6 12 0 0x240001 20220500001132
1 5 0 0 -6 12 1 0x240001 20220500001132
</textList>
</SCT_textFile>
";
    assert_eq!(write(&two_modules()).unwrap(), expected);
}

#[test]
fn the_simulated_cabling_comes_back_from_its_text() {
    let cabling = simulated();
    let text = write(&cabling).unwrap();
    let found = read(&text).unwrap();
    assert_eq!(found.refused, []);
    assert_eq!(found.cabling, uncrossed(cabling));
    assert_eq!(write(&found.cabling).unwrap(), text);
    assert_eq!((found.cabling.len(), found.cabling.rods().len()), (8176, 90));
    assert_consistent(&found.cabling);
    assert_eq!(text.lines().filter(|line| line.contains(" 255 ")).count(), 16);
}

#[test]
fn dead_links_that_do_not_follow_from_the_other_side_keep_their_fibre() {
    let mut cabling = Cabling::default();
    let module = ModuleHash::new(7).unwrap();
    cabling.set_serial_number(module, serial(module)).unwrap();
    cabling.set_usable_links(module, UsableLinks::OnlyLink0);
    for (side, id) in [(Side::One, 0x0921_0000), (Side::Zero, 0x0421_0000)] {
        cabling.insert(module.wafer(side), OnlineId::from_u32(id).unwrap()).unwrap();
        let found = read(&write(&cabling).unwrap()).unwrap();
        assert!(found.refused.is_empty() && found.cabling.iter().eq(cabling.iter()));
    }
    cabling.set_usable_links(module, UsableLinks::Neither);
    assert!(!write(&cabling).unwrap().contains(" 255 "));
}

#[test]
fn modules_without_serial_number_cannot_be_written() {
    let mut cabling = Cabling::default();
    let wafer = ModuleHash::new(7).unwrap().wafer(Side::Zero);
    cabling.insert(wafer, OnlineId::from_u32(0x0421_0000).unwrap()).unwrap();
    let error = write(&cabling).unwrap_err();
    assert_eq!(error.to_string(), "module -2.0.3.1 has no serial number");
}

proptest! {
    #[test]
    fn cablings_come_back_from_their_text(cabling in any_cabling()) {
        let found = read(&write(&cabling).unwrap()).unwrap();
        prop_assert_eq!(found.refused, []);
        prop_assert_eq!(found.cabling, cabling);
    }

    #[test]
    fn damaged_lines_are_refused_and_the_rest_holds(cabling in any_cabling(), damages in damages()) {
        let text = write(&cabling).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        damage(&mut lines, &damages);
        if let Ok(found) = read(&lines.join("\n")) {
            assert_consistent(&found.cabling);
            prop_assert!(found.refused.len() <= lines.len() + 1);
        }
    }

    #[test]
    fn damaged_characters_do_not_panic(
        cabling in any_cabling(),
        damages in damages(),
        replaced in prop::collection::vec((any::<usize>(), any::<char>()), 0..8),
    ) {
        let mut text: Vec<char> = write(&cabling).unwrap().chars().collect();
        damage(&mut text, &damages);
        for (place, new) in replaced {
            let place = place % text.len();
            text[place] = new;
        }
        if let Ok(found) = read(&text.iter().collect::<String>()) {
            assert_consistent(&found.cabling);
        }
    }

    #[test]
    fn any_columns_are_read_or_refused(line in "([-+0-9x]{0,20} ){0,10}") {
        let text = format!("Rod Fibre Bec LayerDisk Eta Phi Side RobId Sn\n{line}\n</textList>");
        let found = read(&text).unwrap();
        prop_assert!(found.cabling.len() + found.refused.len() <= 1);
    }
}
