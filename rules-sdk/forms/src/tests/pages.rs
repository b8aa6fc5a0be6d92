//! Pages: conditions in words, and what stands on a page.

use puls_scorecard::{Card, read};

use super::catalogue;
use crate::plain::Speaker;
use crate::{Format, page};

const CARD: &str = r#"
[card]
name = "small"
version = "1.0.0"
title = "Small <card> & co"
applies_when = "WHEN"
coverage_min = 50
[parameters]
seats_low = { default = 10, min = 0, max = 50 }
[derive."ratio.tickets_per_seat"]
unit = "tickets"
value = "ticket.opened_28d / (license.seats - 1)"
[[measures]]
name = "adoption"
title = "Adoption"
weight = 3
[[measures.factors]]
name = "days"
feature = "usage.active_days_28d"
weight = 2
line = { zero_at = 1, hundred_at = 16 }
reason = "Active on {} days"
[[measures.factors]]
name = "seats"
feature = "license.seats_active_pct_28d"
weight = 1
bands = [{ up_to = "parameter.seats_low", points = 0 }, { up_to = 50, points = 30 }, { points = 100 }]
missing = "neutral"
baseline = 80
reason = "{} % of seats"
[[measures]]
name = "voice"
title = "Voice"
weight = 1
[[measures.factors]]
name = "nps"
feature = "survey.nps_latest"
weight = 1
line = { zero_at = 9, hundred_at = 3 }
valid_for_days = 180
missing = "worst"
reason = "Would recommend us with {}"
[[measures.factors]]
name = "segment"
feature = "account.segment"
weight = 0
values = { gold = 100, land_and_sea = 50 }
reason = "Segment {}"
[[variants]]
name = "new_ones"
when = "license.seats <= 5"
[[variants.measures]]
name = "voice"
weight = 3
[[variants.measures.factors]]
name = "ratio"
feature = "ratio.tickets_per_seat"
weight = 1
bands = [{ points = 100 }]
reason = "Tickets"
[[exceptions]]
name = "unpaid"
when = "license.overdue_days >= 30"
cap = 50
reason = "Unpaid for {license.overdue_days} days"
alert = "critical"
owner_role = "kam"
playbook = "collect_money"
due_days = 3
[[triggers]]
name = "renewal"
when = "license.days_to_decision >= 0 && license.days_to_decision <= 90"
text = "Decides in {} days"
owner_roles = ["kam", "sales_manager"]
due_days = 1
[alerts]
owner_role = "csm"
[monotone]
"usage.active_days_28d" = "up"
ticket.opened_28d = "down"
"#;

fn card(when: &str) -> Card {
    let source = CARD.replace("WHEN", when);
    read(&source, &catalogue()).unwrap_or_else(|problems| panic!("{when}: {problems:#?}"))
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of data")]
fn conditions_are_said_in_plain_words() {
    let cases = [
        (
            "license.overdue_days >= 30",
            "an invoice has been overdue for at least 30 days",
        ),
        (
            "usage.days_since_last > 14",
            "the last use was more than 14 days ago",
        ),
        (
            "14 < usage.days_since_last",
            "the last use was more than 14 days ago",
        ),
        (
            "license.days_to_decision >= 0 && license.days_to_decision <= 60",
            "the notice deadline is 0 to 60 days away",
        ),
        (
            "license.days_to_decision <= 60 && usage.days_since_last >= 14 && license.days_to_decision >= 0",
            "the notice deadline is 0 to 60 days away, and the last use was at least 14 days ago",
        ),
        (
            "license.days_to_decision < 0",
            "the notice deadline has passed",
        ),
        (
            "license.auto_renew == 0",
            "the license does not renew by itself",
        ),
        ("!(license.auto_renew == 0)", "the license renews by itself"),
        (
            "account.segment in ['gold', 'land_and_sea']",
            "the segment is gold or land and sea",
        ),
        (
            "!(account.stage in ['prospect', 'churned'])",
            "the stage is neither prospect nor churned",
        ),
        (
            "!(license.seats < 5 && ticket.open_critical == 0)",
            "either seats bought are at least 5, or there are open tickets that are pressing",
        ),
        (
            "license.seats_active_pct_28d <= parameter.seats_low",
            "the share of seats used in the last 28 days is at most 10 % (\"seats low\")",
        ),
        (
            "has(survey.nps_latest)",
            "the latest answer to \"would you recommend us\" is known",
        ),
        (
            "!(has(account.stage) && account.stage in ['prospect', 'churned'])",
            "the stage is neither prospect nor churned (or not known)",
        ),
        (
            "!has(usage.days_since_last)",
            "the days since the last use are not known",
        ),
        ("license.seats in [1, 2]", "seats bought are 1 or 2"),
        (
            "ticket.opened_28d * 2 > license.seats + 1",
            "tickets opened in the last 28 days times 2 is more than seats bought plus 1",
        ),
        (
            "license.seats > 4 && (account.segment == 'gold' || account.segment != 'tin')",
            "seats bought are more than 4, and either the segment is gold, or the segment is not tin",
        ),
        ("license.seats != 5", "seats bought are not 5"),
        (
            "ticket.open_critical < 1",
            "there are no open tickets that are pressing",
        ),
        (
            "ticket.open_critical >= 1",
            "there are open tickets that are pressing",
        ),
        (
            "usage.active_days_28d >= 5",
            "active days in the last 28 days are at least 5",
        ),
        (
            "has(license.seats) && license.seats > 4 && has(survey.nps_latest)",
            "seats bought are more than 4, and the latest answer to \"would you recommend us\" is known",
        ),
    ];
    for (when, expected) in cases {
        let card = card(when);
        let catalogue = catalogue();
        let speaker = Speaker {
            card: &card,
            catalogue: &catalogue,
        };
        let said = speaker.condition(card.population.as_ref().unwrap());
        assert_eq!(said.sentence(), expected, "{when}");
    }
}

#[test]
fn a_page_in_markdown_says_all_that_the_card_says() {
    let card = card("license.seats > 0");
    let found = page(&card, &catalogue(), Format::Markdown);
    let expected = include_str!("page.md");
    if std::env::var_os("PULS_BLESS").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/page.md");
        std::fs::File::create(path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, found.as_bytes()))
            .unwrap();
        return;
    }
    assert_eq!(found, expected, "PULS_BLESS=1 writes it anew; read it then");
}

#[test]
fn a_page_in_html_is_whole_by_itself_and_escapes_what_people_wrote() {
    let card = card("license.seats > 0");
    let found = page(&card, &catalogue(), Format::Html);
    assert!(found.contains("<h1>Small &lt;card&gt; &amp; co</h1>"));
    for outside in [
        "http:", "https:", "src=", "href=", "<script", "@import", "url(",
    ] {
        assert!(!found.contains(outside), "{outside}");
    }
    // Every picture has its words, every tag its end.
    assert_eq!(
        found.matches("<svg").count(),
        found.matches("aria-label=").count()
    );
    for tag in [
        "svg", "div", "section", "ul", "li", "p", "main", "table", "h3", "h4",
    ] {
        let opened =
            found.matches(&format!("<{tag}>")).count() + found.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, found.matches(&format!("</{tag}>")).count(), "{tag}");
    }
    assert!(!found.contains("NaN") && !found.contains("inf"));
    // What the words of the other form say stands here too.
    for words in [
        "0 points up to 1 day, 100 from 16 days on",
        "the notice deadline is 0 to 90 days away",
        "score at most 50",
        "playbook “collect money”",
        "for KAM and sales manager",
        "not again for 30 days",
        "<li>Active days in the last 28 days: more never lowers the score</li>",
    ] {
        assert!(found.contains(words), "{words}\n{found}");
    }
    assert_eq!(found, page(&card, &catalogue(), Format::Html));
}
