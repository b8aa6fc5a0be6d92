//! Which rule a person means: a folder with a card or a crate, a card, or a module; and the cases
//! that lie beside it.

use std::path::{Path, PathBuf};

use anyhow::Context;
use puls_scorecard::Card;

use super::cargo;
use crate::cli::scorecard;
use crate::model::Settings;
use crate::rules::RulesEngine;

/// The file of a rule that is a table, in its folder.
pub(super) const CARD: &str = "card.toml";
/// The file of a rule that is a crate, in its folder.
pub(super) const CRATE: &str = "Cargo.toml";

/// How a rule is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::cli) enum Form {
    /// As a table.
    Card,
    /// In Rust.
    Crate,
    /// Nobody knows: there is only the module.
    Module,
}

/// A rule that a person named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::cli) struct Target {
    pub(in crate::cli) form: Form,
    /// Where it lies.
    pub(in crate::cli) folder: PathBuf,
    /// The card, the manifest of the crate, or the module.
    pub(in crate::cli) file: PathBuf,
}

/// What a rule is made of.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) module: Vec<u8>,
    pub(super) card: Option<Card>,
}

/// A text of cases, and how messages call it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct CasesText {
    pub(super) name: String,
    pub(super) text: String,
}

impl Target {
    /// The rule at `path`.
    pub(in crate::cli) fn find(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        if !path.is_dir() {
            anyhow::ensure!(
                path.is_file(),
                "expected a rule at {shown} (a folder, a card.toml or a module), found nothing"
            );
            let form = if scorecard::is_card(path) {
                Form::Card
            } else {
                Form::Module
            };
            let parent = path.parent().filter(|it| *it != Path::new(""));
            return Ok(Self {
                form,
                folder: parent.unwrap_or(Path::new(".")).to_path_buf(),
                file: path.to_path_buf(),
            });
        }
        let found = [(CARD, Form::Card), (CRATE, Form::Crate)]
            .into_iter()
            .map(|(name, form)| (path.join(name), form))
            .find(|(file, _)| file.is_file());
        let Some((file, form)) = found else {
            anyhow::bail!(
                "expected a rule in {shown}: a {CARD} (a table) or a {CRATE} (in Rust), found \
                 neither; `puls rule new` makes a folder to start from"
            );
        };
        Ok(Self {
            form,
            folder: path.to_path_buf(),
            file,
        })
    }

    /// Its module, read or built by cargo; none of a card, which takes a tenant's features to read.
    pub(super) fn module(&self, watched: bool) -> anyhow::Result<Option<Vec<u8>>> {
        let shown = self.file.display();
        Ok(match self.form {
            Form::Module => {
                Some(std::fs::read(&self.file).with_context(|| format!("read {shown}"))?)
            }
            Form::Crate => Some(cargo::build(&self.folder, watched)?),
            Form::Card => None,
        })
    }

    /// Its module, compiled from what it is written in; `watched` lets a person see cargo at work.
    ///
    /// # Errors
    /// All that is wrong with it, a line each.
    pub(super) fn build(
        &self,
        settings: &Settings,
        watched: bool,
    ) -> anyhow::Result<Result<Built, Vec<String>>> {
        if let Some(module) = self.module(watched)? {
            return Ok(Ok(Built { module, card: None }));
        }
        let shown = self.file.display();
        let text = std::fs::read_to_string(&self.file).with_context(|| format!("read {shown}"))?;
        let plan = scorecard::plan_of(settings)?;
        Ok(scorecard::card(&self.file, &text, &plan).map(|card| Built {
            module: puls_scorecard::compile(&card).module,
            card: Some(card),
        }))
    }

    /// Its cases: those in `named`, those beside it, or those that its module carries.
    pub(super) fn cases(
        &self,
        named: Option<&Path>,
        module: &[u8],
    ) -> anyhow::Result<Option<CasesText>> {
        let beside = self.folder.join(puls_cases::FILE);
        let file = match named {
            Some(named) => Some(named.to_path_buf()),
            None => Some(beside).filter(|it| self.form != Form::Module && it.is_file()),
        };
        if let Some(file) = file {
            let shown = file.display();
            let text = std::fs::read_to_string(&file).with_context(|| format!("read {shown}"))?;
            let name = shown.to_string();
            return Ok(Some(CasesText { name, text }));
        }
        let name = format!("cases of {}", self.file.display());
        Ok(packed(module, name))
    }
}

/// The card at `path`: the file itself, or the one in the folder.
pub(super) fn card(path: &Path) -> Option<PathBuf> {
    if path.is_dir() {
        return Some(path.join(CARD)).filter(|it| it.is_file());
    }
    scorecard::is_card(path).then(|| path.to_path_buf())
}

/// The cases that a module carries.
pub(super) fn packed(module: &[u8], name: String) -> Option<CasesText> {
    let section = puls_wire::section(module, puls_wire::CASES_SECTION)?;
    let text = String::from_utf8_lossy(section).into_owned();
    Some(CasesText { name, text })
}

/// An engine that compiles what a child process has compiled within the limits.
pub(super) fn engine() -> anyhow::Result<RulesEngine> {
    Ok(crate::cli::trial::engine()?)
}
