//! What is known of a shard while it is ours.

use rdkafka::Offset;
use rdkafka::topic_partition_list::TopicPartitionListElem;

use crate::model::InputIndex;

/// What the offsets' metadata begins with where it says where the first step began.
const START: &str = "start=";

/// What is known of a shard that is ours.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    /// Per input, the position that the group has committed.
    pub(super) committed: Vec<Option<u64>>,
    /// Per input, where its first step began, where that is known: a topic may have begun later
    /// than at 0 by then. It travels with the committed offsets.
    pub(super) starts: Vec<Option<u64>>,
    /// Number of the next step, once the journal was read.
    pub(super) sequence_next: Option<u64>,
}

impl Held {
    /// Takes up what the group has committed for the next input.
    pub(super) fn add(&mut self, found: Option<&TopicPartitionListElem<'_>>) {
        let offset = found.map(TopicPartitionListElem::offset);
        self.committed.push(match offset {
            Some(Offset::Offset(offset)) => u64::try_from(offset).ok(),
            _ => None,
        });
        let metadata = found.map_or("", TopicPartitionListElem::metadata);
        self.starts.push(parse_start(metadata));
    }

    /// The position that the group has committed for an input; 0 if none.
    pub(super) fn committed(&self, input: InputIndex) -> u64 {
        let committed = self.committed.get(usize::from(input));
        committed.copied().flatten().unwrap_or(0)
    }

    /// Where an input's first step began, if that is known.
    pub(super) fn start(&self, input: InputIndex) -> Option<u64> {
        self.starts.get(usize::from(input)).copied().flatten()
    }

    /// Metadata of an input's offset.
    pub(super) fn metadata(&self, input: InputIndex) -> Option<String> {
        self.start(input).map(|start| format!("{START}{start}"))
    }
}

fn parse_start(metadata: &str) -> Option<u64> {
    metadata.strip_prefix(START)?.parse().ok()
}
