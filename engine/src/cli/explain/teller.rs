//! Tells what was published in words: in the language that it was published in, or in another one,
//! with the texts that the rule of then carries.

use std::collections::BTreeMap;

use serde_json::Value;

use super::published::{Cause, Ground, Published, Why};
use crate::decide::{render_change, render_number, render_points};
use crate::language::{Dictionary, Language, Voice};
use crate::log::Log;
use crate::model::{Digest, Time};
use crate::rules::RulesEngine;

/// Says what a score event means.
pub(super) struct Teller {
    pub(super) voice: Voice,
    /// Per digest of a rule, its sentences in the language of the voice, by code.
    sentences: BTreeMap<String, BTreeMap<String, String>>,
}

impl Teller {
    pub(super) const fn new(voice: Voice) -> Self {
        Self {
            voice,
            sentences: BTreeMap::new(),
        }
    }

    pub(super) const fn words(&self) -> &'static Dictionary {
        self.voice.words
    }

    fn language(&self) -> Language {
        self.words().language()
    }

    /// Fetches the sentences of a rule, where what it published is in another language.
    pub(super) fn prepare(
        &mut self,
        log: &mut dyn Log,
        data: &Published,
        digest: Option<Digest>,
    ) -> anyhow::Result<()> {
        let is_needed = data.language != self.language().code();
        let digest =
            digest.filter(|_| is_needed && !self.sentences.contains_key(&data.rule.digest));
        let Some(digest) = digest else {
            return Ok(());
        };
        let bytes = log.module(digest)?;
        let engine = RulesEngine::new()?;
        let (manifest, texts) = (engine.check(&bytes)?, RulesEngine::texts(&bytes)?);
        let mut sentences = BTreeMap::new();
        let reasons = manifest.reasons.into_iter().map(|it| (it.code, it.text));
        let exceptions = manifest.exceptions.into_iter().map(|it| (it.name, it.text));
        sentences.extend(reasons.chain(exceptions));
        if let Some(told) = texts.language(self.language().code()) {
            sentences.extend(told.reasons.clone());
            sentences.extend(told.exceptions.clone());
            let tiers = told.tiers.iter();
            sentences.extend(tiers.map(|(name, title)| (tier_key(name), title.clone())));
        }
        self.sentences.insert(data.rule.digest.clone(), sentences);
        Ok(())
    }

    /// What people call the tier.
    pub(super) fn tier(&self, data: &Published) -> String {
        if data.language == self.language().code() {
            return data.tier_title.clone();
        }
        let own = self.sentences.get(&data.rule.digest);
        let own = own.and_then(|all| all.get(&tier_key(&data.tier)));
        let key = format!("tiers.{}", data.tier);
        let known = own.map(String::as_str).or_else(|| self.words().find(&key));
        known.unwrap_or(&data.tier).to_owned()
    }

    pub(super) fn score(&self, data: &Published) -> String {
        data.score().map_or_else(
            || "–".to_owned(),
            |score| render_points(score, self.words()),
        )
    }

    /// The change since the publication before; nothing for the first.
    pub(super) fn delta(&self, data: &Published) -> String {
        let ends = data.previous().zip(data.score());
        ends.map_or_else(String::new, |(previous, score)| {
            render_change(previous, score, self.words())
        })
    }

    /// The main reason why `data` is other than `before`.
    pub(super) fn reason(&self, data: &Published, before: Option<&Published>) -> String {
        let words = self.words();
        match data.ground(before) {
            Ground::NoScore => words.say("history.no_score").to_owned(),
            Ground::Said(why) => self.sentence(data, &why),
            Ground::Ended(why) => {
                let text = self.sentence(before.unwrap_or(data), &why);
                words.fill("history.exception_ended", &[("exception", &text)])
            }
            Ground::Rule(rule) => words.fill("history.rule_changed", &[("rule", &rule)]),
            Ground::Set { by, reason } => words.fill(
                "history.override_began",
                &[("by", &by), ("reason", &reason)],
            ),
            Ground::Unset => words.say("history.override_ended").to_owned(),
            Ground::Part(name) => name,
            Ground::None => words.say("history.no_reason").to_owned(),
        }
    }

    /// A sentence as it was published, or in the language of the voice with the values of then.
    fn sentence(&self, data: &Published, why: &Why) -> String {
        let known = self.sentences.get(&data.rule.digest);
        let template = known.and_then(|all| all.get(&why.code));
        let Some(template) = template.filter(|_| data.language != self.language().code()) else {
            return why.text.clone();
        };
        let (mut out, mut rest) = (String::new(), template.as_str());
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(&self.value(data.features.get(name)));
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    fn value(&self, value: Option<&Value>) -> String {
        match value {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number
                .as_f64()
                .map_or_else(String::new, |number| render_number(number, self.words())),
            _ => self.words().say("value.none").to_owned(),
        }
    }

    /// The cause in short, as a table has it.
    pub(super) fn cause_in_short(&self, cause: &Cause) -> String {
        match cause {
            Cause::Input {
                input,
                offset,
                row: 0,
            } => format!("{input}/{offset}"),
            Cause::Input { input, offset, row } => format!("{input}/{offset}#{row}"),
            Cause::Timer { timer, .. } => self.timer(timer),
        }
    }

    /// The cause in a sentence.
    pub(super) fn cause(&self, cause: &Cause) -> String {
        let words = self.words();
        match cause {
            Cause::Input { input, offset, row } => {
                let (offset, row) = (offset.to_string(), row.to_string());
                let values = [
                    ("input", input.as_str()),
                    ("offset", &offset),
                    ("row", &row),
                ];
                words.fill("past.by_event", &values)
            }
            Cause::Timer { timer, due } => {
                let due = Time::parse_rfc3339(due).map(|due| self.voice.moment(due));
                let due = due.unwrap_or_default();
                words.fill(
                    "past.by_timer",
                    &[("timer", &self.timer(timer)), ("due", &due)],
                )
            }
        }
    }

    fn timer(&self, name: &str) -> String {
        self.words().say(&format!("timers.{name}")).to_owned()
    }
}

/// Tiers and codes may have the same name.
fn tier_key(name: &str) -> String {
    format!("tier {name}")
}
