//! The manifest of a rule, written while the rule compiles.

use crate::declare::{Alerts, Named};
use crate::json::Json;
use crate::{Feature, Id, Rule};

impl Rule {
    /// Length of the manifest.
    #[must_use]
    pub const fn manifest_bytes(&self) -> usize {
        let mut json = Json::<0>::new();
        self.write(&mut json);
        let bytes = json.length();
        assert!(
            bytes <= puls_wire::MANIFEST_BYTES_MAX,
            "a manifest has at most 64 KiB"
        );
        bytes
    }

    /// The manifest as it stands in the module. `N` is [`Rule::manifest_bytes`].
    #[must_use]
    pub const fn manifest<const N: usize>(&self) -> [u8; N] {
        let mut json = Json::<N>::new();
        self.write(&mut json);
        assert!(json.length() == N, "ask manifest_bytes for the length");
        json.bytes()
    }

    /// The column value of a reason that is not a part's own; those of the parts come first.
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most 128 parts and 256 reasons"
    )]
    pub(crate) const fn reason_after_parts(&self, place: u16) -> u16 {
        self.parts.len() as u16 + place + 1
    }

    const fn write<const N: usize>(&self, json: &mut Json<N>) {
        self.check();
        json.open(b'{');
        member(json, "abi", puls_wire::ABI);
        member(json, "name", self.name);
        member(json, "version", self.version);
        member(json, "title", self.title);
        self.write_parameters(json);
        self.write_features(json);
        self.write_measures(json);
        self.write_parts(json);
        self.write_reasons(json);
        self.write_exceptions(json);
        self.write_triggers(json);
        self.write_tiers(json);
        json.key("coverage_min");
        json.whole(self.coverage_min as u64);
        json.key("alerts");
        json.open(b'{');
        policy(json, &self.alerts);
        json.close(b'}');
        if self.promises() {
            self.write_monotone(json);
        }
        json.close(b'}');
    }

    const fn write_parameters<const N: usize>(&self, json: &mut Json<N>) {
        json.key("parameters");
        json.open(b'[');
        let mut rest = self.parameters;
        while let Some((Named { handle, item }, others)) = rest.split_first() {
            json.open(b'{');
            json.key("name");
            json.lower(handle);
            member_number(json, "default", item.default);
            member_number(json, "min", item.min);
            member_number(json, "max", item.max);
            json.close(b'}');
            rest = others;
        }
        json.close(b']');
    }

    const fn write_features<const N: usize>(&self, json: &mut Json<N>) {
        json.key("features");
        json.open(b'[');
        let mut rest = self.features;
        while let Some((Named { item, .. }, others)) = rest.split_first() {
            json.open(b'{');
            member(json, "name", item.name);
            if !item.values.is_empty() {
                words(json, "values", item.values);
            }
            if !item.wake.is_empty() {
                json.key("wake");
                json.open(b'[');
                let mut wake = item.wake;
                while let Some((at, later)) = wake.split_first() {
                    json.number(*at);
                    wake = later;
                }
                json.close(b']');
            }
            json.close(b'}');
            rest = others;
        }
        json.close(b']');
    }

    /// Whether a feature has a promise about the score.
    const fn promises(&self) -> bool {
        let mut rest = self.features;
        while let Some((feature, others)) = rest.split_first() {
            if feature.item.monotone.is_some() {
                return true;
            }
            rest = others;
        }
        false
    }

    const fn write_monotone<const N: usize>(&self, json: &mut Json<N>) {
        json.key("monotone");
        json.open(b'[');
        let mut rest = self.features;
        while let Some((Named { item, .. }, others)) = rest.split_first() {
            if let Some(direction) = item.monotone {
                json.open(b'{');
                member(json, "feature", item.name);
                member(json, "direction", direction.as_str());
                json.close(b'}');
            }
            rest = others;
        }
        json.close(b']');
    }

    const fn write_measures<const N: usize>(&self, json: &mut Json<N>) {
        json.key("measures");
        json.open(b'[');
        let mut rest = self.measures;
        while let Some((Named { handle, item }, others)) = rest.split_first() {
            json.open(b'{');
            json.key("name");
            json.lower(handle);
            member(json, "title", item.title);
            member_number(json, "weight", item.weight);
            json.close(b'}');
            rest = others;
        }
        json.close(b']');
    }

    const fn write_parts<const N: usize>(&self, json: &mut Json<N>) {
        json.key("parts");
        json.open(b'[');
        let mut rest = self.parts;
        while let Some((Named { handle, item }, others)) = rest.split_first() {
            json.open(b'{');
            json.key("name");
            json.lower(handle);
            json.key("measure");
            match item.measure.find(self.measures) {
                Some(measure) => json.lower(measure.handle),
                None => panic!("a part names a measure of another rule"),
            }
            json.key("features");
            json.open(b'[');
            let mut features = item.features;
            while let Some((id, others)) = features.split_first() {
                json.text(self.feature_name(*id));
                features = others;
            }
            json.close(b']');
            member_number(json, "baseline", item.baseline);
            json.close(b'}');
            rest = others;
        }
        json.close(b']');
    }

    const fn write_reasons<const N: usize>(&self, json: &mut Json<N>) {
        json.key("reasons");
        json.open(b'[');
        let mut parts = self.parts;
        while let Some((Named { handle, item }, others)) = parts.split_first() {
            self.write_reason(json, handle, item.text, item.features);
            parts = others;
        }
        let mut reasons = self.reasons;
        while let Some((Named { handle, item }, others)) = reasons.split_first() {
            self.write_reason(json, handle, item.text, item.features);
            reasons = others;
        }
        json.close(b']');
    }

    const fn write_reason<const N: usize>(
        &self,
        json: &mut Json<N>,
        handle: &str,
        text: &str,
        features: &[Id<Feature>],
    ) {
        json.open(b'{');
        json.key("code");
        json.lower(handle);
        self.sentence(json, text, features);
        json.close(b'}');
    }

    const fn write_exceptions<const N: usize>(&self, json: &mut Json<N>) {
        json.key("exceptions");
        json.open(b'[');
        let mut rest = self.exceptions;
        while let Some((Named { handle, item }, others)) = rest.split_first() {
            json.open(b'{');
            json.key("name");
            json.lower(handle);
            self.sentence(json, item.text, item.features);
            json.key("alert");
            json.word(if item.alert.is_some() {
                "true"
            } else {
                "false"
            });
            if let Some(severity) = item.alert {
                member(json, "severity", severity.as_str());
            }
            policy(json, &item.policy);
            json.close(b'}');
            rest = others;
        }
        json.close(b']');
    }

    const fn write_triggers<const N: usize>(&self, json: &mut Json<N>) {
        json.key("triggers");
        json.open(b'[');
        let mut rest = self.triggers;
        while let Some((Named { handle, item }, others)) = rest.split_first() {
            json.open(b'{');
            json.key("name");
            json.lower(handle);
            self.sentence(json, item.text, item.features);
            member(json, "playbook", item.playbook);
            words(json, "owner_roles", item.owner_roles);
            json.key("due_days");
            json.whole(item.due_days as u64);
            json.key("cooldown_hours");
            json.whole(item.cooldown_hours as u64);
            json.close(b'}');
            rest = others;
        }
        json.close(b']');
    }

    const fn write_tiers<const N: usize>(&self, json: &mut Json<N>) {
        json.key("tiers");
        json.open(b'{');
        json.key("bands");
        json.open(b'[');
        let mut rest = self.tiers;
        while let Some((tier, others)) = rest.split_first() {
            json.open(b'{');
            member(json, "name", tier.name);
            member_number(json, "from", tier.from);
            if let Some(severity) = tier.alert {
                member(json, "alert", severity.as_str());
            }
            json.close(b'}');
            rest = others;
        }
        json.close(b']');
        member_number(json, "hysteresis_points", self.hysteresis_points);
        json.key("dwell_hours");
        json.whole(self.dwell_hours as u64);
        json.close(b'}');
    }

    /// The member `text`: each `{}` becomes `{name}` of the next feature.
    const fn sentence<const N: usize>(
        &self,
        json: &mut Json<N>,
        text: &str,
        features: &[Id<Feature>],
    ) {
        json.key("text");
        json.quote();
        let mut features = features;
        let mut rest = text.as_bytes();
        while let Some((byte, others)) = rest.split_first() {
            json.character(*byte);
            rest = others;
            if *byte == b'{' {
                let Some((feature, later)) = features.split_first() else {
                    panic!("a text has more {{}} than features")
                };
                json.characters(self.feature_name(*feature), false);
                features = later;
            }
        }
        json.unquote();
    }

    const fn feature_name(&self, feature: Id<Feature>) -> &'static str {
        match feature.find(self.features) {
            Some(named) => named.item.name,
            None => panic!("an item names a feature of another rule"),
        }
    }
}

const fn member<const N: usize>(json: &mut Json<N>, name: &str, text: &str) {
    json.key(name);
    json.text(text);
}

const fn member_number<const N: usize>(json: &mut Json<N>, name: &str, number: f64) {
    json.key(name);
    json.number(number);
}

const fn words<const N: usize>(json: &mut Json<N>, name: &str, words: &[&str]) {
    json.key(name);
    json.open(b'[');
    let mut rest = words;
    while let Some((word, others)) = rest.split_first() {
        json.text(word);
        rest = others;
    }
    json.close(b']');
}

const fn policy<const N: usize>(json: &mut Json<N>, alerts: &Alerts) {
    member(json, "owner_role", alerts.owner_role);
    member(json, "playbook", alerts.playbook);
    json.key("due_days");
    json.whole(alerts.due_days as u64);
}
