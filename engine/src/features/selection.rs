//! The features of one rule or export, resolved once and computed often.

use puls_wire::FeatureUse;

use crate::decide::PeersBehind;
use crate::limits::WAKES_MAX;
use crate::model::{DAY_MS, PeerCounts, Time, TimerName};
use crate::state::{Account, Missing, Moment, Plan, Reading, nearest_name};

use super::catalogue::Form;
use super::peers::{Bases, Relative, View, segment_of};
use super::readings::Anchor;
use super::source::Source;

/// The features of one rule or export. It belongs to the plan that it was made with.
#[derive(Clone, Debug)]
pub struct Selection {
    slots: Vec<Slot>,
    kinds: Vec<u16>,
    /// Features relative to peers, with their places.
    relatives: Vec<(usize, Relative)>,
    /// Scores of days ago: their places, and how many days.
    scores_ago: Vec<(usize, u16)>,
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
            Ok(Self::of(slots, kinds))
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
            if matches!(source, Source::ScoreAgo(_)) {
                // A score is a rule's, not an account's.
                continue;
            }
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
        (columns, Self::of(slots, kinds))
    }

    fn of(slots: Vec<Slot>, kinds: Vec<u16>) -> Self {
        let (mut relatives, mut scores_ago) = (Vec::new(), Vec::new());
        for (place, slot) in slots.iter().enumerate() {
            match slot.source {
                Source::Relative(relative) => relatives.push((place, relative)),
                Source::ScoreAgo(ago) => scores_ago.push((place, ago.days())),
                _ => {}
            }
        }
        Self {
            slots,
            kinds,
            relatives,
            scores_ago,
        }
    }

    /// What accounts have to be counted by for these features.
    #[must_use]
    pub fn bases(&self) -> Bases {
        let bases = self.relatives.iter().map(|(_, relative)| relative.bases());
        bases.fold(Bases::default(), Bases::with)
    }

    /// What stands behind the features relative to peers, where there are any; `day` is the one
    /// whose statistics are in use.
    pub fn behind(
        &self,
        plan: &Plan,
        account: &mut Account,
        now: Time,
        day: Option<u16>,
    ) -> Option<PeersBehind> {
        if self.relatives.is_empty() {
            return None;
        }
        account.advance(plan, now);
        let moment = plan.moment(now);
        let mut value = |relative: Relative| {
            let own = relative.own()?;
            own.reading(plan.into(), account, moment).ok()
        };
        let own = self.relatives.iter();
        let own = own.map(|(place, relative)| (*place, value(*relative).unwrap_or(f64::NAN)));
        let own = own.collect();
        let segment = segment_of(account);
        Some(PeersBehind { day, segment, own })
    }

    /// The number of the feature at `place`, had an account of `segment` the value `own` and these
    /// peers. `None` where the feature is not relative to peers, or is missing then.
    #[must_use]
    pub fn relate(&self, place: usize, own: f64, peers: (&PeerCounts, u64)) -> Option<f64> {
        let found = self.relatives.iter().find(|(of, _)| *of == place);
        let (_, relative) = found.filter(|_| !own.is_nan())?;
        let (counts, segment) = peers;
        relative.of(own, counts, segment).ok()
    }

    /// The scores of days ago that the rule reads: their places, and how many days. Their columns
    /// are left missing by [`Selection::compute`].
    #[must_use]
    pub fn scores_ago(&self) -> &[(usize, u16)] {
        &self.scores_ago
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
    pub fn compute<'a>(
        &self,
        view: impl Into<View<'a>>,
        account: &mut Account,
        now: Time,
        out: &mut Vec<f64>,
    ) {
        let view = view.into();
        let plan = view.plan;
        account.advance(plan, now);
        let moment = plan.moment(now);
        out.clear();
        let values = self
            .slots
            .iter()
            .map(|slot| slot.number(view, account, moment));
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
    pub fn describe<'a>(
        &self,
        view: impl Into<View<'a>>,
        account: &mut Account,
        now: Time,
        index: usize,
    ) -> FeatureValue {
        let view = view.into();
        let plan = view.plan;
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
        let reading = slot.reading(view, account, plan.moment(now));
        let newest = slot.source.newest(plan, account, now);
        FeatureValue {
            value: reading.ok().map(|value| value + 0.0),
            text: slot
                .source
                .text(plan, account, plan.moment(now).today)
                .map(String::from),
            unit: slot.unit,
            age_ms: newest.map(|newest| now.since_ms(newest)),
            capped: slot.source.is_capped(plan, account, now),
            missing: reading.err().map(Missing::as_str),
        }
    }
}

impl Slot {
    fn reading(&self, view: View<'_>, account: &mut Account, moment: Moment) -> Reading {
        if self.form == Form::Text {
            let text = self.source.text(view.plan, account, moment.today);
            let text = text.ok_or(Missing::NoData)?;
            let place = self.values.iter().position(|value| value == text);
            let code = place.and_then(|place| u16::try_from(place).ok());
            return Ok(code.map_or(-1.0, f64::from));
        }
        self.source.reading(view, account, moment)
    }

    /// One NaN for all that is missing, and no −0.
    fn number(&self, view: View<'_>, account: &mut Account, moment: Moment) -> f64 {
        match self.reading(view, account, moment) {
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
