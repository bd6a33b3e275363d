//! Values as JSON. Source: the kinds of numbers `CrestContainer` reads for each column type.

use sct_conditions::{PayloadSpec, StorageType, Value};
use serde_json::json;

pub(crate) fn to_json(value: &Value, storage: StorageType) -> serde_json::Value {
    match value {
        // COOL stores an empty string as null and reads it back as empty.
        Value::Null if storage.is_text() => json!(""),
        Value::Int(number) if storage == StorageType::Bool => json!(*number != 0),
        Value::Int(number) => json!(number),
        Value::Real(number) => json!(number),
        Value::Text(text) => json!(text),
        // Columns of blobs are refused before.
        Value::Null | Value::Blob(_) => serde_json::Value::Null,
    }
}

pub(crate) fn from_json(value: &serde_json::Value, storage: StorageType) -> Result<Value, String> {
    use serde_json::Value as Json;
    let floating = matches!(storage, StorageType::Float | StorageType::Double);
    let value = match value {
        Json::Null => Value::Null,
        Json::Bool(flag) if storage == StorageType::Bool => Value::Int(i64::from(*flag)),
        Json::Number(number) if floating => {
            Value::Real(number.as_f64().ok_or_else(|| format!("{number} is out of range"))?)
        }
        Json::Number(number) => Value::Int(
            number.as_i64().ok_or_else(|| format!("{number} is no whole number in range"))?,
        ),
        Json::String(text) => Value::Text(text.clone()),
        other => return Err(format!("{other} is no {}", storage.name())),
    };
    storage.check(&value).map(|()| value)
}

/// Whether every column has a form in JSON: blobs would need another encoding.
pub(crate) fn check(payload: &PayloadSpec) -> Result<(), String> {
    let blob = |storage| matches!(storage, StorageType::Blob64k | StorageType::Blob16M);
    match payload.fields().iter().find(|field| blob(field.storage)) {
        Some(field) => Err(format!("column {} holds blobs, which are not exported", field.name)),
        None => Ok(()),
    }
}
