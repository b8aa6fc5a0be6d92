//! Everything around the factors.

use super::Mistake;

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake {
        instead_of: "title = \"Adoption\"",
        found: "title = \"Adoption {license.seats}\"",
        told: &[
            "18:9: expected a title without braces, found one; values are shown only in reasons \
             and texts",
        ],
    },
    Mistake {
        instead_of: "weight = 45",
        found: "wieght = 45",
        told: &[
            "21:1: expected `weight` in a factor, found none; add for example `weight = 10`",
            "24:1: expected only `name`, `feature`, `weight`, `line`, `bands`, `values`, \
             `otherwise`, `missing`, `valid_for_days`, `baseline` and `reason` in a \
             factor, found \"wieght\"; did you mean `weight`?",
        ],
    },
    Mistake {
        instead_of: "applies_when = \"!(account.stage in ['prospect', 'churned'])\"\n",
        found: "",
        told: &[
            "2:1: expected `applies_when` in [card], which says for whom the card is, \
             found none; add for example `applies_when = \"!(has(account.stage) && \
             account.stage == 'churned')\"`, or \"true\" for everybody",
        ],
    },
    Mistake {
        instead_of: "line = { zero_at = 1, hundred_at = 16 }\n",
        found: "",
        told: &[
            "21:1: expected one of `line`, `bands` or `values`, found none; add for \
             example `line = { zero_at = 1, hundred_at = 16 }`",
        ],
    },
    Mistake {
        instead_of: "[[variants.measures]]\nname = \"adoption\"",
        found: "[[variants.measures]]\nname = \"adoptoin\"",
        told: &[
            "70:9: expected the name of a measure of the card, which it replaces \
             (`adoption` or `voice`), found `adoptoin`; did you mean `adoption`?",
        ],
    },
    Mistake {
        instead_of: "cap = 50",
        found: "cap = 50\nfloor = 10",
        told: &[
            "83:9: expected `cap` or `floor`, found both; an exception holds the score \
             down or up: write two exceptions",
        ],
    },
    Mistake {
        instead_of: "cap = 50",
        found: "cap = 150",
        told: &["82:7: expected `cap` to be a number from 0 to 100, found the number 150"],
    },
    Mistake {
        instead_of: "alert = \"critical\"",
        found: "alert = \"urgent\"",
        told: &[
            "84:9: expected `alert` to be \"info\", \"warning\" or \"critical\", found the \
             text \"urgent\"",
        ],
    },
    Mistake {
        instead_of: "due_days = 3\n",
        found: "due_days = 3.5\n",
        told: &[
            "87:12: expected `due_days` to be a whole number from 0 to 366, found the \
             number 3.5",
        ],
    },
    Mistake {
        instead_of: "ticket.opened_28d / license.seats\"",
        found: "custom_ratio.tickets_per_seat / license.seats\"",
        told: &[
            "14:10: expected a feature or a number that is derived further up, found \
             `custom_ratio.tickets_per_seat`, which is derived here or further down; \
             change the order under [derive]",
        ],
    },
    Mistake {
        instead_of: "ticket.opened_28d / license.seats\"",
        found: "account.stage / license.seats\"",
        told: &["14:10: expected a number, found `account.stage`, which is a text"],
    },
    Mistake {
        instead_of: "default = 50, min",
        found: "default = 500, min",
        told: &["10:25: expected `default` to be from `min` to `max`, 0 to 100, found 500"],
    },
    Mistake {
        instead_of: "seats_low = { default = 50, min = 0, max = 100 }",
        found: "seats_low = 50",
        told: &[
            "10:13: expected `seats_low` to be a table such as { default = 50, min = 0, \
             max = 100 }, found the number 50",
        ],
    },
    Mistake {
        instead_of: "{ name = \"bad\", from = 0,",
        found: "{ name = \"bad\", from = 10,",
        told: &[
            "104:63: expected the last tier to begin at 0, so that every score has a tier, \
             found 10",
        ],
    },
    Mistake {
        instead_of: "from = 0, alert = \"warning\" }]\nhysteresis_points = 3",
        found: "from = 10, alert = \"warning\" }]\nhysteresis_points = 300",
        told: &[
            "104:63: expected the last tier to begin at 0, so that every score has a tier, \
             found 10",
            "105:21: expected `hysteresis_points` to be a number from 0 to 50, found the number \
             300",
        ],
    },
    Mistake {
        instead_of: "{ name = \"good\", from = 60 }",
        found: "{ name = \"good\", from = 0 }",
        told: &[
            "104:62: expected `from` below 0, where the tier before begins, found 0; sort \
             the tiers from the healthiest to the worst",
        ],
    },
    Mistake {
        instead_of: "name = \"good\"",
        found: "name = \"unknown\"",
        told: &[
            "104:20: expected a name other than `unknown`, which is what accounts without \
             a tier are called; rename the tier",
        ],
    },
    Mistake {
        instead_of: "[[exceptions]]\nname = \"new\"",
        found: "[[exceptions]]\nname = \"unpaid\"",
        told: &[
            "90:9: expected each exception once, found a second one named `unpaid`; rename \
             or remove one",
        ],
    },
    Mistake {
        instead_of: "[[triggers]]",
        found: "[[trigers]]",
        told: &[
            "94:3: expected only `card`, `parameters`, `derive`, `measures`, `variants`, \
             `exceptions`, `triggers`, `tiers`, `alerts` and `monotone` in a card, found \
             \"trigers\"; did you mean `triggers`?",
        ],
    },
    Mistake {
        instead_of: "[tiers]",
        found: "[[tiers]]",
        told: &[
            "103:1: expected `tiers` to be a table, found a list; write [tiers] with one \
             bracket, once",
        ],
    },
    Mistake {
        instead_of: "cooldown_days = 7",
        found: "cooldown_days = 0",
        told: &[
            "101:17: expected `cooldown_days` to be a whole number from 1 to 366, found \
             the number 0",
        ],
    },
    Mistake {
        instead_of: "owner_roles = [\"kam\", \"sales\"]",
        found: "owner_roles = \"kam\"",
        told: &[
            "99:15: expected `owner_roles` to be a list, found the text \"kam\"; put it in \
             [ ]",
        ],
    },
    Mistake {
        instead_of: "coverage_min = 40",
        found: "coverage_min = 400",
        told: &["7:16: expected `coverage_min` to be a number from 0 to 100, found the number 400"],
    },
    Mistake {
        instead_of: "version = \"1.0.0\"",
        found: "version = 1.0",
        told: &["4:11: expected `version` to be a text in quotation marks, found the number 1.0"],
    },
    Mistake {
        instead_of: "name = \"saas-scorecard\"\n",
        found: "",
        told: &[
            "2:1: expected `name` in [card], found none; add for example `name = \
             \"adoption\"`",
        ],
    },
    Mistake {
        instead_of: "name = \"new\"",
        found: "name = \"tier\"",
        told: &[
            "90:9: expected a name other than `tier`, which is what alerts about tiers are \
             called; rename the exception",
        ],
    },
    Mistake {
        instead_of: "reason = \"New\"\n",
        found: "",
        told: &[
            "89:1: expected `reason` in an exception, found none; add for example `reason \
             = \"Unpaid for {license.overdue_days} days\"`",
        ],
    },
    Mistake {
        instead_of: "seats_low = {",
        found: "Seats = { default = 1, min = 0, max = 2 }\nseats_low = {",
        told: &[
            "10:1: expected the name of a parameter of 1 to 64 of the characters a-z 0-9 . \
             _ -, found \"Seats\", for example `seats`",
        ],
    },
    Mistake {
        instead_of: "max = 100 }",
        found: "max = -1 }",
        told: &["10:44: expected `max` to be at least `min`, which is 0, found -1"],
    },
    Mistake {
        instead_of: "version = \"1.0.0\"",
        found: "version = \"1 beta\"",
        told: &["4:12: expected `version` to be a word such as \"1.0.0\", found \"1 beta\""],
    },
    Mistake {
        instead_of: "unit = \"tickets\"",
        found: "unit = 3",
        told: &["13:8: expected `unit` to be a text in quotation marks, found the number 3"],
    },
    Mistake {
        instead_of: "\"custom_ratio.tickets_per_seat\"]",
        found: "\"license.seats\"]",
        told: &[
            "12:9: expected a name that is not taken, found `license.seats`, which is; \
             choose another one",
            "60:12: expected the name of a feature such as `license.seats`, found \
             `custom_ratio.tickets_per_seat`; `puls features` lists all there are",
        ],
    },
];
