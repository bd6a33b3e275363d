//! Tokens that nobody can guess, and their digests.

use sha2::{Digest as _, Sha256};

use crate::Error;

/// Bytes of a token.
const BYTES: usize = 32;

/// A new token: 256 random bits as 64 hexadecimal digits.
pub(crate) fn token() -> Result<String, Error> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What is kept of a token. Tokens are random, a slow hash would protect them no better; and as the whole digest is looked
/// up, the time of the search tells nothing about the token.
pub(crate) fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_differ() {
        let (one, two) = (token().unwrap(), token().unwrap());
        assert_eq!(one.len(), 2 * BYTES);
        assert_ne!(one, two);
        assert_ne!(digest(&one), digest(&two));
    }
}
