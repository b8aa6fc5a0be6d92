//! What is wrong with a file, for the person who made it.

use std::fmt;

/// Problems that are told at most; behind them one says how many more there are.
const TOLD_MAX: usize = 50;

/// Something that is wrong, and where.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    /// Line, from 1; 0 where it is about the whole file.
    pub line: usize,
    /// What was expected, what was found, and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, " {}", self.message),
            line => write!(f, "{line}: {}", self.message),
        }
    }
}

/// Problems as they are found.
#[derive(Clone, Default, Debug)]
pub(crate) struct Report {
    problems: Vec<Problem>,
    untold: usize,
}

impl Report {
    pub(crate) fn add(&mut self, line: usize, message: impl Into<String>) {
        if self.problems.len() < TOLD_MAX {
            let message = message.into();
            self.problems.push(Problem { line, message });
        } else {
            self.untold += 1;
        }
    }

    /// Says so where something does not hold; gives whether it does.
    pub(crate) fn check(
        &mut self,
        holds: bool,
        line: usize,
        message: impl FnOnce() -> String,
    ) -> bool {
        if !holds {
            self.add(line, message());
        }
        holds
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// The problems in the order of the file.
    pub(crate) fn finish(mut self) -> Vec<Problem> {
        self.problems.sort();
        self.problems.dedup();
        if self.untold > 0 {
            let message = format!("and {} more problems of such kinds", self.untold);
            self.problems.push(Problem { line: 0, message });
        }
        self.problems
    }

    /// `value`, or all that is wrong.
    pub(crate) fn into_result<T>(self, value: Option<T>) -> Result<T, Vec<Problem>> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(self.finish()),
        }
    }
}
