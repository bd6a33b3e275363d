//! Addresses of mailboxes.

use std::{fmt, str::FromStr};

use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};

use crate::Error;

/// A mailbox: an address, and a name for people.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(Mailbox);

impl Address {
    /// An address with a name, which may be empty. Line breaks and other control characters of the name become blanks, so that
    /// no name can begin a line of its own in a message.
    ///
    /// # Errors
    ///
    /// [`Error::Address`].
    pub fn new(name: &str, address: &str) -> Result<Self, Error> {
        let address = address.trim();
        let parsed = address.parse().map_err(|error| wrong(address, &error))?;
        let name = one_line(name);
        Ok(Self(Mailbox::new((!name.is_empty()).then_some(name), parsed)))
    }

    /// The address alone, as `ann@example.org`.
    pub fn address(&self) -> &str {
        self.0.email.as_ref()
    }

    /// The name; empty when there is none.
    pub fn name(&self) -> &str {
        self.0.name.as_deref().unwrap_or_default()
    }

    pub(crate) fn mailbox(&self) -> Mailbox {
        self.0.clone()
    }
}

fn wrong(text: &str, error: &dyn fmt::Display) -> Error {
    Error::Address { text: one_line(text), what: error.to_string() }
}

/// Text without line breaks and other control characters, each a blank instead.
pub(crate) fn one_line(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect();
    text.trim().to_owned()
}

impl FromStr for Address {
    type Err = Error;

    /// `ann@example.org` or `Ann Expert <ann@example.org>`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        // A name may have what a strict grammar wants quoted, as a comma.
        if let Some((name, rest)) = text.rsplit_once('<')
            && let Some(address) = rest.strip_suffix('>')
        {
            return Self::new(name.trim().trim_matches('"'), address);
        }
        Self::new("", text)
    }
}

impl TryFrom<String> for Address {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

impl fmt::Display for Address {
    /// Name and address as people write them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            "" => f.write_str(self.address()),
            name => write!(f, "{name} <{}>", self.address()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_have_names_or_none() {
        let ann: Address = " Ann, Expert <ann@example.org> ".parse().unwrap();
        assert_eq!((ann.name(), ann.address()), ("Ann, Expert", "ann@example.org"));
        let bob: Address = "bob@localhost".parse().unwrap();
        assert_eq!((bob.name(), bob.to_string().as_str()), ("", "bob@localhost"));
        let quoted: Address = "\"C. D.\" <c@example.org>".parse().unwrap();
        assert_eq!(quoted.name(), "C. D.");
    }

    #[test]
    fn what_is_no_address_is_named() {
        for text in ["", "ann", "Ann <>", "a@b@c", "ann@example.org>", "a\r\nBcc: x@example.org"] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains("is no address"), "{error}");
            assert!(!error.contains('\n'), "{error:?}");
        }
    }

    proptest! {
        #[test]
        fn names_stay_on_their_line(name in "\\PC{0,12}[\r\n\u{0}\u{85}\u{2028}]{0,3}\\PC{0,12}") {
            let address = Address::new(&name, "ann@example.org").unwrap();
            prop_assert!(!address.name().chars().any(char::is_control));
        }

        #[test]
        fn addresses_round_trip(name in "[A-Za-zäöü ,.']{0,20}") {
            let address = Address::new(&name, "ann@example.org").unwrap();
            prop_assert_eq!(&address.to_string().parse::<Address>().unwrap(), &address);
            let json = serde_json::to_string(&address).unwrap();
            prop_assert_eq!(serde_json::from_str::<Address>(&json).unwrap(), address);
        }
    }
}
