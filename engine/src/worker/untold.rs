//! Records for the rules log that a committed step has and that are not written yet.
//!
//! One that cannot be written now is written before the next step is cut: another shard learns of
//! it late, but it does. Nothing here outlives its process; what a shard has set aside stands in
//! its own state.

use std::collections::VecDeque;

use crate::clock::Clock;
use crate::log::{Log, LogError};
use crate::rules::record::Record;

/// In the order in which they are to be written.
#[derive(Debug, Default)]
pub(super) struct Untold(VecDeque<Record>);

impl Untold {
    /// Takes records that are to be written.
    pub(super) fn add(&mut self, records: &[Record]) {
        self.0.extend(records.iter().cloned());
    }

    /// Writes them all.
    ///
    /// # Errors
    /// Where one cannot be written; it and those behind it are kept.
    pub(super) fn tell(&mut self, log: &mut dyn Log, clock: &dyn Clock) -> Result<(), LogError> {
        while let Some(record) = self.0.front() {
            let bytes = record
                .to_bytes()
                .map_err(|error| LogError::Stop(error.to_string()))?;
            log.publish_rule(&bytes, clock.now())?;
            self.0.pop_front();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::clock::ManualClock;
    use crate::decode::DecoderSpec;
    use crate::log::memory::World;
    use crate::log::{Commit, InputSpec, Log, LogError, RulesRecord};
    use crate::model::{Digest, ShardId, Time};
    use crate::rules::RulesEngine;
    use crate::rules::record::{Record, SetAside};
    use crate::shard::ShardSpec;
    use crate::worker::{NoObserver, Prepared, Runner, StepLimits};

    fn prepared(rule: &str) -> Prepared {
        let record = SetAside {
            tenant: "acme".into(),
            rule: rule.into(),
            digest: Digest([1; 32]),
            shard: 0,
            detail: "it trapped".into(),
        };
        Prepared {
            commit: Commit {
                shard: ShardId(0),
                ranges: Vec::new(),
                outputs: Vec::new(),
                journal: Vec::new(),
                counts: Vec::new(),
            },
            reports: Vec::new(),
            rules: vec![Record::SetAside(record)],
            records: 0,
        }
    }

    /// The rules that the log says are set aside.
    fn told(log: &mut dyn Log) -> Vec<String> {
        let (records, _) = log.rules(0).unwrap();
        let rule = |record: &RulesRecord| match Record::from_bytes(&record.value).unwrap() {
            Record::SetAside(it) => it.rule,
            other => panic!("{other:?}"),
        };
        records.iter().map(rule).collect()
    }

    #[test]
    fn what_the_rules_log_does_not_take_now_is_told_before_the_next_step() {
        let inputs: Arc<[InputSpec]> = Arc::new([InputSpec::new("events", None)]);
        let world = World::new(Arc::clone(&inputs), 1);
        let spec = ShardSpec {
            shards: 1,
            keyed: false,
            inputs,
            decoders: Arc::new([DecoderSpec::default()]),
            engine: RulesEngine::new().unwrap(),
        };
        let mut log = world.connect_shard(ShardId(0));
        let clock = ManualClock::at(Time(1_000));
        let mut runner = Runner::recover(&mut log, ShardId(0), &spec, &NoObserver).unwrap();
        world.refuse_rule();
        for rule in ["one", "two"] {
            let said = runner.committed(&mut log, &prepared(rule), &clock, &NoObserver);
            assert!(matches!(said, Err(LogError::Retry(_))), "{said:?}");
            assert_eq!(told(&mut log), [""; 0], "{rule}");
            world.refuse_rule();
        }
        let limits = StepLimits {
            records_max: 1,
            until: Time(1_000),
            timers: true,
        };
        let stepped = runner.step(&mut log, &clock, limits);
        assert!(matches!(stepped, Err(LogError::Retry(_))), "{stepped:?}");
        for _ in 0..2 {
            runner.step(&mut log, &clock, limits).unwrap();
            assert_eq!(told(&mut log), ["one", "two"]);
        }
    }
}
