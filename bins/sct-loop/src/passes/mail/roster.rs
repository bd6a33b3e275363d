//! Who is on duty: a table of shifters.
//!
//! A line for each duty: begin, end, name, address, with commas between. Begin and end are days (the last one counts) or
//! times (`2022-11-20T15:00`), in UTC. Empty lines, and those that begin with `#`, say nothing.

use jiff::{
    ToSpan as _,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use sct_mail::Address;

/// The people on duty at a time, each once, and what is wrong with which line. A faulty line keeps nobody else from their mails.
pub fn on_duty(text: &str, now: i64) -> (Vec<Address>, Vec<String>) {
    let (mut people, mut wrong) = (Vec::<Address>::new(), Vec::new());
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || (number == 0 && line.starts_with("from")) {
            continue;
        }
        match duty(line) {
            Ok((from, to, address)) => {
                let known = people.iter().any(|known| known.address() == address.address());
                if (from..to).contains(&now) && !known {
                    people.push(address);
                }
            }
            Err(what) => wrong.push(format!("line {}: {what}", number + 1)),
        }
    }
    (people, wrong)
}

fn duty(line: &str) -> Result<(i64, i64, Address), String> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [from, to, name, address] = fields[..] else {
        return Err("expected begin, end, name, address".to_owned());
    };
    let address = Address::new(name, address).map_err(|error| error.to_string())?;
    let (from, to) = (time(from, false)?, time(to, true)?);
    if from >= to {
        return Err("the end is not after the begin".to_owned());
    }
    Ok((from, to, address))
}

/// Seconds since 1970 of a day or a time; for the end of a duty, the end of the day.
fn time(text: &str, is_end: bool) -> Result<i64, String> {
    let wrong = || format!("'{text}' is no day or time, expected YYYY-MM-DD or YYYY-MM-DDThh:mm");
    let time = if text.len() == 10 {
        let day: Date = text.parse().map_err(|_| wrong())?;
        let day = if is_end { day.checked_add(1.day()).map_err(|_| wrong())? } else { day };
        day.to_datetime(jiff::civil::Time::midnight())
    } else {
        text.replace(' ', "T").parse::<DateTime>().map_err(|_| wrong())?
    };
    Ok(time.to_zoned(TimeZone::UTC).map_err(|_| wrong())?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "from, to, name, address\n# autumn\n\
        2022-11-20, 2022-11-21, Ann, ann@example.org\n\
        2022-11-21T12:00, 2022-11-22T12:00, Bob, bob@example.org\n\
        2022-11-21, 2022-11-21, Ann again, ann@example.org\n\n\
        2022-11-21, 2022-11-20, Cy, cy@example.org\n\
        tomorrow, 2022-11-20, Di, di@example.org\n\
        2022-11-20, 2022-11-30, Ed\n\
        2022-11-20, 2022-11-30, Flo, flo\n";

    #[test]
    fn people_are_on_duty_until_the_end_of_their_last_day() {
        let at = |time: &str| {
            let (people, _) = on_duty(TEXT, super::time(time, false).unwrap());
            people.iter().map(|one| one.name().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(at("2022-11-19"), Vec::<String>::new());
        assert_eq!(at("2022-11-20"), ["Ann"]);
        assert_eq!(at("2022-11-21T11:59"), ["Ann"]);
        assert_eq!(at("2022-11-21T23:59"), ["Ann", "Bob"]);
        assert_eq!(at("2022-11-22"), ["Bob"]);
        assert_eq!(at("2022-11-22T12:00"), Vec::<String>::new());
    }

    #[test]
    fn faulty_lines_are_named() {
        let (_, wrong) = on_duty(TEXT, 0);
        let expected =
            ["line 7: the end", "line 8: 'tomorrow'", "line 9: expected", "line 10: 'flo'"];
        assert_eq!(wrong.len(), expected.len(), "{wrong:?}");
        for (found, expected) in wrong.iter().zip(expected) {
            assert!(found.starts_with(expected), "{found}");
        }
    }
}
