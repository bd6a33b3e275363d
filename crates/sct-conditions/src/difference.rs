//! What changes between two states of a folder: strips and modules for defect lists, numbers for the rest.

use std::fmt;

use serde::Serialize;

use crate::{PayloadSpec, StorageType, StripSet, Value, parse_defect_list};

/// Name of the column that holds strips or chips in the folders of defects.
const DEFECT_LIST: &str = "DefectList";

/// Channels by what happens to their payload. In folders of defects an empty list counts as no payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ChannelChange {
    /// Only in the new state.
    pub added: u64,
    /// Only in the old state.
    pub removed: u64,
    /// In both, with other values.
    pub changed: u64,
    /// In both, with the same values.
    pub unchanged: u64,
}

/// Entries of defect lists: strips, or chips.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DefectChange {
    /// Only in the new lists.
    pub added: u64,
    /// Only in the old lists.
    pub removed: u64,
    /// In both.
    pub unchanged: u64,
    /// Lists that cannot be read.
    pub unreadable: u64,
}

/// A column of numbers, over the channels that have it before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NumberChange {
    /// Column.
    pub column: String,
    /// Channels whose number differs.
    pub changed: u64,
    /// Mean before.
    pub before: f64,
    /// Mean after.
    pub after: f64,
    /// Largest difference of one channel.
    pub largest: f64,
}

/// What changes between two states of a folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Difference {
    /// Channels; modules in folders of defects.
    pub channels: ChannelChange,
    /// Entries of defect lists; none in other folders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub defects: Option<DefectChange>,
    /// Columns whose numbers differ; empty in folders of defects.
    pub numbers: Vec<NumberChange>,
}

#[derive(Clone, Copy, Default)]
struct Sums {
    changed: u64,
    before: f64,
    after: f64,
    largest: f64,
}

impl Difference {
    /// Compares (before, after) of each channel; absent where there is no object.
    pub fn of<'a>(
        payload: &PayloadSpec,
        channels: impl IntoIterator<Item = (Option<&'a [Value]>, Option<&'a [Value]>)>,
    ) -> Self {
        match payload.index_of(DEFECT_LIST) {
            Some(column) => Self::of_lists(column, channels),
            None => Self::of_numbers(payload, channels),
        }
    }

    fn of_lists<'a>(
        column: usize,
        channels: impl IntoIterator<Item = (Option<&'a [Value]>, Option<&'a [Value]>)>,
    ) -> Self {
        let mut modules = ChannelChange::default();
        let mut defects = DefectChange::default();
        let mut set = |values: Option<&[Value]>| match values.and_then(|values| values.get(column))
        {
            Some(Value::Text(text)) => parse_defect_list(text).unwrap_or_else(|_| {
                defects.unreadable += 1;
                StripSet::default()
            }),
            _ => StripSet::default(),
        };
        let sets: Vec<(StripSet, StripSet)> =
            channels.into_iter().map(|(before, after)| (set(before), set(after))).collect();
        for (before, after) in sets {
            match (before.is_empty(), after.is_empty()) {
                (true, true) => {}
                (true, false) => modules.added += 1,
                (false, true) => modules.removed += 1,
                (false, false) if before == after => modules.unchanged += 1,
                (false, false) => modules.changed += 1,
            }
            let (added, removed) = ((after - before).len(), (before - after).len());
            defects.added += added as u64;
            defects.removed += removed as u64;
            defects.unchanged += (after.len() - added) as u64;
        }
        Self { channels: modules, defects: Some(defects), numbers: Vec::new() }
    }

    fn of_numbers<'a>(
        payload: &PayloadSpec,
        channels: impl IntoIterator<Item = (Option<&'a [Value]>, Option<&'a [Value]>)>,
    ) -> Self {
        let mut counts = ChannelChange::default();
        let mut sums = vec![Sums::default(); payload.fields().len()];
        let mut both = 0_u64;
        for pair in channels {
            let (before, after) = match pair {
                (None, None) => continue,
                (None, Some(_)) => {
                    counts.added += 1;
                    continue;
                }
                (Some(_), None) => {
                    counts.removed += 1;
                    continue;
                }
                (Some(before), Some(after)) => (before, after),
            };
            both += 1;
            if before == after {
                counts.unchanged += 1;
            } else {
                counts.changed += 1;
            }
            for (sum, (before, after)) in sums.iter_mut().zip(before.iter().zip(after)) {
                let (Some(before), Some(after)) = (number(before), number(after)) else { continue };
                sum.before += before;
                sum.after += after;
                sum.changed += u64::from(before.to_bits() != after.to_bits());
                sum.largest = sum.largest.max((after - before).abs());
            }
        }
        let numbers = payload.fields().iter().zip(sums).filter(|(field, sum)| {
            sum.changed > 0 && !field.storage.is_text() && field.storage != StorageType::Bool
        });
        let numbers = numbers.map(|(field, sum)| NumberChange {
            column: field.name.clone(),
            changed: sum.changed,
            before: sum.before / both as f64,
            after: sum.after / both as f64,
            largest: sum.largest,
        });
        Self { channels: counts, defects: None, numbers: numbers.collect() }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Real(number) => Some(*number),
        _ => None,
    }
}

impl fmt::Display for Difference {
    /// One line a kind: `modules: ...`, `strips or chips: ...`, or `channels: ...` and a line for each column.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ChannelChange { added, removed, changed, unchanged } = self.channels;
        let what = if self.defects.is_some() { "modules" } else { "channels" };
        write!(
            f,
            "{what}: {added} added, {removed} removed, {changed} changed, {unchanged} unchanged"
        )?;
        if let Some(DefectChange { added, removed, unchanged, unreadable }) = self.defects {
            write!(
                f,
                "\nstrips or chips: {added} added, {removed} removed, {unchanged} unchanged"
            )?;
            if unreadable > 0 {
                write!(f, "; {unreadable} lists cannot be read")?;
            }
        }
        for NumberChange { column, changed, before, after, largest } in &self.numbers {
            let (before, after, largest) =
                (crate::SixDigits(*before), crate::SixDigits(*after), crate::SixDigits(*largest));
            write!(
                f,
                "\n{column}: differs in {changed}, mean {before} before and {after} after, largest change {largest}"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<Value> {
        vec![Value::Text(text.to_owned())]
    }

    #[test]
    fn strips_and_modules_are_counted() {
        let payload: PayloadSpec = "DefectList:String4k".parse().unwrap();
        let rows = [
            (Some(list(" 1-3 ")), Some(list(" 2-5 "))),
            (None, Some(list(" 7 "))),
            (Some(list(" 8 ")), None),
            (Some(list(" 9 ")), Some(list("9"))),
            (Some(list("")), Some(list(""))),
            (Some(list("1 x")), Some(list(""))),
        ];
        let pairs = rows.iter().map(|(before, after)| (before.as_deref(), after.as_deref()));
        let found = Difference::of(&payload, pairs);
        assert_eq!(
            found.channels,
            ChannelChange { added: 1, removed: 1, changed: 1, unchanged: 1 }
        );
        let expected = DefectChange { added: 3, removed: 2, unchanged: 3, unreadable: 1 };
        assert_eq!(found.defects, Some(expected));
        assert!(found.to_string().starts_with("modules: 1 added, 1 removed"), "{found}");
    }

    #[test]
    fn numbers_have_means_and_the_largest_change() {
        let payload: PayloadSpec = "n:Int32,x:Float,t:String4k".parse().unwrap();
        let row = |n, x| vec![Value::Int(n), Value::Real(x), Value::Text(String::new())];
        let (a, b, c) = (row(1, 0.5), row(1, 1.5), row(1, 0.5));
        let pairs =
            [(Some(&a[..]), Some(&b[..])), (Some(&a[..]), Some(&c[..])), (None, Some(&c[..]))];
        let found = Difference::of(&payload, pairs);
        assert_eq!(
            found.channels,
            ChannelChange { added: 1, removed: 0, changed: 1, unchanged: 1 }
        );
        let x = NumberChange {
            column: "x".to_owned(),
            changed: 1,
            before: 0.5,
            after: 1.0,
            largest: 1.0,
        };
        assert_eq!(found.numbers, [x]);
        assert_eq!(found.defects, None);
    }
}
