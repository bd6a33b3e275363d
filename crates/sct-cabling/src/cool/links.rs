//! From the two link columns of a module to the fibres of its sides.

use sct_id::Side;

use super::Problem;
use crate::{Fibre, UsableLinks};

/// The usual fibre: it follows from the place in the unit.
pub(super) const DEFAULT: i64 = 128;
/// A dead link.
pub(super) const DEAD: i64 = 255;

/// What the two columns say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Links {
    /// Fibres of side 0 and side 1.
    pub(super) fibres: [Fibre; 2],
    pub(super) usable: UsableLinks,
    /// Link 0 arrives on the odd fibre.
    pub(super) crossed: bool,
}

impl Links {
    /// `columns` are `rx0Fibre` and `rx1Fibre`, `usual` is the usual fibre of side 0.
    ///
    /// Side 0 always gets the even fibre: hits of a crossed module are sorted out by their side bit.
    pub(super) fn resolve(columns: [i64; 2], usual: i64) -> Result<Self, Problem> {
        let is_valid = |&link: &i64| (0..96).contains(&link) || link == DEFAULT || link == DEAD;
        if !columns.iter().all(is_valid) {
            return Err(Problem::Links(columns[0], columns[1]));
        }
        if columns == [DEAD; 2] {
            return Err(Problem::NoLink);
        }
        // The original keeps 128 until the end, which gives no valid fibre when it stands beside 255 or in a wrong order.
        let or_usual = |link, usual| if link == DEFAULT { usual } else { link };
        let links = [or_usual(columns[0], usual), or_usual(columns[1], usual + 1)];
        let crossed = if links[0] == DEAD { links[1] % 2 == 0 } else { links[0] % 2 == 1 };
        let candidates = candidates(links, crossed);
        let fibre = |side: Side| {
            let other = links[side.other().index()];
            let mut link = links[side.index()];
            if link == DEAD {
                link = if other == candidates[0] { candidates[1] } else { candidates[0] };
            }
            if (link % 2 != 0) != (side == Side::One) {
                link = if link == candidates[0] { candidates[1] } else { candidates[0] };
            }
            Fibre::new(usize::try_from(link).unwrap_or(usize::MAX))
        };
        let fibres = [fibre(Side::Zero)?, fibre(Side::One)?];
        let usable = UsableLinks::from_usable(links[0] != DEAD, links[1] != DEAD);
        Ok(Self { fibres, usable, crossed })
    }
}

/// The fibres the module can have: those given, and for a dead link the one beside that of the other link.
fn candidates(links: [i64; 2], crossed: bool) -> [i64; 2] {
    let step = if crossed { -1 } else { 1 };
    let beside = |link: i64, partner: i64| if link == DEAD { partner } else { link };
    [beside(links[0], links[1] - step), beside(links[1], links[0] + step)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(columns: [i64; 2], expected: ([usize; 2], UsableLinks, bool)) {
        let found = Links::resolve(columns, 24).unwrap();
        let fibres = found.fibres.map(Fibre::index);
        assert_eq!((fibres, found.usable, found.crossed), expected, "{columns:?}");
    }

    #[test]
    fn side_0_is_on_the_even_fibre() {
        use UsableLinks::{Both, OnlyLink0, OnlyLink1};
        check([128, 128], ([24, 25], Both, false));
        check([30, 31], ([30, 31], Both, false));
        check([30, 41], ([30, 41], Both, false));
        check([31, 30], ([30, 31], Both, true));
        check([41, 30], ([30, 41], Both, true));
        check([30, 255], ([30, 31], OnlyLink0, false));
        check([31, 255], ([30, 31], OnlyLink0, true));
        check([255, 31], ([30, 31], OnlyLink1, false));
        check([255, 30], ([30, 31], OnlyLink1, true));
        check([128, 255], ([24, 25], OnlyLink0, false));
        check([255, 128], ([24, 25], OnlyLink1, false));
    }

    #[test]
    fn two_links_of_one_parity_do_not_share_a_fibre_silently() {
        // The second side ends on the fibre of the first and is refused by the cabling.
        check([30, 40], ([30, 30], UsableLinks::Both, false));
        check([31, 41], ([41, 41], UsableLinks::Both, true));
    }

    #[test]
    fn other_numbers_are_refused() {
        for columns in [[96, 0], [0, 127], [-1, 0], [256, 0], [i64::MIN, i64::MAX]] {
            let expected = Problem::Links(columns[0], columns[1]);
            assert_eq!(Links::resolve(columns, 24), Err(expected));
        }
        assert_eq!(Links::resolve([255, 255], 24), Err(Problem::NoLink));
    }
}
