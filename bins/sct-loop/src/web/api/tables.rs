//! Tables of pages as JSON.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::table::{Cell, Table};

/// A table as a page shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TableOut {
    /// What it shows.
    caption: String,
    /// Titles of the columns; the first one names the row.
    columns: Vec<String>,
    /// Rows of as many cells: a number, a text, or null. Times are seconds since 1970.
    rows: Vec<Vec<Value>>,
    /// Rows that are left out here; the file has all of them.
    left_out: usize,
    /// Page address of the file the rows are from; may be empty.
    file: String,
}

impl From<Table> for TableOut {
    fn from(table: Table) -> Self {
        let Table { caption, headings, rows, left_out, file } = table;
        let cells = |row: Vec<Cell>| row.into_iter().map(cell).collect();
        Self {
            caption,
            columns: headings.into_iter().map(|heading| heading.name).collect(),
            rows: rows.into_iter().map(cells).collect(),
            left_out,
            file,
        }
    }
}

fn cell(cell: Cell) -> Value {
    match cell.value {
        Some(value) if value.fract() == 0.0 && value.abs() < 9e15 => whole(value).into(),
        Some(value) => value.into(),
        None if cell.text.is_empty() => Value::Null,
        None => cell.text.into(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "it is whole and below 2 to the 53")]
fn whole(value: f64) -> i64 {
    value as i64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_numbers() {
        let row = vec![
            Cell::link("module", "/modules/1"),
            Cell::count(12_345),
            Cell::number(Some(0.123_456_789)),
            Cell::number(Some(f64::NAN)),
            Cell::number(None),
            Cell::time(1_669_852_861),
        ];
        let columns = ["Module", "#Count", "#Number", "#Wrong", "#None", "Time"];
        let table = Table::new("Caption", &columns).with_rows([row].into_iter()).with_file("/f");
        let out = serde_json::to_value(TableOut::from(table)).unwrap();
        assert_eq!(out["columns"][1], "Count");
        let row = json!(["module", 12_345, 0.123_456_789, null, null, 1_669_852_861]);
        assert_eq!(out["rows"], json!([row]));
    }
}
