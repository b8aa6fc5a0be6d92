//! Features of licenses and of the profile, from the list of events.

use puls::model::{AttributeType, DAY_MS, Time, hash64};
use serde_json::Value;

use super::fact::{Fact, millionths};
use super::known::{Known, day, in_days, percent, rounded, units};
use super::usage::different;

impl<'a> Known<'a> {
    /// All events of one license.
    pub(super) fn license(&self, name: &str) -> impl Iterator<Item = &'a Fact> {
        let of_name = move |fact: &&Fact| fact.text("license") == name;
        let found: Vec<&Fact> = self.of("license").filter(of_name).collect();
        found.into_iter()
    }

    pub(super) fn is_trial(&self, name: &str) -> bool {
        let said = self.license(name).filter_map(|fact| fact.flag("trial"));
        said.last() == Some(true)
    }

    /// Licenses that are in force and no trial.
    pub(super) fn paid(&self) -> Vec<&'a str> {
        let mut all = self.in_force();
        all.retain(|name| !self.is_trial(name));
        all
    }

    /// Licenses that are in force and trials.
    fn trials(&self) -> Vec<&'a str> {
        let mut all = self.in_force();
        all.retain(|name| self.is_trial(name));
        all
    }

    /// The plan of the greatest of the licenses that say one.
    pub(super) fn plan_name(&self) -> Option<&'a str> {
        let paid = self.paid();
        let meant = if paid.is_empty() { self.trials() } else { paid };
        let said = |name: &&str| {
            let plans = self.license(name).filter(|fact| fact.has("plan"));
            let plan = plans.map(|fact| fact.text("plan")).last()?;
            let worth = self.mrr_of(name);
            Some((std::cmp::Reverse(worth), hash64(name.as_bytes()), plan))
        };
        let first = meant.iter().filter_map(said).min();
        first.map(|(.., plan)| plan)
    }

    /// Its MRR at today's rates; 0 where that is not known.
    fn mrr_of(&self, license: &str) -> i128 {
        let amount = self.latest(license, "mrr").unwrap_or(0);
        amount * self.rate(self.currency(license)).unwrap_or(0)
    }

    fn in_force(&self) -> Vec<&'a str> {
        let is_in_force = |name: &&str| {
            let turns = self.license(name).map(|fact| fact.text("change"));
            let last = turns.filter(|change| ["started", "renewed", "ended"].contains(change));
            last.last() != Some("ended")
        };
        let names = self.names("license", "license").into_iter();
        names.filter(is_in_force).collect()
    }

    fn latest(&self, license: &str, field: &str) -> Option<i128> {
        let said = self.license(license);
        said.filter_map(|fact| fact.number(field)).last()
    }

    fn ends(&self, license: &str) -> Option<i64> {
        let said = self.license(license);
        said.filter_map(|fact| fact.moment("term_ends")).last()
    }

    /// Millionths of seats of the paid licenses that say how many; 0 where none is paid.
    pub(super) fn seats(&self) -> Option<i128> {
        self.of("license").next()?;
        let paid = self.paid();
        let said: Vec<i128> = paid
            .iter()
            .filter_map(|it| self.latest(it, "seats"))
            .collect();
        (paid.is_empty() || !said.is_empty()).then(|| said.iter().sum())
    }

    /// Millionths of the tenant's currency.
    fn mrr(&self, counts: &dyn Fn(&str) -> bool) -> Option<i128> {
        self.of("license").next()?;
        let paid = self.paid();
        let mut sum = None;
        for license in &paid {
            let Some(amount) = self.latest(license, "mrr") else {
                continue;
            };
            if !counts(license) {
                sum = sum.or(Some(0));
                continue;
            }
            let rate = self.rate(self.currency(license))?;
            sum = Some(sum.unwrap_or(0) + amount * rate);
        }
        if paid.is_empty() {
            return Some(0);
        }
        sum.map(|sum| rounded(sum, 1_000_000_000))
    }

    /// Millionths of the tenant's currency.
    fn amount_due(&self) -> Option<i128> {
        let mut sum = None;
        for license in self.paid() {
            let said = |fact: &Fact| match fact.text("change") {
                "payment" => fact.number("amount_due").or(Some(0)),
                _ => fact.number("amount_due"),
            };
            let Some(amount) = self.license(license).filter_map(said).last() else {
                continue;
            };
            let rate = match amount {
                0 => 0,
                _ => self.rate(self.currency(license))?,
            };
            sum = Some(sum.unwrap_or(0) + amount * rate);
        }
        sum.map(|sum| rounded(sum, 1_000_000_000))
    }

    fn currency(&self, license: &str) -> &'a str {
        let said = self.license(license).filter(|fact| fact.has("currency"));
        said.last().map_or("", |fact| fact.text("currency"))
    }

    /// Whether the paid license that comes up for decision first renews by itself.
    fn auto_renew(&self) -> Option<bool> {
        let when = |name: &&str| self.notice(name, true).unwrap_or(i64::MAX);
        let paid = self.paid();
        let first = paid.iter().map(when).min()?;
        let those = paid.iter().filter(|name| when(name) == first);
        let said = |name: &&str| {
            let facts = self.license(name);
            facts.filter_map(|fact| fact.flag("auto_renew")).last()
        };
        those.filter_map(said).reduce(|a, b| a && b)
    }

    /// Billionths of the tenant's currency that one unit is worth today.
    fn rate(&self, currency: &str) -> Option<i128> {
        if currency.is_empty() || currency == self.settings.currency {
            return Some(1_000_000_000);
        }
        let since = |from: &str| {
            let midnight = Time::parse_rfc3339(&format!("{from}T00:00:00Z"));
            midnight.map_or(i64::MAX, |midnight| day(midnight.0))
        };
        let rates = self.settings.rates.iter();
        let of_currency = rates.filter(|rate| rate.currency == currency);
        let begun = of_currency.filter(|rate| since(&rate.from) <= day(self.now));
        let rate = begun.max_by_key(|rate| since(&rate.from))?;
        // Rates in tests have at most six digits behind the point.
        Some(1_000 * millionths(&rate.rate.to_string())?)
    }

    pub(super) fn license_feature(&self, name: &str) -> Option<f64> {
        match name {
            "seats" => self.seats().map(units),
            "seats_assigned_pct" => {
                let both = |license: &&str| {
                    let assigned = self.latest(license, "seats_assigned")?;
                    Some((assigned, self.latest(license, "seats")?))
                };
                let paid = self.paid();
                let pairs: Vec<(i128, i128)> = paid.iter().filter_map(both).collect();
                let (a, b) = (
                    pairs.iter().map(|it| it.0).sum(),
                    pairs.iter().map(|it| it.1).sum(),
                );
                percent(a, b)
            }
            "seats_active_pct_28d" => {
                let contacts = self.usage("contacts_28d")?;
                let seats = units(self.seats()?);
                (seats > 0.0).then(|| 100.0 * contacts / seats)
            }
            "seats_never_used" => {
                let activity = self.activity().iter();
                let contacts = different(activity.filter_map(|fact| fact.contact()));
                let seats = self.seats().filter(|_| contacts > 0)?;
                Some(units((seats - 1_000_000 * contacts).max(0)))
            }
            "mrr" => self.mrr(&|_| true).map(units),
            "mrr_at_stake_90d" => {
                let last = day(self.now) + 90;
                let is_due = |name: &str| self.notice(name, true).is_some_and(|it| day(it) <= last);
                self.mrr(&is_due).map(units)
            }
            "mrr_change_pct_90d" => {
                let midnight = (day(self.now) - 89) * DAY_MS;
                let mut before = Self::new(&[], self.now, self.settings);
                let known = self.facts.iter().copied();
                before.facts = known.filter(|fact| fact.at < midnight).collect();
                let now = self.mrr(&|_| true)?;
                let before = before.mrr(&|_| true)?;
                percent(now - before, before)
            }
            "amount_due" => self.amount_due().map(units),
            "payment_failures_90d" => {
                self.of("license").next()?;
                let days = self.days_back(90);
                let failed = self
                    .of("license")
                    .filter(|fact| days.contains(&day(fact.at)));
                let failed = failed.filter(|fact| fact.text("change") == "payment_failed");
                Some(different(failed.map(|fact| fact.id)) as f64)
            }
            "auto_renew" => self.auto_renew().map(|yes| f64::from(u8::from(yes))),
            "trial_only" => {
                self.of("license").next()?;
                let only = self.paid().is_empty() && !self.trials().is_empty();
                Some(f64::from(u8::from(only)))
            }
            other => panic!("license.{other} is no feature"),
        }
    }

    /// The moment to which the days to renewal, or to the decision about it, count.
    pub(super) fn renewal(&self, noticed: bool) -> Option<i64> {
        let paid = self.paid().into_iter();
        paid.filter_map(|name| self.notice(name, noticed)).min()
    }

    fn notice(&self, license: &str, noticed: bool) -> Option<i64> {
        let notice = self.latest(license, "notice_days").unwrap_or(0);
        let notice_ms = notice * i128::from(DAY_MS) / 1_000_000;
        let notice_ms = i64::try_from(notice_ms).unwrap_or(0);
        Some(self.ends(license)? - if noticed { notice_ms } else { 0 })
    }

    /// When the first trial runs out.
    pub(super) fn trial_end(&self) -> Option<i64> {
        let trials = self.trials().into_iter();
        trials.filter_map(|name| self.ends(name)).min()
    }

    /// Since when the account tries the product.
    pub(super) fn trying_since(&self) -> Option<i64> {
        let trials = self.trials().into_iter();
        trials.filter_map(|name| self.license_start(name)).min()
    }

    /// When the account began, with what it pays for or else with what it tries.
    pub(super) fn begun(&self) -> Option<i64> {
        self.paying_since().or_else(|| self.trying_since())
    }

    /// Whether any paid license says how it stands with invoices, and the earliest overdue one.
    pub(super) fn overdue(&self) -> (bool, Option<i64>) {
        let says = |fact: &&Fact| fact.has("overdue_since") || fact.text("change") == "payment";
        let paid = self.paid();
        let last = paid
            .iter()
            .map(|name| self.license(name).filter(says).last());
        let said: Vec<&Fact> = last.flatten().collect();
        let since = said.iter().filter_map(|fact| fact.moment("overdue_since"));
        (!said.is_empty(), since.min())
    }

    /// Since when the account pays.
    pub(super) fn paying_since(&self) -> Option<i64> {
        self.paid().first()?;
        let names = self.names("license", "license").into_iter();
        names
            .filter(|name| !self.is_trial(name))
            .filter_map(|name| self.license_start(name))
            .min()
    }

    fn license_start(&self, license: &str) -> Option<i64> {
        let started = self.license(license);
        let mut started = started.filter(|fact| fact.text("change") == "started");
        let first = started.next().or_else(|| self.license(license).next());
        first.map(|fact| fact.at)
    }

    /// The latest text of a field of the profile.
    pub(super) fn profile(&self, field: &str) -> Option<&'a str> {
        let said = self.of("account").filter(|fact| fact.has(field));
        said.last().map(|fact| fact.text(field))
    }

    pub(super) fn arr(&self) -> Option<f64> {
        if self.of("license").next().is_some() {
            return self.mrr(&|_| true).map(|mrr| units(12 * mrr));
        }
        let said = self.of("account").filter_map(|fact| fact.number("arr"));
        said.last().map(units)
    }

    /// The latest value of an attribute that has the declared type; texts stand apart.
    pub(super) fn attribute(&self, name: &str) -> Option<f64> {
        let kind = self.settings.attributes.get(name)?;
        let fits = |value: &&Value| match kind {
            AttributeType::Text => value.is_string(),
            AttributeType::Number => value.is_number(),
            AttributeType::Bool => value.is_boolean(),
        };
        let said = self
            .of("account")
            .filter_map(|fact| fact.attribute(name).filter(fits));
        match said.last()? {
            Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
            Value::Number(number) => millionths(&number.to_string()).map(units),
            _ => None,
        }
    }

    /// The latest text of an attribute.
    pub(super) fn attribute_text(&self, name: &str) -> Option<&'a str> {
        let said = self.of("account").filter_map(|fact| fact.attribute(name));
        said.filter_map(Value::as_str).last()
    }

    /// Days since a moment; none are negative.
    pub(super) fn since(&self, at: i64) -> f64 {
        in_days((self.now - at).max(0))
    }
}
