//! What people call the columns of what stands beside the factors, and the settings of a card.

use super::columns::Column;

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

pub(crate) const PROMISE_COLUMNS: &[Column] = &[
    ("feature", &["feature", "name", "metric", "kpi", "data"]),
    (
        "direction",
        &[
            "direction",
            "promise",
            "better",
            "better when",
            "higher is better",
            "good when",
        ],
    ),
    ("", REMARK),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::FACTOR_COLUMNS;
    use crate::words::normal;

    /// One name for two columns would read a table one way today and another tomorrow.
    #[test]
    fn no_name_means_two_columns() {
        let tables = [
            FACTOR_COLUMNS,
            EXCEPTION_COLUMNS,
            TRIGGER_COLUMNS,
            TIER_COLUMNS,
            PROMISE_COLUMNS,
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
