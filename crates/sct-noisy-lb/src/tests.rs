use proptest::prelude::*;
use sct_hitmap::ChipLumiBlocks;
use sct_id::{LumiBlock, ModuleHash, Side, WaferHash};

use super::*;

/// One hit of a chip per event exactly.
const ONE_HIT: Config = Config { max_occupancy: 1.0 / 128.0, ..Config::PRODUCTION };

/// Lumi blocks with these numbers of events.
fn run(events: &[u64]) -> ChipLumiBlocks {
    let mut map = ChipLumiBlocks::new(events.len());
    for (&events, number) in events.iter().zip(1..) {
        (0..events).try_for_each(|_| map.add_event(LumiBlock::new(number))).unwrap();
    }
    map
}

fn fill(map: &mut ChipLumiBlocks, wafer: usize, in_side: usize, lumi_block: u32, hits: u32) {
    map.fill(WaferHash::new(wafer).unwrap(), in_side, LumiBlock::new(lumi_block), hits).unwrap();
}

fn search(map: &ChipLumiBlocks, config: &Config) -> Outcome {
    find(&Inputs { chip_hits: map, lumi_blocks: None }, config).unwrap()
}

#[test]
fn a_chip_exactly_at_the_threshold_is_quiet() {
    let mut map = run(&[100, 100, 100]);
    fill(&mut map, 7, 5, 1, 100);
    fill(&mut map, 7, 5, 2, 101);
    let outcome = search(&map, &ONE_HIT);
    let [module] = &outcome.modules[..] else { panic!("{:?}", outcome.modules) };
    assert_eq!((module.module.index(), module.lumi_blocks.to_string()), (3, "2".to_owned()));
    let chip = &module.chips[0];
    assert_eq!((chip.chip.index(), chip.hits, chip.events), (11, 101, 100));
    assert_eq!(outcome.affected, [0, 1, 0]);
    assert!((outcome.fraction(&module.lumi_blocks) - 1.0 / 3.0).abs() < 1e-6);
}

#[test]
fn lumi_blocks_with_few_events_are_not_looked_at() {
    let mut map = run(&[9, 10, 0]);
    for lumi_block in [1, 2, 3] {
        fill(&mut map, 0, 0, lumi_block, 1000);
    }
    let outcome = search(&map, &Config::PRODUCTION);
    assert_eq!(outcome.modules[0].lumi_blocks.to_string(), "2");
    assert_eq!((outcome.tested.to_string(), outcome.lumi_blocks_with_events), ("2".to_owned(), 2));
    let every = search(&map, &Config { min_events: 0, ..Config::PRODUCTION });
    assert_eq!(every.modules[0].lumi_blocks.to_string(), "1-2");
}

#[test]
fn a_link_is_noisy_with_most_of_its_chips() {
    let mut map = run(&[50, 50]);
    for in_side in 0..4 {
        fill(&mut map, 4, in_side, 1, 60);
        fill(&mut map, 5, in_side, 2, if in_side == 3 { 40 } else { 60 });
    }
    let outcome = search(&map, &Config::PRODUCTION);
    let module = &outcome.modules[0];
    let links: Vec<_> = module.links.iter().map(|l| (l.side, l.lumi_blocks.to_string())).collect();
    // Three chips of six are half, and not more.
    assert_eq!(links, [(Side::Zero, "1".to_owned())]);
    assert_eq!((module.chips.len(), module.lumi_blocks.to_string()), (7, "1-2".to_owned()));
    assert_eq!(outcome.counts, Counts { modules: 1, links: 1, chips: 7, bursts: 2 });
}

#[test]
fn a_burst_is_more_than_a_part_of_the_modules_with_hits() {
    let mut map = run(&[20, 20]);
    for module in 0..40 {
        // All have hits, four are noisy in the first lumi block and five in the second.
        fill(&mut map, 2 * module, 1, 1, if module < 4 { 30 } else { 1 });
        fill(&mut map, 2 * module, 1, 2, if module < 5 { 30 } else { 1 });
    }
    let outcome = search(&map, &Config::PRODUCTION);
    assert_eq!((outcome.modules_with_hits, outcome.affected.as_slice()), (40, &[4, 5][..]));
    assert_eq!(outcome.bursts.to_string(), "2");
}

#[test]
fn later_lumi_blocks_than_the_last_are_left_out() {
    let mut map = run(&[20, 20, 20]);
    fill(&mut map, 0, 0, 3, 100);
    let inputs = Inputs { chip_hits: &map, lumi_blocks: Some(2) };
    let outcome = find(&inputs, &Config::PRODUCTION).unwrap();
    assert!(outcome.modules.is_empty());
    assert_eq!((outcome.events, outcome.affected.len()), (40, 2));
}

/// A source with a fault, or with nothing.
struct Broken(&'static [u64], bool);

impl ChipHits for Broken {
    fn events(&self) -> &[u64] {
        self.0
    }

    fn chip(&self, _: WaferHash, _: usize) -> Result<Option<Vec<u32>>, BoxError> {
        if self.1 { Err("torn".into()) } else { Ok(None) }
    }
}

#[test]
fn what_cannot_be_searched_is_said() {
    let error = |source: &Broken, config: &Config| {
        find(&Inputs { chip_hits: source, lumi_blocks: None }, config).unwrap_err().to_string()
    };
    let good = Config::PRODUCTION;
    assert_eq!(error(&Broken(&[0, 0], false), &good), "no lumi block has events");
    assert_eq!(
        error(&Broken(&[5], false), &good),
        "the source has the hits of no chip by lumi block"
    );
    assert!(error(&Broken(&[5], true), &good).starts_with("hits of chip "));
    let bad = Config { burst_fraction: f32::NAN, ..good };
    assert_eq!(
        error(&Broken(&[5], false), &bad),
        "NoisyLBBurstFraction is NaN, expected a number from 0"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn it_is_the_definition_for_every_chip(
        events in prop::collection::vec(0..40_u64, 1..12),
        hits in prop::collection::vec((0..40_usize, 0..6_usize, 1..12_u32, 1..80_u32), 0..200),
        min_events in 0..30_u64,
    ) {
        let mut map = run(&events);
        for (wafer, in_side, lumi_block, count) in hits {
            fill(&mut map, wafer, in_side, lumi_block, count);
        }
        let config = Config { min_events, ..ONE_HIT };
        prop_assume!(events.iter().any(|&events| events > 0));
        let outcome = search(&map, &config);
        let mut affected = vec![0; events.len()];
        for module in ModuleHash::all().take(20) {
            let found = outcome.modules.iter().find(|found| found.module == module);
            let mut any = vec![false; events.len()];
            for chip in Chip::all() {
                let hits = map.hits(module.wafer(chip.side()), chip.in_side());
                let noisy = found.and_then(|found| found.chips.iter().find(|noisy| noisy.chip == chip));
                for (index, (&hits, &events)) in hits.iter().zip(&events).enumerate() {
                    let expected = events > 0 && events >= min_events && u64::from(hits) > events;
                    let number = LumiBlock::new(u32::try_from(index + 1).unwrap());
                    prop_assert_eq!(noisy.is_some_and(|noisy| noisy.lumi_blocks.contains(number)), expected);
                    any[index] |= expected;
                }
            }
            affected.iter_mut().zip(any).for_each(|(count, any)| *count += usize::from(any));
        }
        prop_assert_eq!(affected, outcome.affected);
    }
}
