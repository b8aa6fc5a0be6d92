//! Features by their names, declared ones included, and the moments at which they pass a value.

use puls::model::{Aggregate, Condition, CustomFeature, CustomWindow, DAY_MS, Test};

use super::fact::{Fact, millionths};
use super::known::{Known, count, day, hour, in_days, percent, ratio, units};
use super::usage::different;

/// What a number of days counts from or towards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Anchor {
    Since(i64),
    Until(i64),
}

impl<'a> Known<'a> {
    /// A number that a rule may name; `None` is missing.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        match name {
            "license.overdue_days" => {
                let (is_said, since) = self.overdue();
                return is_said.then(|| since.map_or(0.0, |since| self.since(since)));
            }
            "milestone.days_without_first_value" => {
                let begun = self.begun()?;
                let is_reached = self.first_value().is_some();
                return Some(if is_reached { 0.0 } else { self.since(begun) });
            }
            "ticket.oldest_open_days" => {
                self.of("ticket").next()?;
                return Some(self.oldest_open().map_or(0.0, |at| self.since(at)));
            }
            "account.arr" => return self.arr(),
            _ if is_dated(name) => {
                return self.anchor(name).map(|anchor| match anchor {
                    Anchor::Since(at) => self.since(at),
                    Anchor::Until(at) => in_days(at - self.now),
                });
            }
            _ => {}
        }
        let (family, rest) = name.split_once('.')?;
        match family {
            "usage" => self.usage(rest),
            "license" => self.license_feature(rest),
            "ticket" => self.ticket(rest),
            "survey" => self.survey(rest),
            "touch" => self.touch(rest),
            "milestone" => self.milestone(rest),
            "assessment" => self.assessment(rest),
            "attribute" => self.attribute(rest),
            "custom" => {
                let features = &self.settings.features;
                self.custom(features.iter().find(|it| it.name == rest)?)
            }
            other => panic!("{other} is no family of features"),
        }
    }

    /// A text that a rule may name.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        match name.split_once('.')? {
            ("account", field) => self.profile(field),
            ("license", "plan") => self.plan_name(),
            ("attribute", name) => self.attribute_text(name),
            other => panic!("{other:?} is no text"),
        }
    }

    /// The moment that a feature counts days from or towards, where it counts any.
    pub(super) fn anchor(&self, name: &str) -> Option<Anchor> {
        let last = |facts: &[&Fact]| facts.last().map(|fact| fact.at);
        let since = match name {
            "license.days_to_renewal" => return self.renewal(false).map(Anchor::Until),
            "license.days_to_decision" => return self.renewal(true).map(Anchor::Until),
            "usage.days_since_last" => last(self.activity()),
            "usage.days_since_champion" => self.last_use_of("champion"),
            "usage.days_since_decision_maker" => self.last_use_of("decision_maker"),
            "usage.days_since_executive" => self.last_use_of("executive"),
            "usage.days_since_user" => self.last_use_of("user"),
            "license.trial_days_since_start" => self.trying_since(),
            "license.trial_days_to_end" => return self.trial_end().map(Anchor::Until),
            "milestone.days_without_first_value" => {
                self.begun().filter(|_| self.first_value().is_none())
            }
            "survey.nps_age_days" => self.answered_to("nps"),
            "survey.csat_age_days" => self.answered_to("csat"),
            "license.overdue_days" => self.overdue().1,
            "license.tenure_days" => self.paying_since(),
            "account.tenure_days" => self.of("account").next().map(|fact| fact.at),
            "ticket.oldest_open_days" => self.oldest_open(),
            "survey.days_since_answer" => self.answered(),
            "touch.days_since_last" => last(&self.of("touch").collect::<Vec<_>>()),
            _ => {
                let factor = name.strip_prefix("assessment.")?;
                let factor = factor.strip_suffix("_age_days")?;
                self.assessed(factor).map(|fact| fact.at)
            }
        };
        since.map(Anchor::Since)
    }

    fn last_use_of(&self, role: &str) -> Option<i64> {
        let has_role = |fact: &&&Fact| {
            let found = fact.contact().and_then(|contact| self.role(contact));
            found == Some(role)
        };
        let last = self.activity().iter().rfind(has_role);
        last.map(|fact| fact.at)
    }

    /// The events that a declared feature sees in its window, and those of them that pass.
    fn seen(&self, custom: &CustomFeature) -> (Vec<&'a Fact>, Vec<&'a Fact>) {
        let (days, by_hour) = match custom.window {
            Some(CustomWindow::Days1) => (1, true),
            Some(CustomWindow::Days7) => (7, true),
            Some(CustomWindow::Days28) => (28, false),
            Some(CustomWindow::Days90) => (90, false),
            Some(CustomWindow::Days365) => (365, false),
            None => (400, false),
        };
        let is_in = |fact: &&Fact| {
            if by_hour {
                self.hours_back(24 * days).contains(&hour(fact.at))
            } else {
                self.days_back(days).contains(&day(fact.at))
            }
        };
        let is_additive = custom.from == "usage" || custom.from == "touch";
        let mut ids = std::collections::BTreeSet::new();
        let once = self.of(&custom.from);
        let once = once.filter(|fact| is_additive || ids.insert(fact.id));
        let all: Vec<&Fact> = once.filter(is_in).collect();
        let passes = |fact: &&Fact| custom.conditions.iter().all(|it| self.passes(fact, it));
        let passing = all.iter().copied().filter(passes).collect();
        (all, passing)
    }

    fn passes(&self, fact: &Fact, condition: &Condition) -> bool {
        let found = if condition.field == "role" {
            let role = fact.contact().and_then(|contact| self.role(contact));
            role.map(str::to_owned)
        } else {
            value_of(fact, &condition.field)
        };
        let Some(found) = found else {
            return false;
        };
        let number = || found.parse::<f64>().ok();
        match &condition.test {
            Test::Is(text) => found == *text,
            Test::IsNot(text) => found != *text,
            Test::In(texts) => texts.contains(&found),
            Test::AtLeast(least) => number().is_some_and(|number| number >= *least),
            Test::AtMost(most) => number().is_some_and(|number| number <= *most),
        }
    }

    fn custom(&self, custom: &CustomFeature) -> Option<f64> {
        let (all, passing) = self.seen(custom);
        let of = custom.of.as_deref().unwrap_or_default();
        let numbers: Vec<i128> = passing
            .iter()
            .filter_map(|fact| millionths(&value_of(fact, of)?))
            .collect();
        let is_known = self.of(&custom.from).next().is_some();
        let sum: i128 = numbers.iter().sum();
        match custom.agg {
            Aggregate::Count => is_known.then_some(passing.len() as f64),
            Aggregate::Sum => is_known.then(|| units(sum)),
            Aggregate::Distinct => {
                let values = passing.iter().filter_map(|fact| value_of(fact, of));
                is_known.then(|| different(values) as f64)
            }
            Aggregate::Last => numbers.last().copied().map(units),
            Aggregate::Mean => {
                let all = 1_000_000 * count(numbers.len());
                (all > 0).then(|| ratio(sum, all))
            }
            Aggregate::Min => numbers.iter().min().copied().map(units),
            Aggregate::Max => numbers.iter().max().copied().map(units),
            Aggregate::Share => percent(count(passing.len()), count(all.len())),
            Aggregate::DaysSince => passing.last().map(|fact| self.since(fact.at)),
        }
    }
}

/// A field as text; fields that have a default have it here too.
fn value_of(fact: &Fact, field: &str) -> Option<String> {
    if !fact.has(field) {
        let default = match (fact.kind, field) {
            ("usage", "value") => "1",
            ("survey", "stream") => "relational",
            _ => return None,
        };
        return Some(default.to_owned());
    }
    match fact.number(field) {
        Some(number) => Some(units(number).to_string()),
        None => Some(fact.text(field).to_owned()),
    }
}

fn is_dated(name: &str) -> bool {
    name.ends_with("_age_days")
        || name.contains(".days_since_")
        || name.contains(".days_to_")
        || name.contains(".trial_days_")
        || name.ends_with(".tenure_days")
}

/// The first moment after `after` at which a feature meets a wake value, or lies a millisecond
/// beyond it. `later` are the moments at which further events become known.
pub(super) fn next_wake(
    anchor_at: &dyn Fn(i64) -> Option<Anchor>,
    later: &[i64],
    (after, wake_days): (i64, &[f64]),
) -> Option<i64> {
    let later = later.iter().copied().filter(|at| *at > after);
    let known = std::iter::once(after).chain(later);
    let wakes = known.filter_map(|since| {
        let anchor = anchor_at(since)?;
        let met = |days: &f64| match anchor {
            Anchor::Since(at) => at + in_ms(*days),
            Anchor::Until(at) => at - in_ms(*days),
        };
        let moments = wake_days.iter().map(met).flat_map(|met| [met, met + 1]);
        let mut ahead: Vec<i64> = moments.filter(|at| *at > after && *at >= since).collect();
        ahead.sort_unstable();
        ahead.into_iter().find(|at| anchor_at(*at) == Some(anchor))
    });
    wakes.min()
}

/// Days in milliseconds; wake values in tests are whole days.
#[expect(clippy::cast_possible_truncation, reason = "some hundred days at most")]
fn in_ms(days: f64) -> i64 {
    days as i64 * DAY_MS
}
