//! All cases of a rule: posed, answered as WebAssembly, compared with what is expected and with
//! what the rule says natively.

use puls_cases::{Case, Mismatch, Subject, judge, row};
use puls_scorecard::Card;
use puls_wire::Verdict;

use super::answer::{Answer, answer, difference};
use super::story::tell;
use super::{Candidate, Posed};
use crate::model::Settings;
use crate::rules::Host;

/// Something that kept a case from being answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// Byte of the file of the event that it is about; `None` for the case as a whole.
    pub at: Option<usize>,
    /// What.
    pub message: String,
}

/// A case and the row that it comes to.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The case.
    pub case: Case,
    /// The row, or all that is wrong with its story.
    pub posed: Result<Posed, Vec<Trouble>>,
}

/// Where a rule's native answers come from.
#[derive(Clone, Copy, Debug)]
pub enum Native<'a> {
    /// A card: from its interpreter.
    Card(&'a Card),
    /// A rule in Rust: from its own `cargo test`, one for each row that was posed.
    Verdicts(&'a [Verdict]),
    /// There is only the module.
    None,
}

/// Whether a rule says natively what its module says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Compared {
    /// Nobody asked it natively.
    Unknown,
    /// To the bit.
    Alike,
    /// In this.
    Differs(String),
}

/// What became of a case.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The case.
    pub case: Case,
    /// What the module said.
    pub answer: Option<Answer>,
    /// What is not as it was expected.
    pub mismatches: Vec<Mismatch>,
    /// What kept it from being answered.
    pub troubles: Vec<Trouble>,
    /// Whether the rule says natively what its module says.
    pub native: Compared,
}

impl Outcome {
    /// Whether all is as it was expected.
    #[must_use]
    pub const fn passes(&self) -> bool {
        self.mismatches.is_empty()
            && self.troubles.is_empty()
            && !matches!(self.native, Compared::Differs(_))
    }
}

/// The rows that the cases come to. `settings_of` gives the settings of a case that has its own.
///
/// # Errors
/// What `settings_of` says.
pub fn pose<E>(
    candidate: &Candidate,
    cases: Vec<Case>,
    settings_of: &dyn Fn(&Case) -> Result<Settings, E>,
) -> Result<Vec<Asked>, E> {
    let mut asked = Vec::with_capacity(cases.len());
    for case in cases {
        let posed = pose_one(candidate, &case, settings_of)?;
        asked.push(Asked { case, posed });
    }
    Ok(asked)
}

fn pose_one<E>(
    candidate: &Candidate,
    case: &Case,
    settings_of: &dyn Fn(&Case) -> Result<Settings, E>,
) -> Result<Result<Posed, Vec<Trouble>>, E> {
    let parameters = match candidate.module.parameters(&case.parameters) {
        Ok(parameters) => parameters,
        Err(problems) => {
            let whole = |message| Trouble { at: None, message };
            return Ok(Err(problems.into_iter().map(whole).collect()));
        }
    };
    let Subject::Story(story) = &case.subject else {
        return Ok(Ok(Posed {
            row: row(&case.subject, &candidate.module.manifest),
            parameters,
            at: 0,
            over: None,
        }));
    };
    let own = if story.has_settings {
        Some(settings_of(case)?)
    } else {
        None
    };
    let settings = own.as_ref().unwrap_or(&candidate.settings);
    Ok(tell(
        candidate,
        story,
        settings,
        (parameters, &case.parameters),
    ))
}

/// Answers all cases and compares.
#[must_use]
pub fn run(candidate: &Candidate, asked: Vec<Asked>, native: Native<'_>) -> Vec<Outcome> {
    let mut host = Host::with_second_look(super::answer::SECOND_LOOK_ALL);
    let mut posed_before = 0;
    let mut outcomes = Vec::with_capacity(asked.len());
    for Asked { case, posed } in asked {
        let mut outcome = Outcome {
            case,
            answer: None,
            mismatches: Vec::new(),
            troubles: Vec::new(),
            native: Compared::Unknown,
        };
        match posed {
            Err(troubles) => outcome.troubles = troubles,
            Ok(posed) => {
                match answer(candidate, &mut host, &posed) {
                    Err(message) => outcome.troubles.push(Trouble { at: None, message }),
                    Ok(answer) => {
                        outcome.mismatches = judge(&outcome.case.expect, &answer.found);
                        outcome.native = compare(&native, posed_before, &posed, &answer);
                        outcome.answer = Some(answer);
                    }
                }
                posed_before += 1;
            }
        }
        outcomes.push(outcome);
    }
    outcomes
}

fn compare(native: &Native<'_>, index: usize, posed: &Posed, answer: &Answer) -> Compared {
    let of_card;
    let verdict = match native {
        Native::None => None,
        Native::Card(card) => {
            of_card = puls_reference::evaluate(card, &posed.row, &posed.parameters);
            Some(&of_card)
        }
        Native::Verdicts(verdicts) => verdicts.get(index),
    };
    let Some(verdict) = verdict else {
        return Compared::Unknown;
    };
    difference(verdict, &answer.verdict).map_or(Compared::Alike, Compared::Differs)
}
