//! The text of the card that an additive model becomes.

use std::fmt::Write;

use puls_wire::Severity;

use super::{Additive, AdditiveCard, Step, Term};

/// Odds of churn at which tiers begin, against those of an average account, where the model names
/// no tiers.
const ODDS: [(&str, f64, Option<Severity>); 3] = [
    ("healthy", 1.0, None),
    ("watch", 2.0, None),
    ("at_risk", 4.0, Some(Severity::Warning)),
];
const WORST: (&str, Option<Severity>) = ("critical", Some(Severity::Critical));
/// Most points that a score must be beyond a border.
const HYSTERESIS_MAX: f64 = 2.0;
/// Half of the ten-thousandth of a point that a score is rounded to.
const ROUNDING: f64 = 0.000_05;

/// A term that does something.
struct Factor<'m> {
    term: &'m Term,
    /// Greatest distance from the amount without data.
    reach: f64,
}

impl Factor<'_> {
    /// 50 is the amount without data; more churn is fewer points.
    fn points(&self, amount: f64) -> f64 {
        (50.0 + 50.0 * (self.term.missing - amount) / self.reach).clamp(0.0, 100.0)
    }

    fn measure(&self) -> &str {
        let family = || self.term.feature.split('.').next().unwrap_or_default();
        self.term.measure.as_deref().unwrap_or_else(family)
    }
}

pub(super) fn card(model: &Additive) -> AdditiveCard {
    let mut notes = Vec::new();
    let mut factors = Vec::new();
    let mut top = model.intercept;
    for term in &model.features {
        let reach = reach(term);
        top += reach + term.missing;
        if reach > 0.0 {
            factors.push(Factor { term, reach });
        } else {
            notes.push(format!(
                "{} has the same amount for everybody and is left out.",
                term.feature
            ));
        }
    }
    let span: f64 = factors.iter().map(|factor| 2.0 * factor.reach).sum();
    let rounding = ROUNDING / 100.0 * span / 4.0;
    notes.push(format!(
        "A chance read off a score is within {rounding:.1e} of the model's: scores are rounded to \
         ten-thousandths of a point."
    ));
    for factor in &factors {
        if let Some(line) = factor.term.line {
            notes.push(format!(
                "{} follows a line from {} to {}, the values of the training; beyond, its points \
                 end at 0 and 100 where the model goes on.",
                factor.term.feature, line.from, line.to
            ));
        }
    }
    let mut made = AdditiveCard {
        name: model.name.clone(),
        text: String::new(),
        notes,
        top,
        span,
    };
    made.text = text(model, &factors, &made);
    made
}

fn reach(term: &Term) -> f64 {
    let steps = term.steps.iter().flatten().map(|step| step.value);
    let texts = term.texts.iter().flat_map(|texts| texts.values().copied());
    let line = term
        .line
        .iter()
        .flat_map(|line| [line.from, line.to].map(|x| line.slope * (x - line.zero_at)));
    let all = steps.chain(texts).chain(term.otherwise).chain(line);
    all.map(|amount| (amount - term.missing).abs())
        .fold(0.0, f64::max)
}

fn text(model: &Additive, factors: &[Factor<'_>], made: &AdditiveCard) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line("# Made of an additive model by `puls rule import --additive`.".to_owned());
    line("# The score falls in a straight line as the log-odds of churn rise:".to_owned());
    line(format!(
        "#   log-odds of churn = {} - {} x score / 100",
        made.top, made.span
    ));
    line("#   score  chance of churn".to_owned());
    for score in [
        0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0,
    ] {
        let percent = 100.0 * made.chance(score);
        line(format!("#   {score:>5}  {percent:>8.3} %"));
    }
    for note in &made.notes {
        line(format!("# {note}"));
    }
    line(String::new());
    line("[card]".to_owned());
    line(format!("name = {}", quoted(&model.name)));
    line(format!("version = {}", quoted(&model.version)));
    let title = if model.title.is_empty() {
        "Chance of churn, by an additive model"
    } else {
        &model.title
    };
    line(format!("title = {}", quoted(title)));
    // A card says for whom it is; a model that does not is for everybody.
    let condition = model.applies_when.as_deref().unwrap_or("true");
    line(format!("applies_when = {}", quoted(condition)));
    let mut measures: Vec<&str> = Vec::new();
    for factor in factors {
        if !measures.contains(&factor.measure()) {
            measures.push(factor.measure());
        }
    }
    for measure in measures {
        let own = factors.iter().filter(|factor| factor.measure() == measure);
        let own: Vec<_> = own.collect();
        let weight: f64 = own.iter().map(|factor| 2.0 * factor.reach).sum();
        line(format!("\n[[measures]]\nname = {}", quoted(measure)));
        line(format!("weight = {weight}"));
        for factor in own {
            line(self::factor(factor));
        }
    }
    line(tiers(model, made));
    out
}

fn factor(factor: &Factor<'_>) -> String {
    let term = factor.term;
    let mut out = String::from("\n[[measures.factors]]\n");
    let mut add = |key: &str, value: String| {
        out.push_str(key);
        out.push_str(" = ");
        out.push_str(&value);
        out.push('\n');
    };
    add("name", quoted(&term.feature));
    add("feature", quoted(&term.feature));
    add("weight", (2.0 * factor.reach).to_string());
    add("missing", quoted("neutral"));
    add("baseline", factor.points(0.0).to_string());
    if let Some(steps) = &term.steps {
        add("bands", bands(factor, steps));
    }
    if let Some(texts) = &term.texts {
        let pairs = texts.iter().map(|(text, amount)| {
            let points = factor.points(*amount);
            format!("{} = {points}", quoted(text))
        });
        let pairs: Vec<_> = pairs.collect();
        add("values", format!("{{ {} }}", pairs.join(", ")));
        if let Some(amount) = term.otherwise {
            add("otherwise", factor.points(amount).to_string());
        }
    }
    if let Some(line) = term.line {
        // Where the amount is as far from that without data as it gets, on either side.
        let at = |amount: f64| line.zero_at + amount / line.slope;
        let (zero_at, hundred_at) = (
            at(term.missing + factor.reach),
            at(term.missing - factor.reach),
        );
        add(
            "line",
            format!(
                "{{ zero_at = {}, hundred_at = {} }}",
                number(zero_at),
                number(hundred_at)
            ),
        );
    }
    let reason = match (&term.reason, &term.title) {
        (Some(reason), _) => reason.clone(),
        (None, Some(title)) => format!("{title}: {{}}"),
        (None, None) => format!("{}: {{}}", term.feature),
    };
    add("reason", quoted(&reason));
    out.pop();
    out
}

/// Steps of the same amount become one.
fn bands(factor: &Factor<'_>, steps: &[Step]) -> String {
    let mut bands: Vec<(Option<f64>, f64)> = Vec::new();
    for step in steps {
        let edge = step.up_to.or(step.below.map(f64::next_down));
        let points = factor.points(step.value);
        match bands.last_mut() {
            Some((last, same)) if same.to_bits() == points.to_bits() => *last = edge,
            _ => bands.push((edge, points)),
        }
    }
    let mut out = String::from("[");
    for (edge, points) in bands {
        let edge = edge.map_or_else(String::new, |edge| format!("up_to = {}, ", number(edge)));
        // Writing to a text does not fail.
        write!(out, "\n    {{ {edge}points = {points} }},").unwrap_or_default();
    }
    out.push_str("\n]");
    out
}

/// Tiers at chances of churn; one that no score reaches is left out.
fn tiers(model: &Additive, made: &AdditiveCard) -> String {
    let named: Vec<(String, Option<f64>, Option<Severity>)> = if model.tiers.is_empty() {
        let usual = ODDS.into_iter().map(|(name, times, alert)| {
            let odds = model.intercept.exp() * times;
            (name.to_owned(), Some(odds / (1.0 + odds)), alert)
        });
        let (name, alert) = WORST;
        usual.chain([(name.to_owned(), None, alert)]).collect()
    } else {
        let own = model.tiers.iter();
        own.map(|tier| (tier.name.clone(), tier.churn_up_to, tier.alert))
            .collect()
    };
    let mut bands: Vec<(String, f64, Option<Severity>)> = Vec::new();
    for (name, chance, alert) in named {
        let from = chance.map_or(0.0, |chance| {
            let odds = (chance / (1.0 - chance)).ln();
            (made.top - odds) / made.span * 100.0
        });
        if from >= 100.0 {
            continue;
        }
        bands.push((name, from.max(0.0), alert));
        if from <= 0.0 {
            break;
        }
    }
    let gaps = bands.windows(2).map(|pair| match pair {
        [above, below] => above.1 - below.1,
        _ => HYSTERESIS_MAX,
    });
    let gap = gaps.fold(4.0 * HYSTERESIS_MAX, f64::min);
    let mut out = String::from("\n[tiers]\nbands = [");
    for (name, from, alert) in bands {
        let alert = alert.map_or_else(String::new, |alert| {
            format!(", alert = {}", quoted(alert.as_str()))
        });
        let name = quoted(&name);
        write!(out, "\n    {{ name = {name}, from = {from}{alert} }},").unwrap_or_default();
    }
    let hysteresis = (gap / 4.0 * 100.0).floor() / 100.0;
    write!(
        out,
        "\n]\nhysteresis_points = {hysteresis}\ndwell_hours = 24"
    )
    .unwrap_or_default();
    out
}

/// A number as it stands in a card. Digits without a point are a whole number, which has an end.
fn number(value: f64) -> String {
    const WHOLE_MAX: f64 = 1e15;
    if value.abs() <= WHOLE_MAX {
        value.to_string()
    } else {
        format!("{value:?}")
    }
}

/// A plain text as TOML and JSON both write it.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
