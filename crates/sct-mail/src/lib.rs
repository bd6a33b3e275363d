//! Messages, an outbox of complete files, and their way by SMTP.
//!
//! A [`Message`] is a value. [`Outbox::put`] writes it as a complete `.eml` file with an identifier of the caller's: the same
//! identifier twice is one message. [`Outbox::send`] gives what waits to an SMTP server and moves it from `new` to `sent`, or to
//! `failed` with the reason when the server does not want it or too many attempts were in vain.
//!
//! A message is in one of the folders at any moment, also after a kill. A kill between the server's answer and the move, some
//! microseconds later, is the one case that SMTP leaves open: the message is sent once more then, under the same `Message-ID`,
//! rather than lost.
//!
//! ```
//! use sct_mail::{Address, Message, Outbox};
//!
//! let folder = tempfile::tempdir()?;
//! let outbox = Outbox::open(folder.path())?;
//! let message = Message {
//!     from: "loop@example.org".parse()?,
//!     to: vec!["Ann Expert <ann@example.org>".parse()?],
//!     subject: "run 437548 waits".to_owned(),
//!     text: "Six hours are left.\n".to_owned(),
//! };
//! assert!(outbox.put("reminder-1", &message, 1_669_852_800)?);
//! assert!(!outbox.put("reminder-1", &message, 1_669_852_900)?, "it is there already");
//! assert_eq!(outbox.waiting()?.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod error;
mod message;
mod outbox;
mod secret;
mod send;
mod smtp;

pub use self::{
    address::Address,
    error::Error,
    message::Message,
    outbox::{Entry, Outbox, Refusal},
    secret::Secret,
    send::Sent,
    smtp::{Login, Security, Smtp},
};
