//! The rule package: assembled from what lies beside a rule, and shown again.
//!
//! ```text
//! card.toml    ─▶ module, puls.card      rules/NAME/  is a card or a crate, and beside it
//! cases.toml   ─▶ puls.cases             what its package carries
//! ```
//! A package is the module with its custom sections, always in one order: the same sources give
//! the same bytes, and so the same digest. Whoever takes a card (a build, a push, the
//! configuration) takes it as this package. What a package may carry is checked where a module is.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use puls_scorecard::Compiled;
use puls_wire::{CARD_SECTION, CASES_SECTION, Manifest, TEXTS_SECTION, section, with_section};
use serde_json::json;

use super::target::{Form, Target};
use super::texts::texts;
use crate::cli::scorecard::{self, TenantArgs};
use crate::cli::session::{Outcome, Session};
use crate::cli::table::{count, many};
use crate::log::durable;
use crate::model::content_digest;
use crate::state::Plan;

#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    /// The scorecard, a module, or the folder of a rule.
    file: PathBuf,
    /// The package to write; the rule's name with `.wasm` beside it without this.
    #[arg(long)]
    out: Option<PathBuf>,
    /// The folder of the rule that a module belongs to, where it lies elsewhere.
    #[arg(long, value_name = "FOLDER")]
    beside: Option<PathBuf>,
    #[command(flatten)]
    tenant: TenantArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What a package carries beside code and manifest, in the order of its sections; empty is none.
#[derive(Debug, Default)]
pub(in crate::cli) struct Carried {
    /// The texts in other languages, as JSON.
    pub(in crate::cli) texts: Vec<u8>,
    /// The cases, as TOML.
    pub(in crate::cli) cases: Vec<u8>,
    /// The scorecard, as TOML.
    pub(in crate::cli) card: Vec<u8>,
}

impl Carried {
    /// What lies in the folder of the rule with this manifest.
    fn beside(folder: &Path, manifest: &Manifest) -> anyhow::Result<Self> {
        let texts = texts(folder, manifest);
        Ok(Self {
            texts: texts.map_err(|problems| anyhow::anyhow!(problems.join("\n")))?,
            cases: optional(&folder.join(puls_cases::FILE))?,
            card: Vec::new(),
        })
    }

    /// What a package carries.
    pub(in crate::cli) fn of(package: &[u8]) -> Self {
        let contents = |name| section(package, name).unwrap_or_default().to_vec();
        Self {
            texts: contents(TEXTS_SECTION),
            cases: contents(CASES_SECTION),
            card: contents(CARD_SECTION),
        }
    }

    /// The package of a module that carries this; what is none here stays as the module has it.
    pub(in crate::cli) fn into_package(self, module: &[u8]) -> Vec<u8> {
        let had = Self::of(module);
        let or = |new: Vec<u8>, old: Vec<u8>| if new.is_empty() { old } else { new };
        let sections = [
            (TEXTS_SECTION, or(self.texts, had.texts)),
            (CASES_SECTION, or(self.cases, had.cases)),
            (CARD_SECTION, or(self.card, had.card)),
        ];
        let bare =
            |package: Vec<u8>, (name, _): &(&str, Vec<u8>)| with_section(&package, name, &[]);
        let module = sections.iter().fold(module.to_vec(), bare);
        let packed = |package: Vec<u8>, (name, contents): &(&str, Vec<u8>)| {
            with_section(&package, name, contents)
        };
        sections.iter().fold(module, packed)
    }

    /// What it is, in words, in the order of the sections.
    pub(super) fn lines(&self) -> Vec<String> {
        let parts = [
            ("texts", &self.texts),
            ("cases", &self.cases),
            ("card", &self.card),
        ];
        let there = parts.iter().filter(|(_, contents)| !contents.is_empty());
        there
            .map(|(what, contents)| format!("{what}: {} bytes", count(contents.len() as u64)))
            .collect()
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "texts": self.texts.len(),
            "cases": self.cases.len(),
            "card": self.card.len(),
        })
    }
}

/// The package of a scorecard and of what lies beside it, for a tenant's plan.
///
/// # Errors
/// All that is wrong with the card, or why what lies beside it cannot be read.
pub(in crate::cli) fn of_card(
    path: &Path,
    text: &str,
    plan: &Plan,
) -> Result<(Vec<u8>, Compiled), Vec<String>> {
    let compiled = scorecard::compile(path, text, plan)?;
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let beside = Carried::beside(folder.unwrap_or(Path::new(".")), &compiled.manifest);
    let beside = beside.map_err(|error| vec![format!("{error:#}")])?;
    let carried = Carried {
        card: text.as_bytes().to_vec(),
        ..beside
    };
    Ok((carried.into_package(&compiled.module), compiled))
}

fn optional(path: &Path) -> anyhow::Result<Vec<u8>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
    }
}

/// The package of a card, or the module of whatever else was named, as `inspect` and `bench` look
/// at it. Tells what is wrong with a card, and then there is none.
pub(super) fn module_of(
    target: &Target,
    tenant: &TenantArgs,
    session: &mut Session,
) -> anyhow::Result<Option<Vec<u8>>> {
    if let Some(module) = target.module(session.err_is_terminal)? {
        return Ok(Some(module));
    }
    let card = scorecard::read(&target.file, tenant, session)?;
    Ok(card.map(|(package, _)| package))
}

/// `puls rule build`.
pub(super) fn build(args: &BuildArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let target = Target::find(&args.file)?;
    let path = target.file.clone();
    let built = if target.form == Form::Card {
        anyhow::ensure!(
            args.beside.is_none(),
            "--beside: expected a module, found a scorecard, which lies beside its cases"
        );
        let Some((package, compiled)) = scorecard::read(&path, &args.tenant, session)? else {
            return Ok(Outcome::Failed);
        };
        (package, compiled.manifest, Some(compiled.cost))
    } else {
        let Some(module) = module_of(&target, &args.tenant, session)? else {
            return Ok(Outcome::Failed);
        };
        let engine = crate::cli::trial::engine()?;
        let manifest = engine.check(&module);
        let manifest = manifest.with_context(|| path.display().to_string())?;
        let folder = args.beside.as_deref().unwrap_or(&target.folder);
        let package = Carried::beside(folder, &manifest)?.into_package(&module);
        let taken = engine.compile(&package);
        taken.with_context(|| path.display().to_string())?;
        (package, manifest, None)
    };
    let (package, manifest, cost) = built;
    let Manifest { name, version, .. } = &manifest;
    let beside = || path.with_file_name(format!("{name}.wasm"));
    let out = args.out.clone().unwrap_or_else(beside);
    durable::replace(&out, &package).with_context(|| format!("write {}", out.display()))?;
    let (carried, digest) = (Carried::of(&package), content_digest(&package));
    if args.json {
        session.json(&json!({
            "ok": true,
            "name": name,
            "version": version,
            "digest": digest.to_string(),
            "bytes": package.len(),
            "out": out,
            "carries": carried.json(),
            "operators_per_batch": cost.map(|it| it.batch_operators),
            "largest_function_bytes": cost.map(|it| it.body_bytes_max),
        }))?;
        return Ok(Outcome::Done);
    }
    let operators = cost.map(|it| {
        let operators = count(it.batch_operators);
        format!(", at most {operators} operators for 256 accounts")
    });
    let carries = match carried.lines().join(", ") {
        nothing if nothing.is_empty() => nothing,
        carries => format!(" ({carries})"),
    };
    session.line(&format!(
        "{name} {version} written to {}: {} bytes{carries}{}, digest {digest}",
        out.display(),
        count(package.len() as u64),
        operators.unwrap_or_default(),
    ))?;
    Ok(Outcome::Done)
}

/// `puls rule inspect --card`: the scorecard that a package was built from.
pub(super) fn show_card(path: &Path, bytes: &[u8], session: &mut Session) -> anyhow::Result<()> {
    let card = Carried::of(bytes).card;
    anyhow::ensure!(
        !card.is_empty(),
        "{}: expected a package that carries its scorecard, found {}: it was built from code, or \
         by an older puls",
        path.display(),
        many(bytes.len(), "byte")
    );
    let text = String::from_utf8(card).context("the card is no text")?;
    session.line(text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(texts: &[u8], cases: &[u8], card: &[u8]) -> Carried {
        Carried {
            texts: texts.to_vec(),
            cases: cases.to_vec(),
            card: card.to_vec(),
        }
    }

    #[test]
    fn a_package_has_one_order_whatever_it_was_made_from() {
        let module = b"\0asm\x01\0\0\0\x01\x01\0";
        let whole = carried(b"{}", b"[[cases]]", b"[card]").into_package(module);
        let again = Carried::of(&whole);
        assert_eq!(again.texts, b"{}");
        assert_eq!(
            (again.cases, again.card),
            (b"[[cases]]".to_vec(), b"[card]".to_vec())
        );
        // Part by part, and over what was there.
        let card = carried(b"", b"", b"[card]").into_package(module);
        let cases = carried(b"", b"[[cases]]", b"").into_package(&card);
        assert_eq!(carried(b"{}", b"", b"").into_package(&cases), whole);
        assert_eq!(Carried::default().into_package(&whole), whole);
        let other = carried(b"", b"other", b"").into_package(&whole);
        assert_eq!(Carried::of(&other).cases, b"other");
        assert_eq!(Carried::default().into_package(module), module);
    }
}
