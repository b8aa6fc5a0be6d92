//! A file means what it says; each mistake is told in words, with its place; nothing that is thrown
//! at the reader makes it panic or grow.

use puls_wire::Manifest;

use crate::{BYTES_MAX, Case, Known, STORY_EVENTS_MAX, Subject, read};

fn manifest() -> Manifest {
    let json = r#"{
        "abi": "puls/1", "name": "r", "version": "1",
        "parameters": [{ "name": "seats_low", "default": 50, "min": 0, "max": 100 }],
        "features": [
            { "name": "usage.active_days_28d" },
            { "name": "account.stage", "values": ["adoption", "churned"] }
        ],
        "exceptions": [{ "name": "unpaid", "text": "Unpaid" }],
        "triggers": [{ "name": "call", "text": "Call" }],
        "tiers": { "bands": [{ "name": "healthy", "from": 50 }, { "name": "critical", "from": 0 }] }
    }"#;
    Manifest::parse(json.as_bytes()).unwrap()
}

fn cases(text: &str) -> Vec<Case> {
    read(text, &manifest()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// What is wrong with a file, a line each.
fn told(text: &str) -> String {
    let problems = read(text, &manifest()).unwrap_err();
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn a_case_of_features_means_what_it_says() {
    let text = "[[cases]]\nname = \"few days\"\n\
        features = { \"usage.active_days_28d\" = 4, account.stage = \"retention\" }\n\
        parameters = { seats_low = 40 }\n\
        [cases.expect]\nscore = 41.25\ntier = \"unknown\"\ncoverage = 33.33\n\
        reasons = [\"a\"]\nexceptions = [\"unpaid\"]\ntriggers = []\n";
    let found = cases(text);
    let [case] = found.as_slice() else {
        panic!("{found:?}")
    };
    let Subject::Features(features) = &case.subject else {
        panic!("{case:?}")
    };
    assert_eq!(features["usage.active_days_28d"], Known::Number(4.0));
    assert_eq!(features["account.stage"], Known::Text("retention".into()));
    assert_eq!(case.parameters["seats_low"].to_bits(), 40.0_f64.to_bits());
    assert_eq!(case.expect.score, Some(Some(412_500)));
    assert_eq!(case.expect.coverage, Some(3_333));
    assert_eq!(case.expect.triggers.as_deref(), Some(&[][..]));
    assert_eq!(crate::row(&case.subject, &manifest()), [4.0, -1.0]);
}

#[test]
fn a_story_is_told_event_by_event_before_its_moment() {
    let text = "[[cases]]\nname = \"s\"\nat = \"2026-03-31T00:00:00Z\"\nevents = [\n\
        { kind = \"usage\", at = \"-2d\", every = \"1d\", times = 2, metric = \"login\" },\n\
        { kind = \"license\", at = \"-30d\", license = \"l\", change = \"started\", \
          term_ends = \"+90d\", trial = false, seats = 10 },\n]\n\
        [cases.expect]\nscore = \"none\"\n";
    let found = cases(text);
    let Subject::Story(story) = &found[0].subject else {
        panic!("{found:?}")
    };
    let day = 86_400_000;
    let at: Vec<_> = story
        .events
        .iter()
        .map(|it| (it.at - story.at) / day)
        .collect();
    assert_eq!(at, [-30, -2, -1]);
    assert_eq!(story.events[0].fields["term_ends"], story.at + 90 * day);
    assert_ne!(story.events[1].fields["id"], story.events[2].fields["id"]);
    assert_eq!(found[0].expect.score, Some(None));
}

/// The end of a file whose first line is line 1, and what is said of it.
const MISTAKES: [(&str, &str); 24] = [
    ("", "1:1: expected at least one case"),
    (
        "[[case]]\n",
        "1:3: expected only `cases` in a file of cases, found \"case\"; did you mean",
    ),
    ("[[cases]]\n", "1:1: expected `name` in a case, found none"),
    (
        "[[cases]]\nname = 'a'\n",
        "expected `features` (what is known of the customer) or `events`",
    ),
    (
        "[[cases]]\nname = 'a'\nfeatures = {}\n",
        "1:1: expected [cases.expect] below the case",
    ),
    (
        "[[cases]]\nname = 'a'\nfeatures = {}\n[cases.expect]\n",
        "expected at least one of `score`, `tier`",
    ),
    (
        "[[cases]]\nname = 'a'\nfeatures = { \"usage.active_days_28\" = 4 }\n",
        "3:14: expected a feature that the rule reads, found \"usage.active_days_28\"; did you mean",
    ),
    (
        "[[cases]]\nname = 'a'\nfeatures = { \"usage.active_days_28d\" = \"4\" }\n",
        "3:40: expected `usage.active_days_28d` to be a number, found the text \"4\"; write 4 without",
    ),
    (
        "[[cases]]\nname = 'a'\nfeatures = { \"usage.active_days_28d\" = \"none\" }\n",
        "leave the feature out where it is missing",
    ),
    (
        "[[cases]]\nname = 'a'\nfeatures = { \"account.stage\" = 1 }\n",
        "to be a text in quotation marks, found the number 1; the rule knows `adoption` and",
    ),
    (
        "[[cases]]\nname = 'a'\nfeatures = {}\nparameters = { seats_lo = 1 }\n",
        "4:16: expected a parameter of the rule, found \"seats_lo\"; did you mean `seats_low`?",
    ),
    (
        "[[cases]]\nname = 'a'\nfeatures = {}\nparameters = { seats_low = 101 }\n",
        "4:28: expected `seats_low` to be a number from 0 to 100, found the number 101",
    ),
    (
        "[[cases]]\nname = 'a'\nfeatures = {}\nat = \"2026-03-31T00:00:00Z\"\n",
        "4:1: expected `at` only beside `events`",
    ),
    (
        "[[cases]]\nname = 'a'\nfeatures = {}\n[cases.expect]\nscore = 41,25\n",
        "5:9: expected a number with a point, found a comma in `41,25`; write 41.25",
    ),
    (
        "[[cases]]\nname = 'a'\nfeatures = {}\n[cases.expect]\nscore = 1.00001\n",
        "5:9: expected `score` to be a number of at most four decimals",
    ),
    (
        "[[cases]]\nname = 'a'\nfeatures = {}\n[cases.expect]\nscore = \"no\"\n",
        "5:9: expected `score` to be a number from 0 to 100, or \"none\" for no score",
    ),
    (
        "[[cases]]\nname = 'a'\nfeatures = {}\n[cases.expect]\ntier = \"helthy\"\n",
        "5:9: expected a tier of the rule, found \"helthy\"; did you mean `healthy`?",
    ),
    (
        "[[cases]]\nname = 'a'\nfeatures = {}\n[cases.expect]\nexceptions = [\"unpayed\"]\n",
        "5:16: expected an exception of the rule, found \"unpayed\"; did you mean `unpaid`?",
    ),
    (
        "[[cases]]\nname = 'a'\nevents = [{ kind = \"usge\", at = \"-1d\" }]\n",
        "3:21: expected a kind of event, found \"usge\"; did you mean `usage`?",
    ),
    (
        "[[cases]]\nname = 'a'\nevents = [{ kind = \"usage\", at = \"-1d\", metrics = \"x\" }]\n",
        "3:41: expected a field of a usage event, found \"metrics\"; did you mean `metric`?",
    ),
    (
        "[[cases]]\nname = 'a'\nat = \"2026-03-31T00:00:00Z\"\nevents = [{ kind = \"touch\", at = \"+1d\" }]\n",
        "4:34: expected an event before the moment of the case (`at`), found a later one",
    ),
    (
        "[[cases]]\nname = 'a'\nat = \"2026-03-31\"\nevents = [{ kind = \"touch\", at = \"-1d\" }]\n",
        "3:6: expected `at` to be a moment such as \"2026-03-31T00:00:00Z\"",
    ),
    (
        "[[cases]]\nname = 'a'\nat = \"2026-03-31T00:00:00Z\"\nevents = [{ kind = \"touch\", at = \"28d\" }]\n",
        "4:34: expected `at` to be a span such as \"-28d\"",
    ),
    (
        "[[cases]]\nname = 'a'\nevents = [{ kind = \"touch\", at = \"-9d\", times = 3 }]\n",
        "3:41: expected `every` and `times` beside each other",
    ),
];

#[test]
fn every_mistake_is_told_with_its_place() {
    for (text, expected) in MISTAKES {
        let said = told(text);
        assert!(
            said.contains(expected),
            "{text}\nsaid:\n{said}\nnot:\n{expected}"
        );
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "[[cases]]\nname = 'a'\nfeatures = { x = 1 }\n[cases.expect]\ntier = \"x\"\n\
        [[cases]]\nname = 'a'\nfeatures = {}\n[cases.expect]\nscore = 101\n";
    let said = told(text);
    let lines: Vec<_> = said
        .lines()
        .map(|it| it.split(": ").next().unwrap())
        .collect();
    assert_eq!(lines, ["3:14", "5:9", "7:9", "10:9"], "{said}");
}

#[test]
fn what_would_grow_is_refused_before_it_does() {
    let long = " ".repeat(BYTES_MAX + 1);
    assert!(told(&long).contains("is this the right file?"));
    let story = |times: usize| {
        format!(
            "[[cases]]\nname = 'a'\nat = \"2026-03-31T00:00:00Z\"\nevents = [{{ kind = \"touch\", \
             at = \"-900d\", every = \"1h\", times = {times} }}]\n[cases.expect]\nscore = 1\n"
        )
    };
    assert_eq!(cases(&story(STORY_EVENTS_MAX)).len(), 1);
    assert!(told(&story(STORY_EVENTS_MAX + 1)).contains("to be a whole number from 1 to 10000"));
    let twice = story(STORY_EVENTS_MAX).replace("}]", "}, { kind = \"touch\", at = \"-1d\" }]");
    assert!(told(&twice).contains("expected at most 10000 events in a story"));
    let long = format!("kind = \"touch\", contact = \"{}\"", "x".repeat(10_000));
    let wordy = story(STORY_EVENTS_MAX).replace("kind = \"touch\"", &long);
    assert!(told(&wordy).contains("expected stories of at most 33554432 bytes"));
    // Far away times, deep brackets, and half a file are no more than mistakes.
    for text in [
        story(1).replace("-900d", "-99999999999999999999d"),
        story(2).replace("1h", "99999999999999999999d"),
        format!("[[cases]]\nfeatures = {}", "[".repeat(50_000)),
        format!("[[cases]]\nfeatures = {}", "{a=".repeat(20_000)),
    ] {
        told(&text);
    }
}

/// Every file that is cut off anywhere, or has a character more, is read or told of.
#[test]
fn nothing_makes_the_reader_panic() {
    let whole = include_str!("../../../../rules/saas-health/cases.toml");
    let manifest = manifest();
    for (at, _) in whole.char_indices().step_by(67) {
        let (head, tail) = whole.split_at(at);
        read(head, &manifest).ok();
        for strange in ["\"", "}", "=", "[[", "é", "\u{0}", "9", "-"] {
            read(&format!("{head}{strange}{tail}"), &manifest).ok();
        }
    }
}
