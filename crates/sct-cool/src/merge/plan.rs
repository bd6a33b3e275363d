//! What a merge would do: every check and every change, before anything is written.

use rusqlite::OptionalExtension as _;
use sct_conditions::{Folder, PayloadMode, Versioning};

use super::{Change, MergeError, MergeOptions, Refusal, State, change::change};
use crate::{Database, Error, LockStatus, Node, Object, Selection, TagInfo};

/// All that a merge would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// By folder and tag.
    pub folders: Vec<FolderPlan>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// What would happen under one tag of one folder.
#[derive(Clone, Debug, PartialEq)]
pub struct FolderPlan {
    /// The folder as the source has it.
    pub folder: Folder,
    /// Tag of the source.
    pub source_tag: String,
    /// Tag of the master.
    pub tag: String,
    /// Lock of the tag at the master; none when the master does not have the tag.
    pub lock: Option<LockStatus>,
    /// Lock of the tag in the source.
    pub source_lock: LockStatus,
    /// Objects of the source by channel and start.
    pub changes: Vec<Change>,
}

impl Plan {
    /// Objects that would be stored.
    pub fn stored(&self) -> usize {
        self.folders.iter().map(|folder| folder.stored().count()).sum()
    }
}

impl FolderPlan {
    /// Objects that would be stored.
    pub fn stored(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| !change.is_there())
    }
}

/// Compares a source with a master and checks everything that can be checked without writing.
///
/// # Errors
///
/// [`MergeError::Refused`] with all reasons at once, and [`MergeError::Database`].
pub fn plan(
    source: &Database,
    master: &Database,
    options: &MergeOptions,
) -> Result<Plan, MergeError> {
    let mut planner =
        Planner { source, master, options, refusals: Vec::new(), warnings: Vec::new() };
    let mut folders = Vec::new();
    for node in source.folders() {
        if options.folders.is_empty() || options.folders.contains(&node.path) {
            folders.extend(planner.folder(node)?);
        }
    }
    for wanted in &options.folders {
        if source.folder(wanted).is_err() {
            planner.refusals.push(Refusal::Empty(format!("the source has no folder {wanted}")));
        }
    }
    if planner.refusals.is_empty() && folders.is_empty() {
        let what = "the source has no visible object under a tag that is asked for";
        planner.refusals.push(Refusal::Empty(what.to_owned()));
    }
    if planner.refusals.is_empty() {
        Ok(Plan { folders, warnings: planner.warnings })
    } else {
        Err(MergeError::Refused(planner.refusals))
    }
}

struct Planner<'a> {
    source: &'a Database,
    master: &'a Database,
    options: &'a MergeOptions,
    refusals: Vec<Refusal>,
    warnings: Vec<String>,
}

impl Planner<'_> {
    fn folder(&mut self, node: &Node) -> Result<Vec<FolderPlan>, MergeError> {
        let folder = node.require_folder(self.source)?;
        if folder.versioning == Versioning::Single || folder.payload_mode == PayloadMode::Vector {
            let what =
                format!("{} is no multi-version folder with one payload an object", node.path);
            self.refusals.push(Refusal::Empty(what));
            return Ok(Vec::new());
        }
        if self.source.count_objects(node, &Selection::tag(""))? > 0 {
            self.warnings.push(format!("{}: the head of the source is left out", node.path));
        }
        let master = self.master.folder(&node.path).ok();
        match master {
            Some(master) => self.compare(folder, node, master)?,
            None if self.options.create_folders => {}
            None => {
                self.refusals.push(Refusal::Folder(node.path.clone()));
                return Ok(Vec::new());
            }
        }
        let mut plans = Vec::new();
        for tag in self.source.tags(node)? {
            if !self.options.tags.is_empty() && !self.options.tags.contains(&tag.name) {
                continue;
            }
            let objects = self.source.node_objects(node, &Selection::tag(&tag.name))?;
            if objects.is_empty() {
                self.warnings
                    .push(format!("{}: tag '{}' has no visible object", node.path, tag.name));
                continue;
            }
            plans.push(self.tag(folder, master, &tag, objects)?);
        }
        if let Some(tag) = self.options.retag.clone().filter(|_| plans.len() > 1) {
            let what = "would take the objects of several tags of the source";
            self.refusals.push(Refusal::TagName { folder: node.path.clone(), tag, what });
        }
        Ok(plans)
    }

    /// Folder against folder.
    fn compare(&mut self, folder: &Folder, source: &Node, master: &Node) -> Result<(), Error> {
        let there = master.require_folder(self.master)?;
        let differs = |what, source_has: String, master_has: String| Refusal::Specification {
            folder: source.path.clone(),
            what,
            source_has,
            master_has,
        };
        if folder.versioning != there.versioning {
            let (ours, theirs) =
                (format!("{:?}", folder.versioning), format!("{:?}", there.versioning));
            self.refusals.push(differs("the versioning", ours, theirs));
        }
        if folder.payload != there.payload {
            let (ours, theirs) = (folder.payload.to_string(), there.payload.to_string());
            self.refusals.push(differs("the payload specification", ours, theirs));
        }
        if folder.payload_mode != there.payload_mode {
            let modes = format!("{:?} and {:?}", folder.payload_mode, there.payload_mode);
            if there.payload_mode == PayloadMode::Vector {
                let (ours, theirs) =
                    (format!("{:?}", folder.payload_mode), format!("{:?}", there.payload_mode));
                self.refusals.push(differs("the payload mode", ours, theirs));
            } else {
                self.warnings
                    .push(format!("{}: payload is {modes}; the master's way is used", source.path));
            }
        }
        if source.description != master.description {
            let (ours, theirs) = (source.description.clone(), master.description.clone());
            if self.options.ignore_description {
                let path = &source.path;
                self.warnings.push(format!(
                    "{path}: description '{ours}' is ignored, the master keeps '{theirs}'"
                ));
            } else {
                self.refusals.push(differs("the description", ours, theirs));
            }
        }
        for (channel, name) in channel_names(self.source, source)? {
            let known = channel_name(self.master, master, channel)?;
            if let Some(known) = known.filter(|known| *known != name) {
                let folder = source.path.clone();
                self.refusals.push(Refusal::Channel {
                    folder,
                    channel,
                    source_has: name,
                    master_has: known,
                });
            }
        }
        Ok(())
    }

    fn tag(
        &mut self,
        folder: &Folder,
        master: Option<&Node>,
        tag: &TagInfo,
        objects: Vec<Object>,
    ) -> Result<FolderPlan, MergeError> {
        let name = self.options.retag.clone().unwrap_or_else(|| tag.name.clone());
        let known = match master {
            Some(node) => self.master.tags(node)?,
            None => Vec::new(),
        };
        let found = known.iter().find(|known| known.name == name);
        self.check_tag(folder, &name, found, &known)?;
        let mut changes = Vec::new();
        for Object { row, .. } in objects {
            let change = match (master, found) {
                (Some(node), Some(found)) => change(self.master, node, found.id, row)?,
                _ => Change { row, before: None, state: State::New, hides: Vec::new() },
            };
            let mut change = change;
            if self.options.write_identical && change.state == State::Identical {
                change.state = State::New;
            }
            changes.push(change);
        }
        let plan = FolderPlan {
            folder: folder.clone(),
            source_tag: tag.name.clone(),
            tag: name,
            lock: found.map(|found| found.lock),
            source_lock: tag.lock,
            changes,
        };
        self.check_lock(&plan);
        self.check_mode(&plan);
        self.check_content(&plan);
        Ok(plan)
    }

    fn check_tag(
        &mut self,
        folder: &Folder,
        name: &str,
        found: Option<&TagInfo>,
        known: &[TagInfo],
    ) -> Result<(), Error> {
        let path = folder.path.clone();
        let bad = |what| Refusal::TagName { folder: path.clone(), tag: name.to_owned(), what };
        if name.is_empty() || name.eq_ignore_ascii_case("HEAD") {
            self.refusals.push(bad("cannot be the name of a tag"));
            return Ok(());
        }
        match found {
            Some(found) if !found.user_tag && self.master.tags_rows(folder, found.id)? => {
                self.refusals.push(bad("was made from the head"));
            }
            Some(_) => {}
            None if self.master.tag_elsewhere(name)? => {
                self.refusals.push(bad("belongs to another folder of the master"));
            }
            None if self.options.create_tags => {
                self.warnings.push(format!("{path}: tag '{name}' is new"));
            }
            None => {
                let known = known.iter().map(|known| known.name.clone()).collect();
                self.refusals.push(Refusal::Tag { folder: path, tag: name.to_owned(), known });
            }
        }
        Ok(())
    }

    fn check_lock(&mut self, plan: &FolderPlan) {
        let overlapping = plan.stored().find(|change| !change.hides.is_empty());
        let over = |change: &Change| {
            let (channel, iov) = (change.row.channel, change.row.iov);
            format!("and has an object in channel {channel} within {iov}")
        };
        let what = match (plan.lock, overlapping) {
            (Some(LockStatus::Locked), _) if !self.options.append_locked => "locked".to_owned(),
            (Some(LockStatus::Locked), Some(change)) => format!("locked {}", over(change)),
            (Some(LockStatus::PartiallyLocked), Some(change)) => {
                format!("partially locked {}", over(change))
            }
            _ => return,
        };
        // A repeated merge stores nothing, and so meets no lock.
        if plan.stored().next().is_some() {
            let (folder, tag) = (plan.folder.path.clone(), plan.tag.clone());
            self.refusals.push(Refusal::Locked { folder, tag, what });
        }
    }

    /// Update modes. Source: section 12.3 of `docs/formats/cool.md`.
    fn check_mode(&mut self, plan: &FolderPlan) {
        let Some(mode) = update_mode(&plan.tag, &plan.folder.description) else { return };
        if plan.lock.is_none() || self.options.ignore_mode.as_deref() == Some(mode.as_str()) {
            return;
        }
        let first = plan.stored().map(|change| change.row.iov.since() >> 32).min();
        let late = first
            .zip(self.options.processed)
            .filter(|(first, last)| *first <= u64::from(last.to_u32()));
        let what = match (mode.as_str(), late) {
            ("UPD3", _) => {
                let bad = plan.stored().find(|change| {
                    let later = change.before.as_ref().is_some_and(|before| {
                        before.object.row.iov.since() >= change.row.iov.since()
                    });
                    !change.row.iov.is_open() || later
                });
                bad.map(|change| {
                    format!(
                        "channel {}: only open intervals, each later than the last",
                        change.row.channel
                    )
                })
            }
            (_, Some((first, last))) => {
                Some(format!("run {first} is not after run {last}, whose processing has begun"))
            }
            _ => None,
        };
        if let Some(what) = what {
            let (folder, tag) = (plan.folder.path.clone(), plan.tag.clone());
            self.refusals.push(Refusal::Mode { folder, tag, mode, what });
        }
    }

    fn check_content(&mut self, plan: &FolderPlan) {
        let is = |state: State| plan.changes.iter().filter(move |change| change.state == state);
        let there = plan.changes.iter().filter(|change| change.is_there()).count();
        let fresh = is(State::New).count();
        // Part of a run that is there and another part that is not is other content too.
        let different = is(State::Different).count() + if there > 0 { fresh } else { 0 };
        let later = is(State::Later).count();
        if different + later == 0 || self.options.replace {
            return;
        }
        let since = plan.changes.iter().find(|change| change.state != State::New);
        let objects = plan.changes.len();
        let start = since.map_or(0, |change| change.row.iov.since());
        let place = match sct_conditions::TimeStamp::from_description(&plan.folder.description) {
            Some(sct_conditions::TimeStamp::Time) => format!("key {start}"),
            _ => format!("run {}", start >> 32),
        };
        let what = if different > 0 {
            format!(
                "{place} is there already with other content ({different} of {objects} objects differ)"
            )
        } else {
            format!(
                "later content lies inside the intervals of {place} ({later} of {objects} objects)"
            )
        };
        let (folder, tag) = (plan.folder.path.clone(), plan.tag.clone());
        self.refusals.push(Refusal::Content { folder, tag, what });
    }
}

/// `UPD1` to `UPD4` from the name of a tag or the description of its folder.
fn update_mode(tag: &str, description: &str) -> Option<String> {
    let modes = || (1..=4).map(|number| format!("UPD{number}"));
    let described = description
        .split_once("<updateMode>")
        .and_then(|(_, rest)| rest.split_once("</updateMode>"));
    modes()
        .find(|mode| tag.contains(mode.as_str()))
        .or_else(|| modes().find(|mode| described.is_some_and(|(found, _)| found.trim() == mode)))
}

fn channel_names(database: &Database, node: &Node) -> Result<Vec<(u32, String)>, Error> {
    let sql = format!(
        "SELECT CHANNEL_ID, CHANNEL_NAME FROM \"{}\" WHERE CHANNEL_NAME IS NOT NULL AND CHANNEL_NAME <> ''",
        node.tables.channels
    );
    let failed = || database.failed("channels");
    let mut statement = database.connection.prepare(&sql).map_err(failed())?;
    let names = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    names.and_then(Iterator::collect).map_err(failed())
}

/// The name of a channel that exists; empty when it has none.
fn channel_name(database: &Database, node: &Node, channel: u32) -> Result<Option<String>, Error> {
    let sql = format!(
        "SELECT coalesce(CHANNEL_NAME, '') FROM \"{}\" WHERE CHANNEL_ID = ?1",
        node.tables.channels
    );
    database
        .connection
        .query_row(&sql, [channel], |row| row.get(0))
        .optional()
        .map_err(database.failed("channels"))
}

impl Database {
    /// Whether rows say that the tag was made from the head.
    fn tags_rows(&self, folder: &Folder, tag: u32) -> Result<bool, Error> {
        let node = self.folder(&folder.path)?;
        let sql =
            format!("SELECT EXISTS(SELECT 1 FROM \"{}\" WHERE TAG_ID = ?1)", node.tables.iov2tag);
        self.connection.query_row(&sql, [tag], |row| row.get(0)).map_err(self.failed("tags"))
    }

    /// Whether any node has a tag of this name.
    fn tag_elsewhere(&self, tag: &str) -> Result<bool, Error> {
        let sql =
            format!("SELECT EXISTS(SELECT 1 FROM \"{}\" WHERE TAG_NAME = ?1)", self.table("TAGS"));
        self.connection.query_row(&sql, [tag], |row| row.get(0)).map_err(self.failed("tags"))
    }
}
