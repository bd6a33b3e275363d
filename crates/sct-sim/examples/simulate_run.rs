//! Writes a full-size run, or one described by a JSON file, into a folder.

use std::{env, error::Error, fs, path::Path, time::Instant};

use sct_sim::{Settings, simulate_run};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().ok_or("usage: simulate_run FOLDER [SETTINGS.json]")?;
    let settings = match arguments.next() {
        Some(path) => serde_json::from_str(&fs::read_to_string(path)?)?,
        None => Settings::full_size(),
    };
    let start = Instant::now();
    let truth = simulate_run(&settings, Path::new(&folder))?.truth;
    let summary = format!(
        "{} events, {} hits, {} noisy strips in {:.1} s\n",
        truth.events,
        truth.hits,
        truth.expected.strips.len(),
        start.elapsed().as_secs_f64()
    );
    fs::write(Path::new(&folder).join("summary.txt"), summary)?;
    Ok(())
}
