//! Collects what is wrong, with its place in the file. It never stops anybody: whoever finds a
//! problem reports it and goes on with what is left.

use crate::Problem;

/// Problems that are told at once: more than anybody reads, few enough to print.
const PROBLEMS_MAX: usize = 200;

/// The problems of one file.
#[derive(Debug)]
pub struct Report<'s> {
    source: &'s str,
    /// Byte offset and message.
    found: Vec<(usize, String)>,
}

impl<'s> Report<'s> {
    pub const fn new(source: &'s str) -> Self {
        Self {
            source,
            found: Vec::new(),
        }
    }

    /// Something that is wrong with what stands at `offset`.
    pub fn problem(&mut self, offset: usize, message: impl Into<String>) {
        self.found.push((offset, message.into()));
    }

    /// Reports unless it `holds`; gives back whether it does.
    pub fn check(&mut self, holds: bool, offset: usize, message: impl FnOnce() -> String) -> bool {
        if !holds {
            self.problem(offset, message());
        }
        holds
    }

    pub const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Whether there is more than anybody is told.
    pub const fn is_full(&self) -> bool {
        self.found.len() > PROBLEMS_MAX
    }

    pub const fn source(&self) -> &'s str {
        self.source
    }

    /// All of it, in order of place.
    pub fn into_problems(mut self) -> Vec<Problem> {
        self.found.sort();
        self.found.dedup();
        let more = self.found.len().saturating_sub(PROBLEMS_MAX);
        self.found.truncate(PROBLEMS_MAX);
        let mut problems = Vec::with_capacity(self.found.len() + 1);
        let (mut line, mut line_at) = (1, 0);
        for (offset, message) in self.found {
            let passed = self.source.get(line_at..offset).unwrap_or_default();
            if let Some(newline) = passed.rfind('\n') {
                line += passed.matches('\n').count();
                line_at += newline + 1;
            }
            let before = self.source.get(line_at..offset).unwrap_or_default();
            problems.push(Problem {
                line,
                column: before.chars().count() + 1,
                message,
            });
        }
        if more > 0
            && let Some(last) = problems.last().cloned()
        {
            problems.push(Problem {
                message: format!("and {more} more problems; correct those above first"),
                ..last
            });
        }
        problems
    }
}

/// Line and column, in characters and from 1, of the byte at `offset`.
#[must_use]
pub fn place(source: &str, offset: usize) -> (usize, usize) {
    let before = source.get(..offset).unwrap_or(source);
    let line_at = before.rfind('\n').map_or(0, |newline| newline + 1);
    let in_line = before.get(line_at..).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    (line, in_line.chars().count() + 1)
}
