//! Why an input could not be used: one closed list, a code and a sentence each.

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $sentence:literal;)*) => {
        /// Why a record or event became a dead letter.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Reason { $($(#[$doc])* $variant),* }

        impl Reason {
            /// All reasons, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code as it stands in dead letters and metrics.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// What it means, in a sentence.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence),* }
            }
        }
    };
}

reasons! {
    /// No JSON, no CSV row, or not text.
    Malformed = "malformed", "The record is not of the form that its input declares.";
    /// Longer than the limit.
    TooLarge = "too_large", "The record is longer than the limit for one record.";
    /// No events.
    Empty = "empty", "The record yields no event.";
    /// Too many events.
    TooManyEvents = "too_many_events", "The record yields more events than one record may.";
    /// A field is missing.
    MissingField = "missing_field", "A field that the kind needs is missing.";
    /// A field has another type or form.
    BadField = "bad_field", "A field has another type or form than the kind asks for.";
    /// A field's value is out of range.
    OutOfRange = "out_of_range",
        "A field's value lies outside the range in which it has a meaning.";
    /// A value that is not in its list.
    UnknownValue = "unknown_value", "A field's value is none of those that the kind knows.";
    /// An unknown kind.
    UnknownKind = "unknown_kind", "The kind of the event is none that Puls knows.";
    /// The tenant or account is no name.
    BadKey = "bad_key", "The tenant or the account cannot be a key.";
    /// The time cannot be read.
    BadTime = "bad_time", "The time of the event cannot be read.";
    /// The tenant is not configured.
    UnknownTenant = "unknown_tenant", "The tenant is not known here.";
    /// The record's key names another account.
    WrongKey = "wrong_key", "The record's key is not the key of the event's account.";
    /// The account belongs to another partition.
    WrongPartition = "wrong_partition",
        "The record lies in a partition that its account does not belong to.";
    /// Older than the lateness horizon of its input.
    Late = "late", "The event is older than its input's lateness horizon.";
    /// More than a day ahead of its own now, or a record stamped beyond the clock.
    Future = "future", "The event or its record is stamped too far in the future.";
}
