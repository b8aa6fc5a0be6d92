//! What people call things: sections, columns, and the words in cells. Compared in [`normal`] form.

/// A text in small letters, words apart by one space, without signs.
pub(crate) fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() || c == '%' || c == '>' || c == '<' {
            out.push(c);
        } else if !out.ends_with(' ') && !out.is_empty() {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// A name as cards have them, made of what a person wrote; empty where no letter is left.
pub(crate) fn slug(text: &str) -> String {
    const BYTES_MAX: usize = 40;
    let is_name = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
    };
    if text.len() <= puls_wire::NAME_BYTES_MAX
        && text.bytes().all(is_name)
        && text.bytes().any(|byte| byte.is_ascii_alphanumeric())
    {
        return text.to_owned();
    }
    let plain = |c: char| match c {
        'å' | 'ä' | 'à' | 'á' | 'â' => "a".to_owned(),
        'ö' | 'ø' | 'ó' | 'ô' => "o".to_owned(),
        'é' | 'è' | 'ê' | 'ë' => "e".to_owned(),
        'ü' | 'ú' => "u".to_owned(),
        'ß' => "ss".to_owned(),
        'æ' => "ae".to_owned(),
        '%' => " pct ".to_owned(),
        '&' => " and ".to_owned(),
        other => other.to_string(),
    };
    let text: String = text.to_lowercase().chars().map(plain).collect();
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') {
            out.push(c);
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
        if out.len() >= BYTES_MAX {
            break;
        }
    }
    out.trim_matches(['_', '.', '-']).to_owned()
}

// Sections; the first of each is what they are called in tables that Puls writes.
pub(crate) const CARD: &[&str] = &[
    "card",
    "settings",
    "about",
    "scorecard",
    "general",
    "population",
    "scope",
    "setup",
];
pub(crate) const PARAMETERS: &[&str] = &["parameters", "parameter", "constants", "thresholds"];
pub(crate) const DERIVED: &[&str] = &[
    "derived",
    "derive",
    "calculated",
    "calculated features",
    "formulas",
    "ratios",
];
pub(crate) const FACTORS: &[&str] = &[
    "factors",
    "factor",
    "measures",
    "metrics",
    "health score",
    "healthscore",
    "weights",
    "kpis",
];
pub(crate) const VARIANTS: &[&str] = &["variants", "variant", "segments", "lifecycle"];
pub(crate) const EXCEPTIONS: &[&str] = &[
    "exceptions",
    "exception",
    "overrides",
    "override rules",
    "red flags",
    "knock outs",
    "caps",
];
pub(crate) const TRIGGERS: &[&str] = &[
    "triggers",
    "trigger",
    "plays",
    "actions",
    "ctas",
    "calls to action",
    "automations",
];
pub(crate) const TIERS: &[&str] = &[
    "tiers",
    "tier",
    "levels",
    "health bands",
    "bands",
    "grades",
    "colours",
    "colors",
    "statuses",
];

/// A column of a kind of section: its key and what people call it.
pub(crate) type Column = (&'static str, &'static [&'static str]);

/// Columns of factors. `weight` beside a measure's name is the measure's.
pub(crate) const FACTOR_COLUMNS: &[Column] = &[
    (
        "variant",
        &["variant", "lifecycle", "for variant", "segment variant"],
    ),
    (
        "measure",
        &[
            "measure",
            "measures",
            "category",
            "group",
            "dimension",
            "pillar",
            "area",
            "component",
            "measure name",
            "category name",
            "theme",
        ],
    ),
    (
        "title",
        &[
            "measure title",
            "title",
            "heading",
            "label",
            "category title",
        ],
    ),
    (
        "measure_weight",
        &[
            "measure weight",
            "category weight",
            "group weight",
            "dimension weight",
            "pillar weight",
            "area weight",
            "component weight",
            "weight of measure",
            "weight of category",
            "measure weight %",
            "category weight %",
            "group weight %",
            "pillar weight %",
            "dimension weight %",
            "weight measure",
            "weight category",
        ],
    ),
    (
        "name",
        &[
            "factor",
            "factor name",
            "name",
            "indicator",
            "sub measure",
            "submeasure",
            "signal",
            "line",
            "item",
            "criterion",
        ],
    ),
    (
        "feature",
        &[
            "feature",
            "features",
            "metric",
            "kpi",
            "data",
            "data point",
            "field",
            "source",
            "feature name",
            "metric name",
            "puls feature",
            "data field",
        ],
    ),
    (
        "weight",
        &[
            "factor weight",
            "weight",
            "weight %",
            "weighting",
            "weight in measure",
            "metric weight",
            "share",
            "share %",
            "importance",
            "factor weight %",
            "weight of factor",
            "kpi weight",
            "w",
            "weight within measure",
            "metric weight %",
            "indicator weight",
        ],
    ),
    (
        "zero_at",
        &[
            "zero at",
            "0 points at",
            "from",
            "line from",
            "worst",
            "worst value",
            "0 at",
            "0 points",
            "min value",
            "worst at",
            "0% at",
            "0 % at",
            "score 0 at",
            "bad at",
        ],
    ),
    (
        "hundred_at",
        &[
            "hundred at",
            "100 points at",
            "to",
            "line to",
            "best",
            "best value",
            "100 at",
            "100 points",
            "max value",
            "best at",
            "target",
            "100% at",
            "100 % at",
            "score 100 at",
            "good at",
            "goal",
        ],
    ),
    (
        "bands",
        &[
            "bands",
            "band",
            "scale",
            "points",
            "scoring",
            "thresholds",
            "ranges",
            "values",
            "score",
            "scores",
            "scoring bands",
            "buckets",
            "value points",
        ],
    ),
    (
        "red",
        &["red", "poor", "bad", "red threshold", "red if", "low"],
    ),
    (
        "yellow",
        &[
            "yellow",
            "amber",
            "orange",
            "medium",
            "yellow threshold",
            "amber threshold",
            "yellow if",
            "amber if",
            "ok",
            "neutral",
        ],
    ),
    (
        "green",
        &[
            "green",
            "good",
            "green threshold",
            "green if",
            "high",
            "healthy",
        ],
    ),
    (
        "direction",
        &[
            "direction",
            "polarity",
            "better",
            "better when",
            "higher is better",
            "good when",
        ],
    ),
    (
        "valid_for_days",
        &[
            "valid for",
            "valid for days",
            "max age",
            "max age days",
            "expires after",
            "valid days",
            "validity",
            "stale after",
            "expires after days",
        ],
    ),
    (
        "missing",
        &[
            "missing",
            "missing data",
            "if missing",
            "no data",
            "when missing",
            "if no data",
            "missing policy",
            "blank",
        ],
    ),
    ("baseline", &["baseline", "reason below", "baseline points"]),
    (
        "reason",
        &[
            "reason",
            "reason text",
            "text",
            "explanation",
            "sentence",
            "why",
            "message",
            "reason shown",
        ],
    ),
    (
        "",
        &[
            "comment",
            "comments",
            "note",
            "notes",
            "remark",
            "remarks",
            "description",
            "#",
            "no",
        ],
    ),
];

const WHEN: &[&str] = &[
    "when",
    "condition",
    "rule",
    "if",
    "criteria",
    "trigger when",
    "applies when",
    "expression",
];
const PLAYBOOK: &[&str] = &["playbook", "play", "action", "what to do", "template"];
const DUE: &[&str] = &[
    "due",
    "due days",
    "due in days",
    "days",
    "sla",
    "deadline",
    "due in",
];
const OWNER: &[&str] = &["owner", "owner role", "role", "responsible", "assignee"];
const REMARK: &[&str] = &[
    "comment",
    "comments",
    "note",
    "notes",
    "remark",
    "description",
];

pub(crate) const EXCEPTION_COLUMNS: &[Column] = &[
    (
        "name",
        &["name", "exception", "override", "flag", "red flag"],
    ),
    ("when", WHEN),
    (
        "cap",
        &[
            "cap",
            "cap at",
            "max score",
            "score at most",
            "at most",
            "ceiling",
            "max",
        ],
    ),
    (
        "floor",
        &[
            "floor",
            "floor at",
            "min score",
            "score at least",
            "at least",
            "min",
        ],
    ),
    ("reason", &["reason", "text", "message", "why", "sentence"]),
    (
        "alert",
        &["alert", "severity", "alert severity", "priority"],
    ),
    ("owner_role", OWNER),
    ("playbook", PLAYBOOK),
    ("due_days", DUE),
    ("", REMARK),
];

pub(crate) const TRIGGER_COLUMNS: &[Column] = &[
    ("name", &["name", "trigger", "cta"]),
    ("when", WHEN),
    (
        "text",
        &["text", "reason", "message", "sentence", "task", "subject"],
    ),
    ("playbook", PLAYBOOK),
    (
        "owner_roles",
        &[
            "owner roles",
            "owners",
            "roles",
            "owner",
            "owner role",
            "role",
            "who",
            "notify",
        ],
    ),
    ("due_days", DUE),
    (
        "cooldown_days",
        &[
            "cooldown",
            "cooldown days",
            "not again for",
            "not again for days",
            "repeat after",
            "quiet days",
        ],
    ),
    ("", REMARK),
];

pub(crate) const TIER_COLUMNS: &[Column] = &[
    (
        "name",
        &[
            "name", "tier", "level", "band", "status", "colour", "color", "grade",
        ],
    ),
    (
        "from",
        &[
            "from",
            "from score",
            "min",
            "min score",
            "at least",
            "score",
            "range",
            "lower",
            "threshold",
        ],
    ),
    ("alert", &["alert", "severity", "alert severity"]),
    (
        "",
        &[
            "to",
            "max",
            "until",
            "up to",
            "upper",
            "max score",
            "comment",
            "note",
            "notes",
            "description",
        ],
    ),
];

pub(crate) const PARAMETER_COLUMNS: &[Column] = &[
    ("name", &["name", "parameter", "constant"]),
    ("default", &["default", "value", "standard"]),
    ("min", &["min", "minimum", "least", "from"]),
    ("max", &["max", "maximum", "greatest", "to"]),
    ("", REMARK),
];

pub(crate) const DERIVED_COLUMNS: &[Column] = &[
    ("name", &["name", "feature", "derived", "ratio"]),
    ("unit", &["unit", "units"]),
    ("value", &["value", "formula", "expression", "calculation"]),
    ("", REMARK),
];

pub(crate) const VARIANT_COLUMNS: &[Column] = &[
    ("name", &["name", "variant", "segment"]),
    ("when", WHEN),
    ("", REMARK),
];

/// Lines of settings: key and value beside each other.
pub(crate) const CARD_KEYS: &[Column] = &[
    ("name", &["name", "card", "card name", "scorecard"]),
    ("version", &["version"]),
    ("title", &["title", "card title"]),
    (
        "applies_when",
        &[
            "applies when",
            "population",
            "applies to",
            "for whom",
            "scope",
            "who",
            "customers",
            "condition",
        ],
    ),
    (
        "coverage_min",
        &[
            "coverage min",
            "min coverage",
            "coverage",
            "minimum coverage",
            "coverage min %",
        ],
    ),
    (
        "owner_role",
        &[
            "owner role",
            "alert owner",
            "owner",
            "alert owner role",
            "alerts go to",
        ],
    ),
    ("playbook", &["playbook", "alert playbook"]),
    (
        "due_days",
        &["due days", "alert due days", "due", "due in days"],
    ),
    ("hysteresis_points", &["hysteresis points", "hysteresis"]),
    ("dwell_hours", &["dwell hours", "dwell"]),
];

/// Words for what missing data does.
pub(crate) fn missing(text: &str) -> Option<&'static str> {
    Some(match normal(text).as_str() {
        "exclude" | "excluded" | "ignore" | "skip" | "leave out" | "n a" | "na" | "none"
        | "redistribute" | "not counted" => "exclude",
        "neutral" | "50" | "50 points" | "middle" | "average" | "half" | "yellow" | "amber" => {
            "neutral"
        }
        "worst" | "0" | "0 points" | "zero" | "bad" | "red" => "worst",
        _ => return None,
    })
}

/// Words for how much an alert matters; `Some(None)` for none.
pub(crate) fn alert(text: &str) -> Option<Option<&'static str>> {
    Some(match normal(text).as_str() {
        "info" | "information" | "low" | "notice" => Some("info"),
        "warning" | "warn" | "medium" | "yes" | "y" | "x" | "true" | "amber" | "yellow" => {
            Some("warning")
        }
        "critical" | "high" | "urgent" | "red" | "severe" => Some("critical"),
        "no" | "none" | "n" | "false" | "green" => None,
        _ => return None,
    })
}

/// Whether more of a feature is better, as a cell says it.
pub(crate) fn higher_is_better(text: &str) -> Option<bool> {
    let text = normal(text);
    if [
        "higher",
        "high",
        "up",
        "more",
        "yes",
        "true",
        "ascending",
        "positive",
        "higher is better",
        "more is better",
    ]
    .contains(&text.as_str())
    {
        Some(true)
    } else if [
        "lower",
        "low",
        "down",
        "less",
        "no",
        "false",
        "descending",
        "negative",
        "lower is better",
        "less is better",
    ]
    .contains(&text.as_str())
    {
        Some(false)
    } else {
        None
    }
}

/// The name among `known` that `found` was probably meant to be, and two others like it.
pub(crate) fn nearest<'k>(found: &str, known: impl IntoIterator<Item = &'k str>) -> Vec<&'k str> {
    const SHOWN: usize = 3;
    const LIKENESS_MIN: f64 = 0.72;
    const BYTES_MAX: usize = 120;
    if found.len() > BYTES_MAX {
        return Vec::new();
    }
    let found = normal(found);
    let mut all: Vec<_> = known
        .into_iter()
        .map(|name| (likeness(&found, &normal(name)), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    all.into_iter().take(SHOWN).map(|(_, name)| name).collect()
}

/// How like two names are, from 0 to 1: letter by letter, or word by word in any order.
fn likeness(a: &str, b: &str) -> f64 {
    let words = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
    let (left, right) = (words(a), words(b));
    let found = left
        .iter()
        .filter(|word| {
            right
                .iter()
                .any(|other| strsim::jaro_winkler(word, other) > 0.9)
        })
        .count();
    #[expect(clippy::cast_precision_loss, reason = "a few words")]
    let by_words = 2.0 * found as f64 / (left.len() + right.len()) as f64;
    by_words.max(strsim::normalized_damerau_levenshtein(a, b))
}

/// `; did you mean `a`, `b` or `c`?`, or what else to do.
pub(crate) fn hint<'k>(
    found: &str,
    known: impl IntoIterator<Item = &'k str>,
    otherwise: &str,
) -> String {
    match nearest(found, known).as_slice() {
        [] => format!("; {otherwise}"),
        [only] => format!("; did you mean `{only}`?"),
        [before @ .., last] => {
            let before: Vec<_> = before.iter().map(|name| format!("`{name}`")).collect();
            format!("; did you mean {} or `{last}`?", before.join(", "))
        }
    }
}

/// A text as messages show it: in quotes, cut where it is long, harmless on a terminal.
pub(crate) fn shown(text: &str) -> String {
    const SHOWN_MAX: usize = 60;
    let mut plain: String = text
        .chars()
        .take(SHOWN_MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(SHOWN_MAX).is_some() {
        plain.push('…');
    }
    format!("\"{plain}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_what_people_write() {
        let cases = [
            ("Product adoption", "product_adoption"),
            ("  % of seats (28d)", "pct_of_seats_28d"),
            ("Förnyelse & risk", "fornyelse_and_risk"),
            ("---", ""),
            ("usage.trend_28d", "usage.trend_28d"),
        ];
        for (text, expected) in cases {
            assert_eq!(slug(text), expected, "{text:?}");
        }
    }

    #[test]
    fn names_that_were_meant_are_found() {
        let known = [
            "usage.active_days_28d",
            "usage.active_days_7d",
            "license.seats",
            "usage.trend_28d",
        ];
        let cases = [
            ("active days 28d", "usage.active_days_28d"),
            ("usage.trend_28", "usage.trend_28d"),
            ("licence.seats", "license.seats"),
        ];
        for (found, expected) in cases {
            assert_eq!(nearest(found, known).first(), Some(&expected), "{found}");
        }
        assert!(nearest("the weather", known).is_empty());
    }

    /// One name for two columns would read a table one way today and another tomorrow.
    #[test]
    fn no_name_means_two_columns() {
        let tables = [
            FACTOR_COLUMNS,
            EXCEPTION_COLUMNS,
            TRIGGER_COLUMNS,
            TIER_COLUMNS,
            PARAMETER_COLUMNS,
            DERIVED_COLUMNS,
            VARIANT_COLUMNS,
            CARD_KEYS,
        ];
        for table in tables {
            let mut all: Vec<_> = table.iter().flat_map(|(_, names)| names.iter()).collect();
            for name in &all {
                assert!(
                    normal(name) == **name || **name == "#",
                    "{name} is not in its normal form"
                );
            }
            all.sort();
            let mut unique = all.clone();
            unique.dedup();
            assert_eq!(all, unique);
        }
    }
}
