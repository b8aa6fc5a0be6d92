//! All features of all accounts at a moment, for tables. Nothing is decided or remembered by it.

use super::Shard;
use super::peers::{NOBODY, TenantPeers};
use crate::features::{FeatureValue, Selection, View};
use crate::model::{Key, Time};

/// A feature's name and value.
pub type NamedValue = (String, FeatureValue);

/// The columns of one tenant.
struct Columns {
    tenant: String,
    names: Vec<String>,
    selection: Selection,
}

impl Shard {
    /// The features that accounts of `tenant` have at `at`, whether a rule names them or not:
    /// names, and which of them are texts.
    pub fn feature_names(&mut self, tenant: &str, at: Time) -> Vec<(String, bool)> {
        let epoch = self
            .tenants
            .get_mut(tenant)
            .and_then(|tenant| tenant.epoch_at(at));
        epoch.map_or_else(Vec::new, |epoch| Selection::all(&epoch.plan).0)
    }

    /// Calls `each` with all features of every account at `at`, in order of keys.
    pub fn features(&mut self, at: Time, each: &mut dyn FnMut(&Key, &[NamedValue])) {
        // Keys are sorted, so the accounts of a tenant follow each other.
        let mut made: Option<Columns> = None;
        for index in self.accounts.sorted() {
            let slot = self.accounts.get_mut(index);
            let tenant = slot.key.tenant();
            let governing = self
                .tenants
                .get_mut(tenant)
                .and_then(|tenant| tenant.epoch_at(at));
            let Some(epoch) = governing else { continue };
            let columns = match made.take() {
                Some(columns) if columns.tenant == tenant => columns,
                _ => {
                    let (names, selection) = Selection::all(&epoch.plan);
                    let names = names.into_iter().map(|(name, _)| name).collect();
                    Columns {
                        tenant: tenant.to_owned(),
                        names,
                        selection,
                    }
                }
            };
            let peers = self.peers.of(tenant);
            let view = View {
                plan: &epoch.plan,
                peers: peers.map_or(&NOBODY, TenantPeers::counts),
            };
            let mut values = Vec::with_capacity(columns.names.len());
            for (place, name) in columns.names.iter().enumerate() {
                let value = columns
                    .selection
                    .describe(view, &mut slot.account, at, place);
                values.push((name.clone(), value));
            }
            each(&slot.key, &values);
            made = Some(columns);
        }
    }
}
