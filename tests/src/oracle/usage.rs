//! Features of use, touches, milestones and assessments, from the list of events.

use super::fact::Fact;
use super::known::{Known, count, day, hour, percent, rounded, units};

impl<'a> Known<'a> {
    pub(super) fn usage(&self, name: &str) -> Option<f64> {
        let activity = self.activity();
        let on_days = |days| {
            let days = self.days_back(days);
            let found = activity.iter().copied();
            found.filter(move |fact| days.contains(&day(fact.at)))
        };
        let in_hours = |hours| {
            let hours = self.hours_back(hours);
            let found = activity.iter().copied();
            found.filter(move |fact| hours.contains(&hour(fact.at)))
        };
        let first = activity.first()?;
        let number = match name {
            "events_1d" => count(in_hours(24).count()),
            "events_7d" => count(in_hours(168).count()),
            "events_28d" => count(on_days(28).count()),
            "active_days_28d" => different(on_days(28).map(|fact| day(fact.at))),
            "breadth_28d" => different(on_days(28).map(|fact| fact.text("metric"))),
            "contacts_7d" => {
                activity.iter().find(|fact| fact.contact().is_some())?;
                different(in_hours(168).filter_map(Fact::contact))
            }
            "contacts_28d" => {
                activity.iter().find(|fact| fact.contact().is_some())?;
                different(on_days(28).filter_map(Fact::contact))
            }
            "value_28d" => {
                let values = on_days(28).map(|fact| fact.number("value").unwrap_or(1_000_000));
                return Some(units(values.sum()));
            }
            "errors_28d" => {
                activity.iter().find(|fact| fact.has("errors"))?;
                let errors = on_days(28).filter_map(|fact| fact.number("errors"));
                return Some(units(errors.map(|number| number.max(0)).sum()));
            }
            "trend_28d" => {
                let today = day(self.now);
                let on = |from: i64, to: i64| {
                    let within = |fact: &&&Fact| (from..to).contains(&day(fact.at));
                    count(activity.iter().filter(within).count())
                };
                let (a, b) = (on(today - 28, today), on(today - 56, today - 28));
                let is_covered = day(first.at) <= today - 56;
                return percent(a - b, b).filter(|_| is_covered);
            }
            other => panic!("usage.{other} is no feature"),
        };
        Some(number as f64)
    }

    pub(super) fn touch(&self, name: &str) -> Option<f64> {
        self.of("touch").next()?;
        let on_days = |days: i64| {
            let days = self.days_back(days);
            self.of("touch")
                .filter(move |fact| days.contains(&day(fact.at)))
        };
        if name == "count_90d" {
            return Some(on_days(90).count() as f64);
        }
        assert_eq!(name, "outside_renewal_pct_365d", "no feature");
        let ends: Vec<i64> = self
            .names("license", "license")
            .into_iter()
            .filter(|license| !self.is_trial(license))
            .flat_map(|license| self.license(license))
            .filter_map(|fact| fact.moment("term_ends"))
            .map(day)
            .collect();
        ends.iter()
            .find(|end| **end >= *self.days_back(365).start())?;
        let window = i64::from(self.settings.renewal_window_days);
        let is_inside = |fact: &&Fact| {
            let before = |end: &i64| (0..=window).contains(&(end - day(fact.at)));
            fact.text("purpose") == "renewal" || ends.iter().any(before)
        };
        let all = count(on_days(365).count());
        percent(all - count(on_days(365).filter(is_inside).count()), all)
    }

    pub(super) fn milestone(&self, name: &str) -> Option<f64> {
        let names = self.names("milestone", "milestone");
        let latest = |name: &str, field: &str| {
            let of_name = |fact: &&Fact| fact.text("milestone") == name;
            let said = |fact: &Fact| match (field, fact.flag("done")) {
                ("done", Some(done)) => done.then_some(fact.at),
                _ => fact.moment(field),
            };
            self.of("milestone").filter(of_name).filter_map(said).last()
        };
        let is_done = |name: &&&str| latest(name, "done").is_some_and(|done| done <= self.now);
        let done = names.iter().filter(is_done).count();
        if name == "done_pct" {
            return percent(count(done), count(names.len()));
        }
        assert_eq!(name, "overdue", "no feature");
        let is_overdue =
            |name: &&&str| latest(name, "due").is_some_and(|due| due < self.now) && !is_done(name);
        (!names.is_empty()).then(|| names.iter().filter(is_overdue).count() as f64)
    }

    /// The latest assessment of a factor that holds.
    pub(super) fn assessed(&self, factor: &str) -> Option<&'a Fact> {
        let of_factor = self
            .of("assessment")
            .filter(|fact| fact.text("factor") == factor);
        let latest = of_factor.last()?;
        let holds = latest
            .moment("expires")
            .is_none_or(|expires| self.now < expires);
        (holds && latest.has("value")).then_some(latest)
    }

    pub(super) fn assessment(&self, factor: &str) -> Option<f64> {
        let latest = self.assessed(factor)?;
        let value = latest.number("value")?;
        let scale = latest.number("scale").unwrap_or(100_000_000);
        Some(units(rounded(100_000_000 * value, scale)))
    }
}

/// How many different things there are.
pub(super) fn different<T: Ord>(things: impl Iterator<Item = T>) -> i128 {
    let all: std::collections::BTreeSet<T> = things.collect();
    count(all.len())
}
