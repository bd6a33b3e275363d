//! What shifters do.

use std::{
    fs,
    path::{Path, PathBuf},
};

use fantoccini::Locator;
use serde_json::Value;

use crate::{browser::play, site::Site};

#[test]
fn a_shifter_uploads_a_run_and_an_admin_undoes_it() {
    let site = Site::new();
    site.noisy(300_001, " 5-9 ", 'G', "");
    site.noisy(300_002, " 5-8 ", 'Y', "FAILED in StripDiff");
    play(&site, async |stage| {
        let shifter = stage.visitor(1280).await;
        shifter.open("/").await;
        shifter.sees("To mark runs for upload or as bad, sign in").await;
        shifter.sign_in("sam").await;
        shifter.sees("Last run 300002 has been processed but not uploaded").await;
        shifter.click("input[name=upload][value^='300001 ']").await;
        shifter.click(".actions button").await;
        shifter.sees("Nothing has happened yet").await;
        shifter.sees("dry run: nothing was written").await;
        shifter.write("#reason", "looks as before").await;
        shifter.click(".actions button").await;
        shifter.sees("Run 300001: requested as upload 1").await;
        assert_eq!(site.pass().done, [1]);
        shifter.open("/noisy-strips").await;
        shifter.sees("done").await;
        assert_eq!(site.objects(300_001), 30);

        // A yellow flag must be looked at: the browser holds the form back until the box is checked.
        shifter.click("input[name=upload][value^='300002 ']").await;
        shifter.click(".actions button").await;
        shifter.sees("The flag is yellow").await;
        shifter.click(".actions button").await;
        shifter.sees("Nothing has happened yet").await;
        shifter.click("input[name=looked]").await;
        shifter.click(".actions button").await;
        shifter.sees("Run 300002: requested as upload 2").await;

        let admin = stage.visitor(1280).await;
        admin.sign_in("root").await;
        admin.open("/uploads/1").await;
        admin.write("#why-undo", "wrong run").await;
        admin.click("button.danger").await;
        admin.sees("undone").await;
        assert_eq!(site.objects(300_001), 0);
        admin.leave().await;
        shifter.leave().await;
        stage
    });
}

#[test]
fn two_shifters_mark_the_same_run() {
    let site = Site::new();
    site.noisy(300_001, " 5-9 ", 'G', "");
    play(&site, async |stage| {
        let (sam, tom) = (stage.visitor(1280).await, stage.visitor(1280).await);
        for (visitor, name) in [(&sam, "sam"), (&tom, "tom")] {
            visitor.sign_in(name).await;
            visitor.open("/noisy-strips").await;
        }
        sam.click("input[name=bad]").await;
        sam.click(".actions button").await;
        tom.click("input[name=upload]").await;
        tom.click(".actions button").await;
        sam.write("#reason", "STANDBY").await;
        sam.click(".actions button").await;
        sam.sees("Run 300001: marked bad").await;
        tom.click(".actions button").await;
        tom.sees("is marked bad by sam: STANDBY").await;
        sam.leave().await;
        tom.leave().await;
        stage
    });
}

#[test]
fn an_ended_session_asks_to_sign_in() {
    let site = Site::new();
    site.noisy(300_001, " 5-9 ", 'G', "");
    play(&site, async |stage| {
        let shifter = stage.visitor(1280).await;
        shifter.sign_in("sam").await;
        shifter.open("/noisy-strips").await;
        shifter.click("input[name=bad]").await;
        // The session ends elsewhere while the page is open.
        shifter.client.delete_all_cookies().await.unwrap();
        shifter.click(".actions button").await;
        shifter.sees("Please sign in; your session may have ended.").await;
        shifter.click("a.button").await;
        shifter.find("#password").await;
        shifter.leave().await;
        stage
    });
}

/// Scripts in texts never run, and the page breaks none of its own rules for the browser.
#[test]
fn attacks_stay_text() {
    let site = Site::new();
    let attack =
        "<script>document.title='broken'</script><img src=x onerror=\"document.title='broken'\">";
    site.noisy(300_001, " 5-9 ", 'Y', attack);
    play(&site, async |stage| {
        let shifter = stage.visitor(1280).await;
        shifter.sign_in("sam").await;
        for path in ["/noisy-strips", "/uploads", "/nothing"] {
            shifter.open(path).await;
            assert!(!shifter.client.title().await.unwrap().contains("broken"), "{path}");
            let scripts = shifter.client.find_all(Locator::Css("script, img[onerror]")).await;
            assert!(scripts.unwrap().is_empty(), "{path}");
        }
        shifter.leave().await;
        stage
    });
}

/// Nothing is wider than the window but what may be moved on its own.
#[test]
fn pages_fit_narrow_and_wide_windows() {
    let site = Site::new();
    for run in 300_001..300_022 {
        let flag = ['G', 'Y', 'R', 'U'][run as usize % 4];
        site.noisy(run, " 5-9 ", flag, "FAILED in StripDiff");
    }
    play(&site, async |stage| {
        for width in [1280_u32, 390] {
            let visitor = stage.visitor(width).await;
            visitor.client.set_window_size(width, 1000).await.unwrap();
            visitor.sign_in("sam").await;
            for path in ["/noisy-strips", "/uploads", "/sign-in"] {
                visitor.open(path).await;
                let script = "return [document.documentElement.scrollWidth, window.innerWidth]";
                let sizes = visitor.client.execute(script, Vec::new()).await.unwrap();
                let size = |place: usize| sizes[place].as_u64().unwrap();
                assert!(size(0) <= size(1), "{path} at {width}: {} in {}", size(0), size(1));
            }
            visitor.leave().await;
        }
        stage
    });
}

/// What a keyboard and a screen reader need: every field has a name, every picture a text, one heading leads.
#[test]
fn everything_has_a_name() {
    let site = Site::new();
    site.noisy(300_001, " 5-9 ", 'Y', "FAILED in StripDiff");
    play(&site, async |stage| {
        let visitor = stage.visitor(1280).await;
        visitor.sign_in("root").await;
        for path in ["/noisy-strips", "/uploads", "/sign-in"] {
            visitor.open(path).await;
            let script = "
                const named = field => field.type === 'hidden' || field.labels.length > 0 || field.ariaLabel;
                return [
                    [...document.querySelectorAll('input, select, textarea')].filter(field => !named(field)).map(field => field.name),
                    [...document.querySelectorAll('img:not([alt])')].map(image => image.src),
                    document.querySelectorAll('h1').length === 1 ? [] : ['h1'],
                    document.documentElement.lang ? [] : ['lang'],
                    [...document.querySelectorAll('table')].filter(table => !table.querySelector('th')).map(() => 'table'),
                ].flat()";
            let faults = visitor.client.execute(script, Vec::new()).await.unwrap();
            assert_eq!(faults, Value::Array(Vec::new()), "{path}");
        }
        visitor.leave().await;
        stage
    });
}

/// Pictures for the documentation: `SCT_SCREENSHOTS=docs/page cargo test -p sct-loop --test web pictures`.
#[test]
fn pictures_are_taken_when_asked_for() {
    let Some(folder) = std::env::var_os("SCT_SCREENSHOTS").map(PathBuf::from) else { return };
    // Tests run in the folder of their package.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    fs::create_dir_all(&folder).unwrap();
    let site = Site::new();
    for run in 300_001..300_022 {
        let flag = ['G', 'G', 'Y', 'G', 'R', 'U'][run as usize % 6];
        let reason = if flag == 'G' { "" } else { "FAILED in StripDiff" };
        site.noisy(run, " 5-9 ", flag, reason);
    }
    play(&site, async |stage| {
        for (width, ending) in [(1280, ""), (390, "-narrow")] {
            let visitor = stage.visitor(width).await;
            visitor.client.set_window_size(width, 1000).await.unwrap();
            visitor.sign_in("sam").await;
            for (path, name) in [("/noisy-strips", "noisy-strips"), ("/help", "help")] {
                visitor.open(path).await;
                let picture = visitor.client.screenshot().await.unwrap();
                fs::write(folder.join(format!("{name}{ending}.png")), picture).unwrap();
            }
            visitor.open("/noisy-strips").await;
            visitor.click("input[name=upload][value^='300021 ']").await;
            visitor.click(".actions button").await;
            visitor.sees("Nothing has happened yet").await;
            let picture = visitor.client.screenshot().await.unwrap();
            fs::write(folder.join(format!("send{ending}.png")), picture).unwrap();
            visitor.leave().await;
        }
        stage
    });
}
