//! Canonical JSON of made-up events, one function for each kind.
//!
//! Only fields of the event contract are written; a usage event takes 230 to 250 bytes.

use std::fmt::Write as _;

use puls::model::{DAY_MS, Kind, Time};
use rand::Rng;
use rand_pcg::Pcg64Mcg;

/// One record, before it lies in an input.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Time of the record; never before the one before it.
    pub time: Time,
    /// Kind of its one event.
    pub kind: Kind,
    /// Key of its account.
    pub key: String,
    /// The event in canonical JSON, without an end of line.
    pub value: String,
}

/// Whose event it is and when it happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) tenant: u32,
    pub(crate) account: u32,
    pub(crate) at: Time,
}

/// A ticket on its way: how many changes it has seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenTicket {
    pub(crate) account: u32,
    pub(crate) number: u32,
    pub(crate) changes: u32,
}

const METRICS: [&str; 12] = [
    "dashboard.view",
    "report.export",
    "search.query",
    "record.create",
    "record.update",
    "workflow.run",
    "alert.review",
    "import.file",
    "comment.post",
    "share.link",
    "export.call",
    "session.open",
];
const PRODUCTS: [&str; 3] = ["insights", "platform", "workflow"];
const PLANS: [&str; 4] = ["starter", "team", "business", "enterprise"];
const SEGMENTS: [&str; 3] = ["smb", "mid-market", "enterprise"];
const STAGES: [&str; 4] = ["onboarding", "adoption", "retention", "expansion"];
const CHANNELS: [&str; 4] = ["email", "phone", "chat", "meeting"];
const CATEGORIES: [&str; 5] = ["billing", "performance", "how-to", "integration", "defect"];
const ROLES: [&str; 4] = ["user", "champion", "decision_maker", "executive"];
const PRIORITIES: [&str; 4] = ["low", "medium", "high", "critical"];
const PURPOSES: [&str; 4] = ["value", "renewal", "support", "referral"];
const FACTORS: [&str; 6] = [
    "partner_not_vendor",
    "executive_relationship",
    "business_value",
    "resources",
    "technical_debt_plan",
    "right_product",
];

/// The key of an account.
pub(crate) fn key(tenant: u32, account: u32) -> String {
    format!("tenant-{tenant}/a-{account:08}")
}

/// Contacts of an account: 5 to 44, by its number.
const fn contacts(account: u32) -> u32 {
    5 + account.wrapping_mul(2_654_435_761) % 40
}

fn pick<'a>(random: &mut Pcg64Mcg, words: &[&'a str]) -> &'a str {
    let place = random.random_range(0..words.len().max(1));
    words.get(place).copied().unwrap_or("")
}

/// Writes the event: what all kinds have, then what the kind has.
pub(crate) fn write(random: &mut Pcg64Mcg, head: Head, kind: Kind, ticket: OpenTicket) -> String {
    let mut json = String::with_capacity(320);
    let Head {
        tenant,
        account,
        at,
    } = head;
    let id = random.random::<u128>();
    // Writing to a String cannot fail.
    _ = write!(
        json,
        r#"{{"id":"{id:032x}","tenant":"tenant-{tenant}","account":"a-{account:08}","kind":"{}","at":"{at}""#,
        kind.as_str()
    );
    match kind {
        Kind::Usage => usage(&mut json, random, account),
        Kind::Ticket => self::ticket(&mut json, random, ticket),
        Kind::Contact => contact(&mut json, random, account),
        Kind::Touch | Kind::Action => touch(&mut json, random, account),
        Kind::License => license(&mut json, random, head),
        Kind::Survey => survey(&mut json, random, account),
        Kind::Account => profile(&mut json, random, account),
        Kind::Milestone => milestone(&mut json, random, at),
        Kind::Assessment => assessment(&mut json, random),
    }
    json.push('}');
    json
}

fn person(json: &mut String, random: &mut Pcg64Mcg, account: u32) {
    let number = random.random_range(0..contacts(account));
    _ = write!(json, r#","contact":"u-{number:02}@a-{account:08}.example""#);
}

fn usage(json: &mut String, random: &mut Pcg64Mcg, account: u32) {
    person(json, random, account);
    let (product, metric) = (pick(random, &PRODUCTS), pick(random, &METRICS));
    let value = random.random_range(1..10);
    _ = write!(
        json,
        r#","product":"{product}","metric":"{metric}","value":{value}"#
    );
    // One in fifty ends in an error instead of taking its time.
    if random.random_ratio(1, 50) {
        json.push_str(r#","errors":1"#);
    } else {
        let duration = random.random_range(100..1_000);
        _ = write!(json, r#","duration_s":{duration}"#);
    }
}

fn ticket(json: &mut String, random: &mut Pcg64Mcg, ticket: OpenTicket) {
    let change = match ticket.changes {
        0 => "opened",
        1 => "responded",
        2 if random.random_ratio(1, 10) => "escalated",
        2 => "resolved",
        _ => "closed",
    };
    _ = write!(
        json,
        r#","ticket":"t-{:08}","change":"{change}""#,
        ticket.number
    );
    if ticket.changes == 0 {
        let (priority, channel) = (pick(random, &PRIORITIES), pick(random, &CHANNELS));
        let category = pick(random, &CATEGORIES);
        _ = write!(
            json,
            r#","priority":"{priority}","channel":"{channel}","category":"{category}""#
        );
    }
}

fn contact(json: &mut String, random: &mut Pcg64Mcg, account: u32) {
    person(json, random, account);
    let role = pick(random, &ROLES);
    match random.random_range(0..10) {
        0 => json.push_str(r#","change":"left""#),
        1..=3 => _ = write!(json, r#","change":"role","role":"{role}""#),
        _ => _ = write!(json, r#","change":"joined","role":"{role}""#),
    }
}

fn touch(json: &mut String, random: &mut Pcg64Mcg, account: u32) {
    person(json, random, account);
    let (channel, purpose) = (pick(random, &CHANNELS), pick(random, &PURPOSES));
    let direction = pick(random, &["outbound", "inbound"]);
    _ = write!(
        json,
        r#","channel":"{channel}","purpose":"{purpose}","direction":"{direction}""#
    );
}

fn license(json: &mut String, random: &mut Pcg64Mcg, head: Head) {
    let change = match random.random_range(0..100) {
        0..30 => "payment",
        30..33 => "payment_failed",
        33..40 => "renewed",
        _ => "changed",
    };
    license_terms(json, random, head, change);
}

/// The terms of an account's one license, as they are on its first day or after a change.
fn license_terms(json: &mut String, random: &mut Pcg64Mcg, head: Head, change: &str) {
    let seats = contacts(head.account) + random.random_range(0..20);
    let assigned = random.random_range(seats / 2..=seats);
    let plan = pick(random, &PLANS);
    let mrr = seats * 25;
    let ends = head.at.plus_ms(random.random_range(30..365) * DAY_MS);
    _ = write!(
        json,
        r#","license":"l-{:08}","change":"{change}","plan":"{plan}","seats":{seats},"seats_assigned":{assigned},"mrr":{mrr},"currency":"USD","term_ends":"{ends}","notice_days":30"#,
        head.account
    );
}

fn survey(json: &mut String, random: &mut Pcg64Mcg, account: u32) {
    person(json, random, account);
    let (name, scale) = [("nps", 10), ("csat", 5), ("ces", 7)]
        .get(random.random_range(0..3))
        .copied()
        .unwrap_or(("nps", 10));
    if random.random_ratio(1, 2) {
        _ = write!(json, r#","survey":"{name}","change":"sent""#);
        return;
    }
    let least = i32::from(name != "nps");
    let score = random.random_range(least..=scale);
    _ = write!(
        json,
        r#","survey":"{name}","change":"answered","score":{score},"scale":{scale},"stream":"relational""#
    );
}

fn profile(json: &mut String, random: &mut Pcg64Mcg, account: u32) {
    let (segment, stage) = (pick(random, &SEGMENTS), pick(random, &STAGES));
    _ = write!(
        json,
        r#","name":"Company {account}","segment":"{segment}","stage":"{stage}","owner":"csm-{:02}""#,
        account % 50
    );
}

fn milestone(json: &mut String, random: &mut Pcg64Mcg, at: Time) {
    let name = pick(random, &["kickoff", "first_report", "rollout"]);
    let due = at.plus_ms(random.random_range(-20..40) * DAY_MS);
    _ = write!(json, r#","milestone":"{name}","due":"{due}""#);
    if random.random_ratio(1, 2) {
        _ = write!(json, r#","done":"{at}""#);
    }
}

fn assessment(json: &mut String, random: &mut Pcg64Mcg) {
    let factor = pick(random, &FACTORS);
    let value = random.random_range(0..=100);
    _ = write!(
        json,
        r#","factor":"{factor}","value":{value},"scale":100,"by":"csm-01""#
    );
}

/// An account's first license event.
pub(crate) fn started(random: &mut Pcg64Mcg, head: Head) -> String {
    let Head {
        tenant,
        account,
        at,
    } = head;
    let id = random.random::<u128>();
    let mut json = format!(
        r#"{{"id":"{id:032x}","tenant":"tenant-{tenant}","account":"a-{account:08}","kind":"license","at":"{at}""#
    );
    license_terms(&mut json, random, head, "started");
    json.push('}');
    json
}
