//! The pictures of a page, drawn as SVG: shares, scales, tiers.
//!
//! Colours are variables of the page's style, so that light, dark and paper look right. Numbers
//! beside pictures say the same, so nothing is told by colour alone.

use std::fmt::Write;

use puls_scorecard::{Factor, Scale};
use puls_wire::Tier;

use super::facts::{Facts, Group, share, word};
use super::html::text;
use crate::number::plain;
use crate::phrases::behind;

/// Colours of measures; those after the last begin again.
const COLOURS: usize = 8;

/// The class that gives a measure its colour.
pub(super) fn colour(index: usize) -> String {
    format!("c{}", index % COLOURS)
}

/// One bar: the measures of a score, or the factors of a measure, by their shares.
pub(super) fn shares(parts: &[(String, String, f64)], label: &str) -> String {
    const WIDTH: f64 = 1000.0;
    const GAP: f64 = 3.0;
    let mut out = format!(
        "<svg class=\"shares\" viewBox=\"0 0 1000 44\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{}\">",
        text(label)
    );
    let mut at = 0.0;
    for (name, class, percent) in parts {
        let width = percent / 100.0 * WIDTH;
        let (x, drawn) = (at, (width - GAP).max(1.0));
        // Writing to a text cannot fail.
        write!(
            out,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"0\" width=\"{drawn:.1}\" height=\"44\" \
             rx=\"5\"><title>{} {}</title></rect>",
            text(name),
            share(*percent)
        )
        .ok();
        at += width;
    }
    out + "</svg>"
}

/// The bar of all measures.
pub(super) fn measures(groups: &[Group<'_>]) -> String {
    let parts: Vec<_> = groups
        .iter()
        .map(|group| {
            (
                group.measure.title.clone(),
                colour(group.index),
                group.share,
            )
        })
        .collect();
    let told: Vec<_> = parts
        .iter()
        .map(|(name, _, part)| format!("{name} {}", share(*part)))
        .collect();
    shares(&parts, &told.join(", "))
}

/// Width and height of a scale's picture, and of the field in it.
const SCALE: (f64, f64) = (240.0, 84.0);
const FIELD: (f64, f64, f64, f64) = (26.0, 8.0, 206.0, 54.0);

/// Where points lie in a scale's picture.
fn y_of(points: f64) -> f64 {
    FIELD.1 + FIELD.3 * (1.0 - points / 100.0)
}

/// How a factor turns values into points.
pub(super) fn scale(facts: &Facts<'_>, factor: &Factor, class: &str) -> String {
    match &factor.scale {
        Scale::Line(line) => {
            let edges = facts.edge(&line.zero_at).zip(facts.edge(&line.hundred_at));
            let Some((zero, hundred)) = edges else {
                return String::new();
            };
            let (low, high) = (zero.min(hundred), zero.max(hundred));
            let margin = (high - low) * 0.25;
            let (left, right) = if zero < hundred {
                (0.0, 100.0)
            } else {
                (100.0, 0.0)
            };
            let points = [
                (low - margin, left),
                (low, left),
                (high, right),
                (high + margin, right),
            ];
            drawn(facts, factor, class, &points, &[low, high])
        }
        Scale::Bands { up_to, above } => {
            let edges: Vec<_> = up_to
                .iter()
                .filter_map(|band| facts.edge(&band.up_to))
                .collect();
            let (first, last) = (edges.first().copied(), edges.last().copied());
            let (low, high) = first.zip(last).unwrap_or((0.0, 1.0));
            let span = if high > low {
                high - low
            } else {
                high.abs().max(1.0)
            };
            let mut points = Vec::new();
            let mut from = low - span * 0.4;
            for (edge, band) in edges.iter().zip(up_to) {
                points.extend([(from, band.points), (*edge, band.points)]);
                from = *edge;
            }
            points.extend([(from, *above), (high + span * 0.4, *above)]);
            drawn(facts, factor, class, &points, &edges)
        }
        Scale::Texts { .. } => texts(&facts.texts(factor), class),
    }
}

/// A field with points over values, and marks where the values are that matter.
fn drawn(
    facts: &Facts<'_>,
    factor: &Factor,
    class: &str,
    points: &[(f64, f64)],
    marks: &[f64],
) -> String {
    let (x0, y0, width, height) = FIELD;
    let low = points.first().map_or(0.0, |(value, _)| *value);
    let high = points.last().map_or(1.0, |(value, _)| *value);
    let x_of = |value: f64| x0 + width * (value - low) / (high - low);
    let path: Vec<_> = points
        .iter()
        .map(|(value, points)| format!("{:.1},{:.1}", x_of(*value), y_of(*points)))
        .collect();
    let path = path.join(" ");
    let (bottom, right) = (y0 + height, x0 + width);
    let label = facts.scale(factor);
    let mut out = open(&label);
    write!(
        out,
        "<g class=\"axis\"><line x1=\"{x0}\" y1=\"{y0}\" x2=\"{right}\" y2=\"{y0}\"/>\
         <line x1=\"{x0}\" y1=\"{bottom}\" x2=\"{right}\" y2=\"{bottom}\"/></g>\
         <text class=\"tick\" x=\"{0}\" y=\"{1}\" text-anchor=\"end\">100</text>\
         <text class=\"tick\" x=\"{0}\" y=\"{bottom}\" text-anchor=\"end\">0</text>\
         <polygon class=\"{class} area\" points=\"{x0},{bottom} {path} {right},{bottom}\"/>\
         <polyline class=\"{class} curve\" points=\"{path}\"/>",
        x0 - 4.0,
        y0 + 7.0,
    )
    .ok();
    let unit = behind(facts.speaker.unit(&factor.value));
    let unit = if unit == " %" { unit } else { "" };
    // Labels that would touch are left out; the words beside the picture have them all.
    let mut free = f64::NEG_INFINITY;
    for mark in marks {
        let x = x_of(*mark);
        let label = format!("{}{unit}", plain(*mark));
        let half = 3.2 * f64::from(u32::try_from(label.chars().count()).unwrap_or(1));
        write!(
            out,
            "<line class=\"mark\" x1=\"{x:.1}\" y1=\"{bottom}\" x2=\"{x:.1}\" y2=\"{:.1}\"/>",
            bottom + 4.0
        )
        .ok();
        if x - half > free {
            write!(
                out,
                "<text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom + 16.0,
                text(&label)
            )
            .ok();
            free = x + half + 4.0;
        }
    }
    out + "</svg>"
}

fn open(label: &str) -> String {
    format!(
        "<svg class=\"scale\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
        SCALE.0,
        SCALE.1,
        text(label)
    )
}

/// A bar for each text; of many the first.
fn texts(texts: &[(String, Option<f64>)], class: &str) -> String {
    const SHOWN_MAX: usize = 5;
    const LETTERS_MAX: usize = 14;
    let mut out = open(
        &texts
            .iter()
            .map(|(text, _)| text.as_str())
            .collect::<Vec<_>>()
            .join(", "),
    );
    for (index, (name, points)) in texts.iter().take(SHOWN_MAX).enumerate() {
        let y = 4.0 + 16.0 * f64::from(u32::try_from(index).unwrap_or(0));
        let mut short: String = name.chars().take(LETTERS_MAX).collect();
        if name.chars().nth(LETTERS_MAX).is_some() {
            short.push('…');
        }
        let width = points.unwrap_or(0.0) * 1.1;
        let told = points.map_or_else(|| "no data".to_owned(), plain);
        write!(
            out,
            "<text class=\"tick\" x=\"88\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <rect class=\"{class}\" x=\"94\" y=\"{y:.1}\" width=\"{:.1}\" height=\"11\" rx=\"2\"/>\
             <text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\">{told}</text>",
            y + 9.0,
            text(&short),
            width.max(1.0),
            width + 99.0,
            y + 9.0,
        )
        .ok();
    }
    out + "</svg>"
}

/// The strip of tiers, from the worst on the left.
pub(super) fn tiers(tiers: &[Tier]) -> String {
    let mut above = 100.0;
    let mut parts = Vec::new();
    for (index, tier) in tiers.iter().enumerate() {
        parts.push((tier, tier_class(index, tiers.len()), above));
        above = tier.from;
    }
    let mut out = String::from("<div class=\"strip\">");
    for (tier, class, above) in parts.iter().rev() {
        let width = above - tier.from;
        write!(
            out,
            "<div class=\"{class}\" style=\"flex:{width:.2} 1 0\"><b>{}</b>\
             <span>{} to {}</span></div>",
            text(&word(&tier.name)),
            plain(tier.from),
            plain(*above)
        )
        .ok();
    }
    out + "</div>"
}

/// The class of a tier: five shades from the best to the worst.
pub(super) fn tier_class(index: usize, count: usize) -> String {
    let last = count.saturating_sub(1).max(1);
    format!("t{}", (index * 4 + last / 2) / last)
}
