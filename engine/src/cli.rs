//! The command line: what a person or a script can ask of Puls.
//!
//! Each command has a file with its arguments and one function `run`. What they share stands in
//! `session` (where output goes), `engine` (from the configuration to what a run is made of),
//! `publish` (configured rules to the rules log), `watch` (what a run looks like from outside).
//! Exit codes: 0, 1 (failed), 2 (usage). Nothing here decides what an output says.

mod backtest;
mod check;
mod completions;
mod dead_letters;
mod demo;
mod engine;
mod explain;
mod export;
mod features;
mod logging;
mod patience;
mod progress;
mod publish;
mod recover;
mod replay;
mod rule;
mod rules;
mod run;
mod scorecard;
mod session;
mod signals;
mod spool;
mod summary;
mod table;
mod topics;
mod trial;
mod watch;
mod what_if;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::session::{Outcome, Session};

/// A streaming engine for customer health: events in, scores and alerts out.
#[derive(Debug, Parser)]
#[command(
    name = "puls",
    version,
    about,
    max_term_width = 100,
    propagate_version = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Reads events, scores accounts, writes scores, alerts, triggers and dead letters.
    Run(run::RunArgs),
    /// Shows a made-up year of made-up customers in this terminal; needs nothing else.
    Demo(demo::DemoArgs),
    /// Judges configuration, inputs, topics and rules, and says all that is wrong.
    Check(check::CheckArgs),
    /// Lists the features that rules can read: name, unit, meaning, formula.
    Features(features::FeaturesArgs),
    /// Creates, checks or lists the topics of the configured broker.
    Topics(topics::TopicsArgs),
    /// Explains an account's score: measures, parts, reasons, and the features behind them.
    Explain(explain::ExplainArgs),
    /// Folds history with a candidate beside the active rule, and says what would be different.
    Backtest(Box<backtest::BacktestArgs>),
    /// Says what a changed card would make of all accounts as they stand; touches nothing.
    WhatIf(what_if::WhatIfArgs),
    /// Folds everything again and says whether it comes to what was published, byte for byte.
    Replay(replay::ReplayArgs),
    /// Writes features, scores or alerts as a table for other programs.
    Export(export::ExportArgs),
    /// Shows what could not be used, and why.
    DeadLetters(dead_letters::DeadLettersArgs),
    /// Looks at a rule's module; pushes, activates and rolls back rules, and says what governs.
    Rule(rule::RuleArgs),
    /// Compiles the module on standard input under limits; the program starts this by itself.
    #[command(hide = true)]
    CompileRule(trial::TrialArgs),
    /// Prints completions for a shell.
    Completions(completions::CompletionsArgs),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    // A wrong command line ends here with exit code 2, `--help` and `--version` with 0.
    let cli = Cli::parse();
    let mut session = Session::of_process();
    let outcome = match cli.command {
        Command::Run(args) => run::run(&args, &mut session),
        Command::Demo(args) => demo::run(&args, &mut session),
        Command::Check(args) => check::run(&args, &mut session),
        Command::Features(args) => features::run(&args, &mut session),
        Command::Topics(args) => topics::run(&args, &mut session),
        Command::Explain(args) => explain::run(&args, &mut session),
        Command::Backtest(args) => backtest::run(&args, &mut session),
        Command::WhatIf(args) => what_if::run(&args, &mut session),
        Command::Replay(args) => replay::run(&args, &mut session),
        Command::Export(args) => export::run(&args, &mut session),
        Command::DeadLetters(args) => dead_letters::run(&args, &mut session),
        Command::Rule(args) => rule::run(&args, &mut session),
        Command::CompileRule(args) => trial::run(&args),
        Command::Completions(args) => completions::run(&args, &mut session),
    };
    match outcome.and_then(|outcome| session.flush().map(|()| outcome)) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::FAILURE,
        // Whoever read our output has seen enough.
        Err(error) if session::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            session::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
