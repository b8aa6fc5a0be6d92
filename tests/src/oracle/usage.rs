//! Features of use, touches, milestones and assessments, from the list of events.

use puls::model::hash128;

use super::fact::Fact;
use super::known::{Known, count, day, hour, in_days, percent, rounded, units};

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
        if is_of_contacts(name) {
            activity.iter().find(|fact| fact.contact().is_some())?;
        }
        let number = match name {
            "events_1d" => count(in_hours(24).count()),
            "events_7d" => count(in_hours(168).count()),
            "events_28d" => count(on_days(28).count()),
            "active_days_28d" => different(on_days(28).map(|fact| day(fact.at))),
            "breadth_28d" => different(on_days(28).map(|fact| fact.text("metric"))),
            "contacts_1d" => different(in_hours(24).filter_map(Fact::contact)),
            "contacts_7d" => different(in_hours(168).filter_map(Fact::contact)),
            "contacts_28d" => different(on_days(28).filter_map(Fact::contact)),
            "value_28d" => {
                let values = on_days(28).map(|fact| fact.number("value").unwrap_or(1_000_000));
                return Some(units(values.sum()));
            }
            "errors_28d" => {
                activity.iter().find(|fact| fact.has("errors"))?;
                let errors = on_days(28).filter_map(|fact| fact.number("errors"));
                return Some(units(errors.map(|number| number.max(0)).sum()));
            }
            "trend_7d" | "trend_28d" | "trend_90d" => {
                let days = name
                    .strip_prefix("trend_")
                    .and_then(|it| it.strip_suffix('d'));
                let days: i64 = days.and_then(|days| days.parse().ok()).expect("days");
                let today = day(self.now);
                let on = |from: i64, to: i64| {
                    let within = |fact: &&&Fact| (from..to).contains(&day(fact.at));
                    count(activity.iter().filter(within).count())
                };
                let (a, b) = (on(today - days, today), on(today - 2 * days, today - days));
                let is_covered = day(first.at) <= today - 2 * days;
                return percent(a - b, b).filter(|_| is_covered);
            }
            _ => return self.people_and_years(name, first),
        };
        Some(number as f64)
    }

    /// Features of contacts by role, of long windows and of other years.
    fn people_and_years(&self, name: &str, first: &Fact) -> Option<f64> {
        let activity = self.activity();
        let on_days = |days| {
            let days = self.days_back(days);
            let found = activity.iter().copied();
            found.filter(move |fact| days.contains(&day(fact.at)))
        };
        let with_role = |role| {
            let has_role = move |contact: &&str| self.role(contact) == Some(role);
            different(on_days(28).filter_map(Fact::contact).filter(has_role))
        };
        let number = match name {
            "active_days_7d" => different(on_days(7).map(|fact| day(fact.at))),
            "contacts_90d" => different(on_days(90).filter_map(Fact::contact)),
            "contacts_365d" => different(on_days(365).filter_map(Fact::contact)),
            "events_90d" => count(on_days(90).count()),
            "events_365d" => count(on_days(365).count()),
            "active_days_90d" => different(on_days(90).map(|fact| day(fact.at))),
            "active_days_365d" => different(on_days(365).map(|fact| day(fact.at))),
            "events_28d_year_ago" => count(self.year_ago(first)?.len()),
            "active_days_28d_year_ago" => {
                different(self.year_ago(first)?.iter().map(|fact| day(fact.at)))
            }
            "contacts_28d_year_ago" => different(
                self.year_ago(first)?
                    .iter()
                    .filter_map(|fact| fact.contact()),
            ),
            "events_7d_vs_90d_weekly_mean" => {
                let before = |days: i64| {
                    let today = day(self.now);
                    let within = |fact: &&&Fact| (today - days..today).contains(&day(fact.at));
                    count(activity.iter().filter(within).count())
                };
                let is_covered = day(first.at) <= day(self.now) - 90;
                return percent(90 * before(7), 7 * before(90)).filter(|_| is_covered);
            }
            "users_28d" => with_role("user"),
            "champions_28d" => with_role("champion"),
            "decision_makers_28d" => with_role("decision_maker"),
            "executives_28d" => with_role("executive"),
            "busiest_contact_pct_28d" => {
                let all: Vec<&str> = on_days(28).filter_map(Fact::contact).collect();
                let of = |one: &str| count(all.iter().filter(|it| **it == one).count());
                return percent(all.iter().map(|one| of(one)).max()?, count(all.len()));
            }
            "errors_pct_28d" => {
                activity.iter().find(|fact| fact.has("errors"))?;
                let errors = on_days(28).filter_map(|fact| fact.number("errors"));
                let all = 1_000_000 * count(on_days(28).count());
                return percent(errors.map(|number| number.max(0)).sum(), all);
            }
            other => panic!("usage.{other} is no feature"),
        };
        Some(number as f64)
    }

    /// Activity on the 28 days that ended 364 days ago, if it is known that far back.
    fn year_ago(&self, first: &Fact) -> Option<Vec<&'a Fact>> {
        let days = day(self.now) - 391..=day(self.now) - 364;
        let activity = self.activity().iter().copied();
        let found = activity.filter(|fact| days.contains(&day(fact.at)));
        (day(first.at) <= *days.start()).then(|| found.collect())
    }

    /// Whether a touch to the account answers an event.
    pub(super) fn is_answered(&self, event: &Fact) -> bool {
        let outbound = self
            .of("touch")
            .filter(|fact| fact.text("direction") != "inbound");
        let mut answers = outbound.filter(|fact| fact.has("answers"));
        answers.any(|fact| hash128(fact.text("answers").as_bytes()) == event.id)
    }

    pub(super) fn touch(&self, name: &str) -> Option<f64> {
        self.of("touch").next()?;
        let on_days = |days: i64| {
            let days = self.days_back(days);
            self.of("touch")
                .filter(move |fact| days.contains(&day(fact.at)))
        };
        if name == "unanswered_90d" {
            let inbound = on_days(90).filter(|fact| fact.text("direction") == "inbound");
            return Some(inbound.filter(|fact| !self.is_answered(fact)).count() as f64);
        }
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

    /// When the milestone `first_value` was reached, if it was.
    pub(super) fn first_value(&self) -> Option<i64> {
        let of_name = |fact: &&Fact| fact.text("milestone") == "first_value";
        let said = |fact: &Fact| match fact.flag("done") {
            Some(done) => done.then_some(fact.at),
            None => fact.moment("done"),
        };
        let done = self.of("milestone").filter(of_name).filter_map(said).last();
        done.filter(|done| *done <= self.now)
    }

    pub(super) fn milestone(&self, name: &str) -> Option<f64> {
        if name == "first_value_days" {
            let (reached, begun) = (self.first_value()?, self.begun()?);
            return Some(in_days((reached - begun).max(0)));
        }
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

/// Features that say something of contacts.
fn is_of_contacts(name: &str) -> bool {
    let of_role = ["users_", "champions_", "decision_makers_", "executives_"];
    let mut starts = of_role.iter().chain(&["contacts_", "busiest_contact_"]);
    starts.any(|start| name.starts_with(start))
}

/// How many different things there are.
pub(super) fn different<T: Ord>(things: impl Iterator<Item = T>) -> i128 {
    let all: std::collections::BTreeSet<T> = things.collect();
    count(all.len())
}
