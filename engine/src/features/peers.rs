//! Features relative to peers: the accounts of the tenant that have the same segment.
//!
//! Peers are known as histograms that were counted at the end of a local day by all shards, so a
//! feature compares a number of now with the statistics of the day before yesterday. Nothing here
//! knows which day that is, or who counted.

use crate::limits::PEERS_MIN;
use crate::model::{Histogram, PeerCounts, Stage, Time, hash64};
use crate::state::{Account, Missing, Moment, Plan, Reading, nearest};

use super::source::Source;

/// What a row is computed from beside its account.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The tenant's settings.
    pub plan: &'a Plan,
    /// The statistics of its segments that are in use.
    pub peers: &'a PeerCounts,
}

/// Nobody's peers.
static NOBODY: PeerCounts = PeerCounts::new();

impl<'a> From<&'a Plan> for View<'a> {
    /// A view without peers: what is relative to them is missing.
    fn from(plan: &'a Plan) -> Self {
        Self {
            plan,
            peers: &NOBODY,
        }
    }
}

/// A feature by whose value accounts are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Base {
    /// Its name in the catalogue.
    pub(super) name: &'static str,
    /// Units that its histogram counts a value of 1 as.
    scale: u8,
}

/// Counts are counted as they are, what has a fraction in quarters.
const fn base(name: &'static str, scale: u8) -> Base {
    Base { name, scale }
}

/// All features by which accounts can be compared; a bit of [`Bases`] each.
pub(super) const BASES: [Base; 7] = [
    base("usage.events_28d", 1),
    base("usage.active_days_28d", 1),
    base("usage.contacts_28d", 1),
    base("usage.breadth_28d", 1),
    base("license.seats_active_pct_28d", 4),
    base("ticket.opened_90d", 1),
    base("ticket.first_response_hours_90d", 4),
];

/// What is said of a value against those of the peers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Relation {
    /// The peers' median, whatever the account's own value.
    Median,
    /// The value in percent of it.
    PercentOfMedian,
    /// The share of peers below it.
    Percentile,
}

/// A feature relative to peers: a place in [`BASES`], and what is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Relative {
    place: usize,
    relation: Relation,
}

/// The features that accounts are counted by, as bits of their places.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bases(u8);

impl Base {
    fn source(self) -> Option<Source> {
        Source::fixed(self.name)
    }

    fn hash(self) -> u64 {
        hash64(self.name.as_bytes())
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, below zero at zero; the histogram counts what is too large as its last"
    )]
    fn units(self, value: f64) -> u64 {
        libm::floor(value * f64::from(self.scale)) as u64
    }
}

impl Relative {
    /// The feature of this name, if it is relative to peers.
    pub(super) fn parse(name: &str) -> Option<Self> {
        const SUFFIXES: [(&str, Relation); 3] = [
            ("_pct_of_segment_median", Relation::PercentOfMedian),
            ("_segment_percentile", Relation::Percentile),
            ("_segment_median", Relation::Median),
        ];
        let of = |(suffix, relation): (&str, Relation)| {
            let base = name.strip_suffix(suffix)?;
            let place = BASES.iter().position(|known| known.name == base)?;
            Some(Self { place, relation })
        };
        SUFFIXES.into_iter().find_map(of)
    }

    fn base(self) -> Option<Base> {
        BASES.get(self.place).copied()
    }

    /// Where the account's own number comes from.
    pub(super) fn own(self) -> Option<Source> {
        self.base().and_then(Base::source)
    }

    pub(super) const fn bases(self) -> Bases {
        Bases(1 << self.place)
    }

    /// The number, of an account that has `own` itself and belongs to `segment`.
    pub(super) fn of(self, own: f64, peers: &PeerCounts, segment: u64) -> Reading {
        let base = self.base().ok_or(Missing::NoPeers)?;
        let histogram = peers.get(segment, base.hash());
        let enough = |histogram: &&Histogram| histogram.total() >= PEERS_MIN;
        let histogram = histogram.filter(enough).ok_or(Missing::NoPeers)?;
        let scale = f64::from(base.scale);
        let median = histogram.median_doubled().ok_or(Missing::NoPeers)?;
        let median = nearest(median.into()) / (2.0 * scale);
        match self.relation {
            Relation::Median => Ok(median),
            Relation::PercentOfMedian if median > 0.0 => Ok(100.0 * own / median),
            Relation::PercentOfMedian => Err(Missing::NoData),
            Relation::Percentile => {
                let (below, beside) = histogram.below_and_beside(base.units(own));
                let doubled = nearest((2 * below + beside).into());
                Ok(100.0 * doubled / nearest((2 * histogram.total()).into()))
            }
        }
    }

    /// The number of an account as it is.
    pub(super) fn reading(self, view: View<'_>, account: &mut Account, moment: Moment) -> Reading {
        let own = self.own().ok_or(Missing::NoData)?;
        let own = own.reading(view, account, moment)?;
        self.of(own, view.peers, segment_of(account))
    }
}

impl Bases {
    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether accounts are counted by nothing.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Counts an account as it is at `now`, which never goes back: by each feature that it has,
    /// unless its stage says that it is no customer.
    pub fn count(self, plan: &Plan, account: &mut Account, now: Time, counts: &mut PeerCounts) {
        account.advance(plan, now);
        let stage = account.profile.get().and_then(|profile| profile.stage());
        if matches!(
            stage,
            Some(Stage::Prospect | Stage::Paused | Stage::Churned)
        ) {
            return;
        }
        let segment = segment_of(account);
        let moment = plan.moment(now);
        for (place, base) in BASES.iter().enumerate() {
            if self.0 & (1 << place) == 0 {
                continue;
            }
            let own = base.source();
            let own = own.and_then(|own| own.reading(plan.into(), account, moment).ok());
            if let Some(own) = own {
                counts.add(segment, base.hash(), base.units(own));
            }
        }
    }
}

/// What an account's segment is known by; accounts without one are each other's peers.
pub(super) fn segment_of(account: &Account) -> u64 {
    let segment = account.profile.get().and_then(|profile| profile.segment());
    hash64(segment.unwrap_or("").as_bytes())
}
