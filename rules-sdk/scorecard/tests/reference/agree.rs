//! A compiled card answers what the interpreter says: every field of every account, whoever
//! stands beside it in the batch.

use puls_reference::evaluate;
use puls_scorecard::{Card, compile};
use puls_wire::{MANIFEST_SECTION, Manifest, ROWS_MAX, Verdict};

use super::module::Module;
use super::shrink::shrink;
use super::{generate, rows, seeds};

/// So many cards are tried where nobody asks for more.
const CARDS: u64 = 150;

#[test]
fn compiled_cards_answer_what_the_interpreter_says() {
    for seed in seeds(CARDS) {
        let card = generate::card(seed);
        let parameters = rows::parameters(&card, seed);
        let accounts = rows::rows(&card, &parameters, seed, ROWS_MAX);
        let accounts: Vec<&[f64]> = accounts.iter().map(Vec::as_slice).collect();
        let Err((row, wrong)) = agrees(&card, &parameters, &accounts) else {
            continue;
        };
        let account = [accounts[row]];
        let alone = |card: &Card| agrees(card, &parameters, &account).is_err();
        let again = if alone(&card) {
            let smaller = shrink(card, alone);
            let wrong = agrees(&smaller, &parameters, &account);
            format!("a smaller card: {wrong:?}\n{smaller:#?}")
        } else {
            "alone in its batch the account is right".to_owned()
        };
        let values = account[0];
        panic!(
            "PULS_SEED={seed}, row {row}: {wrong}\nparameters {parameters:?}\nrow {values:?}\n\
             {again}"
        );
    }
}

/// The first row that a fresh instance answers otherwise, and what is other about it; tried in
/// batches of several sizes and orders.
pub(crate) fn agrees(
    card: &Card,
    parameters: &[f64],
    accounts: &[&[f64]],
) -> Result<(), (usize, String)> {
    let expected: Vec<Verdict> = accounts
        .iter()
        .map(|row| evaluate(card, row, parameters))
        .collect();
    let mut module = instance(card, parameters).map_err(|wrong| (0, wrong))?;
    let all: Vec<usize> = (0..accounts.len()).collect();
    let backwards: Vec<usize> = all.iter().rev().copied().collect();
    let same = vec![accounts.len() / 2; ROWS_MAX];
    let some = |rows: usize| all.chunks(rows).take(4);
    let batches = [all.as_slice(), &backwards, &same].into_iter();
    for batch in batches
        .chain(some(1))
        .chain(some(2))
        .chain(some(3))
        .chain(some(255))
    {
        let rows: Vec<&[f64]> = batch.iter().map(|row| accounts[*row]).collect();
        let found = module.verdicts(&rows);
        for (row, found) in batch.iter().zip(&found) {
            if let Some(difference) = difference(&expected[*row], found) {
                let size = batch.len();
                return Err((*row, format!("in a batch of {size}: {difference}")));
            }
        }
    }
    Ok(())
}

fn instance(card: &Card, parameters: &[f64]) -> Result<Module, String> {
    let parts = card.measures.iter().map(|it| it.factors.len()).sum();
    Module::new(
        &compile(card).module,
        card.features.len(),
        parts,
        parameters,
    )
}

/// The first field that differs.
fn difference(expected: &Verdict, found: &Verdict) -> Option<String> {
    if found == expected {
        return None;
    }
    let parts = expected.parts.iter().zip(&found.parts).enumerate();
    for (part, (expected, found)) in parts {
        if found != expected {
            return Some(format!(
                "part {part}: expected {expected:?}, found {found:?}"
            ));
        }
    }
    let but_parts = |verdict: &Verdict| Verdict {
        parts: Vec::new(),
        ..verdict.clone()
    };
    let (expected, found) = (but_parts(expected), but_parts(found));
    Some(format!("expected {expected:?}, found {found:?}"))
}

#[test]
fn the_same_card_gives_the_same_bytes() {
    for seed in seeds(60) {
        let card = generate::card(seed);
        let (one, other) = (compile(&card), compile(&card.clone()));
        assert_eq!(one, other, "seed {seed}");
    }
}

/// The host admits it by these; the manifest in the module is the one that is returned.
#[test]
fn a_module_is_within_the_limits_and_describes_itself() {
    for seed in seeds(100) {
        let card = generate::card(seed);
        let compiled = compile(&card);
        assert!(compiled.module.len() <= 1 << 20, "seed {seed}");
        assert!(compiled.cost.body_bytes_max <= 64 << 10, "seed {seed}");
        let section = custom_section(&compiled.module, MANIFEST_SECTION);
        let manifest = Manifest::parse(section.expect("the section of the manifest"));
        let manifest = manifest.unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
        // Read back as well: a number with many digits may come out one step beside itself.
        let expected = serde_json::to_vec(&compiled.manifest).unwrap();
        assert_eq!(
            Ok(&manifest),
            Manifest::parse(&expected).as_ref(),
            "seed {seed}"
        );
        let factors = || {
            let of = |it: &'_ puls_scorecard::Measure| (it.name.clone(), it.factors.clone());
            card.measures.iter().map(of)
        };
        let parts: Vec<(String, String)> = factors()
            .flat_map(|(measure, factors)| {
                let named = factors
                    .into_iter()
                    .map(move |it| (measure.clone(), it.name));
                named.collect::<Vec<_>>()
            })
            .collect();
        let found = manifest.parts.iter();
        let found: Vec<_> = found
            .map(|it| (it.measure.clone(), it.name.clone()))
            .collect();
        assert_eq!(found, parts, "seed {seed}");
        let codes = manifest.reasons.iter().map(|it| &it.code);
        assert!(codes.eq(parts.iter().map(|it| &it.1)), "seed {seed}");
        assert_eq!(manifest.features, card.features, "seed {seed}");
        assert_eq!(compiled.manifest.parameters, card.parameters, "seed {seed}");
    }
}

/// The contents of a custom section: sections are an id, a size and that many bytes, and a custom
/// one begins with its name.
fn custom_section<'a>(module: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut rest = module.strip_prefix(b"\0asm\x01\0\0\0")?;
    while let Some((id, after)) = rest.split_first() {
        let (size, after) = leb128(after)?;
        let (section, next) = after.split_at_checked(size)?;
        rest = next;
        if *id == 0 {
            let (length, text) = leb128(section)?;
            let (found, contents) = text.split_at_checked(length)?;
            if found == name.as_bytes() {
                return Some(contents);
            }
        }
    }
    None
}

/// A whole number in groups of seven bits, the lowest first, and what stands after it.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let last = bytes.iter().position(|byte| byte & 0x80 == 0)?;
    let (number, rest) = bytes.split_at_checked(last + 1)?;
    let number = number.iter().rev();
    let number = number.fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7F));
    Some((number, rest))
}
