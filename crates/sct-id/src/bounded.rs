//! Newtypes around a small number with a fixed range.

/// Defines a newtype `0..count` with a checked constructor, `index()`, ordering and serde as the bare number.
macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident($repr:ty), $what:literal, $count:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
        #[serde(try_from = "u64", into = "u64")]
        pub struct $name($repr);

        impl $name {
            /// How many there are.
            pub const COUNT: usize = $count;

            /// Checks the range.
            ///
            /// # Errors
            ///
            /// [`Error::Range`](crate::Error::Range) when `value` is not below [`Self::COUNT`].
            pub const fn new(value: usize) -> Result<Self, crate::Error> {
                if value < Self::COUNT {
                    #[expect(clippy::cast_possible_truncation, reason = "every count fits the representation")]
                    let value = value as $repr;
                    Ok(Self(value))
                } else {
                    Err(crate::Error::Range {
                        what: $what,
                        #[expect(clippy::cast_possible_wrap, reason = "only shown in the message")]
                        value: value as i64,
                        first: 0,
                        #[expect(clippy::cast_possible_wrap, reason = "counts are small")]
                        last: Self::COUNT as i64 - 1,
                    })
                }
            }

            /// The number, for use in arrays.
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// All of them in order.
            pub fn all() -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator + Clone {
                #[expect(clippy::cast_possible_truncation, reason = "every count fits the representation")]
                (0..Self::COUNT).map(|value| Self(value as $repr))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl TryFrom<u64> for $name {
            type Error = crate::Error;

            fn try_from(value: u64) -> Result<Self, crate::Error> {
                Self::new(usize::try_from(value).unwrap_or(usize::MAX))
            }
        }

        impl From<$name> for u64 {
            fn from(value: $name) -> Self {
                Self::from(value.0)
            }
        }
    };
}
pub(crate) use bounded;
