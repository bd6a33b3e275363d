//! Windows of lumi blocks in SCTLB.root, and hit maps without some of them.

use std::collections::BTreeSet;

use sct_hitmap::{ChipHits as _, Hitmap};
use sct_id::{LumiBlock, LumiBlockSet, WaferHash};
use sct_roothist::{Class, ContentsView, Scratch};

use crate::{
    Error, LumiBlockFile,
    names::{self, STRIPS},
    read,
};

/// How the lumi blocks of a file are divided into windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Windows {
    count: usize,
    /// Lumi blocks in a window.
    width: usize,
}

/// What was left out of hit maps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Lumi blocks of all windows that were left out.
    pub lumi_blocks: LumiBlockSet,
    /// How many windows.
    pub windows: usize,
    /// Lumi blocks in a window.
    pub window_width: usize,
    /// Events that were in these lumi blocks.
    pub events: u64,
}

impl LumiBlockFile {
    /// Takes out of `hitmap` all windows of lumi blocks that hold one of `lumi_blocks`: their events, and the hits of every
    /// strip in them. Hits per strip are known by window and no finer, so that whole windows go: hits and events of the
    /// result then belong to the same lumi blocks, exactly. Hits and events outside the file's range stay.
    ///
    /// # Errors
    ///
    /// [`Error`]: damage, wrong class or binning, a wafer of the hit map without windows, fewer hits in the hit map than in
    /// the windows: the files belong to different runs; a last window that may hold hits of later lumi blocks.
    pub fn leave_out(
        &self,
        hitmap: &mut Hitmap,
        lumi_blocks: &LumiBlockSet,
    ) -> Result<LeftOut, Error> {
        let windows = self.windows()?;
        let numbers: BTreeSet<usize> = lumi_blocks
            .iter()
            .filter_map(|number| (number.to_u32() as usize).checked_sub(1))
            .map(|index| index / windows.width)
            .filter(|window| *window < windows.count)
            .collect();
        let mut left_out = LeftOut {
            lumi_blocks: LumiBlockSet::new(),
            windows: numbers.len(),
            window_width: windows.width,
            events: 0,
        };
        let events = self.events();
        let outside = self.total_events() - events.iter().sum::<u64>().min(self.total_events());
        if outside > 0 && numbers.contains(&(events.len() / windows.width)) {
            // The last window reaches past the axis: its hits may be those of events that are counted nowhere else.
            let path = self.file().path().to_owned();
            return Err(Error::EventsOutside { path, events: outside, last: events.len() });
        }
        for window in &numbers {
            let (first, end) = (window * windows.width, (window + 1) * windows.width);
            let number = |index: usize| LumiBlock::new(u32::try_from(index).unwrap_or(u32::MAX));
            left_out.lumi_blocks.insert_range(number(first + 1), number(end.min(events.len())));
            left_out.events += events[first..end.min(events.len())].iter().sum::<u64>();
        }
        let present: Vec<bool> = WaferHash::all().map(|wafer| hitmap.is_present(wafer)).collect();
        hitmap.leave_out(left_out.events, |wafer, hits| {
            if present[wafer.index()] && !numbers.is_empty() {
                return self.add_windows(wafer, windows, &numbers, hits);
            }
            Ok::<(), Error>(())
        })?;
        Ok(left_out)
    }

    /// The division into windows: that of the first wafer which has them.
    fn windows(&self) -> Result<Windows, Error> {
        let file = self.file();
        let mut paths = WaferHash::all().map(|wafer| names::windows(wafer).path());
        let Some(key) = paths.find_map(|path| file.find(&path)) else {
            let object = "any map of strips by window (__2D)".to_owned();
            return Err(
                sct_roothist::Error::Missing { path: file.path().to_owned(), object }.into()
            );
        };
        let mut scratch = Scratch::default();
        let view = file.view(&key, &mut scratch)?;
        let (count, high) = (view.y().bins(), view.y().high());
        let lumi_blocks = self.lumi_blocks();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "compared with the original next"
        )]
        let width = ((high - 0.5) / count.max(1) as f64) as usize;
        if width > 0 && lumi_blocks.div_ceil(width) == count {
            return Ok(Windows { count, width });
        }
        Err(Error::Shape {
            path: file.path().to_owned(),
            object: key.path(),
            found: format!("{count} windows up to {high}"),
            expected: format!("windows of equal length for {lumi_blocks} lumi blocks"),
        })
    }

    /// Adds the hits per strip of one wafer in some windows.
    fn add_windows(
        &self,
        wafer: WaferHash,
        windows: Windows,
        numbers: &BTreeSet<usize>,
        hits: &mut [u32],
    ) -> Result<(), Error> {
        let path = names::windows(wafer).path();
        let key = self.file().require(&path)?;
        let mut scratch = Scratch::default();
        let y = (windows.count, 0.5, (windows.count * windows.width) as f64 + 0.5);
        let view = read::checked(self.file(), &key, &mut scratch, Class::Th2F, STRIPS, Some(y))?;
        let mut row = vec![0; STRIPS.0];
        for window in numbers {
            // Rows have a cell below and above their strips, and there is a row below the first window.
            let first = (window + 1) * (STRIPS.0 + 2) + 1;
            if let ContentsView::F32(contents) = view.contents() {
                read::row_counts(contents, first, &mut row).map_err(|(bin, value)| {
                    let path = self.file().path().to_owned();
                    Error::NotACount { path, object: key.path(), bin, value: value.into() }
                })?;
            }
            hits.iter_mut().zip(&row).for_each(|(sum, hits)| *sum = sum.saturating_add(*hits));
        }
        Ok(())
    }
}
