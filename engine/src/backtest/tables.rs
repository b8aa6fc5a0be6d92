//! The same in tables, for analysts: units, alerts, movers, and the accounts at T, as Parquet.

use std::path::Path;

use super::fold::{Folded, Unit, View};
use super::outcomes::Outcomes;
use super::pair::Ladder;
use super::{BacktestError, Side};
use crate::export::{Cell, Column, ColumnType, Form, Table};
use crate::model::{POINT, Time, points};

/// What tables are made of.
#[derive(Clone, Copy, Debug)]
pub struct Tables<'a> {
    /// The folded history.
    pub folded: &'a Folded,
    /// Tiers per side.
    pub ladders: &'a [Ladder; 2],
    /// What became of accounts.
    pub outcomes: Option<&'a Outcomes>,
    /// Milliseconds of the outcome window.
    pub window_ms: i64,
}

impl Tables<'_> {
    /// Writes all tables into a folder that exists; gives their names and rows.
    ///
    /// # Errors
    /// Where a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<Vec<(&'static str, u64)>, BacktestError> {
        let table = |name: &str, columns: &[Column]| {
            Table::create(&folder.join(name), Form::Parquet, columns)
        };
        let mut units = table("units.parquet", &unit_columns())?;
        for unit in &self.folded.units {
            let reference = self
                .folded
                .references
                .get(usize::from(unit.reference))
                .copied();
            units.push(self.unit_row(unit, reference))?;
        }
        let mut standing = table("standing.parquet", &unit_columns())?;
        for unit in &self.folded.standing {
            standing.push(self.unit_row(unit, Some(self.folded.until)))?;
        }
        let mut alerts = table("alerts.parquet", &alert_columns())?;
        for alert in &self.folded.alerts {
            alerts.push([
                Cell::from(alert.side.as_str()),
                Cell::from(alert.account.as_str()),
                Cell::Time(alert.at),
                Cell::from(alert.alert.as_str()),
                Cell::from(alert.change.as_str()),
                Cell::from(alert.subject.as_str()),
                Cell::from(alert.severity.as_str()),
                Cell::from(alert.owner.clone()),
                Cell::from(alert.role.as_str()),
                Cell::from(alert.why.clone()),
            ])?;
        }
        let mut movers = table("movers.parquet", &mover_columns())?;
        for mover in &self.folded.movers {
            let [active, candidate] = mover.scores.map(|score| Cell::Number(points(score)));
            let [tier_active, tier_candidate] = mover.tiers.clone().map(Cell::Text);
            let [why_active, why_candidate] =
                mover.why.clone().map(|why| Cell::Text(why.join("; ")));
            movers.push([
                Cell::from(mover.account.as_str()),
                active,
                candidate,
                Cell::Number(points(mover.delta())),
                tier_active,
                tier_candidate,
                why_active,
                why_candidate,
                Cell::Text(super::report::words::shifts(mover)),
            ])?;
        }
        Ok(vec![
            ("units.parquet", units.finish()?),
            ("standing.parquet", standing.finish()?),
            ("alerts.parquet", alerts.finish()?),
            ("movers.parquet", movers.finish()?),
        ])
    }

    fn unit_row(&self, unit: &Unit, reference: Option<Time>) -> Vec<Cell> {
        let number = usize::try_from(unit.account).unwrap_or(usize::MAX);
        let account = self.folded.accounts.get(number).map_or("", String::as_str);
        let mut row = vec![Cell::from(account), Cell::from(reference)];
        for side in Side::BOTH {
            let ladder = side.of(self.ladders);
            row.extend(view_cells(*side.of(&unit.views), ladder));
        }
        let observed = reference.map(|at| at.plus_ms(self.window_ms) <= self.folded.until);
        let outcome = self
            .outcomes
            .and_then(|outcomes| outcomes.first.get(account));
        let decided = outcome.map(|outcome| outcome.decided_at);
        let is_lost = reference
            .zip(decided)
            .is_some_and(|(at, decided)| decided > at && decided < at.plus_ms(self.window_ms));
        let is_judged = self.outcomes.is_some() && observed == Some(true);
        row.push(
            observed
                .filter(|_| self.outcomes.is_some())
                .map_or(Cell::Missing, Cell::Bool),
        );
        row.push(if is_judged {
            Cell::Bool(is_lost)
        } else {
            Cell::Missing
        });
        row.push(Cell::from(decided));
        row.push(Cell::from(outcome.map(|outcome| outcome.kind.clone())));
        row.push(Cell::from(outcome.and_then(|outcome| outcome.mrr_lost)));
        row
    }
}

fn view_cells(view: Option<View>, ladder: &Ladder) -> [Cell; 7] {
    let Some(view) = view else {
        return std::array::from_fn(|_| Cell::Missing);
    };
    let score = |score: Option<i64>| Cell::from(score.map(points));
    [
        score(view.score()),
        Cell::from(ladder.name(view.tier)),
        Cell::Bool(ladder.is_flagged(view.tier)),
        Cell::Number(f64::from(view.coverage) / POINT * 100.0),
        Cell::Bool(view.is_overridden),
        score(view.blind()),
        Cell::from(ladder.name(view.tier_blind)),
    ]
}

fn columns(of: impl IntoIterator<Item = (String, ColumnType)>) -> Vec<Column> {
    of.into_iter()
        .map(|(name, holds)| Column::new(name, holds))
        .collect()
}

fn unit_columns() -> Vec<Column> {
    use ColumnType::{Bool, Number, Text};
    let of_side = |side: Side| {
        let holds = [
            ("score", Number),
            ("tier", Text),
            ("flagged", Bool),
            ("coverage_pct", Number),
            ("overridden", Bool),
            ("score_without_hidden", Number),
            ("tier_without_hidden", Text),
        ];
        holds.map(|(name, holds)| (format!("{}_{name}", side.as_str()), holds))
    };
    let head = [("account", Text), ("reference", ColumnType::Time)];
    let tail = [
        ("observed", Bool),
        ("lost", Bool),
        ("decided_at", ColumnType::Time),
        ("kind", Text),
        ("mrr_lost", Number),
    ];
    let named = |(name, holds): (&str, ColumnType)| (name.to_owned(), holds);
    columns(
        head.map(named)
            .into_iter()
            .chain(Side::BOTH.into_iter().flat_map(of_side))
            .chain(tail.map(named)),
    )
}

fn alert_columns() -> Vec<Column> {
    use ColumnType::{Text, Time};
    let names = [
        ("rule", Text),
        ("account", Text),
        ("at", Time),
        ("alert", Text),
        ("change", Text),
        ("subject", Text),
        ("severity", Text),
        ("owner", Text),
        ("owner_role", Text),
        ("why", Text),
    ];
    columns(names.map(|(name, holds)| (name.to_owned(), holds)))
}

fn mover_columns() -> Vec<Column> {
    use ColumnType::{Number, Text};
    let names = [
        ("account", Text),
        ("active_score", Number),
        ("candidate_score", Number),
        ("delta", Number),
        ("active_tier", Text),
        ("candidate_tier", Text),
        ("active_why", Text),
        ("candidate_why", Text),
        ("moved_by", Text),
    ];
    columns(names.map(|(name, holds)| (name.to_owned(), holds)))
}
