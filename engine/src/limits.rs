//! Every limit, in one place, with its unit and its reason. Full means: stop reading.

/// Longest record, in bytes. Kafka's default for one message is about a megabyte.
pub const RECORD_BYTES_MAX: usize = 1024 * 1024;
/// Events that one record may yield. A ticket row with opened, responded, escalated, resolved and
/// its CSAT answer needs five.
pub const RECORD_EVENTS_MAX: usize = 8;
/// Records that a step takes at most. Bounds the memory of a step and the work lost by an abort.
pub const STEP_RECORDS_MAX: usize = 10_000;
/// Records that are held per input while the merge waits for another input.
pub const MERGE_BUFFER_RECORDS_MAX: usize = 4_096;
/// Milliseconds that a record may be stamped beyond the clock before it is a dead letter.
pub const RECORD_FUTURE_MS_MAX: i64 = 5 * 60 * 1_000;
/// Milliseconds that an event may lie beyond its own now before it is a dead letter.
pub const EVENT_FUTURE_MS_MAX: i64 = 24 * 3_600 * 1_000;
/// Milliseconds that timers stay behind the clock, so that a record on its way still comes first.
pub const SETTLE_MS: i64 = 1_000;
/// Days back that state reaches: the longest window with its year-ago twin would be 729, the
/// declared horizon is 400.
pub const HORIZON_DAYS: i64 = 400;
/// Lateness horizon of usage and touches, in days, unless an input says `history`.
pub const LATENESS_ADDITIVE_DAYS: i64 = 7;
/// Days back that repeats by id are recognised, unless an input says otherwise.
pub const DEDUP_DAYS: u16 = 7;
/// Ids that one shard remembers at most: 64 million of 16 bytes and their table, about 2 GiB. At the
/// limit the shard stops reading and says so.
pub const DEDUP_IDS_MAX: usize = 64_000_000;
/// Milliseconds over which an activation's re-scoring of a tenant's accounts is spread.
pub const ACTIVATION_SPREAD_MS: i64 = 60_000;
/// Milliseconds that an activation without `from` lies ahead of the publisher's clock.
pub const ACTIVATION_DELAY_MS: i64 = 2_000;
/// Evaluations that may fail in a row before a rule is set aside.
pub const RULE_FAILURES_MAX: u32 = 100;
/// Active rules of one tenant.
pub const RULES_PER_TENANT_MAX: usize = 32;
/// Shards of one data folder. Each keeps a state, a journal and its outputs; a machine has fewer
/// cores than this.
pub const SHARDS_MAX: u32 = 1_024;
/// Milliseconds after which a daily evaluation publishes a score that has not moved, so that a
/// reader of the topic can tell a quiet account from a lost one.
pub const SCORE_REPUBLISH_MS: i64 = 7 * 24 * 3_600 * 1_000;
/// Longest text of an action on an alert that is kept and published, in bytes. A sentence or two;
/// the whole text stays in the input.
pub const ACTION_TEXT_BYTES_MAX: usize = 1_024;
/// Raw bytes that a dead letter carries at most; as base64 they still fit into Kafka's default
/// message of about a megabyte. Of a longer record it says so, and where the rest lies.
pub const DEAD_LETTER_RAW_BYTES_MAX: usize = 640 * 1_024;
/// Bytes that the raw text of a dead letter may have once it is escaped; longer is sent as base64.
pub const DEAD_LETTER_TEXT_BYTES_MAX: usize = 900 * 1_024;
/// Rows of an exported table that are held before they are written: a few megabytes at a hundred
/// columns.
pub const EXPORT_BATCH_ROWS: usize = 8_192;
/// Longest message of Puls's own topics, in bytes: a module of a megabyte is one message, and what
/// is re-keyed keeps its headers.
pub const KAFKA_MESSAGE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of a snapshot in one message; below the default of `max.message.bytes`.
pub const SNAPSHOT_CHUNK_BYTES: usize = 768 * 1024;
/// Milliseconds after which a broker ends a transaction that its member does not end. Readers of
/// what it wrote wait that long when a member dies for good.
pub const TRANSACTION_TIMEOUT_MS: u64 = 60_000;
/// Milliseconds that a member waits for the end of a transaction before its process ends itself.
pub const TRANSACTION_WAIT_MS_MAX: u64 = 120_000;

// --- rules: what a module may be -------------------------------------------------------------

/// Longest rule module, in bytes. A rule with the standard library is 30 KiB, a thousand trees as
/// data half a megabyte; compiling takes time in proportion.
pub const RULE_MODULE_BYTES_MAX: usize = 1024 * 1024;
/// Longest function body of a module, in bytes. Compile time grows faster than a body does: 64 KiB
/// takes a third of a second, seven times as much thirty times as long.
pub const RULE_BODY_BYTES_MAX: usize = 64 * 1024;
/// Functions of a module. A rule with the standard library has about a hundred; each costs the
/// compiler something, however short it is.
pub const RULE_FUNCTIONS_MAX: usize = 4_096;
/// Parameters of one function. A call of two bytes moves as many values as its type has, so long
/// types would make a short body a long one.
pub const RULE_FUNCTION_PARAMETERS_MAX: usize = 64;
/// Locals of one function. A few bytes can declare thousands, and the compiler pays for each.
pub const RULE_LOCALS_MAX: u32 = 4_096;
/// Pages of 64 KiB of a module's memory: 4 MiB, six times the greatest arena.
pub const RULE_MEMORY_PAGES_MAX: u64 = 64;
/// Entries of a module's one table: its functions that are called through a pointer.
pub const RULE_TABLE_ENTRIES_MAX: u64 = 2_500;

// --- rules: what a module may use ------------------------------------------------------------

/// Fuel of one call, about one unit for each operator: a full batch may use 39,000 a row, ten times
/// what a rule of 128 parts needs, and a rule that loops is stopped after some 10 ms.
pub const RULE_FUEL: u64 = 10_000_000;
/// Bytes of stack that a module may use. Evaluating threads have eight times as much.
pub const RULE_STACK_BYTES: usize = 256 * 1024;
/// Bytes of stack of a thread that evaluates rules: the standard library's default, stated because
/// a smaller one would let a module's recursion abort the process.
pub const RULE_THREAD_STACK_BYTES: usize = 2 * 1024 * 1024;
/// Bytes of stack of a thread that compiles rules. The compiler recurses over a module's nesting.
pub const RULE_COMPILE_STACK_BYTES: usize = 16 * 1024 * 1024;
/// One in so many rows, chosen by the hash of its cause, is evaluated again alone in a fresh
/// instance. A fresh instance costs as much as some hundred rows, so this costs a few percent.
pub const RULE_SECOND_LOOK_ONE_IN: u64 = 4_096;
/// Instances that one worker keeps. Each reserves 4 GiB of addresses and holds about 200 KiB of
/// memory; beyond, the one that was not used for longest is dropped and made again when needed.
pub const RULE_INSTANCES_MAX: usize = 1_024;
