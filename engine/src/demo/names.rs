//! Names for the crowd: like those of real companies, and of none that we know.

const HEADS: [&str; 30] = [
    "Alder", "Amber", "Birken", "Brisk", "Calder", "Corvin", "Dunmar", "Elster", "Farrow",
    "Fennel", "Glimmer", "Harrow", "Hazel", "Ivory", "Juniper", "Karsten", "Larken", "Mallow",
    "Merrin", "Nettle", "Oster", "Pelham", "Quarrel", "Ravens", "Sable", "Thistle", "Umber",
    "Velden", "Wexmoor", "Yarrow",
];
const TAILS: [&str; 12] = [
    "gate", "wick", "berg", "lund", "stead", "holt", "mark", "field", "haven", "by", "worth", "ton",
];
const FORMS: [&str; 10] = [
    "GmbH", "AB", "Ltd", "Inc.", "AS", "BV", "Oy", "SARL", "ApS", "Group",
];

/// The company with this number: all numbers below 3,600 have different names, later ones repeat
/// them with a number.
pub(super) fn company(number: usize) -> String {
    let (heads, tails) = (HEADS.len(), TAILS.len());
    // Coprime steps walk through all pairs before one comes back.
    let pair = (number * 131) % (heads * tails);
    let head = HEADS.get(pair / tails).copied().unwrap_or_default();
    let tail = TAILS.get(pair % tails).copied().unwrap_or_default();
    let round = number / (heads * tails);
    let form = FORMS.get((number * 7 + round) % FORMS.len()).copied();
    let form = form.unwrap_or_default();
    match round / FORMS.len() {
        0 => format!("{head}{tail} {form}"),
        again => format!("{head}{tail} {} {form}", again + 1),
    }
}

/// An account id made of a name: its letters and digits in lower case, words joined by `-`.
pub(super) fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join("-").to_lowercase()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{company, slug};

    #[test]
    fn companies_have_names_of_their_own() {
        let slugs: BTreeSet<String> = (0..5_000).map(|n| slug(&company(n))).collect();
        assert_eq!(slugs.len(), 5_000);
        assert_eq!(company(0), "Aldergate GmbH");
        assert_eq!(slug("Quillbrook Inc."), "quillbrook-inc");
    }
}
