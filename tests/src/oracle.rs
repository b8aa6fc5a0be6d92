//! A naive oracle of order, state and decisions: what the engine says, found in another way.
//!
//! It keeps every event of an account in a list, and computes each feature from the list by the
//! formulas of the catalogue: filter, count, sort. It shares no code with the fold, no state, no
//! features and no decisions; only plain data, hashes, and the rules' own functions. It is slow and
//! short, and it knows nothing of steps, batches, snapshots or caches.
//!
//! It covers one shard, one tenant in UTC, and rules that are active from the beginning. Limits on
//! what is kept of an account are not modelled: its workloads stay below them.

mod card;
mod decide;
mod fact;
mod feature;
mod known;
mod license;
mod peers;
mod tell;
mod ticket;
mod usage;

use std::collections::BTreeMap;

use puls::model::{DAY_MS, MINUTE_MS, Settings, hash64};
use puls_benches::Line;

pub use card::Card;
pub use tell::{alert_ids, final_features, said};

use card::{Use, ten_thousandths};
use decide::{Action, Asked, Memory, Said};
use fact::{Fact, KINDS};
use feature::{Anchor, next_wake};
use known::{Known, day};
use peers::Peers;

/// The tenant of all events; others are not known.
const TENANT: &str = "tenant-0";

/// An alert as people name it: account, rule, subject, and when it was opened.
pub type AlertName = (String, String, String, i64);

/// What the oracle is told beside the records.
#[derive(Clone, Debug)]
pub struct World<'a> {
    /// The tenant's settings.
    pub settings: &'a Settings,
    /// Its rules, in order of their names.
    pub cards: &'a [Card],
    /// What the ids of alerts stand for, which nobody can guess.
    pub alerts: &'a BTreeMap<String, AlertName>,
    /// The clock, which does not move.
    pub clock: i64,
    /// Log times and timers up to here.
    pub until: i64,
}

/// A record in its place.
struct Merged<'a> {
    line: &'a Line,
    log_time: i64,
    kind: usize,
    offset: usize,
    is_future: bool,
}

#[derive(Debug, Default)]
struct Account {
    /// In order of (`at`, id).
    facts: Vec<Fact>,
    memories: BTreeMap<String, Memory>,
    /// By rule and day, the score before exceptions that was found last.
    past: Past,
    timers: BTreeMap<&'static str, i64>,
    /// When the last event came, and when each sort of wake last fired.
    woken: BTreeMap<&'static str, i64>,
}

/// Scores by rule and day.
type Past = BTreeMap<String, BTreeMap<i64, Option<i64>>>;

/// The oracle after all records.
#[derive(Debug)]
pub struct Oracle<'a> {
    world: World<'a>,
    now: i64,
    accounts: BTreeMap<String, Account>,
    /// Per account and event, the day of `now` on which it was admitted.
    admitted: BTreeMap<(String, u128), i64>,
    said: Vec<String>,
    peers: Peers,
}

/// The records in the order of the merge.
fn merged<'a>(lines: &'a [Line], world: &World<'_>) -> Vec<Merged<'a>> {
    let mut merged = Vec::new();
    for (kind, _) in KINDS.iter().enumerate() {
        let mut log_time_max = i64::MIN;
        let of_kind = lines.iter().filter(|line| line.kind as usize == kind);
        for (offset, line) in of_kind.enumerate() {
            let is_future = line.time.0 > world.clock + 5 * MINUTE_MS;
            if !is_future {
                log_time_max = log_time_max.max(line.time.0.min(world.clock));
            }
            merged.push(Merged {
                line,
                log_time: log_time_max,
                kind,
                offset,
                is_future,
            });
        }
    }
    merged.retain(|record| record.log_time <= world.until);
    merged.sort_by_key(|record| (record.log_time, record.kind, record.offset));
    merged
}

impl<'a> Oracle<'a> {
    /// Takes all records and lets all timers fire.
    #[must_use]
    pub fn run(world: World<'a>, lines: &[Line]) -> Self {
        let mut oracle = Self {
            now: i64::MIN,
            accounts: BTreeMap::new(),
            admitted: BTreeMap::new(),
            said: Vec::new(),
            peers: Peers::default(),
            world,
        };
        for record in merged(lines, &oracle.world) {
            let now = oracle.now.max(record.log_time);
            oracle.fire_until(now);
            oracle.now = now;
            oracle.record(&record);
        }
        oracle.fire_until(oracle.world.until);
        oracle
    }

    /// All that was said, in order, a line each.
    #[must_use]
    pub fn said(&self) -> &[String] {
        &self.said
    }

    /// The features of every account under every rule at a moment, as bits.
    #[must_use]
    pub fn features(&self, at: i64) -> Vec<String> {
        let mut lines = Vec::new();
        for (key, account) in &self.accounts {
            for card in self.world.cards {
                let known = Known::new(&account.facts, at, self.world.settings);
                for used in card.uses() {
                    let value = self.value(account, card, (&known, &used));
                    let name = &used.name;
                    lines.push(tell::feature_line(key, &card.name, name, value));
                }
            }
        }
        lines
    }

    fn value(&self, account: &Account, card: &Card, (known, used): (&Known<'_>, &Use)) -> f64 {
        let said = ago(account.past.get(&card.name), &used.name, known.now);
        let said = said.or_else(|| self.peers.relative(known, &used.name));
        said.map_or_else(|| value(known, used), |it| it.unwrap_or(f64::NAN))
    }

    fn record(&mut self, record: &Merged<'_>) {
        let now = self.now;
        let (line, input) = (record.line, KINDS.get(record.kind).unwrap_or(&""));
        let fate = if record.is_future {
            Err("future")
        } else {
            self.admit(line)
        };
        let offset = record.offset;
        match fate {
            Err(reason) => self
                .said
                .push(format!("{now} dead {reason} {input} {offset}")),
            Ok(None) => {}
            Ok(Some(fact)) => self.apply(&line.key, fact, &format!("{input} {offset}")),
        }
    }

    /// The event of a record, `None` for a repeat, or the reason why it is dead.
    fn admit(&mut self, line: &Line) -> Result<Option<Fact>, &'static str> {
        let fact = Fact::parse(&line.value)?;
        if fact.text("tenant") != TENANT {
            return Err("unknown_tenant");
        }
        let key = format!("{TENANT}/{}", fact.text("account"));
        if key != line.key {
            return Err("wrong_key");
        }
        let today = self.now.div_euclid(DAY_MS);
        let known = self.admitted.get(&(key.clone(), fact.id));
        if known.is_some_and(|day| *day >= today - 7) {
            return Ok(None);
        }
        if fact.at - self.now > DAY_MS {
            return Err("future");
        }
        let is_additive = matches!(fact.kind, "usage" | "touch");
        let horizon_days = if is_additive { 7 } else { 400 };
        if self.now - fact.at > horizon_days * DAY_MS {
            return Err("late");
        }
        self.admitted.insert((key, fact.id), today);
        Ok(Some(fact))
    }

    fn apply(&mut self, key: &str, fact: Fact, origin: &str) {
        let now = self.now;
        let account = self.accounts.entry(key.to_owned()).or_insert_with(|| {
            let time_of_day = i64::try_from(hash64(key.as_bytes()) % DAY_MS.unsigned_abs());
            let today = now.div_euclid(DAY_MS) * DAY_MS + time_of_day.unwrap_or(0);
            let due = if today > now { today } else { today + DAY_MS };
            Account {
                timers: BTreeMap::from([("daily", due)]),
                ..Account::default()
            }
        });
        if fact.kind == "action" {
            let name = self.world.alerts.get(fact.text("alert"));
            let action = Action {
                now,
                change: fact.text("change").to_owned(),
                until: fact.moment("until"),
            };
            let known = name.filter(|(account, ..)| account == key);
            if let Some((_, rule, subject, opened)) = known
                && let Some(memory) = account.memories.get_mut(rule)
            {
                memory.act((subject, *opened), &action);
            }
        }
        let place = account
            .facts
            .partition_point(|it| it.stamp() <= fact.stamp());
        account.facts.insert(place, fact);
        account.woken = BTreeMap::from([("renewal", now), ("silence", now)]);
        self.evaluate(key, origin, false);
    }

    /// Fires the timers that are due, in order of (due, account, name).
    fn fire_until(&mut self, until: i64) {
        loop {
            let accounts = self.accounts.iter();
            let timers = accounts.flat_map(|(key, account)| {
                let timers = account.timers.iter();
                timers.map(move |(name, due)| (*due, key, *name))
            });
            let next = timers.min().filter(|(due, ..)| *due <= until);
            let next = next.map(|(due, key, name)| (due, key.clone(), name));
            // A day ends before anything happens on the next one.
            let ends = self.peers.ends(until);
            if ends <= next.as_ref().map_or(until, |(due, ..)| *due) {
                self.now = self.now.max(ends);
                self.peers.write_down(&self.accounts, self.world.settings);
                continue;
            }
            let Some((due, key, name)) = next else {
                return;
            };
            self.now = self.now.max(due);
            let Some(account) = self.accounts.get_mut(&key) else {
                return;
            };
            account.timers.remove(name);
            match name {
                "daily" => drop(account.timers.insert(name, due + DAY_MS)),
                "renewal" | "silence" => drop(account.woken.insert(name, due)),
                _ => {}
            }
            self.evaluate(&key, &format!("{name} {due}"), name == "daily");
        }
    }

    /// Asks every rule about an account, says what follows, and sets its timers anew.
    fn evaluate(&mut self, key: &str, cause: &str, is_daily: bool) {
        let (now, world) = (self.now, self.world.clone());
        let Some(account) = self.accounts.get_mut(key) else {
            return;
        };
        let known = Known::new(&account.facts, now, world.settings);
        let over = override_of(&known);
        let mut said = Said::default();
        for card in world.cards {
            let uses = card.uses();
            let past = account.past.get(&card.name);
            let values: Vec<f64> = uses
                .iter()
                .map(|used| {
                    let said = ago(past, &used.name, now);
                    let said = said.or_else(|| self.peers.relative(&known, &used.name));
                    said.map_or_else(|| value(&known, used), |it| it.unwrap_or(f64::NAN))
                })
                .collect();
            let verdict = (card.verdict)(&values);
            let sum = verdict.score() - i64::from(verdict.adjust);
            let past = account.past.entry(card.name.clone()).or_default();
            past.insert(day(now), verdict.has_score().then_some(sum));
            let asked = Asked {
                card,
                account: key,
                now,
                cause,
                is_daily,
                verdict: &verdict,
                features: &tell::features_line(&uses, &values),
                over: over.map(|(value, _)| value),
                threshold: ten_thousandths(world.settings.publish_threshold_points),
            };
            let memory = account.memories.entry(card.name.clone()).or_default();
            memory.decide(&asked, &mut said);
        }
        self.said.extend(said.scores);
        self.said.extend(said.alerts);
        self.said.extend(said.triggers);
        account.set_timers(&world, now, over.map(|(_, expires)| expires));
    }
}

impl Account {
    fn set_timers(&mut self, world: &World<'_>, now: i64, expires: Option<i64>) {
        let daily = self.timers.get("daily").copied();
        let mut all: Vec<(&str, i64)> = daily.map(|due| ("daily", due)).into_iter().collect();
        all.extend(expires.map(|due| ("expiry", due)));
        for memory in self.memories.values() {
            all.extend(memory.timers(now));
        }
        let later: Vec<i64> = self.facts.iter().map(|fact| fact.at).collect();
        for used in world.cards.iter().flat_map(Card::uses) {
            let known_at = |at| Known::new(&self.facts, at, world.settings).anchor(&used.name);
            for (name, is_since) in [("silence", true), ("renewal", false)] {
                let of_sort = |at| {
                    let anchor = known_at(at);
                    anchor.filter(|anchor| matches!(anchor, Anchor::Since(_)) == is_since)
                };
                let after = self.woken.get(name).copied().unwrap_or(now);
                if !used.wake.is_empty() {
                    let wake = next_wake(&of_sort, &later, (after, &used.wake));
                    all.extend(wake.map(|due| (name, due)));
                }
            }
        }
        self.timers.clear();
        for (name, due) in all {
            let earliest = self.timers.entry(name).or_insert(due);
            *earliest = due.min(*earliest);
        }
    }
}

/// What a rule's score was, where the feature of this name is a score of days ago.
fn ago(past: Option<&BTreeMap<i64, Option<i64>>>, name: &str, now: i64) -> Option<Option<f64>> {
    let days = name.strip_prefix("score.ago_")?.strip_suffix('d')?;
    let then = day(now) - days.parse::<i64>().expect("days");
    let last = past.and_then(|past| past.range(..=then).next_back());
    let score = last.and_then(|(_, score)| *score);
    Some(score.map(|score| score as f64 / 10_000.0))
}

/// The value of a feature as a rule sees it; NaN is missing.
fn value(known: &Known<'_>, used: &Use) -> f64 {
    if used.values.is_empty() {
        return known.number(&used.name).unwrap_or(f64::NAN);
    }
    let Some(text) = known.text(&used.name) else {
        return f64::NAN;
    };
    let place = used.values.iter().position(|value| value == text);
    let place = place.and_then(|place| u32::try_from(place).ok());
    place.map_or(-1.0, f64::from)
}

/// The override in force, in ten-thousandths of a point, and when it ends.
fn override_of(known: &Known<'_>) -> Option<(i64, i64)> {
    let latest = known.assessed("override")?;
    let value = latest.number("value")?;
    let scale = latest.number("scale").unwrap_or(100_000_000);
    let value = known::rounded(1_000_000 * value, scale);
    Some((i64::try_from(value).ok()?, latest.moment("expires")?))
}
