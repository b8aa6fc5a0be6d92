//! `puls rule export`: a scorecard as a page for people who decide, or as its table again.
//!
//! The card is a file, or the one that a package carries in its section `puls.card`. What comes out
//! is text; it goes to a file that is named, else to standard output.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use puls_forms::Format;
use puls_wire::{CARD_SECTION, section};

use super::super::scorecard::{self, TenantArgs};
use super::super::session::{Outcome, Session};
use super::super::table;
use super::import;

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The scorecard, or a package that was built from one.
    file: PathBuf,
    /// The form; that of the file to write without this, else HTML.
    #[arg(long, value_enum)]
    format: Option<Form>,
    /// The file to write; standard output without this.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Write over a file that is there.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    tenant: TenantArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Form {
    /// A page for wikis and tickets.
    Md,
    /// A page for a browser, and for paper.
    Html,
    /// The table that `puls rule import` reads.
    Csv,
}

impl Form {
    /// The form that the name of a file says.
    fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "md" | "markdown" => Self::Md,
            "html" | "htm" => Self::Html,
            "csv" => Self::Csv,
            _ => return None,
        })
    }
}

pub(super) fn run(args: &ExportArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let source = source(&args.file)?;
    let catalogue = args.tenant.catalogue()?;
    let card = match puls_scorecard::read(&source, &catalogue) {
        Ok(card) => card,
        Err(problems) => {
            for problem in &problems {
                session.line(&format!("{}:{problem}", args.file.display()))?;
            }
            session.line(&table::many(problems.len(), "problem"))?;
            return Ok(Outcome::Failed);
        }
    };
    let named = args.out.as_deref().and_then(Form::of);
    let text = match args.format.or(named).unwrap_or(Form::Html) {
        Form::Md => puls_forms::page(&card, &catalogue, Format::Markdown),
        Form::Html => puls_forms::page(&card, &catalogue, Format::Html),
        Form::Csv => puls_forms::tables(&source).context("read the card as a table")?,
    };
    match &args.out {
        None => session.out().write_all(text.as_bytes())?,
        Some(out) => {
            import::write(out, text.as_bytes(), args.force)?;
            session.line(&format!("{} is written", out.display()))?;
        }
    }
    Ok(Outcome::Done)
}

/// The text of the card in a file.
fn source(path: &Path) -> anyhow::Result<String> {
    let shown = path.display();
    let bytes = std::fs::read(path).with_context(|| format!("read {shown}"))?;
    let bytes = if scorecard::is_card(path) {
        bytes
    } else {
        let card = section(&bytes, CARD_SECTION).with_context(|| {
            format!(
                "expected a scorecard (.toml), or a package that `puls rule build` made of one, \
                 found {shown} without the section {CARD_SECTION}; a rule in Rust has no card"
            )
        })?;
        card.to_vec()
    };
    String::from_utf8(bytes).with_context(|| format!("read {shown} as text"))
}

#[cfg(test)]
mod tests {
    use crate::features::catalogue;

    #[test]
    fn every_feature_of_the_catalogue_has_words_of_its_own() {
        let all = catalogue().iter().map(|feature| feature.name);
        let silent = all.filter(|name| !name.contains('<') && !puls_forms::has_phrase(name));
        assert_eq!(
            silent.collect::<Vec<_>>(),
            [""; 0],
            "add them to phrases.rs of puls-forms"
        );
    }
}
