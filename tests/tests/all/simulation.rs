//! A seed decides what happens when: records appear, late, twice, out of order, in transactions
//! that stay open; the clock jumps; members cut steps of any size, die, are replaced and come back
//! as zombies; a rule is activated in the middle. Whatever happens, what is published is always a
//! beginning of what an undisturbed run publishes, and all of it in the end.
//!
//! The undisturbed run sees the same records become readable at the same clocks, and runs until it
//! is idle at each. The disturbed one may lag behind wherever that cannot matter: not before
//! records that become readable behind a clock that the shard has passed, nor with records that are
//! stamped ahead of it, for then the order is that of the reading.

use puls::log::Committed;
use puls::log::memory::Fault;
use puls::model::{DAY_MS, HOUR_MS, Kind, Output, ShardId, Time, Topic};
use puls::rules::RulesEngine;
use puls::worker::StepLimits;
use puls_benches::Line;
use puls_tests::seeds;
use puls_tests::sim::{Feed, Member, Sim, SimRule, Stage, shipped};
use puls_tests::stories::{Stories, settings};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::hostile::modules::{honest, hostile};

const SHARD: ShardId = ShardId(0);

/// Seeds that once failed, and are tried in every run.
const ONCE_FAILED: [u64; 1] = [42];

/// What happens at one clock.
#[derive(Debug, Default)]
struct Tick {
    clock: i64,
    /// Records that become readable now.
    stable: Vec<Line>,
    /// Records that are there, but readable at the next tick only.
    unstable: Vec<Line>,
    /// Whether everything that can be done at this clock is done before the next.
    settles: bool,
    /// Which rule is activated, and how far ahead.
    activates: Option<(usize, i64)>,
}

/// What happens in a seed's world, whoever works in it.
fn ticks(random: &mut Pcg64Mcg, lines: Vec<Line>, until: Time) -> Vec<Tick> {
    let mut ticks: Vec<Tick> = Vec::new();
    let mut lines = lines.into_iter().peekable();
    while lines.peek().is_some() {
        let count = random.random_range(1..60);
        let news: Vec<Line> = lines.by_ref().take(count).collect();
        let before = ticks.last().map_or(i64::MIN, |tick| tick.clock);
        let is_usual = |line: &&Line| line.time < until;
        let newest = news.iter().filter(is_usual).map(|line| line.time.0).max();
        let clock = newest.unwrap_or(before).max(before.saturating_add(1));
        // Sometimes the clock stands a little before the newest stamps.
        let clock = if random.random_bool(0.1) {
            (clock - 90_000).max(before + 1)
        } else {
            clock
        };
        // Behind a clock that the shard has passed, or ahead of this one: then the order is that of
        // the reading, and nobody may lag.
        let is_ahead = news.iter().any(|line| line.time.0 > clock);
        let is_behind = news.iter().any(|line| line.time.0 <= before);
        if let Some(last) = ticks.last_mut() {
            last.settles |= is_ahead || is_behind;
        }
        // An input of an open transaction stands still while others run ahead.
        let open = Kind::ALL[random.random_range(0..Kind::ALL.len())];
        let is_open = random.random_bool(0.3);
        let (unstable, stable): (Vec<Line>, Vec<Line>) = news
            .into_iter()
            .partition(|line| is_open && line.kind == open);
        let activates = random.random_bool(0.05);
        ticks.push(Tick {
            clock,
            settles: is_ahead || !unstable.is_empty(),
            stable,
            unstable,
            activates: activates.then(|| {
                (
                    random.random_range(0..2),
                    random.random_range(0..40 * HOUR_MS),
                )
            }),
        });
    }
    ticks.push(Tick {
        clock: until.0 + HOUR_MS,
        settles: true,
        ..Tick::default()
    });
    ticks
}

/// A world in which the ticks happen.
struct Story<'a> {
    sim: Sim,
    rules: &'a [SimRule],
    until: Time,
}

impl<'a> Story<'a> {
    fn new(engine: &RulesEngine, rules: &'a [SimRule], until: Time) -> Self {
        Self {
            sim: Sim::with_settings(1, engine, &rules[..1], &settings()),
            rules,
            until,
        }
    }

    fn happen(&self, tick: &Tick) {
        self.sim.clock.set(Time(tick.clock));
        self.sim.world.stabilise(SHARD);
        tick.stable.iter().for_each(|line| self.sim.append(line));
        tick.unstable
            .iter()
            .for_each(|line| self.sim.append_unstable(line));
        if let Some((rule, ahead_ms)) = tick.activates {
            let from = Time(tick.clock + ahead_ms);
            self.sim.activate(&self.rules[rule], Some(from));
        }
    }

    /// Works until there is nothing left to do.
    fn settle(&self, member: &mut Member) {
        let limits = self.limits(1_000);
        loop {
            match self.sim.step(member, limits, None) {
                Stage::Committed => {}
                Stage::Idle | Stage::Waiting => return,
                Stage::Gone(_) => *member = self.sim.member(SHARD),
            }
        }
    }

    const fn limits(&self, records_max: usize) -> StepLimits {
        StepLimits {
            records_max,
            until: self.until,
            timers: true,
        }
    }
}

/// Whoever works in the disturbed world.
struct Crew<'a> {
    story: Story<'a>,
    member: Option<Member>,
    zombie: Option<Member>,
}

impl Crew<'_> {
    /// Something happens to somebody.
    fn act(&mut self, random: &mut Pcg64Mcg) {
        let sim = &self.story.sim;
        match random.random_range(0..20) {
            0 => self.member = None,
            1 => self.zombie = self.member.replace(sim.member(SHARD)),
            2 => {
                if let Some(member) = &mut self.member {
                    member.store_snapshot();
                }
            }
            3..6 => {
                let found = self.zombie.as_mut().map(|zombie| {
                    let limits = self.story.limits(random.random_range(1..100));
                    sim.step(zombie, limits, None)
                });
                let is_harmless = matches!(
                    found,
                    None | Some(
                        Stage::Idle | Stage::Waiting | Stage::Gone(Some(Committed::Fenced))
                    )
                );
                assert!(is_harmless, "a zombie was let in: {found:?}");
            }
            _ => self.work(random),
        }
    }

    fn work(&mut self, random: &mut Pcg64Mcg) {
        let sim = &self.story.sim;
        let member = self.member.get_or_insert_with(|| sim.member(SHARD));
        let sizes = [1, 2, 7, 50, 1_000];
        let mut limits = self
            .story
            .limits(sizes[random.random_range(0..sizes.len())]);
        limits.timers = random.random_bool(0.8);
        let fault = match random.random_range(0..12) {
            0 => Some(Fault::Abort),
            1 => Some(Fault::CrashBefore),
            2 => Some(Fault::CrashAfter),
            _ => None,
        };
        if let Stage::Gone(_) = sim.step(member, limits, fault) {
            self.member = None;
        }
    }
}

fn assert_begins(all: &[Output], found: &[Output], how: &str) {
    let show = |output: &Output| String::from_utf8_lossy(&output.value).into_owned();
    assert!(
        found.len() <= all.len(),
        "{how}: more was said than by the undisturbed run"
    );
    for (place, (expected, found)) in all.iter().zip(found).enumerate() {
        assert_eq!(show(found), show(expected), "{how}: output {place}");
    }
}

fn play(engine: &RulesEngine, rules: &[SimRule], seed: u64) {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let (lines, until) = Stories::new(seed, 6).lines(350);
    let ticks = ticks(&mut random, lines, until);

    let calm = Story::new(engine, rules, until);
    let mut member = calm.sim.member(SHARD);
    for tick in &ticks {
        calm.happen(tick);
        calm.settle(&mut member);
    }
    let all = calm.sim.outputs();
    let scores = all.iter().filter(|output| output.topic == Topic::Scores);
    assert!(scores.count() > 100, "seed {seed} says too little");

    let mut crew = Crew {
        story: Story::new(engine, rules, until),
        member: None,
        zombie: None,
    };
    for (number, tick) in ticks.iter().enumerate() {
        crew.story.happen(tick);
        for _ in 0..random.random_range(0..12) {
            crew.act(&mut random);
            let how = format!("seed {seed}, tick {number} of {}", ticks.len());
            assert_begins(&all, &crew.story.sim.outputs(), &how);
        }
        if tick.settles {
            let member = crew
                .member
                .get_or_insert_with(|| crew.story.sim.member(SHARD));
            crew.story.settle(member);
        }
    }
    let found = crew.story.sim.outputs();
    assert_begins(&all, &found, &format!("seed {seed}, the end"));
    assert_eq!(
        found.len(),
        all.len(),
        "seed {seed}: something was never said"
    );
}

#[test]
fn whatever_happens_the_same_is_published() {
    let engine = RulesEngine::new().unwrap();
    let rules = shipped();
    let once_failed = ONCE_FAILED.into_iter();
    for seed in once_failed.chain(seeds("simulation", 1..5)) {
        play(&engine, &rules, seed);
    }
}

/// The tenant whose rule keeps a counter between rows.
const BAD: &str = "tenant-1";

/// Records of one account each of two tenants, a day apart.
fn two_tenants(days: i64) -> Vec<Line> {
    let start = 1_767_225_600_000;
    let mut lines = Vec::new();
    for day in 0..days {
        for tenant in ["tenant-0", BAD] {
            let time = Time(start + day * DAY_MS);
            let value = format!(
                r#"{{"id":"{day}","tenant":"{tenant}","account":"a","kind":"usage","at":{},"metric":"login"}}"#,
                time.0
            );
            lines.push(Line {
                time,
                kind: Kind::Usage,
                key: format!("{tenant}/a"),
                value,
            });
        }
    }
    lines
}

/// A world with a good tenant and one whose rule is `bad`, behind a `good` one of its name.
fn hostile_world(engine: &RulesEngine, good: &[SimRule]) -> Sim {
    let module = hostile()
        .into_iter()
        .find(|it| it.does == "keeps a counter in its memory");
    let named = |module| SimRule {
        module,
        name: "counting".into(),
        primary: true,
    };
    let sim = Sim::new(1, engine, good);
    sim.activate_for(BAD, &named(honest()), None);
    sim.activate_for(BAD, &named(module.expect("it is in the list").bytes), None);
    sim
}

/// Folds ten days, stores a snapshot, folds ten more and dies.
fn die_after_a_snapshot(sim: &Sim, lines: &[Line]) {
    let mut member = sim.member(SHARD);
    for (days, is_snapshot) in [(&lines[..20], true), (&lines[20..40], false)] {
        days.iter().for_each(|line| sim.append(line));
        let until = days.last().unwrap().time.plus_ms(HOUR_MS);
        sim.clock.set(until.plus_ms(HOUR_MS));
        let limits = StepLimits {
            records_max: 7,
            until,
            timers: true,
        };
        while sim.step(&mut member, limits, None) != Stage::Idle {}
        if is_snapshot {
            member.store_snapshot();
        }
    }
}

fn of_tenant(outputs: &[Output], tenant: &str) -> Vec<String> {
    let of = outputs.iter().filter(|output| output.tenant == tenant);
    of.map(|output| String::from_utf8_lossy(&output.value).into_owned())
        .collect()
}

#[test]
fn a_rule_that_counts_stops_nobody_elses_recovery() {
    let engine = RulesEngine::new().unwrap();
    let lines = two_tenants(30);
    let until = lines.last().unwrap().time.plus_ms(20 * DAY_MS);
    let calm = hostile_world(&engine, &shipped());
    calm.catch_up(&lines, Feed::whole(until));

    let sim = hostile_world(&engine, &shipped());
    die_after_a_snapshot(&sim, &lines);
    let before = sim.outputs();
    drop(
        sim.try_member(SHARD)
            .expect("one tenant's rule stops no shard"),
    );
    let reports = sim.reports.all();
    let told: Vec<_> = reports
        .iter()
        .map(|it| (&*it.tenant, &*it.rule, it.set_aside))
        .collect();
    assert_eq!(told, [(BAD, "counting", true)], "{reports:?}");

    sim.catch_up(&lines[40..], Feed::whole(until));
    let outputs = sim.outputs();
    assert_eq!(outputs[..before.len()], before, "what was published stands");
    assert_eq!(
        of_tenant(&outputs, "tenant-0"),
        of_tenant(&calm.outputs(), "tenant-0")
    );
    // The last good rule of the name serves in its place.
    let mut digests: Vec<String> = Vec::new();
    sim.standings(until, &mut |standing| {
        if standing.key.tenant() == BAD {
            digests.extend(
                standing
                    .rules
                    .iter()
                    .map(|it| it.data.rule.digest.to_string()),
            );
        }
    });
    let good = puls::model::content_digest(&honest()).to_string();
    assert_eq!(digests, [good]);
}

#[test]
fn outputs_that_differ_for_every_tenant_stop_the_recovery() {
    let engine = RulesEngine::new().unwrap();
    let only_bad: Vec<Line> = two_tenants(40)
        .into_iter()
        .filter(|line| line.key.starts_with(BAD))
        .collect();
    let sim = hostile_world(&engine, &[]);
    die_after_a_snapshot(&sim, &only_bad);
    let error = sim.try_member(SHARD).map(drop).unwrap_err().to_string();
    assert!(error.contains("the outputs differ"), "{error}");
}
