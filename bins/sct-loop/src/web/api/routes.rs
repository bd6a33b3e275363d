//! Routes that know their addresses: the document must have all of them.

use axum::{Router, routing::MethodRouter};

use super::super::App;

/// A router with the addresses that were given to it.
#[derive(Debug, Default)]
pub(super) struct Routes {
    router: Router<App>,
    paths: Vec<&'static str>,
}

impl Routes {
    pub(super) fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub(super) fn route(mut self, path: &'static str, handlers: MethodRouter<App>) -> Self {
        self.paths.push(path);
        Self { router: self.router.route(path, handlers), paths: self.paths }
    }

    #[must_use]
    pub(super) fn merge(mut self, other: Self) -> Self {
        self.paths.extend(other.paths);
        Self { router: self.router.merge(other.router), paths: self.paths }
    }

    pub(super) fn into_router(self) -> Router<App> {
        self.router
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::{
        body::Body,
        http::{Method, Request, StatusCode},
    };
    use tower::ServiceExt as _;
    use utoipa::OpenApi as _;

    use super::{super::*, *};
    use crate::schedule::Settings;

    /// Methods that are tried at every address.
    const METHODS: [Method; 5] =
        [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH];

    /// An address with something in all its places.
    fn filled(path: &str) -> String {
        let piece =
            |piece: &str| if piece.starts_with('{') { "1".to_owned() } else { piece.to_owned() };
        path.split('/').map(piece).collect::<Vec<_>>().join("/")
    }

    #[tokio::test]
    async fn the_document_has_every_route_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("results")).unwrap();
        let app = App::open(Settings::read(folder.path()).unwrap()).unwrap();
        let Routes { router, paths } = mounted();
        let router = router.with_state(app);
        let mut there = BTreeSet::new();
        for path in paths {
            for method in METHODS {
                let request = Request::builder().method(&method).uri(filled(path));
                let request = request.body(Body::empty()).unwrap();
                let answer = router.clone().oneshot(request).await.unwrap();
                if answer.status() != StatusCode::METHOD_NOT_ALLOWED {
                    there.insert(format!("{method} {path}"));
                }
            }
        }
        let document = serde_json::to_value(Document::openapi()).unwrap();
        let mut described = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                described.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
        assert_eq!(there, described);
        let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/page.md"));
        for route in described {
            assert!(page.contains(&format!("`{route}`")), "docs/page.md does not have {route}");
        }
    }
    /// What a document refers to.
    fn references(value: &serde_json::Value, found: &mut BTreeSet<String>) {
        let own = value.get("$ref").and_then(|own| own.as_str());
        found.extend(own.map(str::to_owned));
        for inner in value.as_object().into_iter().flat_map(|object| object.values()) {
            references(inner, found);
        }
        for inner in value.as_array().into_iter().flatten() {
            references(inner, found);
        }
    }

    #[test]
    fn everything_the_document_refers_to_is_in_it() {
        let document = serde_json::to_value(Document::openapi()).unwrap();
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        assert!(found.len() > 30, "{found:?}");
        for reference in found {
            let place = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(place).is_some(), "{reference}");
        }
    }
}
