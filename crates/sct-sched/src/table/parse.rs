//! The table as text, checked with line numbers.

use std::{collections::BTreeMap, ops::Range};

use sct_job::Part;
use serde::Deserialize;
use serde_json::{Value, json};
use toml::Spanned;
use wildmatch::WildMatch;

use super::{Collect, Kind, Reads, Rule, Table};
use crate::attempt::Limits;

/// What is wrong with a table, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {what}")]
pub struct TableError {
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    defaults: Defaults,
    task: BTreeMap<Spanned<String>, Row>,
}

/// What holds for all rows that say nothing else.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Defaults {
    projects: Option<Vec<String>>,
    retries: Option<u32>,
    hours: Option<Spanned<f64>>,
    cores: Option<Spanned<u32>>,
    memory_mb: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    #[serde(default)]
    comment: String,
    reads: Reads,
    #[serde(default)]
    min_events: u64,
    #[serde(default)]
    run_above: u32,
    projects: Option<Vec<String>>,
    #[serde(default)]
    streams: Vec<String>,
    datasets: Spanned<Vec<String>>,
    part: Vec<Spanned<String>>,
    #[serde(rename = "splitNoisyStrip")]
    split: Option<Spanned<i64>>,
    #[serde(rename = "MaxEvents")]
    max_events: Option<i64>,
    #[serde(rename = "doRunInfo", default)]
    run_info: bool,
    #[serde(rename = "doRunSelector", default)]
    run_selector: bool,
    #[serde(default)]
    dictionary: BTreeMap<Spanned<String>, Value>,
    #[serde(default)]
    after: Vec<Spanned<String>>,
    collect: Option<Spanned<Collecting>>,
    retries: Option<u32>,
    hours: Option<Spanned<f64>>,
    cores: Option<Spanned<u32>>,
    memory_mb: Option<u64>,
    files_per_job: Option<Spanned<usize>>,
    result: Spanned<String>,
}

/// The key `collect`; as it is when a row has it without more.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Collecting {
    runs: usize,
    days: f64,
}

impl Default for Collecting {
    fn default() -> Self {
        Self { runs: 20, days: 14.0 }
    }
}

/// A fault at a place in the text.
type Fault = (Range<usize>, String);

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    ///
    /// [`TableError`] with the line of the first fault.
    pub fn parse(file: &str, text: &str) -> Result<Self, TableError> {
        let fault = |(place, what): Fault| TableError {
            file: file.to_owned(),
            line: 1 + text[..place.start.min(text.len())].matches('\n').count(),
            what,
        };
        let parsed: File = toml::from_str(text)
            .map_err(|error| fault((error.span().unwrap_or(0..0), error.message().to_owned())))?;
        let mut rules = Vec::new();
        for (kind, row) in &parsed.task {
            rules.push((kind.span().start, row.rule(kind, &parsed.defaults).map_err(fault)?));
        }
        rules.sort_by_key(|(place, _)| *place);
        let rules: Vec<Rule> = rules.into_iter().map(|(_, rule)| rule).collect();
        for (kind, row) in &parsed.task {
            row.check_order(kind.get_ref(), &rules).map_err(fault)?;
        }
        Ok(Self { rules })
    }
}

impl Row {
    fn rule(&self, kind: &Spanned<String>, defaults: &Defaults) -> Result<Rule, Fault> {
        let name = kind.get_ref();
        let wrong = || format!("task name '{name}' is not 1 to 16 lower-case letters and digits");
        let short = Kind::new(name).ok_or_else(|| (kind.span(), wrong()))?;
        let parts = self.part.iter().map(|part| {
            part.get_ref().parse::<Part>().map_err(|error| (part.span(), error.to_string()))
        });
        let parts: Vec<Part> = parts.collect::<Result<_, _>>()?;
        if parts.is_empty() || self.datasets.get_ref().is_empty() {
            let what = format!("task {name} needs at least one part and one pattern of data sets");
            return Err((self.datasets.span(), what));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._".contains(&byte);
        let result = self.result.get_ref();
        if result.is_empty() || !result.bytes().all(plain) {
            let what = format!("result '{result}' is no end of a data set name, as HITMAP.c0");
            return Err((self.result.span(), what));
        }
        let patterns = |texts: &[String]| texts.iter().map(|text| WildMatch::new(text)).collect();
        let projects = self.projects.as_ref().or(defaults.projects.as_ref());
        Ok(Rule {
            kind: short,
            name: self.name.clone(),
            comment: self.comment.clone(),
            reads: self.reads,
            min_events: self.min_events,
            run_above: self.run_above,
            projects: projects.map_or_else(|| vec![WildMatch::new("*")], |texts| patterns(texts)),
            streams: patterns(&self.streams),
            datasets: patterns(self.datasets.get_ref()),
            dictionary: self.dictionary()?,
            after: self.after.iter().filter_map(|kind| Kind::new(kind.get_ref())).collect(),
            in_order: self.run_selector && parts.contains(&Part::NoisyStrip),
            collect: self.collect(&parts)?,
            parts,
            retries: self.retries.or(defaults.retries).unwrap_or(0),
            limits: self.limits(defaults)?,
            files_per_job: self.files_per_job()?,
            result: result.clone(),
        })
    }

    fn dictionary(&self) -> Result<BTreeMap<String, Value>, Fault> {
        if let Some(split) = &self.split
            && !(0..=2).contains(split.get_ref())
        {
            let what = format!("splitNoisyStrip is {}, expected 0, 1 or 2", split.get_ref());
            return Err((split.span(), what));
        }
        let mut dictionary = BTreeMap::new();
        for (key, value) in &self.dictionary {
            let known = sct_job::ARGUMENTS.iter().any(|argument| argument.name == key.get_ref());
            if !known || ["input", "prefix", "part"].contains(&key.get_ref().as_str()) {
                let what = format!("'{}' is no key that a table gives to jobs", key.get_ref());
                return Err((key.span(), what));
            }
            dictionary.insert(key.get_ref().clone(), value.clone());
        }
        let mut put = |key: &str, value: Value| dictionary.insert(key.to_owned(), value);
        let parts: Vec<&str> = self.part.iter().map(|part| part.get_ref().as_str()).collect();
        put("part", json!(parts));
        if let Some(split) = &self.split {
            put("splitNoisyStrip", json!(split.get_ref()));
        }
        if let Some(events) = self.max_events {
            put("maxEvents", json!(events));
        }
        if self.run_info {
            put("doRunInfo", json!(true));
        }
        if self.run_selector {
            put("doRunSelector", json!(true));
        }
        Ok(dictionary)
    }

    fn limits(&self, defaults: &Defaults) -> Result<Limits, Fault> {
        let hours = self.hours.as_ref().or(defaults.hours.as_ref());
        let seconds = match hours.map(|hours| (hours.span(), *hours.get_ref())) {
            None => 24 * 3600,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between one second and a year"
            )]
            Some((_, hours)) if (1.0 / 3600.0..=8766.0).contains(&hours) => {
                (3600.0 * hours).round() as u64
            }
            Some((place, hours)) => {
                return Err((place, format!("hours is {hours}, expected a second to a year")));
            }
        };
        let cores = match self.cores.as_ref().or(defaults.cores.as_ref()) {
            None => 1,
            Some(cores) if *cores.get_ref() == 0 => {
                return Err((cores.span(), "a job needs at least one core".to_owned()));
            }
            Some(cores) => *cores.get_ref(),
        };
        let memory = self.memory_mb.or(defaults.memory_mb);
        Ok(Limits { seconds, cores, memory: memory.map(|memory| memory.saturating_mul(1 << 20)) })
    }

    /// Hit maps alone can be added over runs, and noisy strips alone be looked for in the sum.
    fn collect(&self, parts: &[Part]) -> Result<Option<Collect>, Fault> {
        let Some(collect) = &self.collect else { return Ok(None) };
        let fault = |what: &str| Err((collect.span(), what.to_owned()));
        let split = self.split.as_ref().map(|split| *split.get_ref());
        if parts != [Part::NoisyStrip] || split != Some(2) {
            return fault("collect is for doNoisyStrip alone with splitNoisyStrip 2");
        }
        let Collecting { runs, days } = *collect.get_ref();
        if runs < 2 {
            return fault("collect.runs is less than 2");
        }
        if !(0.0..=366.0).contains(&days) {
            return fault("collect.days is not within 0 and 366");
        }
        #[expect(clippy::cast_possible_truncation, reason = "a year at most")]
        let seconds = (86_400.0 * days) as i64;
        Ok(Some(Collect { runs, seconds }))
    }

    fn files_per_job(&self) -> Result<Option<usize>, Fault> {
        match &self.files_per_job {
            None => Ok(None),
            Some(files) if *files.get_ref() == 0 => {
                Err((files.span(), "files_per_job is 0: leave it out for all".to_owned()))
            }
            Some(files) => Ok(Some(*files.get_ref())),
        }
    }

    /// A task reads the results of others that are in the table, and never its own, however far around.
    fn check_order(&self, kind: &str, rules: &[Rule]) -> Result<(), Fault> {
        for after in &self.after {
            let fault = |what: String| Err((after.span(), what));
            let name = after.get_ref();
            let Some(earlier) = rules.iter().find(|rule| rule.kind.as_str() == name) else {
                return fault(format!("task {kind} comes after '{name}', which is not there"));
            };
            let type_of_result = earlier.result.split('.').next().unwrap_or_default();
            if type_of_result != self.reads.word() {
                let reads = self.reads.word();
                return fault(format!(
                    "task {kind} reads {reads}, but {name} gives {type_of_result}"
                ));
            }
            let mut next: Vec<&Kind> = earlier.after.iter().collect();
            let mut seen = vec![name.as_str()];
            if name == kind {
                return fault(format!("task {kind} comes after itself"));
            }
            while let Some(one) = next.pop() {
                if one.as_str() == kind {
                    return fault(format!("task {kind} comes after itself, by way of {name}"));
                }
                if !seen.contains(&one.as_str()) {
                    seen.push(one.as_str());
                    let of_one = rules.iter().filter(|rule| rule.kind == *one);
                    next.extend(of_one.flat_map(|rule| &rule.after));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "[task.a]\nname = 'A'\nreads = 'RAW'\ndatasets = ['*']\npart = ['doHV']\nresult = 'HV.c0'\n";

    fn fault(text: &str) -> (usize, String) {
        let error = Table::parse("t", text).unwrap_err();
        (error.line, error.what)
    }

    #[test]
    fn the_table_that_ships_is_the_guide_s() {
        let table = Table::default();
        let kinds: Vec<&str> = table.rules().iter().map(|rule| rule.kind.as_str()).collect();
        assert_eq!(
            kinds,
            ["scthm", "sctns", "scteff", "sctno", "sctbse", "sctro", "sctla", "sctdc", "sctds"]
        );
        let noisy = &table.rules()[1];
        assert_eq!((noisy.min_events, noisy.run_above, noisy.in_order), (10_000, 266_903, true));
        assert_eq!(noisy.after, [Kind::new("scthm").unwrap()]);
        assert_eq!(noisy.dictionary["splitNoisyStrip"], 2);
        assert_eq!(noisy.collect, None);
        assert_eq!(table.min_events(&table.rules()[0]), 10_000);
        assert_eq!(table.rules()[0].files_per_job, Some(1));
        assert_eq!(table.rules()[8].run_above, 999_999);
    }

    #[test]
    fn a_fault_has_its_line() {
        assert!(Table::parse("t", ROW).is_ok());
        assert_eq!(fault(&ROW.replace("doHV", "doHW")).0, 5);
        assert_eq!(fault(&ROW.replace("'RAW'", "'RAV'")).0, 3);
        assert_eq!(fault(&format!("{ROW}colour = 1\n")).0, 7);
        assert_eq!(fault(&format!("{ROW}retries = -1\n")).0, 7);
        assert_eq!(fault(&format!("{ROW}splitNoisyStrip = 3\n")).0, 7);
        assert_eq!(fault(&format!("{ROW}hours = 0\n")).0, 7);
        assert_eq!(fault(&format!("{ROW}[task.a.dictionary]\ninput = 'x'\n")).0, 8);
        assert_eq!(fault(&ROW.replace("[task.a]", "[task.A]")).0, 1);
        assert_eq!(fault(&format!("{ROW}{ROW}")).0, 7);
        assert_eq!(fault(&ROW.replace("'*'", "")).0, 4);
        assert_eq!(fault(&ROW.replace("HV.c0", "a/b")).0, 6);
    }

    #[test]
    fn short_runs_are_kept_where_a_row_says_so() {
        let noisy = "after = [\"scthm\"]\n";
        let with = |line: &str| Table::DEFAULT.replacen(noisy, &format!("{noisy}{line}\n"), 1);
        let collect = |line: &str| {
            let table = Table::parse("t", &with(line)).unwrap();
            // However few events there are: they may be enough together.
            assert_eq!(table.min_events(&table.rules()[0]), 0);
            assert_eq!(table.min_events(&table.rules()[1]), 10_000);
            table.rules()[1].collect.unwrap()
        };
        assert_eq!(collect("collect = {}"), Collect { runs: 20, seconds: 14 * 86_400 });
        assert_eq!(
            collect("collect = { runs = 3, days = 0.5 }"),
            Collect { runs: 3, seconds: 43_200 }
        );
        let line = with("").lines().position(|line| line.starts_with("after")).unwrap() + 2;
        for wrong in ["{ runs = 1 }", "{ days = -1 }", "{ days = 400 }", "{ hours = 1 }", "true"] {
            assert_eq!(fault(&with(&format!("collect = {wrong}"))).0, line, "{wrong}");
        }
        assert_eq!(fault(&format!("{ROW}collect = {{}}\n")).0, 7);
    }

    #[test]
    fn tasks_come_after_others_that_give_what_they_read() {
        let (line, what) = fault(&format!("{ROW}after = ['b']\n"));
        assert_eq!((line, what.as_str()), (7, "task a comes after 'b', which is not there"));
        assert!(fault(&format!("{ROW}after = ['a']\n")).1.contains("reads RAW, but a gives HV"));
        let round = |name: &str, after: &str| {
            ROW.replace("task.a", &format!("task.{name}")).replace("HV.c0", "RAW.c0")
                + &format!("after = ['{after}']\n")
        };
        let (line, what) = fault(&format!("{}{}", round("a", "b"), round("b", "a")));
        assert_eq!((line, what.as_str()), (7, "task a comes after itself, by way of b"));
    }
}
