//! Chips: strips whose bit of the mask is 0 are switched off.

use sct_id::{Chip, ModuleHash, ReadoutSwap, Strip};

use super::{
    ConfigurationFolder, ConfigurationKind,
    readout::{Readout, standard_word},
};
use crate::{KnownBad, Source, Value};

pub(super) const COLUMNS: &str = "chip:UChar,active:Int16,address:Int16,config:UInt16,mask0:UInt32,\
    mask1:UInt32,mask2:UInt32,mask3:UInt32,vthr:Int16,vcal:Int16,delay:Int16,preamp:Int16,\
    shaper:Int16,rc_function:Int16,rc_args:String4k,c_factor:Float,target:Int16,trim:String4k";
pub(super) const SLIM_COLUMNS: &str =
    "chip:UChar,config:UInt16,mask0:UInt32,mask1:UInt32,mask2:UInt32,mask3:UInt32";

/// Address of chip 0; the others follow. Chips of side 1 continue at the second number.
const ADDRESSES: [i64; 2] = [32, 40];
/// Settings of a simulated chip that no search reads: threshold, calibration charge, delay, currents, response curve.
const VTHR: i64 = 40;
const VCAL: i64 = 32;
const DELAY: i64 = 20;
const CURRENTS: (i64, i64) = (26, 24);
const RC_FUNCTION: i64 = 3;
const RC_ARGS: &str = "1540 -610 8.5";
const C_FACTOR: f64 = 1.0;

/// Which strips of a chip are read out, in read-out order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChipMask(u128);

impl ChipMask {
    /// All strips are read out.
    pub const ALL: Self = Self(u128::MAX);
    /// No strip is read out.
    pub const NONE: Self = Self(0);

    /// From the four words of the database; bit 0 of the first is the first strip.
    pub fn from_words(words: [u32; 4]) -> Self {
        Self(words.into_iter().rev().fold(0, |mask, word| mask << 32 | u128::from(word)))
    }

    /// The four words of the database.
    pub fn words(self) -> [u32; 4] {
        #[expect(clippy::cast_possible_truncation, reason = "each word takes its 32 bits")]
        [0, 32, 64, 96].map(|shift| (self.0 >> shift) as u32)
    }

    /// Switches a strip off: the `index`th that the chip reads, from 0. Numbers past the chip do nothing.
    pub fn switch_off(&mut self, index: usize) {
        if index < Strip::PER_CHIP {
            self.0 &= !(1 << index);
        }
    }

    /// The strips that are off, in read-out order from 0.
    pub fn off(self) -> impl Iterator<Item = usize> {
        (0..Strip::PER_CHIP).filter(move |index| self.0 >> index & 1 == 0)
    }
}

/// The columns of a chip in the full folder.
pub fn chip_row(chip: Chip, mask: ChipMask) -> Vec<Value> {
    let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let in_side = whole(chip.in_side());
    let word = i64::from(standard_word(chip));
    let active = i64::from(mask != ChipMask::NONE);
    let address = ADDRESSES[chip.side().index()] + in_side;
    let first = [whole(chip.index()), active, address, word].map(Value::Int);
    let masks = mask.words().map(|word| Value::Int(i64::from(word)));
    let settings = [VTHR, VCAL, DELAY, CURRENTS.0, CURRENTS.1, RC_FUNCTION].map(Value::Int);
    let text = |text: &str| Value::Text(text.to_owned());
    let last = [text(RC_ARGS), Value::Real(C_FACTOR), Value::Int(0), text("")];
    first.into_iter().chain(masks).chain(settings).chain(last).collect()
}

/// Where a folder keeps the columns that are read.
pub(super) struct ChipColumns<'a> {
    folder: &'a ConfigurationFolder,
    /// Place of the configuration word; the four words of the mask follow it.
    word: usize,
}

impl<'a> ChipColumns<'a> {
    pub(super) fn of(folder: &'a ConfigurationFolder) -> Self {
        let slim = folder.kind == ConfigurationKind::ChipSlim;
        Self { folder, word: if slim { 1 } else { 3 } }
    }

    /// Adds the bad strips of a module. Chips without a good strip or outside the read-out are bad chips, sides without a
    /// mask bad links. What a bad link covers is not repeated.
    pub(super) fn add(
        &self,
        known: &mut KnownBad,
        items: &[Vec<Value>],
        module: ModuleHash,
        swap: &ReadoutSwap,
    ) -> Result<(), String> {
        if items.is_empty() {
            return Ok(());
        }
        let chips = self.chips(items)?;
        let active = module.wafers().map(|wafer| !known.is_bad_link(Source::Configuration, wafer));
        let read = Readout::new(module, chips.map(|(word, _)| word), active).chips();
        for wafer in module.wafers() {
            let of_side = || Chip::all().filter(|chip| chip.side() == wafer.side());
            if of_side().all(|chip| chips[chip.index()].1 == ChipMask::NONE) {
                known.add_link(Source::Configuration, wafer);
            }
            for chip in of_side() {
                let mask = chips[chip.index()].1;
                let silent = active[wafer.side().index()] && !read[chip.index()];
                if silent || mask == ChipMask::NONE {
                    known.add_chip(Source::Configuration, module, chip);
                    continue;
                }
                for index in mask.off() {
                    let online = Strip::new(chip.in_side() * Strip::PER_CHIP + index)
                        .expect("a chip reads strips of its side");
                    let strip = swap.online(wafer, online).in_module(wafer.side());
                    known.add_strip(Source::Configuration, module, strip);
                }
            }
        }
        Ok(())
    }

    /// Words and masks by chip number: every chip once, in any order.
    fn chips(&self, items: &[Vec<Value>]) -> Result<[(u16, ChipMask); Chip::COUNT], String> {
        let mut chips = [None; Chip::COUNT];
        for item in items {
            let number = self.folder.number(item, 0)?;
            let place = usize::try_from(number).ok().and_then(|number| chips.get_mut(number));
            let place = place.ok_or_else(|| format!("chip is {number}, expected 0 to 11"))?;
            if place.replace((self.word(item)?, self.mask(item)?)).is_some() {
                return Err(format!("chip {number} comes a second time"));
            }
        }
        let found = chips.iter().flatten().count();
        if found < Chip::COUNT {
            return Err(format!("{found} chips, expected {}", Chip::COUNT));
        }
        Ok(chips.map(Option::unwrap_or_default))
    }

    fn word(&self, item: &[Value]) -> Result<u16, String> {
        let number = self.folder.number(item, self.word)?;
        let unsigned = u16::try_from(number)
            .ok()
            .or_else(|| i16::try_from(number).ok().map(i16::cast_unsigned));
        unsigned.ok_or_else(|| format!("column {} is {number}, expected 16 bits", self.word))
    }

    fn mask(&self, item: &[Value]) -> Result<ChipMask, String> {
        let mut words = [0; 4];
        for (word, column) in words.iter_mut().zip(self.word + 1..) {
            let number = self.folder.number(item, column)?;
            // The first run stored the words with a sign.
            let unsigned = u32::try_from(number)
                .ok()
                .or_else(|| i32::try_from(number).ok().map(i32::cast_unsigned));
            *word =
                unsigned.ok_or_else(|| format!("column {column} is {number}, expected 32 bits"))?;
        }
        Ok(ChipMask::from_words(words))
    }
}
