//! Makes the lines of a workload, one after the other, without end.
//!
//! Holds a bounded number of open tickets and of lines to repeat; nothing grows with the number of
//! lines or of accounts.

use std::collections::VecDeque;

use puls::model::{DAY_MS, InputIndex, Kind, MINUTE_MS, Record, Time};
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Zipf};
use rand_pcg::Pcg64Mcg;

use crate::event::{self, Head, Line, OpenTicket};
use crate::workload::{Keys, Workload};

/// Tickets that are on their way at once; a further one replaces the oldest.
const TICKETS_MAX: usize = 4_096;
/// Lines that are kept to be repeated.
const REPEATS_MAX: usize = 512;
/// A line is repeated, or late, by no more than this, so that both stay within the horizons.
const BACK_MS_MAX: i64 = 6 * DAY_MS;

/// An iterator over a workload's lines; it never ends.
#[derive(Debug)]
pub struct Generator {
    workload: Workload,
    random: Pcg64Mcg,
    zipf: Option<Zipf<f64>>,
    shares_sum: u32,
    /// Microseconds since the start, so that high rates keep their pace.
    elapsed_us: i64,
    /// Lines of profiles that are still to come, two for each account.
    profiles_made: u64,
    tickets: VecDeque<OpenTicket>,
    tickets_made: u32,
    repeats: Vec<Line>,
}

impl Generator {
    /// The lines of `workload`, from its start.
    #[must_use]
    pub fn new(workload: &Workload) -> Self {
        let mut workload = *workload;
        workload.accounts = workload.accounts.max(1);
        workload.tenants = workload.tenants.max(1);
        let zipf = match workload.keys {
            Keys::Uniform => None,
            Keys::Zipf(exponent) => Zipf::new(f64::from(workload.accounts), exponent).ok(),
        };
        Self {
            workload,
            random: Pcg64Mcg::seed_from_u64(workload.seed),
            zipf,
            shares_sum: workload.mix.shares().iter().map(|(_, share)| share).sum(),
            elapsed_us: 0,
            profiles_made: 0,
            tickets: VecDeque::new(),
            tickets_made: 0,
            repeats: Vec::new(),
        }
    }

    fn line(&mut self) -> Line {
        let time = self.tick();
        if self.workload.profiles && self.profiles_made / 2 < u64::from(self.workload.accounts) {
            return self.profile(time);
        }
        if self.random.random_bool(self.workload.duplicate_share)
            && let Some(line) = self.repeat(time)
        {
            return line;
        }
        let line = self.fresh(time);
        self.keep(&line);
        line
    }

    /// The time of the next record: on average one gap later.
    fn tick(&mut self) -> Time {
        let gap_us_max = 2e6 / self.workload.events_per_s.max(1e-3);
        let gap_us = self.random.random::<f64>() * gap_us_max;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "between 0 and 2 × 10⁹ by the line above"
        )]
        let gap_us = gap_us as i64;
        self.elapsed_us += gap_us;
        self.workload.start.plus_ms(self.elapsed_us / 1_000)
    }

    fn profile(&mut self, time: Time) -> Line {
        let account = u32::try_from(self.profiles_made / 2).unwrap_or(u32::MAX);
        let head = self.head(account, time);
        let first = self.profiles_made.is_multiple_of(2);
        self.profiles_made += 1;
        let (kind, value) = if first {
            let none = no_ticket(head);
            let value = event::write(&mut self.random, head, Kind::Account, none);
            (Kind::Account, value)
        } else {
            (Kind::License, event::started(&mut self.random, head))
        };
        Line {
            time,
            kind,
            key: event::key(head.tenant, account),
            value,
        }
    }

    fn fresh(&mut self, time: Time) -> Line {
        let kind = self.kind();
        let ticket = (kind == Kind::Ticket).then(|| self.ticket());
        let account = match ticket {
            Some(ticket) => ticket.account,
            None => self.account(),
        };
        let late = self.random.random_bool(self.workload.late_share);
        let at = if late {
            time.minus_ms(self.random.random_range(MINUTE_MS..BACK_MS_MAX))
        } else {
            time
        };
        let head = self.head(account, at);
        let ticket = ticket.unwrap_or_else(|| no_ticket(head));
        Line {
            time,
            kind,
            key: event::key(head.tenant, account),
            value: event::write(&mut self.random, head, kind, ticket),
        }
    }

    fn kind(&mut self) -> Kind {
        let mut place = self.random.random_range(0..self.shares_sum.max(1));
        for (kind, share) in self.workload.mix.shares() {
            if place < share {
                return kind;
            }
            place -= share;
        }
        Kind::Usage
    }

    fn account(&mut self) -> u32 {
        match &self.zipf {
            None => self.random.random_range(0..self.workload.accounts),
            Some(zipf) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a whole number from 1 to the number of accounts"
                )]
                let rank = zipf.sample(&mut self.random) as u32;
                (rank - 1).min(self.workload.accounts - 1)
            }
        }
    }

    /// A third of the time a new ticket, else the next change of the oldest on its way.
    fn ticket(&mut self) -> OpenTicket {
        if self.random.random_ratio(1, 3) || self.tickets.is_empty() {
            let account = self.account();
            self.tickets_made += 1;
            if self.tickets.len() == TICKETS_MAX {
                self.tickets.pop_front();
            }
            let ticket = OpenTicket {
                account,
                number: self.tickets_made,
                changes: 0,
            };
            self.tickets.push_back(OpenTicket {
                changes: 1,
                ..ticket
            });
            return ticket;
        }
        let Some(ticket) = self.tickets.pop_front() else {
            return OpenTicket {
                account: 0,
                number: 0,
                changes: 0,
            };
        };
        if ticket.changes < 3 {
            self.tickets.push_back(OpenTicket {
                changes: ticket.changes + 1,
                ..ticket
            });
        }
        ticket
    }

    const fn head(&self, account: u32, at: Time) -> Head {
        Head {
            tenant: account % self.workload.tenants,
            account,
            at,
        }
    }

    /// Keeps one line in eight, in a random place once all are taken.
    fn keep(&mut self, line: &Line) {
        if self.workload.duplicate_share <= 0.0 || !self.random.random_ratio(1, 8) {
            return;
        }
        if self.repeats.len() < REPEATS_MAX {
            self.repeats.push(line.clone());
        } else {
            let place = self.random.random_range(0..REPEATS_MAX);
            if let Some(kept) = self.repeats.get_mut(place) {
                kept.clone_from(line);
            }
        }
    }

    fn repeat(&mut self, time: Time) -> Option<Line> {
        let place = self.random.random_range(0..REPEATS_MAX);
        let line = self.repeats.get(place)?;
        // A late event must not become later than the horizon by being repeated.
        let fits = time.since_ms(line.time) < DAY_MS / 2;
        fits.then(|| Line {
            time,
            ..line.clone()
        })
    }
}

impl Iterator for Generator {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        Some(self.line())
    }
}

const fn no_ticket(head: Head) -> OpenTicket {
    OpenTicket {
        account: head.account,
        number: 0,
        changes: 0,
    }
}

/// Lines as records of one input, from offset 0 on: timestamp, key and value as Kafka has them.
#[must_use]
pub fn records(lines: impl IntoIterator<Item = Line>, input: InputIndex) -> Vec<Record> {
    let record = |(offset, line): (u64, Line)| Record {
        input,
        offset,
        timestamp: Some(line.time),
        key: Some(line.key.into()),
        headers: Vec::new(),
        value: line.value.into(),
    };
    (0..).zip(lines).map(record).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use puls::model::{Kind, Time, hash128};
    use serde_json::Value;

    use super::{Generator, Line};
    use crate::workload::{Keys, Mix, Workload};

    fn lines(workload: Workload, count: usize) -> Vec<Line> {
        Generator::new(&workload).take(count).collect()
    }

    fn small() -> Workload {
        Workload {
            accounts: 100,
            tenants: 3,
            ..Workload::default()
        }
    }

    fn at(line: &Line) -> Time {
        let event: Value = serde_json::from_str(&line.value).unwrap();
        Time::parse_rfc3339(event["at"].as_str().unwrap()).unwrap()
    }

    /// A change of these lines changes what every measurement was made with: say so in the commit.
    #[test]
    fn a_seed_gives_the_same_lines_for_ever() {
        for (keys, golden) in [
            (Keys::Uniform, GOLDEN_UNIFORM),
            (Keys::Zipf(1.0), GOLDEN_ZIPF),
        ] {
            let workload = Workload { keys, ..small() };
            let text: String = lines(workload, 10_000)
                .into_iter()
                .map(|line| format!("{} {} {}\n", line.time.0, line.key, line.value))
                .collect();
            assert_eq!(
                format!("{:032x}", hash128(text.as_bytes())),
                golden,
                "{keys:?}"
            );
        }
        assert_ne!(
            lines(small(), 300),
            lines(Workload { seed: 2, ..small() }, 300)
        );
    }

    const GOLDEN_UNIFORM: &str = "e3e5e4a128d71457b89f9d7ce3c56d81";
    const GOLDEN_ZIPF: &str = "f1cf375e0c60466a7ccd52b96d4a1785";

    #[test]
    fn lines_are_json_of_their_account_in_order_of_time() {
        let lines = lines(small(), 20_000);
        let mut before = Time::MIN;
        for line in &lines {
            let event: Value = serde_json::from_str(&line.value).unwrap();
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            assert_eq!(format!("{}/{}", text("tenant"), text("account")), line.key);
            assert_eq!(text("kind"), line.kind.as_str());
            assert!(line.time >= before && at(line) <= line.time);
            before = line.time;
            if line.kind == Kind::Usage {
                assert!((230..=250).contains(&line.value.len()), "{}", line.value);
            }
        }
    }

    #[test]
    fn shares_are_what_the_workload_says() {
        let workload = Workload {
            profiles: false,
            late_share: 0.1,
            duplicate_share: 0.05,
            ..small()
        };
        let count = 40_000;
        let lines = lines(workload, count);
        let share = |number: usize| number as f64 / count as f64;
        let usage = lines.iter().filter(|line| line.kind == Kind::Usage).count();
        let late = lines
            .iter()
            .filter(|line| at(line) < line.time.minus_ms(59_999))
            .count();
        let mut seen = BTreeMap::<&str, u32>::new();
        for line in &lines {
            *seen.entry(&line.value).or_default() += 1;
        }
        let twice = count - seen.len();
        for (what, found, expected) in [
            ("usage", share(usage), 0.94),
            ("late", share(late), 0.1),
            ("twice", share(twice), 0.05),
        ] {
            assert!((found - expected).abs() < 0.012, "{what}: {found}");
        }
        for kind in [
            Kind::Milestone,
            Kind::Assessment,
            Kind::Survey,
            Kind::License,
        ] {
            assert!(lines.iter().any(|line| line.kind == kind), "{kind:?}");
        }
    }

    #[test]
    fn zipf_has_busy_accounts_and_uniform_has_none() {
        for (keys, least, most) in [(Keys::Zipf(1.0), 0.15, 0.25), (Keys::Uniform, 0.005, 0.015)] {
            let workload = Workload {
                keys,
                profiles: false,
                mix: Mix::USAGE,
                ..small()
            };
            let count = 20_000;
            let first = lines(workload, count)
                .iter()
                .filter(|line| line.key.ends_with("a-00000000"))
                .count();
            let share = first as f64 / count as f64;
            assert!((least..most).contains(&share), "{keys:?}: {share}");
        }
    }
}
