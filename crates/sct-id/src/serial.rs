//! Serial numbers of modules.

use std::{fmt, str::FromStr};

use crate::Error;

/// Serial number of a module: 14 digits that begin with 20220.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber(u64);

impl SerialNumber {
    /// The common beginning; what follows is the channel of production folders.
    const PREFIX: u64 = 20_220_000_000_000;
    /// One more than the largest number that nine digits hold.
    const TRUNCATED: u64 = 1_000_000_000;

    /// A serial number from all of its digits.
    ///
    /// # Errors
    ///
    /// [`Error::SerialNumber`] when they do not begin with 20220 or are not 14.
    pub fn new(number: u64) -> Result<Self, Error> {
        let digits = number.checked_sub(Self::PREFIX).filter(|&digits| digits < Self::TRUNCATED);
        digits.map(|_| Self(number)).ok_or_else(|| Error::SerialNumber(number.to_string()))
    }

    /// A serial number from its last nine digits.
    ///
    /// # Errors
    ///
    /// [`Error::SerialNumber`] for more than nine digits.
    pub fn from_truncated(digits: u32) -> Result<Self, Error> {
        Self::new(Self::PREFIX + u64::from(digits))
            .map_err(|_| Error::SerialNumber(digits.to_string()))
    }

    /// All digits as one number, as the cabling folders hold it.
    pub const fn to_u64(self) -> u64 {
        self.0
    }
}

impl FromStr for SerialNumber {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        // A sign would pass the number parser.
        let number = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok());
        number
            .flatten()
            .filter(|_| text.len() == 14)
            .and_then(|number| Self::new(number).ok())
            .ok_or_else(|| Error::SerialNumber(text.to_owned()))
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_number_agree() {
        let serial: SerialNumber = "20220170200653".parse().unwrap();
        assert_eq!(serial.to_u64(), 20_220_170_200_653);
        assert_eq!(SerialNumber::new(20_220_170_200_653), Ok(serial));
        assert_eq!(SerialNumber::from_truncated(170_200_653), Ok(serial));
        assert_eq!(serial.to_string(), "20220170200653");
    }

    #[test]
    fn other_beginnings_and_lengths_are_refused() {
        for text in ["", "2022017020065", "+2022017020065", "020220170200653", "20221170200653"] {
            assert_eq!(text.parse::<SerialNumber>(), Err(Error::SerialNumber(text.to_owned())));
        }
        assert!(SerialNumber::new(20_219_999_999_999).is_err());
        assert!(SerialNumber::new(20_221_000_000_000).is_err());
        assert!(SerialNumber::from_truncated(1_000_000_000).is_err());
    }
}
