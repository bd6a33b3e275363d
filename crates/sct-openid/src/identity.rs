//! Who signed in, by what the provider says.

use serde_json::Value;

use crate::Settings;

/// Who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Provider and its unchanging identifier of the person.
    pub subject: String,
    /// Name to sign in with there; empty when it is not said.
    pub name: String,
    /// Name for people; may be empty.
    pub full_name: String,
    /// Address for mails, if the provider does not say that it is not verified.
    pub email: String,
    /// Groups of the person.
    pub groups: Vec<String>,
}

impl Identity {
    /// From the verified claims of a token.
    pub(crate) fn new(settings: &Settings, claims: &Value) -> Self {
        let text = |claim: &str| claims[claim].as_str().unwrap_or_default().to_owned();
        let verified = claims["email_verified"] != Value::Bool(false);
        let name = text(&settings.name_claim);
        Self {
            subject: format!("{} {}", text("iss"), text("sub")),
            full_name: if claims["name"].is_string() { text("name") } else { name.clone() },
            name,
            email: if verified { text("email") } else { String::new() },
            groups: groups(&claims[&settings.role_claim]),
        }
    }

    /// Words for the roles of the person's groups; those of a group without a role are left out.
    pub fn roles<'a>(&'a self, settings: &'a Settings) -> impl Iterator<Item = &'a str> {
        self.groups.iter().filter_map(|group| settings.roles.get(group)).map(String::as_str)
    }
}

/// One group or a list of them.
fn groups(claim: &Value) -> Vec<String> {
    match claim {
        Value::String(group) => vec![group.clone()],
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
