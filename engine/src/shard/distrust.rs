//! Rules that are taken out of service, and what a refold shows about them.
//!
//! A refold must give the outputs that were published. Where it does not, either the inputs, the
//! mapping or the program are not those of then, or a rule answers one row in two ways and no
//! sample has caught it. The first shows in all tenants, the second in the tenants of that rule:
//!
//! ```text
//! tenant      refolded = published     refolded ≠ published
//! a           every step ──▶ vouches
//! b           until step 7             step 8 ──▶ distrusted: the published digest stands
//! ```
//! If any tenant vouches, the distrusted ones lose their rules, with a report, and the shard goes
//! on for everybody. If none does, it stops. Records without a tenant vouch for nobody.

use std::collections::{BTreeMap, BTreeSet};

use super::Shard;
use super::batch::{Report, rule_id};
use super::streaks::RuleId;
use crate::model::Digest;
use crate::rules::record::{Record, SetAside};

/// Why a rule is set aside that failed or was caught.
pub(super) const FAILED: &str = "it failed too often in a row, or answered one row in two ways";
const REFOLDED: &str = "a refold gave other outputs than those that were published, for this \
                        tenant only: a rule of it answers one row in two ways";

/// What the refold of a shard has shown so far.
#[derive(Debug, Default)]
pub(super) struct Distrust {
    /// Tenants whose outputs came again as they were published.
    vouching: BTreeSet<String>,
    /// Tenants whose outputs differ, with the rules that they had at that step.
    distrusted: BTreeMap<String, Vec<RuleId>>,
}

/// Nobody's outputs came again as they were published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NobodyVouches;

impl Shard {
    /// Compares the running digests after a refolded step with the published ones, and takes these
    /// over. `before` are the digests before the step.
    ///
    /// # Errors
    /// Where no tenant is left whose outputs came again as they were published.
    pub fn adopt(
        &mut self,
        before: &[(String, Digest)],
        published: &[(String, Digest)],
    ) -> Result<(), NobodyVouches> {
        let before: BTreeMap<_, _> = before.iter().map(|(name, it)| (name, it)).collect();
        let published: BTreeMap<String, Digest> = published.iter().cloned().collect();
        let found = std::mem::replace(&mut self.digests, published);
        if found == self.digests && self.distrust.distrusted.is_empty() {
            let moved = found
                .iter()
                .filter(|(name, it)| before.get(name) != Some(it));
            let moved = moved.map(|(name, _)| name.clone());
            self.distrust.vouching.extend(moved);
            return Ok(());
        }
        let names: BTreeSet<String> = found.keys().chain(self.digests.keys()).cloned().collect();
        for name in &names {
            let (refolded, expected) = (found.get(name), self.digests.get(name));
            if refolded == expected && refolded == before.get(name).copied() {
                continue;
            }
            if refolded == expected {
                self.distrust.vouching.insert(name.clone());
                continue;
            }
            if name.is_empty() {
                return Err(NobodyVouches);
            }
            let rules = self.rules_of(name);
            self.distrust
                .distrusted
                .entry(name.clone())
                .or_insert(rules);
        }
        let is_trusted = |name: &String| !self.distrust.distrusted.contains_key(name);
        let anyone = names
            .iter()
            .any(|name| !name.is_empty() && is_trusted(name));
        anyone.then_some(()).ok_or(NobodyVouches)
    }

    /// Ends a refold: sets aside the rules of tenants whose outputs differed. A module that a
    /// vouching tenant runs as well is trusted, unless all of a tenant's are.
    ///
    /// # Errors
    /// Where outputs differed and no tenant vouches.
    pub fn set_distrusted_aside(&mut self) -> Result<Vec<Report>, NobodyVouches> {
        let Distrust {
            vouching,
            distrusted,
        } = std::mem::take(&mut self.distrust);
        let vouching = vouching
            .iter()
            .filter(|name| !distrusted.contains_key(*name));
        let vouching: Vec<&String> = vouching.filter(|name| !name.is_empty()).collect();
        if vouching.is_empty() && !distrusted.is_empty() {
            return Err(NobodyVouches);
        }
        let trusted: BTreeSet<Digest> = vouching
            .into_iter()
            .flat_map(|name| self.rules_of(name))
            .map(|id| id.digest)
            .collect();
        let mut reports = Vec::new();
        for rules in distrusted.into_values() {
            let own = rules.iter().filter(|id| !trusted.contains(&id.digest));
            let own: Vec<&RuleId> = own.collect();
            let suspects = if own.is_empty() {
                rules.iter().collect()
            } else {
                own
            };
            for id in suspects {
                reports.extend(self.set_aside(id, REFOLDED).then(|| Report {
                    tenant: id.tenant.clone(),
                    rule: id.rule.clone(),
                    digest: id.digest,
                    account: String::new(),
                    detail: REFOLDED.to_owned(),
                    set_aside: true,
                }));
            }
        }
        Ok(reports)
    }

    /// Takes a rule out of service here; its last good predecessor serves. Whether it was in
    /// service.
    pub(super) fn set_aside(&mut self, id: &RuleId, detail: &str) -> bool {
        let offset_before = self.book.offset_next();
        let is_news = self.streaks.set_aside(id.clone(), offset_before);
        if is_news {
            self.batch.note_set_aside(Record::SetAside(SetAside {
                tenant: id.tenant.clone(),
                rule: id.rule.clone(),
                digest: id.digest,
                shard: self.place.shard,
                detail: detail.to_owned(),
            }));
            self.book
                .set_aside(&id.tenant, &id.rule, id.digest, offset_before);
            self.regovern(&id.tenant);
        }
        is_news
    }

    /// The rules that a tenant has now.
    fn rules_of(&mut self, tenant: &str) -> Vec<RuleId> {
        let epoch = self
            .tenants
            .get_mut(tenant)
            .and_then(|tenant| tenant.epoch());
        let rules = epoch.map_or(&[][..], |epoch| &epoch.rules);
        let ids = rules.iter().map(|rule| rule_id(tenant, &rule.active));
        ids.collect()
    }
}
