//! Decoding one fragment: order of information, half words, clusters, errors.

use sct_cabling::UsableLinks;

use crate::samples::{
    CABLED, Found, ROD, TRAILER, cabling, decode, decode_all, fragment, header, one, two,
    with_module,
};

/// All sample fibres with these errors.
fn everywhere(found: &Found, ids: &[usize]) -> bool {
    found.errors.len() == CABLED + 2 && found.errors.values().all(|errors| errors == ids)
}

fn rob_status(status: u32) -> Found {
    let mut fragment = fragment(&[header(2), one(0, 5), TRAILER]);
    fragment.rob_status = status;
    decode_all(&cabling(), &[fragment])
}

#[test]
fn rob_status_decides_on_the_data() {
    let generic = rob_status(0x4);
    assert!(everywhere(&generic, &[14]) && generic.hits() == [(2, 5, 1)]);
    for (status, ids) in [
        (1 << 27, [13, 14]),
        (1 << 27 | 1 << 29, [13, 14]),
        (1 << 29, [14, 16]),
        (1 << 31 | 1, [14, 16]),
    ] {
        let found = rob_status(status);
        assert!(everywhere(&found, &ids), "{status:#x} {found:?}");
        assert!(found.clusters.is_empty());
    }
    assert!(rob_status(1 << 30).clusters.len() == 1);
}

#[test]
fn the_second_status_word_tells_of_the_clock() {
    for (status, expected) in [
        (vec![], false),
        (vec![0xFFFF_FFFF], false),
        (vec![0, 1 << 16], true),
        (vec![0, 1 << 17], true),
        (vec![0, 0xF << 20], false),
        (vec![0, 0, 1 << 16], false),
    ] {
        let mut fragment = fragment(&[header(2), one(0, 5), TRAILER]);
        fragment.status.clone_from(&status);
        let found = decode_all(&cabling(), &[fragment]);
        assert_eq!(everywhere(&found, &[12]), expected, "{status:?}");
        assert!((found.errors.is_empty() != expected) && found.clusters.len() == 1);
    }
}

#[test]
fn simulated_data_say_so_before_anything_else() {
    let mut sample = fragment(&[]);
    sample.event_type = 1 << 20;
    assert!(everywhere(&decode_all(&cabling(), &[sample.clone()]), &[34]));
    sample.rob_status = 1 << 27;
    assert!(everywhere(&decode_all(&cabling(), &[sample]), &[13, 14, 34]));
}

#[test]
fn header_bits_are_errors_of_the_link() {
    for (bit, id) in [(0x1000, 4), (0x0800, 1), (0x0400, 3), (0x0200, 2), (0x0080, 11)] {
        let found = decode(&[header(4) | bit, one(0, 5), TRAILER]);
        assert!(found.only_errors(4, &[id]), "{bit:#x} {found:?}");
        assert_eq!(found.hits(), [(4, 5, 1)]);
    }
    assert!(decode(&[header(4) | 0x1E80, TRAILER]).only_errors(4, &[1, 2, 3, 4, 11]));
}

#[test]
fn a_formatter_error_runs_into_the_next_formatter() {
    // Link 12 of formatter 0 is link 0 of formatter 1.
    let found = decode(&[0x210C, one(0, 5), TRAILER]);
    assert!(found.only_errors(12, &[5]));
    assert_eq!(found.hits(), [(12, 5, 1)]);
    assert!(decode(&[0x210F, TRAILER]).only_errors(15, &[5]));
}

#[test]
fn trailer_bits_are_errors_of_the_link() {
    for (bit, id) in [(0x1000, 6), (0x0800, 8), (0x0400, 7)] {
        let found = decode(&[header(4), one(0, 5), TRAILER | bit]);
        assert!(found.only_errors(4, &[id]), "{bit:#x}");
    }
}

#[test]
fn raw_data_are_an_error_and_no_more() {
    let found = decode(&[header(4), 0x6000, one(0, 5), 0x7FFF, TRAILER]);
    assert!(found.only_errors(4, &[10]) && found.hits() == [(4, 5, 1)]);
}

#[test]
fn chip_errors_name_chip_and_code() {
    for (code, id) in [(1, 23), (2, 24), (4, 25), (7, 32)] {
        for chip in 0..6 {
            let mut ids = vec![9, 17 + usize::from(chip), id];
            ids.sort_unstable();
            let found = decode(&[header(4), chip << 3 | code, TRAILER]);
            assert!(found.only_errors(4, &ids), "{chip} {code} {found:?}");
            // Bit 3 of the chip is its side.
            let found = decode(&[header(5), (8 | chip) << 3 | code, TRAILER]);
            assert!(found.only_errors(5, &ids), "{chip} {code} {found:?}");
        }
    }
}

#[test]
fn chip_errors_of_the_other_side_belong_to_its_wafer() {
    assert!(decode(&[header(4), 0x0054, TRAILER]).only_errors(5, &[9, 19, 25]));
    assert!(decode(&[header(5), 2 << 3 | 4, TRAILER]).only_errors(4, &[9, 19, 25]));
}

#[test]
fn chip_errors_that_do_not_exist_are_invalid() {
    for code in [0, 3, 5, 6] {
        // An unknown code stays with the selected wafer, whatever its side bit.
        assert!(decode(&[header(4), 0x0050 | code, TRAILER]).only_errors(4, &[9, 33]), "{code}");
    }
    assert!(decode(&[header(4), 6 << 3 | 1, TRAILER]).only_errors(4, &[9, 33]));
    assert!(decode(&[header(4), 15 << 3 | 1, TRAILER]).only_errors(5, &[9, 33]));
}

#[test]
fn condensed_hits_are_one_or_two_strips() {
    let found = decode(&[header(2), one(0, 5), two(0, 200), two(0, 766), TRAILER]);
    assert_eq!(found.clusters, [(2, 5, 1, 2, 0), (2, 200, 2, 2, 0), (2, 766, 2, 2, 0)]);
    assert!(found.errors.is_empty());
    // Neighbours in separate words stay separate.
    assert_eq!(decode(&[header(2), two(0, 5), one(0, 7), TRAILER]).hits(), [(2, 5, 2), (2, 7, 1)]);
}

#[test]
fn swapped_wafers_count_from_the_other_end() {
    let found = decode(&[header(3), one(1, 5), two(1, 200), TRAILER]);
    assert_eq!(found.hits(), [(3, 762, 1), (3, 566, 2)]);
}

#[test]
fn hit_errors_are_per_strip() {
    for (bits, errors) in [(0x4, 1), (0x5, 1), (0x9, 2), (0xD, 3), (0x8, 0), (0x2, 0)] {
        let found = decode(&[header(2), one(0, 5) | bits, TRAILER]);
        assert_eq!(found.clusters[0].4, errors, "{bits:#x}");
        assert!(found.errors.is_empty());
    }
}

#[test]
fn a_repeated_strip_is_one_cluster() {
    let hits = |halves: &[u16]| decode(halves).hits();
    assert_eq!(hits(&[header(2), one(0, 5), one(0, 5), TRAILER]), [(2, 5, 1)]);
    assert_eq!(hits(&[header(2), one(0, 5), two(0, 5), TRAILER]), [(2, 5, 2)]);
    assert_eq!(hits(&[header(2), two(0, 5), one(0, 5), TRAILER]), [(2, 5, 2)]);
    // The one at the end of a link is not made a second time; one in the middle is.
    let again = [header(2), one(0, 5), one(0, 9), one(0, 5), TRAILER];
    assert_eq!(hits(&again), [(2, 5, 1), (2, 9, 1)]);
    let more = [header(2), one(0, 5), one(0, 9), one(0, 5), one(0, 9), TRAILER];
    assert_eq!(hits(&more), [(2, 5, 1), (2, 9, 1), (2, 5, 1)]);
    // A new header forgets what was made.
    let links = [header(2), one(0, 5), one(0, 9), TRAILER, header(2), one(0, 5), TRAILER];
    assert_eq!(hits(&links), [(2, 5, 1), (2, 9, 1), (2, 5, 1)]);
}

#[test]
fn clusters_do_not_leave_their_chip() {
    let found = decode(&[header(2), two(0, 127), one(0, 130), TRAILER]);
    assert!(found.only_errors(2, &[0]) && found.hits() == [(2, 130, 1)]);
    assert!(decode(&[header(2), two(0, 767), TRAILER]).only_errors(2, &[0]));
    assert_eq!(decode(&[header(2), one(0, 127), one(0, 128), TRAILER]).clusters.len(), 2);
}

#[test]
fn chips_above_5_are_a_parse_error() {
    for strip in [768, 1023] {
        for mode in [0x100, 0] {
            let found = decode(&[0x2002 | mode, 0x8000 | strip << 4, TRAILER]);
            assert!(found.only_errors(2, &[0]) && found.clusters.is_empty(), "{strip}");
        }
    }
}

#[test]
fn expanded_hits_have_time_bins() {
    let first = 0x8000 | 300 << 4 | 0b010;
    let found = decode(&[0x2002, first, 0x8088 | 0b101 << 4 | 0b011, 0x8008 | 0b111, TRAILER]);
    assert_eq!(
        found.clusters,
        [(2, 300, 1, 2, 0), (2, 301, 1, 3, 0), (2, 302, 1, 5, 0), (2, 303, 1, 7, 0)]
    );
    assert!(found.errors.is_empty());
    // Side and chip bits of the later words are not used.
    let found = decode(&[0x2002, first, 0xFF88, 0xFF08, TRAILER]);
    assert_eq!(found.clusters.len(), 4);
}

#[test]
fn expanded_clusters_end_with_the_wafer() {
    let first = |strip: u16| 0x8000 | strip << 4 | 2;
    assert_eq!(decode(&[0x2002, first(765), 0x8088, TRAILER]).clusters.len(), 3);
    assert_eq!(decode(&[0x2002, first(766), 0x8008, TRAILER]).clusters.len(), 2);
    assert!(decode(&[0x2002, first(766), 0x8088, TRAILER]).only_errors(2, &[0]));
    assert!(decode(&[0x2002, first(767), 0x8008, TRAILER]).only_errors(2, &[0]));
}

#[test]
fn expanded_clusters_need_a_beginning() {
    for next in [0x8008, 0x8088] {
        let found = decode(&[0x2002, 0x8022, TRAILER, 0x2004, next, TRAILER]);
        assert!(found.only_errors(4, &[0]) && found.clusters.len() == 1);
    }
}

#[test]
fn super_condensed_hits_have_up_to_16_strips() {
    let mut sample =
        fragment(&[header(2), one(0, 5), one(0, 100) | 15, TRAILER, 0x2003, 0xC007, TRAILER]);
    sample.event_type = 1 << 21;
    let found = decode_all(&cabling(), &[sample.clone()]);
    assert_eq!(found.hits(), [(2, 5, 1), (2, 100, 16), (3, 760, 8)]);
    // A repeated start accumulates.
    sample.halves = vec![header(2), one(0, 5) | 2, one(0, 5) | 3, TRAILER];
    assert_eq!(decode_all(&cabling(), &[sample.clone()]).hits(), [(2, 5, 7)]);
    sample.halves = vec![header(2)];
    sample.halves.extend([one(0, 5) | 15; 2000]);
    assert!(decode_all(&cabling(), &[sample]).only_errors(2, &[0]));
}

#[test]
fn hits_of_the_other_side_go_to_its_wafer() {
    // Redundancy: side 1 on an even link and side 0 on an odd one.
    assert_eq!(decode(&[header(2), one(1, 5), TRAILER]).hits(), [(3, 762, 1)]);
    assert_eq!(decode(&[header(3), one(0, 5), TRAILER]).hits(), [(2, 5, 1)]);
    let both = decode(&[header(2), one(0, 5), one(1, 5), one(1, 8), one(0, 8), TRAILER | 0x1000]);
    assert_eq!(both.hits(), [(2, 5, 1), (3, 762, 1), (3, 759, 1), (2, 8, 1)]);
    // The link stays where the last hit was.
    assert!(both.only_errors(2, &[6]));
    assert!(decode(&[header(2), one(1, 5), TRAILER | 0x1000]).only_errors(3, &[6]));
    let expanded = decode(&[0x2002, 0xC052, 0x8009, TRAILER]);
    assert_eq!(expanded.hits(), [(3, 762, 1), (3, 761, 1)]);
}

#[test]
fn data_without_header_are_an_error_of_those_without_data() {
    for orphan in [one(0, 5), 0x0001, 0x6000] {
        let found = decode(&[header(2), one(0, 7), TRAILER, orphan, header(4), TRAILER]);
        assert_eq!(found.hits(), [(2, 7, 1)]);
        let expected: Vec<usize> =
            (0..CABLED).chain([94, 95]).filter(|f| ![2, 4].contains(f)).collect();
        assert_eq!(found.errors.keys().copied().collect::<Vec<_>>(), expected, "{orphan:#x}");
        assert!(found.errors.values().all(|ids| *ids == [15]));
    }
    // A wafer reached by a hit counts as selected, one reached by a chip error does not.
    let found = decode(&[one(0, 5), header(2), one(1, 7), TRAILER, header(6), 0x0041, TRAILER]);
    assert!(!found.errors.contains_key(&3) && found.errors[&7] == [9, 15, 17, 23]);
    assert!(decode(&[TRAILER, TRAILER, header(2), TRAILER, TRAILER]).errors.is_empty());
}

#[test]
fn empty_links_are_stepped_over_wherever_they_lie() {
    for before in 0..20 {
        for shift in [0, 1] {
            let mut halves = vec![TRAILER; shift];
            halves.extend([header(0), TRAILER].repeat(before));
            halves.extend([header(2), one(0, 5), TRAILER]);
            halves.extend([header(4), TRAILER].repeat(before));
            halves.extend([header(5), two(1, 9), TRAILER | 0x0400]);
            halves.extend([header(7) | 0x200, TRAILER]);
            let found = decode(&halves);
            assert_eq!(found.hits(), [(2, 5, 1), (5, 757, 2)], "{before} {shift}");
            assert_eq!(found.errors.into_iter().collect::<Vec<_>>(), [(5, vec![7]), (7, vec![2])]);
        }
    }
}

#[test]
fn a_trailer_after_empty_links_belongs_to_the_last() {
    let mut halves = [header(0), TRAILER].repeat(20);
    halves.extend([header(6), TRAILER, TRAILER | 0x1000]);
    assert!(decode(&halves).only_errors(6, &[6]));
}

#[test]
fn a_second_fragment_does_not_add_to_a_wafer() {
    let first = fragment(&[header(2), one(0, 5), TRAILER, header(4), TRAILER]);
    let second = fragment(&[header(2), one(0, 9), TRAILER, header(4), one(0, 9), TRAILER]);
    let found = decode_all(&cabling(), &[first, second]);
    assert_eq!(found.hits(), [(2, 5, 1), (4, 9, 1)]);
}

#[test]
fn one_link_for_both_sides_means_errors_for_both() {
    for (links, fibre) in [(UsableLinks::OnlyLink0, 2), (UsableLinks::OnlyLink1, 3)] {
        let mut sample = fragment(&[header(fibre) | 0x1000, TRAILER]);
        let both = decode_all(&with_module(1, links, None), &[sample.clone()]);
        assert_eq!(both.errors.into_iter().collect::<Vec<_>>(), [(2, vec![4]), (3, vec![4])]);
        // Not from the side whose link is dead.
        sample.halves[0] = header(fibre ^ 1) | 0x1000;
        let one = decode_all(&with_module(1, links, None), &[sample.clone()]);
        assert!(one.only_errors(usize::from(fibre ^ 1), &[4]));
        // Chip errors stay, their general one does not.
        let chip = if fibre == 2 { 0x0001 } else { 0x0041 };
        sample.halves = vec![header(fibre), chip, TRAILER];
        let chips = decode_all(&with_module(1, links, None), &[sample]);
        assert_eq!(chips.errors[&usize::from(fibre)], [9, 17, 23]);
        assert_eq!(chips.errors[&usize::from(fibre ^ 1)], [9, 23]);
    }
    let sample = fragment(&[header(2) | 0x1000, TRAILER]);
    for links in [UsableLinks::Both, UsableLinks::Neither] {
        assert!(
            decode_all(&with_module(1, links, None), std::slice::from_ref(&sample))
                .only_errors(2, &[4])
        );
    }
}

#[test]
fn the_rod_is_named_by_its_low_24_bits() {
    let mut sample = fragment(&[header(2), one(0, 5), TRAILER]);
    sample.source_id = 0x7700_0000 | ROD;
    assert_eq!(decode_all(&cabling(), &[sample]).hits(), [(2, 5, 1)]);
}
