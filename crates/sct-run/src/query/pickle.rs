//! The answer as a Python pickle: protocol 2, and of Python's types only dict, list, tuple, int, float, str and bool, so that
//! any Python loads it and nothing is run by loading.

use std::io::{self, Write};

use super::answer::{Answer, Datum, Entry, RunAnswer, duration};

impl Answer {
    /// Writes the bytes of `atlrunquery.pickle`: key `Run` with the list of run numbers, and each run number with its keys.
    /// Values with intervals are lists of `firstlb`, `lastlb`, `value` and `accepted`.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn write_pickle(&self, out: &mut impl Write) -> io::Result<()> {
        let mut pickle = Pickle { out };
        pickle.out.write_all(&[0x80, 2])?;
        pickle.dictionary(|pickle| {
            pickle.text("Run")?;
            pickle.list(&self.runs, |pickle, run| pickle.int(u64::from(run.run.to_u32())))?;
            for run in &self.runs {
                pickle.int(u64::from(run.run.to_u32()))?;
                pickle.dictionary(|pickle| self.pickle_run(pickle, run))?;
            }
            Ok(())
        })?;
        pickle.out.write_all(b".")
    }

    fn pickle_run<W: Write>(&self, pickle: &mut Pickle<'_, W>, run: &RunAnswer) -> io::Result<()> {
        pickle.text("Run")?;
        pickle.int(u64::from(run.run.to_u32()))?;
        pickle.text("Links")?;
        pickle.text("")?;
        if self.heads.lumi_blocks {
            pickle.text("#LB")?;
            pickle.int(u64::from(run.lumi_blocks))?;
        }
        if self.heads.times {
            pickle.text("Start and endtime")?;
            pickle.float(run.start as f64 / 1e9)?;
            pickle.float(run.end as f64 / 1e9)?;
            pickle.pair()?;
        }
        if self.heads.duration {
            pickle.text("Duration")?;
            pickle.text(&duration(run.seconds()))?;
        }
        for (name, entries) in self.columns.iter().zip(&run.values) {
            pickle.text(name)?;
            pickle.list(entries, Pickle::entry)?;
        }
        Ok(())
    }
}

/// Where the bytes go. Opcodes are those of Python's `pickletools`.
struct Pickle<'a, W> {
    out: &'a mut W,
}

impl<W: Write> Pickle<'_, W> {
    fn bool(&mut self, value: bool) -> io::Result<()> {
        self.out.write_all(&[if value { 0x88 } else { 0x89 }])
    }

    fn int(&mut self, number: u64) -> io::Result<()> {
        if let Ok(number) = i32::try_from(number) {
            self.out.write_all(b"J")?;
            return self.out.write_all(&number.to_le_bytes());
        }
        // LONG1: nine bytes, so that the sign stays positive.
        self.out.write_all(&[0x8a, 9])?;
        self.out.write_all(&number.to_le_bytes())?;
        self.out.write_all(&[0])
    }

    fn float(&mut self, number: f64) -> io::Result<()> {
        self.out.write_all(b"G")?;
        self.out.write_all(&number.to_be_bytes())
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        let length =
            u32::try_from(text.len()).expect("texts of conditions have at most 16 million bytes");
        self.out.write_all(b"X")?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(text.as_bytes())
    }

    /// Makes a tuple of the last two values.
    fn pair(&mut self) -> io::Result<()> {
        self.out.write_all(&[0x86])
    }

    fn list<T>(
        &mut self,
        items: &[T],
        write: impl Fn(&mut Self, &T) -> io::Result<()>,
    ) -> io::Result<()> {
        self.out.write_all(b"](")?;
        items.iter().try_for_each(|item| write(self, item))?;
        self.out.write_all(b"e")
    }

    /// Of the keys and values that are written.
    fn dictionary(&mut self, write: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        self.out.write_all(b"}(")?;
        write(self)?;
        self.out.write_all(b"u")
    }

    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        self.dictionary(|pickle| {
            pickle.text("firstlb")?;
            pickle.int(u64::from(entry.blocks.start))?;
            pickle.text("lastlb")?;
            pickle.int(u64::from(entry.stored_last()))?;
            pickle.text("value")?;
            pickle.datum(&entry.value)?;
            pickle.text("accepted")?;
            pickle.bool(entry.accepted)
        })
    }

    fn datum(&mut self, value: &Datum) -> io::Result<()> {
        match value {
            Datum::Missing => self.text("n.a."),
            Datum::Count(number) => self.int(*number),
            Datum::Real(number) => self.float(*number),
            Datum::Text(text) => self.text(text),
            Datum::Stream(events, size) => {
                self.int(*events)?;
                self.int(*size)?;
                self.pair()
            }
        }
    }
}
