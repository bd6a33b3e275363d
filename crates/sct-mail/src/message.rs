//! A message, and its text as it goes over the wire.

use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::ContentType;
use serde::{Deserialize, Serialize};

use crate::{Address, Error, address::one_line};

/// A message in plain text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Message {
    /// Who writes.
    pub from: Address,
    /// Who reads; at least one.
    pub to: Vec<Address>,
    /// Subject; control characters become blanks.
    pub subject: String,
    /// Text; lines end with `\n`.
    pub text: String,
}

impl Message {
    /// The complete message: headers and text, lines ended as SMTP wants it. The same arguments give the same bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Message`] when nobody is to read it.
    pub fn to_bytes(&self, id: &str, time: i64) -> Result<Vec<u8>, Error> {
        if self.to.is_empty() {
            return Err(Error::Message("it has no recipient".to_owned()));
        }
        let time = u64::try_from(time).unwrap_or(0);
        let domain = self.from.address().rsplit('@').next().unwrap_or("localhost");
        let mut builder = lettre::Message::builder()
            .from(self.from.mailbox())
            .subject(one_line(&self.subject))
            .date(UNIX_EPOCH + Duration::from_secs(time))
            .message_id(Some(format!("<{id}@{domain}>")))
            .header(ContentType::TEXT_PLAIN);
        for to in &self.to {
            builder = builder.to(to.mailbox());
        }
        let message = builder.body(self.text.clone());
        Ok(message.map_err(|error| Error::Message(error.to_string()))?.formatted())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(subject: &str, text: &str) -> Message {
        Message {
            from: Address::new("The loop", "loop@example.org").unwrap(),
            to: vec!["Ann <ann@example.org>".parse().unwrap(), "bob@example.org".parse().unwrap()],
            subject: subject.to_owned(),
            text: text.to_owned(),
        }
    }

    /// Names of the headers, without the lines that go on with one.
    fn headers(bytes: &[u8]) -> Vec<String> {
        let text = std::str::from_utf8(bytes).unwrap();
        let head = text.split("\r\n\r\n").next().unwrap();
        let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        lines.map(|line| line.split(':').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_message_is_complete() {
        let bytes = message("run 437548", "Text.\nSecond line.\n").to_bytes("a-1", 1_669_852_800);
        let text = String::from_utf8(bytes.unwrap()).unwrap();
        for line in [
            "From: \"The loop\" <loop@example.org>\r\n",
            "Subject: run 437548\r\n",
            "Date: Thu, 01 Dec 2022 00:00:00 +0000\r\n",
            "Message-ID: <a-1@example.org>\r\n",
            "\r\n\r\nText.\r\nSecond line.\r\n",
        ] {
            assert!(text.contains(line), "{line:?} in\n{text}");
        }
        let nobody = Message { to: Vec::new(), ..message("", "") };
        assert!(nobody.to_bytes("a", 0).is_err());
    }

    proptest! {
        /// Whatever a run, a reason or a name brings along: the headers are those that are meant.
        #[test]
        fn nothing_adds_a_header(
            subject in "\\PC{0,30}(\r\n|\n|\r)?(Bcc: x@example.org)?\\PC{0,90}",
            name in "\\PC{0,10}(\r\nBcc: y@example.org)?",
            text in "\\PC{0,40}(\n\\.\n|\r\n|\n){0,2}\\PC{0,40}",
        ) {
            let mut message = message(&subject, &text);
            message.to[0] = Address::new(&name, "ann@example.org").unwrap();
            let bytes = message.to_bytes("a", 0).unwrap();
            let mut found = headers(&bytes);
            found.sort();
            let expected = ["Content-Transfer-Encoding", "Content-Type", "Date", "From", "Message-ID", "Subject", "To"];
            prop_assert_eq!(found, expected);
        }
    }
}
