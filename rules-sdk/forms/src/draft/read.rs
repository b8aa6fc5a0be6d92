//! From the text of a card to a [`Draft`]. The card was read by `puls_scorecard` before, so what
//! does not fit here is not there; order is that of the file.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{
    Bound, Derived, Draft, Exception, Factor, Head, Measure, Parameter, Policy, Promise, Scale,
    Tier, Tiers, Trigger, Variant,
};

/// The draft of a card that is well-formed; `None` of one that is no TOML.
pub(crate) fn from_toml(source: &str) -> Option<Draft> {
    let root = DeTable::parse(source).ok()?;
    let root = Node(root.get_ref());
    let list = |key: &str| root.list(key);
    let head = root.table("card");
    let tiers = root.table("tiers");
    Some(Draft {
        head: Head {
            name: head.text("name"),
            version: head.text("version"),
            title: head.get_text("title"),
            applies_when: head.text("applies_when"),
            coverage_min: head.number("coverage_min"),
            places: Vec::new(),
        },
        parameters: parameters(root.table("parameters")),
        derived: derived(root.table("derive")),
        measures: list("measures").into_iter().map(measure).collect(),
        variants: list("variants").into_iter().map(variant).collect(),
        exceptions: list("exceptions").into_iter().map(exception).collect(),
        triggers: list("triggers").into_iter().map(trigger).collect(),
        tiers: Tiers {
            bands: tiers.list("bands").into_iter().map(tier).collect(),
            hysteresis_points: tiers.number("hysteresis_points"),
            dwell_hours: tiers.whole("dwell_hours"),
        },
        alerts: policy(root.table("alerts")),
        promises: promises(root.table("monotone")),
    })
}

/// A table, and what is asked of it.
#[derive(Clone, Copy)]
struct Node<'t>(&'t DeTable<'t>);

static EMPTY: std::sync::LazyLock<DeTable<'static>> = std::sync::LazyLock::new(DeTable::new);

impl<'t> Node<'t> {
    fn of(value: &'t DeValue<'t>) -> Self {
        value.as_table().map_or(Self(&EMPTY), Self)
    }

    fn value(self, key: &str) -> Option<&'t DeValue<'t>> {
        self.0.get(key).map(Spanned::get_ref)
    }

    fn table(self, key: &str) -> Self {
        self.value(key).map_or(Self(&EMPTY), Self::of)
    }

    fn list(self, key: &str) -> Vec<Self> {
        let items = self.value(key).and_then(DeValue::as_array);
        let items = items.into_iter().flat_map(|items| items.iter());
        items.map(|item| Self::of(item.get_ref())).collect()
    }

    fn get_text(self, key: &str) -> Option<String> {
        self.value(key)?.as_str().map(str::to_owned)
    }

    fn text(self, key: &str) -> String {
        self.get_text(key).unwrap_or_default()
    }

    fn number(self, key: &str) -> Option<f64> {
        number(self.value(key)?)
    }

    fn whole(self, key: &str) -> Option<u32> {
        let number = self.number(key)?;
        format!("{number}").parse().ok()
    }

    fn bound(self, key: &str) -> Option<Bound> {
        let value = self.value(key)?;
        let parameter = value.as_str().map(|name| Bound::Parameter(name.to_owned()));
        parameter.or_else(|| number(value).map(Bound::Number))
    }

    /// Keys and values, in the order of the file.
    fn in_order(self) -> Vec<(&'t str, &'t DeValue<'t>)> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by_key(|(key, _)| key.span().start);
        all.into_iter()
            .map(|(key, value)| (key.get_ref().as_ref(), value.get_ref()))
            .collect()
    }
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(whole) => {
            #[expect(clippy::cast_precision_loss, reason = "cards read it so too")]
            let number = i64::from_str_radix(whole.as_str(), whole.radix()).ok()? as f64;
            Some(number)
        }
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    }
}

fn parameters(table: Node<'_>) -> Vec<Parameter> {
    let parameter = |(name, value): (&str, &_)| {
        let table = Node::of(value);
        Some(Parameter {
            name: name.to_owned(),
            default: table.number("default")?,
            min: table.number("min")?,
            max: table.number("max")?,
            place: None,
        })
    };
    table.in_order().into_iter().filter_map(parameter).collect()
}

fn derived(table: Node<'_>) -> Vec<Derived> {
    let one = |name: String, table: Node<'_>| Derived {
        name,
        unit: table.get_text("unit"),
        value: table.text("value"),
        place: None,
    };
    let mut all = Vec::new();
    let mut families: Vec<_> = table.0.iter().collect();
    families.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in families {
        let (name, inner) = (key.get_ref().as_ref(), Node::of(value.get_ref()));
        // `[derive.family.name]` is as good as `[derive."family.name"]`.
        if name.contains('.') || inner.value("value").is_some_and(|v| v.as_str().is_some()) {
            all.push((key.span().start, one(name.to_owned(), inner)));
            continue;
        }
        for (rest, value) in inner.0.iter() {
            let name = format!("{name}.{}", rest.get_ref());
            all.push((rest.span().start, one(name, Node::of(value.get_ref()))));
        }
    }
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, derived)| derived).collect()
}

fn promises(table: Node<'_>) -> Vec<Promise> {
    let one = |feature: String, value: &DeValue<'_>| {
        let direction = value.as_str()?.to_owned();
        Some(Promise {
            feature,
            direction,
            place: None,
        })
    };
    let mut all = Vec::new();
    for (key, value) in table.0.iter() {
        let (at, name, value) = (key.span().start, key.get_ref().as_ref(), value.get_ref());
        // `family.name = "up"` is as good as `"family.name" = "up"`.
        let Some(family) = value.as_table() else {
            all.extend(one(name.to_owned(), value).map(|promise| (at, promise)));
            continue;
        };
        for (rest, value) in family.iter() {
            let name = format!("{name}.{}", rest.get_ref());
            let promise = one(name, value.get_ref());
            all.extend(promise.map(|promise| (rest.span().start, promise)));
        }
    }
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, promise)| promise).collect()
}

fn measure(table: Node<'_>) -> Measure {
    Measure {
        name: table.text("name"),
        title: table.get_text("title"),
        weight: table.number("weight").unwrap_or_default(),
        factors: table
            .list("factors")
            .into_iter()
            .filter_map(factor)
            .collect(),
        place: None,
    }
}

fn factor(table: Node<'_>) -> Option<Factor> {
    let line = table.table("line");
    let scale = if let Some(zero_at) = line.bound("zero_at") {
        Scale::Line {
            zero_at,
            hundred_at: line.bound("hundred_at")?,
        }
    } else if table.value("bands").is_some() {
        let band = |band: Node<'_>| (band.bound("up_to"), band.number("points").unwrap_or(0.0));
        Scale::Bands(table.list("bands").into_iter().map(band).collect())
    } else {
        let values = table.table("values").in_order();
        Scale::Values {
            values: values
                .into_iter()
                .filter_map(|(text, points)| Some((text.to_owned(), number(points)?)))
                .collect(),
            otherwise: table.number("otherwise"),
        }
    };
    Some(Factor {
        name: table.text("name"),
        feature: table.text("feature"),
        weight: table.number("weight").unwrap_or_default(),
        scale,
        valid_for_days: table.number("valid_for_days"),
        missing: table.get_text("missing"),
        baseline: table.number("baseline"),
        reason: table.text("reason"),
        place: None,
    })
}

fn variant(table: Node<'_>) -> Variant {
    Variant {
        name: table.text("name"),
        when: table.text("when"),
        measures: table.list("measures").into_iter().map(measure).collect(),
        place: None,
    }
}

fn policy(table: Node<'_>) -> Policy {
    Policy {
        owner_role: table.get_text("owner_role"),
        playbook: table.get_text("playbook"),
        due_days: table.whole("due_days"),
    }
}

fn exception(table: Node<'_>) -> Exception {
    Exception {
        name: table.text("name"),
        when: table.text("when"),
        cap: table.number("cap"),
        floor: table.number("floor"),
        reason: table.text("reason"),
        alert: table.get_text("alert"),
        policy: policy(table),
        place: None,
    }
}

fn trigger(table: Node<'_>) -> Trigger {
    let roles = table.value("owner_roles").and_then(DeValue::as_array);
    let roles = roles.into_iter().flat_map(|roles| roles.iter());
    Trigger {
        name: table.text("name"),
        when: table.text("when"),
        text: table.text("text"),
        playbook: table.get_text("playbook"),
        owner_roles: roles
            .filter_map(|role| role.get_ref().as_str().map(str::to_owned))
            .collect(),
        due_days: table.whole("due_days"),
        cooldown_days: table.whole("cooldown_days"),
        place: None,
    }
}

fn tier(table: Node<'_>) -> Tier {
    Tier {
        name: table.text("name"),
        from: table.number("from").unwrap_or_default(),
        alert: table.get_text("alert"),
        place: None,
    }
}
