//! The page as Markdown: tables and lists that wikis and tickets show.

use std::fmt::Write;

use super::facts::{Facts, Group, policy, severity_word, share, word};
use crate::number::plain;
use crate::plain::Said;

pub(super) fn render(facts: &Facts<'_>) -> String {
    let mut out = String::new();
    let card = facts.card;
    let title = escaped(&card.title);
    paragraph(&mut out, &format!("# {title}"));
    paragraph(&mut out, &facts.summary());
    paragraph(
        &mut out,
        &format!("`{}`, version {}", card.name, escaped(&card.version)),
    );
    paragraph(&mut out, "## Who is scored");
    match facts.population() {
        None => paragraph(&mut out, "Every customer."),
        Some(said) => condition(
            &mut out,
            "Customers for whom this holds; others have no score:",
            &said,
        ),
    }
    paragraph(&mut out, "## What counts");
    groups(&mut out, facts, &facts.groups(None));
    paragraph(&mut out, &facts.missing());
    variants(&mut out, facts);
    tiers(&mut out, facts);
    exceptions(&mut out, facts);
    triggers(&mut out, facts);
    promises(&mut out, facts);
    numbers(&mut out, facts);
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn paragraph(out: &mut String, text: &str) {
    out.push_str(text);
    out.push_str("\n\n");
}

/// A condition as a sentence, or as a list where that is easier to read.
fn condition(out: &mut String, before: &str, said: &Said) {
    if !said.wants_list() {
        let before = before.trim_end_matches(':');
        return paragraph(out, &format!("{before}: {}.", escaped(&said.sentence())));
    }
    paragraph(out, before);
    list(out, said, 0);
    out.push('\n');
}

fn list(out: &mut String, said: &Said, depth: usize) {
    let indent = "  ".repeat(depth);
    let (head, parts) = match said {
        Said::Is(text) => {
            line(out, &format!("{indent}- {}", escaped(text)));
            return;
        }
        Said::All(parts) => ("all of", parts),
        Said::Any(parts) => ("at least one of", parts),
    };
    line(out, &format!("{indent}- {head}:"));
    for part in parts {
        list(out, part, depth + 1);
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a text cannot fail.
    writeln!(out, "{text}").ok();
}

fn row(out: &mut String, cells: &[String]) {
    line(out, &format!("| {} |", cells.join(" | ")));
}

fn table(out: &mut String, head: &[&str], rows: &[Vec<String>]) {
    let head: Vec<_> = head.iter().map(|cell| (*cell).to_owned()).collect();
    row(out, &head);
    line(out, &format!("|{}", "---|".repeat(head.len())));
    for cells in rows {
        row(out, cells);
    }
    out.push('\n');
}

/// A share as a bar of letters.
fn bar(share: f64) -> String {
    const LENGTH: f64 = 20.0;
    let full = (1..=20)
        .filter(|at| f64::from(*at) <= (share / 100.0 * LENGTH).round())
        .count();
    "█".repeat(full) + &"░".repeat(20 - full)
}

fn groups(out: &mut String, facts: &Facts<'_>, groups: &[Group<'_>]) {
    let rows: Vec<_> = groups
        .iter()
        .map(|group| {
            vec![
                escaped(&group.measure.title),
                share(group.share),
                bar(group.share),
            ]
        })
        .collect();
    table(out, &["measure", "share of the score", ""], &rows);
    for group in groups {
        let title = escaped(&group.measure.title);
        paragraph(out, &format!("### {title}: {}", share(group.share)));
        factors(out, facts, group);
    }
}

fn factors(out: &mut String, facts: &Facts<'_>, group: &Group<'_>) {
    let rows: Vec<_> = group
        .factors
        .iter()
        .map(|(factor, within, of_score)| {
            let mut scale = vec![facts.scale(factor)];
            scale.extend(Facts::notes(factor));
            vec![
                escaped(&facts.about(factor)),
                share(*within),
                share(*of_score),
                escaped(&scale.join("; ")),
                escaped(&Facts::sentence(&factor.reason)),
            ]
        })
        .collect();
    let head = [
        "what is looked at",
        "in the measure",
        "in the score",
        "points",
        "told as",
    ];
    table(out, &head, &rows);
}

fn variants(out: &mut String, facts: &Facts<'_>) {
    let card = facts.card;
    if card.variants.is_empty() {
        return;
    }
    paragraph(out, "## Variants");
    paragraph(
        out,
        "Some customers are judged differently. The first variant that fits counts; its measures \
         take the place of those of the same name.",
    );
    for (index, variant) in card.variants.iter().enumerate() {
        paragraph(out, &format!("### {}", escaped(&word(&variant.name))));
        condition(out, "Holds when:", &facts.speaker.condition(&variant.when));
        for group in facts.groups(Some(index)) {
            if group.measure.variant != Some(index) {
                continue;
            }
            let title = escaped(&group.measure.title);
            paragraph(out, &format!("**{title}: {}**", share(group.share)));
            factors(out, facts, &group);
        }
    }
}

fn tiers(out: &mut String, facts: &Facts<'_>) {
    let card = facts.card;
    paragraph(out, "## Tiers");
    let mut above = 100.0;
    let mut rows = Vec::new();
    for tier in &card.tiers.bands {
        let alert = tier.alert.map_or("no alert", severity_word);
        let range = format!("{} to {}", plain(tier.from), plain(above));
        rows.push(vec![escaped(&word(&tier.name)), range, alert.to_owned()]);
        above = tier.from;
    }
    table(out, &["tier", "score", "alert"], &rows);
    paragraph(out, &facts.moves());
    let told = policy(&card.alerts);
    if !told.is_empty() {
        paragraph(
            out,
            &format!("Alerts about tiers: {}.", escaped(&told.join(", "))),
        );
    }
}

fn exceptions(out: &mut String, facts: &Facts<'_>) {
    if facts.card.exceptions.is_empty() {
        return;
    }
    paragraph(out, "## Exceptions");
    paragraph(out, "They hold whatever the sum says.");
    for exception in &facts.card.exceptions {
        let reason = escaped(&Facts::sentence(&exception.reason));
        let mut told = vec![Facts::force(exception)];
        told.extend(Facts::alert(exception));
        paragraph(
            out,
            &format!("**{reason}** ({})", escaped(&told.join(", "))),
        );
        condition(out, "When:", &facts.speaker.condition(&exception.when));
    }
}

fn triggers(out: &mut String, facts: &Facts<'_>) {
    if facts.card.triggers.is_empty() {
        return;
    }
    paragraph(out, "## Triggers");
    paragraph(
        out,
        "Something is asked to be done; the score stays as it is.",
    );
    for trigger in &facts.card.triggers {
        let text = escaped(&Facts::sentence(&trigger.text));
        let told = escaped(&Facts::task(trigger).join(", "));
        paragraph(out, &format!("**{text}** ({told})"));
        condition(out, "When:", &facts.speaker.condition(&trigger.when));
    }
}

fn promises(out: &mut String, facts: &Facts<'_>) {
    let promises = facts.promises();
    if promises.is_empty() {
        return;
    }
    paragraph(out, "## Promises");
    paragraph(out, "With all else the same:");
    for promise in promises {
        line(out, &format!("- {}", escaped(&promise)));
    }
    out.push('\n');
}

/// Parameters and derived numbers.
fn numbers(out: &mut String, facts: &Facts<'_>) {
    let card = facts.card;
    if !card.parameters.is_empty() {
        paragraph(out, "## Numbers that can be set");
        let rows: Vec<_> = card
            .parameters
            .iter()
            .map(|parameter| {
                let range = format!("{} to {}", plain(parameter.min), plain(parameter.max));
                vec![
                    escaped(&word(&parameter.name)),
                    plain(parameter.default),
                    range,
                ]
            })
            .collect();
        table(out, &["name", "value", "may be"], &rows);
    }
    if !card.derived.is_empty() {
        paragraph(out, "## Numbers made of others");
        let rows: Vec<_> = card
            .derived
            .iter()
            .map(|derived| {
                let value = escaped(&facts.speaker.number(&derived.value));
                vec![format!("`{}`", derived.name), value, escaped(&derived.unit)]
            })
            .collect();
        table(out, &["name", "is", "unit"], &rows);
    }
}

/// A text that Markdown shows as it is.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '*' | '_' | '`' | '\\' | '[' | ']' | '#' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
