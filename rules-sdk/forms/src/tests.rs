//! Tables in, cards out; cards in, tables and pages out.

mod messy;
mod mistakes;
mod pages;
mod round;
mod workbook;

use puls_scorecard::{Catalogue, Entry, Form};

use crate::{Imported, Refused, Wish, import};

/// Some features of the engine, as it names them to cards.
fn catalogue() -> Catalogue {
    let number = [
        ("usage.active_days_28d", "days"),
        ("usage.trend_28d", "percent"),
        ("usage.breadth_28d", "metrics"),
        ("license.seats", "seats"),
        ("license.seats_active_pct_28d", "percent"),
        ("license.auto_renew", "0 or 1"),
        ("ticket.open_critical", "tickets"),
        ("ticket.opened_28d", "tickets"),
        ("survey.nps_latest", "0 to 10"),
        ("survey.csat_latest", "0 to 5"),
        ("survey.csat_mean_90d", "0 to 5"),
    ];
    let since = [
        "usage.days_since_last",
        "survey.nps_age_days",
        "license.overdue_days",
    ];
    let until = ["license.days_to_decision"];
    let text = ["account.segment", "account.stage"];
    let entry = |name: &str, form, unit: &str| Entry {
        name: name.to_owned(),
        form,
        unit: unit.to_owned(),
        age: (name == "survey.nps_latest").then(|| "survey.nps_age_days".to_owned()),
        values: match name {
            "account.stage" => ["prospect", "trial", "onboarding", "adoption", "churned"]
                .map(str::to_owned)
                .to_vec(),
            _ => Vec::new(),
        },
        for_triggers: false,
    };
    let mut all: Vec<_> = number
        .map(|(name, unit)| entry(name, Form::Number, unit))
        .to_vec();
    all.extend(since.map(|name| entry(name, Form::DaysSince, "days")));
    all.extend(until.map(|name| entry(name, Form::DaysUntil, "days")));
    all.extend(text.map(|name| entry(name, Form::Text, "text")));
    Catalogue::new(all)
}

fn wish() -> Wish {
    Wish {
        sheet: None,
        name: "scores".to_owned(),
        file: "scores.csv".to_owned(),
    }
}

/// What a table gives.
fn imported(bytes: &[u8]) -> Imported {
    match import(bytes, &wish(), &catalogue()) {
        Ok(imported) => imported,
        Err(Refused::Unreadable(why)) => panic!("{why}"),
        Err(Refused::Wrong { problems, .. }) => panic!("{}", problems.join("\n")),
    }
}

/// What is wrong with a table, a line each.
fn refused(bytes: &[u8]) -> Vec<String> {
    match import(bytes, &wish(), &catalogue()) {
        Ok(imported) => panic!("taken:\n{}", imported.toml),
        Err(Refused::Unreadable(why)) => vec![why.to_string()],
        Err(Refused::Wrong { problems, .. }) => problems,
    }
}

/// The card without its comment and blank lines.
fn body(toml: &str) -> String {
    let lines = toml
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}
