//! The last upload, and the numbers of recent ones.

use std::path::Path;

use anyhow::Context as _;
use sct_conditions::{MONITORING, StripSet, StripSets, Value, parse_defect_list};
use sct_cool::{Database, Object, Selection};
use sct_id::{CompactId, LumiBlock, RunLumi, RunNumber};
use sct_job::{ExitCode, Properties};
use sct_noisy_strip::Recent;
use sct_xml::BadStripsList;

use crate::failure::Coded;

/// What earlier uploads say.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    /// Noisy strips of the last upload; none when there is no source of them.
    pub strips: Option<StripSets>,
    /// (modules, strips) of recent uploads, most recent first.
    pub runs: Vec<(u64, u64)>,
}

/// Place of the defect list among the columns of the folder.
const DEFECT_LIST: usize = 7;

impl Reference {
    /// What the job is told: `reference` (a file and its tag) before what the conditions say, before nothing at all.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub fn choose(
        reference: Option<(&Path, &str)>,
        conditions: Option<&Path>,
        run: RunNumber,
        properties: &Properties,
    ) -> anyhow::Result<Self> {
        match (reference, conditions) {
            (Some((path, tag)), _) => Self::read(path, tag, run, properties),
            (None, Some(path)) => Self::from_conditions(path, run, properties),
            (None, None) => Ok(Self::default()),
        }
    }

    /// Reads the noisy strips of the last upload: a list in XML, or a COOL file with `tag`.
    ///
    /// # Errors
    ///
    /// When the file is damaged or has no such folder or tag.
    pub fn read(
        path: &Path,
        tag: &str,
        run: RunNumber,
        properties: &Properties,
    ) -> anyhow::Result<Self> {
        if is_xml(path) {
            let strips = BadStripsList::read(path)?.modules;
            let numbers =
                (strips.len() as u64, strips.values().map(StripSet::len).sum::<usize>() as u64);
            return Ok(Self { strips: Some(strips), runs: vec![numbers] });
        }
        let database = Database::open(path)?;
        let mut found = Self::of(&database, tag, run, properties)?;
        // The last upload may have been valid for its own run alone.
        if found.strips.as_ref().is_none_or(StripSets::is_empty) {
            let last = database.last_start(MONITORING.path, tag, key(run))?;
            if let Some(since) = last {
                let objects = database.objects(MONITORING.path, &Selection::tag(tag).at(since))?;
                found.strips = Some(strip_sets(path, &objects)?);
            }
        }
        Ok(found)
    }

    /// Reads what a conditions database says is valid for the run. A database without the folder or tag says nothing.
    ///
    /// # Errors
    ///
    /// When the file is damaged.
    pub fn from_conditions(
        path: &Path,
        run: RunNumber,
        properties: &Properties,
    ) -> anyhow::Result<Self> {
        let database = Database::open(path)?;
        let tag = &properties.tag_noisy_upload_test;
        match Self::of(&database, tag, run, properties) {
            Err(error)
                if matches!(
                    error.downcast_ref::<sct_cool::Error>(),
                    Some(sct_cool::Error::Folder { .. } | sct_cool::Error::Tag { .. })
                ) =>
            {
                tracing::warn!("{error}: there is no reference");
                Ok(Self::default())
            }
            other => other,
        }
    }

    fn of(
        database: &Database,
        tag: &str,
        run: RunNumber,
        properties: &Properties,
    ) -> anyhow::Result<Self> {
        let at_run = database.objects(MONITORING.path, &Selection::tag(tag).at(key(run)))?;
        let strips = strip_sets(database.path(), &at_run)?;
        let count = usize::try_from(properties.noisy_read_num_runs).unwrap_or(0);
        let mut runs = Vec::new();
        // Backwards from the run: a master has thousands of uploads, and the last few count.
        let mut end = Some(key(run) | u64::from(LumiBlock::MAX.to_u32()));
        while let Some(last) = end.filter(|_| runs.len() < count) {
            let Some(start) = database.last_start(MONITORING.path, tag, last)? else { break };
            let start = start >> 32;
            if start != u64::from(run.to_u32()) {
                let span = Selection::tag(tag).within(start << 32, ((start + 1) << 32) - 1);
                runs.push(numbers(database.path(), &database.objects(MONITORING.path, &span)?)?);
            }
            end = (start << 32).checked_sub(1);
        }
        Ok(Self { strips: Some(strips), runs })
    }

    /// Averages for the upload test; numbers given as properties win.
    pub fn recent(&self, properties: &Properties) -> Option<Recent> {
        let read = Recent::from_runs(&self.runs);
        // The original's marks for "not there": -1 for modules, -999 for strips.
        let given =
            |value: f32, absent: f32| (value.to_bits() != absent.to_bits()).then_some(value);
        let modules = given(properties.noisy_module_average_in_db, -1.0)
            .or(read.map(|read| read.module_average))?;
        let last_known = properties.noisy_strip_last_run_in_db != -999 || read.is_some();
        let strips = given(properties.noisy_strip_average_in_db, -999.0)
            .or(read.map(|read| read.strip_average));
        last_known
            .then(|| Recent { module_average: modules, strip_average: strips.unwrap_or(-999.0) })
    }
}

fn is_xml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml"))
}

fn key(run: RunNumber) -> u64 {
    RunLumi { run, lumi_block: LumiBlock::new(0) }.key()
}

fn defect_list(object: &Object) -> &str {
    match object.row.payload.get(DEFECT_LIST) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

fn parsed(path: &Path, object: &Object) -> anyhow::Result<StripSet> {
    parse_defect_list(defect_list(object)).with_context(|| {
        let place =
            format!("{}: {} channel {}", path.display(), MONITORING.path, object.row.channel);
        Coded::new(ExitCode::InputFileValidationFail, place)
    })
}

/// Lists that are not empty, by module.
fn strip_sets(path: &Path, objects: &[Object]) -> anyhow::Result<StripSets> {
    let mut sets = StripSets::new();
    for object in objects {
        let strips = parsed(path, object)?;
        let module = CompactId::from_u32(object.row.channel.0).with_context(|| {
            let place =
                format!("{}: {} channel {}", path.display(), MONITORING.path, object.row.channel);
            Coded::new(ExitCode::InputFileValidationFail, place)
        })?;
        if !strips.is_empty() {
            sets.insert(module.module().hash(), strips);
        }
    }
    Ok(sets)
}

/// Modules with a list, where one blank counts as a list, and strips.
fn numbers(path: &Path, objects: &[Object]) -> anyhow::Result<(u64, u64)> {
    let modules = objects.iter().filter(|object| !defect_list(object).is_empty()).count();
    let strips: usize = objects
        .iter()
        .map(|object| Ok(parsed(path, object)?.len()))
        .sum::<anyhow::Result<usize>>()?;
    Ok((modules as u64, strips as u64))
}
