//! Made-up customers whose records are as awkward as the contract allows: every kind and change,
//! overrides that expire, terms that end, trials, money in two currencies, roles that change,
//! events late, ahead of their time, twice, out of order and at equal moments, and records that
//! cannot be used. The workload of the benches is large and tame; this one is small and wild.

use puls::model::{DAY_MS, HOUR_MS, Kind, MINUTE_MS, Settings, Time};
use puls_benches::Line;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

const START: i64 = 1_767_225_600_000;

/// Records that cannot be used: kind of the input, account of the key, members behind `at`.
const BROKEN: [(Kind, &str, &str); 6] = [
    (Kind::Usage, "a-0", r#""kind":"visit","metric":"login""#),
    (Kind::Usage, "a-0", r#""kind":"usage""#),
    (
        Kind::License,
        "a-1",
        r#""kind":"license","license":"l","change":"changed","seats":"many""#,
    ),
    (
        Kind::Ticket,
        "a-1",
        r#""kind":"ticket","ticket":"t","change":"exploded""#,
    ),
    (
        Kind::Survey,
        "a-2",
        r#""kind":"survey","survey":"nps","change":"answered","score":11"#,
    ),
    (
        Kind::Touch,
        "a-2",
        r#""kind":"touch","account":"somebody-else""#,
    ),
];

/// A generator of records of a few accounts.
#[derive(Debug)]
pub struct Stories {
    random: Pcg64Mcg,
    accounts: u32,
    now: i64,
    serial: u32,
}

/// Everything that a tenant can declare.
const SETTINGS: &str = r#"
publish_threshold_points = 0.5
rates = [
    { currency = "EUR", from = "2026-01-01", rate = 1.08 },
    { currency = "EUR", from = "2026-03-01", rate = 1.125 },
]
attributes = { industry = "text", stores = "number" }
features = [
    { name = "exports", from = "usage", agg = "count", window = "7d", where = [
        { field = "metric", is = "export" },
    ] },
    { name = "led", from = "usage", agg = "share", window = "28d", where = [
        { field = "role", in = ["executive", "champion"] },
    ] },
    { name = "spent", from = "usage", agg = "sum", of = "value", window = "90d", where = [
        { field = "metric", is = "export" },
    ] },
    { name = "metrics", from = "usage", agg = "distinct", of = "metric", window = "28d", where = [
        { field = "role", in = ["executive", "champion"] },
    ] },
    { name = "mood", from = "survey", agg = "mean", of = "score", window = "365d" },
    { name = "worst", from = "survey", agg = "min", of = "score", window = "90d" },
    { name = "best", from = "survey", agg = "max", of = "score", window = "90d" },
    { name = "last", from = "survey", agg = "last", of = "score" },
    { name = "billing", from = "ticket", agg = "days_since", where = [
        { field = "category", is_not = "defect" },
    ] },
]
"#;

/// Settings that make use of everything a tenant can declare.
///
/// # Panics
/// Never: the text is a constant.
#[must_use]
pub fn settings() -> Settings {
    toml::from_str(SETTINGS).expect("the settings are whole")
}

impl Stories {
    /// Customers of this seed.
    #[must_use]
    pub fn new(seed: u64, accounts: u32) -> Self {
        Self {
            random: Pcg64Mcg::seed_from_u64(seed),
            accounts,
            now: START,
            serial: 0,
        }
    }

    /// So many records, and a moment some weeks behind the last one.
    #[must_use]
    pub fn lines(mut self, count: usize) -> (Vec<Line>, Time) {
        let mut lines: Vec<Line> = Vec::with_capacity(count);
        while lines.len() < count {
            self.tick();
            let place = self.random.random_range(0..lines.len().max(1));
            let line = match (self.random.random_range(0..100), lines.get(place)) {
                (0..7, Some(earlier)) => earlier.clone(),
                (7..9, _) => self.broken(),
                _ => self.line(),
            };
            // Some records are stamped before the one before them in their input.
            let back_ms = if self.chance(4) { HOUR_MS } else { 0 };
            lines.push(Line {
                time: Time(self.now - back_ms),
                ..line
            });
        }
        let until = self.now + 45 * DAY_MS;
        // One beyond the clock, which blocks nothing and raises nothing.
        lines.push(Line {
            time: Time(until + 30 * DAY_MS),
            ..self.line()
        });
        (lines, Time(until))
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    fn pick<'w>(&mut self, words: &[&'w str]) -> &'w str {
        let place = self.random.random_range(0..words.len());
        words.get(place).copied().unwrap_or_default()
    }

    fn days(&mut self, from: i64, to: i64) -> i64 {
        self.random.random_range(from * 24..to * 24) * HOUR_MS
    }

    fn tick(&mut self) {
        self.now += match self.random.random_range(0..100) {
            0..20 => 0,
            20..60 => self.random.random_range(0..30 * MINUTE_MS),
            60..98 => self.random.random_range(0..12 * HOUR_MS),
            _ => self.days(2, 12),
        };
    }

    fn at(&mut self) -> i64 {
        let now = self.now;
        match self.random.random_range(0..100) {
            0..62 => now,
            62..74 => now - self.days(0, 6),
            74..82 => now + self.random.random_range(0..22 * HOUR_MS),
            82..86 => now - self.days(6, 80),
            86..87 => now - self.days(390, 410),
            87..89 => now + self.days(1, 3),
            89..95 => now - now.rem_euclid(DAY_MS),
            _ => now - now.rem_euclid(HOUR_MS),
        }
    }

    fn line(&mut self) -> Line {
        let kinds = [
            (Kind::Usage, 38),
            (Kind::Ticket, 16),
            (Kind::Survey, 9),
            (Kind::License, 8),
            (Kind::Touch, 7),
            (Kind::Contact, 7),
            (Kind::Account, 4),
            (Kind::Milestone, 4),
            (Kind::Assessment, 7),
        ];
        let mut place = self.random.random_range(0..100);
        let mut kind = Kind::Usage;
        for (candidate, share) in kinds {
            if (0..share).contains(&place) {
                kind = candidate;
            }
            place -= share;
        }
        let at = self.at();
        let mut body = match kind {
            Kind::Usage => self.usage(),
            Kind::Ticket => self.ticket(),
            Kind::Survey => self.survey(),
            Kind::License => self.license(),
            Kind::Touch => self.touch(),
            Kind::Contact => self.contact(),
            Kind::Account => self.profile(),
            Kind::Milestone => self.milestone(),
            _ => self.assessment(),
        };
        if !matches!(kind, Kind::Account | Kind::Contact) && self.chance(70) {
            let contact = self.random.random_range(0..5);
            body.push_str(&format!(r#","contact":"u-{contact}""#));
        }
        let account = format!("a-{}", self.random.random_range(0..self.accounts));
        let members = format!(r#""kind":"{}"{body}"#, kind.as_str());
        self.record(kind, &account, &members, at)
    }

    /// A record; a later member of the same name counts.
    fn record(&mut self, kind: Kind, account: &str, members: &str, at: i64) -> Line {
        self.serial += 1;
        let id = self.serial;
        let time = Time(at);
        // Half of the times are RFC 3339, half are epoch milliseconds.
        let at = if self.chance(50) {
            format!("\"{time}\"")
        } else {
            at.to_string()
        };
        Line {
            time,
            kind,
            key: format!("tenant-0/{account}"),
            value: format!(
                r#"{{"id":"e{id}","tenant":"tenant-0","account":"{account}","at":{at},{members}}}"#
            ),
        }
    }

    fn broken(&mut self) -> Line {
        let now = self.now;
        match self.random.random_range(0..BROKEN.len() + 2) {
            0 => Line {
                value: "no json".into(),
                ..self.record(Kind::Usage, "a-0", r#""kind":"usage""#, now)
            },
            1 => {
                let line = self.record(Kind::Touch, "a-0", r#""kind":"touch""#, now);
                let (key, tenant) = ("nobody/a-0".to_owned(), "nobody");
                let value = line.value.replace("tenant-0", tenant);
                Line { key, value, ..line }
            }
            place => {
                let (kind, account, members) = BROKEN.get(place - 2).copied().unwrap_or((
                    Kind::Usage,
                    "a-0",
                    r#""kind":"usage""#,
                ));
                self.record(kind, account, members, now)
            }
        }
    }

    fn usage(&mut self) -> String {
        let metric = self.pick(&["login", "export", "report"]);
        let mut body = format!(r#","metric":"{metric}""#);
        if self.chance(60) {
            let value = self.pick(&["3", "0.25", "-2", "12.5", "7", "100"]);
            body.push_str(&format!(r#","value":{value}"#));
        }
        if self.chance(15) {
            let errors = self.pick(&["1", "4", "0.5"]);
            body.push_str(&format!(r#","errors":{errors}"#));
        }
        body
    }

    fn ticket(&mut self) -> String {
        let (changes, priorities) = (
            [
                "opened",
                "opened",
                "opened",
                "responded",
                "escalated",
                "reopened",
                "resolved",
                "closed",
            ],
            ["low", "medium", "high", "critical"],
        );
        let (ticket, change) = (self.random.random_range(0..12), self.pick(&changes));
        let mut body = format!(r#","ticket":"t-{ticket}","change":"{change}""#);
        if self.chance(50) {
            let priority = self.pick(&priorities);
            body.push_str(&format!(r#","priority":"{priority}""#));
        }
        if self.chance(50) {
            let category = self.pick(&["billing", "defect"]);
            body.push_str(&format!(r#","category":"{category}""#));
        }
        body
    }

    fn survey(&mut self) -> String {
        if self.chance(15) {
            return r#","survey":"nps","change":"sent""#.to_owned();
        }
        let (survey, score, scale) = match self.random.random_range(0..4) {
            0 => ("csat", self.random.random_range(1..=5), ""),
            1 => ("csat", self.random.random_range(1..=7), r#","scale":7"#),
            2 => ("mood", self.random.random_range(0..=3), r#","scale":3"#),
            _ => ("nps", self.random.random_range(0..=10), ""),
        };
        let mut body =
            format!(r#","survey":"{survey}","change":"answered","score":{score}{scale}"#);
        if self.chance(60) {
            let stream = self.pick(&["relational", "product", "support", "sales", "employee"]);
            body.push_str(&format!(r#","stream":"{stream}""#));
        }
        body
    }

    fn license(&mut self) -> String {
        let (license, change) = (
            self.random.random_range(0..3),
            self.pick(&[
                "started",
                "started",
                "changed",
                "changed",
                "renewed",
                "ended",
                "payment",
                "payment",
                "payment_failed",
            ]),
        );
        let mut body = format!(r#","license":"l-{license}","change":"{change}""#);
        let mut member = |name: &str, value: String| {
            body.push_str(&format!(r#","{name}":{value}"#));
        };
        if self.chance(60) {
            let seats = self.random.random_range(0..12);
            member("seats", seats.to_string());
            member("seats_assigned", (seats / 2).to_string());
        }
        if self.chance(60) {
            let mrr = self.pick(&["100", "250.5", "999.99", "0.333333"]);
            member("mrr", mrr.to_owned());
        }
        if self.chance(40) {
            let currency = self.pick(&["\"USD\"", "\"EUR\"", "\"EUR\"", "\"SEK\""]);
            member("currency", currency.to_owned());
        }
        if self.chance(50) {
            let ends = Time(self.now + self.days(-20, 150));
            member("term_ends", format!("\"{ends}\""));
        }
        if self.chance(30) {
            let notice = self.pick(&["30", "60", "0.5"]);
            member("notice_days", notice.to_owned());
        }
        if self.chance(20) {
            member("trial", self.chance(30).to_string());
        }
        if self.chance(40) {
            member("auto_renew", self.chance(50).to_string());
        }
        if self.chance(30) {
            member("amount_due", self.pick(&["0", "12.5", "1000"]).to_owned());
        }
        if change.starts_with("payment") && self.chance(50) || self.chance(10) {
            let since = self.now - self.days(-5, 20);
            member("overdue_since", since.to_string());
        }
        body
    }

    fn touch(&mut self) -> String {
        if self.chance(30) {
            let serial = self.random.random_range(0..=self.serial);
            return format!(r#","purpose":"support","answers":"e{serial}""#);
        }
        let purpose = self.pick(&["value", "renewal", "support", ""]);
        if purpose.is_empty() {
            String::new()
        } else {
            format!(r#","purpose":"{purpose}","direction":"inbound""#)
        }
    }

    fn contact(&mut self) -> String {
        let contact = self.random.random_range(0..5);
        let role = self.pick(&[
            "user",
            "champion",
            "champion",
            "decision_maker",
            "executive",
            "internal",
            "service",
        ]);
        let rest = match self.random.random_range(0..5) {
            0 => r#""change":"joined""#.to_owned(),
            1 => r#""change":"left""#.to_owned(),
            _ => format!(r#""change":"role","role":"{role}""#),
        };
        format!(r#","contact":"u-{contact}",{rest}"#)
    }

    fn profile(&mut self) -> String {
        let mut body = String::new();
        if self.chance(60) {
            let stage = self.pick(&[
                "prospect",
                "trial",
                "adoption",
                "retention",
                "expansion",
                "paused",
                "churned",
            ]);
            body.push_str(&format!(r#","stage":"{stage}""#));
        }
        if self.chance(40) {
            let segment = self.pick(&["smb", "enterprise", "other"]);
            body.push_str(&format!(r#","segment":"{segment}","arr":1200.5"#));
        }
        if self.chance(40) {
            let industry = self.pick(&[r#""retail""#, r#""bank""#, "7"]);
            let stores = self.pick(&["12", "0.5", r#""many""#]);
            body.push_str(&format!(
                r#","attributes":{{"industry":{industry},"stores":{stores}}}"#
            ));
        }
        body
    }

    fn milestone(&mut self) -> String {
        let name = self.pick(&["kickoff", "rollout", "first_value"]);
        let mut body = format!(r#","milestone":"{name}""#);
        if self.chance(70) {
            let due = Time(self.now + self.days(-20, 40));
            body.push_str(&format!(r#","due":"{due}""#));
        }
        match self.random.random_range(0..4) {
            0 => body.push_str(r#","done":true"#),
            1 => {
                let done = self.now + self.days(-3, 20);
                body.push_str(&format!(r#","done":{done}"#));
            }
            _ => {}
        }
        body
    }

    fn assessment(&mut self) -> String {
        let factor = self.pick(&["override", "override", "resources", "business_value"]);
        let expires = Time(self.now + self.days(0, 25));
        match self.random.random_range(0..5) {
            0 => format!(r#","factor":"{factor}""#),
            1 if factor != "override" => format!(r#","factor":"{factor}","value":2,"scale":3"#),
            _ => {
                let value = self.random.random_range(0..=100);
                format!(
                    r#","factor":"{factor}","value":{value},"reason":"they said so","by":"csm","expires":"{expires}""#
                )
            }
        }
    }
}
