//! Names of files as everyone on the network may read them: relative to the data folder. Where the folder lies on this machine
//! is nobody's business; logs, receipts and the ledger keep full paths, for those who work on it.
//!
//! Messages come from many places: errors of all crates, logs, reasons in the ledger. So it is the finished answer that is
//! looked through. Files to be had are given as they are.

use std::{borrow::Cow, path::Path};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE},
    middleware::Next,
    response::Response,
};

use super::{App, Failure};

/// Kinds of answers that pages and API give.
const LOOKED_THROUGH: [&str; 2] = ["text/html", "application/json"];

/// Leaves the data folder out of a page or an answer of the API.
pub(super) async fn names(State(app): State<App>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_ours = kind.is_some_and(|kind| LOOKED_THROUGH.iter().any(|ours| kind.starts_with(ours)));
    if !is_ours || response.headers().contains_key(CONTENT_DISPOSITION) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return axum::response::IntoResponse::into_response(Failure::Broken(anyhow::anyhow!(
            "a page broke off while it was made"
        )));
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut told = text.clone();
    for folder in app.folders() {
        if let Cow::Owned(without) = relative(&told, folder) {
            told = Cow::Owned(without);
        }
    }
    match told {
        Cow::Borrowed(_) => Response::from_parts(parts, Body::from(bytes.clone())),
        Cow::Owned(told) => {
            parts.headers.remove(CONTENT_LENGTH);
            Response::from_parts(parts, Body::from(told))
        }
    }
}

/// The ways in which messages name the data folder: as it was given, and as the system knows it.
pub(super) fn folders(data: &Path) -> Vec<String> {
    let ways = [Some(data.to_owned()), std::path::absolute(data).ok(), data.canonicalize().ok()];
    let absolute = ways.into_iter().flatten().filter(|way| way.is_absolute());
    let mut folders = Vec::new();
    for way in absolute {
        let name = way.display().to_string().trim_end_matches('/').to_owned();
        // On a page, and in JSON.
        let escaped = name.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;");
        let escaped = escaped.replace('"', "&#34;").replace('\'', "&#39;");
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        folders.extend([name, escaped, quoted]);
    }
    folders.retain(|folder| !folder.is_empty());
    folders.sort_unstable();
    folders.dedup();
    // The longest first: one may begin another.
    folders.sort_by_key(|folder| std::cmp::Reverse(folder.len()));
    folders
}

/// A text without the folder before names in it; the folder itself becomes a dot.
fn relative<'a>(text: &'a str, folder: &str) -> Cow<'a, str> {
    if !text.contains(folder) {
        return Cow::Borrowed(text);
    }
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find(folder) {
        let (before, after) = (&rest[..place], &rest[place + folder.len()..]);
        told.push_str(before);
        rest = after;
        // Another folder may end, or begin, like this one.
        let other = told.chars().next_back().is_some_and(|c| is_name(c) || c == '/')
            || after.chars().next().is_some_and(|c| is_name(c) && !ends_here(after));
        if other {
            told.push_str(folder);
        } else if let Some(name) = after.strip_prefix('/').filter(|name| name.starts_with(is_name))
        {
            rest = name;
        } else {
            told.push('.');
        }
    }
    told.push_str(rest);
    Cow::Owned(told)
}

/// Whether what follows a name is the end of a sentence.
fn ends_here(after: &str) -> bool {
    after.strip_prefix('.').is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_to_the_data_folder() {
        let told = |text: &str| relative(text, "/srv/data").into_owned();
        assert_eq!(told("in /srv/data/results/1: no"), "in results/1: no");
        assert_eq!(told("'/srv/data/a', /srv/data/b"), "'a', b");
        assert_eq!(told("folder /srv/data is full, /srv/data."), "folder . is full, ..");
        assert_eq!(told("/srv/data/: gone"), "./: gone");
        for other in ["/srv/data2/x", "/srv/data.old/x", "/mnt/srv/data/x", "a/srv/data", "/srv"] {
            assert_eq!(told(other), other);
        }
    }

    #[test]
    fn folders_are_known_as_pages_and_json_write_them() {
        let folders = folders(Path::new("/no&such \"folder\"/"));
        assert!(
            folders.iter().any(|folder| folder == "/no&#38;such &#34;folder&#34;"),
            "{folders:?}"
        );
        assert!(folders.iter().any(|folder| folder == "/no&such \\\"folder\\\""), "{folders:?}");
        assert!(super::folders(Path::new("/")).is_empty());
    }
}
