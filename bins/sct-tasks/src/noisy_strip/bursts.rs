//! The search without bursts: windows of lumi blocks that hold one are left out of the hit maps.

use anyhow::Context as _;
use sct_histfile::{LeftOut, LumiBlockFile};
use sct_hitmap::Hitmap;
use sct_id::LumiBlockSet;
use sct_job::ExitCode;
use serde_json::{Value, json};

use super::Job;
use crate::{failure::Coded, noisy_lb};

/// What was left out of a search, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithoutBursts {
    /// Lumi blocks in which a large part of the detector was noisy.
    pub bursts: LumiBlockSet,
    /// What was left out for them.
    pub left_out: LeftOut,
}

impl WithoutBursts {
    /// Says exactly what is gone.
    pub(super) fn warning(&self) -> String {
        let LeftOut { lumi_blocks, windows, window_width, events } = &self.left_out;
        format!(
            "bursts in lumi blocks {}: lumi blocks {lumi_blocks} with {events} events are left out, which are {windows} \
             windows of {window_width} (hits per strip are known no finer)",
            self.bursts
        )
    }

    /// The same for scripts and reports.
    pub fn to_json(&self) -> Value {
        json!({
            "bursts": self.bursts,
            "lumiBlocks": self.left_out.lumi_blocks,
            "windows": self.left_out.windows,
            "windowWidth": self.left_out.window_width,
            "events": self.left_out.events,
        })
    }
}

/// Leaves bursts out of the hit maps if that is asked for (`NoisyStripLeaveOutBursts`) and there are any.
pub(super) fn leave_out(
    job: &Job<'_>,
    hitmap: &mut Hitmap,
    file: Option<&LumiBlockFile>,
) -> anyhow::Result<Option<WithoutBursts>> {
    if !job.properties.noisy_strip_leave_out_bursts {
        return Ok(None);
    }
    let Some(file) = file else {
        let what = "NoisyStripLeaveOutBursts needs hits by lumi block, and there is no SCTLB.root";
        return Err(Coded::new(ExitCode::ArgMissing, what).into());
    };
    let (all, by_lumi_block) = (hitmap.events(), file.total_events());
    if all != by_lumi_block {
        let what = format!(
            "bursts cannot be left out: the hit maps have {all} events, the lumi-block file {by_lumi_block}"
        );
        return Err(Coded::new(ExitCode::InputFileValidationFail, what).into());
    }
    let bursts = noisy_lb::search_file(file, job.times.lumi_blocks, job.properties)?.bursts;
    if bursts.is_empty() {
        return Ok(None);
    }
    let left_out = file.leave_out(hitmap, &bursts).context("bursts cannot be left out")?;
    if hitmap.events() == 0 {
        let what = format!(
            "bursts in lumi blocks {bursts}: every window of {} lumi blocks has one, and nothing is left to search",
            left_out.window_width
        );
        return Err(Coded::new(ExitCode::NoEvents, what).into());
    }
    Ok(Some(WithoutBursts { bursts, left_out }))
}
