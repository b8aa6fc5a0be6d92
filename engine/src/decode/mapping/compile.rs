//! Checks a mapping as a whole and makes it ready to run. All that is wrong is said at once, each
//! with the field and, where a name is unknown, the nearest one.

mod field;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::compiled::{Compiled, EventPlan};
use super::expression::Expression;
use super::when::{Check, Test};
use super::{EventMapping, FieldMapping, Mapping, TestMapping};
use crate::decode::fields::{COMMON, FieldName, has, needed_of, of_kind};
use crate::decode::json::Node;
use crate::decode::value::Value;
use crate::limits::{MAPPING_EVENTS_MAX, MAPPING_SOURCES_MAX};
use crate::model::{Fixed, Kind};

use field::constant;

/// What an input gives its mapping.
#[derive(Clone, Copy, Debug)]
pub(in crate::decode) struct Given<'g> {
    /// Whether the input has a tenant.
    pub(in crate::decode) tenant: bool,
    /// The input's kind.
    pub(in crate::decode) kind: Option<Kind>,
    /// Whether records come in envelopes that name id, account and time.
    pub(in crate::decode) envelope: bool,
    /// Whether records are CSV rows, with these columns where the configuration names them.
    pub(in crate::decode) csv: Option<&'g [String]>,
}

/// Compiles `mapping`.
///
/// # Errors
/// All that is wrong with it.
pub(in crate::decode) fn compile(
    mapping: &Mapping,
    given: Given<'_>,
) -> Result<Compiled, Vec<String>> {
    let mut compiler = Compiler {
        given,
        zone: TimeZone::UTC,
        sources: Vec::new(),
        problems: Vec::new(),
    };
    let compiled = compiler.mapping(mapping);
    if compiler.problems.is_empty() {
        Ok(compiled)
    } else {
        Err(compiler.problems)
    }
}

struct Compiler<'g> {
    given: Given<'g>,
    zone: TimeZone,
    /// Paths of the members or columns that are read; the index is the place.
    sources: Vec<Vec<String>>,
    problems: Vec<String>,
}

/// Which event is compiled: its name in sentences and its kind.
struct Place<'p> {
    /// `event 2: `, or nothing for what holds for all.
    event: &'p str,
    kind: Option<Kind>,
}

impl Compiler<'_> {
    /// Remembers a problem, once: what holds for all events is looked at with each of them.
    fn problem(&mut self, event: &str, text: impl AsRef<str>) {
        let problem = format!("{event}{}", text.as_ref());
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn mapping(&mut self, mapping: &Mapping) -> Compiled {
        if let Some(zone) = &mapping.zone {
            self.zone = self.time_zone("", zone);
        }
        let common = &mapping.common;
        let record = Place {
            event: "",
            kind: None,
        };
        let record_field = |compiler: &mut Self, name: &str, field: FieldName| {
            let mapping = common.fields.get(name)?;
            compiler.expression(&record, name, field, mapping)
        };
        let tenant = record_field(self, "tenant", FieldName::Tenant);
        let account = record_field(self, "account", FieldName::Account);
        let time = mapping
            .time
            .as_ref()
            .and_then(|time| self.expression(&record, "time", FieldName::At, time));
        self.owner_is_there(common);
        // What tells key and time of the record was looked at first.
        let key_first = self.sources.len();
        let events = self.events(mapping);
        let id = match common.fields.get("id") {
            // Without a list the only event has the id as its own.
            Some(id) if !mapping.events.is_empty() => {
                self.expression(&record, "id", FieldName::Id, id)
            }
            _ => None,
        };
        self.sources_fit();
        let key = key_places(key_first, time.is_some(), &events);
        let mut members = Node::default();
        let mut key_members = Node::default();
        let mut columns = Vec::new();
        for (place, path) in self.sources.iter().enumerate() {
            members.add(path, place);
            if key.contains(&place) {
                key_members.add(path, place);
            }
            columns.push((path.concat(), place));
        }
        Compiled {
            members,
            key_members,
            columns,
            places: self.sources.len(),
            tenant,
            account,
            id,
            time,
            events,
        }
    }

    fn owner_is_there(&mut self, common: &EventMapping) {
        let given = self.given;
        for (name, given, instead) in [
            ("tenant", given.tenant, "`tenant` of the input"),
            ("account", given.envelope, "an envelope's subject"),
        ] {
            if !given && !common.fields.contains_key(name) {
                let text = format!("expected `{name}` (or {instead}), found neither");
                self.problem("", text);
            }
        }
    }

    fn sources_fit(&mut self) {
        let found = self.sources.len();
        if found > MAPPING_SOURCES_MAX {
            let text =
                format!("expected at most {MAPPING_SOURCES_MAX} different sources, found {found}");
            self.problem("", text);
        }
    }

    fn events(&mut self, mapping: &Mapping) -> Vec<EventPlan> {
        let common = &mapping.common;
        if mapping.events.is_empty() {
            return vec![self.event(1, "", common, None)];
        }
        if mapping.events.len() > MAPPING_EVENTS_MAX {
            let found = mapping.events.len();
            let text = format!("expected at most {MAPPING_EVENTS_MAX} events, found {found}");
            self.problem("", text);
        }
        let mut used = Vec::new();
        let mut plans = Vec::new();
        for (number, event) in (1..).zip(&mapping.events) {
            let name = format!("event {number}: ");
            let plan = self.event(number, &name, event, Some(common));
            used.extend(plan.fields.iter().map(|(field, _)| *field));
            plans.push(plan);
        }
        self.common_is_used(common, &used);
        plans
    }

    /// Fields at the top that no event has are mistakes.
    fn common_is_used(&mut self, common: &EventMapping, used: &[FieldName]) {
        for name in common.fields.keys() {
            match FieldName::parse(name) {
                None => self.unknown_field("", name, FieldName::ALL),
                Some(field) if !COMMON.contains(&field) && !used.contains(&field) => {
                    let text = format!("`{name}`: none of the events is of a kind that has it");
                    self.problem("", text);
                }
                Some(_) => {}
            }
        }
    }

    fn event(
        &mut self,
        number: usize,
        name: &str,
        own: &EventMapping,
        common: Option<&EventMapping>,
    ) -> EventPlan {
        let kind = self.kind(name, own, common);
        let place = Place { event: name, kind };
        let mut plan = EventPlan {
            number,
            when: self.tests(name, &own.when),
            id: None,
            at: None,
            fields: Vec::new(),
            attributes: self.pairs(&place, FieldName::Attributes, own, common),
            crm_ids: self.pairs(&place, FieldName::CrmIds, own, common),
        };
        if let Some(common) = common {
            plan.when.extend(self.tests("", &common.when));
            for (key, field) in &common.fields {
                let inherited = FieldName::parse(key).filter(|field| {
                    !own.fields.contains_key(key)
                        && *field != FieldName::Id
                        && kind.is_none_or(|kind| has(kind, *field))
                });
                if let Some(name) = inherited {
                    let everywhere = Place { event: "", kind };
                    self.field(&everywhere, name, field, &mut plan);
                }
            }
        }
        for (key, field) in &own.fields {
            if common.is_some() && matches!(key.as_str(), "tenant" | "account") {
                let text = format!("`{key}` belongs to the record: say it at the top");
                self.problem(name, text);
            } else {
                self.own_field(&place, key, field, &mut plan);
            }
        }
        self.is_whole(&place, &plan);
        plan
    }

    fn own_field(
        &mut self,
        place: &Place<'_>,
        key: &str,
        field: &FieldMapping,
        plan: &mut EventPlan,
    ) {
        let known: Vec<FieldName> = match place.kind {
            Some(kind) => COMMON.iter().chain(of_kind(kind)).copied().collect(),
            None => FieldName::ALL.to_vec(),
        };
        match FieldName::parse(key) {
            Some(name) if known.contains(&name) => self.field(place, name, field, plan),
            _ => self.unknown_field(place.event, key, &known),
        }
    }

    fn field(
        &mut self,
        place: &Place<'_>,
        name: FieldName,
        field: &FieldMapping,
        plan: &mut EventPlan,
    ) {
        if matches!(name, FieldName::Tenant | FieldName::Account) {
            return;
        }
        let Some(expression) = self.expression(place, name.as_str(), name, field) else {
            return;
        };
        match name {
            FieldName::Id => plan.id = Some(expression),
            FieldName::At => plan.at = Some(expression),
            name => plan.fields.push((name, expression)),
        }
    }

    fn unknown_field(&mut self, event: &str, key: &str, known: &[FieldName]) {
        let known = known.iter().map(|field| field.as_str());
        let text = format!("`{key}`: there is no such field{}", nearest(key, known));
        self.problem(event, text);
    }

    /// The kind where it is a constant; it must be one of the list then.
    fn kind(
        &mut self,
        name: &str,
        own: &EventMapping,
        common: Option<&EventMapping>,
    ) -> Option<Kind> {
        let inherited = common.and_then(|common| common.fields.get("kind"));
        let Some(mapping) = own.fields.get("kind").or(inherited) else {
            if self.given.kind.is_none() {
                let text = "expected `kind` (or `kind` of the input), found neither";
                self.problem(name, text);
            }
            return self.given.kind;
        };
        match &mapping.constant {
            Some(super::Constant::Text(kind)) => Kind::parse(kind),
            _ => None,
        }
    }

    fn pairs(
        &mut self,
        place: &Place<'_>,
        field: FieldName,
        own: &EventMapping,
        common: Option<&EventMapping>,
    ) -> Vec<(String, Expression)> {
        let key = field.as_str();
        let of = |event: &EventMapping| match field {
            FieldName::CrmIds => event.crm_ids.clone(),
            _ => event.attributes.clone(),
        };
        let fits = place.kind.is_none_or(|kind| has(kind, field));
        let mut pairs = BTreeMap::new();
        if fits {
            pairs = common.map(of).unwrap_or_default();
        } else if !of(own).is_empty() {
            self.problem(
                place.event,
                format!("`{key}`: only account events have them"),
            );
        }
        pairs.extend(of(own));
        pairs
            .iter()
            .filter_map(|(name, mapping)| {
                let path = format!("{key}.{name}");
                let expression = self.expression(place, &path, field, mapping)?;
                Some((name.clone(), expression))
            })
            .collect()
    }

    /// An event must have what its kind needs.
    fn is_whole(&mut self, place: &Place<'_>, plan: &EventPlan) {
        if plan.at.is_none() && !self.given.envelope {
            self.problem(place.event, "expected `at`, found no mapping of it");
        }
        let Some(kind) = place.kind else {
            return;
        };
        for needed in needed_of(kind) {
            if !plan.fields.iter().any(|(field, _)| field == needed) {
                let (kind, field) = (kind.as_str(), needed.as_str());
                let text = format!("a {kind} event needs `{field}`, found no mapping of it");
                self.problem(place.event, text);
            }
        }
    }

    fn tests(&mut self, event: &str, when: &BTreeMap<String, TestMapping>) -> Vec<Test> {
        when.iter()
            .filter_map(|(source, mapping)| {
                let name = format!("{event}`when.{source}`: ");
                let place = self.source(&name, source)?;
                let checks = self.checks(&name, mapping);
                Some(Test { place, checks })
            })
            .collect()
    }

    fn checks(&mut self, name: &str, mapping: &TestMapping) -> Vec<Check> {
        let list = |list: &[super::Constant]| list.iter().map(constant).collect::<Vec<_>>();
        let mut checks = Vec::new();
        checks.extend(mapping.present.map(Check::Present));
        checks.extend(
            mapping
                .is
                .as_ref()
                .map(|is| Check::OneOf(vec![constant(is)])),
        );
        if !mapping.one_of.is_empty() {
            checks.push(Check::OneOf(list(&mapping.one_of)));
        }
        if !mapping.not.is_empty() {
            checks.push(Check::NoneOf(list(&mapping.not)));
        }
        for (limit, check) in [
            (mapping.at_least, Check::AtLeast as fn(Fixed) -> Check),
            (mapping.at_most, Check::AtMost),
        ] {
            match limit.map(Fixed::from_f64) {
                Some(Some(limit)) => checks.push(check(limit)),
                Some(None) => self.problem(name, "expected a number below 9.2e12"),
                None => {}
            }
        }
        if checks.is_empty() {
            self.problem(name, "expected a value, a list or a test, found none");
        }
        checks
    }

    fn time_zone(&mut self, place: &str, name: &str) -> TimeZone {
        TimeZone::get(name).unwrap_or_else(|_| {
            let text =
                format!("`zone`: expected an IANA time zone such as Europe/Oslo, found \"{name}\"");
            self.problem(place, text);
            TimeZone::UTC
        })
    }

    /// The place of a member or column, which is made if it is new.
    fn source(&mut self, name: &str, source: &str) -> Option<usize> {
        let Some(pointer) = source.strip_prefix('/') else {
            let text = format!("expected a source such as \"/name\", found \"{source}\"");
            self.problem(name, text);
            return None;
        };
        let mut path: Vec<String> = pointer
            .split('/')
            .map(|part| part.replace("~1", "/").replace("~0", "~"))
            .collect();
        if let Some(columns) = self.given.csv {
            // A column is one name, however many slashes it has.
            path = vec![path.join("/")];
            let column = path.concat();
            if !columns.is_empty() && !columns.contains(&column) {
                let known = columns.iter().map(String::as_str);
                let nearest = nearest(&column, known);
                let text = format!("there is no column \"{column}\"{nearest}");
                self.problem(name, text);
            }
        }
        let known = self.sources.iter().position(|known| *known == path);
        Some(known.unwrap_or_else(|| {
            self.sources.push(path);
            self.sources.len() - 1
        }))
    }
}

/// Places that are read to tell key and time: the `first` ones, and what tells when the events
/// happened, unless the mapping names the record's time.
fn key_places(first: usize, has_time: bool, events: &[EventPlan]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..first).collect();
    if !has_time {
        for event in events {
            places.extend(event.when.iter().map(|test| test.place));
            places.extend(event.at.iter().flat_map(Expression::places));
        }
    }
    places
}

/// A sentence's end that names the nearest known word, if one is near.
fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> String {
    known
        .map(|known| (strsim::osa_distance(word, known), known))
        .filter(|(distance, known)| *distance <= (known.len() / 3).max(1))
        .min()
        .map_or_else(String::new, |(_, known)| {
            format!("; did you mean `{known}`?")
        })
}

/// A number that must be there, as a value.
fn fixed(value: Fixed) -> Value<'static> {
    Value::Fixed(value)
}
