//! The shipped rule `saas-health` said once more as a card: both answer the same, to the bit.
//!
//! The rule judges seats by tenure with a maximum of two scales; the card says it with two
//! variants. They replace the relationship as well, only so that parts stay in the rule's order,
//! by which contributions are rounded.

use puls_reference::evaluate;
use puls_rules_sdk::{Native, Rule};
use puls_scorecard::{
    Card, Catalogue, Condition, Entry, Force, Form, Measure, Scale, Texts, Variant, read,
};
use puls_wire::{FeatureUse, PartVerdict, ROWS_MAX, Rows, Status, Verdict};

use super::build::{
    and, at_least, at_most, bands, card, compare, exception, factor, line, measure, or, trigger,
    unknown,
};
use super::{rows, seeds};

static RULE: Rule = saas_health::RULE;

const FEATURES: [&str; 16] = [
    "usage.active_days_28d",
    "usage.trend_28d",
    "usage.breadth_28d",
    "survey.csat_mean_90d",
    "usage.days_since_last",
    "usage.days_since_champion",
    "license.seats_active_pct_28d",
    "license.tenure_days",
    "license.overdue_days",
    "license.days_to_decision",
    "ticket.open_critical",
    "survey.nps_role_weighted",
    "ticket.escalated_pct_90d",
    "ticket.reply_breaches_90d",
    "touch.days_since_last",
    "account.stage",
];
const UNSEEN: usize = 4;
const CHAMPION: usize = 5;
const SEATS: usize = 6;
const TENURE: usize = 7;
const OVERDUE: usize = 8;
const DECISION: usize = 9;
const TOUCHED: usize = 14;
const STAGE: usize = 15;
/// Parts of the rule before those that variants replace.
const PARTS_FIXED: usize = 8;

/// The rule's meaning as a card.
pub(crate) fn saas() -> Card {
    let mut measures = vec![
        measure(
            "adoption",
            40.0,
            vec![
                factor("rhythm", 45.0, 0, line(1.0, 16.0)),
                factor("direction", 35.0, 1, line(-60.0, 0.0)),
                factor("depth", 20.0, 2, line(0.0, 4.0)),
            ],
        ),
        measure(
            "support",
            20.0,
            vec![
                factor("pressure", 40.0, 10, line(3.0, 0.0)),
                factor("tension", 30.0, 12, line(40.0, 0.0)),
                factor("answers", 30.0, 13, line(5.0, 1.0)),
            ],
        ),
        measure(
            "sentiment",
            15.0,
            vec![
                factor("loyalty", 60.0, 11, line(3.0, 9.0)),
                factor("content", 40.0, 3, line(2.0, 4.5)),
            ],
        ),
    ];
    measures.extend(rest(None, bands(&[(10.0, 0.0), (50.0, 30.0)], 100.0)));
    measures.extend(rest(Some((0, "new")), bands(&[], 100.0)));
    measures.extend(rest(Some((1, "young")), bands(&[(50.0, 50.0)], 100.0)));
    let mut card = card(&FEATURES, measures);
    card.name = "saas-scorecard".to_owned();
    card.features[STAGE] = FeatureUse {
        name: FEATURES[STAGE].to_owned(),
        values: ["prospect", "churned"].map(str::to_owned).to_vec(),
        wake: Vec::new(),
    };
    let stays = Condition::Text(Texts {
        feature: STAGE,
        codes: vec![0, 1],
        negated: true,
    });
    card.population = Some(or(unknown(STAGE), stays));
    let variant = |name: &str, days| Variant {
        name: name.to_owned(),
        when: at_most(TENURE, days),
    };
    card.variants = vec![variant("new", 60.0), variant("young", 180.0)];
    let deciding = |within| and(at_least(DECISION, 0.0), at_most(DECISION, within));
    let silent = and(deciding(60.0), at_least(UNSEEN, 14.0));
    card.exceptions = vec![
        exception("unpaid", at_least(OVERDUE, 30.0), Some(Force::Cap(50.0))),
        exception("silent_renewal", silent, Some(Force::Cap(30.0))),
    ];
    let less = puls_scorecard::Comparison::Less;
    let not_silent = or(unknown(UNSEEN), compare(UNSEEN, less, 14.0));
    card.triggers = vec![
        trigger("renewal_play", deciding(90.0)),
        trigger("champion_left", and(at_least(CHAMPION, 30.0), not_silent)),
    ];
    card
}

/// Commercial and relationship, of the card or of a variant.
fn rest(variant: Option<(usize, &str)>, seats: Scale) -> [Measure; 2] {
    let named = |name: &str| match variant {
        Some((_, variant)) => format!("{variant}.{name}"),
        None => name.to_owned(),
    };
    let commercial = vec![
        factor(&named("seats"), 50.0, SEATS, seats),
        factor(&named("payment"), 50.0, OVERDUE, line(45.0, 5.0)),
    ];
    let relationship = vec![
        factor(&named("contact"), 50.0, TOUCHED, line(90.0, 21.0)),
        factor(&named("sponsor"), 50.0, CHAMPION, line(60.0, 14.0)),
    ];
    let measures = [
        measure(&named("commercial"), 15.0, commercial),
        measure(&named("relationship"), 10.0, relationship),
    ];
    let mut place = 3;
    measures.map(|mut measure| {
        if let Some((index, _)) = variant {
            measure.variant = Some(index);
            measure.replaces = Some(place);
            place += 1;
        }
        measure
    })
}

/// The card's verdict with the parts of the rule: of each, the one that is in force. Those of
/// the others must be silent.
fn as_the_rule(row: &[f64], verdict: &Verdict) -> Verdict {
    let variant = match row[TENURE] {
        days if days <= 60.0 => 1,
        days if days <= 180.0 => 2,
        _ => 0,
    };
    let (fixed, rest) = verdict.parts.split_at(PARTS_FIXED);
    let mut parts = fixed.to_vec();
    for (index, found) in rest.chunks(4).enumerate() {
        if index == variant {
            let before = u16::try_from(index * 4).expect("a small number");
            parts.extend(found.iter().map(|part| PartVerdict {
                reason: part.reason.saturating_sub(before),
                ..*part
            }));
        } else {
            assert_eq!(found, [PartVerdict::default(); 4], "{row:?}");
        }
    }
    Verdict {
        parts,
        ..verdict.clone()
    }
}

/// The same card as people write it.
pub(crate) fn as_written() -> Card {
    let entry = |name: &str| Entry {
        name: name.to_owned(),
        form: match name {
            "account.stage" => Form::Text,
            _ => Form::Number,
        },
        unit: String::new(),
        age: None,
        values: Vec::new(),
        for_triggers: false,
    };
    let catalogue = Catalogue::new(FEATURES.map(entry).to_vec());
    read(include_str!("saas.toml"), &catalogue).unwrap_or_else(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", problems.join("\n"))
    })
}

/// The values of a row in the order of the card's columns.
fn columns(card: &Card, row: &[f64]) -> Vec<f64> {
    let place = |name: &str| FEATURES.iter().position(|it| *it == name);
    let features = card.features.iter().map(|it| place(&it.name));
    features
        .map(|it| row[it.expect("a feature of the rule")])
        .collect()
}

#[test]
fn the_card_answers_as_the_rule_does() {
    let cards = [saas(), as_written()];
    let (mut scored, mut forced) = (0, 0);
    for seed in seeds(20) {
        let accounts = accounts(seed);
        let mut batch = Rows::new(FEATURES.len());
        for row in &accounts {
            batch.push(row.iter().copied());
        }
        let mut expected = Vec::new();
        Native::new(&RULE, &[]).evaluate(&batch, &mut expected);
        assert_eq!(expected.len(), accounts.len());
        for (row, expected) in accounts.iter().zip(&expected) {
            for card in &cards {
                let verdict = evaluate(card, &columns(card, row), &[]);
                let found = as_the_rule(row, &verdict);
                assert_eq!(found, *expected, "seed {seed}, {row:?}");
            }
            scored += usize::from(expected.status == Status::Scored);
            forced += usize::from(expected.adjust != 0);
        }
    }
    assert!(
        scored > 100 && forced > 10,
        "{scored} scored, {forced} forced"
    );
}

fn accounts(seed: u64) -> Vec<Vec<f64>> {
    let mut accounts = rows::rows(&saas(), &[], seed, ROWS_MAX);
    for row in &mut accounts {
        // A text that the rule does not list has this code, and no other.
        row[STAGE] = if row[STAGE] > 1.0 { -1.0 } else { row[STAGE] };
    }
    accounts
}
