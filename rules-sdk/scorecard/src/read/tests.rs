//! The example card means what it says; every mistake is told in words, with its place; nothing
//! that is thrown at the reader makes it panic.

use puls_wire::{AlertPolicy, Direction, FeatureUse, Monotone, Parameter, Severity, Tier, Tiers};

use crate::{
    Arithmetic, Band, Card, Catalogue, Comparison, Condition, Derived, Entry, Exception, Factor,
    Force, Form, Line, Measure, Missing, Number, Problem, Scale, Texts, Trigger, Variant, read,
};

mod hostile;
mod mistakes;
mod never;

pub(super) const EXAMPLE: &str = include_str!("tests/example.toml");

/// Features of all forms.
pub(super) fn catalogue() -> Catalogue {
    let entry = |name: &str, form| Entry {
        name: name.to_owned(),
        form,
        unit: String::new(),
        age: None,
        values: Vec::new(),
        for_triggers: false,
    };
    let stages = ["prospect", "trial", "adoption", "churned"];
    Catalogue::new(vec![
        entry("usage.active_days_28d", Form::Number),
        entry("usage.days_since_last", Form::DaysSince),
        entry("license.seats", Form::Number),
        entry("license.seats_assigned_pct", Form::Number),
        entry("license.overdue_days", Form::DaysSince),
        entry("license.days_to_decision", Form::DaysUntil),
        entry("ticket.opened_28d", Form::Number),
        Entry {
            age: Some("survey.nps_age_days".to_owned()),
            ..entry("survey.nps_latest", Form::Number)
        },
        entry("survey.nps_age_days", Form::DaysSince),
        entry("account.segment", Form::Text),
        Entry {
            values: stages.map(ToOwned::to_owned).to_vec(),
            ..entry("account.stage", Form::Text)
        },
        entry("custom.logins-per-week.v2", Form::Number),
        entry("custom.2fa", Form::Number),
        entry("custom.in", Form::Number),
        Entry {
            for_triggers: true,
            ..entry("score.ago_28d", Form::Number)
        },
    ])
}

fn number(value: f64) -> Number {
    Number::Literal(value)
}

fn compare(comparison: Comparison, left: Number, right: Number) -> Condition {
    Condition::Compare(comparison, Box::new((left, right)))
}

fn and(left: Condition, right: Condition) -> Condition {
    Condition::And(Box::new((left, right)))
}

fn texts(feature: usize, codes: &[u16]) -> Condition {
    Condition::Text(Texts {
        feature,
        codes: codes.to_vec(),
        negated: false,
    })
}

fn line(zero_at: f64, hundred_at: f64) -> Scale {
    Scale::Line(Line {
        zero_at: number(zero_at),
        hundred_at: number(hundred_at),
    })
}

fn band(up_to: Number, points: f64) -> Band {
    Band { up_to, points }
}

fn factor(name: &str, weight: f64, value: Number, scale: Scale, reason: &str) -> Factor {
    Factor {
        name: name.to_owned(),
        weight,
        value,
        scale,
        valid_for: None,
        missing: Missing::Exclude,
        baseline: 100.0,
        reason: reason.to_owned(),
    }
}

fn features() -> Vec<FeatureUse> {
    let used = |name: &str, values: &[&str], wake: &[f64]| FeatureUse {
        name: name.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        wake: wake.to_vec(),
    };
    let stages = ["prospect", "churned", "adoption", "trial"];
    vec![
        used("ticket.opened_28d", &[], &[]),
        used("license.seats", &[], &[]),
        used("account.stage", &stages, &[]),
        used("usage.active_days_28d", &[], &[]),
        used("license.seats_assigned_pct", &[], &[]),
        used("survey.nps_latest", &[], &[]),
        used("survey.nps_age_days", &[], &[90.0]),
        used("account.segment", &["enterprise"], &[]),
        used("license.overdue_days", &[], &[30.0, -1.0, 7.0]),
        used("license.days_to_decision", &[], &[90.0]),
        used("score.ago_28d", &[], &[]),
    ]
}

fn voices() -> (Factor, Factor) {
    let nps = Factor {
        valid_for: Some((Number::Feature(6), 90.0)),
        ..factor(
            "nps",
            2.0,
            Number::Feature(5),
            line(-1.0, 10.0),
            "Last answer {survey.nps_latest}",
        )
    };
    let stage = Scale::Texts {
        points: vec![(2, 100.0), (3, 50.0)],
        otherwise: Some(10.0),
    };
    let plan = Factor {
        missing: Missing::Worst,
        ..factor(
            "plan",
            1.0,
            Number::Feature(2),
            stage,
            "In stage {account.stage}",
        )
    };
    (nps, plan)
}

fn measures() -> Vec<Measure> {
    let bands = |up_to, above| Scale::Bands { up_to, above };
    let seats = Factor {
        missing: Missing::Neutral,
        baseline: 90.0,
        ..factor(
            "seats",
            55.0,
            Number::Feature(4),
            bands(
                vec![band(Number::Parameter(0), 0.0), band(number(80.0), 50.0)],
                100.0,
            ),
            "{license.seats_assigned_pct} % of {license.seats} seats are used",
        )
    };
    let (nps, plan) = voices();
    let active = "Active on {usage.active_days_28d} of the last 28 days";
    let measure = |name: &str, title: &str, weight, factors| Measure {
        name: name.to_owned(),
        title: title.to_owned(),
        weight,
        variant: None,
        replaces: None,
        factors,
    };
    let rhythm = factor("rhythm", 45.0, Number::Feature(3), line(1.0, 16.0), active);
    let tickets = factor(
        "tickets",
        1.0,
        Number::Derived(0),
        bands(vec![band(number(0.1), 100.0)], 0.0),
        "{ticket.opened_28d} tickets on {license.seats} seats",
    );
    let other = factor(
        "enterprise.rhythm",
        1.0,
        Number::Feature(3),
        line(20.0, 5.0),
        "Active on {usage.active_days_28d} days",
    );
    vec![
        measure("adoption", "Adoption", 40.0, vec![rhythm, seats]),
        measure("voice", "voice", 60.5, vec![nps, plan, tickets]),
        Measure {
            variant: Some(0),
            replaces: Some(0),
            ..measure("enterprise.adoption", "adoption", 50.0, vec![other])
        },
    ]
}

fn exceptions() -> Vec<Exception> {
    let overdue = Number::Feature(8);
    vec![
        Exception {
            name: "unpaid".to_owned(),
            when: Condition::Or(Box::new((
                compare(Comparison::GreaterOrEqual, overdue.clone(), number(30.0)),
                Condition::In(Box::new(overdue), vec![-1.0, 7.0]),
            ))),
            force: Some(Force::Cap(50.0)),
            reason: "Unpaid for {license.overdue_days} days".to_owned(),
            alert: Some(Severity::Critical),
            policy: AlertPolicy {
                owner_role: "kam".to_owned(),
                playbook: "collect".to_owned(),
                due_days: 3,
            },
        },
        Exception {
            name: "new".to_owned(),
            when: Condition::Not(Box::new(Condition::Has(Number::Feature(3)))),
            force: None,
            reason: "New".to_owned(),
            alert: None,
            policy: AlertPolicy::default(),
        },
    ]
}

fn trigger() -> Trigger {
    let before = (Number::Feature(10), number(15.0));
    Trigger {
        name: "renewal_play".to_owned(),
        when: and(
            compare(Comparison::LessOrEqual, Number::Feature(9), number(90.0)),
            compare(
                Comparison::Less,
                Number::ScoreNow,
                Number::Arithmetic(Arithmetic::Subtract, Box::new(before)),
            ),
        ),
        text: "Renewal in {license.days_to_decision} days".to_owned(),
        playbook: "renewal".to_owned(),
        owner_roles: vec!["kam".to_owned(), "sales".to_owned()],
        due_days: 14,
        cooldown_hours: 7 * 24,
    }
}

fn expected() -> Card {
    let tier = |name: &str, from, alert| Tier {
        name: name.to_owned(),
        from,
        alert,
    };
    Card {
        name: "saas-scorecard".to_owned(),
        version: "1.0.0".to_owned(),
        title: "Health of a SaaS customer".to_owned(),
        parameters: vec![Parameter {
            name: "seats_low".to_owned(),
            default: 50.0,
            min: 0.0,
            max: 100.0,
        }],
        features: features(),
        derived: vec![Derived {
            name: "custom_ratio.tickets_per_seat".to_owned(),
            unit: "tickets".to_owned(),
            value: Number::Arithmetic(
                Arithmetic::Divide,
                Box::new((Number::Feature(0), Number::Feature(1))),
            ),
        }],
        population: Some(Condition::Not(Box::new(texts(2, &[0, 1])))),
        variants: vec![Variant {
            name: "enterprise".to_owned(),
            when: and(
                texts(7, &[0]),
                compare(
                    Comparison::GreaterOrEqual,
                    Number::Feature(1),
                    number(100.0),
                ),
            ),
        }],
        measures: measures(),
        exceptions: exceptions(),
        triggers: vec![trigger()],
        tiers: Tiers {
            bands: vec![
                tier("good", 60.0, None),
                tier("bad", 0.0, Some(Severity::Warning)),
            ],
            hysteresis_points: 3.0,
            dwell_hours: 24,
        },
        coverage_min: 4_000,
        alerts: AlertPolicy {
            owner_role: "csm".to_owned(),
            playbook: "health_review".to_owned(),
            due_days: 5,
        },
        source: blake3::hash(EXAMPLE.as_bytes()).to_hex().to_string(),
        monotone: Vec::new(),
    }
}

#[test]
fn the_example_means_what_it_says() {
    assert_eq!(read(EXAMPLE, &catalogue()), Ok(expected()));
}

/// A card of one factor, with these lines in `[card]`, in the factor, and after it.
fn small(card: &str, factor: &str, rest: &str) -> String {
    format!(
        "[card]\nname = \"a\"\nversion = \"1\"\n{card}\n[[measures]]\nname = \"m\"\nweight = 1\n\
         [[measures.factors]]\nname = \"f\"\n{factor}\n{rest}\n"
    )
}

const EVERYBODY: &str = "applies_when = \"true\"";
const FACTOR: &str = "feature = \"license.seats\"\nweight = 1\n\
                      line = { zero_at = 1, hundred_at = 2 }\nreason = \"r\"";

/// The population of a card with this condition.
fn population(condition: &str) -> Result<Option<Condition>, Vec<Problem>> {
    let source = small(&format!("applies_when = '''{condition}'''"), FACTOR, "");
    read(&source, &catalogue()).map(|card| card.population)
}

#[test]
fn conditions_mean_what_cel_says() {
    let a = || Number::Feature(0);
    let less = |left, right| compare(Comparison::Less, left, right);
    let arithmetic = |what, left, right| Number::Arithmetic(what, Box::new((left, right)));
    let sum = |left, right| arithmetic(Arithmetic::Add, left, right);
    let times = |left, right| arithmetic(Arithmetic::Multiply, left, right);
    let not = |inner| Condition::Not(Box::new(inner));
    let cases: [(&str, Condition); 14] = [
        ("license.seats < 2", less(a(), number(2.0))),
        ("license.seats < -2", less(a(), number(-2.0))),
        ("license.seats < -0", less(a(), number(0.0))),
        ("license.seats < 1.5e2", less(a(), number(150.0))),
        (
            "-license.seats<2",
            less(Number::Negative(Box::new(a())), number(2.0)),
        ),
        (
            "1 + license.seats * 3 < 2 // a comment\n",
            less(sum(number(1.0), times(a(), number(3.0))), number(2.0)),
        ),
        (
            "(1 + license.seats) * 3 < 2",
            less(times(sum(number(1.0), a()), number(3.0)), number(2.0)),
        ),
        ("custom.logins-per-week.v2 < 2", less(a(), number(2.0))),
        (
            "license.seats-custom.2fa < 2",
            less(
                arithmetic(Arithmetic::Subtract, a(), Number::Feature(1)),
                number(2.0),
            ),
        ),
        ("has(custom.in)", Condition::Has(a())),
        ("has( custom.logins-per-week.v2 )", Condition::Has(a())),
        ("'x' == account.segment", texts(0, &[0])),
        (
            "account.segment != \"Größe\" && account.segment in ['b', 'Größe']",
            and(
                Condition::Text(Texts {
                    feature: 0,
                    codes: vec![0],
                    negated: true,
                }),
                texts(0, &[1, 0]),
            ),
        ),
        (
            "!(license.seats < 2) && !has(custom.in)\n || false",
            Condition::Or(Box::new((
                and(
                    not(less(a(), number(2.0))),
                    not(Condition::Has(Number::Feature(1))),
                ),
                Condition::Literal(false),
            ))),
        ),
    ];
    for (source, expected) in cases {
        assert_eq!(population(source), Ok(Some(expected)), "{source}");
    }
}

#[test]
fn the_population_may_name_a_derived_number() {
    let derive = "[derive.\"d.per_seat\"]\nvalue = \"ticket.opened_28d / license.seats\"";
    let source = small("applies_when = \"d.per_seat > 2\"", FACTOR, derive);
    let card = read(&source, &catalogue()).unwrap();
    let expected = compare(Comparison::Greater, Number::Derived(0), number(2.0));
    assert_eq!(card.population, Some(expected));
    let names = card.features.iter().map(|used| used.name.as_str());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["ticket.opened_28d", "license.seats"]
    );
}

/// A feature without values is a number, and the engine refuses a text that is one.
#[test]
fn a_text_that_is_only_asked_for_has_a_value() {
    let source = small("applies_when = \"has(account.segment)\"", FACTOR, "");
    let card = read(&source, &catalogue()).unwrap();
    assert_eq!(card.features[0].name, "account.segment");
    assert_eq!(card.features[0].values, ["-"]);
}

#[test]
fn promises_need_no_quotation_marks() {
    for name in ["\"license.seats\"", "license.seats"] {
        let rest = format!("[monotone]\n{name} = \"up\"");
        let card = read(&small(EVERYBODY, FACTOR, &rest), &catalogue()).unwrap();
        let expected = Monotone {
            feature: "license.seats".to_owned(),
            direction: Direction::Up,
        };
        assert_eq!(card.monotone, [expected], "{name}");
    }
}

#[test]
fn a_promise_of_a_feature_that_is_misspelt_elsewhere_is_no_second_mistake() {
    let factor = FACTOR.replace("license.seats", "license.seat");
    let rest = "[monotone]\nlicense.seats = \"up\"";
    let problems = read(&small(EVERYBODY, &factor, rest), &catalogue()).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].message.contains("found `license.seat`"),
        "{problems:?}"
    );
}

#[test]
fn defaults_stand_where_nothing_is_said() {
    let card = read(&small(EVERYBODY, FACTOR, ""), &catalogue()).unwrap();
    assert_eq!((card.title.as_str(), card.coverage_min), ("a", 4_000));
    assert_eq!(card.population, None);
    let from: Vec<_> = card.tiers.bands.iter().map(|band| band.from).collect();
    assert_eq!(from, [75.0, 55.0, 35.0, 0.0]);
    assert_eq!(card.tiers.hysteresis_points.to_bits(), 2.0_f64.to_bits());
    assert_eq!(card.alerts, AlertPolicy::default());
}
