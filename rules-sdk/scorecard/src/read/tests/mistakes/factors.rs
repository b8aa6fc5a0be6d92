//! Measures and factors.

use super::Mistake;

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake {
        instead_of: "usage.active_days_28d\"\nweight = 45",
        found: "usage.activ_days_28d\"\nweight = 45",
        told: &[
            "23:12: expected the name of a feature, found `usage.activ_days_28d`; did you \
             mean `usage.active_days_28d`?",
        ],
    },
    Mistake {
        instead_of: "weight = 45",
        found: "weight = \"heavy\"",
        told: &[
            "24:10: expected `weight` to be a number such as 40 or 2.5, found the text \
             \"heavy\"",
        ],
    },
    Mistake {
        instead_of: "weight = 45",
        found: "weight = \"45\"",
        told: &[
            "24:10: expected `weight` to be a number, found the text \"45\"; write 45 \
             without quotation marks",
        ],
    },
    Mistake {
        instead_of: "weight = 45",
        found: "weight = -45",
        told: &[
            "24:10: expected `weight` to be 0 or more, found the number -45; to let more \
             of a feature lower the score, turn its line or bands around",
        ],
    },
    Mistake {
        instead_of: "weight = 45",
        found: "weight = 1e-200",
        told: &["24:10: expected `weight` to be 0, or at least 1e-30, found the number 1e-200"],
    },
    Mistake {
        instead_of: "valid_for_days = 90",
        found: "valid_for_days = 0",
        told: &[
            "46:18: expected `valid_for_days` to be more than 0, found 0, with which all data \
             would be missing; write how many days an answer counts, or remove the line",
        ],
    },
    Mistake {
        instead_of: "weight = 45",
        found: "weight = nan",
        told: &["24:10: expected `weight` to be a number such as 40 or 2.5, found the number nan"],
    },
    Mistake {
        instead_of: "line = { zero_at = 1, hundred_at = 16 }\n",
        found: "line = { zero_at = 1, hundred_at = 16 }\nbands = [{ points = 3 }]\n",
        told: &[
            "26:9: expected one of `line`, `bands` or `values`, found `line` and `bands`; \
             remove what is not meant",
        ],
    },
    Mistake {
        instead_of: "hundred_at = 16",
        found: "hundred_at = 1",
        told: &[
            "25:8: expected `zero_at` and `hundred_at` to differ, found 1 for both; for a \
             step write `bands = [{ up_to = 1, points = 0 }, { points = 100 }]`",
        ],
    },
    Mistake {
        instead_of: "zero_at = 1, hundred_at = 16",
        found: "from = 1, hundred_at = 16",
        told: &[
            "25:8: expected `zero_at` in a line, found none; add for example `zero_at = 1`",
            "25:10: expected only `zero_at` and `hundred_at` in a line, found \"from\"; \
             remove it, or move it where it belongs",
        ],
    },
    Mistake {
        instead_of: "{ up_to = 80, points = 50 }",
        found: "{ up_to = 80, points = 500 }",
        told: &["32:80: expected `points` to be a number from 0 to 100, found the number 500"],
    },
    Mistake {
        instead_of: "{ up_to = 80, points = 50 }",
        found: "{ up_to = 40, points = 50 }",
        told: &[
            "32:67: expected `up_to` above 50, the edge of the band before, found 40, so \
             no value is left for this band; sort the bands from the lowest edge to the \
             highest",
        ],
    },
    Mistake {
        instead_of: "{ up_to = 80, points = 50 }, { points = 100 }",
        found: "{ up_to = 80, points = 50 }",
        told: &[
            "32:67: expected the last band without `up_to`, so that the greatest values \
             have points too; remove it, or add a band such as `{ points = 100 }`",
        ],
    },
    Mistake {
        instead_of: "{ up_to = 80, points = 50 }",
        found: "{ points = 50 }",
        told: &[
            "32:57: expected `up_to` in every band but the last, found a band without it \
             that takes all values, so those after it are never reached; add `up_to` or \
             move the band to the end",
        ],
    },
    Mistake {
        instead_of: "\"parameter.seats_low\"",
        found: "\"parameter.seat_low\"",
        told: &[
            "32:21: expected a number or the name of a parameter, found \
             \"parameter.seat_low\"; did you mean `parameter.seats_low`?",
        ],
    },
    Mistake {
        instead_of: "values = { adoption = 100, trial = 50 }",
        found: "line = { zero_at = 0, hundred_at = 1 }",
        told: &[
            "53:8: expected `values` for `account.stage`, which is a text, found `line`; \
             write for example `values = { gold = 100, silver = 50 }`",
            "54:13: expected `otherwise` only beside `values`, found it without; remove it",
        ],
    },
    Mistake {
        instead_of: "values = { adoption = 100, trial = 50 }",
        found: "values = { adoptoin = 100, trial = 50 }",
        told: &[
            "53:12: expected a value of `account.stage` (`prospect`, `trial`, `adoption` \
             or `churned`), found \"adoptoin\"; did you mean `adoption`?",
        ],
    },
    Mistake {
        instead_of: "valid_for_days = 90\n",
        found: "valid_for_days = 90\nvalues = { a = 1 }\n",
        told: &[
            "47:10: expected one of `line`, `bands` or `values`, found `line` and \
             `values`; remove what is not meant",
        ],
    },
    Mistake {
        instead_of: "line = { zero_at = 1, hundred_at = 16 }\n",
        found: "line = { zero_at = 1, hundred_at = 16 }\nvalid_for_days = 30\n",
        told: &[
            "26:1: expected `valid_for_days` only for a feature whose age is known, such \
             as the latest answer to a survey, found it for one that is always current or \
             derived; remove it",
        ],
    },
    Mistake {
        instead_of: "missing = \"neutral\"",
        found: "missing = \"netural\"",
        told: &[
            "33:11: expected `missing` to be \"exclude\", \"neutral\" or \"worst\" \
             (probably \"neutral\"), found the text \"netural\"",
        ],
    },
    Mistake {
        instead_of: "name = \"seats\"",
        found: "name = \"rhythm\"",
        told: &[
            "29:9: expected each factor once in the card, found a second one named \
             `rhythm`; rename or remove one",
        ],
    },
    Mistake {
        instead_of: "name = \"seats\"",
        found: "name = \"Seats used\"",
        told: &[
            "29:9: expected a name of 1 to 64 of the characters a-z 0-9 . _ -, found \
             \"Seats used\", for example `seats_used`",
        ],
    },
    Mistake {
        instead_of: "Active on {} of",
        found: "Active on {} and {} of",
        told: &[
            "26:28: expected no more `{}` than there are features behind the sentence (1), \
             found one too many; name the feature that is meant, as in `{license.seats}`",
        ],
    },
    Mistake {
        instead_of: "Active on {} of",
        found: "Active on {usage.active_days} of",
        told: &[
            "26:21: expected the name of a feature, found `usage.active_days`; did you \
             mean `usage.active_days_28d`?",
        ],
    },
    Mistake {
        instead_of: "Active on {} of",
        found: "Active on { of",
        told: &[
            "26:21: expected a `}` after this `{`, found the end; braces stand only around \
             the names of features",
        ],
    },
    Mistake {
        instead_of: "Active on {} of",
        found: "Active on {parameter.seats_low} of",
        told: &["26:21: expected the name of a feature in braces, found \
             \"parameter.seats_low\"; parameters, derived numbers and the score cannot be \
             shown"],
    },
    Mistake {
        instead_of: "reason = \"In stage {}\"",
        found: "reason = \"In segment {account.segment}, plan {custom.2fa}}\"",
        told: &[
            "56:58: expected a `{` before this `}`, found none; braces stand only around \
             the names of features",
        ],
    },
    Mistake {
        instead_of: "reason = \"In stage {}\"",
        found: "reason = \"\"",
        told: &["56:10: expected `reason` to be a sentence, found nothing"],
    },
    Mistake {
        instead_of: "[measures.factors]]\nname = \"nps\"",
        found: "[measures.factor]]\nname = \"nps\"",
        told: &[
            "41:12: expected only `name`, `title`, `weight` and `factors` in a measure, \
             found \"factor\"; did you mean `factors`?",
        ],
    },
    Mistake {
        instead_of: "feature = \"survey.nps_latest\"",
        found: "feature = \"parameter.seats_low\"",
        told: &[
            "43:12: expected the name of a feature, found the parameter \
             `parameter.seats_low`, which is the same for every customer",
        ],
    },
];
