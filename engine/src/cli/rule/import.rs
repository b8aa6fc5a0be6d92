//! `puls rule import`: a rule out of what people have.

use std::path::PathBuf;

use clap::Args;

use super::super::scorecard::TenantArgs;
use super::super::session::{Outcome, Session};
use super::model::{self, Common, ModelArgs};

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    #[command(flatten)]
    model: ModelArgs,
    /// Name of the rule.
    #[arg(long)]
    name: Option<String>,
    /// What to write; beside the file without this.
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    tenant: TenantArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ImportArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    anyhow::ensure!(
        args.model.is_named(),
        "expected --lightgbm model.txt or --additive model.json, found neither"
    );
    let common = Common {
        name: args.name.as_deref(),
        out: args.out.as_deref(),
        tenant: &args.tenant,
        json: args.json,
    };
    model::run(&args.model, &common, session)
}
