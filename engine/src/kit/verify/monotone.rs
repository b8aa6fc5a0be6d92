//! Promises about the score: that it never falls while a feature moves one way and all else stays.
//!
//! Of a card it is proved where the card's form proves it. Otherwise pairs of customers who differ
//! in that feature alone are searched; pairs of which other parts have points or other data count
//! are left out, for then something else has changed: what is missing, or the variant.

use puls_reference::{Certainty, data, proved};
use puls_wire::{Direction, POINTS_NONE, Verdict};

use super::rows::Source;
use super::{Check, Failure, Trial};

/// Pairs of customers that are tried for one promise.
const PAIRS: usize = 4_096;

/// A check for each promise that the rule makes.
pub(super) fn check(trial: &mut Trial<'_>, source: &mut Source) -> Vec<Check> {
    let manifest = trial.candidate.module.manifest.clone();
    let mut checks = Vec::new();
    for promise in &manifest.monotone {
        let Some(column) = manifest.feature_index(&promise.feature) else {
            continue;
        };
        let up = promise.direction == Direction::Up;
        let moves = if up { "rises" } else { "falls" };
        let what = format!("the score never falls while {} {moves}", promise.feature);
        let sample = source.row();
        let each = 2 * manifest.monotone.len();
        let pairs = trial.affordable(PAIRS, each, &sample);
        let is_proved = trial.card.is_some_and(|card| proved(card, column, up));
        let certainty = if is_proved {
            Certainty::Decided
        } else {
            Certainty::Searched(pairs)
        };
        let mut check = Check::new(what, certainty);
        if !is_proved && let Some(pair) = search((trial, source), pairs, (column, up)) {
            check.fail(told(trial, &pair, &promise.feature));
        }
        checks.push(check);
    }
    checks
}

/// Two customers who differ in one feature; the second is better off by it.
struct Pair {
    worse: Vec<f64>,
    better: Vec<f64>,
}

fn search(
    (trial, source): (&mut Trial<'_>, &mut Source),
    pairs: usize,
    (column, up): (usize, bool),
) -> Option<Pair> {
    for _ in 0..pairs {
        let (one, other) = (source.value(column), source.value(column));
        let (low, high) = if one < other {
            (one, other)
        } else {
            (other, one)
        };
        let (worse, better) = if up { (low, high) } else { (high, low) };
        let base = source.row();
        let with = |value: f64| {
            let mut row = base.clone();
            if let Some(place) = row.get_mut(column) {
                *place = value;
            }
            row
        };
        let pair = Pair {
            worse: with(worse),
            better: with(better),
        };
        if falls(trial, &pair).is_some() {
            return Some(shrunk(trial, pair, column));
        }
    }
    None
}

/// The verdicts of a pair in which the score falls.
fn falls(trial: &mut Trial<'_>, pair: &Pair) -> Option<(Verdict, Verdict)> {
    if let Some(card) = trial.card {
        let parameters: Vec<_> = card.parameters.iter().map(|it| it.default).collect();
        let known = |row: &[f64]| data(card, row, &parameters);
        if known(&pair.worse) != known(&pair.better) {
            return None;
        }
    }
    let answers = trial.ask(&[pair.worse.clone(), pair.better.clone()]).ok()?;
    let [worse, better] = <[Verdict; 2]>::try_from(answers).ok()?;
    // Points may stand for data that are missing; coverage tells.
    let standing = |verdict: &Verdict| -> (u16, Vec<bool>) {
        let parts = verdict.parts.iter();
        let missing = parts.map(|part| part.points == POINTS_NONE).collect();
        (verdict.coverage, missing)
    };
    let comparable =
        worse.has_score() && better.has_score() && standing(&worse) == standing(&better);
    (comparable && better.score() < worse.score()).then_some((worse, better))
}

/// The same pair without everything that is not needed to show it.
fn shrunk(trial: &mut Trial<'_>, pair: Pair, column: usize) -> Pair {
    let mut pair = pair;
    for other in (0..pair.worse.len()).filter(|it| *it != column) {
        let without = |row: &[f64]| {
            let mut row = row.to_vec();
            if let Some(place) = row.get_mut(other) {
                *place = f64::NAN;
            }
            row
        };
        let smaller = Pair {
            worse: without(&pair.worse),
            better: without(&pair.better),
        };
        if falls(trial, &smaller).is_some() {
            pair = smaller;
        }
    }
    for rounded in [f64::round, f64::floor, f64::ceil] {
        let with = |row: &[f64]| {
            let mut row = row.to_vec();
            if let Some(place) = row.get_mut(column) {
                *place = rounded(*place);
            }
            row
        };
        let rounder = Pair {
            worse: with(&pair.worse),
            better: with(&pair.better),
        };
        if falls(trial, &rounder).is_some() {
            return rounder;
        }
    }
    pair
}

fn told(trial: &mut Trial<'_>, pair: &Pair, feature: &str) -> Failure {
    let Some((worse, better)) = falls(trial, pair) else {
        let message = format!("{feature}: a counterexample that cannot be repeated");
        return Failure::plain(message);
    };
    Failure {
        message: format!(
            "two customers differ in {feature} alone, and the one who should be better off has \
             the lower score"
        ),
        rows: vec![
            trial.shown(&pair.worse, &worse),
            trial.shown(&pair.better, &better),
        ],
    }
}
