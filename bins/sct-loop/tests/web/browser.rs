//! A browser of its own for each journey, and the page on a socket.

use std::{
    future::Future,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use sct_loop::web::{Server, serve};
use serde_json::{Value, json};

use crate::site::{PASSWORD, Site};

/// Longest wait for something to appear.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running chromedriver; it ends with this.
struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    /// Starts chromedriver at a free port; none when it is not installed.
    fn start() -> Option<Self> {
        // Several that start at once sometimes take each other's port.
        (0..5).find_map(|_| Self::try_start())?
    }

    /// One attempt: outer none when it does not listen, inner none when it is not installed.
    #[expect(clippy::option_option, reason = "not there, and not this time, are two things")]
    fn try_start() -> Option<Option<Self>> {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut child) = command.spawn() else { return Some(None) };
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        if port.is_none() {
            let _ = child.kill();
            let _ = child.wait();
        }
        Some(Some(Self { child, port: port? }))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody who looks at the page of a site.
pub(crate) struct Visitor {
    pub(crate) client: Client,
    base: String,
    /// Port of the driver.
    driver: u16,
}

/// The page of a site on a socket, and what it takes to look at it.
pub(crate) struct Stage {
    server: Server,
    driver: Driver,
}

/// Plays a journey on a site; says that it is skipped where there is no browser.
pub(crate) fn play<J, F>(site: &Site, journey: J)
where
    J: FnOnce(Stage) -> F,
    F: Future<Output = Stage>,
{
    let Some(driver) = Driver::start() else {
        eprintln!("skipped: chromedriver is not installed");
        return;
    };
    let server = serve(site.app(), ([127, 0, 0, 1], 0).into()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stage = runtime.block_on(journey(Stage { server, driver }));
    stage.server.stop().unwrap();
}

impl Stage {
    /// Another browser, with a window of this width.
    pub(crate) async fn visitor(&self, width: u32) -> Visitor {
        let options = json!({
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                format!("--window-size={width},1000")],
        });
        let capabilities = [
            ("goog:chromeOptions".to_owned(), options),
            ("goog:loggingPrefs".to_owned(), json!({ "browser": "ALL" })),
        ];
        let capabilities = capabilities.into_iter().collect();
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", self.driver.port))
            .await
            .unwrap();
        let base = format!("http://{}", self.server.address());
        Visitor { client, base, driver: self.driver.port }
    }
}

impl Visitor {
    pub(crate) async fn open(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base)).await.unwrap();
    }

    /// A command of the driver that is in no standard.
    async fn command(&self, path: &str, body: &Value) -> Value {
        let session = self.client.session_id().await.unwrap().unwrap();
        let body = body.to_string();
        let mut socket = TcpStream::connect(("127.0.0.1", self.driver)).unwrap();
        write!(
            socket,
            "POST /session/{session}/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        // The driver keeps the connection: the head says how long the answer is.
        let mut answer = BufReader::new(socket);
        let (mut first, mut length) = (String::new(), 0);
        answer.read_line(&mut first).unwrap();
        loop {
            let mut line = String::new();
            answer.read_line(&mut line).unwrap();
            match line.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().unwrap();
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        answer.read_exact(&mut body).unwrap();
        assert!(first.starts_with("HTTP/1.1 200"), "{first}{}", String::from_utf8_lossy(&body));
        serde_json::from_slice::<Value>(&body).unwrap()["value"].clone()
    }

    /// Looks at pages as on this medium, in light or dark colours.
    pub(crate) async fn emulate(&self, medium: &str, colours: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": colours });
        let params = json!({ "media": medium, "features": [feature] });
        let body = json!({ "cmd": "Emulation.setEmulatedMedia", "params": params });
        self.command("goog/cdp/execute", &body).await;
    }

    /// What the browser complained of since it was asked last.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.command("se/log", &json!({ "type": "browser" })).await;
        let lines = log.as_array().unwrap().iter();
        lines.map(|line| line["message"].as_str().unwrap().to_owned()).collect()
    }

    /// Waits for an element.
    pub(crate) async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(error) => {
                panic!("no {css}: {error}\n{}", self.client.source().await.unwrap_or_default())
            }
        }
    }

    pub(crate) async fn click(&self, css: &str) {
        self.find(css).await.click().await.unwrap();
    }

    pub(crate) async fn write(&self, css: &str, text: &str) {
        self.find(css).await.send_keys(text).await.unwrap();
    }

    /// What the page says; asked by a script, since elements are gone when the next page comes.
    pub(crate) async fn text(&self) -> String {
        let script = "return document.body ? document.body.innerText : ''";
        let text = self.client.execute(script, Vec::new()).await.unwrap();
        text.as_str().unwrap().to_owned()
    }

    /// Waits until the page says something.
    pub(crate) async fn sees(&self, words: &str) {
        let start = std::time::Instant::now();
        loop {
            let text = self.text().await;
            if text.contains(words) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "'{words}' is not in\n{text}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the page no longer says something.
    pub(crate) async fn misses(&self, words: &str) {
        let start = std::time::Instant::now();
        while self.text().await.contains(words) {
            assert!(start.elapsed() < PATIENCE, "'{words}' is still there");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn sign_in(&self, name: &str) {
        self.open("/sign-in").await;
        self.write("#name", name).await;
        self.write("#password", PASSWORD).await;
        self.click("main form button").await;
        self.sees("Sign out").await;
    }

    pub(crate) async fn leave(self) {
        self.client.close().await.unwrap();
    }
}
