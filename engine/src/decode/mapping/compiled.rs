//! A mapping as it runs: values of one record in, its events out.

use std::borrow::Cow;

use smallvec::{SmallVec, smallvec};

use super::expression::Expression;
use super::when::Test;
use crate::decode::fields::FieldName;
use crate::decode::json::Node;
use crate::decode::slots::{Slots, needed};
use crate::decode::value::Value;
use crate::decode::{Fault, Rejection, event, owner};
use crate::limits::RECORD_EVENTS_MAX;
use crate::model::{Event, Key, Kind, Reason, Text, Time};

/// A mapping that was found to be right.
#[derive(Debug)]
pub(in crate::decode) struct Compiled {
    /// Members of a JSON record that it reads.
    pub(super) members: Node,
    /// Members that say whose the record is and when.
    pub(super) key_members: Node,
    /// Columns of a CSV row that it reads, with their places.
    pub(super) columns: Vec<(String, usize)>,
    /// Number of values that it reads.
    pub(super) places: usize,
    /// The tenant, where the input's configuration does not say it.
    pub(super) tenant: Option<Expression>,
    /// The account, where the envelope does not say it.
    pub(super) account: Option<Expression>,
    /// The record's id.
    pub(super) id: Option<Expression>,
    /// The record's time, where it is not the greatest `at`.
    pub(super) time: Option<Expression>,
    /// The events, in order.
    pub(super) events: Vec<EventPlan>,
}

/// One event of a mapping.
#[derive(Debug)]
pub(super) struct EventPlan {
    /// Its place in the list, from 1.
    pub(super) number: usize,
    /// What must hold.
    pub(super) when: Vec<Test>,
    /// Its own id, taken as it stands.
    pub(super) id: Option<Expression>,
    /// When it happened, where the envelope does not say it.
    pub(super) at: Option<Expression>,
    /// The other fields.
    pub(super) fields: Vec<(FieldName, Expression)>,
    /// Attributes.
    pub(super) attributes: Vec<(String, Expression)>,
    /// Ids in CRMs.
    pub(super) crm_ids: Vec<(String, Expression)>,
}

/// What is known of a record beside its fields: from the configuration or an envelope.
#[derive(Clone, Debug, Default)]
pub(in crate::decode) struct Known<'a> {
    /// The input's tenant.
    pub(in crate::decode) tenant: Option<String>,
    /// The input's kind.
    pub(in crate::decode) kind: Option<Kind>,
    /// The id.
    pub(in crate::decode) id: Value<'a>,
    /// The time.
    pub(in crate::decode) at: Value<'a>,
    /// The account.
    pub(in crate::decode) account: Value<'a>,
}

/// Values of a record; as many as fit stay off the heap.
pub(in crate::decode) type Values<'a> = SmallVec<[Value<'a>; 24]>;

type Events<'a> = Vec<Result<Event<'a>, Rejection>>;

impl Compiled {
    /// Members of a JSON record that it reads.
    pub(in crate::decode) const fn members(&self, key_only: bool) -> &Node {
        if key_only {
            &self.key_members
        } else {
            &self.members
        }
    }

    /// Columns of a CSV row that it reads, with their places.
    pub(in crate::decode) fn columns(&self) -> Vec<(String, usize)> {
        self.columns.clone()
    }

    /// Values of a record, all absent.
    pub(in crate::decode) fn values<'a>(&self) -> Values<'a> {
        smallvec![Value::Absent; self.places]
    }

    /// Whose the record is.
    fn owner<'a>(
        &self,
        values: &[Value<'a>],
        known: &Known<'a>,
    ) -> Result<(Text<'a>, Text<'a>), Fault> {
        let found = |expression: &Option<Expression>| match expression {
            Some(expression) => expression.value(values),
            None => Ok(Value::Absent),
        };
        let tenant = found(&self.tenant)?;
        let account = match found(&self.account)? {
            Value::Absent => known.account.clone(),
            account => account,
        };
        owner(tenant, account, known.tenant.as_deref())
    }

    /// The key and the time of a record, as far as they can be told.
    pub(in crate::decode) fn key_and_time<'a>(
        &self,
        values: &[Value<'a>],
        known: &Known<'a>,
    ) -> (Option<Key>, Option<Time>) {
        let key = self.owner(values, known).ok();
        let key = key.and_then(|(tenant, account)| Key::new(&tenant, &account).ok());
        let moment = |expression: &Expression| expression.value(values).ok()?.moment();
        let time = match &self.time {
            Some(time) => moment(time),
            None => self
                .events
                .iter()
                .filter(|event| event.holds(values))
                .filter_map(|event| event.at.as_ref().map_or(known.at.moment(), moment))
                .max(),
        };
        (key, time)
    }

    /// The events of a record, or why it has none.
    pub(in crate::decode) fn events<'a>(
        &self,
        values: &[Value<'a>],
        known: &Known<'a>,
        events: &mut Events<'a>,
    ) -> Result<(), Rejection> {
        let owner = self.owner(values, known);
        let (tenant, account) = owner.map_err(|fault| fault.of(known.tenant.as_deref()))?;
        for plan in self.events.iter().filter(|plan| plan.holds(values)) {
            if events.len() == RECORD_EVENTS_MAX {
                events.clear();
                let fault = Fault {
                    reason: Reason::TooManyEvents,
                    detail: format!("expected at most {RECORD_EVENTS_MAX} events, found more"),
                };
                return Err(fault.of(Some(&tenant)));
            }
            let owner = (tenant.clone(), account.clone());
            let event = self
                .event(plan, values, known, owner)
                .and_then(|event| unlike(event, events, plan.number))
                .map_err(|fault| Fault {
                    detail: format!("event {} of the mapping: {}", plan.number, fault.detail),
                    ..fault
                })
                .map_err(|fault| fault.of(Some(&tenant)));
            events.push(event);
        }
        if events.is_empty() {
            let fault = Fault {
                reason: Reason::Empty,
                detail: "expected a record for which one of the mapping's events holds, found \
                         none whose `when` does"
                    .into(),
            };
            return Err(fault.of(Some(&tenant)));
        }
        Ok(())
    }

    fn event<'a>(
        &self,
        plan: &EventPlan,
        values: &[Value<'a>],
        known: &Known<'a>,
        (tenant, account): (Text<'a>, Text<'a>),
    ) -> Result<Event<'a>, Fault> {
        let mut slots = Slots::default();
        slots.set(FieldName::Id, self.event_id(plan, values, known)?);
        let at = match &plan.at {
            Some(at) => at.value(values)?,
            None => known.at.clone(),
        };
        slots.set(FieldName::At, at);
        for (field, expression) in &plan.fields {
            slots.set(*field, expression.value(values)?);
        }
        for (name, expression) in &plan.attributes {
            let value = expression.value(values)?;
            let name = Cow::Owned(name.clone());
            slots.attributes.entries.push((name, value));
        }
        for (system, expression) in &plan.crm_ids {
            let value = expression.value(values)?;
            let system = Cow::Owned(system.clone());
            slots.crm_ids.entries.push((system, value));
        }
        event::build(&mut slots, tenant, account, known.kind)
    }

    /// An event's own id as it stands, else the record's: the first of the list as it stands, the
    /// others with their place in the list. So an event keeps its id when another one of a later
    /// version of the record begins to hold.
    fn event_id<'a>(
        &self,
        plan: &EventPlan,
        values: &[Value<'a>],
        known: &Known<'a>,
    ) -> Result<Value<'a>, Fault> {
        if let Some(id) = &plan.id {
            return id.value(values);
        }
        let id = match &self.id {
            Some(id) => id.value(values)?,
            None => known.id.clone(),
        };
        if plan.number == 1 || id.is_absent() {
            return Ok(id);
        }
        let text = needed(id.into_text(), FieldName::Id, "an event")?;
        Ok(Value::Text(format!("{text}#{}", plan.number).into()))
    }
}

impl EventPlan {
    fn holds(&self, values: &[Value<'_>]) -> bool {
        self.when.iter().all(|test| test.holds(values))
    }
}

/// Refuses an event that would be taken for a repeat of an earlier one of its record.
fn unlike<'a>(event: Event<'a>, events: &Events<'a>, number: usize) -> Result<Event<'a>, Fault> {
    let mut earlier = events.iter().flatten();
    if earlier.all(|earlier| earlier.id != event.id) {
        return Ok(event);
    }
    Err(Fault {
        reason: Reason::BadField,
        detail: format!(
            "`id`: expected another id than an earlier event of the record has; give event \
             {number} of the mapping an `id` of its own, such as \"{{/id}}#{number}\""
        ),
    })
}
