//! Serial numbers of modules.

use std::{fmt, str::FromStr};

use crate::Error;

/// Serial number of a module: 14 digits that begin with 20220.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber(u64);

impl SerialNumber {
    /// The common beginning; what follows is the channel of production folders.
    const PREFIX: u64 = 20_220_000_000_000;

    /// A serial number from its 14 digits as one number.
    ///
    /// # Errors
    ///
    /// [`Error::SerialNumber`] for other numbers.
    pub fn from_number(number: i64) -> Result<Self, Error> {
        number.to_string().parse()
    }

    /// A serial number from its last nine digits.
    ///
    /// # Errors
    ///
    /// [`Error::SerialNumber`] for more than nine digits.
    pub fn from_truncated(digits: u32) -> Result<Self, Error> {
        if digits < 1_000_000_000 {
            Ok(Self(Self::PREFIX + u64::from(digits)))
        } else {
            Err(Error::SerialNumber(digits.to_string()))
        }
    }

    /// The 14 digits as one number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The last nine digits: the channel of production and configuration folders.
    pub fn truncated(self) -> u32 {
        u32::try_from(self.0 - Self::PREFIX).expect("a serial number has nine digits after 20220")
    }
}

impl FromStr for SerialNumber {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let sound = text.len() == 14
            && text.starts_with("20220")
            && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = sound.then(|| text.parse().ok()).flatten();
        number.map(Self).ok_or_else(|| Error::SerialNumber(text.to_owned()))
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
    fn text_number_and_channel_agree() {
        let serial: SerialNumber = "20220170200653".parse().unwrap();
        assert_eq!(serial.to_string(), "20220170200653");
        assert_eq!((serial.number(), serial.truncated()), (20_220_170_200_653, 170_200_653));
        assert_eq!(SerialNumber::from_number(20_220_170_200_653), Ok(serial));
        assert_eq!(SerialNumber::from_truncated(170_200_653), Ok(serial));
    }

    #[test]
    fn other_beginnings_and_lengths_are_refused() {
        for text in ["", "2022017020065", "+2022017020065", "020220170200653", "20221170200653"] {
            assert_eq!(text.parse::<SerialNumber>(), Err(Error::SerialNumber(text.to_owned())));
        }
        for number in [-20_220_170_200_653, 0, 20_219_999_999_999, 20_221_000_000_000, i64::MAX] {
            assert_eq!(
                SerialNumber::from_number(number),
                Err(Error::SerialNumber(number.to_string()))
            );
        }
        assert!(SerialNumber::from_truncated(1_000_000_000).is_err());
    }
}
