//! Reads a condition or a formula word by word, before `cel` does: finds what people write by
//! mistake, says it in their words, and keeps the parser away from anything deep or strange.
//!
//! What it passes on has the same length, every name as `ff.fff`, every text as `'xxx'`; what
//! stood there is found by its offset. So a name may have dashes, dots and digits wherever it
//! likes, and the parser sees ASCII only. It never decides what a name means.

use std::collections::BTreeMap;

use puls_table::shown;
use puls_wire::NAME_BYTES_MAX;

/// Longest condition or formula in bytes: a page of text.
pub(super) const FORMULA_BYTES_MAX: usize = 4_000;
/// Brackets within each other: each is a few frames of the parser's stack.
const NESTING_MAX: usize = 16;
/// Operators in one condition: each may be a level of the tree.
const OPERATORS_MAX: usize = 200;
/// What may stand between words; no other space is one.
const SPACES: [char; 4] = [' ', '\t', '\r', '\n'];
/// Up to here every whole number is itself as a double.
const WHOLE_MAX: u64 = 1 << 53;

/// What can be given to the parser.
#[derive(Debug)]
pub(super) struct Scan {
    /// The formula with names and texts masked.
    pub(super) masked: String,
    /// Names by offset.
    pub(super) names: BTreeMap<usize, String>,
    /// Texts by offset of their quotation mark.
    pub(super) texts: BTreeMap<usize, String>,
}

/// An offset and what is wrong there.
pub(super) type Wrong = (usize, String);

/// How well a name fits what there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fit {
    /// There is something of this name.
    Is,
    /// It has dashes and is probably meant to be a name with dashes.
    Near,
    /// There is nothing like it.
    Not,
}

/// Scans a formula. `fit` decides whether `a-b` is a name or a difference.
pub(super) fn scan(formula: &str, fit: &dyn Fn(&str) -> Fit) -> Result<Scan, Wrong> {
    if formula.len() > FORMULA_BYTES_MAX {
        let found = formula.len();
        return Err((
            0,
            format!(
                "expected at most {FORMULA_BYTES_MAX} characters, found {found}; give parts of it \
                 names under [derive]"
            ),
        ));
    }
    let mut scanner = Scanner {
        formula,
        fit,
        at: 0,
        open: Vec::new(),
        operators: 0,
        after_in: false,
        sign: None,
        scan: Scan {
            masked: String::with_capacity(formula.len()),
            names: BTreeMap::new(),
            texts: BTreeMap::new(),
        },
    };
    scanner.run()?;
    Ok(scanner.scan)
}

struct Scanner<'f> {
    formula: &'f str,
    fit: &'f dyn Fn(&str) -> Fit,
    at: usize,
    /// Brackets that are open, and where.
    open: Vec<(char, usize)>,
    operators: usize,
    after_in: bool,
    /// The sign before a value, if one was just passed.
    sign: Option<char>,
    scan: Scan,
}

impl<'f> Scanner<'f> {
    fn run(&mut self) -> Result<(), Wrong> {
        let mut operand = true;
        loop {
            self.space();
            let Some(next) = self.rest().chars().next() else {
                break;
            };
            if self.operators > OPERATORS_MAX {
                return Err((
                    self.at,
                    format!(
                        "expected at most {OPERATORS_MAX} operators and brackets, found more; \
                         give parts of it names under [derive]"
                    ),
                ));
            }
            operand = if operand {
                self.operand(next)?
            } else {
                self.operator(next)?
            };
        }
        if let Some((bracket, at)) = self.open.last() {
            let close = if *bracket == '(' { ')' } else { ']' };
            return Err((
                *at,
                format!("expected a `{close}` for this `{bracket}`, found the end; add it"),
            ));
        }
        if operand {
            return Err((
                self.scan.masked.trim_end().len(),
                "expected a value such as `license.seats` or 30, found the end; complete it or \
                 remove the last operator"
                    .to_owned(),
            ));
        }
        Ok(())
    }

    fn rest(&self) -> &'f str {
        self.formula.get(self.at..).unwrap_or_default()
    }

    /// Passes `bytes` of the formula as they stand.
    fn pass(&mut self, bytes: usize) {
        let passed = self.rest().get(..bytes).unwrap_or_default();
        self.scan.masked.push_str(passed);
        self.at += bytes;
    }

    /// White space, and comments as white space.
    fn space(&mut self) {
        loop {
            let rest = self.rest();
            let end = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else {
                rest.find(|c: char| !SPACES.contains(&c))
                    .unwrap_or(rest.len())
            };
            if end == 0 {
                return;
            }
            self.scan.masked.extend(std::iter::repeat_n(' ', end));
            self.at += end;
        }
    }

    /// Reads what may stand where a value is expected; answers whether one still is.
    fn operand(&mut self, next: char) -> Result<bool, Wrong> {
        let after_in = std::mem::take(&mut self.after_in);
        let sign = self.sign.take();
        if after_in && next != '[' {
            return self.wrong(
                "expected a list in square brackets after `in`, such as `in ['gold', 'silver']`",
            );
        }
        match next {
            'a'..='z' | 'A'..='Z' | '_' => self.word().map(|()| false),
            '0'..='9' | '.' => self.number().map(|()| false),
            '\'' | '"' => self.text(next).map(|()| false),
            '(' => self.opens(next),
            '[' if after_in => self.opens(next),
            '[' => self.wrong("expected a value, found a list; a list stands only after `in`"),
            ']' => self.wrong("expected a value in the list, found `]`; name at least one"),
            '-' if sign == Some('!') => self.wrong(
                "expected a condition after `!`, found `-`; put what is not to hold in brackets, \
                 as in `!(license.seats > 10)`",
            ),
            '!' if sign == Some('-') => self.wrong("expected a number after `-`, found `!`"),
            '!' | '-' => {
                self.sign = Some(next);
                self.operators += 1;
                self.pass(1);
                Ok(true)
            }
            '‘' | '’' | '“' | '”' | '„' | '«' | '»' | '`' => self.wrong(
                "expected a straight quotation mark ' around a text, found a curly or slanted one",
            ),
            _ => {
                let found = self.token();
                self.wrong(&format!(
                    "expected a value such as `license.seats`, 30 or 'gold', found `{found}`"
                ))
            }
        }
    }

    /// Reads what may stand after a value; answers whether a value is expected next.
    fn operator(&mut self, next: char) -> Result<bool, Wrong> {
        const OPERATORS: [&str; 12] = [
            "&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/",
        ];
        let rest = self.rest();
        match next {
            ')' | ']' => return self.closes(next),
            ',' if matches!(self.open.last(), Some(('[', _))) => {
                self.pass(1);
                return Ok(true);
            }
            'a'..='z' | 'A'..='Z' | '_' => return self.word_operator(),
            _ => {}
        }
        let two = rest.get(..2).unwrap_or_default();
        let hint = match (two, next) {
            ("=>", _) => "`>=` (at least), found `=>`",
            ("=<", _) => "`<=` (at most), found `=<`",
            ("<>", _) => "`!=` (not equal), found `<>`",
            ("**", _) => "`*`, found `**`; powers are not computed",
            _ => "",
        };
        if !hint.is_empty() {
            return self.wrong(&format!("expected {hint}"));
        }
        if let Some(operator) = OPERATORS.iter().find(|known| rest.starts_with(*known)) {
            self.operators += 1;
            self.pass(operator.len());
            return Ok(true);
        }
        let message = match next {
            '=' => "expected `==` (equal), found `=`; write two of them",
            '&' => "expected `&&` (and), found `&`; write two of them",
            '|' => "expected `||` (or), found `|`; write two of them",
            '≥' => "expected `>=`, found `≥`",
            '≤' => "expected `<=`, found `≤`",
            '≠' => "expected `!=`, found `≠`",
            '×' => "expected `*`, found `×`",
            '÷' | ':' => "expected an operator; divide with `/`",
            '–' | '—' | '−' => "expected `-`, found a long dash",
            '%' => "expected an operator, found `%`; percent are plain numbers: write 80, not 80 %",
            ',' => {
                "expected an operator, found `,`; write decimals with a point (0.5), and join \
                 conditions with `&&` or `||`"
            }
            '?' => {
                "expected an operator, found `?`; there is no if-then-else here: write two \
                 exceptions, variants or bands"
            }
            _ => {
                let found = self.token();
                return self.wrong(&format!(
                    "expected an operator such as `&&`, `>` or `+`, found `{found}`"
                ));
            }
        };
        self.wrong(message)
    }

    fn wrong<T>(&self, message: &str) -> Result<T, Wrong> {
        Err((self.at, message.to_owned()))
    }

    /// The next few characters, as messages show them.
    fn token(&self) -> String {
        let rest = self.rest();
        let first = rest.chars().next().unwrap_or(' ');
        // What comes along with a text that is copied from a page or a document.
        let copied = matches!(first, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
        if first.is_control() || first.is_whitespace() || copied {
            return format!("an invisible character (U+{:04X})", u32::from(first));
        }
        rest.chars()
            .take_while(|c| !c.is_whitespace() && !c.is_control())
            .take(12)
            .collect()
    }

    fn opens(&mut self, bracket: char) -> Result<bool, Wrong> {
        if self.open.len() == NESTING_MAX {
            return self.wrong(&format!(
                "expected at most {NESTING_MAX} brackets within each other, found more; give the \
                 inner parts names under [derive]"
            ));
        }
        self.open.push((bracket, self.at));
        self.operators += 1;
        self.pass(1);
        Ok(true)
    }

    fn closes(&mut self, bracket: char) -> Result<bool, Wrong> {
        match (self.open.pop(), bracket) {
            (Some(('(', _)), ')') | (Some(('[', _)), ']') => {
                self.pass(1);
                Ok(false)
            }
            _ => self.wrong(&format!(
                "expected no `{bracket}` here, since no bracket of its kind is open; remove it"
            )),
        }
    }

    /// The characters of the next name, and everything in it that is a name's.
    fn run_of_name(&self) -> &'f str {
        let rest = self.rest();
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        rest.get(..end)
            .unwrap_or_default()
            .trim_end_matches(['-', '.'])
    }

    /// The next name: the longest that is known; what stands before the first dash if none is.
    fn name(&self) -> &'f str {
        let run = self.run_of_name();
        let ends = run.match_indices('-').map(|(at, _)| at);
        let shorter: Vec<_> = ends
            .take_while(|end| *end <= NAME_BYTES_MAX)
            .filter_map(|end| run.get(..end))
            .collect();
        let fits = |name: &&str| (self.fit)(name) == Fit::Is;
        match (self.fit)(run) {
            Fit::Is => run,
            near => {
                let longest = shorter.iter().rev().find(|name| fits(name)).copied();
                let meant = longest.or_else(|| (near == Fit::Near).then_some(run));
                meant.or_else(|| shorter.first().copied()).unwrap_or(run)
            }
        }
    }

    /// A name, `true`, `false`, or `has(…)`.
    fn word(&mut self) -> Result<(), Wrong> {
        let name = self.name();
        let after = self.rest().get(name.len()..).unwrap_or_default();
        let called = after.trim_start_matches(SPACES).starts_with('(');
        match name {
            "true" | "false" => {
                self.pass(name.len());
                Ok(())
            }
            "has" if called => self.has(after),
            "not" | "NOT" | "Not" => self.wrong("expected `!` (not), found `not`"),
            "True" | "TRUE" | "False" | "FALSE" => {
                self.wrong("expected `true` or `false` in small letters")
            }
            "null" | "NULL" | "None" | "none" | "nil" => self.wrong(
                "expected a value, found a word for no value; whether there is one is asked with \
                 `has(family.name)` or `!has(family.name)`",
            ),
            "in" | "and" | "or" | "AND" | "OR" => {
                self.wrong(&format!("expected a value before `{name}`, found none"))
            }
            _ if called => self.wrong(&format!(
                "expected a value, found the function {}; the only function is \
                 `has(family.name)`, everything else is written with + - * / and comparisons",
                shown(name)
            )),
            _ => {
                self.mask(name);
                Ok(())
            }
        }
    }

    /// Notes a name and passes as many characters of one that the parser takes.
    fn mask(&mut self, name: &str) {
        self.scan.names.insert(self.at, name.to_owned());
        let dot = name.find('.');
        let masked = (0..name.len()).map(|at| if Some(at) == dot { '.' } else { 'f' });
        self.scan.masked.extend(masked);
        self.at += name.len();
    }

    fn has(&mut self, after: &str) -> Result<(), Wrong> {
        let start = self.at;
        let wrong = || {
            (
                start,
                "expected the name of one feature in `has`, such as `has(survey.nps_latest)`"
                    .to_owned(),
            )
        };
        self.operators += 1;
        self.pass("has".len());
        self.pass(after.len() - after.trim_start_matches(SPACES).len() + 1);
        self.space();
        let name = self.name();
        let plain = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.contains('.');
        if !plain {
            return Err(wrong());
        }
        self.mask(name);
        self.space();
        if !self.rest().starts_with(')') {
            return Err(wrong());
        }
        self.pass(1);
        Ok(())
    }

    fn number(&mut self) -> Result<(), Wrong> {
        let rest = self.rest();
        let digits = |from: usize| {
            let tail = rest.get(from..).unwrap_or_default();
            from + tail
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .unwrap_or(tail.len())
        };
        let mut end = digits(0);
        let tail = rest.get(end..).unwrap_or_default();
        if let Some(power) = tail.strip_prefix(['e', 'E']) {
            let sign = usize::from(power.starts_with(['+', '-']));
            if power
                .get(sign..)
                .is_some_and(|p| p.starts_with(|c: char| c.is_ascii_digit()))
            {
                end = digits(end + 1 + sign);
            }
        }
        let number = rest.get(..end).unwrap_or_default();
        let letters = rest.get(end..).unwrap_or_default();
        if letters.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return self.wrong(
                "expected a plain number, found one with letters; leave out the unit (the name \
                 of a feature says whether it counts days, hours or percent)",
            );
        }
        let whole = number.bytes().all(|byte| byte.is_ascii_digit());
        let good = if whole {
            number.parse::<u64>().is_ok_and(|value| value <= WHOLE_MAX)
        } else {
            let lower = number.to_ascii_lowercase();
            // A digit follows the point.
            let has_decimals = !lower.ends_with('.') && !lower.contains(".e");
            has_decimals && number.parse::<f64>().is_ok_and(f64::is_finite)
        };
        if !good {
            return self.wrong(&format!(
                "expected a number such as 30 or 0.5, found {}",
                shown(number)
            ));
        }
        self.pass(end);
        Ok(())
    }

    fn text(&mut self, quote: char) -> Result<(), Wrong> {
        let inner = self.rest().get(1..).unwrap_or_default();
        let Some((text, _)) = inner.split_once(quote) else {
            return self.wrong(&format!(
                "expected a text that ends with {quote}, found the end; add the quotation mark"
            ));
        };
        if let Some(at) = text.find(|c: char| c == '\\' || c.is_control()) {
            return Err((
                self.at + 1 + at,
                "expected a plain text, found a backslash, a line break or another control \
                 character in it; remove it"
                    .to_owned(),
            ));
        }
        self.scan.texts.insert(self.at, text.to_owned());
        self.scan.masked.push('\'');
        self.scan
            .masked
            .extend(std::iter::repeat_n('x', text.len()));
        self.scan.masked.push('\'');
        self.at += text.len() + 2;
        Ok(())
    }

    fn word_operator(&mut self) -> Result<bool, Wrong> {
        let word = self.run_of_name();
        match word.to_ascii_lowercase().as_str() {
            "in" if word == "in" => {
                self.operators += 1;
                self.after_in = true;
                self.pass(2);
                Ok(true)
            }
            "in" => self.wrong("expected `in` in small letters"),
            "and" => self.wrong("expected `&&` (and), found the word"),
            "or" => self.wrong("expected `||` (or), found the word"),
            "is" => self.wrong("expected `==` (equal), found `is`"),
            "not" => self.wrong(
                "expected an operator, found `not`; write `!(a in ['x'])` for not in a list",
            ),
            _ => self.wrong(&format!(
                "expected an operator such as `&&` or `>`, found {}; leave out units, and join \
                 conditions with `&&` or `||`",
                shown(word)
            )),
        }
    }
}
