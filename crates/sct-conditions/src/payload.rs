//! Payload columns and their values.

use std::{fmt, str::FromStr};

use serde::Serialize;

/// Storage types of COOL payload columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are COOL's own and say it all")]
pub enum StorageType {
    Bool,
    UChar,
    Int16,
    UInt16,
    Int32,
    UInt32,
    UInt63,
    Int64,
    Float,
    Double,
    String255,
    String4k,
    String64k,
    String16M,
    Blob64k,
    Blob16M,
}

impl StorageType {
    /// Every type.
    pub const ALL: [Self; 16] = [
        Self::Bool,
        Self::UChar,
        Self::Int16,
        Self::UInt16,
        Self::Int32,
        Self::UInt32,
        Self::UInt63,
        Self::Int64,
        Self::Float,
        Self::Double,
        Self::String255,
        Self::String4k,
        Self::String64k,
        Self::String16M,
        Self::Blob64k,
        Self::Blob16M,
    ];

    /// COOL's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "Bool",
            Self::UChar => "UChar",
            Self::Int16 => "Int16",
            Self::UInt16 => "UInt16",
            Self::Int32 => "Int32",
            Self::UInt32 => "UInt32",
            Self::UInt63 => "UInt63",
            Self::Int64 => "Int64",
            Self::Float => "Float",
            Self::Double => "Double",
            Self::String255 => "String255",
            Self::String4k => "String4k",
            Self::String64k => "String64k",
            Self::String16M => "String16M",
            Self::Blob64k => "Blob64k",
            Self::Blob16M => "Blob16M",
        }
    }

    /// Declared type of the column in SQLite.
    pub const fn column_type(self) -> &'static str {
        match self {
            Self::Bool => "BOOLEAN",
            Self::UChar => "UNSIGNEDCHAR",
            Self::Int16 => "SHORT",
            Self::UInt16 => "UNSIGNEDSHORT",
            Self::Int32 => "INT",
            Self::UInt32 => "UNSIGNEDINT",
            Self::UInt63 => "ULONGLONG",
            Self::Int64 => "SLONGLONG",
            Self::Float => "FLOAT",
            Self::Double => "DOUBLE",
            Self::String255 | Self::String4k | Self::String64k | Self::String16M => "TEXT",
            Self::Blob64k | Self::Blob16M => "BLOB",
        }
    }

    /// Smallest and largest value of whole-number types.
    const fn range(self) -> Option<(i64, i64)> {
        match self {
            Self::Bool => Some((0, 1)),
            Self::UChar => Some((0, 255)),
            Self::Int16 => Some((-0x8000, 0x7FFF)),
            Self::UInt16 => Some((0, 0xFFFF)),
            Self::Int32 => Some((-0x8000_0000, 0x7FFF_FFFF)),
            Self::UInt32 => Some((0, 0xFFFF_FFFF)),
            Self::UInt63 => Some((0, i64::MAX)),
            Self::Int64 => Some((i64::MIN, i64::MAX)),
            _ => None,
        }
    }

    /// Largest length of strings and blobs, bytes.
    const fn longest(self) -> Option<usize> {
        match self {
            Self::String255 => Some(255),
            Self::String4k => Some(4_000),
            Self::String64k | Self::Blob64k => Some(65_535),
            Self::String16M | Self::Blob16M => Some(16_777_215),
            _ => None,
        }
    }

    /// Whether the type holds text.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::String255 | Self::String4k | Self::String64k | Self::String16M)
    }

    /// Checks that a value can be stored in a column of this type.
    ///
    /// # Errors
    ///
    /// A sentence that says what does not fit.
    pub fn check(self, value: &Value) -> Result<(), String> {
        let wrong_kind = || Err(format!("{value:?} is no {}", self.name()));
        match value {
            Value::Null => Ok(()),
            Value::Int(number) => match self.range() {
                Some((first, last)) if (first..=last).contains(number) => Ok(()),
                Some((first, last)) => Err(format!("{number} is outside {first} to {last}")),
                None => wrong_kind(),
            },
            Value::Real(number) if matches!(self, Self::Float | Self::Double) => {
                if number.is_nan() { Err("a number is not a number".to_owned()) } else { Ok(()) }
            }
            Value::Text(text) if self.is_text() => {
                if text.contains('\0') {
                    return Err("the text holds a zero byte".to_owned());
                }
                self.check_length(text.len())
            }
            Value::Blob(bytes) if matches!(self, Self::Blob64k | Self::Blob16M) => {
                self.check_length(bytes.len())
            }
            _ => wrong_kind(),
        }
    }

    fn check_length(self, length: usize) -> Result<(), String> {
        match self.longest() {
            Some(longest) if length > longest => {
                Err(format!("{length} bytes do not fit {}, at most {longest}", self.name()))
            }
            _ => Ok(()),
        }
    }
}

impl FromStr for StorageType {
    type Err = PayloadError;

    fn from_str(name: &str) -> Result<Self, PayloadError> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| PayloadError::UnknownType(name.chars().take(40).collect()))
    }
}

/// A value of a payload column.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// No value; an empty string is stored so and read back as an empty text.
    Null,
    /// Any whole number type.
    Int(i64),
    /// Float and Double; a Float is widened exactly.
    Real(f64),
    /// Strings.
    Text(String),
    /// Blobs.
    Blob(Vec<u8>),
}

/// A payload column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name, case sensitive.
    pub name: String,
    /// Storage type.
    pub storage: StorageType,
}

/// Payload columns in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PayloadSpec {
    fields: Vec<Field>,
}

/// Why a payload specification is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// A type COOL does not have.
    #[error("unknown storage type '{0}'")]
    UnknownType(String),
    /// A field without a colon, or a name COOL does not allow.
    #[error(
        "'{0}' is no payload field, expected name:Type with a name of 1 to 30 letters, digits and '_'"
    )]
    Field(String),
    /// A name used twice.
    #[error("payload field '{0}' comes twice")]
    Duplicate(String),
    /// More than 900 fields.
    #[error("{0} payload fields, at most 900 are allowed")]
    TooMany(usize),
    /// A row with another number of values.
    #[error("{found} values for {expected} payload fields")]
    Count {
        /// Values given.
        found: usize,
        /// Fields of the folder.
        expected: usize,
    },
    /// A value that does not fit its column.
    #[error("field {field}: {what}")]
    Value {
        /// Name of the field.
        field: String,
        /// What does not fit.
        what: String,
    },
}

impl PayloadSpec {
    /// The columns.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Place of a column.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Checks the values of a row against the columns.
    ///
    /// # Errors
    ///
    /// [`PayloadError::Count`] and [`PayloadError::Value`].
    pub fn check(&self, values: &[Value]) -> Result<(), PayloadError> {
        if values.len() != self.fields.len() {
            return Err(PayloadError::Count { found: values.len(), expected: self.fields.len() });
        }
        self.fields.iter().zip(values).try_for_each(|(field, value)| {
            let wrong = |what| PayloadError::Value { field: field.name.clone(), what };
            field.storage.check(value).map_err(wrong)
        })
    }
}

impl FromStr for PayloadSpec {
    type Err = PayloadError;

    fn from_str(text: &str) -> Result<Self, PayloadError> {
        let mut fields: Vec<Field> = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let bad = || PayloadError::Field(part.chars().take(60).collect());
            let (name, storage) = part.split_once(':').ok_or_else(bad)?;
            let sound = name.len() <= 30
                && name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                && !name.to_ascii_uppercase().starts_with("COOL_");
            if !sound {
                return Err(bad());
            }
            if fields.iter().any(|field| field.name == name) {
                return Err(PayloadError::Duplicate(name.to_owned()));
            }
            fields.push(Field { name: name.to_owned(), storage: storage.parse()? });
        }
        if fields.len() > 900 {
            return Err(PayloadError::TooMany(fields.len()));
        }
        Ok(Self { fields })
    }
}

impl fmt::Display for PayloadSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Field { name, storage }) in self.fields.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{name}:{}", storage.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn specifications_round_trip() {
        let text = "SampleSize:Int32,DefectType:String4k,Threshold:Float";
        assert_eq!(text.parse::<PayloadSpec>().unwrap().to_string(), text);
        for bad in
            ["a", "1a:Int32", "a:Int31", "cool_x:Int32", "a:Int32,a:Float", "a b:Int32", ":Int32"]
        {
            assert!(bad.parse::<PayloadSpec>().is_err(), "{bad}");
        }
    }

    #[test]
    fn values_are_checked_against_their_column() {
        let check = |storage: StorageType, value| storage.check(&value).is_ok();
        assert!(
            check(StorageType::Int32, Value::Int(-1))
                && !check(StorageType::UInt32, Value::Int(-1))
        );
        assert!(
            check(StorageType::UChar, Value::Int(255))
                && !check(StorageType::UChar, Value::Int(256))
        );
        assert!(
            !check(StorageType::Float, Value::Real(f64::NAN))
                && !check(StorageType::Float, Value::Int(1))
        );
        let text = |length| Value::Text("x".repeat(length));
        assert!(
            check(StorageType::String4k, text(4000)) && !check(StorageType::String4k, text(4001))
        );
        assert!(!check(StorageType::String255, Value::Text("a\0b".to_owned())));
        assert!(check(StorageType::Blob64k, Value::Null));
    }

    proptest! {
        #[test]
        fn any_specification_is_read_or_refused(text in "[a-zA-Z0-9:,_ ]{0,60}") {
            if let Ok(spec) = text.parse::<PayloadSpec>() {
                prop_assert_eq!(spec.to_string().parse::<PayloadSpec>(), Ok(spec));
            }
        }
    }
}
