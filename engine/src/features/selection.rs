//! The features of one rule or export, resolved once and computed often.

use puls_wire::FeatureUse;

use crate::limits::WAKES_MAX;
use crate::model::{DAY_MS, Time, TimerName};
use crate::state::{Account, Missing, Moment, Plan, Reading, nearest_name};

use super::catalogue::Form;
use super::readings::Anchor;
use super::source::Source;

/// The features of one rule or export. It belongs to the plan that it was made with.
#[derive(Clone, Debug)]
pub struct Selection {
    slots: Vec<Slot>,
    kinds: Vec<u16>,
}

#[derive(Clone, Debug)]
struct Slot {
    source: Source,
    form: Form,
    unit: &'static str,
    /// What the codes of a text feature mean.
    values: Vec<String>,
    /// Milliseconds from or to the feature's moment at which the account is evaluated.
    wake_ms: Vec<i64>,
}

/// A feature's value as people read it.
#[derive(Clone, PartialEq, Debug)]
pub struct FeatureValue {
    /// The number that a rule sees, if there is one.
    pub value: Option<f64>,
    /// The text of a text feature.
    pub text: Option<String>,
    /// The unit.
    pub unit: &'static str,
    /// Milliseconds since the newest event behind it.
    pub age_ms: Option<i64>,
    /// Whether a limit left out something that could still matter.
    pub capped: bool,
    /// Why there is no value.
    pub missing: Option<&'static str>,
}

impl Selection {
    /// Resolves the features that a rule names.
    ///
    /// # Errors
    /// All that is wrong, a sentence each: unknown names, value lists on numbers and text without
    /// one, `wake` on features that do not count days.
    pub fn new(plan: &Plan, uses: &[FeatureUse]) -> Result<Self, Vec<String>> {
        let mut errors = Vec::new();
        let mut slots = Vec::new();
        let mut kinds = Vec::new();
        for used in uses {
            let name = &used.name;
            let Some((source, feature)) = Source::parse(name, plan) else {
                let names = Source::names(plan);
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let found = nearest_name(name, &names);
                errors.push(format!("{name}: expected the name of a feature, {found}"));
                continue;
            };
            let form = source.form(feature, plan);
            check(used, form, &mut errors);
            slots.push(Slot {
                source,
                form,
                unit: source.unit(feature, plan),
                values: used.values.clone(),
                wake_ms: used.wake.iter().copied().map(wake_ms).collect(),
            });
            kinds.push(source.kinds(feature, plan));
        }
        if errors.is_empty() {
            Ok(Self { slots, kinds })
        } else {
            Err(errors)
        }
    }

    /// All features that accounts of the plan's tenant have, for a table of them: names, and which
    /// of them are texts. The numbers of texts mean nothing here.
    #[must_use]
    pub fn all(plan: &Plan) -> (Vec<(String, bool)>, Self) {
        let mut columns = Vec::new();
        let (mut slots, mut kinds) = (Vec::new(), Vec::new());
        for name in Source::names(plan) {
            let Some((source, feature)) = Source::parse(&name, plan) else {
                continue;
            };
            let form = source.form(feature, plan);
            columns.push((name, form == Form::Text));
            kinds.push(source.kinds(feature, plan));
            let unit = source.unit(feature, plan);
            slots.push(Slot {
                source,
                form,
                unit,
                values: Vec::new(),
                wake_ms: Vec::new(),
            });
        }
        (columns, Self { slots, kinds })
    }

    /// Number of features.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The row of an account at `now`, in the order of the selection; NaN is missing. `out` is
    /// cleared first. `now` never goes back.
    pub fn compute(&self, plan: &Plan, account: &mut Account, now: Time, out: &mut Vec<f64>) {
        account.advance(plan, now);
        let moment = plan.moment(now);
        out.clear();
        let values = self
            .slots
            .iter()
            .map(|slot| slot.number(plan, account, moment));
        out.extend(values);
    }

    /// Per feature, the kinds of events that can move it, as bits `1 << Kind as u8`. Time may move
    /// it too.
    #[must_use]
    pub fn kinds(&self) -> &[u16] {
        &self.kinds
    }

    /// For every feature with `wake` values the first moment after `now` at which it meets one of
    /// them, or lies a millisecond beyond it, so that `>=` and `>` are both seen in time. The
    /// account was computed at `now` before.
    pub fn next_wakes(
        &self,
        plan: &Plan,
        account: &Account,
        now: Time,
    ) -> impl Iterator<Item = (Time, TimerName)> {
        let waking = self.slots.iter().filter(|slot| !slot.wake_ms.is_empty());
        waking.filter_map(move |slot| slot.next_wake(plan, account, now))
    }

    /// The feature at `index` as people read it.
    pub fn describe(
        &self,
        plan: &Plan,
        account: &mut Account,
        now: Time,
        index: usize,
    ) -> FeatureValue {
        account.advance(plan, now);
        let Some(slot) = self.slots.get(index) else {
            return FeatureValue {
                value: None,
                text: None,
                unit: "",
                age_ms: None,
                capped: false,
                missing: Some(Missing::NoData.as_str()),
            };
        };
        let reading = slot.reading(plan, account, plan.moment(now));
        let newest = slot.source.newest(plan, account, now);
        FeatureValue {
            value: reading.ok().map(|value| value + 0.0),
            text: slot.source.text(account).map(String::from),
            unit: slot.unit,
            age_ms: newest.map(|newest| now.since_ms(newest)),
            capped: slot.source.is_capped(plan, account, now),
            missing: reading.err().map(Missing::as_str),
        }
    }
}

impl Slot {
    fn reading(&self, plan: &Plan, account: &mut Account, moment: Moment) -> Reading {
        if self.form == Form::Text {
            let text = self.source.text(account).ok_or(Missing::NoData)?;
            let place = self.values.iter().position(|value| value == text);
            let code = place.and_then(|place| u16::try_from(place).ok());
            return Ok(code.map_or(-1.0, f64::from));
        }
        self.source.reading(plan, account, moment)
    }

    /// One NaN for all that is missing, and no −0.
    fn number(&self, plan: &Plan, account: &mut Account, moment: Moment) -> f64 {
        match self.reading(plan, account, moment) {
            Ok(value) => value + 0.0,
            Err(_) => f64::NAN,
        }
    }

    fn next_wake(&self, plan: &Plan, account: &Account, now: Time) -> Option<(Time, TimerName)> {
        let anchor = self.source.anchor(plan, account, now)?;
        let (moment, sign, timer) = match anchor {
            Anchor::Since(moment) => (moment, 1, TimerName::Silence),
            Anchor::Until(moment) => (moment, -1, TimerName::Renewal),
        };
        let met = |ms: &i64| moment.plus_ms(sign * ms);
        let moments = self.wake_ms.iter().map(met);
        let with_beyond = moments.flat_map(|met| [met, met.plus_ms(1)]);
        let next = with_beyond.filter(|at| *at > now).min()?;
        Some((next, timer))
    }
}

/// Greatest wake value: a hundred years.
const WAKE_DAYS_MAX: f64 = 36_600.0;
const _: () = assert!(DAY_MS == 86_400_000, "wake values are counted in such days");

#[expect(
    clippy::cast_possible_truncation,
    reason = "checked; saturates otherwise"
)]
fn wake_ms(days: f64) -> i64 {
    libm::round(days * 86_400_000.0) as i64
}

fn check(used: &FeatureUse, form: Form, errors: &mut Vec<String>) {
    let name = &used.name;
    match form {
        Form::Text if used.values.is_empty() => errors.push(format!(
            "{name}: expected a list of `values`, because the feature is a text"
        )),
        Form::Number | Form::DaysSince | Form::DaysUntil if !used.values.is_empty() => {
            errors.push(format!(
                "{name}: expected no `values`, because the feature is a number"
            ));
        }
        _ => {}
    }
    if used.wake.is_empty() {
        return;
    }
    if !matches!(form, Form::DaysSince | Form::DaysUntil) {
        errors.push(format!(
            "{name}: expected no `wake`, because the feature does not count days from a moment"
        ));
    }
    if used.wake.len() > WAKES_MAX {
        errors.push(format!(
            "{name}: expected at most {WAKES_MAX} `wake` values"
        ));
    }
    let least = if form == Form::DaysSince {
        0.0
    } else {
        -WAKE_DAYS_MAX
    };
    for days in &used.wake {
        if !(*days >= least && *days <= WAKE_DAYS_MAX) {
            errors.push(format!(
                "{name}: expected `wake` values from {least} to {WAKE_DAYS_MAX}, found {days}"
            ));
        }
    }
}
