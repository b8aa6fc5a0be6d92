//! What is written in a transaction: steps of shards, and snapshots.

use rdkafka::{Offset, TopicPartitionList};

use super::client::partition;
use super::topics::{COUNTS, JOURNAL, SNAPSHOTS};
use super::transaction::{Obstacle, Outbox, Sending};
use super::{KafkaLog, journal, snapshots};
use crate::limits::SNAPSHOT_CHUNK_BYTES;
use crate::log::{Commit, Committed, LogError, Snapshot};
use crate::model::{ShardId, Topic, hash128};

impl KafkaLog {
    /// See [`crate::log::Log::commit`].
    pub(super) fn commit_all(&mut self, commits: &[Commit]) -> Result<Committed, LogError> {
        if commits.is_empty() {
            return Ok(Committed::Done);
        }
        let sequences = self.sequences(commits)?;
        let mut offsets = TopicPartitionList::new();
        for commit in commits {
            let positions = commit.ranges.iter().map(|range| range.offset_next);
            self.add_offsets(commit.shard, positions, &mut offsets)?;
        }
        let topics = Topic::ALL.map(|topic| self.settings.output_topic(topic));
        let journal = self.settings.own_topic(JOURNAL);
        let counts = self.settings.own_topic(COUNTS);
        let own = (journal.as_str(), counts.as_str());
        let committed = self.transact(&offsets, &mut |outbox| {
            for (commit, sequence) in commits.iter().zip(&sequences) {
                send_commit(outbox, commit, &topics, own, *sequence)?;
            }
            Ok(())
        })?;
        if committed == Committed::Done {
            for (commit, sequence) in commits.iter().zip(&sequences) {
                let held = self.held(commit.shard)?;
                held.sequence_next = Some(sequence + 1);
                held.committed = commit.ranges.iter().map(|r| Some(r.offset_next)).collect();
            }
        }
        Ok(committed)
    }

    /// See [`crate::log::Log::store_snapshot`].
    pub(super) fn write_snapshot(
        &mut self,
        shard: ShardId,
        snapshot: &Snapshot,
    ) -> Result<(), LogError> {
        let topic = self.settings.own_topic(SNAPSHOTS);
        let number = partition(shard)?;
        let (old, offset_from) = snapshots::latest_summary(&self.tail, &topic, shard)?;
        let journal_topic = self.settings.own_topic(JOURNAL);
        let held = self.held(shard)?.clone();
        // Every step before the snapshot is committed, so the journal's end is not behind it.
        let is_current = held.sequence_next == Some(snapshot.sequence_next);
        let journal = if is_current {
            self.tail.ends(&journal_topic, number)?.1
        } else {
            self.journal_hints
                .get(&shard)
                .map_or(0, |(_, offset)| *offset)
        };
        let chunks: Vec<&[u8]> = snapshot.bytes.chunks(SNAPSHOT_CHUNK_BYTES).collect();
        let summary = snapshots::Summary {
            sequence_next: snapshot.sequence_next,
            chunks: u32::try_from(chunks.len()).unwrap_or(u32::MAX),
            length: snapshot.bytes.len() as u64,
            hash: hash128(&snapshot.bytes),
            offset_from,
            journal,
        };
        let mut offsets = TopicPartitionList::new();
        // Nothing moves; the broker checks the generation by them.
        let positions = held.committed.iter().map(|position| position.unwrap_or(0));
        self.add_offsets(shard, positions, &mut offsets)?;
        let chunks_before = old.map_or(0, |old| old.chunks);
        let outcome = self.transact(&offsets, &mut |outbox| {
            snapshots::send(outbox, (&topic, number), &chunks, summary, chunks_before)
        })?;
        match outcome {
            Committed::Done => {
                let hint = (snapshot.sequence_next, journal);
                self.journal_hints.insert(shard, hint);
                Ok(())
            }
            Committed::Aborted | Committed::Fenced => {
                let transactions = self.transactions.as_ref();
                let why = transactions.map_or_else(String::new, |known| known.trouble());
                Err(LogError::Retry(format!("store a snapshot: {why}")))
            }
        }
    }

    /// Adds positions of a shard to what a transaction commits. All inputs, also those of which
    /// nothing was taken: without any offset the broker would not check the generation.
    fn add_offsets(
        &self,
        shard: ShardId,
        positions: impl Iterator<Item = u64>,
        list: &mut TopicPartitionList,
    ) -> Result<(), LogError> {
        let held = self.held.get(&shard);
        for (input, position) in self.input_numbers().zip(positions) {
            let (topic, partition) = (self.reader.topic(input)?, partition(shard)?);
            let offset = i64::try_from(position).unwrap_or(i64::MAX);
            list.add_partition_offset(topic, partition, Offset::Offset(offset))
                .map_err(|error| LogError::Stop(format!("{topic}: {error}")))?;
            let metadata = held.and_then(|held| held.metadata(input));
            if let (Some(metadata), Some(mut element)) =
                (metadata, list.find_partition(topic, partition))
            {
                element.set_metadata(metadata);
            }
        }
        Ok(())
    }

    fn sequences(&mut self, commits: &[Commit]) -> Result<Vec<u64>, LogError> {
        commits
            .iter()
            .map(|commit| {
                self.held(commit.shard)?.sequence_next.ok_or_else(|| {
                    LogError::Stop(format!("shard {}: recover it first", commit.shard.0))
                })
            })
            .collect()
    }
}

fn send_commit(
    outbox: &Outbox<'_>,
    commit: &Commit,
    topics: &[String; Topic::ALL.len()],
    (journal, counts): (&str, &str),
    sequence: u64,
) -> Result<(), Obstacle> {
    let number = partition(commit.shard).map_err(|error| Obstacle::Stop(error.to_string()))?;
    for output in &commit.outputs {
        let topic = topics.get(output.topic as usize).map_or("", String::as_str);
        outbox.send(&Sending {
            topic,
            partition: number,
            key: Some(output.key.as_bytes()),
            value: Some(&output.value),
            timestamp: None,
            headers: &[],
        })?;
    }
    for value in &commit.counts {
        outbox.send(&Sending {
            topic: counts,
            partition: number,
            key: None,
            value: Some(value),
            timestamp: None,
            headers: &[],
        })?;
    }
    outbox.send(&Sending {
        topic: journal,
        partition: number,
        key: None,
        value: Some(&journal::frame(sequence, &commit.journal)),
        timestamp: None,
        headers: &[],
    })
}
