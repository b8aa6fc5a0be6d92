//! What a rule declares: lists of items, each with a handle.
//!
//! Everything here is plain constant data; nothing is looked up by name while a rule runs.

use std::marker::PhantomData;

use puls_wire::{Direction, Severity};

/// The place of an item in its list: what a rule's function uses to name it.
#[derive(Debug)]
pub struct Id<T> {
    index: u8,
    item: PhantomData<fn() -> T>,
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> Id<T> {
    /// The handle of the item that stands under this name.
    ///
    /// # Panics
    /// While compiling, where the list is too long or has no such item.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "no list is longer than 256, as asserted"
    )]
    pub const fn of(list: &[Named<T>], handle: &str) -> Self {
        assert!(list.len() <= 256, "a list has at most 256 items");
        let mut rest = list;
        while let Some((first, others)) = rest.split_first() {
            if same(first.handle, handle) {
                return Self {
                    index: (list.len() - rest.len()) as u8,
                    item: PhantomData,
                };
            }
            rest = others;
        }
        panic!("no item of this name is in the list")
    }

    /// Position in the list, from 0.
    #[must_use]
    #[inline]
    pub const fn index(self) -> usize {
        self.index as usize
    }
}

impl Id<Feature> {
    /// The code under which a text feature's value reaches the rule.
    ///
    /// # Panics
    /// While compiling, where the feature does not list the value.
    #[must_use]
    pub const fn code(self, features: &[Named<Feature>], value: &str) -> f64 {
        let mut code = 0.0;
        let mut rest = match self.find(features) {
            Some(feature) => feature.item.values,
            None => &[],
        };
        while let Some((first, others)) = rest.split_first() {
            if same(first, value) {
                return code;
            }
            code += 1.0;
            rest = others;
        }
        panic!("the feature does not list this value")
    }
}

impl<T> Id<T> {
    /// The item, in the list that the handle is of.
    pub(crate) const fn find(self, list: &[Named<T>]) -> Option<&Named<T>> {
        let mut place = self.index as usize;
        let mut rest = list;
        while let Some((first, others)) = rest.split_first() {
            if place == 0 {
                return Some(first);
            }
            place -= 1;
            rest = others;
        }
        None
    }
}

/// An item with the name of its handle.
#[derive(Clone, Copy, Debug)]
pub struct Named<T> {
    pub(crate) handle: &'static str,
    pub(crate) item: T,
}

impl<T: Copy> Named<T> {
    /// An item under the name of its handle.
    #[must_use]
    pub const fn new(handle: &'static str, item: T) -> Self {
        Self { handle, item }
    }
}

/// A feature that the rule reads.
#[derive(Clone, Copy, Debug)]
pub struct Feature {
    pub(crate) name: &'static str,
    pub(crate) values: &'static [&'static str],
    pub(crate) wake: &'static [f64],
    pub(crate) monotone: Option<Direction>,
}

impl Feature {
    /// A feature of the catalogue, or a tenant's own under `custom.`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            values: &[],
            wake: &[],
            monotone: None,
        }
    }

    /// For a text feature: the values that the rule tells apart. See [`Id::code`].
    #[must_use]
    pub const fn values(self, values: &'static [&'static str]) -> Self {
        Self { values, ..self }
    }

    /// For days since or until something: values at whose passing the account is evaluated at
    /// once, and not only at its next event or its daily evaluation.
    #[must_use]
    pub const fn wake(self, wake: &'static [f64]) -> Self {
        Self { wake, ..self }
    }

    /// Promises that the score never falls while this feature moves that way and all else stays:
    /// what is missing, which parts apply, and a person's override too. `puls rule verify` searches
    /// for accounts that break the promise.
    #[must_use]
    pub const fn monotone(self, direction: Direction) -> Self {
        Self {
            monotone: Some(direction),
            ..self
        }
    }
}

/// A number that a tenant may set without another module.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    pub(crate) default: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Parameter {
    /// A number between `min` and `max`.
    #[must_use]
    pub const fn new(default: f64, min: f64, max: f64) -> Self {
        Self { default, min, max }
    }
}

/// A named group of parts.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    pub(crate) title: &'static str,
    pub(crate) weight: f64,
}

impl Measure {
    /// A group with its heading and its weight among the groups.
    #[must_use]
    pub const fn new(title: &'static str, weight: f64) -> Self {
        Self { title, weight }
    }
}

/// One line of the score.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub(crate) measure: Id<Measure>,
    pub(crate) weight: f64,
    pub(crate) features: &'static [Id<Feature>],
    pub(crate) text: &'static str,
    pub(crate) baseline: f64,
}

impl Part {
    /// A line with its weight in its group, the features behind it, and its reason in plain
    /// words. Each `{}` of the text stands for the value of the next of these features. Say what
    /// is, not whether it is bad: the reason is shown by how much the part costs.
    #[must_use]
    pub const fn new(
        measure: Id<Measure>,
        weight: f64,
        features: &'static [Id<Feature>],
        text: &'static str,
    ) -> Self {
        Self {
            measure,
            weight,
            features,
            text,
            baseline: 100.0,
        }
    }

    /// Points from which the part costs the customer nothing; 100 where not given.
    #[must_use]
    pub const fn baseline(self, baseline: f64) -> Self {
        Self { baseline, ..self }
    }
}

/// A reason that a part may give instead of its own.
#[derive(Clone, Copy, Debug)]
pub struct Reason {
    pub(crate) text: &'static str,
    pub(crate) features: &'static [Id<Feature>],
}

impl Reason {
    /// A reason in plain words; each `{}` stands for the value of the next feature.
    #[must_use]
    pub const fn new(text: &'static str, features: &'static [Id<Feature>]) -> Self {
        Self { text, features }
    }
}

/// Something that forces the score or that somebody must know.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    pub(crate) text: &'static str,
    pub(crate) features: &'static [Id<Feature>],
    pub(crate) alert: Option<Severity>,
    pub(crate) policy: Alerts,
}

impl Exception {
    /// An exception in plain words; each `{}` stands for the value of the next feature.
    #[must_use]
    pub const fn new(text: &'static str, features: &'static [Id<Feature>]) -> Self {
        Self {
            text,
            features,
            alert: None,
            policy: Alerts::new("", "", 0),
        }
    }

    /// It opens an alert of its own: how much it matters, for whom, what to do, and in how many
    /// days (0 for no date).
    #[must_use]
    pub const fn alert(
        self,
        severity: Severity,
        owner_role: &'static str,
        playbook: &'static str,
        due_days: u32,
    ) -> Self {
        let policy = Alerts::new(owner_role, playbook, due_days);
        Self {
            alert: Some(severity),
            policy,
            ..self
        }
    }
}

/// Whom alerts are for, what to do, and by when.
#[derive(Clone, Copy, Debug)]
pub struct Alerts {
    pub(crate) owner_role: &'static str,
    pub(crate) playbook: &'static str,
    pub(crate) due_days: u32,
}

impl Alerts {
    /// A role, a playbook, and days until it should be done (0 for none).
    #[must_use]
    pub const fn new(owner_role: &'static str, playbook: &'static str, due_days: u32) -> Self {
        Self {
            owner_role,
            playbook,
            due_days,
        }
    }
}

/// Something that the rule asks to be done.
#[derive(Clone, Copy, Debug)]
pub struct Trigger {
    pub(crate) text: &'static str,
    pub(crate) features: &'static [Id<Feature>],
    pub(crate) playbook: &'static str,
    pub(crate) owner_roles: &'static [&'static str],
    pub(crate) due_days: u32,
    pub(crate) cooldown_hours: u32,
}

impl Trigger {
    /// A request in plain words; each `{}` stands for the value of the next feature. It may fire
    /// again after 30 days.
    #[must_use]
    pub const fn new(text: &'static str, features: &'static [Id<Feature>]) -> Self {
        Self {
            text,
            features,
            playbook: "",
            owner_roles: &[],
            due_days: 0,
            cooldown_hours: 30 * 24,
        }
    }

    /// What to do, who, and in how many days (0 for no date).
    #[must_use]
    pub const fn play(
        self,
        playbook: &'static str,
        owner_roles: &'static [&'static str],
        due_days: u32,
    ) -> Self {
        Self {
            playbook,
            owner_roles,
            due_days,
            ..self
        }
    }

    /// Days before it may fire again for the account, at least 1.
    #[must_use]
    pub const fn cooldown_days(self, days: u32) -> Self {
        Self {
            cooldown_hours: days * 24,
            ..self
        }
    }
}

/// A band of scores.
#[derive(Clone, Copy, Debug)]
pub struct Tier {
    pub(crate) name: &'static str,
    pub(crate) from: f64,
    pub(crate) alert: Option<Severity>,
}

impl Tier {
    /// A band and its least score.
    #[must_use]
    pub const fn new(name: &'static str, from: f64) -> Self {
        Self {
            name,
            from,
            alert: None,
        }
    }

    /// Entering it opens an alert.
    #[must_use]
    pub const fn alert(self, severity: Severity) -> Self {
        Self {
            alert: Some(severity),
            ..self
        }
    }
}

/// Whether two texts are the same, while compiling.
pub(crate) const fn same(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    while let (Some((a, one_rest)), Some((b, other_rest))) =
        (one.split_first(), other.split_first())
    {
        if *a != *b {
            return false;
        }
        (one, other) = (one_rest, other_rest);
    }
    true
}
