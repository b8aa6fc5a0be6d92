//! The desk where what-ifs are asked: opens drafts on the board, waits for their columns, compares.
//!
//! One what-if of a tenant runs at a time; who comes meanwhile is told so. Everything here runs on
//! the asker's thread and on threads of its own. A tenant's answer is made from that tenant's
//! sheets and from nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::answer::{Answer, Shards};
use super::board::{Board, Crowded, Sheet, Sheets};
use super::compare::{Comparison, Contender, Draft, Stopped};
use crate::clock::{Clock, Stopwatch};
use crate::limits::{COLUMN_CELLS_MAX, WHAT_IF_MOVERS, WHAT_IF_MOVERS_MAX, WHAT_IF_WAIT_MS};
use crate::model::{Digest, content_digest};
use crate::rules::{ActiveRule, Epoch, Module, RulesEngine};
use crate::shard::Chunk;
use crate::state::Plan;

/// Compiles the text of a card for a tenant; all that is wrong with it, or a module.
pub type CompileCard = fn(&str, &Plan) -> Result<Vec<u8>, Vec<String>>;

/// How a WebAssembly module begins.
const MODULE_MAGIC: &[u8] = b"\0asm";

/// Where what-ifs are asked.
#[derive(Debug)]
pub struct Desk {
    board: Arc<Board>,
    engine: RulesEngine,
    compile: CompileCard,
    clock: Arc<dyn Clock>,
    busy: Mutex<BTreeSet<String>>,
}

/// What is asked beside the card.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The active rule to compare with; the one of the card's name, else the primary one, where it
    /// is `None`.
    pub rule: Option<String>,
    /// Numbers in place of the card's own.
    pub parameters: BTreeMap<String, f64>,
    /// Accounts to show with reasons.
    pub movers: Option<usize>,
}

/// What the desk says.
#[derive(Debug)]
pub enum Said {
    /// The answer.
    Answer(Box<Answer>),
    /// The columns are not filled yet.
    Filling(Progress),
}

/// How far the columns of a draft are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The draft, under which the answer can be asked for.
    pub draft: Digest,
    /// Accounts whose values are there.
    pub accounts: u64,
    /// Accounts that were found so far.
    pub of: u64,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Another what-if of the tenant is being answered.
    #[error("expected one what-if at a time, found another that is being answered; ask again")]
    Busy,
    /// The draft is not open.
    #[error("expected an open draft, found none with this id; it closes when nobody asks for it")]
    Closed,
    /// There are too many drafts.
    #[error("{0}")]
    Crowded(#[from] Crowded),
    /// The engine does not have the tenant's shards, or not yet.
    #[error(
        "expected shards with accounts of the tenant, found none yet: the engine is starting, or \
         has not read any of its events"
    )]
    Starting,
    /// There is no room for the columns.
    #[error(
        "expected columns of at most {COLUMN_CELLS_MAX} values in all, found more; name fewer \
         features, or ask over the data folder"
    )]
    Full,
    /// The card cannot be used.
    #[error("{}", .0.join("\n"))]
    Card(Vec<String>),
    /// The active rule that was named is not there.
    #[error("{0}")]
    Rule(String),
    /// It was stopped.
    #[error("{0}")]
    Stopped(#[from] Stopped),
}

impl Desk {
    /// A desk. `engine` compiles for what-ifs only, so that a card that takes long to compile holds
    /// no shard up.
    #[must_use]
    pub fn new(
        board: Arc<Board>,
        engine: RulesEngine,
        (compile, clock): (CompileCard, Arc<dyn Clock>),
    ) -> Self {
        Self {
            board,
            engine,
            compile,
            clock,
            busy: Mutex::default(),
        }
    }

    /// Opens a draft of `body`, a card or a module, and answers as soon as its columns are there;
    /// where that takes longer than a moment, says how far they are.
    ///
    /// # Errors
    /// Why there is no answer.
    pub fn open(&self, tenant: &str, body: &[u8], ask: &Ask) -> Result<Said, Refused> {
        let _busy = self.begin(tenant)?;
        let epoch = self.epoch(tenant)?;
        let draft = Arc::new(draft(&self.engine, self.compile, (&epoch, body), ask)?);
        // A name that is not there is said at once, not when all is filled.
        present(&epoch, &draft)?;
        self.board.open(tenant, &draft, self.clock.now())?;
        self.answer(tenant, &draft)
    }

    /// The answer of a draft that is open.
    ///
    /// # Errors
    /// Why there is none.
    pub fn look(&self, tenant: &str, id: Digest) -> Result<Said, Refused> {
        let _busy = self.begin(tenant)?;
        let draft = self.board.draft(tenant, id, self.clock.now());
        let draft = draft.ok_or(Refused::Closed)?;
        self.answer(tenant, &draft)
    }

    /// Closes a draft.
    ///
    /// # Errors
    /// Where it was not open.
    pub fn close(&self, tenant: &str, id: Digest) -> Result<(), Refused> {
        let closed = self.board.close(tenant, id);
        closed.then_some(()).ok_or(Refused::Closed)
    }

    fn begin(&self, tenant: &str) -> Result<Busy<'_>, Refused> {
        let is_first = self.busy.lock().insert(tenant.to_owned());
        let tenant = tenant.to_owned();
        is_first
            .then(|| Busy { desk: self, tenant })
            .ok_or(Refused::Busy)
    }

    /// What governs the tenant, as its newest sheet says; waits for one where there is none.
    fn epoch(&self, tenant: &str) -> Result<Epoch, Refused> {
        let watch = Stopwatch::start();
        self.board.ask(tenant, self.clock.now());
        loop {
            let sheets = self.board.sheets(tenant, None);
            if sheets.is_seen || !wait(&self.board, &watch) {
                let newest = newest(&sheets).ok_or(Refused::Starting)?;
                return Ok(newest.set.epoch().clone());
            }
        }
    }

    fn answer(&self, tenant: &str, draft: &Draft) -> Result<Said, Refused> {
        let watch = Stopwatch::start();
        loop {
            let sheets = self.board.sheets(tenant, Some(draft.id));
            if let Some(problem) = &sheets.problem {
                return Err(Refused::Card(vec![problem.clone()]));
            }
            if sheets.sheets.iter().any(|sheet| sheet.is_full) {
                return Err(Refused::Full);
            }
            let newest = newest(&sheets).filter(|_| sheets.is_seen);
            if let Some(newest) = newest {
                let present = present(newest.set.epoch(), draft)?;
                if let Some(chunks) = filled(&sheets, &present, draft) {
                    return Ok(self.compare(tenant, (&present, draft), (&chunks, &sheets))?);
                }
            }
            if !wait(&self.board, &watch) {
                return Ok(Said::Filling(progress(&sheets, draft)));
            }
        }
    }

    fn compare(
        &self,
        tenant: &str,
        (present, draft): (&Contender, &Draft),
        (chunks, sheets): (&[Arc<Chunk>], &Sheets),
    ) -> Result<Said, Stopped> {
        let watch = Stopwatch::start();
        let what = Comparison {
            tenant,
            chunks,
            present,
            draft: &draft.contender,
            movers: draft.movers,
        };
        let tally = what.run()?;
        let shards = Shards {
            here: sheets.shards as u64,
            of: u64::from(sheets.shards_of),
        };
        let took_ms = u64::try_from(watch.elapsed().as_millis()).unwrap_or(u64::MAX);
        let answer = Answer::new(&what, &tally, (shards, took_ms));
        // Who read the answer may change the card in peace; who closed it has read enough.
        let _open = self.board.draft(tenant, draft.id, self.clock.now());
        Ok(Said::Answer(Box::new(answer)))
    }
}

/// Ends a tenant's what-if, however that comes about.
struct Busy<'a> {
    desk: &'a Desk,
    tenant: String,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.desk.busy.lock().remove(&self.tenant);
    }
}

/// Waits for news of the workers; whether there is patience left.
fn wait(board: &Board, watch: &Stopwatch) -> bool {
    let patience = Duration::from_millis(WHAT_IF_WAIT_MS);
    let left = patience.saturating_sub(watch.elapsed());
    if left.is_zero() {
        return false;
    }
    board.wait(left.min(Duration::from_millis(50)));
    true
}

/// A draft of `body`: a card, or a module.
///
/// # Errors
/// All that is wrong with it.
pub fn draft(
    engine: &RulesEngine,
    compile: CompileCard,
    (epoch, body): (&Epoch, &[u8]),
    ask: &Ask,
) -> Result<Draft, Refused> {
    let plan = Plan::new(&epoch.settings, &epoch.declared).map_err(Refused::Card)?;
    let wrong = |problem: String| Refused::Card(vec![problem]);
    let compiled;
    let bytes = if body.starts_with(MODULE_MAGIC) {
        body
    } else {
        let text = std::str::from_utf8(body);
        let text = text.map_err(|_| {
            wrong("expected a card (TOML, UTF-8) or a WebAssembly module, found other bytes".into())
        })?;
        compiled = compile(text, &plan).map_err(Refused::Card)?;
        &compiled
    };
    let module = engine.compile(bytes).map_err(|it| wrong(it.to_string()))?;
    let parameters = module.parameters(&ask.parameters).map_err(Refused::Card)?;
    crate::features::Selection::new(&plan, &module.manifest.features).map_err(Refused::Card)?;
    Ok(Draft {
        id: id(&module, &parameters, ask),
        contender: Contender::new(
            &module.manifest.name,
            (&module, &parameters),
            &epoch.settings,
        ),
        rule: ask.rule.clone(),
        movers: ask.movers.unwrap_or(WHAT_IF_MOVERS).min(WHAT_IF_MOVERS_MAX),
    })
}

fn id(module: &Module, parameters: &[f64], ask: &Ask) -> Digest {
    let mut writer = crate::model::Writer::new();
    writer.bytes(&module.digest.0);
    writer.list(parameters.iter(), |writer, value| writer.f64(*value));
    writer.text(ask.rule.as_deref().unwrap_or_default());
    writer.u64(ask.movers.map_or(u64::MAX, |movers| movers as u64));
    content_digest(&writer.into_bytes())
}

/// The active rule that a draft is compared with.
///
/// # Errors
/// Where the one that was named is not active, or none is.
pub fn present(epoch: &Epoch, draft: &Draft) -> Result<Contender, Refused> {
    let of_name = |name: &str| epoch.rules.iter().find(|rule| *rule.name == *name);
    let found: Option<&ActiveRule> = match &draft.rule {
        Some(name) => of_name(name),
        None => {
            of_name(&draft.contender.name).or_else(|| epoch.rules.iter().find(|rule| rule.primary))
        }
    };
    let found = found.ok_or_else(|| {
        let active: Vec<_> = epoch.rules.iter().map(|rule| &*rule.name).collect();
        let list = if active.is_empty() {
            "none is".to_owned()
        } else {
            format!("active are {}", active.join(", "))
        };
        Refused::Rule(match &draft.rule {
            Some(name) => {
                format!("expected an active rule to compare with, found `{name}`; {list}")
            }
            None => format!(
                "expected an active rule of the card's name `{}`, or a primary one, to compare \
                 with; {list}",
                draft.contender.name
            ),
        })
    })?;
    Ok(Contender::active(found, &epoch.settings))
}

/// The sheet with what governs latest: shards pass an activation one after the other.
fn newest(sheets: &Sheets) -> Option<&Sheet> {
    sheets
        .sheets
        .iter()
        .max_by_key(|sheet| sheet.set.epoch().from)
}

/// All chunks, if each of them has the features of both rules, under the settings of now.
fn filled(sheets: &Sheets, present: &Contender, draft: &Draft) -> Option<Vec<Arc<Chunk>>> {
    let governing = newest(sheets)?.set.epoch();
    let has_all = |chunk: &Arc<Chunk>| {
        let of = chunk.set().epoch();
        let is_same = of.settings == governing.settings && of.declared == governing.declared;
        let has = |rule: &Contender| chunk.set().places(&rule.module.manifest.features).is_some();
        is_same && has(present) && has(&draft.contender)
    };
    let mut known = None;
    let mut chunks = Vec::new();
    for sheet in &sheets.sheets {
        let goal = sheet.goal?;
        for (number, chunk) in sheet.chunks.iter().enumerate() {
            let is_new = number >= goal;
            let chunk = match chunk {
                Some(chunk) => chunk,
                // Accounts that have come since are in the next answer.
                None if is_new => continue,
                None => return None,
            };
            // Nearly all chunks are of one set, which is looked at once.
            if known.is_none_or(|set| !Arc::ptr_eq(set, chunk.set())) {
                if !has_all(chunk) {
                    return None;
                }
                known = Some(chunk.set());
            }
            chunks.push(Arc::clone(chunk));
        }
        if sheet.chunks.len() < goal {
            return None;
        }
    }
    Some(chunks)
}

fn progress(sheets: &Sheets, draft: &Draft) -> Progress {
    let has = |chunk: &Arc<Chunk>| {
        let uses = &draft.contender.module.manifest.features;
        chunk.set().places(uses).is_some()
    };
    let chunks = sheets.sheets.iter().flat_map(|sheet| &sheet.chunks);
    let there = chunks.flatten().filter(|chunk| has(chunk));
    Progress {
        draft: draft.id,
        accounts: there.map(|chunk| chunk.keys().len() as u64).sum(),
        of: sheets
            .sheets
            .iter()
            .map(|sheet| sheet.accounts as u64)
            .sum(),
    }
}
