//! What all shards found under both rules, as one.

use super::side::{Look, SideFold};
use super::{Folded, Mover, Unit};
use crate::backtest::{BacktestError, Side};
use crate::limits::BACKTEST_MOVERS;

/// Adds what both sides of a shard found. Both have the same accounts and dates, in one order,
/// because neither depends on a rule.
pub(super) fn join(
    all: &mut Folded,
    active: &mut SideFold<'_>,
    candidate: &mut SideFold<'_>,
) -> Result<(), BacktestError> {
    let counts = active.runner.shard().counts().clone();
    let active = std::mem::take(&mut active.found);
    let candidate = std::mem::take(&mut candidate.found);
    if active.accounts != candidate.accounts || active.references != candidate.references {
        return Err(BacktestError::Expected(
            "expected the inputs to stay as they are while they are read twice, found other \
             accounts the second time"
                .into(),
        ));
    }
    // Shards begin in different months; the dates of all are those of each, from its first on.
    for date in &active.references {
        if let Err(place) = all.references.binary_search(date) {
            all.references.insert(place, *date);
            let place = u16::try_from(place).unwrap_or(u16::MAX);
            all.units.iter_mut().for_each(|unit| {
                unit.reference += u16::from(unit.reference >= place);
            });
        }
    }
    let numbers: Vec<u16> = active
        .references
        .iter()
        .map(|date| all.references.binary_search(date).unwrap_or(usize::MAX))
        .map(|place| u16::try_from(place).unwrap_or(u16::MAX))
        .collect();
    let first = u32::try_from(all.accounts.len()).unwrap_or(u32::MAX);
    let paired = |(active, candidate): (&Look, &Look)| Unit {
        account: active.account.saturating_add(first),
        reference: numbers
            .get(usize::from(active.reference))
            .copied()
            .unwrap_or(u16::MAX),
        views: [active.view, candidate.view],
    };
    all.units
        .extend(active.looks.iter().zip(&candidate.looks).map(paired));
    all.standing
        .extend(active.standing.iter().zip(&candidate.standing).map(paired));
    all.out += active.out;
    all.alerts_out += active.alerts_out + candidate.alerts_out;
    all.first = all.first.into_iter().chain(active.first).min();
    all.accounts.extend(active.accounts);
    if all.counts.0.is_empty() {
        all.counts = counts;
    } else {
        all.counts.add(&counts);
    }
    let sides = [
        (active.failures, active.hidden),
        (candidate.failures, candidate.hidden),
    ];
    for (side, (failures, hidden)) in Side::BOTH.into_iter().zip(sides) {
        let sum = side.of_mut(&mut all.failures);
        sum.count += failures.count;
        sum.first = sum.first.take().or(failures.first);
        *side.of_mut(&mut all.hidden) = hidden;
    }
    all.alerts
        .extend(active.alerts.into_iter().chain(candidate.alerts));
    all.changes
        .extend(active.changes.into_iter().chain(candidate.changes));
    Ok(())
}

pub(super) fn in_order(all: &mut Folded) {
    all.alerts
        .sort_by(|a, b| (a.at, &a.account, a.side).cmp(&(b.at, &b.account, b.side)));
    all.changes
        .sort_by(|a, b| (a.at, &a.account, a.side).cmp(&(b.at, &b.account, b.side)));
}

/// The accounts whose scores at T lie furthest apart, down and up, each with its reasons.
pub(super) fn movers(all: &Folded, folds: &mut [SideFold<'_>]) -> Vec<Mover> {
    let name = |unit: &Unit| {
        all.accounts
            .get(usize::try_from(unit.account).ok()?)
            .cloned()
    };
    let scores = |unit: &Unit| {
        let [active, candidate] = unit.views;
        Some([active?.score()?, candidate?.score()?])
    };
    let moved = all
        .standing
        .iter()
        .filter_map(|unit| Some((name(unit)?, scores(unit)?)));
    let mut moved: Vec<Mover> = moved
        .filter(|(_, [active, candidate])| active != candidate)
        .map(|(account, scores)| Mover {
            account,
            scores,
            tiers: [String::new(), String::new()],
            why: [Vec::new(), Vec::new()],
            shifts: Vec::new(),
        })
        .collect();
    moved.sort_by(|a, b| (b.delta().abs(), &a.account).cmp(&(a.delta().abs(), &b.account)));
    let (fallen, risen): (Vec<_>, Vec<_>) = moved.into_iter().partition(|it| it.delta() < 0);
    let mut movers: Vec<Mover> = fallen
        .into_iter()
        .take(BACKTEST_MOVERS)
        .chain(risen.into_iter().take(BACKTEST_MOVERS))
        .collect();
    movers.sort_by(|a, b| (b.delta().abs(), &a.account).cmp(&(a.delta().abs(), &b.account)));
    for mover in &mut movers {
        for fold in &mut *folds {
            let side = fold.side;
            if let Some(found) = fold.explain(&mover.account, all.until) {
                *side.of_mut(&mut mover.tiers) = found.tier;
                *side.of_mut(&mut mover.why) = found.why;
                let sign = if side == Side::Candidate { 1 } else { -1 };
                for (title, points) in found.measures {
                    match mover.shifts.iter_mut().find(|(known, _)| *known == title) {
                        Some((_, sum)) => *sum += sign * points,
                        None => mover.shifts.push((title, sign * points)),
                    }
                }
            }
        }
        mover.shifts.retain(|(_, points)| *points != 0);
        mover
            .shifts
            .sort_by_key(|(_, points)| std::cmp::Reverse(points.abs()));
    }
    movers
}
