//! Columns for what-ifs beside a fold that goes on: filled between steps, each row of one moment,
//! and nothing that is published depends on them.

use std::collections::BTreeMap;
use std::sync::Arc;

use puls::clock::{Clock, ManualClock};
use puls::limits::{
    COLUMN_CHUNKS_PER_TURN, DRAFT_IDLE_MS, DRAFTS_PER_TENANT_MAX, STEP_RECORDS_MAX,
};
use puls::log::Log;
use puls::log::memory::MemoryLog;
use puls::model::{Kind, Output, ShardId, Time};
use puls::query::{
    Ask, Board, Comparison, Contender, Crowded, Desk, Draft, Refused, Said, draft, present,
};
use puls::rules::RulesEngine;
use puls::shard::{Chunk, Report};
use puls::state::Plan;
use puls::worker::{Observer, Progress, Runner, StepLimits, Stepped};
use puls_benches::Line;
use puls_tests::sim::{Sim, TENANT, shipped};
use puls_wire::ROWS_MAX;

const BEGIN: i64 = 1_772_532_000_000;
const OTHER: &str = "tenant-1";

/// Sees nothing, and has a board or none.
#[derive(Debug)]
struct Beside(Option<Arc<Board>>);

impl Observer for Beside {
    fn committed(&self, _: ShardId, _: &[Output], _: &Progress) {}
    fn report(&self, _: ShardId, report: &Report) {
        panic!("{report:?}");
    }
    fn refolded(&self, _: ShardId, _: u64, _: u64) {}
    fn board(&self) -> Option<&Arc<Board>> {
        self.0.as_ref()
    }
}

/// One shard that folds, and what it puts up.
struct World {
    sim: Sim,
    engine: RulesEngine,
    log: MemoryLog,
    runner: Runner,
    board: Arc<Board>,
    beside: Beside,
}

impl World {
    fn new(is_watched: bool) -> Self {
        let engine = RulesEngine::new().unwrap();
        let sim = Sim::new(1, &engine, &shipped());
        for rule in shipped() {
            sim.activate_for(OTHER, &rule, None);
        }
        let board = Arc::new(Board::default());
        let beside = Beside(is_watched.then(|| Arc::clone(&board)));
        let mut log = sim.world.connect_shard(ShardId(0));
        let runner = Runner::recover(&mut log, ShardId(0), &sim.spec, &beside).unwrap();
        Self {
            sim,
            engine,
            log,
            runner,
            board,
            beside,
        }
    }

    fn now(&self) -> Time {
        self.sim.clock.now()
    }

    /// Folds what there is in steps of `records_max`, with a turn of the columns behind each.
    fn fold(&mut self, records_max: usize, each: &mut dyn FnMut(&Board)) {
        let limits = StepLimits {
            records_max,
            until: Time::MAX,
            timers: true,
        };
        let clock: Arc<ManualClock> = Arc::clone(&self.sim.clock);
        loop {
            let stepped = self.runner.step(&mut self.log, &*clock, limits).unwrap();
            let Stepped::Folded(prepared) = stepped else {
                return;
            };
            self.log
                .commit(std::slice::from_ref(&prepared.commit))
                .unwrap();
            self.runner
                .committed(&mut self.log, &prepared, &*clock, &self.beside)
                .unwrap();
            self.fill();
            each(&self.board);
        }
    }

    fn fill(&mut self) -> bool {
        self.runner.fill(&*self.sim.clock, &self.beside)
    }

    /// A draft of a rule that ships, with this many movers: each number is another draft.
    fn draft(&self, rule: &str, movers: usize) -> Arc<Draft> {
        let module = puls_tests::rules::module(rule);
        let shard = self.runner.shard();
        let epoch = shard.governing(TENANT, shard.now()).unwrap();
        let ask = Ask {
            movers: Some(movers),
            ..Ask::default()
        };
        Arc::new(draft(&self.engine, no_card, (epoch, &module), &ask).unwrap())
    }

    /// All chunks that a tenant has up.
    fn chunks(&self, tenant: &str) -> Vec<Arc<Chunk>> {
        let sheets = self.board.sheets(tenant, None).sheets;
        let chunks = sheets.into_iter().flat_map(|sheet| sheet.chunks);
        chunks.flatten().collect()
    }
}

/// Drafts here are modules.
fn no_card(_: &str, _: &Plan) -> Result<Vec<u8>, Vec<String>> {
    unreachable!("it is a module")
}

/// One use of an account at a moment.
fn usage(tenant: &str, account: usize, at: i64) -> Line {
    let key = format!("{tenant}/a{account}");
    let time = Time(BEGIN + at);
    let value = format!(
        "{{\"id\":\"{account}-{at}\",\"tenant\":\"{tenant}\",\"account\":\"a{account}\",\
         \"kind\":\"usage\",\"metric\":\"m\",\"contact\":\"c\",\"at\":\"{time}\"}}"
    );
    Line {
        time,
        kind: Kind::Usage,
        key,
        value,
    }
}

/// The column of a feature.
fn place(chunk: &Chunk, name: &str) -> usize {
    let uses = chunk.set().uses();
    uses.iter().position(|it| it.name == name).unwrap()
}

/// Uses of 40 accounts over and over, a second apart: the fold goes on while columns are filled.
fn traffic(rounds: usize) -> Vec<Line> {
    (0..rounds * 40)
        .map(|number| {
            let (account, at) = ((number * 7) % 40, i64::try_from(number).unwrap() * 1_000);
            usage(if number % 5 == 0 { OTHER } else { TENANT }, account, at)
        })
        .collect()
}

#[test]
fn each_row_is_of_one_moment_while_events_arrive() {
    let mut world = World::new(true);
    let lines = traffic(30);
    lines.iter().for_each(|line| world.sim.append(line));
    world
        .sim
        .clock
        .set(lines[lines.len() - 1].time.plus_ms(10_000));
    // Uses so far of an account, by the moments at which they came.
    let mut times: BTreeMap<&str, Vec<Time>> = BTreeMap::new();
    for line in &lines {
        times.entry(&line.key).or_default().push(line.time);
    }
    world.board.ask(TENANT, world.now());
    let (mut rows, mut moments) = (0, std::collections::BTreeSet::new());
    world.fold(7, &mut |board| {
        let sheets = board.sheets(TENANT, None).sheets;
        for chunk in sheets.iter().flat_map(|it| &it.chunks).flatten() {
            let (days, last) = (
                chunk.column(place(chunk, "usage.active_days_28d")),
                chunk.column(place(chunk, "usage.days_since_last")),
            );
            for (row, (key, at)) in chunk.keys().iter().zip(chunk.moments()).enumerate() {
                assert_eq!(key.tenant(), TENANT);
                let known = times[key.as_str()].iter().filter(|time| *time <= at);
                let newest = known.max().unwrap();
                let since_ms = at.since_ms(*newest);
                #[expect(clippy::cast_precision_loss, reason = "a few minutes")]
                let expected = since_ms as f64 / 86_400_000.0;
                // Days are kept to a millionth.
                assert!((last[row] - expected).abs() < 1e-6, "{key} at {at}");
                assert!((days[row] - 1.0).abs() < 1e-9, "{key} at {at}");
                rows += 1;
                moments.insert(*at);
            }
        }
    });
    assert!(
        rows > 1_000 && moments.len() > 50,
        "{rows} {}",
        moments.len()
    );
    assert!(world.chunks(OTHER).is_empty(), "nobody asked about it");
}

#[test]
fn what_is_published_does_not_depend_on_who_looks() {
    let published = |is_watched: bool| {
        let mut world = World::new(is_watched);
        let lines = traffic(20);
        let (first, rest) = lines.split_at(40);
        first.iter().for_each(|line| world.sim.append(line));
        world
            .sim
            .clock
            .set(lines[lines.len() - 1].time.plus_ms(90_000_000));
        let now = world.now();
        world.fold(50, &mut |_| {});
        rest.iter().for_each(|line| world.sim.append(line));
        world.board.ask(TENANT, now);
        let mut opened = false;
        let draft = world.draft("silent-account", 1);
        world.fold(50, &mut |board| {
            if !opened {
                board.open(TENANT, &draft, now).unwrap();
                opened = true;
            }
        });
        (
            world.runner.digests(),
            world.sim.world.outputs(ShardId(0)).len(),
        )
    };
    assert_eq!(published(true), published(false));
}

#[test]
fn a_draft_is_filled_in_slices_and_closes_by_itself() {
    let mut world = World::new(true);
    const ACCOUNTS: usize = 3_000;
    for account in 0..ACCOUNTS {
        world.sim.append(&usage(TENANT, account, 0));
    }
    world.sim.clock.set(Time(BEGIN + 5_000));
    world.fold(STEP_RECORDS_MAX, &mut |_| {});
    assert!(!world.fill() && world.chunks(TENANT).is_empty());

    let opened = world.draft("saas-health", 3);
    world.board.open(TENANT, &opened, world.now()).unwrap();
    let mut filled = Vec::new();
    while world.fill() {
        filled.push(world.chunks(TENANT).len());
    }
    filled.push(world.chunks(TENANT).len());
    let steps: Vec<_> = std::iter::once(0).chain(filled.iter().copied()).collect();
    for pair in steps.windows(2) {
        assert!(pair[1] - pair[0] <= COLUMN_CHUNKS_PER_TURN, "{steps:?}");
    }
    assert_eq!(filled.last(), Some(&ACCOUNTS.div_ceil(256)), "{filled:?}");
    assert!(filled.len() > 1, "{filled:?}");

    // Nothing is written again until something happens, and then only where it does.
    let before = world.chunks(TENANT);
    assert!(!world.fill());
    world.sim.append(&usage(TENANT, 300, 1_000));
    world.fold(STEP_RECORDS_MAX, &mut |_| {});
    let after = world.chunks(TENANT);
    let rewritten = before.iter().zip(&after);
    let rewritten = rewritten.filter(|(a, b)| !Arc::ptr_eq(a, b)).count();
    assert_eq!(rewritten, 1);
    assert_eq!(world.now(), Time(BEGIN + 5_000));

    for movers in 4..3 + DRAFTS_PER_TENANT_MAX {
        let another = world.draft("saas-health", movers);
        world.board.open(TENANT, &another, world.now()).unwrap();
    }
    let many = world.draft("saas-health", 999);
    let refused = world.board.open(TENANT, &many, world.now());
    assert_eq!(refused, Err(Crowded::Tenant));
    assert!(
        !world.board.close(OTHER, opened.id),
        "it is another tenant's"
    );

    world.sim.clock.set(Time(BEGIN + 5_000 + DRAFT_IDLE_MS));
    world.fill();
    assert!(world.chunks(TENANT).is_empty());
    assert!(world.board.draft(TENANT, opened.id, world.now()).is_none());
}

#[test]
fn the_desk_tells_how_far_it_is_and_then_answers_its_own_tenant() {
    const ACCOUNTS: usize = 3_000;
    let mut world = World::new(true);
    for account in 0..ACCOUNTS {
        world.sim.append(&usage(TENANT, account, 0));
    }
    world.sim.clock.set(Time(BEGIN + 5_000));
    world.fold(STEP_RECORDS_MAX, &mut |_| {});
    let clock = Arc::clone(&world.sim.clock);
    let desk = Desk::new(
        Arc::clone(&world.board),
        world.engine.clone(),
        (no_card, clock),
    );
    let module = puls_tests::rules::module("saas-health");
    world.board.ask(TENANT, world.now());
    assert!(world.fill());
    let said = desk.open(TENANT, &module, &Ask::default()).unwrap();
    let Said::Filling(progress) = said else {
        panic!("{said:?}")
    };
    let slice = (COLUMN_CHUNKS_PER_TURN * 256) as u64;
    assert_eq!((progress.accounts, progress.of), (slice, ACCOUNTS as u64));
    let elsewhere = desk.look(OTHER, progress.draft).unwrap_err();
    assert!(matches!(elsewhere, Refused::Closed), "{elsewhere}");

    while world.fill() {}
    let said = desk.look(TENANT, progress.draft).unwrap();
    let Said::Answer(answer) = said else {
        panic!("{said:?}")
    };
    assert_eq!(answer.accounts, ACCOUNTS as u64);
    assert_eq!(answer.tier_changes.accounts, 0);
    desk.close(TENANT, progress.draft).unwrap();
    world.fill();
    assert!(world.chunks(TENANT).is_empty(), "the last draft was closed");
}

#[test]
fn columns_without_room_are_dropped_and_it_is_said() {
    let mut world = World::new(false);
    world.board = Arc::new(Board::default().with_room(5 * 256 * 20));
    world.beside = Beside(Some(Arc::clone(&world.board)));
    for account in 0..3_000 {
        world.sim.append(&usage(TENANT, account, 0));
    }
    world.sim.clock.set(Time(BEGIN + 5_000));
    world.fold(STEP_RECORDS_MAX, &mut |_| {});
    world.board.ask(TENANT, world.now());
    while world.fill() {}
    let sheets = world.board.sheets(TENANT, None).sheets;
    assert!(sheets[0].is_full && sheets[0].chunks.is_empty());
    let clock = Arc::clone(&world.sim.clock);
    let desk = Desk::new(
        Arc::clone(&world.board),
        world.engine.clone(),
        (no_card, clock),
    );
    let module = puls_tests::rules::module("saas-health");
    let refused = desk.open(TENANT, &module, &Ask::default()).unwrap_err();
    assert!(matches!(refused, Refused::Full), "{refused}");
}

#[test]
fn columns_are_filled_again_once_another_tenant_has_left_room() {
    // Four chunks of each tenant, and room for six.
    let filled = |room: Option<usize>| {
        let mut world = World::new(false);
        let board = room.map_or_else(Board::default, |it| Board::default().with_room(it));
        world.board = Arc::new(board);
        world.beside = Beside(Some(Arc::clone(&world.board)));
        for account in 0..1_000 {
            world.sim.append(&usage(TENANT, account, 0));
            world.sim.append(&usage(OTHER, account, 0));
        }
        world.sim.clock.set(Time(BEGIN + 5_000));
        world.fold(STEP_RECORDS_MAX, &mut |_| {});
        let draft = world.draft("saas-health", 1);
        world.board.open(OTHER, &draft, world.now()).unwrap();
        while world.fill() {}
        assert_eq!(world.chunks(OTHER).len(), 4);
        (world, draft.id)
    };
    let (measured, _) = filled(None);
    let features = measured.chunks(OTHER)[0].set().uses().len();
    let (mut world, draft) = filled(Some(6 * 256 * features));
    world.board.ask(TENANT, world.now());
    while world.fill() {}
    let is_full = |world: &World| world.board.sheets(TENANT, None).sheets[0].is_full;
    assert!(is_full(&world) && world.chunks(TENANT).is_empty());
    assert!(world.board.close(OTHER, draft));
    while world.fill() {}
    assert!(!is_full(&world));
    assert_eq!(world.chunks(TENANT).len(), 4);
}

#[test]
fn the_answer_is_the_same_on_any_number_of_threads_and_a_rule_is_equal_to_itself() {
    let mut world = World::new(true);
    for account in 0..1_500 {
        let (of, age) = (account % 700, i64::try_from(account).unwrap());
        world.sim.append(&usage(TENANT, of, age * 60_000));
    }
    world.sim.clock.set(Time(BEGIN + 1_500 * 60_000 + 5_000));
    world.board.ask(TENANT, world.now());
    world.fold(500, &mut |_| {});
    while world.fill() {}
    let chunks = world.chunks(TENANT);
    assert_eq!(chunks.iter().map(|it| it.keys().len()).sum::<usize>(), 700);
    for chunk in &chunks {
        // All values, and beside each row its key, its moment and its segment.
        let values = chunk.set().uses().len() * ROWS_MAX * size_of::<f64>();
        let most = values + ROWS_MAX * 64;
        assert!((values..most).contains(&chunk.bytes()), "{}", chunk.bytes());
    }
    let own = world.draft("saas-health", 10);
    let other = world.draft("silent-account", 1_000);
    let epoch = chunks[0].set().epoch();
    let primary = present(epoch, &own).unwrap();
    let compare = |draft: &Contender, threads| {
        let what = Comparison {
            tenant: TENANT,
            chunks: &chunks,
            present: &primary,
            draft,
            movers: 20,
        };
        what.run_on(threads).unwrap()
    };
    let same = compare(&own.contender, 2);
    assert_eq!((same.moves().all(), same.scores_changed), (0, 0));
    assert_eq!(same.accounts, 700);
    let (one, two) = (compare(&other.contender, 1), compare(&other.contender, 2));
    assert_eq!(one.migration, two.migration);
    assert_eq!(one.scores, two.scores);
    let keys = |movers: &[puls::query::Mover]| {
        let all = movers.iter().map(|it| (it.key.clone(), it.moved));
        all.collect::<Vec<_>>()
    };
    assert_eq!(keys(&one.movers), keys(&two.movers));
    assert!(one.moves().all() > 0);
}
