//! Conditions on whole runs, tried on many of them: no column is made, and equal rows are looked at once.

use sct_conditions::{Value, run_control::RunControlFolder};

use super::{
    answer::Datum,
    columns::Reader,
    lumi::{Extent, each_by_run},
    spec::Unknown,
};
use crate::Error;

/// What a column is about: how to read a value, and whether it will do.
pub(super) struct Wanted<'a> {
    pub(super) name: &'static str,
    pub(super) shown: bool,
    pub(super) selects: bool,
    pub(super) value: &'a dyn Fn(&[Value]) -> Datum,
    pub(super) accepts: &'a dyn Fn(&Datum) -> bool,
}

impl Wanted<'_> {
    /// Whether the conditions accept what a row says; without a row nothing is known.
    fn verdict(&self, row: Option<&[Value]>, skips: bool) -> bool {
        self.accepted(&row.map_or(Datum::Missing, self.value), skips)
    }

    pub(super) fn accepted(&self, value: &Datum, skips: bool) -> bool {
        match value {
            Datum::Missing => !(self.selects && skips),
            value => !self.selects || (self.accepts)(value),
        }
    }
}

/// Folders of which the first that is there is read, with their columns.
pub(super) type Folders<'a> = &'a [(&'static RunControlFolder, &'a [&'a str])];

/// What a condition says about a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// No row is about it.
    Unseen,
    /// It accepts all, some or none of it.
    All,
    Some,
    None,
}

impl Verdict {
    fn and(self, accepted: bool) -> Self {
        match (self, accepted) {
            (Self::Unseen | Self::All, true) => Self::All,
            (Self::Unseen | Self::None, false) => Self::None,
            _ => Self::Some,
        }
    }
}

impl Reader<'_> {
    /// Leaves out runs that a condition rejects from begin to end. Gives whether that settles the conditions: nothing of the
    /// runs that are left is rejected. What a row says holds to the next one or the end of the run.
    pub(super) fn settle(
        &self,
        folders: Folders<'_>,
        runs: &mut Vec<Extent>,
        wanted: &[Wanted<'_>],
    ) -> Result<bool, Error> {
        let wanted: Vec<&Wanted<'_>> = wanted.iter().filter(|wanted| wanted.selects).collect();
        if wanted.is_empty() || runs.is_empty() {
            return Ok(true);
        }
        let skips = self.query.unknown == Unknown::Skip;
        let judge = |row: Option<&[Value]>| -> Vec<bool> {
            wanted.iter().map(|wanted| wanted.verdict(row, skips)).collect()
        };
        let mut verdicts = vec![Verdict::Unseen; runs.len() * wanted.len()];
        let mut note = |index: usize, accepted: &[bool]| {
            let of_run = &mut verdicts[index * wanted.len()..][..wanted.len()];
            for (verdict, accepted) in of_run.iter_mut().zip(accepted) {
                *verdict = verdict.and(*accepted);
            }
        };
        if let Some(found) = self.control.find(folders)? {
            // Neighbours are alike, mostly: what was said of the last row is said of its equals.
            let mut last: Option<(Vec<Value>, Vec<bool>)> = None;
            each_by_run(&found, runs, self.of, |index, _, object| match &last {
                Some((values, accepted)) if *values == object.values => note(index, accepted),
                _ => {
                    let accepted = judge(Some(&object.values));
                    note(index, &accepted);
                    last = Some((object.values.clone(), accepted));
                }
            })?;
        }
        let unknown = judge(None);
        let (mut index, mut settled) = (0, true);
        runs.retain(|_| {
            let of_run = &verdicts[index * wanted.len()..][..wanted.len()];
            index += 1;
            let mut all = true;
            for (verdict, unknown) in of_run.iter().zip(&unknown) {
                match verdict {
                    Verdict::None => return false,
                    Verdict::Unseen if !unknown => return false,
                    Verdict::Some => all = false,
                    Verdict::All | Verdict::Unseen => {}
                }
            }
            settled &= all;
            true
        });
        Ok(settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_run_add_up() {
        let add_up = |rows: &[bool]| rows.iter().fold(Verdict::Unseen, |sum, row| sum.and(*row));
        assert_eq!(add_up(&[]), Verdict::Unseen);
        assert_eq!(add_up(&[true, true]), Verdict::All);
        assert_eq!(add_up(&[false, false]), Verdict::None);
        for rows in [&[true, false][..], &[false, true], &[true, false, true]] {
            assert_eq!(add_up(rows), Verdict::Some, "{rows:?}");
        }
    }
}
