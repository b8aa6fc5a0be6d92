//! Where everything of a card lies in the module's memory.

use puls_wire::Layout;

use super::code::{ARENA, Column, Program, after};
use crate::{Card, Measure};

/// Addresses in the arena, and columns behind it.
#[derive(Debug)]
pub(super) struct Places {
    /// First feature.
    pub(super) features: Column,
    /// First parameter, 8 bytes each.
    pub(super) parameters: u32,
    pub(super) status: u32,
    pub(super) coverage: u32,
    pub(super) adjust: u32,
    pub(super) exceptions: Column,
    pub(super) triggers: Column,
    /// First part's; 1,024 bytes each.
    pub(super) contribution: u32,
    /// First part's, as are those that follow; 512 bytes each.
    pub(super) part_points: u32,
    pub(super) part_weight: u32,
    pub(super) part_reason: u32,
    /// First derived number.
    pub(super) derived: Column,
    /// Mask of the rows outside the population, if the card has one.
    pub(super) outside: Option<Column>,
    /// First variant's mask of the rows that are not of it.
    pub(super) others: Column,
    /// Mask of the rows that are outside or of a variant already.
    pub(super) taken: Column,
    /// Per measure, the mask of the rows where it is not in force; `None` where it always is.
    pub(super) absent: Vec<Option<Column>>,
    /// First measure's weight with data.
    pub(super) covered: Column,
    /// First measure's weight that counts; later its scale.
    pub(super) counted: Column,
    /// First part's points, NaN where it does not count.
    pub(super) points: Column,
    /// Sums over measures: weight that applies, weight with data, weight that counts.
    pub(super) shares: [Column; 3],
    /// Sum of the parts up to one in ten-thousandths, and the same to the nearest whole.
    pub(super) running: [Column; 2],
    /// The score in points before exceptions, NaN where there is none.
    pub(super) score_now: Column,
    /// Bits of the exceptions or triggers, lowest cap, highest floor.
    pub(super) forces: [Column; 3],
}

impl Places {
    /// Places for a card.
    pub(super) fn new(card: &Card, layout: &Layout, program: &mut Program) -> Self {
        let header = layout.header;
        let parts = card.measures.iter().map(|m| m.factors.len()).sum();
        let measures = card.measures.len();
        let outside = card.population.as_ref().map(|_| program.column());
        let others = program.columns(card.variants.len());
        Self {
            features: Column(ARENA + header.features_at),
            parameters: ARENA + header.parameters_at,
            status: ARENA + header.status_at,
            coverage: ARENA + header.coverage_at,
            adjust: ARENA + header.adjust_at,
            exceptions: Column(ARENA + header.exceptions_at),
            triggers: Column(ARENA + header.triggers_at),
            contribution: ARENA + header.contribution_at,
            part_points: ARENA + header.points_at,
            part_weight: ARENA + header.weight_at,
            part_reason: ARENA + header.reason_at,
            derived: program.columns(card.derived.len()),
            outside,
            others,
            taken: program.column(),
            absent: absent(card, outside, others, program),
            covered: program.columns(measures),
            counted: program.columns(measures),
            points: program.columns(parts),
            shares: [program.column(), program.column(), program.column()],
            running: [program.column(), program.column()],
            score_now: program.column(),
            forces: [program.column(), program.column(), program.column()],
        }
    }

    /// Address of a parameter.
    pub(super) fn parameter(&self, index: usize) -> u32 {
        after(self.parameters, index, 8)
    }
}

/// The masks of measures that are not always in force; those that no variant replaces share one.
fn absent(
    card: &Card,
    outside: Option<Column>,
    others: Column,
    program: &mut Program,
) -> Vec<Option<Column>> {
    let mut masks = Vec::new();
    for (index, measure) in card.measures.iter().enumerate() {
        masks.push(match measure.variant {
            Some(variant) => Some(others.nth(variant)),
            None if replacing(card, index).next().is_some() => Some(program.column()),
            None => outside,
        });
    }
    masks
}

/// The measures that take the place of this one.
pub(super) fn replacing(card: &Card, measure: usize) -> impl Iterator<Item = &Measure> {
    card.measures
        .iter()
        .filter(move |found| found.replaces == Some(measure))
}
