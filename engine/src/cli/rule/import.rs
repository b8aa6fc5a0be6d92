//! `puls rule import`: a scorecard out of what people have, by the form of the file.
//!
//! A trained model becomes a module or a card (see `model`). A table (XLSX, CSV) becomes a
//! `card.toml`; what was understood and guessed is told, and so is all that is wrong, each with its
//! cell. Nothing is written unless the card is whole.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use puls_forms::{Imported, Refused, Wish};
use serde_json::json;

use super::super::scorecard::TenantArgs;
use super::super::session::{Outcome, Session};
use super::super::table;
use super::model::{self, Common, ModelArgs};
use crate::log::durable;

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The table: XLSX or CSV.
    #[arg(required_unless_present_any = ["sample", "model"], conflicts_with = "model")]
    file: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    /// The sheet with the factors; found by its columns without this.
    #[arg(long, conflicts_with = "model")]
    sheet: Option<String>,
    /// Name of the rule, where the file has none; the file's without this.
    #[arg(long)]
    name: Option<String>,
    /// What to write; beside the file without this, of a table as `card.toml`.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Write over a file that is there.
    #[arg(long)]
    force: bool,
    /// Write a table to fill in instead.
    #[arg(long, value_name = "FILE", 
          conflicts_with_all = ["file", "model", "out", "sheet", "name"])]
    sample: Option<PathBuf>,
    #[command(flatten)]
    tenant: TenantArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ImportArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    if args.model.is_named() {
        let common = Common {
            name: args.name.as_deref(),
            out: args.out.as_deref(),
            force: args.force,
            tenant: &args.tenant,
            json: args.json,
        };
        return model::run(&args.model, &common, session);
    }
    match (&args.sample, &args.file) {
        (Some(sample), _) => write_sample(args, sample, session),
        (None, Some(file)) => of_table(args, file, session),
        // The arguments do not let it come to this.
        (None, None) => anyhow::bail!("expected a file, found none"),
    }
}

fn write_sample(
    args: &ImportArgs,
    sample: &Path,
    session: &mut Session,
) -> anyhow::Result<Outcome> {
    write(sample, puls_forms::sample().as_bytes(), args.force)?;
    let shown = sample.display();
    session.line(&format!(
        "{shown} is written; fill it in (a spreadsheet program opens it) and ask `puls rule import \
         {shown}`"
    ))?;
    Ok(Outcome::Done)
}

/// A card out of a spreadsheet.
fn of_table(args: &ImportArgs, file: &Path, session: &mut Session) -> anyhow::Result<Outcome> {
    let bytes = model::read(file, puls_forms::limits::FILE_BYTES_MAX)?;
    let stem = file
        .file_stem()
        .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let wish = Wish {
        sheet: args.sheet.clone(),
        name: args.name.clone().unwrap_or(stem),
        file: file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
    };
    let catalogue = args.tenant.catalogue()?;
    match puls_forms::import(&bytes, &wish, &catalogue) {
        Ok(imported) => {
            let out = args
                .out
                .clone()
                .unwrap_or_else(|| file.with_file_name("card.toml"));
            write(&out, imported.toml.as_bytes(), args.force)?;
            tell(&imported, &out, args.json, session)?;
            Ok(Outcome::Done)
        }
        Err(Refused::Unreadable(why)) => anyhow::bail!("{}: {why}", file.display()),
        Err(Refused::Wrong {
            problems,
            understood,
        }) => {
            if args.json {
                session.json(&json!({
                    "ok": false,
                    "problems": problems,
                    "understood": understood,
                }))?;
                return Ok(Outcome::Failed);
            }
            for line in &understood {
                session.line(line)?;
            }
            for problem in &problems {
                session.line(&format!("{}: {problem}", file.display()))?;
            }
            let count = table::many(problems.len(), "problem");
            session.line(&format!("{count}; nothing is written"))?;
            Ok(Outcome::Failed)
        }
    }
}

fn tell(
    imported: &Imported,
    out: &Path,
    as_json: bool,
    session: &mut Session,
) -> anyhow::Result<()> {
    if as_json {
        return session.json(&json!({
            "ok": true,
            "written": out.display().to_string(),
            "understood": imported.understood,
            "guessed": imported.guessed,
        }));
    }
    for line in &imported.understood {
        session.line(line)?;
    }
    if !imported.guessed.is_empty() {
        session.line("Guessed; look whether it is meant so:")?;
    }
    for line in &imported.guessed {
        session.line(&format!("  {line}"))?;
    }
    let out = out.display();
    session.line(&format!(
        "{out} is written; look at it with `puls rule export {out} --out card.html`"
    ))
}

/// Writes a file that is not there yet; what people changed by hand is not written over unasked.
pub(super) fn write(path: &Path, bytes: &[u8], force: bool) -> anyhow::Result<()> {
    if force {
        return durable::replace(path, bytes).with_context(|| format!("write {}", path.display()));
    }
    let file = File::options().write(true).create_new(true).open(path);
    let mut file = match file {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => anyhow::bail!(
            "expected a file that is not there yet, found {}; name another one with --out, or give \
             --force to write over it",
            path.display()
        ),
        other => other.with_context(|| format!("write {}", path.display()))?,
    };
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("write {}", path.display()))
}
