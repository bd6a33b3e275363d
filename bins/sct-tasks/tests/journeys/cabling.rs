//! The cabling from the conditions database, from text, and made up.

use std::{fs, path::Path};

use sct_cabling::{Cabling, UsableLinks, cool};
use sct_conditions::{
    ChannelId, GEOG_FOLDERS, MUR_FOLDERS, ROD_FOLDERS, ROD_MUR_FOLDERS, Value, VectorRow,
    cabling_row, mur_row,
};
use sct_cool::{Clock, StoreTarget, Writer};
use sct_id::{Iov, ModuleHash, ModulePosition, Region, WaferHash};
use sct_sim::{Detector, default_cabling};
use sct_tasks::{
    cabling::read,
    conditions::{Moment, cabling},
};

use crate::RUN;

fn moment() -> Moment {
    Moment { run: RUN.settings.run, start: None }
}

fn simulated() -> Cabling {
    sct_sim::cabling(&Detector::new(&RUN.settings).unwrap())
}

#[test]
fn the_database_holds_the_simulated_cabling() {
    let (found, expected) = (read(None, Some(&RUN.path("conditions.db")), moment()), simulated());
    let found = found.unwrap();
    assert_eq!(found.len(), WaferHash::COUNT);
    assert_eq!(found, expected);
    let dead = ModuleHash::all().filter(|&module| found.usable_links(module).only().is_some());
    assert_eq!(dead.count(), RUN.settings.defects.masked_links);
    assert_eq!(ModuleHash::all().filter(|&module| found.is_crossed(module)).count(), 8);
}

#[test]
fn the_text_holds_it_but_for_crossed_links() {
    let nowhere = RUN.path("no such file");
    let found = read(Some(&RUN.path("cabling.dat")), Some(&nowhere), moment()).unwrap();
    let mut expected = simulated();
    for module in ModuleHash::all() {
        expected.set_crossed(module, false);
    }
    assert_eq!(found, expected);
}

#[test]
fn without_folders_there_is_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reference.db");
    sct_sim::write_reference(&RUN.settings, 1, &path).unwrap();
    assert_eq!(cabling(&path, moment()).unwrap(), None);
    assert_eq!(read(None, Some(&path), moment()).unwrap(), default_cabling());
    assert_eq!(read(None, None, moment()).unwrap(), default_cabling());
}

/// A unit of one module, and places without one; `last` is one more item of MUR.
fn one_module(path: &Path, geography: bool, last: Vec<Value>) -> anyhow::Result<Option<Cabling>> {
    let serial = Some(20_220_170_200_183);
    let mut nothing = vec![Value::Null; 7];
    nothing[0] = Value::Int(9999);
    let modules = vec![mur_row(3132, Some(6), serial, [128, 255]), nothing, last];
    let mut writer = Writer::create(path, "CONDBR2", Clock::fixed(0))?;
    for (folder, items) in [
        (ROD_FOLDERS[0], vec![cabling_row([0x21_0003, 1, 9])]),
        (ROD_MUR_FOLDERS[0], vec![cabling_row([3132, 1, 9, 2])]),
        (MUR_FOLDERS[0], modules),
        (GEOG_FOLDERS[0], vec![]),
    ] {
        if folder == GEOG_FOLDERS[0] && !geography {
            continue;
        }
        writer.create_folder(&folder.folder())?;
        let row = VectorRow { channel: ChannelId(1), iov: Iov::from_run(moment().run), items };
        writer.store_vectors(folder.path, &StoreTarget::Head, &[row])?;
    }
    drop(writer);
    let found = cabling(path, moment());
    fs::remove_file(path)?;
    found
}

#[test]
fn rows_that_do_not_fit_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.db");
    // A unit that is on no ROD.
    let stray = mur_row(3001, Some(1), Some(20_220_170_200_184), [128, 128]);
    let found = one_module(&path, true, stray.clone()).unwrap().unwrap();
    let online = found.iter().map(|(wafer, online)| (wafer.to_string(), online.to_u32()));
    let (zero, one) = (34 << 24 | 0x21_0003, 35 << 24 | 0x21_0003);
    let module = ModulePosition::new(Region::Barrel, 0, 31, 6).unwrap().hash();
    let expected = module.wafers().map(|wafer| wafer.to_string()).into_iter().zip([zero, one]);
    assert!(online.eq(expected));
    assert_eq!(found.usable_links(module), UsableLinks::OnlyLink0);
    // Without Geog it is not known where the end-caps are.
    assert_eq!(one_module(&path, false, stray).unwrap(), None);
}

#[test]
fn damage_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.db");
    let mut null = mur_row(3132, Some(5), Some(20_220_170_200_184), [128, 128]);
    null[4] = Value::Null;
    let error = format!("{:#}", one_module(&path, true, null).unwrap_err());
    assert!(error.contains("damaged.db") && error.contains("folder MUR has a null"), "{error}");
    // Nothing is valid before the run.
    let early = Moment { run: sct_id::RunNumber::new(1).unwrap(), start: None };
    let error = format!("{:#}", cabling(&RUN.path("conditions.db"), early).unwrap_err());
    assert!(error.contains("connect no wafer at run 1"), "{error}");
    let text = folder.path().join("cabling.dat");
    fs::write(&text, "no table").unwrap();
    assert!(read(Some(&text), None, moment()).is_err());
    // The rows of the simulation fit as they are.
    assert!(cool::read(&cool::write(&simulated()).unwrap()).warnings.is_empty());
}
