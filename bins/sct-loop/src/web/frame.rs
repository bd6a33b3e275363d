//! What stands around every page: navigation, banners, who is signed in.

use askama::Template;
use axum::response::Html;

use super::{
    App, Failure, Reader,
    state::{Banner, LoopState},
    tab::{TABS, Tab},
    visitor::Visitor,
};
use crate::schedule::{Settings, now};

/// The frame of a page.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Title of the page.
    pub title: String,
    /// Address of the entry of the navigation that is open.
    pub active: &'static str,
    /// Who looks.
    pub visitor: Visitor,
    /// Entries of the navigation for tasks.
    pub tabs: &'static [Tab],
    /// State of the loop.
    pub banners: Vec<Banner>,
}

impl Frame {
    /// The frame with the present state of the loop.
    ///
    /// # Errors
    ///
    /// When ledger or index cannot be read.
    pub(crate) fn new(
        reader: &mut Reader,
        settings: &Settings,
        visitor: Visitor,
        active: &'static str,
        title: impl Into<String>,
    ) -> Result<Self, Failure> {
        let banners = LoopState::find(reader, settings, now())?.banners();
        Ok(Self { title: title.into(), active, visitor, tabs: &TABS, banners })
    }

    /// A frame without state, for pages that need nothing from the stores.
    pub(crate) fn bare(visitor: Visitor, active: &'static str, title: impl Into<String>) -> Self {
        Self { title: title.into(), active, visitor, tabs: &TABS, banners: Vec::new() }
    }

    /// Other entries of the navigation: address and name.
    pub(crate) fn tools(&self) -> Vec<(&'static str, &'static str)> {
        let mut tools = vec![
            ("tasks", "Tasks"),
            ("uploads", "Uploads"),
            ("query", "Query"),
            ("history", "History"),
            ("modules", "Modules"),
            ("passes", "Passes"),
        ];
        if self.visitor.is_admin() {
            tools.push(("audit", "Audit"));
        }
        tools.push(("help", "Help"));
        tools
    }

    /// Whether an entry of the navigation is open.
    pub(crate) fn is_active(&self, slug: &str) -> bool {
        self.active == slug
    }
}

/// Turns a template into an answer.
///
/// # Errors
///
/// When the template fails.
pub(crate) fn html(page: &impl Template) -> Result<Html<String>, Failure> {
    Ok(Html(page.render()?))
}

/// A page with one sentence.
#[derive(Template)]
#[template(path = "simple.html")]
pub(super) struct Simple<'a> {
    frame: Frame,
    sentence: &'a str,
    link: Option<(&'a str, &'a str)>,
}

impl Simple<'_> {
    /// A page with one sentence, and a link to go on.
    pub(super) fn page(title: &str, sentence: &str, link: Option<(&str, &str)>) -> Html<String> {
        let frame = Frame::bare(Visitor::anonymous(String::new()), "", title);
        let page = Simple { frame, sentence, link };
        Html(page.render().unwrap_or_else(|_| title.to_owned()))
    }
}

/// What a handler needs for a page with the full frame.
///
/// # Errors
///
/// What `work` says, and when the stores cannot be read.
pub(crate) async fn framed<T, W>(
    app: &App,
    visitor: Visitor,
    active: &'static str,
    title: impl Into<String> + Send + 'static,
    work: W,
) -> Result<(Frame, T), Failure>
where
    T: Send + 'static,
    W: FnOnce(&mut Reader, &Settings) -> Result<T, Failure> + Send + 'static,
{
    app.read(move |reader, settings| {
        let found = work(reader, settings)?;
        Ok((Frame::new(reader, settings, visitor, active, title)?, found))
    })
    .await
}
