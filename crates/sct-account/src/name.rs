//! Names to sign in with.

use crate::Error;

/// Letters of the longest name.
pub(crate) const LONGEST: usize = 64;

/// A name that can be an account's: it stands in addresses, logs and files of the loop.
pub(crate) fn check(name: &str) -> Result<(), Error> {
    let inside =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
    let begins =
        name.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
    if begins && name.len() <= LONGEST && name.bytes().all(inside) {
        return Ok(());
    }
    Err(Error::Refused(format!(
        "'{}' is no name of an account: up to {LONGEST} lower case letters, digits, '.', '_' and '-', a letter or digit first",
        name.escape_debug()
    )))
}

/// What somebody typed as name, as an account has it.
pub(crate) fn typed(name: &str) -> String {
    name.trim().to_ascii_lowercase()
}

/// The nearest name that can be an account's; for names that a provider gives.
pub(crate) fn nearest(name: &str) -> String {
    // A mail address as name: what is before the host.
    let name = name.split('@').next().unwrap_or_default().to_lowercase();
    let kept = name.chars().map(|letter| match letter {
        'a'..='z' | '0'..='9' | '.' | '_' | '-' => letter,
        _ => '-',
    });
    let kept: String = kept.take(LONGEST - 8).collect();
    let kept = kept.trim_matches(['.', '_', '-']);
    if kept.is_empty() { "user".to_owned() } else { kept.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_stand_in_addresses_and_logs() {
        for good in ["a", "sam", "j.doe-2", "7up", &"x".repeat(64)] {
            check(good).unwrap();
        }
        for bad in ["", "Sam", "-a", ".", "a b", "a/b", "../a", "é", "a\n", "<b>", &"x".repeat(65)]
        {
            assert!(matches!(check(bad), Err(Error::Refused(_))), "{bad}");
        }
    }

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("jdoe"), "jdoe");
        assert_eq!(nearest("Jane.Doe@cern.ch"), "jane.doe");
        assert_eq!(nearest("Jöran Å"), "j-ran");
        assert_eq!(nearest("@"), "user");
    }

    proptest! {
        #[test]
        fn whatever_a_provider_says_becomes_a_name(text in ".*") {
            prop_assert!(check(&nearest(&text)).is_ok());
            let last = format!("{}-99999", nearest(&text));
            prop_assert!(check(&last).is_ok());
        }
    }
}
