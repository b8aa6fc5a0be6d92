//! Tables as they lie around in companies, and the card that each of them means.

use super::{body, imported};

/// The card that most of the tables here mean.
const EXPECTED: &str = r#"[card]
name = "scores"
version = "1.0.0"
applies_when = "!(has(account.stage) && account.stage in ['prospect', 'churned'])"
[[measures]]
name = "product_adoption"
title = "Product adoption"
weight = 60
[[measures.factors]]
name = "active_days"
feature = "usage.active_days_28d"
weight = 70
line = { zero_at = 1, hundred_at = 16 }
reason = "Active on {} days"
[[measures.factors]]
name = "seats"
feature = "license.seats_active_pct_28d"
weight = 30
bands = [{ up_to = 10, points = 0 }, { up_to = 50, points = 30 }, { points = 100 }]
reason = "{} % used"
[[measures]]
name = "support"
title = "Support"
weight = 40
[[measures.factors]]
name = "pressing"
feature = "ticket.open_critical"
weight = 1
bands = [{ up_to = 0, points = 100 }, { up_to = 2, points = 50 }, { points = 0 }]
missing = "neutral"
reason = "{} pressing"
[tiers]"#;

fn expected() -> String {
    EXPECTED.trim_end_matches("\n[tiers]").to_owned()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of data")]
fn the_same_card_comes_out_of_tables_of_all_habits() {
    let tables: [(&str, String); 6] = [
        (
            "plain",
            "\
Measure,Measure weight,Factor,Feature,Factor weight,From,To,Bands,Missing,Reason
Product adoption,60,Active days,usage.active_days_28d,70,1,16,,,Active on {} days
Product adoption,60,Seats,license.seats_active_pct_28d,30,,,0-10: 0; 10-50: 30; >50: 100,,{} % used
Support,40,Pressing,ticket.open_critical,1,,,0: 100; 1-2: 50; >2: 0,neutral,{} pressing
"
            .to_owned(),
        ),
        (
            "a byte order mark, semicolons, percent signs, other words, another order",
            "\u{feff}Metric;Category;Category weight;KPI weight;Sub-measure;Explanation;If missing;Scoring;Best;Worst\r
usage.active_days_28d;Product adoption;60 %;70 %;Active days;Active on {} days;;;16;1\r
license.seats_active_pct_28d;;;30%;Seats;{} % used;;\"0-10 % = 0\n10-50 % = 30\nelse = 100\";;\r
ticket.open_critical;Support;40 %;1;Pressing;{} pressing;50 points;0: 100 | up to 2: 50 | 3+: 0;;\r
;;;;;;;;;\r
;;;;;;;;;\r
"
            .to_owned(),
        ),
        (
            "two columns called weight, lines of the measure alone, a total",
            "\
Pillar\tWeight\tIndicator\tFeature\tWeight\t0 points at\t100 points at\tScale\tNo data\tText\tNotes
Product adoption\t60\t\t\t\t\t\t\t\t\t
\t\tActive days\tusage.active_days_28d\t70\t1\t16\t\t\tActive on {} days\task Eva
\t\tSeats\tlicense.seats_active_pct_28d\t30\t\t\t<=10: 0; <=50: 30; >50: 100\t\t{} % used\t
\t\t\t\t\t\t\t\t\t\t
Support\t40\tPressing\tticket.open_critical\t1\t\t\t0: 100; 2: 50; else: 0\tneutral\t{} pressing\t
Total\t100\t\t\t101\t\t\t\t\t\t
"
            .to_owned(),
        ),
        (
            "words instead of names of features",
            "\
group,group weight,name,metric,weight,line from,line to,bands,missing,reason
Product adoption,60,Active days,Active days 28d,70,1,16,,,Active on {} days
,,Seats,License seats active pct 28d,30,,,0-10: 0; 10-50: 30; 50-100: 100,,{} % used
Support,40,Pressing,`ticket.open_critical`,1,,,0: 100; 1-2: 50; >2: 0,neutral,{} pressing
"
            .to_owned(),
        ),
        (
            "traffic lights",
            "\
Measure,Measure weight,Factor,Feature,Factor weight,From,To,Bands,Green,Amber,Red,Missing,Reason
Product adoption,60,Active days,usage.active_days_28d,70,1,16,,,,,,Active on {} days
,,Seats,license.seats_active_pct_28d,30,,,0-10: 0; 10-50: 30; >50: 100,,,,,{} % used
Support,40,Pressing,ticket.open_critical,1,,,,0,1,2,neutral,{} pressing
"
            .to_owned(),
        ),
        (
            "Windows letters and what Excel says of the separator",
            "\
sep=;
Measure;Measure weight;Factor;Feature;Factor weight;From;To;Bands;Missing;Reason
Product adoption;60;Active days;usage.active_days_28d;70;1;16;;;Active on {} days
;;Seats;license.seats_active_pct_28d;30;;;0-10: 0; \"0-10: 0; 10-50: 30; >50: 100\";;{} % used
"
            .replace("0-10: 0; \"", "\"")
                + "Support;40;Pressing;ticket.open_critical;1;;;\"0: 100; 1-2: 50; >2: 0\";neutral;{} pressing\n",
        ),
    ];
    for (habit, table) in tables {
        assert_eq!(
            body(&imported(table.as_bytes()).toml),
            expected(),
            "{habit}"
        );
    }
}

#[test]
fn what_was_guessed_is_told_with_its_cell() {
    let table = "\
Health 2026,,,,
,,,,
Category,Metric,Weight,Scoring,Owner of the number
Voice,NPS latest,\"1,000\",<7: 0; 7-8: 50; 9-10: 100,Eva
,survey.csat_latest,500,0-3: 0; 3-5: 100,
Contract,License renews by itself,,0: 0; 1: 100,
";
    let imported = imported(table.as_bytes());
    let expected = [
        "nothing says whom the card is for; it scores everybody except prospects and customers \
         who left: `applies_when` is \"!(has(account.stage) && account.stage in ['prospect', 'churned'])\"",
        "the factors of \"Contract\" have no weights and count alike",
        "measures without a weight weigh what their factors do together: voice 1500, contract 1",
        "A1: \"Health 2026\" is read as the title of the card",
        "E3: the column \"Owner of the number\" is not read; it is passed over",
        "row 4: no reason; people will read \"Latest answer to \"would you recommend us\": {}\"",
        "B4: \"NPS latest\" is read as `survey.nps_latest`",
        "C4: \"1,000\" is read as 1000, not as 1",
        "D4: 7 itself counts to the range below: a value on an edge always does. Write the edge a \
         little lower if 7 must be in the upper one",
        "D4: values above 10 get the points of the last band, 100",
        "row 5: no reason; people will read \"Latest satisfaction: {}\"",
        "D5: values above 5 get the points of the last band, 100",
        "row 6: no reason; people will read \"License renews by itself: {}\"",
        "B6: \"License renews by itself\" is read as `license.auto_renew`",
        "D6: values above 1 get the points of the last band, 100",
    ];
    assert_eq!(imported.guessed, expected);
    assert_eq!(
        imported.understood,
        [
            "rows 1 to 6: 3 factors, header in row 3 (measure, feature, weight, bands)",
            "card `scores`: 3 factors in 2 measures (Voice 100 %, Contract 0 %)",
        ]
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of data")]
fn sections_below_each_other_are_read() {
    let table = "\
Card
Name,Gold health
Applies to,\"account.segment = \"\"gold\"\" AND NOT account.stage = 'churned'\"
Minimum coverage,50 %

Parameters
Name,Value,Min,Max
seats_low,50,0,100

Calculated
Name,Unit,Formula
ticket_ratio.per_seat,tickets,=ticket.opened_28d / license.seats

Factors
Measure,Factor,Feature,Weight,Bands,From,To,Reason
All,Seats,license.seats_active_pct_28d,50,up to parameter.seats_low: 0; else: 100,,,Seats
,Ratio,ticket_ratio.per_seat,50,,0.5,0,Tickets
,Segment,account.segment,0,gold/platinum: 100; other: 0,,,Segment

Red flags
Flag,Condition,Max score,Message,Severity,Responsible,Play,Due in days
Unpaid,license.overdue_days ≥ 30,50,Unpaid for {} days,high,kam,collect,3

Plays
Trigger,If,Task,Playbook,Who,Due,Not again for
Renewal,license.days_to_decision <= 90,Decides in {} days,renewal,kam + csm,14,30

Levels
Level,Score,Alert
bad,< 40,yes
fine,40-75,no
good,75+,
";
    let expected = r#"[card]
name = "gold_health"
version = "1.0.0"
title = "Gold health"
applies_when = "account.segment == 'gold' && ! account.stage == 'churned'"
coverage_min = 50
[parameters]
seats_low = { default = 50, min = 0, max = 100 }
[derive."ticket_ratio.per_seat"]
unit = "tickets"
value = "ticket.opened_28d / license.seats"
[[measures]]
name = "all"
title = "All"
weight = 100
[[measures.factors]]
name = "seats"
feature = "license.seats_active_pct_28d"
weight = 50
bands = [{ up_to = "parameter.seats_low", points = 0 }, { points = 100 }]
reason = "Seats"
[[measures.factors]]
name = "ratio"
feature = "ticket_ratio.per_seat"
weight = 50
line = { zero_at = 0.5, hundred_at = 0 }
reason = "Tickets"
[[measures.factors]]
name = "segment"
feature = "account.segment"
weight = 0
values = { gold = 100, platinum = 100 }
otherwise = 0
reason = "Segment"
[[exceptions]]
name = "unpaid"
when = "license.overdue_days >= 30"
cap = 50
reason = "Unpaid for {} days"
alert = "critical"
owner_role = "kam"
playbook = "collect"
due_days = 3
[[triggers]]
name = "renewal"
when = "license.days_to_decision <= 90"
text = "Decides in {} days"
playbook = "renewal"
owner_roles = ["kam", "csm"]
due_days = 14
cooldown_days = 30
[tiers]
bands = [
    { name = "good", from = 75 },
    { name = "fine", from = 40 },
    { name = "bad", from = 0, alert = "warning" },
]"#;
    let table = table.replace(
        "AND NOT account.stage = 'churned'",
        "AND NOT (account.stage = 'churned')",
    );
    let expected = expected.replace(
        "! account.stage == 'churned'",
        "! (account.stage == 'churned')",
    );
    assert_eq!(body(&imported(table.as_bytes()).toml), expected);
}

#[test]
fn the_sample_is_a_card() {
    let imported = imported(crate::sample().as_bytes());
    assert!(
        imported.toml.contains("name = \"my-card\""),
        "{}",
        imported.toml
    );
    assert!(
        imported
            .toml
            .contains("[monotone]\n\"usage.active_days_28d\" = \"up\"\n"),
        "{}",
        imported.toml
    );
    let guesses = imported.guessed.join("\n");
    assert!(
        guesses.lines().count() <= 2,
        "the sample leaves this to guess:\n{guesses}"
    );
}
