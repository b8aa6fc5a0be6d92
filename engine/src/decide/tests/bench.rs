//! The bench on which the tables run: one account, one rule, a memory, and a clock of hours.

use puls_wire::{Manifest, POINTS_NONE, PartVerdict, Status, Verdict};
use serde_json::Value;

use crate::decide::{
    Acted, Evaluation, Memory, Outcome, Override, PeersBehind, Policy, Reading, Rescore, RuleRef,
    Timers, act, decide,
};
use crate::model::{
    Action, ActionChange, Cause, DAY_MS, Digest, HOUR_MS, Key, Kind, Origin, Output, Reader,
    Settings, Time, TimerName, Topic, Writer,
};

/// 2026-03-01T00:00:00Z, hour 0 of every table.
pub(super) const START: Time = Time(1_772_323_200_000);

/// A rule with two features, two measures, two parts, three exceptions and two triggers.
pub(super) const MANIFEST: &str = r#"{
    "abi": "puls/1", "name": "health", "version": "1.2.0",
    "features": [
        {"name": "usage.active_days_28d"},
        {"name": "account.segment", "values": ["gold", "silver"]},
        {"name": "touch.days_since_last"}
    ],
    "measures": [
        {"name": "adoption", "title": "Adoption", "weight": 60},
        {"name": "relation", "weight": 40}
    ],
    "parts": [
        {"name": "active_days", "measure": "adoption", "features": ["usage.active_days_28d"]},
        {"name": "contact", "measure": "relation", "baseline": 80,
         "features": ["touch.days_since_last", "account.segment"]}
    ],
    "reasons": [
        {"code": "few_days", "text": "Active on only {usage.active_days_28d} of 28 days"},
        {"code": "no_contact", "text": "No contact with this {account.segment} account"}
    ],
    "exceptions": [
        {"name": "unpaid", "text": "An invoice is unpaid", "alert": true, "severity": "critical",
         "owner_role": "finance", "playbook": "collect", "due_days": 3},
        {"name": "pilot", "text": "A pilot is running"},
        {"name": "zealous", "text": "A promoter answered", "alert": true, "severity": "info"}
    ],
    "triggers": [
        {"name": "call", "text": "Call about {usage.active_days_28d} days", "playbook": "ring",
         "owner_roles": ["csm", "kam"], "due_days": 2, "cooldown_hours": 48},
        {"name": "advocate", "cooldown_hours": 10}
    ],
    "tiers": {"bands": [
        {"name": "healthy", "from": 70},
        {"name": "watch", "from": 40},
        {"name": "at_risk", "from": 20, "alert": "warning"},
        {"name": "critical", "from": 0, "alert": "critical"}
    ], "hysteresis_points": 0, "dwell_hours": 0},
    "coverage_min": 5000,
    "alerts": {"owner_role": "csm", "playbook": "save", "due_days": 5}
}"#;

/// Bit of each exception and trigger of the manifest.
const EXCEPTIONS: [&str; 3] = ["unpaid", "pilot", "zealous"];
const TRIGGERS: [&str; 2] = ["call", "advocate"];

/// What is true in one line of a table.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) now: Time,
    pub(super) verdict: Verdict,
    pub(super) features: Vec<f64>,
    pub(super) over: Option<(i64, Time)>,
    pub(super) is_daily: bool,
    pub(super) touched: u16,
    pub(super) cause: Cause,
}

/// A rule with a linear score, for hybrids.
#[derive(Debug)]
pub(super) struct Linear(pub(super) Vec<f64>);

impl Rescore for Linear {
    fn score(&mut self, features: &[f64]) -> Option<i64> {
        let terms = features.iter().zip(&self.0);
        let sum: f64 = terms
            .map(|(value, weight)| if value.is_nan() { 0.0 } else { value * weight })
            .sum();
        Some(crate::decide::tier::ten_thousandths(sum))
    }
}

/// The same, with a first feature that is the own value in percent of the peers' median.
#[derive(Debug)]
struct Compared<'m> {
    linear: Linear,
    medians: &'m [((u16, u64), f64)],
}

impl Rescore for Compared<'_> {
    fn score(&mut self, features: &[f64]) -> Option<i64> {
        self.linear.score(features)
    }

    fn relate(&mut self, feature: usize, own: f64, peers: (u16, u64)) -> Option<f64> {
        let (_, median) = self.medians.iter().find(|(of, _)| *of == peers)?;
        (feature == 0).then_some(100.0 * own / median)
    }
}

#[derive(Debug)]
pub(super) struct Bench {
    pub(super) manifest: Manifest,
    pub(super) settings: Settings,
    pub(super) policy: Policy,
    pub(super) memory: Memory,
    pub(super) primary: bool,
    pub(super) shadow: bool,
    pub(super) parameters: Vec<f64>,
    pub(super) weights: Vec<f64>,
    /// What stands behind the first feature, where it is relative to peers.
    pub(super) peers: Option<PeersBehind>,
    /// The peers' medians by day and segment.
    pub(super) medians: Vec<((u16, u64), f64)>,
    pub(super) timers: Timers,
    pub(super) outputs: Vec<Output>,
    offset: u64,
}

impl Bench {
    /// The rule of this module, with a publish threshold that nothing passes.
    pub(super) fn new() -> Self {
        let manifest: Manifest = serde_json::from_str(MANIFEST).unwrap();
        let settings = Settings {
            publish_threshold_points: 1_000.0,
            ..Settings::default()
        };
        Self {
            policy: Policy::new(&manifest, &settings, &KINDS),
            manifest,
            settings,
            memory: Memory::default(),
            primary: true,
            shadow: false,
            parameters: Vec::new(),
            weights: Vec::new(),
            peers: None,
            medians: Vec::new(),
            timers: Timers::new(),
            outputs: Vec::new(),
            offset: 0,
        }
    }

    pub(super) fn tiers(hysteresis_points: f64, dwell_hours: u32) -> Self {
        let mut bench = Self::new();
        bench.manifest.tiers.hysteresis_points = hysteresis_points;
        bench.manifest.tiers.dwell_hours = dwell_hours;
        bench.recompile();
        bench
    }

    pub(super) fn threshold(points: f64) -> Self {
        let mut bench = Self::new();
        bench.settings.publish_threshold_points = points;
        bench.recompile();
        bench
    }

    /// Takes over a changed manifest or settings.
    pub(super) fn recompile(&mut self) {
        self.policy = Policy::new(&self.manifest, &self.settings, &KINDS);
    }

    /// Runs a table: each line is what happens (see [`Bench::line`]) and what comes of it (see
    /// [`Bench::tell`]). After each line the memory goes through its bytes.
    pub(super) fn check(&mut self, table: &[(&str, &str)]) {
        for (words, expected) in table {
            let told = self.play(words);
            assert_eq!(told, *expected, "at {words:?}");
            self.memory = through_bytes(&self.memory);
        }
    }

    /// Plays one line and tells what came of it.
    pub(super) fn play(&mut self, words: &str) -> String {
        let (hours, words) = words.split_once(' ').unwrap();
        let now = START.plus_ms(hours.strip_suffix('h').unwrap().parse::<i64>().unwrap() * HOUR_MS);
        if let Some(change) = words.strip_prefix("act ") {
            return format!("{:?}", self.act(now, change)).to_lowercase();
        }
        let line = self.line(now, words);
        let before = self.outputs.len();
        match self.decide(&line) {
            Outcome::Decided(timers) => self.timers = timers,
            Outcome::Failed {
                in_a_row,
                set_aside,
            } => {
                return format!(
                    "failed {in_a_row}{}",
                    if set_aside { " set aside" } else { "" }
                );
            }
        }
        self.tell(before)
    }

    pub(super) fn decide(&mut self, line: &Line) -> Outcome {
        let key = Key::new("acme", "eu/42").unwrap();
        let over = line.over.map(|(value, expires)| Override {
            value,
            by: "ada",
            reason: "she knows",
            expires,
        });
        let reading = Reading {
            key: &key,
            rule: RuleRef {
                name: "health",
                version: &self.manifest.version,
                digest: Digest::default().chain(self.manifest.version.as_bytes()),
                parameters: &self.parameters,
                primary: self.primary,
                shadow: self.shadow,
            },
            now: line.now,
            verdict: &line.verdict,
            features: &line.features,
            over,
            peers: self.peers.as_ref(),
        };
        let evaluation = Evaluation {
            reading,
            cause: &line.cause,
            names: &["usage".to_owned(), "tickets".to_owned()],
            daily: line.is_daily,
            touched: line.touched,
            today: u16::try_from(line.now.0 / DAY_MS).unwrap(),
        };
        let mut rescore = Compared {
            linear: Linear(self.weights.clone()),
            medians: &self.medians,
        };
        decide(
            &self.policy,
            &mut self.memory,
            &evaluation,
            &mut rescore,
            &mut self.outputs,
        )
    }

    /// Words of a line: a score, or `outside`, `noscore`, `fail`; then any of `cov=PERCENT`,
    /// `adjust=POINTS`, names of exceptions and triggers, `over=SCORE@HOUR`, `few_days` or
    /// `no_contact` (the only part with that reason, at 0 points), `daily`.
    fn line(&mut self, now: Time, words: &str) -> Line {
        self.offset += 1;
        let origin = Origin {
            input: 0,
            offset: self.offset,
            row: 0,
        };
        let mut line = Line {
            now,
            verdict: Verdict {
                coverage: 10_000,
                ..Verdict::default()
            },
            features: vec![3.0, 0.0, 12.5],
            over: None,
            is_daily: false,
            touched: 1 << Kind::Usage as u8,
            cause: Cause::Input(origin),
        };
        let none = PartVerdict {
            points: POINTS_NONE,
            weight: 5_000,
            ..PartVerdict::default()
        };
        line.verdict.parts = vec![none, none];
        words.split(' ').for_each(|word| read_word(&mut line, word));
        line
    }

    fn act(&mut self, now: Time, words: &str) -> Acted {
        let mut words = words.split(' ');
        let change = ActionChange::parse(words.next().unwrap()).unwrap();
        let subject = words.next().unwrap();
        let until = words
            .next()
            .map(|hour| START.plus_ms(hour.parse::<i64>().unwrap() * HOUR_MS));
        let open = self.memory.alerts().find(|alert| alert.subject == subject);
        let id = open.map_or(0, |alert| alert.id);
        let action = Action {
            alert: format!("{id:032x}").into(),
            change,
            by: Some("bob".into()),
            until,
            outcome: None,
            text: None,
        };
        act(&mut self.memory, now, &action)
    }

    /// What came out since `before`, and the timers, in words.
    fn tell(&self, before: usize) -> String {
        let mut told: Vec<String> = self.outputs[before..].iter().map(tell_output).collect();
        let hour = |due: &Time| due.since_ms(START) / HOUR_MS;
        let timers = self.timers.iter();
        told.extend(timers.map(|(due, name)| format!("{}@{}h", name.as_str(), hour(due))));
        told.join(", ")
    }

    /// The data of the output that is `back` from the last of its topic.
    pub(super) fn data(&self, topic: Topic, back: usize) -> Value {
        let mut of_topic = self
            .outputs
            .iter()
            .rev()
            .filter(|output| output.topic == topic);
        envelope(of_topic.nth(back).unwrap())["data"].clone()
    }
}

/// Usage moves the first feature, a profile the second, a touch the third.
pub(super) const KINDS: [u16; 3] = [
    1 << Kind::Usage as u8,
    1 << Kind::Account as u8,
    1 << Kind::Touch as u8,
];

fn read_word(line: &mut Line, word: &str) {
    let verdict = &mut line.verdict;
    let ten_thousandths =
        |points: &str| crate::decide::tier::ten_thousandths(points.parse().unwrap());
    if let Some(place) = EXCEPTIONS.iter().position(|name| *name == word) {
        verdict.exceptions |= 1 << place;
    } else if let Some(place) = TRIGGERS.iter().position(|name| *name == word) {
        verdict.triggers |= 1 << place;
    } else if let Some((name, value)) = word.split_once('=') {
        match name {
            "cov" => verdict.coverage = value.parse::<u16>().unwrap() * 100,
            "adjust" => verdict.adjust = ten_thousandths(value).try_into().unwrap(),
            "over" => {
                let (score, hour) = value.split_once('@').unwrap();
                let expires = START.plus_ms(hour.parse::<i64>().unwrap() * HOUR_MS);
                line.over = Some((ten_thousandths(score), expires));
            }
            _ => panic!("unknown word {word}"),
        }
    } else {
        match word {
            "daily" => {
                line.is_daily = true;
                line.touched = 0;
                let account = Key::new("acme", "eu/42").unwrap();
                line.cause = Cause::Timer {
                    account,
                    timer: TimerName::Daily,
                    due: line.now,
                };
            }
            "outside" => verdict.status = Status::OutsidePopulation,
            "noscore" => verdict.status = Status::NoScore,
            "fail" => verdict.status = Status::RowError,
            "few_days" => (verdict.parts[0].points, verdict.parts[0].reason) = (0, 1),
            "no_contact" => (verdict.parts[1].points, verdict.parts[1].reason) = (0, 2),
            score => {
                verdict.parts[0].contribution = ten_thousandths(score).try_into().unwrap();
            }
        }
    }
}

pub(super) fn envelope(output: &Output) -> Value {
    serde_json::from_slice(&output.value).unwrap()
}

fn tell_output(output: &Output) -> String {
    let data = &envelope(output)["data"];
    let text = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
    match output.topic {
        Topic::Scores => format!("score {} {}", text("tier"), data["score"]),
        Topic::Alerts => {
            let resolution = data["resolution"].as_str().map(|why| format!(" {why}"));
            format!(
                "{} {} r{} {}{}",
                text("subject"),
                text("change"),
                data["revision"],
                text("severity"),
                resolution.unwrap_or_default()
            )
        }
        Topic::Triggers => format!("trigger {}", text("trigger")),
        Topic::DeadLetters => "dead letter".to_owned(),
        Topic::Shadow => format!("shadow {} {}", text("tier"), data["score"]),
    }
}

/// The memory as it comes back from its bytes; they are the same when written again.
pub(super) fn through_bytes(memory: &Memory) -> Memory {
    let mut writer = Writer::new();
    memory.write(&mut writer);
    let bytes = writer.into_bytes();
    let mut reader = Reader::new(&bytes);
    let read = Memory::read(&mut reader).unwrap();
    assert!(reader.is_at_end());
    assert_eq!(read, *memory);
    read
}
