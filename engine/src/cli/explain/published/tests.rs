//! Why a score moved, from two events that follow each other.

use serde_json::{Value, json};

use super::{Ground, Published};

/// A score event whose parts are (name, contribution, points, weight), with more fields over it.
fn event(parts: &[(&str, f64, f64, f64)], more: &Value) -> Published {
    let part = |(name, contribution, points, weight): &(&str, f64, f64, f64)| {
        json!({"name": name, "contribution": contribution, "points": points, "weight": weight,
               "reason": {"code": name, "text": format!("because of {name}")}, "features": []})
    };
    let parts: Vec<_> = parts.iter().map(part).collect();
    let mut data = json!({
        "rule": {"name": "health", "version": "1", "digest": "ab", "primary": true},
        "language": "en", "as_of": "2026-03-01T00:00:00Z",
        "cause": {"input": "events", "offset": 3, "row": 0},
        "score": 50, "previous": 60, "delta": -10, "tier": "watch", "tier_title": "watch",
        "exceptions": [], "split": null, "features": {}, "measures": [{"parts": parts}],
    });
    for (key, value) in more.as_object().unwrap() {
        data[key] = value.clone();
    }
    Published::parse(json!({ "data": data }).to_string().as_bytes()).unwrap()
}

fn said(ground: Ground) -> String {
    match ground {
        Ground::Said(why) => why.text,
        Ground::Ended(why) => format!("ended: {}", why.text),
        Ground::Rule(rule) => format!("rule {rule}"),
        Ground::Set { by, reason } => format!("set by {by}: {reason}"),
        Ground::Unset => "unset".into(),
        Ground::Part(name) => format!("part {name}"),
        Ground::NoScore => "no score".into(),
        Ground::None => "none".into(),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table, and what reads it")]
fn the_main_reason_is_what_moved_the_score() {
    let before = [("a", 30.0, 75.0, 40.0), ("b", 30.0, 50.0, 60.0)];
    let fell = [("a", 22.0, 55.0, 40.0), ("b", 28.0, 47.0, 60.0)];
    let unpaid = json!([{"code": "unpaid", "text": "Unpaid"}]);
    let split = |rule: f64, customer: f64| {
        json!({"split": {"rule": rule, "data_availability": 0, "time": 0, "peers": 0,
                         "customer": customer}})
    };
    let ada = json!({"override": {"by": "ada", "reason": "new sponsor"}});
    let table = [
        // It fell by a, although b costs more.
        (&before[..], json!({}), &fell[..], json!({}), "because of a"),
        // It rose: what fell is no reason.
        (
            &fell,
            json!({}),
            &before,
            json!({"score": 60, "previous": 50}),
            "because of a",
        ),
        (
            &before,
            json!({}),
            &fell,
            json!({"exceptions": unpaid}),
            "Unpaid",
        ),
        (
            &before,
            json!({"exceptions": unpaid}),
            &fell,
            json!({}),
            "ended: Unpaid",
        ),
        (
            &before,
            json!({}),
            &fell,
            ada.clone(),
            "set by ada: new sponsor",
        ),
        (&before, ada, &fell, json!({}), "unset"),
        (
            &before,
            json!({}),
            &fell,
            split(-8.0, -2.0),
            "rule health 1",
        ),
        (&before, json!({}), &fell, split(-2.0, -8.0), "because of a"),
        // New data of c takes weight from a, and c is what costs.
        (
            &[("a", 100.0, 100.0, 100.0)],
            json!({}),
            &[("a", 60.0, 100.0, 60.0), ("c", 20.0, 50.0, 40.0)],
            json!({"score": 80, "previous": 100}),
            "because of c",
        ),
        // Nothing moved: what costs most.
        (
            &before,
            json!({}),
            &before,
            json!({"previous": 50}),
            "because of b",
        ),
        (&[], json!({}), &[], json!({}), "none"),
        (
            &before,
            json!({}),
            &fell,
            json!({"score": null}),
            "no score",
        ),
    ];
    for (then, more_then, now, more_now, expected) in table {
        let (then, now) = (event(then, &more_then), event(now, &more_now));
        assert_eq!(said(now.ground(Some(&then))), expected, "{more_now}");
    }
    assert_eq!(
        said(event(&before, &json!({})).ground(None)),
        "because of b"
    );
}
