//! Types of properties.

use serde_json::{Value, json};

/// A property's type, with what its values must be.
pub(super) trait Kind: Sized {
    fn read(value: &Value) -> Result<Self, String>;
    fn show(&self) -> Value;
}

impl Kind for bool {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Bool(flag) => Ok(*flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            other => Err(format!("{other} is neither true nor false")),
        }
    }

    fn show(&self) -> Value {
        json!(self)
    }
}

impl Kind for i64 {
    fn read(value: &Value) -> Result<Self, String> {
        let number = match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| format!("{value} is no whole number"))
    }

    fn show(&self) -> Value {
        json!(self)
    }
}

impl Kind for f32 {
    fn read(value: &Value) -> Result<Self, String> {
        let number = match value {
            Value::Number(number) => number.to_string().parse().ok(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number
            .filter(|number: &Self| number.is_finite())
            .ok_or_else(|| format!("{value} is no number"))
    }

    fn show(&self) -> Value {
        // The shortest text of the single-precision number, not that of its double.
        self.to_string().parse().unwrap_or(Value::Null)
    }
}

impl Kind for String {
    fn read(value: &Value) -> Result<Self, String> {
        value.as_str().map(str::to_owned).ok_or_else(|| format!("{value} is no text"))
    }

    fn show(&self) -> Value {
        json!(self)
    }
}
