//! What shifters do.

use fantoccini::Locator;

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
        shifter.sees("150 newly masked, 30 no longer masked").await;
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
