//! What a case expects: `[cases.expect]`.

use puls_table::{Plain, Table, Value, hint, list, shown};
use puls_wire::{PARTS_MAX, SCORE_MAX, WEIGHT_UNIT};

use super::{Reader, unknown};
use crate::Expect;

/// Tiers that every rule has beside its own.
const TIERS: [&str; 2] = ["unknown", "not_scored"];
/// How to say that there is no score.
const NONE: &str = "none";

impl Reader<'_, '_> {
    pub(super) fn expect(&mut self, table: &Table<'_>) -> Option<Expect> {
        const KEYS: [&str; 6] = [
            "score",
            "tier",
            "coverage",
            "reasons",
            "exceptions",
            "triggers",
        ];
        let Some(value) = table.get("expect") else {
            self.report.problem(
                table.at,
                "expected [cases.expect] below the case, which says what the rule should say, \
                 found none; add it with for example `tier = \"healthy\"`",
            );
            return None;
        };
        let table = value.table("what is expected", &mut self.report)?;
        table.only(&KEYS, &mut self.report);
        let some = KEYS.iter().any(|key| table.get(key).is_some());
        self.report.check(some, value.key_at, || {
            let keys = list(KEYS, "or");
            format!("expected at least one of {keys}, found none; a case must be able to fail")
        });
        Some(Expect {
            score: table.get("score").map(|it| self.score(&it)),
            tier: table.get("tier").and_then(|it| self.tier(&it)),
            coverage: table.get("coverage").map(|it| self.coverage(&it)),
            reasons: table.get("reasons").and_then(|it| self.reasons(&it)),
            exceptions: self.names(&table, "exceptions"),
            triggers: self.names(&table, "triggers"),
        })
    }

    /// Ten-thousandths of a point; 0 where the value is wrong, which is told.
    fn score(&mut self, value: &Value<'_>) -> Option<i64> {
        if value.as_plain() == Plain::Text(NONE) {
            return None;
        }
        let points = match value.as_plain() {
            Plain::Text(text) if text.parse::<f64>().is_err() => {
                value.expected(
                    "a number from 0 to 100, or \"none\" for no score",
                    &mut self.report,
                );
                None
            }
            _ => value.within((0.0, 100.0), &mut self.report),
        };
        let unit = f64::from(SCORE_MAX / 100);
        points.map(|points| self.whole(value, points, unit, "four decimals"))
    }

    fn coverage(&mut self, value: &Value<'_>) -> i64 {
        let percent = value.within((0.0, 100.0), &mut self.report);
        let unit = f64::from(WEIGHT_UNIT / 100);
        percent.map_or(0, |percent| {
            self.whole(value, percent, unit, "two decimals")
        })
    }

    /// `number` in units, of which it must be a whole number.
    fn whole(&mut self, value: &Value<'_>, number: f64, unit: f64, decimals: &str) -> i64 {
        let units = number * unit;
        let nearest = units.round_ties_even();
        if (units - nearest).abs() > 1e-6 {
            value.expected(&format!("a number of at most {decimals}"), &mut self.report);
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a whole number of at most a million"
        )]
        let whole = nearest as i64;
        whole
    }

    fn tier(&mut self, value: &Value<'_>) -> Option<String> {
        let text = value.text(&mut self.report)?;
        let own = self.manifest.tiers.bands.iter().map(|it| it.name.as_str());
        let known: Vec<_> = own.chain(TIERS).collect();
        if known.contains(&text.text) {
            return Some(text.text.to_owned());
        }
        let names = list(known.iter().copied(), "and");
        let hint = hint(text.text, known, &format!("there is {names}"));
        let found = shown(text.text);
        self.report.problem(
            text.at,
            format!("expected a tier of the rule, found {found}{hint}"),
        );
        None
    }

    fn reasons(&mut self, value: &Value<'_>) -> Option<Vec<String>> {
        let items = value.items(&mut self.report)?;
        let mut reasons = Vec::new();
        for item in items.iter().take(PARTS_MAX) {
            let text = item.text(&mut self.report)?;
            reasons.push(text.text.to_owned());
        }
        Some(reasons)
    }

    /// Names of exceptions or triggers.
    fn names(&mut self, table: &Table<'_>, key: &'static str) -> Option<Vec<String>> {
        let items = table.get(key)?.items(&mut self.report)?;
        let (what, known): (_, Vec<&str>) = if key == "exceptions" {
            let known = self.manifest.exceptions.iter();
            (
                "an exception of the rule",
                known.map(|it| it.name.as_str()).collect(),
            )
        } else {
            let known = self.manifest.triggers.iter();
            (
                "a trigger of the rule",
                known.map(|it| it.name.as_str()).collect(),
            )
        };
        let mut names: Vec<String> = Vec::new();
        for item in items {
            let text = item.text(&mut self.report)?;
            let found = text.text.to_owned();
            if !known.contains(&text.text) {
                let message = unknown(what, text.text, known.iter().copied());
                self.report.problem(text.at, message);
            } else if names.contains(&found) {
                let message = format!("expected each name once, found `{found}` twice");
                self.report.problem(text.at, message);
            } else {
                names.push(found);
            }
        }
        Some(names)
    }
}
