//! A tenant's settings, made ready for the way of an event: zones as tables, names as hashes,
//! conditions as comparisons. Nothing here changes once it is made.

mod custom;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::limits::DECLARED_FEATURES_MAX;
use crate::model::{
    AttributeType, DAY_MS, FixedSet, HOUR_MS, Kind, Settings, Time, hash64, name_is_valid,
};

pub(crate) use custom::{Custom, Shape, nearest as nearest_name};

use super::days::{Day, Days, day, hour_of};

/// Billionths in one: what rates are counted in.
pub(crate) const RATE_SCALE: i128 = 1_000_000_000;
/// Greatest rate. Beyond this a currency is counted in the wrong unit.
const RATE_MAX: f64 = 1e6;
/// Longest reply target and renewal window that make sense: ten years.
const SPAN_DAYS_MAX: u32 = 3_660;

/// A tenant's settings, made ready.
#[derive(Clone, Debug)]
pub struct Plan {
    revision: u64,
    days: Days,
    activity_metrics: Option<FixedSet<u64>>,
    currency: u64,
    rates: BTreeMap<u64, Vec<(Day, i128)>>,
    reply_target_ms: i64,
    renewal_window: Day,
    factors: Vec<String>,
    attributes: BTreeMap<String, AttributeType>,
    customs: Vec<Custom>,
    customs_of: [Vec<usize>; Kind::ALL.len()],
}

/// A moment, with its places in time worked out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    pub(crate) now: Time,
    pub(crate) today: Day,
    pub(crate) hour: u32,
}

impl Plan {
    /// The plan of these settings. `declared` says, by name, since which log time a declared
    /// feature is kept; those that it does not name are kept from the beginning.
    ///
    /// # Errors
    /// All that is wrong with the settings, a sentence each.
    pub fn new(
        settings: &Settings,
        declared: &BTreeMap<String, Time>,
    ) -> Result<Self, Vec<String>> {
        let mut errors = Vec::new();
        let zone = TimeZone::get(&settings.time_zone).unwrap_or_else(|_| {
            let found = &settings.time_zone;
            errors.push(format!(
                "time_zone: expected an IANA zone such as Europe/Stockholm, found \"{found}\""
            ));
            TimeZone::UTC
        });
        let rates = rates(settings, &mut errors);
        let reply_target_ms = reply_target_ms(settings, &mut errors);
        let renewal_window = renewal_window(settings, &mut errors);
        check_names(settings, &mut errors);
        let customs = customs(settings, declared, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let customs_of = std::array::from_fn(|kind| {
            let of_kind = |(_, custom): &(usize, &Custom)| custom.kind as usize == kind;
            let found = customs.iter().enumerate().filter(of_kind);
            found.map(|(place, _)| place).collect()
        });
        let metrics = settings.activity_metrics.iter();
        let metrics: FixedSet<u64> = metrics.map(|name| hash64(name.as_bytes())).collect();
        Ok(Self {
            revision: hash64(format!("{settings:?}{declared:?}").as_bytes()),
            days: Days::new(&zone),
            activity_metrics: (!metrics.is_empty()).then_some(metrics),
            currency: hash64(settings.currency.as_bytes()),
            rates,
            reply_target_ms,
            renewal_window,
            factors: settings.factors.clone(),
            attributes: settings.attributes.clone(),
            customs,
            customs_of,
        })
    }

    /// Tells this plan from others: what was worked out under one plan is not used under another.
    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }

    /// `now`, with its places in time worked out.
    pub(crate) fn moment(&self, now: Time) -> Moment {
        Moment {
            now,
            today: self.days.day_of(now),
            hour: hour_of(now),
        }
    }

    /// The tenant's local days.
    pub(crate) const fn days(&self) -> &Days {
        &self.days
    }

    /// Whether use of this metric counts as activity.
    pub(crate) fn is_activity(&self, metric: u64) -> bool {
        let metrics = self.activity_metrics.as_ref();
        metrics.is_none_or(|metrics| metrics.contains(&metric))
    }

    /// Billionths of the tenant's currency that one unit of a currency is worth on a day; none
    /// where there is no rate. `None` stands for the tenant's own.
    pub(crate) fn rate(&self, currency: Option<u64>, today: Day) -> Option<i128> {
        let Some(currency) = currency.filter(|currency| *currency != self.currency) else {
            return Some(RATE_SCALE);
        };
        let rates = self.rates.get(&currency)?;
        let place = rates.partition_point(|(from, _)| *from <= today);
        let (_, rate) = rates.get(place.checked_sub(1)?)?;
        Some(*rate)
    }

    /// Milliseconds within which a ticket should have a first response.
    pub(crate) const fn reply_target_ms(&self) -> i64 {
        self.reply_target_ms
    }

    /// Days before a term ends in which a touch is renewal business.
    pub(crate) const fn renewal_window(&self) -> Day {
        self.renewal_window
    }

    /// The tenant's success factors.
    #[must_use]
    pub fn factors(&self) -> &[String] {
        &self.factors
    }

    /// The tenant's declared attributes.
    #[must_use]
    pub const fn attributes(&self) -> &BTreeMap<String, AttributeType> {
        &self.attributes
    }

    /// The tenant's declared features.
    pub(crate) fn customs(&self) -> &[Custom] {
        &self.customs
    }

    /// Whether the tenant declares any features.
    pub(crate) const fn has_customs(&self) -> bool {
        !self.customs.is_empty()
    }

    /// The declared features that are computed from events of `kind`.
    pub(crate) fn customs_of(&self, kind: Kind) -> impl Iterator<Item = &Custom> {
        let places = self.customs_of.get(kind as usize).into_iter().flatten();
        places.filter_map(|place| self.customs.get(*place))
    }
}

fn rates(settings: &Settings, errors: &mut Vec<String>) -> BTreeMap<u64, Vec<(Day, i128)>> {
    let mut rates: BTreeMap<u64, BTreeMap<Day, i128>> = BTreeMap::new();
    for rate in &settings.rates {
        let name = &rate.currency;
        let Ok(from) = rate.from.parse::<Date>() else {
            let found = &rate.from;
            errors.push(format!(
                "rates: {name}: expected a date such as 2026-01-31 in `from`, found \"{found}\""
            ));
            continue;
        };
        if !(rate.rate > 0.0 && rate.rate <= RATE_MAX) {
            let found = rate.rate;
            errors.push(format!(
                "rates: {name}: expected a rate above 0 and up to {RATE_MAX}, found {found}"
            ));
            continue;
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 10¹⁵")]
        let billionths = i128::from(libm::round(rate.rate * 1e9) as i64);
        let midnight = from.to_zoned(TimeZone::UTC);
        let number = midnight.map_or(0, |at| at.timestamp().as_millisecond() / DAY_MS);
        let dated = rates.entry(hash64(name.as_bytes())).or_default();
        if dated.insert(day(number), billionths).is_some() {
            errors.push(format!("rates: {name}: two rates from {from}"));
        }
    }
    let sorted = rates.into_iter();
    sorted
        .map(|(currency, dated)| (currency, dated.into_iter().collect()))
        .collect()
}

fn reply_target_ms(settings: &Settings, errors: &mut Vec<String>) -> i64 {
    let hours = settings.reply_target_hours;
    if !(hours > 0.0 && hours <= f64::from(SPAN_DAYS_MAX) * 24.0) {
        errors.push(format!(
            "reply_target_hours: expected hours above 0, ten years at most, found {hours}"
        ));
        return HOUR_MS;
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most ten years")]
    let ms = libm::round(hours * 3_600_000.0) as i64;
    ms
}

fn renewal_window(settings: &Settings, errors: &mut Vec<String>) -> Day {
    let days = settings.renewal_window_days;
    if days > SPAN_DAYS_MAX {
        errors.push(format!(
            "renewal_window_days: expected at most {SPAN_DAYS_MAX}, found {days}"
        ));
    }
    Day::try_from(days).unwrap_or(Day::MAX)
}

fn check_names(settings: &Settings, errors: &mut Vec<String>) {
    let lists = [
        (
            "activity_metrics",
            settings.activity_metrics.iter().collect(),
        ),
        ("factors", settings.factors.iter().collect()),
        ("attributes", settings.attributes.keys().collect::<Vec<_>>()),
    ];
    for (list, names) in lists {
        for name in names.iter().filter(|name| !name_is_valid(name)) {
            errors.push(format!(
                "{list}: expected a name of 1 to 64 characters of a-z 0-9 . _ -, found \"{name}\""
            ));
        }
    }
    if settings.factors.iter().any(|name| name == "override") {
        errors.push("factors: `override` is the name of what replaces a score".into());
    }
}

fn customs(
    settings: &Settings,
    declared: &BTreeMap<String, Time>,
    errors: &mut Vec<String>,
) -> Vec<Custom> {
    let count = settings.features.len();
    if count > DECLARED_FEATURES_MAX {
        errors.push(format!(
            "features: expected at most {DECLARED_FEATURES_MAX}, found {count}"
        ));
    }
    let mut customs: Vec<Custom> = Vec::new();
    for feature in &settings.features {
        let since = declared.get(&feature.name).copied().unwrap_or(Time::MIN);
        match Custom::new(feature, since) {
            Ok(custom) if customs.iter().any(|other| other.name == custom.name) => {
                errors.push(format!("features: `{}` stands twice", feature.name));
            }
            Ok(custom) => customs.push(custom),
            Err(found) => {
                let named = found.into_iter();
                errors.extend(named.map(|e| format!("features: {}: {e}", feature.name)));
            }
        }
    }
    customs
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Plan, RATE_SCALE};
    use crate::model::{Rate, Settings, hash64};

    #[test]
    fn all_errors_of_settings_come_at_once() {
        let text = r#"
            time_zone = "Europe/Stokholm"
            reply_target_hours = 0.0
            renewal_window_days = 99999
            factors = ["override", "Big"]
            activity_metrics = ["Log In"]
            rates = [{ currency = "EUR", from = "yesterday", rate = 1.1 },
                     { currency = "SEK", from = "2026-01-01", rate = -1.0 }]
            features = [
                { name = "a", from = "usages", agg = "count" },
                { name = "b", from = "usage", agg = "sum" },
                { name = "c", from = "usage", agg = "sum", of = "metric", window = "7d" },
                { name = "d", from = "usage", agg = "count" },
                { name = "e", from = "ticket", agg = "count", window = "7d",
                  where = [{ field = "score", is = "1" }] },
                { name = "f", from = "ticket", agg = "last", of = "prioriti" },
            ]
        "#;
        let settings: Settings = toml::from_str(text).unwrap();
        let errors = Plan::new(&settings, &BTreeMap::new()).unwrap_err();
        let expected = [
            "time_zone: ",
            "rates: EUR: ",
            "rates: SEK: ",
            "reply_target_hours: ",
            "renewal_window_days: ",
            "activity_metrics: ",
            "factors: expected a name",
            "factors: `override`",
            "features: a: ",
            "features: b: ",
            "features: c: ",
            "features: d: ",
            "features: e: ",
            "features: f: ",
        ];
        for start in expected {
            let found = errors.iter().any(|error| error.starts_with(start));
            assert!(found, "nothing begins with {start:?} in {errors:#?}");
        }
    }

    #[test]
    fn rates_are_dated() {
        let rate = |from: &str, rate| Rate {
            currency: "EUR".into(),
            from: from.into(),
            rate,
        };
        let settings = Settings {
            rates: vec![rate("2026-02-01", 1.25), rate("2026-01-01", 1.1)],
            ..Settings::default()
        };
        let plan = Plan::new(&settings, &BTreeMap::new()).unwrap();
        let euro = Some(hash64(b"EUR"));
        let on = |text: &str| {
            let now = crate::model::Time::parse_rfc3339(text).unwrap();
            plan.rate(euro, plan.moment(now).today)
        };
        assert_eq!(on("2025-12-31T23:59:59Z"), None);
        assert_eq!(on("2026-01-31T23:59:59Z"), Some(1_100_000_000));
        assert_eq!(on("2026-02-01T00:00:00Z"), Some(1_250_000_000));
        assert_eq!(plan.rate(None, 0), Some(RATE_SCALE));
        assert_eq!(plan.rate(Some(hash64(b"USD")), 0), Some(RATE_SCALE));
        assert_eq!(plan.rate(Some(hash64(b"SEK")), 60_000), None);
    }
}
