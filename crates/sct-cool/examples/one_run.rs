//! How does the database of one run look? Writes one: `one_run RUN MODULES LIST OUT`, with the same list of noisy strips for
//! the first modules of the detector.

use std::{error::Error, path::Path};

use sct_conditions::{MONITORING, monitoring_row};
use sct_cool::{FolderContent, write_file};
use sct_id::{Iov, ModuleHash, RunNumber};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [run, modules, list, out] = &arguments[..] else {
        return Err("expected RUN MODULES LIST OUT".into());
    };
    let iov = Iov::run(run.parse::<RunNumber>()?);
    let rows = ModuleHash::all()
        .take(modules.parse()?)
        .map(|module| monitoring_row(module, iov, 0.015, list))
        .collect::<Result<_, _>>()?;
    let tag = MONITORING.tag.to_owned();
    write_file(
        Path::new(out),
        "CONDBR2",
        &[FolderContent { folder: MONITORING.folder(), tag, rows }],
    )?;
    Ok(())
}
