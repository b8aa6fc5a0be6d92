//! Files that are no TOML.

use super::Mistake;

pub(super) const MISTAKES: &[Mistake] = &[
    Mistake {
        instead_of: "weight = 45",
        found: "weight = 45%",
        told: &["24:10: expected a number, found \"45%\"; percent are plain numbers: write 45"],
    },
    Mistake {
        instead_of: "weight = 60.5",
        found: "weight = 60,5",
        told: &["39:10: expected a number with a point, found a comma in `60,5`; write 60.5"],
    },
    Mistake {
        instead_of: "hundred_at = 16",
        found: "hundred_at = 4,5",
        told: &["25:36: expected a number with a point, found a comma in `4,5`; write 4.5"],
    },
    Mistake {
        instead_of: "zero_at = 1, hundred_at = 16",
        found: "zero_at = 1,5, hundred_at = 16",
        told: &["25:20: expected a number with a point, found a comma in `1,5`; write 1.5"],
    },
    Mistake {
        instead_of: "weight = 60.5",
        found: "weight = 1,000",
        told: &[
            "39:10: expected a number without a comma, found `1,000`; write 1000, or 1.000 if \
             the comma is a decimal sign",
        ],
    },
    Mistake {
        instead_of: "weight = 60.5",
        found: "weight = 1,000,000",
        told: &["39:10: expected a number without commas, found `1,000,000`; write 1000000"],
    },
    Mistake {
        instead_of: "hundred_at = 16",
        found: "hundred_at =",
        told: &[
            "25:36: expected a value for each key in the braces, found none; write `key = value`",
        ],
    },
    Mistake {
        instead_of: "title = \"Adoption\"",
        found: "title = Adoption",
        told: &[
            "18:9: expected a value, found \"Adoption\"; put a text in quotation marks \
             (\"…\"), write a number without its unit",
        ],
    },
    Mistake {
        instead_of: "title = \"Adoption\"",
        found: "title = \"Adoption",
        told: &[
            "18:18: expected a quotation mark at the end of the text, found the end of the \
             line; add it",
        ],
    },
    Mistake {
        instead_of: "title = \"Adoption\"",
        found: "title \"Adoption\"",
        told: &["18:7: expected one `=` and a value after the key; write `key = value`"],
    },
    Mistake {
        instead_of: "title = \"Adoption\"",
        found: "title = \"A\"\ntitle = \"B\"",
        told: &[
            "19:1: expected each key and each [heading] once, found \"title\" again; \
             rename or remove one, or write [[title]] wherever it stands, if there are \
             several",
        ],
    },
    Mistake {
        instead_of: "title = \"Adoption\"",
        found: "title = “Adoption”",
        told: &[
            "18:9: expected a value, found \"“Adoption”\"; write straight quotation marks \
             (\"…\"), not curly ones",
        ],
    },
    Mistake {
        instead_of: "[[triggers]]",
        found: "[[triggers]",
        told: &[
            "94:12: expected `]` at the end of the heading, found none; add it (two for \
             [[…]])",
        ],
    },
    Mistake {
        instead_of: "[[exceptions]]\nname = \"new\"",
        found: "[exceptions]\nname = \"new\"",
        told: &[
            "89:2: expected each key and each [heading] once, found \"exceptions\" again; \
             rename or remove one, or write [[exceptions]] wherever it stands, if there \
             are several",
        ],
    },
    Mistake {
        instead_of: "zero_at = 1, hundred_at = 16",
        found: "zero_at = 1 hundred_at = 16",
        told: &[
            "25:20: expected a value, found \"1 hundred_at\"; put a text in quotation \
             marks (\"…\"), and a comma between values",
        ],
    },
    // What follows from it is not told.
    Mistake {
        instead_of: "[[measures]]\nname = \"adoption\"",
        found: "[measures]\nname = \"adoption\"",
        told: &[
            "37:3: expected each key and each [heading] once, found \"measures\" again; rename or \
             remove one, or write [[measures]] wherever it stands, if there are several",
        ],
    },
    Mistake {
        instead_of: "title = \"Adoption\"",
        found: "title = \"Adoption\"\nshare = 60 %",
        told: &["19:9: expected a number, found \"60 %\"; percent are plain numbers: write 60"],
    },
    Mistake {
        instead_of: "[[measures.factors]]\nname = \"rhythm\"",
        found: "[[measures.factors]]\nname = \"rhythm\"\nweight = 45",
        told: &[
            "25:1: expected each key and each [heading] once, found \"weight\" again; \
             rename or remove one, or write [[weight]] wherever it stands, if there are \
             several",
        ],
    },
];
