//! What is set: `[web.openid]`.

use std::{collections::BTreeMap, path::PathBuf};

use openidconnect::{IssuerUrl, url::Host};
use serde::Deserialize;

use crate::Error;

/// The provider, and what its words mean here.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Address of the provider, as its discovery document has it.
    pub issuer: String,
    /// Name of this page at the provider.
    pub client_id: String,
    /// File with the secret of this page; nobody but its owner may read it.
    pub client_secret_file: PathBuf,
    /// What is asked for besides `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// Claim with the name to sign in with.
    #[serde(default = "name_claim")]
    pub name_claim: String,
    /// Claim with the groups of the person.
    #[serde(default = "role_claim")]
    pub role_claim: String,
    /// Role of each group; without any, roles are given here.
    #[serde(default)]
    pub roles: BTreeMap<String, String>,
}

fn scopes() -> Vec<String> {
    vec!["profile".to_owned(), "email".to_owned()]
}

fn name_claim() -> String {
    "preferred_username".to_owned()
}

fn role_claim() -> String {
    "groups".to_owned()
}

impl Settings {
    /// The issuer's address: secrets travel by TLS, or stay on this machine.
    pub(crate) fn issuer(&self) -> Result<IssuerUrl, Error> {
        let wrong = |what: String| Error::Setting { key: "issuer", what };
        let issuer =
            IssuerUrl::new(self.issuer.clone()).map_err(|error| wrong(error.to_string()))?;
        let here = match issuer.url().host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        match issuer.url().scheme() {
            "https" => Ok(issuer),
            "http" if here => Ok(issuer),
            _ => Err(wrong(format!("'{}' is no https address", self.issuer))),
        }
    }
}
