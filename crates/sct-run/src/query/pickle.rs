//! The answer as a Python pickle: protocol 2, and of Python's types only dict, list, tuple, int, float, str and bool, so that
//! any Python loads it and nothing is run by loading.

use super::answer::{Answer, Datum, Entry, duration};

/// What a pickle of ours can hold.
enum Item<'a> {
    Bool(bool),
    Int(u64),
    Float(f64),
    Text(&'a str),
    List(Vec<Item<'a>>),
    Tuple(Box<[Item<'a>; 2]>),
    Dictionary(Vec<(Item<'a>, Item<'a>)>),
}

impl Answer {
    /// The bytes of `atlrunquery.pickle`: key `Run` with the list of run numbers, and each run number with its keys. Values
    /// with intervals are lists of `firstlb`, `lastlb`, `value` and `accepted`.
    pub fn to_pickle(&self) -> Vec<u8> {
        let durations: Vec<String> = self.runs.iter().map(|run| duration(run.seconds())).collect();
        let numbers = self.runs.iter().map(|run| Item::Int(u64::from(run.run.to_u32()))).collect();
        let mut top = vec![(Item::Text("Run"), Item::List(numbers))];
        for (run, duration) in self.runs.iter().zip(&durations) {
            let number = u64::from(run.run.to_u32());
            let mut values =
                vec![(Item::Text("Run"), Item::Int(number)), (Item::Text("Links"), Item::Text(""))];
            if self.heads.lumi_blocks {
                values.push((Item::Text("#LB"), Item::Int(u64::from(run.lumi_blocks))));
            }
            if self.heads.times {
                let times = [run.start, run.end].map(|time| Item::Float(time as f64 / 1e9));
                values.push((Item::Text("Start and endtime"), Item::Tuple(Box::new(times))));
            }
            if self.heads.duration {
                values.push((Item::Text("Duration"), Item::Text(duration)));
            }
            for (name, entries) in self.columns.iter().zip(&run.values) {
                values
                    .push((Item::Text(name), Item::List(entries.iter().map(dictionary).collect())));
            }
            top.push((Item::Int(number), Item::Dictionary(values)));
        }
        let mut bytes = vec![0x80, 2];
        write(&mut bytes, &Item::Dictionary(top));
        bytes.push(b'.');
        bytes
    }
}

fn dictionary(entry: &Entry) -> Item<'_> {
    Item::Dictionary(vec![
        (Item::Text("firstlb"), Item::Int(u64::from(entry.blocks.start))),
        (Item::Text("lastlb"), Item::Int(u64::from(entry.stored_last()))),
        (Item::Text("value"), item(&entry.value)),
        (Item::Text("accepted"), Item::Bool(entry.accepted)),
    ])
}

fn item(value: &Datum) -> Item<'_> {
    match value {
        Datum::Missing => Item::Text("n.a."),
        Datum::Count(number) => Item::Int(*number),
        Datum::Real(number) => Item::Float(*number),
        Datum::Text(text) => Item::Text(text),
        Datum::Stream(events, size) => {
            Item::Tuple(Box::new([Item::Int(*events), Item::Int(*size)]))
        }
    }
}

/// Opcodes are those of Python's `pickletools`.
fn write(bytes: &mut Vec<u8>, item: &Item<'_>) {
    match item {
        Item::Bool(true) => bytes.push(0x88),
        Item::Bool(false) => bytes.push(0x89),
        Item::Int(number) => {
            if let Ok(number) = i32::try_from(*number) {
                bytes.push(b'J');
                bytes.extend(number.to_le_bytes());
            } else {
                // LONG1: nine bytes, so that the sign stays positive.
                bytes.extend([0x8a, 9]);
                bytes.extend(number.to_le_bytes());
                bytes.push(0);
            }
        }
        Item::Float(number) => {
            bytes.push(b'G');
            bytes.extend(number.to_be_bytes());
        }
        Item::Text(text) => {
            bytes.push(b'X');
            let length = u32::try_from(text.len())
                .expect("texts of conditions have at most 16 million bytes");
            bytes.extend(length.to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        Item::List(items) => {
            bytes.extend(b"](");
            for item in items {
                write(bytes, item);
            }
            bytes.push(b'e');
        }
        Item::Tuple(items) => {
            for item in items.iter() {
                write(bytes, item);
            }
            bytes.push(0x86);
        }
        Item::Dictionary(pairs) => {
            bytes.extend(b"}(");
            for (key, value) in pairs {
                write(bytes, key);
                write(bytes, value);
            }
            bytes.push(b'u');
        }
    }
}
