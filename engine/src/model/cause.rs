//! What made an output: an input position or a timer. Never the step.

use super::{Key, Origin, Time};

/// What an account's timer is for. The order of the variants is the order in which timers of one
/// account and one moment fire (by name).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum TimerName {
    /// A newly activated rule scores the account.
    Activation = 0,
    /// A trigger may fire again.
    Cooldown = 1,
    /// The daily evaluation.
    Daily = 2,
    /// A tier has been met for long enough.
    Dwell = 3,
    /// An override or a snooze ends.
    Expiry = 4,
    /// A feature that counts days towards a date passes a value that a rule named.
    Renewal = 5,
    /// A feature that counts days since something passes a value that a rule named.
    Silence = 6,
    /// What a rule in shadow asks for: it is looked at alone, behind all that the others ask for.
    Shadow = 7,
}

impl TimerName {
    /// All names, in order.
    pub const ALL: [Self; 8] = [
        Self::Activation,
        Self::Cooldown,
        Self::Daily,
        Self::Dwell,
        Self::Expiry,
        Self::Renewal,
        Self::Silence,
        Self::Shadow,
    ];

    /// Whether it follows from what was decided, not from what is known of the account.
    #[must_use]
    pub const fn is_of_verdict(self) -> bool {
        matches!(self, Self::Cooldown | Self::Dwell | Self::Expiry)
    }

    /// The name as it stands in outputs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::Cooldown => "cooldown",
            Self::Daily => "daily",
            Self::Dwell => "dwell",
            Self::Expiry => "expiry",
            Self::Renewal => "renewal",
            Self::Silence => "silence",
            Self::Shadow => "shadow",
        }
    }
}

/// What made an output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cause {
    /// An event, by where it came from.
    Input(Origin),
    /// A timer of an account.
    Timer {
        /// Whose timer.
        account: Key,
        /// What for.
        timer: TimerName,
        /// When it was due.
        due: Time,
    },
}
