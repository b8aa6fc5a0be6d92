//! Scores of days ago, as far as the rule reads them: for triggers on a fall, never for a score.
//!
//! A day has the score of its last evaluation, before exceptions; days that go on with the score of
//! the day before take no memory.

use puls_wire::Verdict;

use crate::model::{CodecError, Reader, Writer};

/// A rule's scores of the last days, in ten-thousandths of a point.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Past(Vec<(u16, Option<i32>)>);

/// What is remembered of a verdict: the sum of contributions, or that there is no score. Where no
/// weight was left and an exception alone made a score, there is none before exceptions: a card's
/// `score.now` is missing then too.
pub(super) fn of(verdict: &Verdict) -> Option<i32> {
    let mut parts = verdict.parts.iter();
    let is_empty = parts.all(|part| part.weight == 0 && part.contribution == 0);
    let is_made = verdict.exceptions != 0 && is_empty;
    let sum = verdict.score() - i64::from(verdict.adjust);
    (verdict.has_score() && !is_made)
        .then(|| i32::try_from(sum).ok())
        .flatten()
}

impl Past {
    /// Remembers the score of an evaluation on `today`, for `days` days; with 0 days nothing.
    pub(super) fn note(&mut self, days: u16, today: u16, score: Option<i32>) {
        if days == 0 {
            self.0.clear();
            return;
        }
        // Days run backwards only where the tenant's zone was changed; then the later one stays.
        let today = self.0.last().map_or(today, |(last, _)| today.max(*last));
        if self.0.last().is_some_and(|(day, _)| *day == today) {
            self.0.pop();
        }
        if self.0.last().is_none_or(|(_, last)| *last != score) {
            self.0.push((today, score));
        }
        let oldest = today.saturating_sub(days);
        let needless = self.0.iter().take_while(|(day, _)| *day <= oldest).count();
        self.0.drain(..needless.saturating_sub(1));
    }

    /// The score of the last evaluation on `day` or before.
    pub(super) fn on(&self, day: u16) -> Option<i32> {
        let later = self.0.partition_point(|(of, _)| *of <= day);
        self.0.get(later.checked_sub(1)?)?.1
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.list(self.0.iter(), |writer, (day, score)| {
            writer.u16(*day);
            writer.option(*score, Writer::i32);
        });
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let days = reader.list(|reader| Ok((reader.u16()?, reader.option(Reader::i32)?)))?;
        Ok(Self(days))
    }
}

#[cfg(test)]
mod tests {
    use puls_wire::{PartVerdict, Status, Verdict};

    use super::{Past, of};

    #[test]
    fn a_score_that_an_exception_alone_made_is_none_before_exceptions() {
        for ((exceptions, adjust), (contribution, weight), expected) in [
            ((0, 0), (800_000, 10_000), Some(800_000)),
            ((1, -400_000), (800_000, 10_000), Some(800_000)),
            ((1, 400_000), (0, 0), None),
            // Parts that have weight and no points are a score of 0.
            ((1, 400_000), (0, 10_000), Some(0)),
        ] {
            let part = PartVerdict {
                contribution,
                weight,
                ..PartVerdict::default()
            };
            let verdict = Verdict {
                status: Status::Scored,
                adjust,
                exceptions,
                parts: vec![part],
                ..Verdict::default()
            };
            assert_eq!(of(&verdict), expected, "{verdict:?}");
        }
    }

    #[test]
    fn a_day_has_its_last_score_and_days_without_one_the_score_before() {
        let mut past = Past::default();
        for (today, score) in [
            (100, Some(80)),
            (100, Some(70)),
            (101, Some(70)),
            (103, None),
            (104, Some(70)),
            (106, Some(55)),
        ] {
            past.note(90, today, score);
        }
        for (day, score) in [
            (99, None),
            (100, Some(70)),
            (102, Some(70)),
            (103, None),
            (105, Some(70)),
            (106, Some(55)),
            (200, Some(55)),
        ] {
            assert_eq!(past.on(day), score, "{day}");
        }
    }

    #[test]
    fn it_reaches_as_far_back_as_the_rule_looks() {
        let mut past = Past::default();
        for day in 0..400 {
            past.note(28, day, Some(i32::from(day)));
        }
        assert_eq!(past.0.len(), 29);
        assert_eq!(past.on(371), Some(371));
        assert_eq!(past.on(370), None);
        // A score that stands for long is one entry, and still there after it.
        for day in 400..900 {
            past.note(28, day, Some(7));
        }
        assert_eq!(past.0.len(), 1);
        assert_eq!(past.on(872), Some(7));
        past.note(0, 900, Some(7));
        assert!(past.is_empty());
    }

    /// A zone that was changed moves no day back.
    #[test]
    fn days_do_not_run_backwards() {
        let mut past = Past::default();
        past.note(7, 10, Some(1));
        past.note(7, 9, Some(2));
        assert_eq!((past.on(9), past.on(10)), (None, Some(2)));
    }
}
