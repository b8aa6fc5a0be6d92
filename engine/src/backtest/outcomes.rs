//! What became of accounts: a CSV file, read whole, with all its mistakes said at once.
//!
//! ```text
//! account,decided_at,ended_at,kind,mrr_lost
//! C-1042,2025-03-14,2025-06-30,churn,490
//! ```
//! Each row says that a customer decided to leave (or to pay less), when it decided, and when that
//! took effect. `account` and `decided_at` are needed; a date alone is its local midnight.

use std::collections::{BTreeMap, BTreeSet};

use super::calendar::Calendar;
use crate::limits::BACKTEST_MISTAKES_SHOWN;
use crate::model::Time;
use crate::state::nearest_name;

const COLUMNS: [&str; 5] = ["account", "decided_at", "ended_at", "kind", "mrr_lost"];
/// The kind of a row that names none.
const KIND_DEFAULT: &str = "churn";

/// One row of the file.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// The account.
    pub account: String,
    /// When the customer decided: from here on it is out.
    pub decided_at: Time,
    /// When it took effect.
    pub ended_at: Option<Time>,
    /// What happened, in the tenant's own word.
    pub kind: String,
    /// Monthly revenue that was lost, in the tenant's currency.
    pub mrr_lost: Option<f64>,
}

/// All that counts, by account: its first decision.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Outcomes {
    /// The first decision of each account.
    pub first: BTreeMap<String, Outcome>,
    /// Rows of later decisions, which count nothing: the account is out by then.
    pub later: usize,
    /// Rows of kinds that were not asked for.
    pub other_kinds: usize,
    /// When the last decision was taken that the file knows, of any kind.
    pub decided_last: Option<Time>,
}

impl Outcomes {
    /// Reads the text of a file; `kinds` are those that count, all where it is empty.
    ///
    /// # Errors
    /// All that is wrong with it, a sentence each, with its line.
    pub fn read(text: &str, calendar: &Calendar, kinds: &[String]) -> Result<Self, Vec<String>> {
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let head = match reader.headers() {
            Ok(head) => head.clone(),
            Err(error) => return Err(vec![format!("expected a header, found: {error}")]),
        };
        let columns = Columns::new(&head)?;
        let (mut found, mut mistakes) = (Vec::new(), Vec::new());
        for (number, record) in reader.records().enumerate() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    mistakes.push(format!(
                        "record {}: expected CSV, found: {error}",
                        number + 1
                    ));
                    continue;
                }
            };
            let line = record.position().map_or(0, csv::Position::line);
            match columns.outcome(&record, calendar) {
                Ok(outcome) => found.push((line, outcome)),
                Err(of_row) => {
                    mistakes.extend(
                        of_row
                            .into_iter()
                            .map(|what| format!("line {line}: {what}")),
                    );
                }
            }
        }
        mistakes.extend(repeated(&found));
        mistakes.extend(unknown_kinds(&found, kinds));
        if mistakes.is_empty() {
            return Ok(Self::of(
                found.into_iter().map(|(_, outcome)| outcome),
                kinds,
            ));
        }
        let all = mistakes.len();
        if all > BACKTEST_MISTAKES_SHOWN {
            mistakes.truncate(BACKTEST_MISTAKES_SHOWN);
            mistakes.push(format!("and {} more", all - BACKTEST_MISTAKES_SHOWN));
        }
        Err(mistakes)
    }

    fn of(found: impl Iterator<Item = Outcome>, kinds: &[String]) -> Self {
        let mut outcomes = Self::default();
        for outcome in found {
            outcomes.decided_last = outcomes.decided_last.max(Some(outcome.decided_at));
            if !kinds.is_empty() && !kinds.contains(&outcome.kind) {
                outcomes.other_kinds += 1;
                continue;
            }
            match outcomes.first.get_mut(&outcome.account) {
                None => {
                    outcomes.first.insert(outcome.account.clone(), outcome);
                }
                Some(known) => {
                    outcomes.later += 1;
                    if outcome.decided_at < known.decided_at {
                        *known = outcome;
                    }
                }
            }
        }
        outcomes
    }
}

/// Where the columns stand.
struct Columns([Option<usize>; COLUMNS.len()]);

impl Columns {
    fn new(head: &csv::StringRecord) -> Result<Self, Vec<String>> {
        let place = |name: &str| head.iter().position(|column| column == name);
        let mut mistakes = Vec::new();
        for column in head.iter().filter(|column| !COLUMNS.contains(column)) {
            let near = nearest_name(column, &COLUMNS);
            mistakes.push(format!(
                "header: expected the columns {}, {near}",
                COLUMNS.join(", ")
            ));
        }
        for needed in COLUMNS.iter().take(2).filter(|name| place(name).is_none()) {
            mistakes.push(format!("header: expected a column `{needed}`, found none"));
        }
        if mistakes.is_empty() {
            Ok(Self(COLUMNS.map(place)))
        } else {
            Err(mistakes)
        }
    }

    fn outcome(
        &self,
        record: &csv::StringRecord,
        calendar: &Calendar,
    ) -> Result<Outcome, Vec<String>> {
        let [account, decided_at, ended_at, kind, mrr_lost] = self.0.map(|place| {
            let text = place.and_then(|place| record.get(place)).unwrap_or("");
            Some(text).filter(|text| !text.is_empty())
        });
        let mut mistakes = Vec::new();
        let mut moment = |name: &str, text: Option<&str>| {
            let found = calendar.parse(text?);
            if found.is_none() {
                mistakes.push(format!(
                    "expected {name} as a date such as 2025-03-14 or a moment such as \
                     2025-03-14T09:30:00Z, found `{}`",
                    text.unwrap_or_default()
                ));
            }
            found
        };
        let (decided, ended) = (
            moment("decided_at", decided_at),
            moment("ended_at", ended_at),
        );
        if account.is_none() {
            mistakes.push("expected an account, found none".into());
        }
        if decided_at.is_none() {
            mistakes.push("expected decided_at, found none".into());
        }
        if let (Some(decided), Some(ended)) = (decided, ended)
            && ended < decided
        {
            mistakes.push(format!(
                "expected ended_at at or after decided_at, found {} before {}",
                ended_at.unwrap_or_default(),
                decided_at.unwrap_or_default()
            ));
        }
        let mrr: Option<Result<f64, _>> = mrr_lost.map(str::parse);
        if let Some(bad) = mrr_lost
            && !mrr
                .as_ref()
                .is_some_and(|mrr| mrr.as_ref().is_ok_and(|mrr| *mrr >= 0.0))
        {
            mistakes.push(format!(
                "expected mrr_lost as a number from 0 up, found `{bad}`"
            ));
        }
        match (account, decided) {
            (Some(account), Some(decided_at)) if mistakes.is_empty() => Ok(Outcome {
                account: account.to_owned(),
                decided_at,
                ended_at: ended,
                kind: kind.unwrap_or(KIND_DEFAULT).to_owned(),
                mrr_lost: mrr.and_then(Result::ok),
            }),
            _ => Err(mistakes),
        }
    }
}

/// The same decision said twice.
fn repeated(found: &[(u64, Outcome)]) -> Vec<String> {
    let mut known: BTreeMap<(&str, Time, &str), u64> = BTreeMap::new();
    let mut mistakes = Vec::new();
    for (line, outcome) in found {
        let what = (
            outcome.account.as_str(),
            outcome.decided_at,
            outcome.kind.as_str(),
        );
        if let Some(first) = known.insert(what, *line) {
            mistakes.push(format!(
                "line {line}: expected each decision once, found that of line {first} again; \
                 remove one"
            ));
        }
    }
    mistakes
}

/// Kinds that were asked for and that no row has.
fn unknown_kinds(found: &[(u64, Outcome)], kinds: &[String]) -> Vec<String> {
    let known: BTreeSet<&str> = found
        .iter()
        .map(|(_, outcome)| outcome.kind.as_str())
        .collect();
    let known: Vec<&str> = known.into_iter().collect();
    let unknown = kinds.iter().filter(|kind| !known.contains(&kind.as_str()));
    let said = unknown.map(|kind| {
        format!(
            "expected a kind that the file has ({}), found `{kind}`",
            known.join(", ")
        )
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, kinds: &[&str]) -> Result<Outcomes, Vec<String>> {
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        Outcomes::read(text, &Calendar::new("Europe/Oslo").unwrap(), &kinds)
    }

    #[test]
    fn the_first_decision_of_an_account_counts() {
        let text = "\u{feff}account, decided_at,kind,mrr_lost\n\
                    a,2025-03-14,churn,490\n\
                    a,2025-01-02,churn,\n\
                    b,2025-03-14T09:30:00Z,,12.5\n\
                    c,2025-03-14,downgrade,1\n";
        let found = read(text, &["churn"]).unwrap();
        assert_eq!(
            (found.first.len(), found.later, found.other_kinds),
            (2, 1, 1)
        );
        let of_a = &found.first["a"];
        assert_eq!(of_a.decided_at.to_string(), "2025-01-01T23:00:00Z");
        assert_eq!(
            (found.first["b"].mrr_lost, found.first["b"].kind.as_str()),
            (Some(12.5), "churn")
        );
        assert_eq!(read(text, &[]).unwrap().first.len(), 3);
    }

    #[test]
    fn all_mistakes_are_said_at_once() {
        let cases: [(&str, &[&str], &[&str]); 5] = [
            (
                "account,decided\na,2025-01-01\n",
                &[],
                &[
                    "did you mean \"decided_at\"?",
                    "header: expected a column `decided_at`, found none",
                ],
            ),
            (
                "account,decided_at,ended_at,mrr_lost\n,14.3.2025,2025-01-01,-3\nb,2025-02-01,2025-01-01,x\n",
                &[],
                &[
                    "line 2: expected decided_at as a date such as 2025-03-14 or a moment such as 2025-03-14T09:30:00Z, found `14.3.2025`",
                    "line 2: expected an account, found none",
                    "line 2: expected mrr_lost as a number from 0 up, found `-3`",
                    "line 3: expected ended_at at or after decided_at, found 2025-01-01 before 2025-02-01",
                    "line 3: expected mrr_lost as a number from 0 up, found `x`",
                ],
            ),
            (
                "account,decided_at\na,\n",
                &[],
                &["line 2: expected decided_at, found none"],
            ),
            (
                "account,decided_at\na,2025-01-01\na,2025-01-01\n",
                &[],
                &["line 3: expected each decision once, found that of line 2 again; remove one"],
            ),
            (
                "account,decided_at\na,2025-01-01\n",
                &["lost"],
                &["expected a kind that the file has (churn), found `lost`"],
            ),
        ];
        for (text, kinds, expected) in cases {
            let found = read(text, kinds).unwrap_err();
            assert_eq!(found.len(), expected.len(), "{found:?}");
            for (found, expected) in found.iter().zip(expected) {
                assert!(found.contains(expected), "{found}\n{expected}");
            }
        }
    }

    #[test]
    fn a_thousand_mistakes_are_not_all_shown() {
        let text = format!("account,decided_at\n{}", "a,b\n".repeat(1_000));
        let found = read(&text, &[]).unwrap_err();
        assert_eq!(found.len(), BACKTEST_MISTAKES_SHOWN + 1);
        assert_eq!(found.last().unwrap(), "and 980 more");
    }
}
