//! What was stated of a license before its latest statements, as far back as a change is measured.
//!
//! A license that nothing was changed of keeps nothing here.

use crate::limits::LICENSE_PAST_MAX;
use crate::model::{CodecError, Fixed, Reader, Time, Writer};

use super::super::bounded::{LeftOut, checked, evict};
use super::super::latest::{Latest, Stamp};

/// One field of one statement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Said {
    InForce(bool),
    Trial(bool),
    Mrr(Fixed),
    Currency(u64),
}

impl Said {
    const fn field(self) -> usize {
        match self {
            Self::InForce(_) => 0,
            Self::Trial(_) => 1,
            Self::Mrr(_) => 2,
            Self::Currency(_) => 3,
        }
    }
}

/// A statement that is not the latest of its field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Statement {
    stamp: Stamp,
    said: Said,
}

/// Statements that are not the latest of their fields, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Past {
    statements: Vec<Statement>,
    left_out: LeftOut,
}

impl Past {
    /// States a field; what is not the latest statement of it is kept here.
    pub(super) fn state<T: Copy>(
        &mut self,
        latest: &mut Latest<T>,
        stamp: Stamp,
        value: Option<T>,
        said: fn(T) -> Said,
    ) {
        let Some(value) = value else {
            return;
        };
        let before = latest.stamp().zip(latest.get().copied());
        if before.is_some_and(|(before, _)| before == stamp) {
            return;
        }
        let (stamp, value) = match (latest.state(stamp, value), before) {
            (true, Some(before)) => before,
            (true, None) => return,
            (false, _) => (stamp, value),
        };
        let said = said(value);
        let statement = Statement { stamp, said };
        if let Err(place) = self.statements.binary_search(&statement) {
            self.statements.insert(place, statement);
        }
        let left_out = evict(&mut self.statements, LICENSE_PAST_MAX, |it| it.stamp.id[0]);
        if let Some(statement) = left_out {
            self.left_out.note(statement.stamp.at);
        }
    }

    /// The latest statement of a field before a moment.
    pub(super) fn before<T: Copy>(
        &self,
        moment: Time,
        latest: &Latest<T>,
        pick: impl Fn(Said) -> Option<T>,
    ) -> Option<T> {
        if latest.at()? < moment {
            return latest.get().copied();
        }
        let newest_first = self.statements.iter().rev();
        let mut before = newest_first.skip_while(|it| it.stamp.at >= moment);
        before.find_map(|it| pick(it.said))
    }

    /// Forgets what no question about `moment` or later needs. `latest` says when each field was
    /// last stated.
    pub(super) fn forget(&mut self, moment: Time, latest: [Option<Time>; 4]) {
        let mut is_settled = latest.map(|at| at.is_some_and(|at| at < moment));
        self.statements.reverse();
        self.statements.retain(|it| {
            let settled = is_settled.get_mut(it.said.field());
            let was_settled = settled.as_ref().is_some_and(|settled| **settled);
            if let Some(settled) = settled {
                *settled |= it.stamp.at < moment;
            }
            !was_settled
        });
        self.statements.reverse();
    }

    pub(super) fn is_capped(&self, now: Time) -> bool {
        self.left_out.is_felt(now)
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        self.left_out.write(writer);
        writer.list(
            self.statements.iter(),
            |writer, Statement { stamp, said }| {
                writer.i64(stamp.at.0);
                let [high, low] = stamp.id;
                writer.u64(high);
                writer.u64(low);
                match said {
                    Said::InForce(yes) => {
                        writer.u8(0);
                        writer.bool(*yes);
                    }
                    Said::Trial(yes) => {
                        writer.u8(1);
                        writer.bool(*yes);
                    }
                    Said::Mrr(amount) => {
                        writer.u8(2);
                        writer.i64(amount.0);
                    }
                    Said::Currency(hash) => {
                        writer.u8(3);
                        writer.u64(*hash);
                    }
                }
            },
        );
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let left_out = LeftOut::read(reader)?;
        let statements = reader.list(|reader| {
            let at = Time(reader.i64()?);
            let id = [reader.u64()?, reader.u64()?];
            let said = match reader.u8()? {
                0 => Said::InForce(reader.bool()?),
                1 => Said::Trial(reader.bool()?),
                2 => Said::Mrr(Fixed(reader.i64()?)),
                3 => Said::Currency(reader.u64()?),
                _ => return Err(reader.invalid("field of a license")),
            };
            let stamp = Stamp { at, id };
            Ok(Statement { stamp, said })
        })?;
        Ok(Self {
            statements: checked(reader, statements, LICENSE_PAST_MAX, |it| *it)?,
            left_out,
        })
    }
}
