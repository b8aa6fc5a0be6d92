//! Random cards, from tiny ones to those at every limit, all of them valid.
//!
//! The same seed gives the same card. Nothing here evaluates one.

use puls_scorecard::{
    Band, Card, Derived, Exception, Factor, Force, Line, Measure, Missing, Number, Scale, Trigger,
    Variant,
};
use puls_wire::{
    AlertPolicy, EXCEPTIONS_MAX, FEATURES_MAX, FeatureUse, MEASURES_MAX, PARAMETERS_MAX, PARTS_MAX,
    Parameter, Severity, TRIGGERS_MAX, Tier, Tiers, VALUES_MAX,
};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64;

use super::expressions::Dice;

/// How many of each there are at most.
struct Sizes {
    features: usize,
    parameters: usize,
    derived: usize,
    measures: usize,
    factors: usize,
    variants: usize,
    exceptions: usize,
    triggers: usize,
    depth: usize,
}

const TINY: Sizes = Sizes {
    features: 3,
    parameters: 1,
    derived: 1,
    measures: 2,
    factors: 3,
    variants: 1,
    exceptions: 1,
    triggers: 1,
    depth: 1,
};
const USUAL: Sizes = Sizes {
    features: 12,
    parameters: 4,
    derived: 4,
    measures: 8,
    factors: 20,
    variants: 3,
    exceptions: 5,
    triggers: 5,
    depth: 3,
};
const GREAT: Sizes = Sizes {
    features: 50,
    parameters: 16,
    derived: 20,
    measures: 20,
    factors: 70,
    variants: 6,
    exceptions: 20,
    triggers: 20,
    depth: 5,
};
const LIMITS: Sizes = Sizes {
    features: FEATURES_MAX,
    parameters: PARAMETERS_MAX,
    derived: 40,
    measures: MEASURES_MAX,
    factors: PARTS_MAX,
    variants: 10,
    exceptions: EXCEPTIONS_MAX,
    triggers: TRIGGERS_MAX,
    depth: 4,
};

/// The card of a seed: one in fifty is at all limits, one in ten is great.
pub(crate) fn card(seed: u64) -> Card {
    let rng = Pcg64::seed_from_u64(seed);
    let sizes = match seed % 50 {
        49 => &LIMITS,
        9 | 19 | 29 | 39 => &GREAT,
        rest if rest % 3 == 0 => &TINY,
        _ => &USUAL,
    };
    Builder::new(rng, sizes, seed % 50 == 49).card(seed)
}

struct Builder<'a> {
    dice: Dice,
    sizes: &'a Sizes,
    /// As many of each as there may be, not only up to it.
    full: bool,
    features: Vec<FeatureUse>,
}

impl<'a> Builder<'a> {
    fn new(rng: Pcg64, sizes: &'a Sizes, full: bool) -> Self {
        let dice = Dice {
            rng,
            numbers: Vec::new(),
            texts: Vec::new(),
            parameters: 0,
            derived: 0,
            score_now: false,
        };
        Self {
            dice,
            sizes,
            full,
            features: Vec::new(),
        }
    }

    fn count(&mut self, most: usize) -> usize {
        if self.full {
            most
        } else {
            self.dice.upto(most)
        }
    }

    fn card(mut self, seed: u64) -> Card {
        let parameters = self.parameters();
        self.features();
        let derived = self.derived();
        let depth = self.sizes.depth;
        let population = self.dice.chance(40).then(|| self.dice.condition(depth));
        let (variants, measures) = self.measures();
        let exceptions = self.exceptions();
        self.dice.score_now = true;
        let triggers = self.triggers();
        Card {
            name: format!("card-{seed}"),
            version: "1.0.0".to_owned(),
            title: "A card of the dice".to_owned(),
            parameters,
            features: self.features,
            derived,
            population,
            variants,
            measures,
            exceptions,
            triggers,
            tiers: tiers(),
            coverage_min: self.dice.rng.random_range(0..=10_000),
            alerts: policy("csm"),
            source: format!("{seed:064x}"),
            monotone: Vec::new(),
        }
    }

    fn parameters(&mut self) -> Vec<Parameter> {
        let count = self.count(self.sizes.parameters);
        self.dice.parameters = count;
        let parameter = |dice: &mut Dice, index| {
            let mut three = [dice.literal(), dice.literal(), dice.literal()];
            three.sort_by(f64::total_cmp);
            let [min, default, max] = three;
            Parameter {
                name: format!("parameter_{index}"),
                default,
                min,
                max,
            }
        };
        (0..count).map(|it| parameter(&mut self.dice, it)).collect()
    }

    fn features(&mut self) {
        let count = self.count(self.sizes.features).max(1);
        for column in 0..count {
            // The first one is a number, so that there is something to count with.
            let text = column > 0 && self.dice.chance(20);
            let values = if text { self.values() } else { Vec::new() };
            if text {
                let known = u16::try_from(values.len()).expect("at most 256 values");
                self.dice.texts.push((column, known));
            } else {
                self.dice.numbers.push(column);
            }
            let wake = if !text && self.dice.chance(10) {
                vec![30.0, 60.0]
            } else {
                Vec::new()
            };
            self.features.push(FeatureUse {
                name: format!("usage.f{column}"),
                values,
                wake,
            });
        }
    }

    fn values(&mut self) -> Vec<String> {
        let most = if self.dice.chance(5) && !self.full {
            VALUES_MAX
        } else {
            6
        };
        let count = self.dice.rng.random_range(1..=most);
        (0..count).map(|it| format!("v{it}")).collect()
    }

    fn derived(&mut self) -> Vec<Derived> {
        let count = self.count(self.sizes.derived);
        let mut all = Vec::new();
        for index in 0..count {
            all.push(Derived {
                name: format!("custom.d{index}"),
                unit: String::new(),
                value: self.dice.number(self.sizes.depth.min(3)),
            });
            self.dice.derived = index + 1;
        }
        all
    }

    /// Measures of the card itself, then those of its variants.
    fn measures(&mut self) -> (Vec<Variant>, Vec<Measure>) {
        let own = 1 + self.dice.upto((self.sizes.measures / 2).max(1) - 1);
        let mut measures: Vec<Measure> = (0..own)
            .map(|index| self.measure(&format!("m{index}")))
            .collect();
        let count = self.count(self.sizes.variants);
        let depth = self.sizes.depth.min(2);
        let mut variants = Vec::new();
        for variant in 0..count {
            variants.push(Variant {
                name: format!("variant{variant}"),
                when: self.dice.condition(depth),
            });
            for replaced in 0..own {
                if measures.len() < self.sizes.measures && self.dice.chance(40) {
                    let name = format!("variant{variant}.m{replaced}");
                    let mut measure = self.measure(&name);
                    measure.variant = Some(variant);
                    measure.replaces = Some(replaced);
                    measures.push(measure);
                }
            }
        }
        self.share(&mut measures);
        (variants, measures)
    }

    fn measure(&mut self, name: &str) -> Measure {
        Measure {
            name: name.to_owned(),
            title: format!("Measure {name}"),
            weight: self.dice.weight(),
            variant: None,
            replaces: None,
            factors: Vec::new(),
        }
    }

    /// Gives each measure a factor, and then some of them more, in any order.
    fn share(&mut self, measures: &mut [Measure]) {
        let most = self.count(self.sizes.factors).max(measures.len());
        for index in 0..most {
            let place = if index < measures.len() {
                index
            } else {
                self.dice.upto(measures.len() - 1)
            };
            let name = match measures[place].variant {
                Some(variant) => format!("variant{variant}.p{index}"),
                None => format!("p{index}"),
            };
            let factor = self.factor(name);
            measures[place].factors.push(factor);
        }
    }

    fn factor(&mut self, name: String) -> Factor {
        let (value, scale) = self.scale();
        let age = self.dice.chance(20).then(|| {
            let columns = self.dice.numbers.clone();
            let column = self.dice.pick(&columns).expect("the first is a number");
            (
                Number::Feature(column),
                f64::from(self.dice.rng.random_range(1..=365)),
            )
        });
        let missing = [Missing::Exclude, Missing::Neutral, Missing::Worst];
        Factor {
            name,
            weight: self.dice.weight(),
            value,
            scale,
            valid_for: age,
            missing: missing[self.dice.upto(2)],
            baseline: self.dice.points(),
            reason: "It is {usage.f0} now".to_owned(),
        }
    }

    fn scale(&mut self) -> (Number, Scale) {
        let texts = self.dice.texts.clone();
        if let Some((column, known)) = self.dice.pick(&texts)
            && self.dice.chance(25)
        {
            let chosen: Vec<u16> = (0..known).filter(|_| self.dice.chance(70)).collect();
            let points = chosen.into_iter().map(|it| (it, self.dice.points()));
            let points = points.collect();
            let otherwise = self.dice.chance(60).then(|| self.dice.points());
            return (Number::Feature(column), Scale::Texts { points, otherwise });
        }
        let scale = if self.dice.chance(50) {
            Scale::Line(self.line())
        } else {
            self.bands()
        };
        (self.dice.value(), scale)
    }

    fn line(&mut self) -> Line {
        loop {
            let (zero_at, hundred_at) = (self.dice.setting(), self.dice.setting());
            let same = match (&zero_at, &hundred_at) {
                (Number::Literal(zero), Number::Literal(hundred)) => zero
                    .partial_cmp(hundred)
                    .is_none_or(std::cmp::Ordering::is_eq),
                _ => zero_at == hundred_at,
            };
            if !same {
                return Line {
                    zero_at,
                    hundred_at,
                };
            }
        }
    }

    fn bands(&mut self) -> Scale {
        let most = if self.dice.chance(5) { 30 } else { 5 };
        let count = self.dice.upto(most);
        let mut edges: Vec<f64> = (0..count).map(|_| self.dice.literal()).collect();
        edges.sort_by(f64::total_cmp);
        edges.dedup_by(|a, b| a.partial_cmp(&b) == Some(std::cmp::Ordering::Equal));
        let mut up_to: Vec<Band> = edges
            .into_iter()
            .map(|edge| Band {
                up_to: Number::Literal(edge),
                points: self.dice.points(),
            })
            .collect();
        if let Some(last) = up_to.last_mut()
            && self.dice.parameters > 0
            && self.dice.chance(30)
        {
            last.up_to = Number::Parameter(self.dice.upto(self.dice.parameters - 1));
        }
        Scale::Bands {
            up_to,
            above: self.dice.points(),
        }
    }

    fn exceptions(&mut self) -> Vec<Exception> {
        let count = self.count(self.sizes.exceptions);
        let exception = |builder: &mut Self, index| Exception {
            name: format!("exception_{index}"),
            when: builder.dice.condition(builder.sizes.depth),
            force: match builder.dice.upto(2) {
                0 => None,
                1 => Some(Force::Cap(builder.dice.points())),
                _ => Some(Force::Floor(builder.dice.points())),
            },
            reason: "It is {usage.f0}".to_owned(),
            alert: builder.dice.chance(30).then_some(Severity::Critical),
            policy: policy("kam"),
        };
        (0..count).map(|index| exception(self, index)).collect()
    }

    fn triggers(&mut self) -> Vec<Trigger> {
        let count = self.count(self.sizes.triggers);
        let trigger = |builder: &mut Self, index| Trigger {
            name: format!("trigger_{index}"),
            when: builder.dice.condition(builder.sizes.depth),
            text: "Do it".to_owned(),
            playbook: "play".to_owned(),
            owner_roles: vec!["kam".to_owned(), "csm".to_owned()],
            due_days: 14,
            cooldown_hours: 24,
        };
        (0..count).map(|index| trigger(self, index)).collect()
    }
}

/// The usual tiers.
pub(crate) fn tiers() -> Tiers {
    let tier = |(name, from, alert): (&str, f64, Option<Severity>)| Tier {
        name: name.to_owned(),
        from,
        alert,
    };
    let bands = [
        ("healthy", 75.0, None),
        ("watch", 55.0, None),
        ("at_risk", 35.0, Some(Severity::Warning)),
        ("critical", 0.0, Some(Severity::Critical)),
    ];
    Tiers {
        bands: bands.into_iter().map(tier).collect(),
        hysteresis_points: 2.0,
        dwell_hours: 24,
    }
}

/// Alerts for somebody.
pub(crate) fn policy(owner_role: &str) -> AlertPolicy {
    AlertPolicy {
        owner_role: owner_role.to_owned(),
        playbook: "review".to_owned(),
        due_days: 5,
    }
}
