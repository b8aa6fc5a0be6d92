//! The page as HTML.

use std::fmt::Write;

use puls_scorecard::Factor;

use super::facts::{Facts, Group, policy, severity_word, share, word};
use super::picture;
use super::style::STYLE;
use crate::number::plain;
use crate::phrases::capital;
use crate::plain::Said;
use crate::words::many;

pub(super) fn render(facts: &Facts<'_>) -> String {
    let card = facts.card;
    let mut out = Html::default();
    let colours: String = (0..8)
        .map(|at| {
            format!(
                "rect.c{at},polygon.c{at}{{fill:var(--c{at})}}polyline.c{at}{{stroke:var(--c{at})}}\
                 b.c{at},i.c{at}{{background:var(--c{at})}}\n"
            )
        })
        .chain((0..5).map(|at| format!(".t{at}{{background:var(--t{at})}}\n")))
        .collect();
    out.raw(&format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta \
         name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta \
         name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n\
         <style>{STYLE}{colours}</style>\n</head>\n<body>\n<main>\n",
        text(&card.title)
    ));
    out.tag("h1", &card.title);
    out.raw(&format!(
        "<p class=\"lead\">{}</p>\n",
        text(&facts.summary())
    ));
    let version = format!("version {}", card.version);
    out.raw(&format!(
        "<p class=\"id\"><code>{}</code>, {}</p>\n",
        text(&card.name),
        text(&version)
    ));
    out.population(facts);
    out.measures(facts);
    out.variants(facts);
    out.tiers(facts);
    out.exceptions(facts);
    out.triggers(facts);
    out.promises(facts);
    out.numbers(facts);
    out.raw(&format!(
        "<footer>Made by Puls from the card itself; digest of its text <code>{}</code></footer>\n\
         </main>\n</body>\n</html>\n",
        text(&card.source)
    ));
    out.out
}

/// A text as it stands in a page.
pub(super) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[derive(Default)]
struct Html {
    out: String,
}

impl Html {
    fn raw(&mut self, html: &str) {
        self.out.push_str(html);
    }

    fn tag(&mut self, tag: &str, content: &str) {
        // Writing to a text cannot fail.
        writeln!(self.out, "<{tag}>{}</{tag}>", text(content)).ok();
    }

    fn tags(&mut self, tags: &[String], strong: &str) {
        self.raw("<ul class=\"tags\">");
        if !strong.is_empty() {
            self.raw(&format!("<li class=\"strong\">{}</li>", text(strong)));
        }
        for tag in tags {
            self.raw(&format!("<li>{}</li>", text(tag)));
        }
        self.raw("</ul>\n");
    }

    /// A condition as a sentence, or as a list where that is easier to read.
    fn condition(&mut self, before: &str, said: &Said) {
        if said.wants_list() {
            self.raw(&format!("<p>{}</p>\n<ul>", text(before)));
            self.list(said);
            self.raw("</ul>\n");
        } else {
            let sentence = format!("{before} {}.", said.sentence());
            self.tag("p", &sentence);
        }
    }

    fn list(&mut self, said: &Said) {
        let (head, parts) = match said {
            Said::Is(sentence) => return self.raw(&format!("<li>{}</li>", text(sentence))),
            Said::All(parts) => ("all of", parts),
            Said::Any(parts) => ("at least one of", parts),
        };
        self.raw(&format!("<li>{head}<ul>"));
        for part in parts {
            self.list(part);
        }
        self.raw("</ul></li>");
    }

    fn population(&mut self, facts: &Facts<'_>) {
        self.tag("h2", "Who is scored");
        match facts.population() {
            None => self.tag("p", "Every customer."),
            Some(said) => {
                self.condition("Customers for whom", &said);
                self.raw("<p class=\"soft\">Others have no score.</p>\n");
            }
        }
    }

    fn measures(&mut self, facts: &Facts<'_>) {
        self.tag("h2", "What counts");
        let groups = facts.groups(None);
        self.raw(&picture::measures(&groups));
        self.legend(&groups);
        for group in &groups {
            self.group(facts, group);
        }
        self.tag("p", &facts.missing());
    }

    fn legend(&mut self, groups: &[Group<'_>]) {
        self.raw("<ul class=\"legend\">");
        for group in groups {
            self.raw(&format!(
                "<li><i class=\"{}\"></i>{} <b>{}</b></li>",
                picture::colour(group.index),
                text(&group.measure.title),
                share(group.share)
            ));
        }
        self.raw("</ul>\n");
    }

    fn group(&mut self, facts: &Facts<'_>, group: &Group<'_>) {
        self.raw("<section class=\"box\">\n<div class=\"head\">");
        self.tag("h3", &group.measure.title);
        let count = many(group.factors.len(), "factor");
        self.raw(&format!(
            "<span class=\"soft\">{count}</span><span class=\"big\">{}</span></div>\n",
            share(group.share)
        ));
        for (factor, within, of_score) in &group.factors {
            self.factor(facts, factor, group.index, (*within, *of_score));
        }
        self.raw("</section>\n");
    }

    fn factor(
        &mut self,
        facts: &Facts<'_>,
        factor: &Factor,
        index: usize,
        (within, of_score): (f64, f64),
    ) {
        let class = picture::colour(index);
        self.raw("<div class=\"factor\"><div>");
        self.tag("h4", &facts.about(factor));
        let shares = format!(
            "{} of the measure, {} of the score",
            share(within),
            share(of_score)
        );
        self.raw(&format!(
            "<div class=\"track\"><b class=\"{class}\" style=\"width:{within:.1}%\"></b></div>\
             <p class=\"soft\">{shares}</p>\n"
        ));
        self.tag("p", &format!("{}.", capital(&facts.scale(factor))));
        self.raw(&format!(
            "<p class=\"soft\">Told as “{}”</p>\n",
            text(&Facts::sentence(&factor.reason))
        ));
        let notes = Facts::notes(factor);
        if !notes.is_empty() {
            self.tags(&notes, "");
        }
        self.raw("</div>");
        self.raw(&picture::scale(facts, factor, &class));
        self.raw("</div>\n");
    }

    fn variants(&mut self, facts: &Facts<'_>) {
        let card = facts.card;
        if card.variants.is_empty() {
            return;
        }
        self.tag("h2", "Variants");
        self.tag(
            "p",
            "Some customers are judged differently. The first variant that fits counts; its \
             measures take the place of those of the same name.",
        );
        let base = facts.groups(None);
        for (index, variant) in card.variants.iter().enumerate() {
            self.raw("<section class=\"box\">\n");
            self.tag("h3", &capital(&word(&variant.name)));
            self.condition("Holds when", &facts.speaker.condition(&variant.when));
            let groups = facts.groups(Some(index));
            self.raw(&picture::measures(&groups));
            self.legend(&groups);
            for (own, other) in base.iter().zip(&groups) {
                if other.measure.variant == Some(index) {
                    self.raw("<div class=\"sides\"><div>");
                    self.side(facts, own, "for the others");
                    self.raw("</div><div class=\"changed\">");
                    self.side(facts, other, "here");
                    self.raw("</div></div>\n");
                }
            }
            self.raw("</section>\n");
        }
    }

    fn side(&mut self, facts: &Facts<'_>, group: &Group<'_>, whose: &str) {
        self.raw(&format!(
            "<p><b>{}</b>, {}, {whose}</p>",
            text(&group.measure.title),
            share(group.share)
        ));
        for (factor, within, of_score) in &group.factors {
            self.factor(facts, factor, group.index, (*within, *of_score));
        }
    }

    fn tiers(&mut self, facts: &Facts<'_>) {
        let tiers = &facts.card.tiers.bands;
        self.tag("h2", "Tiers");
        self.raw(&picture::tiers(tiers));
        let alerts: Vec<_> = tiers
            .iter()
            .filter_map(|tier| Some((word(&tier.name), severity_word(tier.alert?))))
            .map(|(name, severity)| format!("{name}: {severity}"))
            .collect();
        let told = policy(&facts.card.alerts);
        if !alerts.is_empty() {
            let told = if told.is_empty() {
                String::new()
            } else {
                format!(" ({})", told.join(", "))
            };
            self.tag(
                "p",
                &format!("Alerts open in these tiers: {}{told}.", alerts.join("; ")),
            );
        }
        self.raw(&format!("<p class=\"soft\">{}</p>\n", text(&facts.moves())));
    }

    fn exceptions(&mut self, facts: &Facts<'_>) {
        if facts.card.exceptions.is_empty() {
            return;
        }
        self.tag("h2", "Exceptions");
        self.tag("p", "They hold whatever the sum says.");
        for exception in &facts.card.exceptions {
            self.raw("<section class=\"box\">\n");
            self.tag("h3", &Facts::sentence(&exception.reason));
            self.tags(&Facts::alert(exception), &Facts::force(exception));
            self.condition("When", &facts.speaker.condition(&exception.when));
            self.raw("</section>\n");
        }
    }

    fn triggers(&mut self, facts: &Facts<'_>) {
        if facts.card.triggers.is_empty() {
            return;
        }
        self.tag("h2", "Triggers");
        self.tag(
            "p",
            "Something is asked to be done; the score stays as it is.",
        );
        for trigger in &facts.card.triggers {
            self.raw("<section class=\"box\">\n");
            self.tag("h3", &Facts::sentence(&trigger.text));
            self.tags(&Facts::task(trigger), "");
            self.condition("When", &facts.speaker.condition(&trigger.when));
            self.raw("</section>\n");
        }
    }

    fn promises(&mut self, facts: &Facts<'_>) {
        let promises = facts.promises();
        if promises.is_empty() {
            return;
        }
        self.tag("h2", "Promises");
        self.raw("<p>With all else the same:</p>\n<ul>");
        for promise in promises {
            self.tag("li", &promise);
        }
        self.raw("</ul>\n");
    }

    fn table(&mut self, head: [&str; 3], rows: &[[String; 3]]) {
        self.raw("<table><tr>");
        for cell in head {
            self.raw(&format!("<th>{cell}</th>"));
        }
        self.raw("</tr>\n");
        for row in rows {
            let cells = row.iter().map(|cell| format!("<td>{}</td>", text(cell)));
            self.raw(&format!("<tr>{}</tr>\n", cells.collect::<String>()));
        }
        self.raw("</table>\n");
    }

    /// Parameters and derived numbers.
    fn numbers(&mut self, facts: &Facts<'_>) {
        let card = facts.card;
        if !card.parameters.is_empty() {
            self.tag("h2", "Numbers that can be set");
            let rows: Vec<_> = card
                .parameters
                .iter()
                .map(|parameter| {
                    let range = format!("{} to {}", plain(parameter.min), plain(parameter.max));
                    [word(&parameter.name), plain(parameter.default), range]
                })
                .collect();
            self.table(["name", "value", "may be"], &rows);
        }
        if !card.derived.is_empty() {
            self.tag("h2", "Numbers made of others");
            let rows: Vec<_> = card
                .derived
                .iter()
                .map(|derived| {
                    let value = facts.speaker.number(&derived.value);
                    [derived.name.clone(), value, derived.unit.clone()]
                })
                .collect();
            self.table(["name", "is", "unit"], &rows);
        }
    }
}
