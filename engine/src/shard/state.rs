//! A shard's state as bytes: the payload of its snapshot.
//!
//! ```text
//! sequence_next u64, rules_next u64, now i64
//! admitted ids, counts, digests, activations, streaks, set-aside rules
//! accounts in order of keys: key, state, memories by rule name, due times
//! segment statistics by tenant; none in schema version 2
//! where a rule is or was in shadow: its activations, accounts' looks at it (key, due)
//! ```
//! Tables are written sorted, so the same state gives the same bytes.

use super::Shard;
use super::accounts::Slot;
use super::timers::Dues;
use crate::decide::Memory;
use crate::model::{CodecError, Digest, Key, Reader, Time, TimerName, Writer};
use crate::state::Account;

impl Shard {
    /// Writes the state; no step may be half folded.
    pub fn write(&self, writer: &mut Writer) {
        writer.u64(self.sequence_next);
        writer.u64(self.rules_next);
        writer.i64(self.now.0);
        self.admitted.write(writer);
        self.counts.write(writer);
        writer.list(self.digests.iter(), |writer, (tenant, digest)| {
            writer.text(tenant);
            writer.bytes(&digest.0);
        });
        writer.list(self.activations.iter(), |writer, (from, tenant)| {
            writer.i64(from.0);
            writer.text(tenant);
        });
        self.streaks.write(writer);
        writer.list(self.accounts.sorted().into_iter(), |writer, index| {
            write_slot(writer, self.accounts.get(index));
        });
        self.peers.write(writer);
        self.write_shadow(writer);
    }

    /// What only rules in shadow ask for; nothing where they ask for nothing.
    fn write_shadow(&self, writer: &mut Writer) {
        let looks = self.accounts.sorted().into_iter().filter_map(|index| {
            let slot = self.accounts.get(index);
            let due = slot.dues.get(TimerName::Shadow);
            (due != Time::MAX).then_some((slot.key.as_str(), due))
        });
        let looks: Vec<_> = looks.collect();
        if looks.is_empty() && self.shadow_activations.is_empty() {
            return;
        }
        writer.list(self.shadow_activations.iter(), |writer, (from, tenant)| {
            writer.i64(from.0);
            writer.text(tenant);
        });
        writer.list(looks.into_iter(), |writer, (key, due)| {
            writer.text(key);
            writer.i64(due.0);
        });
    }

    fn restore_shadow(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        let activations =
            reader.list(|reader| Ok((Time(reader.i64()?), reader.text()?.to_owned())))?;
        self.shadow_activations = activations.into_iter().collect();
        for _ in 0..reader.count()? {
            let key =
                Key::parse(reader.text()?).map_err(|_| reader.invalid("key of an account"))?;
            let index = self.accounts.find_key(&key);
            let index = index.ok_or_else(|| reader.invalid("an account of the snapshot"))?;
            let (due, slot) = (Time(reader.i64()?), self.accounts.get_mut(index));
            self.timers
                .arm(&mut slot.dues, &slot.key, TimerName::Shadow, due);
        }
        Ok(())
    }

    /// Takes up a state; the rules log must be learned again after it.
    ///
    /// # Errors
    /// Where the bytes are not what [`Shard::write`] writes.
    pub fn restore(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        self.sequence_next = reader.u64()?;
        self.rules_next = reader.u64()?;
        self.now = Time(reader.i64()?);
        self.admitted.restore(reader)?;
        self.counts.restore(reader)?;
        let digests = reader.list(|reader| {
            let tenant = reader.text()?.to_owned();
            let digest = reader.bytes()?.try_into();
            Ok((
                tenant,
                Digest(digest.map_err(|_| reader.invalid("digest of 32 bytes"))?),
            ))
        })?;
        self.digests = digests.into_iter().collect();
        let activations =
            reader.list(|reader| Ok((Time(reader.i64()?), reader.text()?.to_owned())))?;
        self.activations = activations.into_iter().collect();
        self.streaks.restore(reader)?;
        for _ in 0..reader.count()? {
            self.restore_slot(reader)?;
        }
        if reader.schema() > 2 {
            self.peers.restore(reader)?;
        }
        if !reader.is_at_end() {
            self.restore_shadow(reader)?;
        }
        if reader.is_at_end() {
            Ok(())
        } else {
            Err(reader.invalid("the end"))
        }
    }

    fn restore_slot(&mut self, reader: &mut Reader<'_>) -> Result<(), CodecError> {
        let key = Key::parse(reader.text()?).map_err(|_| reader.invalid("key of an account"))?;
        let account = Account::read(reader)?;
        let memories = reader.list(|reader| Ok((reader.text()?.into(), Memory::read(reader)?)))?;
        let index = self.accounts.add(key, account);
        let slot = self.accounts.get_mut(index);
        slot.memories = memories;
        slot.dues = Dues::read(reader)?;
        self.timers.restore(&slot.dues, &slot.key);
        Ok(())
    }
}

fn write_slot(writer: &mut Writer, slot: &Slot) {
    writer.text(slot.key.as_str());
    slot.account.write(writer);
    writer.list(slot.memories.iter(), |writer, (rule, memory)| {
        writer.text(rule);
        memory.write(writer);
    });
    slot.dues.write(writer);
}
