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
/// Ids that one shard remembers at most: 64 million of 16 bytes and their table, about 2 GiB. At
/// the limit the shard stops reading and says so.
pub const DEDUP_IDS_MAX: usize = 64_000_000;
/// Milliseconds over which an activation's re-scoring of a tenant's accounts is spread.
pub const ACTIVATION_SPREAD_MS: u64 = 60_000;
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
/// Reasons of a score that its row of an exported table has; the first ones matter, and people read
/// no more.
pub const EXPORT_REASONS: usize = 3;
/// Pairs of account and reference date that a backtest keeps: 40 bytes each, 800 MB; a million
/// accounts over twenty months.
pub const BACKTEST_UNITS_MAX: usize = 20_000_000;
/// Reference dates of a backtest, months: a century, so that one wrong date in a record is told
/// of instead of folded for hours.
pub const BACKTEST_MONTHS_MAX: usize = 1_200;
/// Mistakes of an outcomes file that are said at once; people fix the pattern, not the rows.
pub const BACKTEST_MISTAKES_SHOWN: usize = 20;
/// Accounts whose move is explained, for each direction; a page shows the first of them.
pub const BACKTEST_MOVERS: usize = 100;
/// Accounts, of those that were lost and of those that stayed, below which a backtest says that
/// it is too few to tell and gives no number: with fewer, an interval is wider than any answer.
pub const BACKTEST_ACCOUNTS_MIN: usize = 10;
/// Longest message of Puls's own topics, in bytes: a module of a megabyte is one message, and what
/// is re-keyed keeps its headers.
pub const KAFKA_MESSAGE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of a snapshot in one message; below the default of `max.message.bytes`.
pub const SNAPSHOT_CHUNK_BYTES: usize = 768 * 1024;
/// Milliseconds after which a broker ends a transaction that its member does not end. Readers of
/// what it wrote, and the next owner of its shards, wait that long when a member dies within one
/// and does not come back. A step's takes milliseconds, a snapshot's seconds.
pub const TRANSACTION_TIMEOUT_MS: u64 = 30_000;
/// Milliseconds that a member waits for the end of a transaction before its process ends itself.
pub const TRANSACTION_WAIT_MS_MAX: u64 = 120_000;

// --- peers: what segments are compared by ------------------------------------------------------

/// Accounts of a segment without which it says nothing: with fewer, one account is more than a
/// tenth of its peers, and a median would be a story about a few names.
pub const PEERS_MIN: u64 = 10;
/// Segments of one tenant that are counted; those with the smallest hashes where there are more.
/// People tell a dozen apart; a text of its own for each account is no segment.
pub const PEER_SEGMENTS_MAX: usize = 64;
/// Histograms of one tenant that a shard holds while it counts, before it leaves out what is beyond
/// the segments that are kept: four times those of all segments by all seven features.
pub const PEER_HISTOGRAMS_MAX: usize = 4 * 7 * PEER_SEGMENTS_MAX;
/// Days of a tenant's statistics that a shard keeps: a score is published every eighth day at the
/// latest, and what its peers did since then is told from the statistics of then.
pub const PEER_DAYS_KEPT: usize = 10;
/// Bytes of other shards' counts that one step is given, of which it takes at least one tenant's:
/// with what else is in its journal record they stay below a message of Kafka.
pub const PEER_STEP_BYTES_MAX: usize = 1024 * 1024;
/// Milliseconds that a live shard waits for what others counted before it goes on with the last
/// complete day: the time in which a member is replaced, with its recovery.
pub const PEER_WAIT_MS: i64 = 10 * 60 * 1_000;
/// Milliseconds that a shard's now may lie behind the clock while it counts as live.
pub const PEER_LIVE_MS: i64 = 3_600 * 1_000;

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
/// Loops of one function that stand in each other. Compile time grows with the square of this and
/// more: 3,000 in each other take minutes within one short body. People nest five.
pub const RULE_LOOP_DEPTH_MAX: usize = 16;
/// Pages of 64 KiB of a module's memory: 4 MiB, six times the greatest arena.
pub const RULE_MEMORY_PAGES_MAX: u64 = 64;
/// Entries of a module's one table: its functions that are called through a pointer.
pub const RULE_TABLE_ENTRIES_MAX: u64 = 2_500;

/// Longest scorecard in a package, in bytes; what the compiler of scorecards reads at most.
pub const PACKAGE_CARD_BYTES_MAX: usize = 256 * 1024;
/// Longest file of cases in a package, in bytes; what the reader of cases takes at most.
pub const PACKAGE_CASES_BYTES_MAX: usize = puls_cases::BYTES_MAX;
/// Longest texts of a package, all languages together, in bytes; what the reader of texts takes at
/// most.
pub const PACKAGE_TEXTS_BYTES_MAX: usize = puls_wire::TEXTS_BYTES_MAX;
/// Longest file of signatures, in bytes: a line for each signer.
pub const SIGNATURE_BYTES_MAX: usize = 2 * 1024;
/// Signers of one package. An author, a reviewer, a machine that builds; each is checked.
pub const SIGNATURES_MAX: usize = 8;

// --- rules: what a module may use ------------------------------------------------------------

/// Fuel of one call, about one unit for each operator: a full batch may use 39,000 a row, ten times
/// what a rule of 128 parts needs, and a rule that loops is stopped after some 10 ms.
pub const RULE_FUEL: u64 = 10_000_000;
/// Fuel of all calls with which a rule is verified before it governs: some seconds, a hundred times
/// what a usual rule needs.
pub const RULE_VERIFY_FUEL: u64 = 5_000_000_000;
/// Bytes of stack that a module may use. Evaluating threads have eight times as much.
pub const RULE_STACK_BYTES: usize = 256 * 1024;
/// Bytes of stack of a thread that evaluates rules: the standard library's default, stated because
/// a smaller one would let a module's recursion abort the process.
pub const RULE_THREAD_STACK_BYTES: usize = 2 * 1024 * 1024;
/// Seconds of the processor that compiling a module may take, in a child process. A module of a
/// megabyte in bodies of the greatest length takes half of it.
pub const RULE_COMPILE_CPU_SECONDS: u64 = 10;
/// Bytes of memory that compiling a module may take, in a child process; the greatest module takes
/// a quarter of it.
pub const RULE_COMPILE_MEMORY_BYTES: u64 = 1024 * 1024 * 1024;
/// Trials of modules that a data folder remembers: every version of the rules of a hundred tenants.
/// Beyond, it begins anew.
pub const TRIALS_KEPT_MAX: usize = 4_096;
/// Bytes of stack of a thread that compiles rules. The compiler recurses over a module's nesting.
pub const RULE_COMPILE_STACK_BYTES: usize = 16 * 1024 * 1024;
/// One in so many rows, chosen by the hash of its cause, is evaluated again alone in a fresh
/// instance. A fresh instance costs as much as some hundred rows, so this costs a few percent.
pub const RULE_SECOND_LOOK_ONE_IN: u64 = 4_096;
/// Instances that one worker keeps. Each reserves 4 GiB of addresses and holds about 200 KiB of
/// memory; beyond, the one that was not used for longest is dropped and made again when needed.
pub const RULE_INSTANCES_MAX: usize = 1_024;

// What is kept of one account. Where one of these binds, the entries with the smallest hashes stay
// and the features say `capped`.

/// Contacts of one account. A large customer has some hundred users; more than this is a machine
/// that invents contacts.
pub const CONTACTS_MAX: usize = 2_000;
/// Different metrics of one contact within 28 days. Products name dozens.
pub const METRICS_MAX: usize = 256;
/// Licenses of one account, ended ones too. Data sets from the field have up to 18.
pub const LICENSES_MAX: usize = 256;
/// Ends of terms that were stated for one license within a year; corrections included.
pub const LICENSE_TERMS_MAX: usize = 16;
/// Statements of one license that later ones replaced within 90 days: new terms and corrections.
pub const LICENSE_PAST_MAX: usize = 64;
/// Failed payments of one account within the horizon. A card that is tried daily fails 365 times.
pub const PAYMENT_FAILURES_MAX: usize = 400;
/// Tickets of one account that are open or were changed within [`TICKET_FORGET_DAYS`].
pub const TICKETS_MAX: usize = 1_000;
/// Changes of one ticket. Beyond this a ticket is a conversation between machines.
pub const TICKET_CHANGES_MAX: usize = 64;
/// Days after its last change that a ticket which is not open is forgotten: the horizon and the
/// greatest lateness, so that no change can still arrive that belongs to it within the horizon.
pub const TICKET_FORGET_DAYS: i64 = 800;
/// Survey answers of one account within the horizon.
pub const ANSWERS_MAX: usize = 500;
/// Surveys sent to one account within the horizon, and of those that came back.
pub const SURVEYS_MAX: usize = 1_000;
/// Touches of one account that await an answer within the horizon, and events that touches answer.
pub const ANSWERING_TOUCHES_MAX: usize = 1_000;
/// Milestones of one account. A success plan has a dozen, and a customer some plans.
pub const MILESTONES_MAX: usize = 256;
/// Success factors of one account; a tenant has two or a dozen.
pub const FACTORS_MAX: usize = 64;
/// Attributes of one account; a tenant declares what its rules read.
pub const ATTRIBUTES_MAX: usize = 64;
/// Events of one account that arrived ahead of their time and wait for it, a day at most.
pub const PENDING_EVENTS_MAX: usize = 1_000;
/// Features that one tenant may declare; each costs memory in every account.
pub const DECLARED_FEATURES_MAX: usize = 64;
/// Cells that one declared feature keeps of one account: 365 days need 366 unless a condition
/// names the role, then one per contact and day.
pub const DECLARED_CELLS_MAX: usize = 4_096;
/// Longest text that is kept of an attribute or segment, in bytes; what is longer is cut.
pub const KEPT_TEXT_BYTES_MAX: usize = 256;
/// Longest reason that is kept of an override, in bytes; what is longer is cut.
pub const KEPT_REASON_BYTES_MAX: usize = 1_024;
/// Values at whose passing one feature may ask for an evaluation; each is a timer of every account.
pub const WAKES_MAX: usize = 16;

// What one record may say.

/// Bytes of one text of an event, comments excepted: what is kept per account must stay small.
pub const FIELD_BYTES_MAX: usize = 512;
/// Attributes of one account event, and ids in CRMs: more belongs into the CRM.
pub const EVENT_PAIRS_MAX: usize = 64;
/// Events that one mapping may list, of which one record yields `RECORD_EVENTS_MAX`: a feed that
/// mixes families lists all of them.
pub const MAPPING_EVENTS_MAX: usize = 32;
/// Different pointers or columns that one mapping may read; each is a place in every record.
pub const MAPPING_SOURCES_MAX: usize = 256;
/// Milliseconds of the clock after which a member stores a snapshot of a shard: what a new owner
/// refolds at most.
pub const SNAPSHOT_INTERVAL_MS: i64 = 60_000;
/// Times in a row that a member may be fenced before it has committed anything. More means that
/// another process uses its name.
pub const FENCED_MAX: u32 = 5;

// --- what-ifs: columns of features, and drafts -----------------------------------------------

/// Values that the columns of all tenants together hold in one process: 2 GiB. A million accounts
/// of twenty features are 20 million values, 160 MB; keys, moments and segments add 26 MB.
pub const COLUMN_CELLS_MAX: usize = 256 * 1024 * 1024;
/// Chunks of 256 accounts that a shard writes between two steps: 2,048 accounts, some 5 ms. A step
/// takes 30 ms, so filling costs a busy fold a sixth while it lasts.
pub const COLUMN_CHUNKS_PER_TURN: usize = 8;
/// Chunks that a shard looks at between two steps to see whether they are as they should be: a bit
/// for each account, a fraction of a millisecond.
pub const COLUMN_CHUNKS_LOOKED_AT: usize = 1_024;
/// Accounts whose tenant a shard looks up between two steps, when a tenant's columns begin.
pub const COLUMN_ACCOUNTS_PER_TURN: usize = 65_536;
/// Milliseconds after which a draft closes that nobody has asked for: a person who edits a card
/// asks every few minutes.
pub const DRAFT_IDLE_MS: i64 = 10 * 60 * 1_000;
/// Drafts that one tenant has open: a few people, each with a card and an earlier form of it.
pub const DRAFTS_PER_TENANT_MAX: usize = 8;
/// Drafts that all tenants of a process have open; each may add columns of every account.
pub const DRAFTS_OPEN_MAX: usize = 64;
/// Threads that one what-if evaluates on, with a third of the share that a thread of a fold has.
pub const WHAT_IF_THREADS_MAX: usize = 2;
/// Milliseconds that one what-if may evaluate. A million accounts take less than a second; a module
/// that uses all its fuel on each call takes a hundred times as long.
pub const WHAT_IF_MS_MAX: u64 = 30_000;
/// Accounts that a rule may fail on in one what-if before it is stopped: each failed batch costs as
/// much as 256 whole budgets.
pub const WHAT_IF_FAILURES_MAX: u64 = 100;
/// Accounts that a what-if shows with reasons, where nobody asks for another number.
pub const WHAT_IF_MOVERS: usize = 10;
/// Accounts that a what-if shows at most; people read a screen, programs read the migration.
pub const WHAT_IF_MOVERS_MAX: usize = 1_000;
/// Segments that a what-if tells apart: the largest. People sort customers into a dozen.
pub const WHAT_IF_SEGMENTS_MAX: usize = 50;
/// Lines of a mover's reasons: what moved it most.
pub const WHAT_IF_REASONS: usize = 3;
/// Bytes of a what-if's body: the longest module; a card is a hundredth of it.
pub const WHAT_IF_BODY_BYTES_MAX: usize = RULE_MODULE_BYTES_MAX;
/// Milliseconds in which the body of a what-if must have arrived.
pub const WHAT_IF_BODY_MS_MAX: u64 = 10_000;
/// Milliseconds that an answer waits for columns before it tells how far they are.
pub const WHAT_IF_WAIT_MS: u64 = 2_000;
/// Fewest characters of a token: 128 bits as base64 are 22.
pub const TOKEN_CHARS_MIN: usize = 20;
/// Requests that are worked on at once by the listener; further ones wait their turn.
pub const HTTP_THREADS_MAX: usize = 8;
/// Connections that the listener has open at once; further clients wait. Some scrapers, probes and
/// people: a twentieth of the 1,024 file descriptors that a process often has, whose rest the log
/// and the broker need.
pub const HTTP_CONNECTIONS_MAX: usize = 64;
/// Milliseconds in which the head of a request must have arrived, and that a connection may lie
/// idle: a head is a packet, and who scrapes less often connects anew.
pub const HTTP_HEAD_MS_MAX: u64 = 10_000;

// What an explanation shows.

/// Published changes that an explanation of the past lists before the last one; `--history` lists
/// all.
pub const EXPLAIN_CHANGES: usize = 5;
/// Characters of the record behind a change that an explanation shows; JSON output has all of it.
pub const EXPLAIN_RECORD_CHARS: usize = 400;
/// Characters of a reason in a table of changes, so that its line fits a terminal.
pub const EXPLAIN_REASON_CHARS: usize = 48;
