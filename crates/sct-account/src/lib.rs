//! Accounts of the page: who may sign in, with which role, and what everybody did.
//!
//! Everything is in the ledger, area `accounts`. Passwords are kept as argon2id hashes, session and API tokens as SHA-256
//! digests: whoever reads the ledger can sign in as nobody. Every change is one transaction together with its line in the
//! audit log, which can only grow. Times are seconds since 1970 and passed in.
//!
//! ```
//! use sct_account::{Accounts, NewAccount, Note, Role};
//!
//! let folder = tempfile::tempdir()?;
//! let mut accounts = Accounts::open(&folder.path().join("ledger.db"))?;
//! let note = Note { time: 1_000, who: "operator".to_owned(), ..Note::default() };
//! let root = NewAccount { name: "root".to_owned(), role: Role::Admin, ..NewAccount::default() };
//! accounts.create(&root, Some("correct horse battery"), &note)?;
//!
//! let entered = accounts.sign_in("root", "correct horse battery", "10.0.0.1", 2_000)?;
//! let session = accounts.session(&entered.token, 2_060)?.expect("two hours are not over");
//! assert_eq!(session.account.role, Role::Admin);
//! assert!(accounts.session(&entered.token, 60_000)?.is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod audit;
mod error;
mod external;
mod limit;
mod name;
mod password;
mod role;
mod secret;
mod session;
mod settings;
mod store;
mod token;

pub use self::{
    account::{Account, NewAccount, Note},
    audit::{Entry, Filter},
    error::Error,
    external::External,
    password::{MIN_LENGTH, random_password},
    role::{NoRole, Role},
    session::{NewSession, Session},
    settings::{Hashing, Settings},
    store::{AREA, Accounts},
    token::{LONGEST, Token},
};
