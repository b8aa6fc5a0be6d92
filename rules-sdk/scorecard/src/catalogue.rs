//! What a card may read: the features of the engine and those that a tenant has declared.

/// What the numbers of a feature mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A quantity.
    Number,
    /// A text; rules see codes.
    Text,
    /// Days since a moment: it grows by itself, so a threshold is met at a known time.
    DaysSince,
    /// Days until a moment.
    DaysUntil,
}

/// A feature that a card may name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its name, `family.name`.
    pub name: String,
    /// What its numbers mean.
    pub form: Form,
    /// Its unit, as people read it; empty where it has none.
    pub unit: String,
    /// The feature that says how many days old this one's data are, where there is one.
    pub age: Option<String>,
    /// Texts that the feature is known to have; empty where any may come.
    pub values: Vec<String>,
    /// Whether only triggers may read it (`score.ago_28d`).
    pub for_triggers: bool,
}

/// The features there are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Catalogue {
    /// In order of names.
    entries: Vec<Entry>,
}

impl Catalogue {
    /// A catalogue of these features; of two with one name the first stays.
    #[must_use]
    pub fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries.dedup_by(|later, earlier| later.name == earlier.name);
        Self { entries }
    }

    /// The feature of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Entry> {
        let place = self
            .entries
            .binary_search_by(|entry| entry.name.as_str().cmp(name));
        self.entries.get(place.ok()?)
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }
}
