//! One company's life: turns its days into events, in the canonical JSON that Puls reads.
//!
//! All chance comes from the company's own generator, seeded by the run's seed and its number, and
//! days are lived one after the other. So its events do not depend on who else is there, nor on how
//! fast anybody looks.

use std::collections::BTreeMap;
use std::fmt;

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::Line;
use super::names::slug;
use super::story::{Cast, Day, Happening};
use super::year::Departure;
use crate::model::{DAY_MS, HOUR_MS, Kind, Purpose, Role, SECOND_MS, Time};

/// The tenant whose customers these are.
pub(super) const TENANT: &str = "demo";

/// Days at the end of a term by which the customer must say so to leave.
const NOTICE_DAYS: i64 = 30;
/// Days before the end of a term on which the crowd decides whether to stay.
const DECISION_DAYS: i32 = 44;
/// The mood below which a company does not renew, on the scale of "would you recommend us".
const MOOD_TO_STAY: f64 = 5.0;
/// Money for a seat and month.
const SEAT_MRR: u32 = 40;
/// What people do with the product, the commonest first.
const METRICS: [&str; 12] = [
    "dashboard.view",
    "search.query",
    "record.create",
    "record.update",
    "report.view",
    "comment.post",
    "report.export",
    "workflow.run",
    "share.link",
    "import.file",
    "forecast.run",
    "api.call",
];
const CATEGORIES: [&str; 5] = ["how-to", "performance", "defect", "integration", "billing"];
const OWNERS: [&str; 4] = ["Mara Lind", "Tom Okafor", "Ines Weber", "Jonas Dahl"];

/// A company at the end of some day.
#[derive(Debug)]
pub(super) struct Life {
    cast: Cast,
    account: String,
    /// Midnight of day 0.
    start: Time,
    random: Pcg64Mcg,
    seats: u32,
    term_ends: i32,
    paying: bool,
    /// When it gave notice that it leaves at the end of the term.
    notice: Option<Time>,
    /// Who has the roles: contacts are numbered, and number 0 is the first champion.
    champion: Option<u32>,
    contacts_made: u32,
    tickets_made: u32,
    events_made: u32,
    /// Written, and not due yet: answers to tickets, surveys, and all of the present day.
    coming: BTreeMap<(Time, u32), Line>,
}

const DECISION_MAKER: u32 = 1;
const EXECUTIVE: u32 = 2;

impl Life {
    pub(super) fn new(cast: Cast, start: Time, seed: u64, number: usize) -> Self {
        let stream = seed ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self {
            account: slug(&cast.name),
            start,
            random: Pcg64Mcg::seed_from_u64(stream),
            seats: cast.seats,
            term_ends: cast.term_ends,
            paying: true,
            notice: None,
            champion: Some(0),
            contacts_made: 3,
            tickets_made: 0,
            events_made: 0,
            coming: BTreeMap::new(),
            cast,
        }
    }

    /// Lives through `day` and hands over all events with a time on it or before.
    pub(super) fn live(&mut self, day: i32, into: &mut Vec<Line>) {
        if day < self.cast.begins {
            return;
        }
        if self.notice.is_some() && day >= self.term_ends {
            // Gone: what is left is what others still say of it.
            self.hand_over(day, into);
            return;
        }
        if day == self.cast.begins {
            self.introduce(day);
        }
        for happening in (self.cast.story.happenings)(day) {
            self.happen(day, *happening);
        }
        let feel = (self.cast.story.day)(&self.cast.traits, day);
        self.work(day, &feel);
        self.ask_for_help(day, &feel);
        self.be_asked(day, &feel);
        self.keep_in_touch(day, &feel);
        self.do_business(day, &feel);
        self.hand_over(day, into);
    }

    /// What it has gone through so far: whether it leaves, and when.
    pub(super) fn departure(&self) -> Option<Departure> {
        Some(Departure {
            account: self.account.clone(),
            decided_at: self.notice?,
            ended_at: self.midnight(self.term_ends),
            mrr: self.seats * SEAT_MRR,
        })
    }

    fn hand_over(&mut self, day: i32, into: &mut Vec<Line>) {
        let later = self.coming.split_off(&(self.midnight(day + 1), 0));
        into.extend(std::mem::replace(&mut self.coming, later).into_values());
    }

    fn introduce(&mut self, day: i32) {
        let at = self.midnight(day).plus_ms(8 * HOUR_MS);
        let began = at.minus_ms(i64::from(self.cast.tenure_days) * DAY_MS);
        let stage = if self.cast.tenure_days > 120 {
            "retention"
        } else {
            "onboarding"
        };
        let segment = match self.seats {
            0..20 => "smb",
            20..45 => "mid-market",
            _ => "enterprise",
        };
        let owner = self.owner();
        let name = self.cast.name.clone();
        let profile = format_args!(
            r#""name":"{name}","segment":"{segment}","stage":"{stage}","owner":"{owner}""#
        );
        self.say_later(at, began, Kind::Account, profile);
        for (number, role) in [(0, "champion"), (1, "decision_maker"), (2, "executive")] {
            let contact = self.contact(number);
            let joined = format_args!(r#""contact":"{contact}","change":"joined","role":"{role}""#);
            self.say_later(at, began, Kind::Contact, joined);
        }
        self.license(at, began, "started");
        let met = format_args!(r#""channel":"meeting","purpose":"value","direction":"outbound""#);
        self.say(at, Kind::Touch, met);
    }

    fn happen(&mut self, day: i32, happening: Happening) {
        let at = self.hour(day, 9..17);
        match happening {
            Happening::Leaves(role) => {
                let contact = self.holder(role);
                let left = format_args!(r#""contact":"{contact}","change":"left""#);
                self.say(at, Kind::Contact, left);
                if role == Role::Champion {
                    self.champion = None;
                }
            }
            Happening::Joins(role) => {
                let number = self.contacts_made;
                self.contacts_made += 1;
                if role == Role::Champion {
                    self.champion = Some(number);
                }
                let (contact, role) = (self.contact(number), role.as_str());
                let joined =
                    format_args!(r#""contact":"{contact}","change":"joined","role":"{role}""#);
                self.say(at, Kind::Contact, joined);
            }
            Happening::StopsPaying => {
                self.paying = false;
                self.overdue(at);
            }
            Happening::Pays => {
                self.paying = true;
                self.payment(at);
            }
            Happening::Seats(seats) => {
                self.seats = seats;
                self.license(at, at, "changed");
            }
            Happening::Renews(seats) => {
                self.seats = seats;
                self.term_ends += 365;
                self.license(at, at, "renewed");
            }
            Happening::Answers(role, score) => {
                let contact = self.holder(role);
                self.answer(at, &contact, "nps", score);
            }
            Happening::Meets(purpose) => self.meet(at, purpose),
            Happening::Plans(milestone, days) => {
                let due = at.plus_ms(days * DAY_MS);
                let plan = format_args!(r#""milestone":"{milestone}","due":"{due}""#);
                self.say(at, Kind::Milestone, plan);
            }
            Happening::Achieves(milestone) => {
                let done = format_args!(r#""milestone":"{milestone}","done":"{at}""#);
                self.say(at, Kind::Milestone, done);
            }
            Happening::Judges(factor, value) => {
                let by = self.owner();
                let judged = format_args!(r#""factor":"{factor}","value":{value},"by":"{by}""#);
                self.say(at, Kind::Assessment, judged);
            }
            Happening::Stage(stage) => {
                let profile = format_args!(r#""stage":"{stage}""#);
                self.say(at, Kind::Account, profile);
            }
        }
    }

    /// Those who use the product do so in the company's rhythm, the others not at all. A champion
    /// loses interest before the last users do.
    fn work(&mut self, day: i32, feel: &Day) {
        let usual = if weekend(day) { 0.04 } else { feel.rhythm };
        for place in 0..self.seats {
            let regular = match place {
                0 => feel.active > 0.25,
                _ => f64::from(place) < feel.active * f64::from(self.seats),
            };
            if !regular || !self.random.random_bool(usual) {
                continue;
            }
            let Some(contact) = self.user(place) else {
                continue;
            };
            let times = 1 + u32::from(self.random.random_bool(0.4));
            for _ in 0..times {
                let at = self.hour(day, 7..18);
                let metric = self.random.random_range(0..feel.breadth.clamp(1, 12)) as usize;
                let metric = METRICS.get(metric).copied().unwrap_or("dashboard.view");
                let value = self.random.random_range(1..12);
                let errors = u8::from(self.random.random_bool(feel.errors));
                let usage = format_args!(
                    r#""contact":"{contact}","metric":"{metric}","value":{value},"errors":{errors}"#
                );
                self.say(at, Kind::Usage, usage);
            }
        }
    }

    fn ask_for_help(&mut self, day: i32, feel: &Day) {
        // Five working days make a week.
        let today = if weekend(day) {
            0.0
        } else {
            feel.tickets / 5.0
        };
        for _ in 0..self.times(today) {
            self.tickets_made += 1;
            let ticket = format!("T-{}-{}", self.account, self.tickets_made);
            let at = self.hour(day, 8..17);
            let category = self.random.random_range(0..CATEGORIES.len());
            let category = CATEGORIES.get(category).copied().unwrap_or("how-to");
            let pressing = self.random.random_bool(feel.pressing);
            let priority = if pressing { "high" } else { "medium" };
            self.say(
                at,
                Kind::Ticket,
                format_args!(
                    r#""ticket":"{ticket}","change":"opened","priority":"{priority}","channel":"email","category":"{category}""#
                ),
            );
            let replied = self.after(at, feel.reply_hours * 3_600.0);
            self.ticket_change(replied, &ticket, "responded");
            let resolved = self.after(replied, feel.resolve_days * 86_400.0);
            if pressing && feel.resolve_days > 5.0 {
                let escalated = Time(i64::midpoint(replied.0, resolved.0));
                self.ticket_change(escalated, &ticket, "escalated");
            }
            self.ticket_change(resolved, &ticket, "resolved");
            if self.random.random_bool(0.4 * feel.answers) {
                let asked = self.after(resolved, 20_000.0);
                let score = self.around(feel.mood / 2.0 + 0.4, 1.0, 5.0);
                let contact = self.contact(EXECUTIVE + 1);
                self.answer(asked, &contact, "csat", score);
            }
        }
    }

    fn ticket_change(&mut self, at: Time, ticket: &str, change: &str) {
        let text = format_args!(r#""ticket":"{ticket}","change":"{change}""#);
        self.say(at, Kind::Ticket, text);
    }

    /// Four times a year three people are asked whether they would recommend the product.
    fn be_asked(&mut self, day: i32, feel: &Day) {
        if (day - self.cast.begins).rem_euclid(91) != 12 {
            return;
        }
        for role in [Role::Champion, Role::DecisionMaker, Role::User] {
            if role == Role::Champion && self.champion.is_none() {
                continue;
            }
            let contact = self.holder(role);
            let at = self.hour(day, 9..11);
            let sent = format_args!(r#""contact":"{contact}","survey":"nps","change":"sent""#);
            self.say(at, Kind::Survey, sent);
            if self.random.random_bool(feel.answers) {
                let score = self.around(feel.mood, 0.0, 10.0);
                let answered = self.after(at, 100_000.0);
                self.answer(answered, &contact, "nps", score);
            }
        }
    }

    fn keep_in_touch(&mut self, day: i32, feel: &Day) {
        let today = if weekend(day) {
            0.0
        } else {
            feel.touches / 21.0
        };
        for _ in 0..self.times(today) {
            let at = self.hour(day, 9..17);
            self.meet(at, Purpose::Value);
        }
    }

    /// Every thirty days a payment. Two weeks before notice would be due the crowd decides: who is
    /// content renews, who is not gives notice.
    fn do_business(&mut self, day: i32, feel: &Day) {
        let at = self.midnight(day).plus_ms(6 * HOUR_MS);
        if (day - self.cast.begins).rem_euclid(30) == 4 && self.paying {
            self.payment(at);
        }
        let is_crowd = self.cast.story.company.is_none();
        if is_crowd && self.notice.is_none() && self.term_ends - day == DECISION_DAYS {
            if feel.mood < MOOD_TO_STAY {
                self.leave(at);
            } else {
                self.term_ends += 365;
                self.license(at, at, "renewed");
            }
        }
    }

    /// Gives notice at `at`. People are told, systems are not: they learn of it when the term ends.
    fn leave(&mut self, at: Time) {
        self.notice = Some(at);
        let ends = self.midnight(self.term_ends);
        self.license(ends, ends, "ended");
        self.say(ends, Kind::Account, format_args!(r#""stage":"churned""#));
    }

    fn license(&mut self, time: Time, at: Time, change: &str) {
        let (account, seats) = (self.account.clone(), self.seats);
        let mrr = seats * SEAT_MRR;
        let ends = self.midnight(self.term_ends);
        let terms = format_args!(
            r#""license":"L-{account}","change":"{change}","plan":"business","seats":{seats},"mrr":{mrr},"currency":"USD","term_ends":"{ends}","notice_days":{NOTICE_DAYS}"#
        );
        self.say_later(time, at, Kind::License, terms);
    }

    fn payment(&mut self, at: Time) {
        let account = self.account.clone();
        let paid = format_args!(r#""license":"L-{account}","change":"payment""#);
        self.say(at, Kind::License, paid);
    }

    fn overdue(&mut self, at: Time) {
        let (account, due) = (self.account.clone(), self.seats * SEAT_MRR);
        let failed = format_args!(
            r#""license":"L-{account}","change":"payment_failed","overdue_since":"{at}","amount_due":{due}"#
        );
        self.say(at, Kind::License, failed);
    }

    fn answer(&mut self, at: Time, contact: &str, survey: &str, score: u32) {
        let scale = if survey == "nps" { 10 } else { 5 };
        let answered = format_args!(
            r#""contact":"{contact}","survey":"{survey}","change":"answered","score":{score},"scale":{scale}"#
        );
        self.say(at, Kind::Survey, answered);
    }

    fn meet(&mut self, at: Time, purpose: Purpose) {
        let purpose = purpose.as_str();
        let contact = self.contact(DECISION_MAKER);
        let met = format_args!(
            r#""contact":"{contact}","channel":"meeting","purpose":"{purpose}","direction":"outbound""#
        );
        self.say(at, Kind::Touch, met);
    }

    /// The person at this place among the users: the champion first, who may be gone.
    fn user(&self, place: u32) -> Option<String> {
        let number = match place {
            0 => self.champion?,
            1 => DECISION_MAKER,
            _ => place + 8,
        };
        Some(self.contact(number))
    }

    fn holder(&self, role: Role) -> String {
        let number = match role {
            Role::Champion => self.champion.unwrap_or(0),
            Role::DecisionMaker => DECISION_MAKER,
            Role::Executive => EXECUTIVE,
            Role::User | Role::Internal | Role::Service => EXECUTIVE + 8,
        };
        self.contact(number)
    }

    fn contact(&self, number: u32) -> String {
        format!("p{number:02}@{}.example", self.account)
    }

    fn owner(&self) -> &'static str {
        let place = self.account.len() % OWNERS.len();
        OWNERS.get(place).copied().unwrap_or_default()
    }

    fn midnight(&self, day: i32) -> Time {
        self.start.plus_ms(i64::from(day) * DAY_MS)
    }

    /// A moment of `day` in these hours, to the second.
    fn hour(&mut self, day: i32, hours: std::ops::Range<i64>) -> Time {
        let second = self
            .random
            .random_range(hours.start * 3_600..hours.end * 3_600);
        self.midnight(day).plus_ms(second * SECOND_MS)
    }

    /// A moment about so many seconds after `at`: from half of that to one and a half.
    fn after(&mut self, at: Time, seconds: f64) -> Time {
        let seconds = seconds * (0.5 + self.random.random::<f64>());
        at.plus_ms(whole(seconds) * SECOND_MS)
    }

    /// How often something happens on a day, whose mean is `mean`.
    fn times(&mut self, mean: f64) -> i64 {
        let certain = whole(mean);
        let rest = (mean - libm::floor(mean)).clamp(0.0, 1.0);
        certain + i64::from(self.random.random_bool(rest))
    }

    /// A whole answer around `mean`, at most one and a half away, within `least` and `most`.
    fn around(&mut self, mean: f64, least: f64, most: f64) -> u32 {
        let answer = mean + self.random.random_range(-1.0..1.0);
        u32::try_from(whole(answer.clamp(least, most) + 0.5)).unwrap_or(0)
    }

    fn say(&mut self, at: Time, kind: Kind, fields: fmt::Arguments<'_>) {
        self.say_later(at, at, kind, fields);
    }

    /// Writes an event that happened at `at` and becomes known at `time`.
    fn say_later(&mut self, time: Time, at: Time, kind: Kind, fields: fmt::Arguments<'_>) {
        let (number, account) = (self.events_made, &self.account);
        self.events_made += 1;
        let value = format!(
            r#"{{"id":"{account}-{number}","tenant":"{TENANT}","account":"{account}","kind":"{}","at":"{at}",{fields}}}"#,
            kind.as_str()
        );
        let key = format!("{TENANT}/{account}");
        let line = Line {
            time,
            kind,
            key,
            value,
        };
        self.coming.insert((time, number), line);
    }
}

/// Day 0 is a Wednesday, as 1 January 2025 was.
const fn weekend(day: i32) -> bool {
    (day + 2).rem_euclid(7) >= 5
}

/// The whole part of a small number.
fn whole(value: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "counts and spans of a demo, far from the limits of the type"
    )]
    let whole = libm::floor(value) as i64;
    whole
}
