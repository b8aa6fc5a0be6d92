//! The board, fed with events in the published form.

use super::{AlertChange, Board, Entry};
use crate::demo::year::Company;
use crate::model::{Output, Time, Topic};

/// Three companies, the first with a story.
pub(in crate::demo) fn companies() -> Vec<Company> {
    let company = |name: &str, story| Company {
        account: name.to_lowercase(),
        name: name.into(),
        story,
    };
    vec![
        company("Nordlicht", Some("silent drift")),
        company("Aldergate", None),
        company("Veldenby", None),
    ]
}

/// A score event with two parts, in the published form.
pub(in crate::demo) fn score(
    account: &str,
    at: Time,
    tier: &str,
    (use_points, late): (f64, f64),
) -> Output {
    let score = use_points + late;
    let value = format!(
        r#"{{"specversion":"1.0","id":"1","source":"puls/demo","type":"puls.score.v1","subject":"{account}","time":"{at}","data":{{"account":"{account}","rule":{{"name":"saas-health","version":"1","digest":"","primary":true}},"as_of":"{at}","score":{score},"tier":"{tier}","exceptions":[],"measures":[{{"name":"adoption","title":"Adoption","parts":[{{"name":"rhythm","contribution":{use_points},"points":{use_points},"weight":100,"reason":{{"code":"r","text":"Active on {use_points} days"}},"features":[]}}]}},{{"name":"support","title":"Support","parts":[{{"name":"answers","contribution":{late},"points":{late},"weight":100,"reason":null,"features":[]}}]}}]}}}}"#
    );
    output(Topic::Scores, account, value)
}

/// An alert event in the published form.
pub(in crate::demo) fn alert(account: &str, at: Time, change: &str, severity: &str) -> Output {
    let value = format!(
        r#"{{"specversion":"1.0","id":"1","source":"puls/demo","type":"puls.alert.v1","subject":"{account}","time":"{at}","data":{{"alert":"a-{account}","revision":1,"change":"{change}","subject":"tier","rule":"saas-health","severity":"{severity}","state":"open","opened":"{at}","due":null,"owner_role":"csm","playbook":"","why":[{{"code":"r","text":"Use fell by 42 %"}}],"score":null}}}}"#
    );
    output(Topic::Alerts, account, value)
}

fn output(topic: Topic, account: &str, value: String) -> Output {
    Output {
        topic,
        tenant: "demo".into(),
        key: format!("demo/{account}"),
        value: value.into_bytes(),
    }
}

pub(in crate::demo) fn day(number: i64) -> Time {
    crate::demo::START.plus_ms(number * crate::model::DAY_MS)
}

#[test]
fn movements_name_what_changed_most_in_their_direction() {
    let mut board = Board::new(&companies());
    assert_eq!(
        board.take(&score("nordlicht", day(-3), "healthy", (50.0, 40.0))),
        None
    );
    board.begin();
    // tier, (use, late) → told
    let table = [
        ("healthy", (48.0, 40.0), None),
        ("watch", (30.0, 41.0), Some("Active on 30 days")),
        ("at_risk", (29.0, 21.0), Some("Support: 20 points worse")),
        ("watch", (30.0, 45.0), Some("Support: 24 points better")),
        ("unknown", (30.0, 45.0), Some("too little is known")),
        ("healthy", (50.0, 45.0), Some("enough is known now")),
    ];
    for (number, (tier, points, told)) in (0..).zip(table) {
        let entry = board.take(&score("nordlicht", day(number), tier, points));
        let reason = entry.map(|entry| match entry {
            Entry::Moved(movement) => movement.reason,
            Entry::Alert(alert) => panic!("{alert:?}"),
        });
        assert_eq!(reason.as_deref(), told, "{tier} {points:?}");
    }
    let standing = board.standings[0].as_ref().unwrap();
    assert_eq!(standing.path, [0, 1, 2, 1, 4, 0]);
    assert_eq!(board.totals.movements, 5);
}

#[test]
fn alerts_are_open_until_they_are_resolved() {
    let mut board = Board::new(&companies());
    board.begin();
    let table = [
        (
            "nordlicht",
            "opened",
            "warning",
            Some(AlertChange::Opened),
            1,
        ),
        (
            "aldergate",
            "opened",
            "critical",
            Some(AlertChange::Opened),
            2,
        ),
        ("nordlicht", "updated", "warning", None, 2),
        (
            "nordlicht",
            "escalated",
            "critical",
            Some(AlertChange::Escalated),
            2,
        ),
        (
            "nordlicht",
            "resolved",
            "critical",
            Some(AlertChange::Resolved),
            1,
        ),
        ("stranger", "opened", "critical", None, 1),
    ];
    for (number, (account, change, severity, told, open)) in (0..).zip(table) {
        let entry = board.take(&alert(account, day(number), change, severity));
        let change = entry.map(|entry| match entry {
            Entry::Alert(alert) => alert.change,
            Entry::Moved(movement) => panic!("{movement:?}"),
        });
        assert_eq!((change, board.alerts().len()), (told, open), "{number}");
    }
    assert_eq!(
        (board.totals.alerts_opened, board.totals.alerts_resolved),
        (2, 1)
    );
}

#[test]
fn days_count_tiers_and_keep_the_scores_of_stories() {
    let mut board = Board::new(&companies());
    board.begin();
    board.take(&score("nordlicht", day(0), "watch", (30.0, 30.0)));
    board.take(&score("aldergate", day(0), "healthy", (50.0, 40.0)));
    board.end_day();
    board.take(&score("nordlicht", day(1), "critical", (10.0, 10.0)));
    board.end_day();
    assert_eq!(board.days, [[1, 1, 0, 0, 0], [1, 0, 0, 1, 0]]);
    assert_eq!(board.scores, [[Some((60.0, 1)), Some((20.0, 3))]]);
}
