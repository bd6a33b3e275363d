//! Modules found by whatever they are called.

use sct_cabling::Cabling;
use sct_id::{CompactId, ModuleHash, ModulePosition, Region, SerialNumber};

/// What is understood, for people.
pub(super) const FORMS: &str = "a serial number (20220170200653), a position as barrel_ec, layer or disk, phi, eta \
     (0.3.3.-1, or 'barrel layer 3, phi 3, eta -1'), a compact identifier (204472320 or 0x0c300000, of a module, side or strip, \
     32 or 64 bits), or a hash from 0 to 4087";

/// What somebody means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A module.
    Module(ModuleHash),
    /// The module with a serial number.
    Serial(SerialNumber),
}

/// Reads what a person typed; the error says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Named, String> {
    let text = text.trim().trim_start_matches('#');
    if text.is_empty() {
        return Err("Please type what the module is called.".to_owned());
    }
    if let Ok(serial) = text.parse::<SerialNumber>() {
        return Ok(Named::Serial(serial));
    }
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    if let Some(id) = hexadecimal {
        let id = u64::from_str_radix(id, 16).map_err(|_| unknown(text))?;
        return compact(id);
    }
    if let Ok(number) = text.parse::<u64>() {
        let hash = usize::try_from(number).ok().and_then(|number| ModuleHash::new(number).ok());
        return hash.map_or_else(|| compact(number), |hash| Ok(Named::Module(hash)));
    }
    position(text).ok_or_else(|| unknown(text))?.map(Named::Module)
}

fn unknown(text: &str) -> String {
    let shown: String = text.chars().take(60).collect();
    format!("'{shown}' is not understood. Understood are {FORMS}.")
}

fn compact(id: u64) -> Result<Named, String> {
    let found = CompactId::from_either(id);
    found
        .map(|id| Named::Module(id.module().hash()))
        .map_err(|error| format!("There is no such module: {error}. Understood are {FORMS}."))
}

/// A position in numbers or words; a side after it does not matter. None when it is no position at all.
fn position(text: &str) -> Option<Result<ModuleHash, String>> {
    let lower = text.to_lowercase();
    let region = if lower.contains("barrel") {
        Some(Region::Barrel)
    } else if lower.contains("cap a") || lower.contains("capa") || lower.contains("eca") {
        Some(Region::EndCapA)
    } else if lower.contains("cap c") || lower.contains("capc") || lower.contains("ecc") {
        Some(Region::EndCapC)
    } else {
        None
    };
    let numbers = numbers(&lower)?;
    let (region, rest) = match (region, numbers.as_slice()) {
        (Some(region), rest) => (Ok(region), rest),
        (None, [bec, rest @ ..]) => (Region::from_barrel_ec(*bec), rest),
        (None, []) => return None,
    };
    let ([layer, phi, eta] | [layer, phi, eta, _]) = rest else { return None };
    let found = region.and_then(|region| ModulePosition::new(region, *layer, *phi, *eta));
    Some(found.map(ModulePosition::hash).map_err(|error| {
        let error = error.to_string();
        format!("{}{}.", error[..1].to_uppercase(), &error[1..])
    }))
}

/// The whole numbers of a text, between anything that is no digit; a minus sign belongs to a number.
fn numbers(text: &str) -> Option<Vec<i64>> {
    let parts = text.split(|c: char| !(c.is_ascii_digit() || c == '-'));
    parts
        .map(|part| part.trim_matches(|c: char| c == '-' && part.len() == 1))
        .filter(|part| part.bytes().any(|byte| byte.is_ascii_digit()))
        .map(|part| part.parse().ok())
        .collect()
}

/// The module that is meant; serial numbers need the cabling.
pub(super) fn module(named: Named, cabling: Option<&Cabling>) -> Option<ModuleHash> {
    match named {
        Named::Module(module) => Some(module),
        Named::Serial(serial) => cabling?.module(serial),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, hash: usize) {
        assert_eq!(parse(text), Ok(Named::Module(ModuleHash::new(hash).unwrap())), "{text}");
    }

    #[test]
    fn positions_are_understood_in_all_forms() {
        for text in [
            "0.3.3.-1",
            " 0 3 3 -1 ",
            "0,3,3,-1",
            "0_3_3_-1_1",
            "0/3/3/-1",
            "barrel layer 3, phi 3, eta -1",
            "Barrel 3 3 -1",
            "2469",
            "#2469",
        ] {
            check(text, 2469);
        }
        check("end-cap C disk 0, phi 0, ring 0", 0);
        check("-2.0.0.0", 0);
        check("EndCapC 0 0 0", 0);
    }

    #[test]
    fn every_module_is_found_by_each_of_its_names() {
        for module in ModuleHash::all() {
            let position = module.position();
            let id = position.id();
            check(&position.to_string(), module.index());
            check(&crate::web::place::words(module), module.index());
            check(&id.to_u32().to_string(), module.index());
            check(&id.to_u64().to_string(), module.index());
            check(&format!("{:#010x}", id.to_u32()), module.index());
        }
    }

    #[test]
    fn serial_numbers_are_told_from_numbers() {
        let serial = "20220170200653".parse().unwrap();
        assert_eq!(parse("20220170200653"), Ok(Named::Serial(serial)));
        assert_eq!(module(Named::Serial(serial), None), None);
    }

    #[test]
    fn errors_say_what_is_understood() {
        for text in ["<script>", "1.2", "x", "99999", "0xg", "20220", "-", "--", "1e5", "é-ü"] {
            let error = parse(text).unwrap_err();
            assert!(error.contains("a serial number"), "{text}: {error}");
        }
        let error = parse("0.3.3.0").unwrap_err();
        assert_eq!(error, "There is no module at barrel_ec 0, layer or disk 3, phi 3, eta 0.");
        assert_eq!(parse(" ").unwrap_err(), "Please type what the module is called.");
        assert!(parse(&"9".repeat(400)).is_err());
    }
}
