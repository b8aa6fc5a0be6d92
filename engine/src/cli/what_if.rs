//! `puls what-if CARD`: what a changed card would make of all accounts as they stand.
//!
//! Over a data folder or a broker's snapshots, as `puls explain` reads them, or with `--live` of a
//! running engine. Nothing is published, decided or remembered. What is shown stands in `text`, how
//! a running engine is asked in `live`.

mod live;
mod text;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::Args;

use super::engine::Feed;
use super::rule::parameter;
use super::session::{ConfigArgs, Outcome, Session, tenant};
use super::{progress, recover, scorecard, trial};
use crate::clock::{Stopwatch, SystemClock};
use crate::config::{Config, WhatIf};
use crate::http::WhatIfs;
use crate::limits::TOKEN_CHARS_MIN;
use crate::model::Time;
use crate::query::{self, Answer, Ask, Board, Comparison, Desk, Draft, Shards};
use crate::rules::Epoch;
use crate::shard::{Chunk, ColumnSet, Place, Shard};
use crate::state::Plan;

#[derive(Debug, Args)]
pub(super) struct WhatIfArgs {
    /// The changed card, or a module.
    card: PathBuf,
    #[command(flatten)]
    config: ConfigArgs,
    /// The tenant; needed where there are several.
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// The active rule to compare with; the one of the card's name without it, else the primary.
    #[arg(long, value_name = "NAME")]
    rule: Option<String>,
    /// Sets a number of the card.
    #[arg(long = "parameter", value_name = "NAME=NUMBER", value_parser = parameter)]
    parameters: Vec<(String, f64)>,
    /// How many of the accounts that move most are shown.
    #[arg(long, value_name = "N", default_value_t = crate::limits::WHAT_IF_MOVERS)]
    movers: usize,
    /// Ask the engine that runs, where `[puls] listen` says.
    #[arg(long)]
    live: bool,
    /// Ask the engine that listens here.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The moment at which to look; the end of the last run without it.
    #[arg(long, value_name = "TIME", value_parser = super::run::time,
          conflicts_with_all = ["live", "url"])]
    at: Option<Time>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl WhatIfArgs {
    fn ask(&self) -> Ask {
        Ask {
            rule: self.rule.clone(),
            parameters: self.parameters.iter().cloned().collect(),
            movers: Some(self.movers),
        }
    }
}

pub(super) fn run(args: &WhatIfArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let config = args.config.load()?;
    let tenant = tenant(&config, args.tenant.as_deref())?;
    let shown = args.card.display();
    let card = std::fs::read(&args.card).with_context(|| format!("read the card {shown}"))?;
    let answer = if args.live || args.url.is_some() {
        live::ask(args, (&config, tenant), &card, session)?
    } else {
        over_state(args, (&config, tenant), &card, session)?
    };
    if args.json {
        session.json(&serde_json::to_value(&answer)?)?;
    } else {
        for line in text::lines(&answer, session.width()) {
            session.line(&line)?;
        }
    }
    Ok(Outcome::Done)
}

/// Over the state that the last commits left.
fn over_state(
    args: &WhatIfArgs,
    (config, tenant): (&Config, &str),
    card: &[u8],
    session: &Session,
) -> anyhow::Result<Answer> {
    let rules_engine = trial::engine()?;
    let feed = Feed::of(config, &rules_engine)?;
    let mut found = recover::all(&feed, &progress::line(session.err_is_terminal))?;
    let at = args.at.unwrap_or(found.at);
    let governing = |shard: &Shard| shard.governing(tenant, at).cloned();
    let first = found.runners.first();
    let epoch = first.and_then(|runner| governing(runner.shard()));
    let epoch = epoch.with_context(|| nobody(tenant))?;
    let bytes = module(&args.card, card, &epoch)?;
    let draft = query::draft(&rules_engine, compile, (&epoch, &bytes), &args.ask())?;
    let present = query::present(&epoch, &draft)?;
    let uses = [&present, &draft.contender].map(|it| &it.module.manifest.features);
    let set = ColumnSet::new(&epoch, uses.into_iter().flatten());
    let set = Arc::new(set.map_err(|problems| anyhow::anyhow!(problems.join("\n")))?);
    let bar = progress::line(session.err_is_terminal);
    let mut chunks = Vec::new();
    for runner in &mut found.runners {
        let shard = runner.shard_mut();
        read(shard, tenant, (&set, at), &mut |chunk| {
            bar.inc(chunk.keys().len() as u64);
            chunks.push(Arc::new(chunk));
        });
    }
    bar.finish_and_clear();
    anyhow::ensure!(!chunks.is_empty(), nobody(tenant));
    let of = found.runners.len() as u64;
    compare(tenant, (&present, &draft), &chunks, Shards { here: of, of })
}

fn nobody(tenant: &str) -> String {
    format!(
        "expected accounts of tenant {tenant}, but none is known yet: `puls run` reads the events \
         that make them known"
    )
}

/// The module of a card, with what is wrong at its place in the file; a module as it is.
fn module(path: &Path, card: &[u8], epoch: &Epoch) -> anyhow::Result<Vec<u8>> {
    if !scorecard::is_card(path) {
        return Ok(card.to_vec());
    }
    let said = |problems: Vec<String>| anyhow::anyhow!(problems.join("\n"));
    let plan = Plan::new(&epoch.settings, &epoch.declared).map_err(said)?;
    let text = std::str::from_utf8(card)
        .with_context(|| format!("expected a card in UTF-8 at {}", path.display()))?;
    Ok(scorecard::compile(path, text, &plan).map_err(said)?.module)
}

/// Calls `each` with the columns of all accounts of a tenant in a shard, chunk by chunk.
fn read(
    shard: &mut Shard,
    tenant: &str,
    (set, at): (&Arc<ColumnSet>, Time),
    each: &mut dyn FnMut(Chunk),
) {
    let mut members: Vec<Place> = Vec::new();
    for place in 0.. {
        let Some(of) = shard.tenant_at(place) else {
            break;
        };
        if of == tenant {
            members.push(place);
        }
    }
    for places in members.chunks(puls_wire::ROWS_MAX) {
        each(shard.chunk(set, (places, None), at));
    }
}

fn compare(
    tenant: &str,
    (present, draft): (&query::Contender, &Draft),
    chunks: &[Arc<Chunk>],
    shards: Shards,
) -> anyhow::Result<Answer> {
    let what = Comparison {
        tenant,
        chunks,
        present,
        draft: &draft.contender,
        movers: draft.movers,
    };
    let watch = Stopwatch::start();
    let tally = what.run()?;
    let took_ms = u64::try_from(watch.elapsed().as_millis())?;
    Ok(Answer::new(&what, &tally, (shards, took_ms)))
}

/// A card that came over the listener.
fn compile(text: &str, plan: &Plan) -> Result<Vec<u8>, Vec<String>> {
    Ok(scorecard::compile(Path::new("card"), text, plan)?.module)
}

/// What a run needs to answer what-ifs: where workers put up columns, and who may ask. Where the
/// configuration lets nobody ask, there is no board and the workers do nothing for it.
pub(super) fn desk(config: &Config) -> anyhow::Result<(Option<Arc<Board>>, WhatIfs)> {
    if asked(config).next().is_none() {
        return Ok((None, WhatIfs::nobody()));
    }
    if let Some(problem) = unheard(config) {
        anyhow::bail!(problem);
    }
    let (tokens, problems) = tokens(config);
    anyhow::ensure!(problems.is_empty(), problems.join("\n"));
    let kept = asked(config).filter(|(_, it)| it.keep);
    let board = Arc::new(Board::new(kept.map(|(name, _)| name)));
    // An engine of its own: compiling a draft never holds up a shard that takes up a rule.
    let desk = Desk::new(
        Arc::clone(&board),
        trial::engine()?,
        (compile, Arc::new(SystemClock)),
    );
    Ok((Some(board), WhatIfs::new(desk, tokens)))
}

/// What would keep a run from answering what-ifs; `offline` leaves tokens out, which stand in the
/// environment of the run.
pub(super) fn problems(config: &Config, offline: bool) -> Vec<String> {
    let mut problems: Vec<String> = unheard(config).into_iter().collect();
    if !offline {
        problems.extend(tokens(config).1);
    }
    problems
}

/// The tenants about which people may ask.
fn asked(config: &Config) -> impl Iterator<Item = (&str, &WhatIf)> {
    let tenants = config.tenants.iter();
    tenants.filter_map(|(name, tenant)| Some((name.as_str(), tenant.what_if.as_ref()?)))
}

/// What to say where people may ask and nothing listens.
fn unheard(config: &Config) -> Option<String> {
    let (name, _) = asked(config).next()?;
    config.puls.listen.is_none().then(|| {
        format!(
            "expected `[puls] listen`, over which [tenants.{name}.what_if] lets people ask; found \
             none"
        )
    })
}

/// The token of each tenant about which people may ask, and what is wrong with the others.
fn tokens(config: &Config) -> (Vec<(String, String)>, Vec<String>) {
    let (mut tokens, mut problems) = (Vec::new(), Vec::new());
    for (name, what_if) in asked(config) {
        match token(&what_if.token_env) {
            Ok(token) => tokens.push((name.to_owned(), token)),
            Err(found) => problems.push(format!("tenants.{name}.what_if: {found}")),
        }
    }
    (tokens, problems)
}

/// The token that an environment variable holds.
fn token(variable: &str) -> anyhow::Result<String> {
    let token = std::env::var(variable).unwrap_or_default();
    let found = match token.chars().count() {
        0 => "none".to_owned(),
        short @ ..TOKEN_CHARS_MIN => format!("one of {short}"),
        _ => return Ok(token),
    };
    anyhow::bail!(
        "expected a token of at least {TOKEN_CHARS_MIN} characters in the environment variable \
         {variable}, found {found}; `openssl rand -base64 24` makes one"
    )
}
