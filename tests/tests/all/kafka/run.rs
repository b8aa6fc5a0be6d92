//! Whole runs over a real broker, with members that are killed and shards that move: what a
//! read-committed reader finds is, byte for byte and in order, what an undisturbed fold in memory
//! says.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use puls::clock::SystemClock;
use puls::decode::DecoderSpec;
use puls::log::Log;
use puls::log::kafka::KafkaLog;
use puls::model::{DAY_MS, Output, ShardId, Time, Topic, partition_of};
use puls::rules::RulesEngine;
use puls::shard::{Report, ShardSpec};
use puls::worker::kafka::{KafkaRun, run};
use puls::worker::{NoObserver, Observer, Progress, Runner, Stop};
use puls_benches::{Generator, Keys, Line, Workload};
use puls_tests::cards::compared;
use puls_tests::seed;
use puls_tests::sim::{Feed, Sim, inputs, shipped};

use super::bench::Bench;

pub(super) const SHARDS: u32 = 4;
/// Small steps, so that there is something to kill between.
const RECORDS_MAX: usize = 10;

/// A feed with no two records at one time, and a moment a day behind it.
pub(super) fn workload(seed: u64, lines: usize) -> (Vec<Line>, Time) {
    let workload = Workload {
        seed,
        accounts: 30,
        keys: Keys::Zipf(1.0),
        events_per_s: 2_000.0 / (40.0 * 86_400.0),
        late_share: 0.05,
        duplicate_share: 0.05,
        ..Workload::default()
    };
    let mut found: Vec<Line> = Generator::new(&workload).take(lines).collect();
    found.dedup_by_key(|line| line.time);
    let until = found.last().unwrap().time.plus_ms(DAY_MS);
    (found, until)
}

pub(super) fn spec(engine: RulesEngine) -> ShardSpec {
    let inputs = inputs();
    ShardSpec {
        shards: SHARDS,
        keyed: true,
        decoders: inputs.iter().map(|_| DecoderSpec::default()).collect(),
        inputs,
        engine,
    }
}

/// A broker's corner with the rules published and the lines sent.
struct World {
    bench: Bench,
    sim: Sim,
    until: Time,
}

impl World {
    fn new(test: &str, lines: &[Line], until: Time, engine: &RulesEngine) -> Self {
        let inputs = inputs();
        let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
        let bench = Bench::new(test, SHARDS, &names).killable();
        let mut rules = shipped();
        // Shards that move tell each other what they count.
        rules.push(compared(false));
        let sim = Sim::new(SHARDS, engine, &rules);
        let mut log = KafkaLog::look_on(&bench.settings("author"), inputs).unwrap();
        for rule in rules {
            log.publish_module(&rule.module).unwrap();
        }
        for record in sim.world.connect().rules(0).unwrap().0 {
            log.publish_rule(&record.value, record.timestamp).unwrap();
        }
        bench.send_records(lines.iter().map(|line| {
            let topic = bench.input(line.kind.as_str());
            let partition = partition_of(line.key.as_bytes(), SHARDS);
            (topic, partition, super::rekey::record(line))
        }));
        sim.catch_up(lines, Feed::whole(until));
        Self { bench, sim, until }
    }

    /// Starts a member in a process of its own; each of its commits comes as a line.
    fn member(&self, instance: &str) -> Process {
        self.member_that_waits(instance, usize::MAX)
    }

    /// Starts a member that goes on after so many commits only when it is told to.
    fn member_that_waits(&self, instance: &str, commits: usize) -> Process {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "kafka::run::a_member_in_a_process",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env("PULS_TEST_MEMBER_PREFIX", self.bench.prefix())
            .env("PULS_TEST_MEMBER_INSTANCE", instance)
            .env("PULS_TEST_MEMBER_UNTIL", self.until.0.to_string())
            .env("PULS_TEST_MEMBER_COMMITS", commits.to_string())
            .env("PULS_TEST_KAFKA", puls_tests::broker::broker().address())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = mpsc::channel();
        let instance = instance.to_owned();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                say(&format!("{instance}: {line}"));
                if line.starts_with("committed") && send.send(()).is_err() {
                    return;
                }
            }
        });
        Process { child, lines }
    }

    /// What readers find is what the undisturbed fold says, and so is the state.
    fn check(&self) {
        for shard in (0..SHARDS).map(ShardId) {
            let outputs = self.sim.world.outputs(shard);
            for topic in Topic::ALL {
                let expected: Vec<String> = outputs
                    .iter()
                    .filter(|output| output.topic == topic)
                    .map(|output| String::from_utf8(output.value.clone()).unwrap())
                    .collect();
                let name = self.bench.topic(topic.as_str());
                let found = self.bench.read_partition(&name, shard.0);
                assert_same(&format!("{name} of shard {}", shard.0), &found, &expected);
            }
        }
        let outputs: Vec<Output> = self.sim.outputs();
        assert!(outputs.iter().any(|output| output.topic == Topic::Alerts));
        let engine = RulesEngine::new().unwrap();
        for (shard, digests) in self.digests(&spec(engine)) {
            self.sim.with_shard(shard, |known| {
                assert_eq!(digests, known.digests(), "shard {}", shard.0);
            });
        }
    }

    fn digests(&self, spec: &ShardSpec) -> BTreeMap<ShardId, Vec<(String, puls::model::Digest)>> {
        let mut log = self.onlooker();
        (0..SHARDS)
            .map(ShardId)
            .map(|shard| {
                let runner = Runner::recover(&mut log, shard, spec, &NoObserver).unwrap();
                (shard, runner.digests())
            })
            .collect()
    }

    fn onlooker(&self) -> KafkaLog {
        KafkaLog::look_on(&self.bench.settings("onlooker"), inputs()).unwrap()
    }
}

fn assert_same(what: &str, found: &[String], expected: &[String]) {
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found, expected, "{what}, message {place}");
    }
    assert_eq!(found.len(), expected.len(), "{what}: number of messages");
}

struct Process {
    child: Child,
    lines: mpsc::Receiver<()>,
}

impl Process {
    /// Waits until it has committed so many steps; whether it lived to do so.
    fn commits(&self, count: usize) -> bool {
        self.lines.iter().take(count).count() == count
    }

    /// Tells one that waits.
    fn go_on(&mut self) {
        self.child.stdin.take().unwrap().write_all(b"\n").unwrap();
    }

    /// SIGKILL.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn ends_well(mut self) {
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Gone already, where the test went well.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn say(line: &str) {
    println!("{line}");
}

/// Says each commit on standard output, and waits after so many for a line on standard input.
#[derive(Debug)]
struct Talker {
    commits: AtomicUsize,
    waits_after: usize,
}

impl Observer for Talker {
    fn committed(&self, shard: ShardId, outputs: &[Output], progress: &Progress) {
        let (records, outputs) = (progress.records, outputs.len());
        say(&format!(
            "committed shard {}: {records} records, {outputs} outputs",
            shard.0
        ));
        if self.commits.fetch_add(1, Ordering::Relaxed) + 1 == self.waits_after {
            std::io::stdin().read_line(&mut String::new()).unwrap();
        }
    }
    fn report(&self, shard: ShardId, report: &Report) {
        say(&format!("shard {}: {report:?}", shard.0));
    }
    fn refolded(&self, _: ShardId, _: u64, _: u64) {}
}

/// Not a test: the other tests here start it as a process.
#[test]
#[ignore = "started by the other tests of this file, as a process that can be killed"]
fn a_member_in_a_process() {
    let given = |name: &str| std::env::var(format!("PULS_TEST_MEMBER_{name}")).unwrap();
    let inputs = inputs();
    let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
    let bench = Bench::at(&given("PREFIX"), SHARDS, &names).killable();
    let what = KafkaRun {
        settings: bench.settings(&given("INSTANCE")),
        spec: spec(RulesEngine::new().unwrap()),
        clock: Arc::new(SystemClock),
        until: Some(Time(given("UNTIL").parse().unwrap())),
        members: 1,
        records_max: RECORDS_MAX,
    };
    let talker = Talker {
        commits: AtomicUsize::new(0),
        waits_after: given("COMMITS").parse().unwrap(),
    };
    run(&what, &talker, &Stop::default()).unwrap();
}

#[test]
fn a_member_that_is_killed_loses_nothing_and_repeats_nothing() {
    let seed = seed("kafka kills", 11);
    let (lines, until) = workload(seed, 800);
    let world = World::new("kills", &lines, until, &RulesEngine::new().unwrap());
    for steps in [1, 7, 13, 20] {
        let member = world.member("a");
        assert!(member.commits(steps), "there are more steps than that");
        member.kill();
    }
    world.member("a").ends_well();
    world.check();
}

#[test]
fn shards_that_move_lose_nothing_and_repeat_nothing() {
    let seed = seed("kafka rebalances", 12);
    let (lines, until) = workload(seed, 1_200);
    let world = World::new("rebalances", &lines, until, &RulesEngine::new().unwrap());
    let mut first = world.member_that_waits("a", 10);
    assert!(first.commits(10), "there are more steps than that");
    // It joins in the middle, commits some steps of its own, and dies.
    let second = world.member("b");
    world.bench.until("the second member asks to join", || {
        world.bench.members() == 2
    });
    first.go_on();
    assert!(second.commits(10), "it was given shards");
    second.kill();
    let third = world.member("c");
    assert!(first.commits(1) || third.commits(1));
    first.ends_well();
    third.ends_well();
    world.check();
}
