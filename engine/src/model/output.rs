//! What a shard says: one line of an output topic or file.

/// An output topic. The order is the order of outputs within one cause.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Topic {
    /// An input that could not be used.
    DeadLetters = 0,
    /// A score of an account by a rule.
    Scores = 1,
    /// A publication of an alert.
    Alerts = 2,
    /// A rule's request that something be done.
    Triggers = 3,
    /// A score of an account by a rule in shadow, which nobody acts on.
    Shadow = 4,
}

impl Topic {
    /// All topics, in order.
    pub const ALL: [Self; 5] = [
        Self::DeadLetters,
        Self::Scores,
        Self::Alerts,
        Self::Triggers,
        Self::Shadow,
    ];

    /// The name, in files and (behind the prefix) in Kafka.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeadLetters => "dead-letters",
            Self::Scores => "scores",
            Self::Alerts => "alerts",
            Self::Triggers => "triggers",
            Self::Shadow => "shadow",
        }
    }
}

/// One line of an output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Output {
    /// Where it goes.
    pub topic: Topic,
    /// Whose running digest it enters; empty for a dead letter without a tenant.
    pub tenant: String,
    /// The record's key.
    pub key: String,
    /// The record's value: a `CloudEvents` 1.0 envelope in JSON, on one line.
    pub value: Vec<u8>,
}
