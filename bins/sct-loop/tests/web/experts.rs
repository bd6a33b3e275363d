//! What experts do, what visitors look for, and what nobody may do.

use fantoccini::Locator;
use serde_json::{Value, json};

use crate::{
    browser::play,
    gallery::{FAILURE, FULL, gallery},
    site::Site,
};

#[test]
fn an_expert_takes_a_failed_job_up_again_and_lets_a_run_go() {
    let site = gallery();
    play(&site, async |stage| {
        let expert = stage.visitor(1280).await;
        expert.sign_in("eve").await;
        expert.open("/tasks?state=FAILED&older=3").await;
        expert.open("/tasks/2").await;
        expert.sees(FAILURE).await;
        expert.sees("Take failed jobs up again").await;
        // Without a reason the browser holds the form back.
        expert.click("form[action='/tasks/2/retry'] button").await;
        expert.sees("Take failed jobs up again").await;
        expert.write("#why-retry", "the file was copied again").await;
        expert.click("form[action='/tasks/2/retry'] button").await;
        expert.sees("the file was copied again").await;
        assert!(!expert.text().await.contains("Take failed jobs up again"));

        expert.open("/tasks/3").await;
        expert.sees("It waits").await;
        expert.write("form[action='/release'] input[name=reason]", "no beam in that run").await;
        expert.click("form[action='/release'] button").await;
        // The form leads back to the page; to open it before that would take the request back.
        expert.misses("It waits").await;
        expert.leave().await;

        // A shifter sees the same without the forms.
        let shifter = stage.visitor(1280).await;
        shifter.sign_in("sam").await;
        shifter.open("/tasks/2").await;
        let forms = shifter.client.find_all(Locator::Css("form[action^='/tasks/']")).await;
        assert!(forms.unwrap().is_empty());
        shifter.leave().await;
        stage
    });
}

#[test]
fn a_query_with_a_mistake_is_pointed_at_and_mended() {
    let site = gallery();
    play(&site, async |stage| {
        let visitor = stage.visitor(390).await;
        visitor.open("/query").await;
        visitor.find("#q").await.clear().await.unwrap();
        visitor.write("#q", "find rnu 5 / show run").await;
        visitor.click("form.query button").await;
        visitor.sees("unknown condition 'rnu'").await;
        let marked = visitor.find("mark").await.text().await.unwrap();
        assert_eq!(marked, "rnu");
        // What is wrong belongs to the field for those who do not see it.
        let field = visitor.find("#q").await;
        let named = field.attr("aria-describedby").await.unwrap().unwrap();
        let said = visitor.find(&format!("#{named}")).await.text().await.unwrap();
        assert!(said.contains("did you mean run"), "{said}");
        assert_eq!(field.prop("value").await.unwrap().unwrap(), "find rnu 5 / show run");
        field.clear().await.unwrap();
        visitor.write("#q", "find last 3 / show run").await;
        visitor.click("form.query button").await;
        visitor.sees("3 runs.").await;
        visitor.leave().await;
        stage
    });
}

#[test]
fn a_module_is_found_by_its_position_and_its_neighbours_by_links() {
    let site = gallery();
    play(&site, async |stage| {
        let visitor = stage.visitor(1280).await;
        visitor.open("/modules").await;
        visitor.write("#find", "0.3.3.-1").await;
        visitor.click("main form button").await;
        visitor.sees("barrel layer 3, phi 3, eta -1").await;
        assert_eq!(visitor.client.current_url().await.unwrap().path(), "/modules/2469");
        visitor.click(".card-box a[href^='/modules/']").await;
        visitor.sees("Neighbour").await;
        assert_ne!(visitor.client.current_url().await.unwrap().path(), "/modules/2469");
        visitor.open("/modules?find=0.3.3.0").await;
        visitor.sees("There is no module at barrel_ec 0").await;
        visitor.leave().await;
        stage
    });
}

#[test]
fn points_of_a_trend_and_modules_of_a_map_lead_on() {
    let site = gallery();
    play(&site, async |stage| {
        let visitor = stage.visitor(1280).await;
        visitor.open("/history").await;
        let point = visitor.find(&format!("figure svg a[href='/runs/{FULL}#sctns']")).await;
        let title = point.find(Locator::Css("title")).await.unwrap();
        let title = title.prop("textContent").await.unwrap().unwrap();
        assert!(title.contains(&FULL.to_string()), "{title}");
        let count = visitor.client.find_all(Locator::Css("figure svg a")).await.unwrap().len();
        assert_eq!(count, 25, "every run has its point");
        point.click().await.unwrap();
        visitor.sees(&format!("Run {FULL}")).await;
        visitor.click("#sctns figure a").await;
        visitor.sees("Barrel layers laid flat").await;
        visitor.click("figure.map svg a[href='/modules/5']").await;
        visitor.sees("Neighbour").await;
        visitor.leave().await;
        stage
    });
}

/// The browser refuses what the policy forbids: scripts, whoever put them into the page, and requests made by them.
#[test]
fn a_viewer_cannot_upload_and_no_script_runs() {
    let site = Site::new();
    site.noisy(300_001, " 5-9 ", 'G', "");
    play(&site, async |stage| {
        let viewer = stage.visitor(1280).await;
        viewer.sign_in("vic").await;
        viewer.open("/noisy-strips").await;
        viewer.sees("sign in as a shifter").await;
        for css in ["input[name=upload]", "input[name=bad]", ".actions button"] {
            assert!(viewer.client.find_all(Locator::Css(css)).await.unwrap().is_empty(), "{css}");
        }
        // A form made by hand in the page is sent, with the viewer's own token, and refused by the server.
        let forge = "
            const form = document.querySelector('main form');
            form.action = '/noisy-strips/send/confirm';
            for (const [name, value] of [['bad', '300001'], ['reason', 'forged']]) {
                const field = document.createElement('input');
                field.name = name; field.value = value; form.append(field);
            }
            form.submit()";
        viewer.client.execute(forge, Vec::new()).await.unwrap();
        viewer.sees("role shifter").await;
        let mut uploader =
            sct_loop::uploader::Uploader::open(site.settings().uploads("test")).unwrap();
        let bad = uploader.queue().bad_runs(sct_upload::Task::NoisyStrip).unwrap();
        assert!(bad.is_empty());

        viewer.open("/noisy-strips").await;
        viewer.complaints().await;
        let inject = "
            const script = document.createElement('script');
            script.textContent = `document.title = 'broken'`;
            document.body.append(script);
            document.body.insertAdjacentHTML('beforeend', `<img src='/static/none' onerror=\"document.title = 'broken'\">`)";
        viewer.client.execute(inject, Vec::new()).await.unwrap();
        // The picture is not there, so that its handler would run.
        let start = std::time::Instant::now();
        let mut complaints = Vec::new();
        while complaints
            .iter()
            .filter(|line: &&String| line.contains("Content Security Policy"))
            .count()
            < 2
        {
            assert!(start.elapsed().as_secs() < 20, "{complaints:?}");
            complaints.extend(viewer.complaints().await);
        }
        assert_ne!(viewer.client.title().await.unwrap(), "broken");
        let fetch = "
            const done = arguments[arguments.length - 1];
            fetch('/noisy-strips/send/confirm', { method: 'POST', body: new URLSearchParams({ bad: '300001' }) })
                .then(answer => done(answer.status), () => done('refused'))";
        let answer = viewer.client.execute_async(fetch, Vec::new()).await.unwrap();
        assert_eq!(answer, Value::from("refused"));
        let said = viewer.complaints().await.join("\\n");
        assert!(said.contains("connect-src"), "{said}");
        assert_ne!(answer, json!(200));
        viewer.leave().await;
        stage
    });
}
