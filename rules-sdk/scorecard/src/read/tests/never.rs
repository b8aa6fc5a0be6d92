//! What can never hold, and what may.

use super::{EVERYBODY, FACTOR, catalogue, population, small};
use crate::read;

#[test]
fn conditions_that_contradict_themselves() {
    let cases = [
        ("license.seats > 5 && license.seats < 3", true),
        ("license.seats > 3 && license.seats < 5", false),
        ("license.seats > 5 && license.seats <= 5", true),
        ("license.seats >= 5 && license.seats <= 5", false),
        ("5 < license.seats && 3 > license.seats", true),
        ("license.seats == 5 && license.seats != 5", true),
        ("license.seats == 5 && license.seats == 6", true),
        ("license.seats in [1, 2] && license.seats in [2, 3]", false),
        ("license.seats in [1, 2] && license.seats in [3]", true),
        (
            "license.seats in [1, 2] && !(license.seats in [1, 2, 3])",
            true,
        ),
        ("license.seats in [1, 2] && !(license.seats in [1])", false),
        ("account.segment == 'a' && account.segment == 'b'", true),
        ("account.segment == 'a' || account.segment == 'b'", false),
        ("account.segment == 'a' && account.segment != 'a'", true),
        ("account.segment != 'a' && account.segment != 'b'", false),
        ("!has(license.seats) && license.seats > 5", true),
        ("!has(account.segment) && account.segment in ['a']", true),
        ("has(license.seats) && !has(license.seats)", true),
        ("!has(license.seats) || license.seats > 5", false),
        ("false", true),
        ("3 > 4", true),
        ("3 < 4", false),
        ("!(3 < 4)", true),
        ("!(license.seats > 5 || license.seats <= 5)", true),
        ("!(license.seats > 5 && license.seats <= 5)", false),
        (
            "license.seats > ticket.opened_28d && license.seats <= ticket.opened_28d",
            true,
        ),
        (
            "license.seats > ticket.opened_28d && license.seats < ticket.opened_28d",
            false,
        ),
        (
            "license.seats / ticket.opened_28d > 3 && license.seats / ticket.opened_28d < 2",
            true,
        ),
        ("license.seats + 0 > 5 && license.seats < 3", false),
        (
            "(license.seats > 5 || account.segment == 'a') && license.seats < 3",
            false,
        ),
    ];
    for (condition, never) in cases {
        assert_eq!(population(condition).is_err(), never, "{condition}");
    }
}

#[test]
fn variants_that_leave_nothing_for_a_later_one() {
    let cases = [
        ("license.seats > 3", "license.seats > 5", true),
        ("license.seats > 5", "license.seats > 3", false),
        ("license.seats >= 5", "license.seats > 5", true),
        ("license.seats > 5", "license.seats >= 5", false),
        ("account.segment == 'a'", "account.segment == 'a'", true),
        ("account.segment == 'a'", "account.segment == 'b'", false),
        (
            "account.segment in ['a', 'b']",
            "account.segment == 'b'",
            true,
        ),
        ("account.segment != 'a'", "account.segment == 'b'", true),
        ("account.segment != 'a'", "account.segment == 'a'", false),
        (
            "account.segment == 'a'",
            "account.segment == 'a' && license.seats > 5",
            true,
        ),
        (
            "account.segment == 'a' && license.seats > 5",
            "account.segment == 'a'",
            false,
        ),
        ("has(license.seats)", "license.seats < 9", true),
        ("license.seats < 9", "has(license.seats)", false),
        ("true", "license.seats < 9", true),
        (
            "license.seats > ticket.opened_28d",
            "license.seats > ticket.opened_28d",
            true,
        ),
        (
            "license.seats > ticket.opened_28d",
            "license.seats >= ticket.opened_28d",
            false,
        ),
        ("license.seats != 4", "license.seats > 4", true),
        ("license.seats != 4", "license.seats >= 4", false),
    ];
    let variant = |name: &str, when: &str| {
        format!(
            "[[variants]]\nname = \"{name}\"\nwhen = \"{when}\"\n[[variants.measures]]\n\
             name = \"m\"\nweight = 1\n[[variants.measures.factors]]\nname = \"f\"\n{FACTOR}\n"
        )
    };
    for (first, second, nothing) in cases {
        let both = format!("{}{}", variant("x", first), variant("y", second));
        let found = read(&small(EVERYBODY, FACTOR, &both), &catalogue());
        assert_eq!(found.is_err(), nothing, "{first} then {second}: {found:?}");
    }
}
