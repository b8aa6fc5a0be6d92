//! `puls rule test`: the cases beside a rule, run natively and as WebAssembly.
//!
//! A card runs natively in its interpreter, a rule in Rust in its own `cargo test`; of a module
//! that stands alone there is nothing else to run, and the output says so.

mod show;

use std::path::PathBuf;

use clap::Args;
use puls_cases::exchange;
use puls_cases::{Case, place};

use super::cargo::{self, Tested};
use super::target::{Built, CasesText, Form, Target, engine};
use super::verify;
use crate::cli::scorecard::TenantArgs;
use crate::cli::session::{Outcome as Ended, Session};
use crate::cli::table;
use crate::config;
use crate::kit::{self, Candidate, Check, Native, Outcome};

#[derive(Debug, Args)]
pub(super) struct TestArgs {
    /// The rule: its folder, its card.toml, or a module.
    #[arg(value_name = "FOLDER|CARD|MODULE")]
    rule: PathBuf,
    /// The cases; `cases.toml` beside the rule, or those in the module, without this.
    #[arg(long, value_name = "FILE")]
    cases: Option<PathBuf>,
    #[command(flatten)]
    tenant: TenantArgs,
    /// Leaves out what `puls rule verify` tries.
    #[arg(long)]
    cases_only: bool,
    /// What the rows of `puls rule verify` are made from.
    #[arg(long, default_value_t = verify::SEED)]
    seed: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What was run.
struct Run {
    candidate: Candidate,
    cases: CasesText,
    native: Natively,
    outcomes: Vec<Outcome>,
    /// What no case thought of; `None` where it was left out.
    checks: Option<Vec<Check>>,
    seed: u64,
}

/// What answered natively.
enum Natively {
    /// The interpreter of cards.
    Interpreter,
    /// The crate's own tests.
    Cargo(Tested),
    /// Nothing: there is only the module.
    Nothing,
}

pub(super) fn run(args: &TestArgs, session: &mut Session) -> anyhow::Result<Ended> {
    let target = Target::find(&args.rule)?;
    let settings = args.tenant.settings()?;
    let built = match target.build(&settings, session.err_is_terminal)? {
        Ok(built) => built,
        Err(problems) => return tell(&problems, session),
    };
    let candidate = Candidate::new(&engine()?, built.module.clone(), settings)?;
    let Some(cases) = target.cases(args.cases.as_deref(), &built.module)? else {
        anyhow::bail!(
            "expected cases in {}, found none; write down a few customers and what the rule \
             should say of them (`puls rule new` makes a file to start from), or name a file with \
             `--cases`",
            target.folder.join(puls_cases::FILE).display()
        );
    };
    let read = match read(&cases, &candidate) {
        Ok(read) => read,
        Err(problems) => return tell(&problems, session),
    };
    let mut run = answer(
        (&target, session.err_is_terminal),
        &built,
        candidate,
        (cases, read),
    )?;
    run.seed = args.seed;
    if !args.cases_only {
        run.checks = Some(kit::verify(&run.candidate, built.card.as_ref(), args.seed));
    }
    if args.json {
        session.json(&show::json(&run))?;
    } else {
        show::lines(&run, session)?;
    }
    Ok(if run.passes() {
        Ended::Done
    } else {
        Ended::Failed
    })
}

/// Prints what is wrong.
pub(super) fn tell(problems: &[String], session: &mut Session) -> anyhow::Result<Ended> {
    for problem in problems {
        session.line(problem)?;
    }
    session.line(&table::many(problems.len(), "problem"))?;
    Ok(Ended::Failed)
}

/// The cases of a text, or all that is wrong with them.
fn read(cases: &CasesText, candidate: &Candidate) -> Result<Vec<Case>, Vec<String>> {
    let CasesText { name, text } = cases;
    puls_cases::read(text, &candidate.module.manifest).map_err(|problems| {
        let with_file = |problem: &puls_cases::Problem| format!("{name}:{problem}");
        problems.iter().map(with_file).collect()
    })
}

fn answer(
    (target, watched): (&Target, bool),
    built: &Built,
    candidate: Candidate,
    (cases, read): (CasesText, Vec<Case>),
) -> anyhow::Result<Run> {
    let settings_of = |case: &Case| config::settings_of_case(&cases.name, &cases.text, case.index);
    let asked = kit::pose(&candidate, read, &settings_of)?;
    let native = match (&built.card, target.form) {
        (Some(_), _) => Natively::Interpreter,
        (None, Form::Crate) => {
            let posed = asked.iter().filter_map(|it| it.posed.as_ref().ok());
            let rows = posed.map(|it| exchange::Asked {
                parameters: it.parameters.clone(),
                row: it.row.clone(),
            });
            let rows: Vec<_> = rows.collect();
            Natively::Cargo(cargo::test(&target.folder, &rows, watched)?)
        }
        (None, _) => Natively::Nothing,
    };
    let compared = match (&built.card, &native) {
        (Some(card), _) => Native::Card(card),
        (None, Natively::Cargo(tested)) => {
            let verdicts = tested.verdicts.as_deref();
            verdicts.map_or(Native::None, Native::Verdicts)
        }
        (None, _) => Native::None,
    };
    let outcomes = kit::run(&candidate, asked, compared);
    Ok(Run {
        candidate,
        cases,
        native,
        outcomes,
        checks: None,
        seed: verify::SEED,
    })
}

impl Run {
    fn passes(&self) -> bool {
        let natively = match &self.native {
            Natively::Cargo(tested) => tested.passed && tested.verdicts.is_some(),
            Natively::Interpreter | Natively::Nothing => true,
        };
        let verified = self.checks.iter().flatten().all(Check::passes);
        natively && verified && self.outcomes.iter().all(Outcome::passes)
    }
}

/// Line of the file on which something stands.
fn line(cases: &CasesText, at: usize) -> usize {
    place(&cases.text, at).0
}
