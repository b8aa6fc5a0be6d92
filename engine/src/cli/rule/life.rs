//! `puls rule push | activate | rollback | deactivate`: what a person writes to the rules log.
//!
//! Everything that can be refused is refused before anything is written. A record governs from a
//! moment a little ahead, so that every shard has read it by then; nothing written here ever
//! changes the past.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};

use super::judge;
use super::ledger::{Ledger, governs_as_primary, is_same};
use super::pick::{Known, pick};
use super::said::{parameter, person, reason};
use super::{primary, sign, target};
use crate::cli::run::time;
use crate::cli::scorecard;
use crate::cli::session::{ConfigArgs, Outcome, Session};
use crate::clock::{Clock, SystemClock};
use crate::config::none_of;
use crate::limits::{ACTIVATION_DELAY_MS, RULES_PER_TENANT_MAX};
use crate::model::{Digest, Time, content_digest, name_is_valid};
use crate::rules::record::{Activation, Deactivation, Record, RuleRole};

#[derive(Debug, Args)]
pub(super) struct PushArgs {
    /// The package, with its signatures beside it where it has any; a module; a scorecard, or its
    /// folder.
    file: PathBuf,
    /// The tenant whose rule it is to be, and whose own features a scorecard may name; needed for a
    /// scorecard where there are several. Without it, one tenant that takes it is enough.
    #[arg(long)]
    tenant: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// For whom a record is written, by whom, from when and why.
#[derive(Debug, Args)]
pub(super) struct WordArgs {
    /// The tenant; needed where there are several.
    #[arg(long)]
    tenant: Option<String>,
    /// Why, in a sentence; it stays in the history.
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    /// Who you are.
    #[arg(long, value_name = "NAME", env = "USER", hide_env_values = true,
          value_parser = person)]
    by: String,
    /// The moment of the records' own time from which it governs; by default in 2 seconds.
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Time>,
    #[command(flatten)]
    config: ConfigArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ActivateArgs {
    /// Name of a rule that was pushed, with a version or the beginning of a digest where there are
    /// several: `health`, `health@1.2.0`, `health@3fa9`.
    #[arg(value_name = "RULE[@VERSION|@DIGEST]")]
    rule: String,
    /// The name to run it under, where it is not its own: a candidate beside what it may replace.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// Runs without a say: `puls explain` shows its verdicts, nothing of them is published.
    #[arg(long)]
    shadow: bool,
    /// Its verdict becomes the account's score and tier, in place of the primary rule that governs.
    #[arg(long, conflicts_with = "secondary")]
    primary: bool,
    /// It has scores and tiers of its own. This is the default for a name that does not stand yet.
    #[arg(long)]
    secondary: bool,
    /// A number set instead of the module's default; may be repeated.
    #[arg(long = "parameter", value_name = "NAME=NUMBER", value_parser = parameter)]
    parameters: Vec<(String, f64)>,
    #[command(flatten)]
    word: WordArgs,
}

#[derive(Debug, Args)]
pub(super) struct NamedArgs {
    /// Name of the rule.
    rule: String,
    #[command(flatten)]
    word: WordArgs,
}

pub(super) fn push(args: &PushArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let config = args.config.load()?;
    let shown = args.file.display();
    let (bytes, signatures) = if let Some(card) = target::card(&args.file) {
        let tenant = args.tenant.as_deref();
        (scorecard::package(&card, &config, tenant)?, None)
    } else {
        anyhow::ensure!(
            !args.file.is_dir(),
            "{shown}: expected a card.toml in the folder, found none; a rule in Rust is built \
             first: puls rule build {shown}"
        );
        let bytes = std::fs::read(&args.file).with_context(|| format!("read {shown}"))?;
        (bytes, sign::read_beside(&args.file)?)
    };
    let tenant = args.tenant.as_deref();
    let takers = (&config, tenant);
    let signed = sign::someone_takes(takers, content_digest(&bytes), signatures.as_ref())
        .with_context(|| shown.to_string())?;
    let mut ledger = Ledger::open_to_push(&config, &bytes)?;
    let module = ledger.compile(&bytes).with_context(|| shown.to_string())?;
    let (name, version) = (&module.manifest.name, &module.manifest.version);
    let known = ledger.known()?;
    let is_known = known.iter().any(|it| it.digest == module.digest);
    let namesake = known
        .iter()
        .find(|it| it.name == *name && it.version == *version);
    if let Some(Known { digest, .. }) = namesake.filter(|_| !is_known) {
        anyhow::bail!(
            "{shown}: expected a version of its own, found {name} {version}, which was published \
             with digest {digest}: a version never changes; raise the version and build again"
        );
    }
    if !is_known {
        let settings = scorecard::settings_or_default(&config, args.tenant.as_deref())?;
        let refusals = judge::refusals(ledger.engine(), &bytes, &settings)?;
        let refused = judge::refused(&refusals, args.json, session);
        if let Some(refused) = refused.with_context(|| shown.to_string())? {
            return Ok(refused);
        }
    }
    ledger.publish_module(&bytes)?;
    if let Some(signatures) = &signatures {
        ledger.publish_signatures(signatures)?;
    }
    if args.json {
        session.json(&json!({
            "rule": name,
            "version": version,
            "digest": module.digest.to_string(),
            "bytes": bytes.len(),
            "new": !is_known,
            "signed": signed,
        }))?;
    } else {
        let what = if is_known {
            "is there already"
        } else {
            "is pushed"
        };
        let signed = signed.map(|by| format!(", signed by {by}"));
        session.line(&format!(
            "{name} {version} {what}: digest {}{}",
            module.digest,
            signed.unwrap_or_default()
        ))?;
        session.line(&format!(
            "activate it: puls rule activate {name}@{version} --reason \"…\""
        ))?;
    }
    Ok(Outcome::Done)
}

pub(super) fn activate(args: &ActivateArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let config = args.word.config.load()?;
    let mut ledger = Ledger::open(&config)?;
    let word = Word::new(&args.word, &ledger)?;
    let digest = pick(&args.rule, &ledger.known()?)?;
    let module = ledger.module(digest)?;
    let rule = args.name.as_ref().unwrap_or(&module.manifest.name).clone();
    anyhow::ensure!(
        name_is_valid(&rule),
        "--as: expected a name of 1 to 64 characters of a-z 0-9 . _ -, found `{rule}`"
    );
    let parameters: BTreeMap<_, _> = args.parameters.iter().cloned().collect();
    let problems = ledger.misfits(&word.tenant, &module, &parameters);
    anyhow::ensure!(
        problems.is_empty(),
        "{} {} does not fit tenant {}: {}",
        module.manifest.name,
        module.manifest.version,
        word.tenant,
        problems.join("; ")
    );
    let signed = ledger.judge(&config.trust(&word.tenant), digest)?;
    let stands = ledger.standing(&word.tenant, &rule);
    let role = match (args.primary, args.secondary) {
        (true, _) => RuleRole::Primary,
        (_, true) => RuleRole::Secondary,
        _ => stands.map_or(RuleRole::Secondary, |it| it.role),
    };
    let activation = word.activation(
        &rule,
        Activation {
            digest,
            role,
            shadow: args.shadow,
            parameters,
            signed,
            ..blank()
        },
    );
    refuse(&ledger, &activation)?;
    let judged = format!("{} {}", module.manifest.name, module.manifest.version);
    let refusals = ledger.refusals(&word.tenant, digest)?;
    let refused = judge::refused(&refusals, args.word.json, session);
    if let Some(refused) = refused.context(judged)? {
        return Ok(refused);
    }
    word.publish(&mut ledger, &activation, session)
}

/// What would surprise whoever activates it.
fn refuse(ledger: &Ledger, wanted: &Activation) -> anyhow::Result<()> {
    let Activation { tenant, rule, .. } = wanted;
    let stands = ledger.standing(tenant, rule);
    if wanted.shadow && stands.is_some_and(|it| !it.shadow) {
        anyhow::bail!(
            "{rule} governs {tenant}, and in shadow it would govern no longer: run the candidate \
             under another name beside it (--as {rule}-next), or deactivate {rule} first"
        );
    }
    let standing = ledger.walk(tenant, Time::MAX).standing;
    anyhow::ensure!(
        stands.is_some() || standing.len() < RULES_PER_TENANT_MAX,
        "expected at most {RULES_PER_TENANT_MAX} rules of a tenant, {tenant} has as many: \
         deactivate one first"
    );
    Ok(())
}

pub(super) fn rollback(args: &NamedArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let config = args.word.config.load()?;
    let mut ledger = Ledger::open(&config)?;
    let word = Word::new(&args.word, &ledger)?;
    word.expect_standing(&ledger, &args.rule)?;
    let earlier = ledger.before(&word.tenant, &args.rule).cloned();
    let Some(earlier) = earlier else {
        let way_back = primary::way_back(&mut ledger, &word.tenant, &args.rule)?;
        let way_back = way_back.map(|it| format!("; {it}")).unwrap_or_default();
        anyhow::bail!(
            "expected an activation of {} for {} before the one that stands, found none: \
             `puls rule history {}` lists them{way_back}",
            args.rule,
            word.tenant,
            args.rule
        );
    };
    let module = ledger.module(earlier.digest)?;
    let problems = ledger.misfits(&word.tenant, &module, &earlier.parameters);
    anyhow::ensure!(
        problems.is_empty(),
        "{} {} does not fit tenant {} any more: {}",
        args.rule,
        module.manifest.version,
        word.tenant,
        problems.join("; ")
    );
    let signed = ledger.judge(&config.trust(&word.tenant), earlier.digest)?;
    let activation = word.activation(&args.rule, Activation { signed, ..earlier });
    word.publish(&mut ledger, &activation, session)
}

pub(super) fn deactivate(args: &NamedArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let config = args.word.config.load()?;
    let mut ledger = Ledger::open(&config)?;
    let word = Word::new(&args.word, &ledger)?;
    word.expect_standing(&ledger, &args.rule)?;
    let stands = ledger.standing(&word.tenant, &args.rule);
    let is_primary = stands.is_some_and(governs_as_primary);
    let warning = is_primary.then(|| primary::missing(&mut ledger, &word.tenant, &args.rule));
    let warning = warning.transpose()?;
    let record = Record::Deactivation(Deactivation {
        tenant: word.tenant.clone(),
        rule: args.rule.clone(),
        from: Some(word.from),
        genesis: false,
        by: word.args.by.clone(),
        reason: word.args.reason.clone(),
    });
    let offset = ledger.publish(&record, word.now)?;
    let mut said = vec![format!(
        "{} ends for {} from {} on (record {offset})",
        args.rule, word.tenant, word.from
    )];
    said.extend(warning);
    let data = json!({
        "record": offset,
        "tenant": word.tenant,
        "rule": args.rule,
        "from": word.from.to_string(),
        "without_primary": is_primary,
    });
    word.say(session, &said, &data)
}

/// What a person says about a rule.
struct Word<'a> {
    args: &'a WordArgs,
    tenant: String,
    now: Time,
    from: Time,
}

impl<'a> Word<'a> {
    fn new(args: &'a WordArgs, ledger: &Ledger) -> anyhow::Result<Self> {
        let now = SystemClock.now();
        let soon = now.plus_ms(ACTIVATION_DELAY_MS);
        Ok(Self {
            args,
            tenant: ledger.tenant(args.tenant.as_deref())?,
            now,
            from: args.from.unwrap_or(soon).max(soon),
        })
    }

    fn expect_standing(&self, ledger: &Ledger, rule: &str) -> anyhow::Result<()> {
        let walk = ledger.walk(&self.tenant, Time::MAX);
        let known: Vec<_> = walk.standing.keys().map(String::as_str).collect();
        anyhow::ensure!(
            known.contains(&rule),
            none_of(&format!("an active rule of {}", self.tenant), rule, &known)
        );
        Ok(())
    }

    fn activation(&self, rule: &str, what: Activation) -> Activation {
        Activation {
            tenant: self.tenant.clone(),
            rule: rule.to_owned(),
            from: Some(self.from),
            genesis: false,
            by: self.args.by.clone(),
            reason: self.args.reason.clone(),
            ..what
        }
    }

    fn publish(
        &self,
        ledger: &mut Ledger,
        activation: &Activation,
        session: &mut Session,
    ) -> anyhow::Result<Outcome> {
        let Activation { rule, tenant, .. } = activation.clone();
        let stands = ledger.standing(&tenant, &rule);
        // A signature in place of another, or of none, is worth a record of its own.
        let signer = |it: &Activation| it.signed.as_ref().map(|it| it.key.clone());
        let is_said = |it: &Activation| {
            is_same(it, activation)
                && (activation.signed.is_none() || signer(it) == signer(activation))
        };
        if stands.is_some_and(is_said) {
            let said = format!("{rule} stands so for {tenant} already; nothing is written");
            return self.say(session, &[said], &json!({ "record": null }));
        }
        let orphans = stands.is_some_and(governs_as_primary) && !governs_as_primary(activation);
        let module = ledger.module(activation.digest)?;
        let version = &module.manifest.version;
        let ends = primary::ended_by(ledger, activation);
        let warning = orphans.then(|| primary::missing(ledger, &tenant, &rule));
        let warning = warning.transpose()?;
        let record = Record::Activation(activation.clone());
        let offset = ledger.publish(&record, self.now)?;
        let role = role_of(activation);
        let signed = activation.signed.as_ref();
        let by = signed.map(|it| format!(", signed by {}", it.by));
        let mut said = vec![format!(
            "{rule} {version}{} governs {tenant} as {role} from {} on (record {offset})",
            by.unwrap_or_default(),
            self.from
        )];
        said.extend(
            ends.iter()
                .map(|other| format!("{other} ends then: a tenant has one primary rule")),
        );
        said.extend(warning);
        let data = json!({
            "record": offset,
            "tenant": tenant,
            "rule": rule,
            "version": version,
            "digest": activation.digest.to_string(),
            "role": activation.role,
            "shadow": activation.shadow,
            "parameters": activation.parameters,
            "from": self.from.to_string(),
            "ends": ends,
            "without_primary": orphans,
            "signed": signed.map(|it| &it.by),
        });
        self.say(session, &said, &data)
    }

    fn say(
        &self,
        session: &mut Session,
        lines: &[String],
        data: &Value,
    ) -> anyhow::Result<Outcome> {
        if self.args.json {
            session.json(data)?;
            return Ok(Outcome::Done);
        }
        for line in lines {
            session.line(line)?;
        }
        if let Some(asked) = self.args.from.filter(|asked| *asked < self.from) {
            session.line(&format!(
                "--from {asked} is past: what was decided stays, so it was raised"
            ))?;
        }
        Ok(Outcome::Done)
    }
}

/// What a rule is to its tenant, in words.
pub(super) fn role_of(activation: &Activation) -> String {
    let role = match activation.role {
        RuleRole::Primary => "primary",
        RuleRole::Secondary => "secondary",
    };
    let shadow = if activation.shadow { " in shadow" } else { "" };
    format!("{role}{shadow}")
}

const fn blank() -> Activation {
    Activation {
        tenant: String::new(),
        rule: String::new(),
        digest: Digest([0; 32]),
        role: RuleRole::Secondary,
        shadow: false,
        parameters: BTreeMap::new(),
        from: None,
        genesis: false,
        by: String::new(),
        reason: String::new(),
        signed: None,
    }
}
