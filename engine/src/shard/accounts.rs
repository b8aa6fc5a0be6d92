//! The accounts of a shard: found by tenant and account, kept in the order of their arrival.

use hashbrown::HashTable;

use super::timers::Dues;
use crate::decide::Memory;
use crate::model::{Key, hash64};
use crate::state::Account;

/// Where an account stands in its shard.
pub(super) type AccountIndex = u32;

/// One account: what is known of it, what was decided about it, and when it is due.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) key: Key,
    /// The account's name where the key holds an escaped form of it.
    escaped: Option<Box<str>>,
    pub(super) account: Account,
    /// Decision state per rule name, in order of names.
    pub(super) memories: Vec<(Box<str>, Memory)>,
    pub(super) dues: Dues,
}

impl Slot {
    /// The memory of one rule; a new one where it has decided nothing yet.
    pub(super) fn memory(&mut self, rule: &str) -> &mut Memory {
        let place = self
            .memories
            .binary_search_by(|(name, _)| (**name).cmp(rule));
        let place = place.unwrap_or_else(|place| {
            self.memories
                .insert(place, (rule.into(), Memory::default()));
            place
        });
        let (_, memory) = self
            .memories
            .get_mut(place)
            .expect("it was found or inserted there");
        memory
    }

    /// The memory of one rule, if it has decided anything.
    pub(super) fn memory_if_any(&self, rule: &str) -> Option<&Memory> {
        let place = self
            .memories
            .binary_search_by(|(name, _)| (**name).cmp(rule))
            .ok()?;
        self.memories.get(place).map(|(_, memory)| memory)
    }
}

/// All accounts of a shard.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    slots: Vec<Slot>,
    index: HashTable<(u64, AccountIndex)>,
}

/// Hash of a tenant and the account as the customer writes it.
fn hash_of(tenant: &str, account: &str) -> u64 {
    hash64(account.as_bytes()) ^ hash64(tenant.as_bytes()).rotate_left(32)
}

impl Accounts {
    /// The account's place, if it is known.
    pub(super) fn find(&self, tenant: &str, account: &str) -> Option<AccountIndex> {
        let found = self.index.find(hash_of(tenant, account), |(_, index)| {
            self.slots.get(*index as usize).is_some_and(|slot| {
                slot.key.tenant() == tenant
                    && slot
                        .escaped
                        .as_deref()
                        .unwrap_or(slot.key.account_encoded())
                        == account
            })
        });
        found.map(|(_, index)| *index)
    }

    /// The place of the account with this key, if it is known.
    pub(super) fn find_key(&self, key: &Key) -> Option<AccountIndex> {
        self.find(key.tenant(), &key.account())
    }

    /// Adds an account that is not known yet.
    pub(super) fn add(&mut self, key: Key, account: Account) -> AccountIndex {
        let name = key.account();
        let hash = hash_of(key.tenant(), &name);
        let escaped = (name != key.account_encoded()).then(|| name.into_boxed_str());
        let index = AccountIndex::try_from(self.slots.len()).expect("fewer than 2^32 accounts");
        let (memories, dues) = (Vec::new(), Dues::default());
        self.slots.push(Slot {
            key,
            escaped,
            account,
            memories,
            dues,
        });
        self.index
            .insert_unique(hash, (hash, index), |(hash, _)| *hash);
        index
    }

    pub(super) fn get(&self, index: AccountIndex) -> &Slot {
        self.slots
            .get(index as usize)
            .expect("an index comes from this table")
    }

    pub(super) fn get_mut(&mut self, index: AccountIndex) -> &mut Slot {
        self.slots
            .get_mut(index as usize)
            .expect("an index comes from this table")
    }

    /// All accounts, in the order of their arrival.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.slots.iter_mut()
    }

    /// Number of accounts.
    pub(super) const fn len(&self) -> usize {
        self.slots.len()
    }

    /// All places, in order of keys.
    pub(super) fn sorted(&self) -> Vec<AccountIndex> {
        let mut order: Vec<AccountIndex> = (0..).take(self.slots.len()).collect();
        order.sort_unstable_by(|a, b| self.get(*a).key.cmp(&self.get(*b).key));
        order
    }
}
