//! Features of tickets and surveys, from the list of events.

use puls::model::HOUR_MS;

use super::fact::Fact;
use super::known::{Known, count, day, hour, percent, ratio, rounded, units};
use super::usage::different;

const CHANGES: [&str; 6] = [
    "opened",
    "responded",
    "escalated",
    "reopened",
    "resolved",
    "closed",
];

/// What became of one ticket.
#[derive(Debug, Default)]
pub(super) struct Ticket {
    is_open: bool,
    pub(super) opened: Option<i64>,
    responded: Option<i64>,
    escalated: bool,
    settled: Option<i64>,
    /// The last change that ended a span of being open.
    ended: Option<i64>,
    open_ms: i64,
    priority: String,
    reopened: bool,
}

impl Ticket {
    fn new(mut changes: Vec<&Fact>) -> Self {
        let mut stated = changes.iter().filter(|fact| fact.has("priority"));
        let priority = stated.next_back().map(|fact| fact.text("priority"));
        let place = |fact: &Fact| CHANGES.iter().position(|it| *it == fact.text("change"));
        changes.sort_by_key(|fact| (fact.at, place(fact), fact.id));
        let mut ticket = Self {
            is_open: true,
            priority: priority.unwrap_or_default().to_owned(),
            reopened: changes.iter().any(|fact| fact.text("change") == "reopened"),
            ..Self::default()
        };
        let mut open_since = None;
        for fact in changes {
            match fact.text("change") {
                "responded" => ticket.responded = ticket.responded.or(Some(fact.at)),
                "escalated" => ticket.escalated = true,
                "opened" | "reopened" => {
                    if fact.text("change") == "opened" {
                        ticket.opened = ticket.opened.or(Some(fact.at));
                    }
                    ticket.is_open = true;
                    open_since = open_since.or(Some(fact.at));
                }
                _ => {
                    ticket.is_open = false;
                    ticket.settled = ticket.settled.or(Some(fact.at));
                    if let Some(since) = open_since.take() {
                        ticket.open_ms += fact.at - since;
                        ticket.ended = Some(fact.at);
                    }
                }
            }
        }
        ticket
    }
}

/// An answer to a survey, in millionths of its scale.
struct Answer<'a> {
    fact: &'a Fact,
    value: i128,
}

impl<'a> Known<'a> {
    pub(super) fn tickets(&self) -> Vec<Ticket> {
        let names = self.names("ticket", "ticket").into_iter();
        let changes = |name| {
            let of_name = |fact: &&Fact| fact.text("ticket") == name;
            self.of("ticket").filter(of_name).collect()
        };
        names.map(|name| Ticket::new(changes(name))).collect()
    }

    /// When the oldest of the open tickets was opened.
    pub(super) fn oldest_open(&self) -> Option<i64> {
        let tickets = self.tickets().into_iter().filter(|it| it.is_open);
        tickets.filter_map(|ticket| ticket.opened).min()
    }

    pub(super) fn ticket(&self, name: &str) -> Option<f64> {
        let tickets = self.tickets();
        let opened_in = |days: i64| {
            let days = self.days_back(days);
            let is_in = move |ticket: &&Ticket| {
                ticket
                    .opened
                    .is_some_and(|opened| days.contains(&day(opened)))
            };
            tickets.iter().filter(is_in).collect::<Vec<_>>()
        };
        let recent = opened_in(90);
        tickets.first()?;
        let number = match name {
            "open" => tickets.iter().filter(|it| it.is_open).count(),
            "open_critical" => {
                let pressing = ["high", "critical"];
                let open = tickets.iter().filter(|it| it.is_open);
                open.filter(|it| pressing.contains(&it.priority.as_str()))
                    .count()
            }
            "opened_28d" => opened_in(28).len(),
            "opened_90d" => recent.len(),
            "escalated_pct_90d" => {
                let escalated = recent.iter().filter(|it| it.escalated).count();
                return percent(count(escalated), count(recent.len()));
            }
            "opened_7d" => {
                let hours = self.hours_back(168);
                let opened = tickets.iter().filter_map(|it| it.opened);
                opened.filter(|at| hours.contains(&hour(*at))).count()
            }
            "reopened_pct_90d" => {
                let reopened = recent.iter().filter(|it| it.reopened).count();
                return percent(count(reopened), count(recent.len()));
            }
            "first_response_hours_90d" | "first_response_p50_hours_90d" => {
                let wait = |it: &&Ticket| Some((it.responded? - it.opened?).max(0));
                return hours_of(name, recent.iter().filter_map(wait).collect());
            }
            "resolution_hours_90d" | "resolution_p50_hours_90d" => {
                let days = self.days_back(90);
                let known = tickets
                    .iter()
                    .filter(|it| !it.is_open && it.opened.is_some());
                let ended = known.filter(|it| it.ended.is_some_and(|at| days.contains(&day(at))));
                return hours_of(name, ended.map(|it| it.open_ms).collect());
            }
            "reply_breaches_90d" => {
                let target_ms = self.settings.reply_target_hours * HOUR_MS as f64;
                let is_breach = |it: &&&Ticket| {
                    let replied = it.responded.or(it.settled).unwrap_or(self.now);
                    it.opened
                        .is_some_and(|opened| (replied - opened) as f64 > target_ms)
                };
                recent.iter().filter(is_breach).count()
            }
            other => {
                let priority = other.strip_prefix("open_priority_");
                let priority = priority.unwrap_or_else(|| panic!("ticket.{other} is no feature"));
                let open = tickets.iter().filter(|it| it.is_open);
                open.filter(|it| it.priority == priority).count()
            }
        };
        Some(number as f64)
    }

    /// The answers of customers to one survey, or to any.
    fn answers(&self, survey: Option<&str>) -> Vec<Answer<'a>> {
        let mut answers: Vec<Answer<'_>> = Vec::new();
        for fact in self.of("survey") {
            let is_answer = fact.text("change") == "answered" && is_customers(fact);
            let is_meant = survey.is_none_or(|survey| fact.text("survey") == survey);
            let is_repeat = answers.iter().any(|it| it.fact.id == fact.id);
            let Some(score) = fact.number("score") else {
                continue;
            };
            if is_answer && is_meant && !is_repeat {
                let whole = if fact.text("survey") == "nps" { 10 } else { 5 };
                let scale = fact.number("scale").unwrap_or(whole * 1_000_000);
                let value = rounded(score * whole * 1_000_000, scale);
                answers.push(Answer { fact, value });
            }
        }
        answers
    }

    /// When the latest answer to one survey was given.
    pub(super) fn answered_to(&self, survey: &str) -> Option<i64> {
        self.answers(Some(survey)).last().map(|it| it.fact.at)
    }

    pub(super) fn answered(&self) -> Option<i64> {
        self.answers(None).last().map(|answer| answer.fact.at)
    }

    pub(super) fn survey(&self, name: &str) -> Option<f64> {
        let in_days = |survey, days: i64| {
            let days = self.days_back(days);
            let answers = self.answers(Some(survey)).into_iter();
            answers
                .filter(|it| days.contains(&day(it.fact.at)))
                .collect::<Vec<_>>()
        };
        let latest = |survey| self.answers(Some(survey)).last().map(|it| units(it.value));
        match name {
            "nps_latest" => latest("nps"),
            "csat_latest" => latest("csat"),
            "nps_lowest_365d" => in_days("nps", 365)
                .iter()
                .map(|it| it.value)
                .min()
                .map(units),
            "response_pct_365d" => {
                let days = self.days_back(365);
                let is_in = |fact: &&Fact| days.contains(&day(fact.at));
                let sent = self
                    .of("survey")
                    .filter(is_in)
                    .filter(|fact| is_customers(fact));
                let sent = sent.filter(|fact| fact.text("change") == "sent");
                let answers = self.answers(None).into_iter().map(|it| it.fact);
                let returned = count(answers.filter(|fact| is_in(fact)).count());
                percent(returned, different(sent.map(|fact| fact.id)))
            }
            "followups_unanswered_90d" => {
                self.answered_to("nps").or(self.answered_to("csat"))?;
                let nps = in_days("nps", 90).into_iter();
                let nps = nps.filter(|it| it.value <= 6_000_000);
                let csat = in_days("csat", 90).into_iter();
                let bad = nps.chain(csat.filter(|it| it.value <= 2_000_000));
                Some(bad.filter(|it| !self.is_answered(it.fact)).count() as f64)
            }
            "csat_lowest_90d" => {
                let answers = in_days("csat", 90);
                answers.iter().map(|it| it.value).min().map(units)
            }
            "csat_bad_90d" => {
                self.answered_to("csat")?;
                let answers = in_days("csat", 90);
                let bad = answers.iter().filter(|it| it.value <= 2_000_000);
                Some(bad.count() as f64)
            }
            "csat_mean_90d" => mean(&in_days("csat", 90)),
            "nps_mean_365d" => mean(&in_days("nps", 365)),
            "nps_role_weighted" => {
                let weight = |answer: &Answer<'_>| match answer
                    .fact
                    .contact()
                    .and_then(|contact| self.role(contact))
                {
                    Some("executive" | "decision_maker") => 3,
                    Some("champion") => 2,
                    Some("internal" | "service") => 0,
                    _ => 1,
                };
                let answers = in_days("nps", 365);
                let sum = answers.iter().map(|it| weight(it) * it.value).sum();
                let all: i128 = answers.iter().map(weight).sum();
                (all > 0).then(|| ratio(sum, 1_000_000 * all))
            }
            other => panic!("survey.{other} is no feature"),
        }
    }
}

/// The mean of answers, where there are any.
fn mean(answers: &[Answer<'_>]) -> Option<f64> {
    let sum = answers.iter().map(|it| it.value).sum();
    let all = 1_000_000 * count(answers.len());
    (all > 0).then(|| ratio(sum, all))
}

/// Whether a survey event is part of a series of the customer's.
fn is_customers(fact: &Fact) -> bool {
    let stream = fact.has("stream").then(|| fact.text("stream"));
    matches!(stream, None | Some("relational" | "product" | "support"))
}

/// The mean, or the middle value, in hours.
fn hours_of(name: &str, mut spans_ms: Vec<i64>) -> Option<f64> {
    if !name.contains("_p50_") {
        return mean_hours(&spans_ms);
    }
    spans_ms.sort_unstable();
    let n = spans_ms.len();
    let middle = spans_ms.get(n.div_ceil(2).checked_sub(1)?..=n / 2)?;
    match n % 2 {
        0 => mean_hours(middle),
        _ => mean_hours(middle.get(..1)?),
    }
}

fn mean_hours(spans_ms: &[i64]) -> Option<f64> {
    let sum = spans_ms.iter().map(|ms| i128::from(*ms)).sum();
    let all = i128::from(HOUR_MS) * count(spans_ms.len());
    (all > 0).then(|| ratio(sum, all))
}
