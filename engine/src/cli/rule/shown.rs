//! `puls rule list | history`: what governs, and how it came to.

use clap::Args;
use serde_json::{Value, json};

use super::ledger::{Ledger, Line, author, rule_of};
use super::life::role_of;
use crate::cli::session::{ConfigArgs, Outcome, Session};
use crate::cli::table;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, none_of};
use crate::model::{Digest, Time};
use crate::rules::record::Record;
use crate::rules::{ActiveRule, Worth};

/// Digits of a digest in a table.
const DIGEST_DIGITS: usize = 12;

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only this tenant.
    #[arg(long)]
    tenant: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    /// Only this rule; without it settings too.
    rule: Option<String>,
    #[command(flatten)]
    list: ListArgs,
}

pub(super) fn list(args: &ListArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let config = args.config.load()?;
    let ledger = Ledger::open(&config)?;
    let now = SystemClock.now();
    let mut rows = Vec::new();
    for tenant in tenants(args, &ledger)? {
        // What governs now, then what is written to govern later.
        let later = ledger.lines.iter().filter(|line| {
            line.from > now && line.record.tenant() == tenant && line.ignored.is_none()
        });
        let later: Vec<_> = later.collect();
        let governs = ledger.epoch(&tenant, now);
        for active in governs.iter().flat_map(|epoch| &epoch.rules) {
            rows.extend(Row::governing(&ledger, &tenant, active, now));
        }
        for line in later {
            rows.extend(Row::coming(&ledger, &tenant, line));
        }
    }
    if args.json {
        let rows = rows.iter().map(|row| row.json(&config)).collect();
        session.json(&Value::Array(rows))?;
        return Ok(Outcome::Done);
    }
    if rows.is_empty() {
        session.line("no rule governs")?;
        return Ok(Outcome::Done);
    }
    let head = [
        "tenant",
        "rule",
        "version",
        "digest",
        "role",
        "governs",
        "by",
        "reason",
        "signed by",
    ];
    let cells: Vec<_> = rows.iter().map(|row| row.cells(&config)).collect();
    for line in table::columns(&head, &cells, false) {
        session.line(&line)?;
    }
    Ok(Outcome::Done)
}

fn tenants(args: &ListArgs, ledger: &Ledger) -> anyhow::Result<Vec<String>> {
    match &args.tenant {
        Some(named) => Ok(vec![ledger.tenant(Some(named))?]),
        None => Ok(ledger.tenants().into_iter().map(str::to_owned).collect()),
    }
}

/// A rule that governs, or that is written to.
struct Row<'a> {
    tenant: String,
    rule: String,
    version: String,
    digest: Digest,
    role: String,
    from: Time,
    is_coming: bool,
    by: &'a str,
    reason: &'a str,
    line: &'a Line,
}

impl<'a> Row<'a> {
    fn governing(ledger: &'a Ledger, tenant: &str, active: &ActiveRule, now: Time) -> Option<Self> {
        let line = ledger.source(tenant, active, now)?;
        let (by, reason) = author(&line.record);
        let role = match (active.primary, &line.record) {
            (true, _) => "primary".to_owned(),
            (false, Record::Activation(it)) if it.shadow == active.shadow => role_of(it),
            (false, _) if active.shadow => "in shadow".to_owned(),
            (false, _) => "secondary".to_owned(),
        };
        Some(Self {
            tenant: tenant.to_owned(),
            rule: active.name.to_string(),
            version: active.module.manifest.version.clone(),
            digest: active.digest,
            role,
            from: line.from,
            is_coming: false,
            by,
            reason,
            line,
        })
    }

    fn coming(ledger: &Ledger, tenant: &str, line: &'a Line) -> Option<Self> {
        let Record::Activation(it) = &line.record else {
            return None;
        };
        let version = ledger.version(it.digest).to_owned();
        Some(Self {
            tenant: tenant.to_owned(),
            rule: it.rule.clone(),
            version,
            digest: it.digest,
            role: role_of(it),
            from: line.from,
            is_coming: true,
            by: &it.by,
            reason: &it.reason,
            line,
        })
    }

    fn cells(&self, config: &Config) -> Vec<String> {
        let since = moment(self.from);
        vec![
            self.tenant.clone(),
            self.rule.clone(),
            self.version.clone(),
            short(self.digest),
            self.role.clone(),
            match self.is_coming {
                true => format!("from {since}"),
                false => format!("since {since}"),
            },
            self.by.to_owned(),
            self.reason.to_owned(),
            signer(&self.line.record, config),
        ]
    }

    fn json(&self, config: &Config) -> Value {
        let parameters = match &self.line.record {
            Record::Activation(it) => json!(it.parameters),
            _ => Value::Null,
        };
        json!({
            "tenant": self.tenant,
            "rule": self.rule,
            "version": self.version,
            "digest": self.digest.to_string(),
            "role": self.role.split(' ').next(),
            "shadow": self.role.ends_with("in shadow"),
            "parameters": parameters,
            "governs": !self.is_coming,
            "from": moment_json(self.from),
            "by": self.by,
            "reason": self.reason,
            "record": self.line.offset,
            "signed": signed_json(&self.line.record, config),
        })
    }
}

pub(super) fn history(args: &HistoryArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let config = args.list.config.load()?;
    let ledger = Ledger::open(&config)?;
    let mut rows = Vec::new();
    for tenant in tenants(&args.list, &ledger)? {
        let walk = ledger.walk(&tenant, Time::MAX);
        let lines = ledger.lines.iter();
        for line in lines.filter(|line| line.record.tenant() == tenant) {
            let rule = rule_of(&line.record);
            if args.rule.is_some() && rule != args.rule.as_deref() {
                continue;
            }
            rows.push(Past {
                what: what(&ledger, line),
                ended_by: walk.ended.get(&line.offset).copied(),
                line,
            });
        }
    }
    if let Some(rule) = args.rule.as_ref().filter(|_| rows.is_empty()) {
        let mut known: Vec<_> = ledger
            .lines
            .iter()
            .filter_map(|it| rule_of(&it.record))
            .collect();
        known.sort_unstable();
        known.dedup();
        anyhow::bail!(none_of("a rule that was ever active", rule, &known));
    }
    if args.list.json {
        let rows = rows.iter().map(|row| row.json(&ledger, &config));
        let rows = rows.collect();
        session.json(&Value::Array(rows))?;
        return Ok(Outcome::Done);
    }
    let head = [
        "record",
        "written",
        "tenant",
        "what",
        "governs from",
        "by",
        "reason",
        "signed by",
        "ended by",
    ];
    let cells: Vec<_> = rows.iter().map(|row| row.cells(&config)).collect();
    for line in table::columns(&head, &cells, false) {
        session.line(&line)?;
    }
    Ok(Outcome::Done)
}

/// A record, and what came of it.
struct Past<'a> {
    line: &'a Line,
    what: String,
    ended_by: Option<u64>,
}

impl Past<'_> {
    fn cells(&self, config: &Config) -> Vec<String> {
        let Line {
            offset,
            written,
            from,
            record,
            ignored,
        } = self.line;
        let (by, reason) = author(record);
        vec![
            offset.to_string(),
            written.to_string(),
            record.tenant().to_owned(),
            self.what.clone(),
            moment(*from),
            by.to_owned(),
            match reason {
                "" => "–".to_owned(),
                reason => reason.to_owned(),
            },
            signer(record, config),
            match (ignored, self.ended_by) {
                (Some(why), _) => format!("never governed: {why}"),
                (None, Some(by)) => format!("record {by}"),
                (None, None) => String::new(),
            },
        ]
    }

    fn json(&self, ledger: &Ledger, config: &Config) -> Value {
        let record = &self.line.record;
        let mut data = json!({
            "record": self.line.offset,
            "written": self.line.written.to_string(),
            "tenant": record.tenant(),
            "what": self.what,
            "from": moment_json(self.line.from),
            "by": author(record).0,
            "reason": author(record).1,
            "rule": rule_of(record),
            "ended_by": self.ended_by,
            "ignored": self.line.ignored,
        });
        if let (Record::Activation(it), Some(data)) = (record, data.as_object_mut()) {
            data.insert("version".into(), ledger.version(it.digest).into());
            data.insert("digest".into(), it.digest.to_string().into());
            data.insert("role".into(), json!(it.role));
            data.insert("shadow".into(), it.shadow.into());
            data.insert("parameters".into(), json!(it.parameters));
            data.insert("signed".into(), signed_json(record, config));
        }
        data
    }
}

/// Who signed what a record activates, as far as the signature in it is worth anything today.
fn signer(record: &Record, config: &Config) -> String {
    let Record::Activation(it) = record else {
        return String::new();
    };
    let Some(signed) = &it.signed else {
        return "nobody".to_owned();
    };
    match config.trust(&it.tenant).worth(it.digest, signed) {
        Worth::Trusted => signed.by.clone(),
        Worth::Withdrawn => format!("{} (key withdrawn)", signed.by),
        Worth::Forged => format!("{} (DOES NOT FIT)", signed.by),
    }
}

fn signed_json(record: &Record, config: &Config) -> Value {
    let Record::Activation(it) = record else {
        return Value::Null;
    };
    it.signed.as_ref().map_or(Value::Null, |signed| {
        let worth = match config.trust(&it.tenant).worth(it.digest, signed) {
            Worth::Trusted => "trusted",
            Worth::Withdrawn => "withdrawn",
            Worth::Forged => "forged",
        };
        json!({
            "by": signed.by,
            "key": signed.key,
            "signature": signed.signature,
            "worth": worth,
        })
    })
}

fn what(ledger: &Ledger, line: &Line) -> String {
    match &line.record {
        Record::Settings(_) => "settings".to_owned(),
        Record::Deactivation(it) => format!("deactivate {}", it.rule),
        Record::SetAside(it) => format!("set aside {} {}", it.rule, short(it.digest)),
        Record::Activation(it) => {
            let version = ledger.version(it.digest);
            let parameters = it.parameters.iter();
            let set: String = parameters
                .map(|(name, value)| format!(" {name}={value}"))
                .collect();
            let digest = short(it.digest);
            format!(
                "activate {} {version} ({digest}) as {}{set}",
                it.rule,
                role_of(it)
            )
        }
    }
}

fn short(digest: Digest) -> String {
    digest.to_string().chars().take(DIGEST_DIGITS).collect()
}

fn moment(time: Time) -> String {
    match time {
        Time::MIN => "the beginning".to_owned(),
        time => time.to_string(),
    }
}

fn moment_json(time: Time) -> Value {
    match time {
        Time::MIN => Value::Null,
        time => time.to_string().into(),
    }
}
