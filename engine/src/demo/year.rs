//! The year of all companies: their days put together, in order of time.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::Line;
use super::life::Life;
use super::names::{company, slug};
use super::stories::{NAMED, ORDINARY};
use super::story::{Cast, Traits};
use crate::model::{DAY_MS, Time};

/// Days that are known before day 0, so that the year does not begin with everybody unknown.
pub const HISTORY_DAYS: i32 = 60;
/// Midnight of day 0: 2025-01-01T00:00:00Z.
pub const START: Time = Time(1_735_689_600_000);

/// One company of the demo, for those who show it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Company {
    /// Account id.
    pub account: String,
    /// Name.
    pub name: String,
    /// What its story is about; `None` for the crowd.
    pub story: Option<&'static str>,
}

/// A company that does not renew.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Departure {
    /// Account id.
    pub account: String,
    /// When it gave notice.
    pub decided_at: Time,
    /// When its last term ends.
    pub ended_at: Time,
    /// What it paid in a month.
    pub mrr: u32,
}

/// All companies, and how far they have lived.
#[derive(Debug)]
pub struct Year {
    companies: Vec<Company>,
    lives: Vec<Life>,
    day_next: i32,
}

impl Year {
    /// The named companies and so many more that there are `accounts`, at the start of history.
    #[must_use]
    pub fn new(seed: u64, accounts: usize) -> Self {
        Self::starting(START, seed, accounts)
    }

    /// The same companies, whose day 0 begins at `start`: midnight of a Wednesday, as [`START`] is.
    #[must_use]
    pub fn starting(start: Time, seed: u64, accounts: usize) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let crowd = accounts.saturating_sub(NAMED.len());
        let casts: Vec<Cast> = named()
            .chain((0..crowd).map(|number| ordinary(number, &mut random)))
            .take(accounts)
            .collect();
        let shown = |cast: &Cast| Company {
            account: slug(&cast.name),
            name: cast.name.clone(),
            story: cast.story.company.map(|_| cast.story.name),
        };
        let companies = casts.iter().map(shown).collect();
        let live = |(number, cast)| Life::new(cast, start, seed, number);
        let lives = casts.into_iter().enumerate().map(live).collect();
        Self {
            companies,
            lives,
            day_next: -HISTORY_DAYS,
        }
    }

    /// The companies: the named ones first.
    #[must_use]
    pub fn companies(&self) -> &[Company] {
        &self.companies
    }

    /// Who has decided to leave so far, in the order of the companies.
    pub fn departures(&self) -> impl Iterator<Item = Departure> {
        self.lives.iter().filter_map(Life::departure)
    }

    /// The day that [`Year::day`] lives next.
    #[must_use]
    pub const fn day_next(&self) -> i32 {
        self.day_next
    }

    /// Lives the next day: its lines, in order of time.
    pub fn day(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        for life in &mut self.lives {
            life.live(self.day_next, &mut lines);
        }
        self.day_next += 1;
        // Stable: what one company says at one moment keeps its order.
        lines.sort_by_key(|line| line.time);
        lines
    }
}

/// Midnight at which `day` begins.
#[must_use]
pub const fn midnight(day: i32) -> Time {
    START.plus_ms(day as i64 * DAY_MS)
}

fn named() -> impl Iterator<Item = Cast> {
    NAMED.iter().map(|story| Cast {
        name: story.company.unwrap_or_default().to_owned(),
        story,
        traits: Traits::default(),
        seats: story.seats,
        begins: story.begins.unwrap_or(-HISTORY_DAYS),
        tenure_days: match story.begins {
            Some(_) => 0,
            None => (365 - HISTORY_DAYS - story.term_ends).rem_euclid(365),
        },
        term_ends: story.term_ends,
    })
}

fn ordinary(number: usize, random: &mut Pcg64Mcg) -> Cast {
    // One in eight becomes a customer during the year.
    let young = random.random_ratio(1, 8);
    let begins = if young {
        random.random_range(10..300)
    } else {
        -HISTORY_DAYS
    };
    let tenure_days = if young {
        0
    } else {
        random.random_range(20..315)
    };
    // Most get on well, some are strained all the time; a third has a worse time.
    let strain = match random.random_range(0..100) {
        0..62 => random.random_range(0.0..0.15),
        62..85 => random.random_range(0.3..0.55),
        _ => random.random_range(0.55..0.95),
    };
    let dips = random.random_ratio(1, 3);
    let traits = Traits {
        level: random.random_range(0.55..0.95),
        mood: random.random_range(7.6..9.6),
        strain,
        dip_from: begins.max(0) + random.random_range(0..320),
        dip_days: if dips { random.random_range(30..75) } else { 0 },
        dip_depth: random.random_range(0.3..0.9),
    };
    Cast {
        name: company(number),
        story: ORDINARY,
        traits,
        seats: random.random_range(8..56),
        begins,
        tenure_days,
        term_ends: begins - tenure_days + 365,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use super::{HISTORY_DAYS, START, Year, midnight};
    use crate::model::{Key, Kind, Time, hash128};

    #[test]
    fn a_seed_gives_the_same_year() {
        let year = |seed| {
            let mut year = Year::new(seed, 20);
            let days = (0..90).flat_map(|_| year.day());
            let text: String = days.map(|line| line.value + "\n").collect();
            format!("{:032x}", hash128(text.as_bytes()))
        };
        assert_eq!(year(7), year(7));
        assert_ne!(year(7), year(8));
    }

    #[test]
    fn a_company_lives_the_same_life_in_any_company() {
        let life = |accounts| {
            let mut year = Year::new(7, accounts);
            let days = (0..120).flat_map(|_| year.day());
            let drift = days.filter(|line| line.key == "demo/nordlicht-gmbh");
            drift.map(|line| line.value).collect::<Vec<_>>()
        };
        assert_eq!(life(6), life(40));
    }

    #[test]
    fn lines_are_events_of_their_account_in_order_of_time() {
        let mut year = Year::new(7, 30);
        let mut before = Time::MIN;
        let mut kinds = BTreeMap::<Kind, usize>::new();
        let mut ids = std::collections::BTreeSet::new();
        for day in -HISTORY_DAYS..300 {
            assert_eq!(year.day_next(), day);
            for line in year.day() {
                let event: Value = serde_json::from_str(&line.value).unwrap();
                let text = |name: &str| event[name].as_str().unwrap();
                let at = Time::parse_rfc3339(text("at")).unwrap();
                assert!(
                    line.time >= before && line.time < midnight(day + 1),
                    "{line:?}"
                );
                assert!(at <= line.time && line.time.since_ms(at) < 400 * 86_400_000);
                assert_eq!(
                    Key::new(text("tenant"), text("account")).unwrap().as_str(),
                    line.key
                );
                assert_eq!(text("kind"), line.kind.as_str());
                assert!(ids.insert(text("id").to_owned()), "{line:?}");
                before = line.time;
                *kinds.entry(line.kind).or_default() += 1;
            }
        }
        assert_eq!(kinds.len(), 9, "{kinds:?}");
        assert_eq!(START, Time::parse_rfc3339("2025-01-01T00:00:00Z").unwrap());
    }
}
