//! Corrupt data on which the original does something undefined or harmful: what is done here instead, row by row of the
//! format page's table.

use crate::samples::{
    TRAILER, block, cabling, decode, decode_all, event, event_decoder, fragment, header, one, rob,
    two,
};

#[test]
fn a_link_above_95_is_dropped_to_the_next_header() {
    // Formatter 7, link 12 is number 96.
    for high in [0x217C, 0x217F, 0x277D] {
        let halves = [
            header(2),
            one(0, 5),
            TRAILER,
            high,
            one(0, 9),
            0x0001,
            0x6000,
            TRAILER,
            header(4),
            one(0, 11),
            TRAILER,
        ];
        let found = decode(&halves);
        assert_eq!(found.hits(), [(2, 5, 1), (4, 11, 1)]);
        assert!(found.errors.is_empty(), "{found:?}");
        assert_eq!((found.counts.links_out_of_range, found.counts.unplaced), (1, 0));
    }
    // The last link that exists.
    assert_eq!(decode(&[0x217B, one(1, 5), TRAILER]).hits(), [(95, 762, 1)]);
    assert!(decode(&[0x217C, TRAILER | 0x1000]).errors.is_empty());
}

#[test]
fn an_unknown_link_loses_its_clusters_and_counts_them() {
    let halves = [
        header(2),
        one(0, 5),
        TRAILER,
        header(40),
        one(0, 9),
        two(0, 20),
        TRAILER,
        header(4),
        TRAILER,
    ];
    let found = decode(&halves);
    assert_eq!((found.hits(), found.counts.unplaced), (vec![(2, 5, 1)], 2));
    assert!(found.errors.is_empty());
    // Errors of an unknown link are nobody's.
    let errors = decode(&[header(40) | 0x1E80, 0x0001, 0x6000, TRAILER | 0x1C0F]);
    assert!(errors.errors.is_empty() && errors.counts.unplaced == 0);
    // Each strip of an expanded cluster is one.
    assert_eq!(decode(&[0x2034, 0x8012, 0x8088, TRAILER]).counts.unplaced, 3);
    let mut other = fragment(&[header(2), one(0, 5), TRAILER, one(0, 5)]);
    other.source_id = 0x21_0000;
    let found = decode_all(&cabling(), &[other]);
    assert_eq!((found.counts.unplaced, found.errors.len()), (1, 0));
}

#[test]
fn a_step_to_an_unknown_wafer_is_dropped_and_counted() {
    // Fibre 94 has its wafer, and so has 95; of 16 and 17 neither has.
    let mut cabling = sct_cabling::Cabling::default();
    let online = sct_cabling::OnlineId::from_u32(2 << 24 | crate::samples::ROD).unwrap();
    cabling.insert(crate::samples::wafer(crate::samples::FIRST + 2), online).unwrap();
    let sample = fragment(&[header(2), one(0, 5), one(1, 6), one(1, 9), one(0, 7), TRAILER]);
    let found = decode_all(&cabling, &[sample]);
    assert_eq!((found.hits(), found.counts.unplaced), (vec![(2, 5, 1), (2, 7, 1)], 2));
    assert!(found.errors.is_empty());
}

#[test]
fn a_chip_above_5_does_not_cost_the_cluster_before() {
    let found = decode(&[header(2), two(0, 5), 0x8000 | 800 << 4, TRAILER]);
    assert!(found.only_errors(2, &[0]) && found.hits() == [(2, 5, 2)]);
}

#[test]
fn a_chip_error_of_the_other_side_keeps_the_hits() {
    let found = decode(&[header(4), 0x0041, one(0, 5), TRAILER, header(5), one(1, 5), TRAILER]);
    assert_eq!(found.hits(), [(4, 5, 1), (5, 762, 1)]);
    assert!(found.only_errors(5, &[9, 17, 23]));
}

#[test]
fn hit_errors_are_not_repeated_on_later_clusters() {
    let found = decode(&[header(2), two(0, 5) | 0xC, one(0, 9), one(0, 11) | 4, TRAILER]);
    let errors: Vec<u8> = found.clusters.iter().map(|cluster| cluster.4).collect();
    assert_eq!(errors, [3, 0, 1]);
}

#[test]
fn more_than_ten_unplaced_clusters_cost_the_event() {
    for (unplaced, is_skipped) in [(0, false), (1, false), (10, false), (11, true), (30, true)] {
        let mut halves = vec![header(2), one(0, 5), TRAILER, header(40)];
        halves.extend((0..unplaced).map(|number| one(0, 3 * number)));
        let bytes = event(&[rob(&halves)]);
        let mut decoder = event_decoder();
        let event = decoder.decode(&block(&bytes), false).unwrap();
        assert_eq!((event.counts.unplaced, event.is_skipped), (unplaced.into(), is_skipped));
        assert_eq!(event.clusters.len(), 1);
    }
}
