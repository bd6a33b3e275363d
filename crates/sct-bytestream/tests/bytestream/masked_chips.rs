//! Chips that a trailer calls masked for the moment.

use std::collections::BTreeMap;

use sct_cabling::{Cabling, UsableLinks};

use crate::samples::{TRAILER, cabling, decode_all, fragment, header, with_module};

/// Masked chips by number in the module, 0 to 11, for fibre 2 or 3 and a trailer that names `m`.
fn masked(cabling: &Cabling, fibre: u16, m: u16) -> Vec<usize> {
    let found = decode_all(cabling, &[fragment(&[header(fibre), TRAILER | m])]);
    let mut chips = Vec::new();
    for (fibre, ids) in found.errors {
        assert!(fibre == 2 || fibre == 3);
        chips.extend(ids.iter().map(|id| id - 26 + 6 * (fibre - 2)));
    }
    chips
}

#[test]
fn with_both_links_the_number_names_the_side() {
    for fibre in [2, 3] {
        for m in 1..=6 {
            let expected: Vec<usize> = (usize::from(m) - 1..6).collect();
            assert_eq!(masked(&cabling(), fibre, m), expected);
            let expected: Vec<usize> = (usize::from(m) + 5..12).collect();
            assert_eq!(masked(&cabling(), fibre, m + 6), expected);
        }
        for m in [0, 13, 14, 15] {
            assert_eq!(masked(&cabling(), fibre, m), []);
        }
    }
}

/// The chain of the page: from the named chip to its end.
fn follows(links: UsableLinks, fibre: u16, serial: Option<i64>, chain: [usize; 12]) {
    let cabling = with_module(1, links, serial);
    for m in 1..=12_u16 {
        let first = usize::from(m) - 1;
        let mut expected: Vec<usize> =
            chain.into_iter().skip_while(|&chip| chip != first).collect();
        expected.sort_unstable();
        assert_eq!(masked(&cabling, fibre, m), expected, "{links:?} {serial:?} {m}");
    }
    assert_eq!(masked(&cabling, fibre, 13), []);
}

#[test]
fn with_one_link_the_chain_is_followed() {
    let (link_0, link_1) = (UsableLinks::OnlyLink0, UsableLinks::OnlyLink1);
    follows(link_0, 2, None, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    follows(link_1, 3, None, [6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5]);
    for serial in [20_220_170_200_183, 20_220_330_200_606, 20_220_330_200_693] {
        follows(link_0, 2, Some(serial), [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 6]);
    }
    for serial in [
        20_220_170_200_653,
        20_220_330_200_117,
        20_220_330_200_209,
        20_220_330_200_505,
        20_220_330_200_637,
        20_220_330_200_701,
    ] {
        follows(link_1, 3, Some(serial), [6, 7, 8, 9, 10, 11, 1, 2, 3, 4, 5, 0]);
    }
    for serial in [20_220_170_200_941, 20_220_170_200_113] {
        follows(link_0, 2, Some(serial), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    }
}

#[test]
fn masked_chips_are_not_copied_to_the_other_side() {
    let cabling = with_module(1, UsableLinks::OnlyLink0, None);
    let found = decode_all(&cabling, &[fragment(&[header(2), TRAILER | 0x100C])]);
    assert_eq!(found.errors, BTreeMap::from([(2, vec![6]), (3, vec![6, 31])]));
}

#[test]
fn a_module_without_links_has_no_chain() {
    let cabling = with_module(1, UsableLinks::Neither, None);
    assert_eq!(masked(&cabling, 2, 3), []);
}
