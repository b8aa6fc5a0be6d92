//! Random cards, as their file and as their table: the same meaning, to the byte of the module.

use std::collections::BTreeSet;

use puls_scorecard::{compile, read};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use super::{catalogue, imported};
use crate::draft::{
    Bound, Derived, Draft, Exception, Factor, Head, Measure, Parameter, Policy, Promise, Scale,
    Tier, Tiers, Trigger, Variant, from_toml, toml_of,
};

/// Texts that spreadsheets and separators trip over.
const TEXTS: [&str; 11] = [
    "Plain",
    "With, comma; and semicolon",
    "In \"quotation marks\"",
    "=1+1",
    "-5 points",
    "+46 8 123",
    "@home",
    "'quoted'",
    "0,5 % of all – ü",
    "a: b | c",
    "'=double",
];
const CONDITIONS: [&str; 7] = [
    "license.overdue_days >= 30",
    "account.segment in ['gold', 'land and sea'] && license.seats < 5",
    "!(account.stage == 'churned')",
    "-license.seats < -3 || has(survey.nps_latest)",
    "license.days_to_decision >= 0 && license.days_to_decision <= 60",
    "usage.trend_28d <= parameter.low_0",
    "license.seats in [1, 2.5, -3]",
];
const NUMBERS: [&str; 9] = [
    "usage.active_days_28d",
    "usage.trend_28d",
    "license.seats",
    "license.seats_active_pct_28d",
    "ticket.open_critical",
    "survey.csat_latest",
    "usage.days_since_last",
    "license.days_to_decision",
    "ratio.per_seat",
];

struct Dice(Pcg64);

impl Dice {
    fn chance(&mut self, percent: u32) -> bool {
        self.0.random_range(0..100) < percent
    }

    fn pick<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        all.choose(&mut self.0).unwrap()
    }

    fn text(&mut self) -> String {
        (*self.pick(&TEXTS)).to_owned()
    }

    fn maybe_text(&mut self) -> Option<String> {
        self.chance(50).then(|| self.text())
    }

    fn number(&mut self) -> f64 {
        match self.0.random_range(0..4) {
            0 => f64::from(self.0.random_range(-100..100)),
            1 => f64::from(self.0.random_range(-100_000..100_000)) / 1_000.0,
            2 => self.0.random_range(-1.0..1.0),
            _ => self.0.random_range(-1e9..1e9),
        }
    }

    fn points(&mut self) -> f64 {
        if self.chance(80) {
            f64::from(self.0.random_range(0..=100))
        } else {
            self.0.random_range(0.0..100.0)
        }
    }

    fn weight(&mut self) -> f64 {
        if self.chance(50) {
            f64::from(self.0.random_range(1..100))
        } else {
            self.0.random_range(0.001..1.0)
        }
    }

    fn bound(&mut self) -> Bound {
        if self.chance(10) {
            Bound::Parameter("parameter.low_0".to_owned())
        } else {
            Bound::Number(self.number())
        }
    }

    fn scale(&mut self) -> Scale {
        if self.chance(50) {
            let zero_at = self.bound();
            let hundred_at = Bound::Number(self.number() + 1e7);
            return Scale::Line {
                zero_at,
                hundred_at,
            };
        }
        let mut edges: Vec<f64> = (0..self.0.random_range(0..4))
            .map(|_| self.number())
            .collect();
        edges.sort_by(f64::total_cmp);
        edges.dedup();
        let mut bands: Vec<_> = edges
            .into_iter()
            .map(|edge| (Some(Bound::Number(edge)), self.points()))
            .collect();
        bands.push((None, self.points()));
        Scale::Bands(bands)
    }

    fn factor(&mut self, name: String) -> Factor {
        let is_text = self.chance(15);
        let is_aged = !is_text && self.chance(15);
        let texts = [
            "gold",
            "other",
            "land and sea",
            "a: b; c",
            "\"q\"",
            "x/y",
            "0-10",
        ];
        let (feature, scale) = if is_text {
            let mut values: Vec<(String, f64)> = Vec::new();
            for _ in 0..self.0.random_range(1..5) {
                let text = (*self.pick(&texts)).to_owned();
                if !values.iter().any(|(known, _)| *known == text) {
                    values.push((text, self.points()));
                }
            }
            let otherwise = self.chance(50).then(|| self.points());
            ("account.segment", Scale::Values { values, otherwise })
        } else if is_aged {
            ("survey.nps_latest", self.scale())
        } else {
            (*self.pick(&NUMBERS), self.scale())
        };
        let missing = ["exclude", "neutral", "worst"];
        Factor {
            name,
            feature: feature.to_owned(),
            weight: self.weight(),
            scale,
            valid_for_days: is_aged.then(|| f64::from(self.0.random_range(1..400))),
            missing: self.chance(50).then(|| (*self.pick(&missing)).to_owned()),
            baseline: self.chance(30).then(|| self.points()),
            reason: format!("{} {{}}", self.text()),
            place: None,
        }
    }

    fn measures(&mut self, names: &[String]) -> Vec<Measure> {
        let measure = |(index, name): (usize, &String)| Measure {
            name: name.clone(),
            title: self.maybe_text(),
            weight: self.weight(),
            factors: (0..self.0.random_range(1..4))
                .map(|at| self.factor(format!("f{index}_{at}")))
                .collect(),
            place: None,
        };
        names.iter().enumerate().map(measure).collect()
    }

    fn policy(&mut self) -> Policy {
        Policy {
            owner_role: self.chance(50).then(|| "csm".to_owned()),
            playbook: self.maybe_text(),
            due_days: self.chance(50).then(|| self.0.random_range(0..90)),
        }
    }

    /// Promises about some of the numbers that factors look at.
    fn promises(&mut self, measures: &[Measure]) -> Vec<Promise> {
        let factors = measures.iter().flat_map(|measure| &measure.factors);
        let features: BTreeSet<_> = factors
            .map(|factor| factor.feature.as_str())
            .filter(|name| !["account.segment", "ratio.per_seat"].contains(name))
            .collect();
        let mut promises = Vec::new();
        for feature in features {
            if self.chance(50) {
                promises.push(Promise {
                    feature: feature.to_owned(),
                    direction: (*self.pick(&["up", "down"])).to_owned(),
                    place: None,
                });
            }
        }
        promises
    }

    fn when(&mut self) -> String {
        (*self.pick(&CONDITIONS)).to_owned()
    }

    #[expect(clippy::too_many_lines, reason = "one of everything that a card has")]
    fn draft(&mut self) -> Draft {
        let parameters = (0..self.0.random_range(1..3)).map(|at| Parameter {
            name: format!("low_{at}"),
            default: f64::from(at),
            min: -100.5,
            max: 1e7,
            place: None,
        });
        let parameters = parameters.collect();
        let names: Vec<_> = (0..self.0.random_range(1..5))
            .map(|at| format!("measure-{at}.x_"))
            .collect();
        let measures = self.measures(&names);
        let promises = self.promises(&measures);
        let variants = (0..self.0.random_range(0..3)).map(|at| Variant {
            name: format!("v{at}"),
            when: format!("license.seats <= {}", 10 + at),
            measures: self.measures(&names[..1]),
            place: None,
        });
        let variants = variants.collect();
        let exceptions = (0..self.0.random_range(0..4)).map(|at| {
            let force = self.0.random_range(0..3);
            Exception {
                name: format!("e{at}"),
                when: self.when(),
                cap: (force == 0).then(|| self.points()),
                floor: (force == 1).then(|| self.points()),
                reason: self.text(),
                alert: self.chance(50).then(|| "critical".to_owned()),
                policy: self.policy(),
                place: None,
            }
        });
        let exceptions = exceptions.collect();
        let triggers = (0..self.0.random_range(0..4)).map(|at| Trigger {
            name: format!("t{at}"),
            when: self.when(),
            text: self.text(),
            playbook: self.maybe_text(),
            owner_roles: if self.chance(50) {
                vec!["kam".to_owned(), "sales manager".to_owned()]
            } else {
                Vec::new()
            },
            due_days: self.chance(50).then(|| self.0.random_range(0..90)),
            cooldown_days: self.chance(50).then(|| self.0.random_range(1..90)),
            place: None,
        });
        let triggers = triggers.collect();
        let tier = |(name, from): (&str, f64)| Tier {
            name: name.to_owned(),
            from,
            alert: (from < 50.0).then(|| "info".to_owned()),
            place: None,
        };
        let bands = if self.chance(50) {
            [("good", 62.5), ("fair", 30.0), ("bad", 0.0)]
                .map(tier)
                .to_vec()
        } else {
            Vec::new()
        };
        Draft {
            head: Head {
                name: "random".to_owned(),
                version: "2.0.1-rc.1".to_owned(),
                title: self.maybe_text(),
                applies_when: self.when(),
                coverage_min: self.chance(50).then(|| self.points()),
                places: Vec::new(),
            },
            parameters,
            derived: vec![Derived {
                name: "ratio.per_seat".to_owned(),
                unit: self.chance(50).then(|| "tickets".to_owned()),
                value: "-(ticket.opened_28d / license.seats)".to_owned(),
                place: None,
            }],
            measures,
            variants,
            exceptions,
            triggers,
            tiers: Tiers {
                bands,
                hysteresis_points: self.chance(50).then(|| self.0.random_range(0.0..9.0)),
                dwell_hours: self.chance(50).then(|| self.0.random_range(0..99)),
            },
            alerts: self.policy(),
            promises,
        }
    }
}

/// The module of a card, whatever the digest of its text.
fn module(toml: &str, what: &str) -> Vec<u8> {
    let mut card = read(toml, &catalogue()).unwrap_or_else(|problems| {
        panic!("{what}: {problems:#?}\n{toml}");
    });
    card.source = "0".repeat(64);
    compile(&card).module
}

#[test]
fn a_random_card_means_the_same_after_a_journey_through_its_table() {
    const CARDS: u64 = 300;
    let first: u64 = std::env::var("PULS_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(1);
    println!(
        "seeds {first} to {}; PULS_SEED=n begins at another",
        first + CARDS - 1
    );
    for seed in first..first + CARDS {
        let draft = Dice(Pcg64::seed_from_u64(seed)).draft();
        let (toml, _) = toml_of(&draft, &[]);
        let expected = module(&toml, &format!("seed {seed}"));
        assert_eq!(from_toml(&toml).as_ref(), Some(&draft), "seed {seed}");
        let table = crate::tables(&toml).unwrap();
        let back = imported(table.as_bytes());
        let found = module(&back.toml, &format!("seed {seed}, from its table"));
        assert!(
            found == expected,
            "seed {seed}:\n{toml}\n{table}\n{}",
            back.toml
        );
        assert_eq!(crate::tables(&back.toml), Some(table), "seed {seed}");
    }
}
