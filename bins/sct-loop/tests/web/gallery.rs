//! A site on which every page has something to show, and the list of its pages.

use fantoccini::Client;
use sct_sim::WorldSettings;
use sct_upload::Task;

use crate::{browser::Visitor, results::Results, site::Site, tasks};

/// The run that has results of every task.
pub(crate) const FULL: u32 = 430_199;

/// What the task that failed says.
pub(crate) const FAILURE: &str = "the histogram file ends in the middle of a basket";

/// Modules with noisy strips: few, unevenly spread, and some more in every run.
fn noisy_modules(run: u32) -> Vec<(usize, usize)> {
    let many = 90 + (run as usize * 7) % 13;
    (0..many).map(|n| ((n * n * 31 + n * 97 + 5) % 4088, 1 + (n * 11) % 37)).collect()
}

/// Runs of every task with flags of every colour, tasks in several states, uploads, a bad mark, run control.
pub(crate) fn gallery() -> Site {
    let settings = "[order]\nrun_control = ['world']\nruns = 'world/runs.db'\n[job]\ncabling = 'cabling.dat'\n";
    let site = Site::with(settings, |data| {
        sct_tasks::simulation::world(&WorldSettings::default(), &data.join("world")).unwrap();
        let cabling = sct_cabling::text::write(&sct_sim::default_cabling()).unwrap();
        std::fs::write(data.join("cabling.dat"), cabling).unwrap();
    });
    let results = {
        let since = (FULL + 2, crate::site::NOW - 7_200);
        Results::new(&site.path("results"), "of the last uploads", since)
    };
    for run in FULL - 20..=FULL {
        results.noisy(run, &noisy_modules(run));
    }
    for run in FULL - 3..=FULL {
        results.noise(run, 3.0 + (run % 5) as f32);
    }
    results.others(FULL);
    for (run, flag, reason) in [
        (FULL + 1, 'G', ""),
        (FULL + 2, 'R', "FAILED in modules; FAILED in strips"),
        (FULL + 3, 'U', "there is no upload to compare with"),
        (FULL + 4, 'Y', "FAILED in StripDiff"),
    ] {
        site.noisy(run, " 5-9 300-302 ", flag, reason);
    }
    tasks::fill(&site, FAILURE);
    let mut uploader = sct_loop::uploader::Uploader::open(site.settings().uploads("sam")).unwrap();
    let standby = "SCT in STANDBY for the whole run";
    uploader.mark_bad(crate::site::run(FULL + 2), Task::NoisyStrip, standby).unwrap();
    site
}

/// Uploads one run, so that lists, log and receipt have something to show.
pub(crate) async fn upload_one(site: &Site, visitor: &Visitor) {
    visitor.open("/noisy-strips").await;
    visitor.click(&format!("input[name=upload][value^='{} ']", FULL + 1)).await;
    visitor.click(".actions button").await;
    visitor.write("#reason", "stable beams, looks as before").await;
    visitor.click(".actions button").await;
    visitor.sees("requested as upload 1").await;
    assert_eq!(site.pass().done, [1]);
}

/// Every page of the gallery: a name and its address.
pub(crate) fn pages() -> Vec<(&'static str, String)> {
    let fixed = [
        ("noisy-strips", "/noisy-strips"),
        ("noise-occupancy", "/noise-occupancy"),
        ("raw-occupancy", "/raw-occupancy"),
        ("dead-chips", "/dead-chips"),
        ("dead-strips", "/dead-strips"),
        ("efficiency", "/efficiency"),
        ("bytestream-errors", "/bytestream-errors"),
        ("lorentz-angle", "/lorentz-angle"),
        ("older", "/noisy-strips?before=430185"),
        ("module", "/modules/2469"),
        ("modules", "/modules"),
        ("modules-wrong", "/modules?find=0.3.3.0"),
        ("history", "/history"),
        ("tasks", "/tasks?older=3"),
        ("tasks-wrong", "/tasks?runs=x"),
        ("task", "/tasks/2"),
        ("task-waits", "/tasks/3"),
        ("task-log", "/tasks/2/jobs/2/log?attempt=1&follow"),
        ("why", "/why?run=440200"),
        ("uploads", "/uploads"),
        ("upload", "/uploads/1"),
        ("query", "/query?q=find+last+5+/+show+run+and+time+and+projecttag"),
        ("query-wrong", "/query?q=find+rnu+5"),
        ("passes", "/passes"),
        ("audit", "/audit"),
        ("help", "/help"),
        ("sign-in", "/sign-in"),
        ("missing", "/runs/7"),
    ];
    let log = format!(
        "/runs/{FULL}/sctns/log/{}.log",
        crate::results::prefix(FULL, "calibration_SCTNoise", "SCTNS")
    );
    let mut pages = fixed.map(|(name, path)| (name, path.to_owned())).to_vec();
    pages.push(("run", format!("/runs/{FULL}")));
    pages.push(("map", format!("/runs/{FULL}/sctns/map/noisy")));
    pages.push(("log", log));
    pages
}

/// Opens everything that is folded.
pub(crate) async fn unfold(client: &Client) {
    let script = "document.querySelectorAll('details').forEach(part => { part.open = true; })";
    client.execute(script, Vec::new()).await.unwrap();
}
