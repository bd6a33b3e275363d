//! Passwords: what is taken, and how they are kept.

use std::sync::{Mutex, PoisonError};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{self, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};

use crate::{Error, Hashing};

/// Letters of the shortest password.
pub const MIN_LENGTH: usize = 12;
/// Bytes of the longest: what is hashed must end somewhere.
const MAX_BYTES: usize = 1_024;
/// Bytes of random salt.
const SALT: usize = 16;

/// Only one password at a time is worked on in this process: each takes 19 MiB, and many at once would take the memory of
/// everything else.
static ONE: Mutex<()> = Mutex::new(());

/// Whether a password may be one; `names` are those it must not be.
pub(crate) fn check(password: &str, names: &[&str]) -> Result<(), Error> {
    let refused = |what: String| Err(Error::Refused(what));
    if password.chars().count() < MIN_LENGTH {
        return refused(format!(
            "the password is too short: {MIN_LENGTH} letters or more, as several words"
        ));
    }
    if password.len() > MAX_BYTES {
        return refused(format!("the password is longer than {MAX_BYTES} bytes"));
    }
    let plain = password.trim().to_lowercase();
    if names.iter().any(|name| !name.is_empty() && plain == name.to_lowercase()) {
        return refused("the password must not be the name or address of the account".to_owned());
    }
    Ok(())
}

impl Hashing {
    fn function(self, account: &str) -> Result<Argon2<'static>, Error> {
        let parameters =
            Params::new(self.memory, self.passes, Params::DEFAULT_P_COST, None).map_err(
                |error| Error::Hash { account: account.to_owned(), what: error.to_string() },
            )?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters))
    }

    /// The hash to be kept, with its parameters and salt, in PHC form.
    pub(crate) fn hash(self, account: &str, password: &str) -> Result<String, Error> {
        let function = self.function(account)?;
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt)?;
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let hash = function.hash_password_with_salt(password.as_bytes(), &salt);
        Ok(hash.map_err(failed(account))?.to_string())
    }

    /// Whether the password is the one of a hash. Without a hash as much work is done, for nothing: the time must not tell
    /// whether there is an account.
    pub(crate) fn verify(
        self,
        account: &str,
        password: &str,
        hash: Option<&str>,
    ) -> Result<bool, Error> {
        // Longer ones are no passwords of ours, whoever asks.
        let password = &password.as_bytes()[..password.len().min(MAX_BYTES + 1)];
        let Some(hash) = hash else {
            let function = self.function(account)?;
            let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
            function.hash_password_with_salt(password, &[0; SALT]).map_err(failed(account))?;
            return Ok(false);
        };
        let damaged = |what: String| Error::Hash { account: account.to_owned(), what };
        let kept = PasswordHash::new(hash).map_err(|error| damaged(error.to_string()))?;
        if kept.hash.is_none() || kept.salt.is_none() {
            return Err(damaged("hash or salt is missing".to_owned()));
        }
        let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        match Argon2::default().verify_password(password, &kept) {
            Ok(()) => Ok(true),
            Err(password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(failed(account)(error)),
        }
    }

    /// Whether a hash was made with other effort.
    pub(crate) fn differs(self, hash: &str) -> bool {
        !hash.starts_with(&format!("$argon2id$v=19$m={},t={},p=1$", self.memory, self.passes))
    }
}

fn failed(account: &str) -> impl Fn(password_hash::Error) -> Error {
    let account = account.to_owned();
    move |error| Error::Hash { account: account.clone(), what: error.to_string() }
}

/// A password that nobody chose: 120 random bits, without letters that look alike.
///
/// # Errors
///
/// [`Error`] when the system has no random numbers.
pub fn random_password() -> Result<String, Error> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes)?;
    let letters = bytes.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    let mut password = String::new();
    for (place, letter) in letters.enumerate() {
        if place > 0 && place.is_multiple_of(6) {
            password.push('-');
        }
        password.push(letter);
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_passwords_and_names_are_refused() {
        let says = |password: &str| {
            check(password, &["christopher1", "", "chris@example.org"])
                .map_err(|error| error.to_string())
        };
        assert!(says("short").unwrap_err().contains("too short"));
        assert!(says("äöüäöüäöüäö").unwrap_err().contains("too short"), "letters, not bytes");
        assert!(says("Christopher1 ").unwrap_err().contains("must not be the name"));
        assert!(says("chris@example.org").unwrap_err().contains("must not be the name"));
        assert!(says(&"x".repeat(2_000)).unwrap_err().contains("longer"));
        says("correct horse battery").unwrap();
    }

    #[test]
    fn a_hash_knows_its_password_alone() {
        let hash = Hashing::LEAST.hash("sam", "correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$"), "{hash}");
        assert_ne!(hash, Hashing::LEAST.hash("sam", "correct horse battery").unwrap(), "salted");
        let verify = |password: &str| Hashing::LEAST.verify("sam", password, Some(&hash)).unwrap();
        assert!(verify("correct horse battery"));
        assert!(!verify("correct horse batterz"));
        assert!(!verify(""));
        assert!(!Hashing::LEAST.verify("sam", "correct horse battery", None).unwrap());
        assert!(!Hashing::LEAST.differs(&hash));
        assert!(Hashing::default().differs(&hash));
        for damaged in ["", "$nonsense", "nonsense", &hash[..40]] {
            let verified = Hashing::LEAST.verify("sam", "correct horse battery", Some(damaged));
            assert!(matches!(verified, Err(Error::Hash { .. })), "{damaged}: {verified:?}");
        }
    }

    #[test]
    fn usual_effort_is_the_recommended_one() {
        let hash = Hashing::default().hash("sam", "correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        // Effort is read from the hash: one made with less or more is still known.
        assert!(Hashing::LEAST.verify("sam", "correct horse battery", Some(&hash)).unwrap());
    }
}
