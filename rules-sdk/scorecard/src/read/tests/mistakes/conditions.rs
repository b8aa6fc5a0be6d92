//! Conditions.

use super::Mistake;

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake {
        instead_of: "license.seats >= 100",
        found: "!-license.seats >= 100",
        told: &[
            "67:45: expected a condition after `!`, found `-`; put what is not to hold in \
             brackets, as in `!(license.seats > 10)`",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "-!has(license.seats)",
        told: &["67:45: expected a number after `-`, found `!`"],
    },
    Mistake {
        instead_of: "'churned'])",
        found: "'churnd'])",
        told: &[
            "6:49: expected a value of `account.stage` (`prospect`, `trial`, `adoption` or \
             `churned`), found \"churnd\"; did you mean `churned`?",
        ],
    },
    Mistake {
        instead_of: "when = \"account.segment == 'enterprise' && license.seats >= 100\"",
        found: "when = \"license.seats > 5 && license.seats < 3\"",
        told: &[
            "67:9: expected a condition that can hold, found one that contradicts itself, \
             so it never does; correct or remove it",
        ],
    },
    Mistake {
        instead_of: "account.segment == 'enterprise' &&",
        found: "account.segment > 5 &&",
        told: &[
            "67:27: expected a text in quotation marks to compare `account.segment` with, \
             as in `account.segment == 'gold'`, found the number 5; `account.segment` is a \
             text",
        ],
    },
    Mistake {
        instead_of: "account.segment == 'enterprise' &&",
        found: "account.segment == license.seats &&",
        told: &[
            "67:28: expected a text in quotation marks to compare `account.segment` with, \
             as in `account.segment == 'gold'`, found `license.seats`; `account.segment` \
             is a text",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats >= 'many'",
        told: &[
            "67:61: expected a number to compare `license.seats` with, found the text \
             'many'; only features that are texts, such as `account.segment`, compare with \
             a text",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats == true",
        told: &[
            "67:61: expected a number to compare `license.seats` with, found `true`; a feature \
             that says yes or no is 1 or 0: write `license.seats == 1` or `license.seats == 0`",
        ],
    },
    Mistake {
        instead_of: "account.segment == 'enterprise' &&",
        found: "false == account.segment &&",
        told: &[
            "67:9: expected a text in quotation marks to compare `account.segment` with, as in \
             `account.segment == 'gold'`, found `false`; `account.segment` is a text",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats\u{a0}>= 100",
        told: &[
            "67:57: expected an operator such as `&&`, `>` or `+`, found `an invisible character \
             (U+00A0)`",
        ],
    },
    Mistake {
        instead_of: "account.segment == 'enterprise' &&",
        found: "has\u{a0}(account.segment) &&",
        told: &[
            "67:12: expected an operator such as `&&`, `>` or `+`, found `an invisible character \
             (U+00A0)`",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats >= 1.e2",
        told: &["67:61: expected a number such as 30 or 0.5, found \"1.e2\""],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats >= '100'",
        told: &[
            "67:61: expected a number to compare `license.seats` with, found the text \
             '100'; write 100 without quotation marks",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats => 100",
        told: &["67:58: expected `>=` (at least), found `=>`"],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats = 100",
        told: &["67:58: expected `==` (equal), found `=`; write two of them"],
    },
    Mistake {
        instead_of: "'enterprise' && license",
        found: "'enterprise' and license",
        told: &["67:41: expected `&&` (and), found the word"],
    },
    Mistake {
        instead_of: "'enterprise' && license",
        found: "'enterprise' || 'gold' && license",
        told: &[
            "67:44: expected a condition that holds or does not, found the text 'gold'; to \
             compare with several texts write `account.segment in ['gold', 'silver']`",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "50 < license.seats < 100",
        told: &[
            "67:47: expected a number, found a condition; join two comparisons with `&&`, \
             as in `license.seats > 5 && license.seats < 10`",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats >= 100)",
        told: &["67:64: expected no `)` here, since no bracket of its kind is open; remove it"],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "(license.seats >= 100",
        told: &["67:44: expected a `)` for this `(`, found the end; add it"],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "max(license.seats, 3) >= 100",
        told: &[
            "67:44: expected a value, found the function \"max\"; the only function is \
             `has(family.name)`, everything else is written with + - * / and comparisons",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats.size() >= 100",
        told: &[
            "67:44: expected a value, found the function \"license.seats.size\"; the only \
             function is `has(family.name)`, everything else is written with + - * / and \
             comparisons",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats > 100 ? true : false",
        told: &[
            "67:64: expected an operator, found `?`; there is no if-then-else here: write \
             two exceptions, variants or bands",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats >= 100 days",
        told: &[
            "67:65: expected an operator such as `&&` or `>`, found \"days\"; leave out \
             units, and join conditions with `&&` or `||`",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats >= 80%",
        told: &[
            "67:63: expected an operator, found `%`; percent are plain numbers: write 80, \
             not 80 %",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats >= 99,5",
        told: &[
            "67:63: expected an operator, found `,`; write decimals with a point (0.5), \
             and join conditions with `&&` or `||`",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats",
        told: &[
            "67:44: expected a condition that holds or does not, found `license.seats`; \
             compare it with something, as in `license.seats > 10`",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "!license.seats >= 100",
        told: &[
            "67:44: expected a number, found a condition; put what is not to hold in \
             brackets, as in `!(license.seats > 10)`",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "seats >= 100",
        told: &[
            "67:44: expected the name of a feature with its family, found `seats`; did you \
             mean `license.seats`?",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.colour >= 100",
        told: &[
            "67:44: expected the name of a feature such as `license.seats`, found \
             `license.colour`; there are `license.days_to_decision`, \
             `license.overdue_days`, `license.seats` and `license.seats_assigned_pct` and \
             maybe more",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "score.now >= 100",
        told: &[
            "67:44: expected a feature, found `score.now`; only triggers may look at the \
             score, since the score cannot depend on itself",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "score.ago_28d >= 100",
        told: &[
            "67:44: expected a feature of the customer, found `score.ago_28d`; only \
             triggers may look at scores",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats >= parameter.seats_lo",
        told: &[
            "67:61: expected the name of a parameter, found `parameter.seats_lo`; did you \
             mean `parameter.seats_low`?",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats >= null",
        told: &[
            "67:61: expected a value, found a word for no value; whether there is one is \
             asked with `has(family.name)` or `!has(family.name)`",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats in 'a'",
        told: &[
            "67:61: expected a list in square brackets after `in`, such as `in ['gold', \
             'silver']`",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats in ['a', 3]",
        told: &[
            "67:62: expected a number to compare `license.seats` with, found the text 'a'; \
             only features that are texts, such as `account.segment`, compare with a text",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "license.seats >=",
        told: &[
            "67:60: expected a value such as `license.seats` or 30, found the end; \
             complete it or remove the last operator",
        ],
    },
    Mistake {
        instead_of: "license.seats >= 100",
        found: "true && account.segment == 'enterprise' || account.segment",
        told: &[
            "67:87: expected a condition that holds or does not, found `account.segment`; \
             compare it with a text, as in `account.segment == 'gold'`",
        ],
    },
    Mistake {
        instead_of: "when = \"account.segment == 'enterprise' && license.seats >= 100\"",
        found: "when = \"\"\"\naccount.segment == 'enterprise'\n  && seats >= 100\"\"\"",
        told: &[
            "69:6: expected the name of a feature with its family, found `seats`; did you \
             mean `license.seats`?",
        ],
    },
    Mistake {
        instead_of: "when = \"account.segment == 'enterprise' && license.seats >= 100\"",
        found: "when = \"account.segment == \\\"enterprise\\\" && seats >= 100\"",
        told: &[
            "67:8: expected the name of a feature with its family, found `seats`; did you \
             mean `license.seats`?",
        ],
    },
    Mistake {
        instead_of: "account.segment == 'enterprise' &&",
        found: "account.stage == 'churned' &&",
        told: &[
            "67:9: expected a condition that holds for some customers of the card, found \
             one that contradicts `applies_when`, so nobody is of this variant; correct or \
             remove it",
        ],
    },
    Mistake {
        instead_of: "account.segment == 'enterprise' &&",
        found: "has(3) &&",
        told: &["67:9: expected the name of one feature in `has`, such as \
             `has(survey.nps_latest)`"],
    },
    Mistake {
        instead_of: "account.segment == 'enterprise' &&",
        found: "account.segment < 'enterprise' &&",
        told: &[
            "67:25: expected `==`, `!=` or `in` after `account.segment`, since texts have \
             no order; to compare a number, name a feature that is one",
        ],
    },
    Mistake {
        instead_of: "account.segment == 'enterprise' &&",
        found: "account.segment == account.stage &&",
        told: &[
            "67:28: expected a text in quotation marks to compare `account.segment` with, \
             found `account.stage`; texts are not compared with each other",
        ],
    },
    Mistake {
        instead_of: "account.segment == 'enterprise' &&",
        found: "account.segment in ['a', 3] &&",
        told: &[
            "67:34: expected a text in quotation marks to compare `account.segment` with, \
             as in `account.segment == 'gold'`, found the number 3; `account.segment` is a \
             text",
        ],
    },
    Mistake {
        instead_of: "account.segment == 'enterprise' &&",
        found: "account.segment == 'enterprise &&",
        told: &["67:28: expected a text that ends with ', found the end; add the quotation mark"],
    },
    Mistake {
        instead_of: "account.segment == 'enterprise' &&",
        found: "custom.logins-per-wek.v2 > 1 &&",
        told: &[
            "67:9: expected the name of a feature, found `custom.logins-per-wek.v2`; did \
             you mean `custom.logins-per-week.v2`?",
        ],
    },
    Mistake {
        instead_of: "account.segment == 'enterprise' &&",
        found: "account.segment + 1 > 3 &&",
        told: &["67:9: expected a number, found `account.segment`, which is a text"],
    },
    Mistake {
        instead_of: "account.segment == 'enterprise' &&",
        found: "(license.seats > 3) == true &&",
        told: &[
            "67:29: expected a comparison of numbers or texts, found one with `true` or \
             `false`; write the condition alone, or `!( … )` for its opposite",
        ],
    },
    Mistake {
        instead_of: "account.segment == 'enterprise' &&",
        found: "license.seats % 2 == 0 &&",
        told: &[
            "67:23: expected an operator, found `%`; percent are plain numbers: write 80, \
             not 80 %",
        ],
    },
    Mistake {
        instead_of: "account.segment == 'enterprise' &&",
        found: "[1, 2] == 3 &&",
        told: &["67:9: expected a value, found a list; a list stands only after `in`"],
    },
    Mistake {
        instead_of: "account.segment == 'enterprise' &&",
        found: "account.segment == ‘enterprise’ &&",
        told: &[
            "67:28: expected a straight quotation mark ' around a text, found a curly or \
             slanted one",
        ],
    },
];
