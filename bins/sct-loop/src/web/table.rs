//! Tables of pages: text in cells, some of it links.

use super::number;

/// Longest list on a page; the file has the rest.
pub(super) const MOST_ROWS: usize = 500;

/// Title of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heading {
    /// Text.
    pub(super) name: String,
    /// Whether cells are numbers, which stand at the right.
    pub(super) is_number: bool,
}

/// One cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cell {
    /// Text.
    pub(super) text: String,
    /// The number that the text shows, if it is one.
    pub(super) value: Option<f64>,
    /// Address it leads to; empty for none.
    pub(super) link: String,
}

impl Cell {
    /// Text that leads somewhere.
    pub(super) fn link(text: impl Into<String>, link: impl Into<String>) -> Self {
        Self { text: text.into(), value: None, link: link.into() }
    }

    /// A count.
    pub(super) fn count(count: usize) -> Self {
        Self { value: Some(count as f64), ..Self::from(number::grouped(count as u64)) }
    }

    /// A number of single precision, with no more digits than it has.
    pub(super) fn single(value: Option<f32>) -> Self {
        Self::number(value.and_then(|value| value.to_string().parse().ok()))
    }

    /// A number that only names something: without groups of digits.
    pub(super) fn label(number: u32) -> Self {
        Self { value: Some(f64::from(number)), ..Self::from(number.to_string()) }
    }

    /// A time to the minute; seconds since 1970 as a number.
    pub(super) fn time(seconds: i64) -> Self {
        Self { value: Some(seconds as f64), ..Self::from(number::time(seconds)) }
    }

    /// A number, empty when there is none.
    pub(super) fn number(value: Option<f64>) -> Self {
        Self { value, ..Self::from(value.map(number::short).unwrap_or_default()) }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), value: None, link: String::new() }
    }
}

/// A table with its caption.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table {
    /// What it shows.
    pub(super) caption: String,
    /// Columns; the first one names the row.
    pub(super) headings: Vec<Heading>,
    /// Rows of as many cells.
    pub(super) rows: Vec<Vec<Cell>>,
    /// Rows that are left out.
    pub(super) left_out: usize,
    /// Address of the file with all of them; may be empty.
    pub(super) file: String,
}

impl Table {
    /// An empty table; names of columns that begin with `#` are those of numbers.
    pub(super) fn new(caption: impl Into<String>, columns: &[&str]) -> Self {
        let heading = |name: &&str| {
            let number = name.strip_prefix('#');
            Heading { name: number.unwrap_or(name).to_owned(), is_number: number.is_some() }
        };
        let headings = columns.iter().map(heading).collect();
        Self { caption: caption.into(), headings, ..Self::default() }
    }

    /// Takes rows up to the limit, and counts the others.
    #[must_use]
    pub(super) fn with_rows(mut self, rows: impl ExactSizeIterator<Item = Vec<Cell>>) -> Self {
        self.left_out = rows.len().saturating_sub(MOST_ROWS);
        self.rows = rows.take(MOST_ROWS).collect();
        self
    }

    /// Says where all rows are.
    #[must_use]
    pub(super) fn with_file(mut self, file: impl Into<String>) -> Self {
        self.file = file.into();
        self
    }

    /// Number of rows, those left out included.
    pub(super) fn all_rows(&self) -> usize {
        self.rows.len() + self.left_out
    }

    /// Whether a column has numbers.
    pub(super) fn is_number(&self, column: usize) -> bool {
        self.headings.get(column).is_some_and(|heading| heading.is_number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut_and_say_so() {
        let rows = (0..MOST_ROWS + 7).map(|row| vec![Cell::count(row)]);
        let table = Table::new("Rows", &["#Row", "Word"]).with_rows(rows);
        assert_eq!((table.rows.len(), table.left_out, table.all_rows()), (500, 7, 507));
        assert!(table.is_number(0) && !table.is_number(1) && !table.is_number(2));
        assert_eq!(table.headings[0].name, "Row");
    }
}
