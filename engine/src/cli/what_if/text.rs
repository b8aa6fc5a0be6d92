//! A what-if as people read it before a card goes live.

use crate::cli::table::{self, wrapped};
use crate::query::{Answer, Because, Distribution, Moved, Place, Segment};

/// Columns of the bar of a distribution.
const BAR: u64 = 24;

/// All lines, `width` columns wide at most where text can be broken.
pub(super) fn lines(answer: &Answer, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in head(answer) {
        lines.extend(wrapped(&line, width));
    }
    lines.push(String::new());
    lines.extend(migration(answer));
    lines.push(String::new());
    lines.extend(scores(answer));
    if answer.segments.len() > 1 {
        lines.push(String::new());
        lines.extend(segments(answer));
    }
    lines.push(String::new());
    lines.extend(movers(answer));
    lines.push(String::new());
    lines.extend(wrapped(&answer.meaning, width));
    lines
}

fn head(answer: &Answer) -> Vec<String> {
    let (present, draft) = (&answer.present, &answer.draft);
    let mut lines = vec![format!(
        "What if {} {} (draft {}) took the place of {} {} ({})?",
        draft.name,
        draft.version,
        short(&draft.digest),
        present.name,
        present.version,
        short(&present.digest)
    )];
    for (which, card) in [("today", present), ("draft", draft)] {
        let set = card.parameters.iter();
        let set: Vec<_> = set
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        if present.parameters != draft.parameters && !set.is_empty() {
            lines.push(format!("Parameters {which}: {}", set.join(", ")));
        }
    }
    let values = match &answer.values {
        Some(values) if values.from == values.to => format!("values as of {}", values.to),
        Some(values) => format!("values as of {} to {}", values.from, values.to),
        None => "no values".to_owned(),
    };
    lines.push(format!(
        "Tenant {}, {}, {values}.",
        answer.tenant,
        many(answer.accounts)
    ));
    if answer.shards.here < answer.shards.of {
        lines.push(format!(
            "Only {} of {} shards are on this instance; accounts of the others are not counted.",
            answer.shards.here, answer.shards.of
        ));
    }
    for (which, failed) in [
        ("card of today", answer.failed.present),
        ("draft", answer.failed.draft),
    ] {
        if failed > 0 {
            lines.push(format!(
                "The {which} failed on {}, not counted below.",
                many(failed)
            ));
        }
    }
    lines.push(String::new());
    lines.extend(changes(answer));
    lines
}

fn changes(answer: &Answer) -> Vec<String> {
    let tiers = &answer.tier_changes;
    let scores = &answer.score_changes;
    if tiers.accounts == 0 && scores.accounts == 0 {
        return vec!["Nothing changes: every account keeps its score and its tier.".into()];
    }
    let tier_line = if tiers.accounts == 0 {
        "No account changes its tier.".to_owned()
    } else {
        let moves = [
            (tiers.better, "to a better one"),
            (tiers.worse, "to a worse one"),
            (tiers.other, "to or from unknown or not_scored"),
        ];
        let moves = moves.iter().filter(|(count, _)| *count > 0);
        let moves = moves.map(|(count, to)| format!("{} {to}", table::count(*count)));
        format!(
            "{} ({}) would be in another tier: {}.",
            many(tiers.accounts),
            percent(tiers.percent),
            moves.collect::<Vec<_>>().join(", ")
        )
    };
    let score_line = format!(
        "{} ({} of those scored by both) would have another score.",
        many(scores.accounts),
        percent(scores.percent)
    );
    vec![tier_line, score_line]
}

fn migration(answer: &Answer) -> Vec<String> {
    let migration = &answer.migration;
    let sum = |counts: &[u64]| counts.iter().sum::<u64>();
    let place = |name: &String| migration.draft.iter().position(|other| other == name);
    let mut rows = Vec::new();
    for (name, counts) in migration.present.iter().zip(&migration.accounts) {
        let own = place(name);
        let cell = |(column, count): (usize, &u64)| {
            // Who stays is the diagonal; nobody is a dot, so that moves stand out.
            match (*count, own == Some(column)) {
                (0, _) => ".".to_owned(),
                (count, true) => format!("={}", table::count(count)),
                (count, false) => table::count(count),
            }
        };
        let cells = counts.iter().enumerate().map(cell);
        let mut row = vec![name.clone()];
        row.extend(cells);
        row.push(table::count(sum(counts)));
        rows.push(row);
    }
    let columns = 0..migration.draft.len();
    let total = |column: usize| {
        let rows = migration.accounts.iter();
        rows.filter_map(|row| row.get(column)).sum::<u64>()
    };
    let mut last = vec!["draft".to_owned()];
    last.extend(columns.map(|column| table::count(total(column))));
    last.push(table::count(answer.accounts));
    rows.push(last);
    let names = migration.draft.iter().map(String::as_str);
    let head: Vec<&str> = std::iter::once("").chain(names).chain(["today"]).collect();
    let mut lines = vec![
        "Tiers: rows are today's card, columns the draft; `=` marks those who stay.".to_owned(),
    ];
    lines.extend(table::columns(&head, &rows, true));
    lines
}

fn scores(answer: &Answer) -> Vec<String> {
    let (present, draft) = (&answer.scores.present, &answer.scores.draft);
    let most = present.tens.iter().chain(&draft.tens).max().copied();
    let most = most.unwrap_or(0).max(1);
    let bar = |count: u64| {
        let length = (count * BAR).div_ceil(most);
        "█".repeat(usize::try_from(length).unwrap_or(0))
    };
    let width = usize::try_from(BAR).unwrap_or(0);
    let digits = table::count(most).len().max("today".len());
    let mut lines = vec![format!(
        "Scores    {:>digits$} {:width$} {:>digits$}",
        "today", "", "draft"
    )];
    let pairs = present.tens.iter().zip(&draft.tens).enumerate().rev();
    for (ten, (before, after)) in pairs {
        let (low, high) = (ten * 10, ten * 10 + 10);
        let line = format!(
            "{:<9} {:>digits$} {:width$} {:>digits$} {}",
            format!("{low}–{high}"),
            table::count(*before),
            bar(*before),
            table::count(*after),
            bar(*after)
        );
        lines.push(line.trim_end().to_owned());
    }
    let of = |scores: &Distribution| scores.mean.map_or_else(|| "–".to_owned(), points);
    lines.push(format!(
        "Mean score {} today, {} by the draft.",
        of(present),
        of(draft)
    ));
    lines
}

fn segments(answer: &Answer) -> Vec<String> {
    let head = [
        "segment",
        "accounts",
        "other tier",
        "better",
        "worse",
        "mean today",
        "mean draft",
    ];
    let row = |segment: &Segment| {
        let name = match (&segment.segment, segment.summed) {
            (Some(name), _) => name.clone(),
            (None, Some(number)) => format!("{number} smaller ones"),
            (None, None) => "(none)".to_owned(),
        };
        let mean = |mean: Option<f64>| mean.map_or_else(|| "–".to_owned(), points);
        vec![
            name,
            table::count(segment.accounts),
            format!(
                "{} ({})",
                table::count(segment.tier_changes.accounts),
                percent(segment.tier_changes.percent)
            ),
            table::count(segment.tier_changes.better),
            table::count(segment.tier_changes.worse),
            mean(segment.mean.present),
            mean(segment.mean.draft),
        ]
    };
    let rows: Vec<_> = answer.segments.iter().map(row).collect();
    table::columns(&head, &rows, true)
}

fn movers(answer: &Answer) -> Vec<String> {
    if answer.movers.is_empty() {
        return vec!["No account moves.".to_owned()];
    }
    let mut lines = vec!["Who moves most:".to_owned()];
    for mover in &answer.movers {
        lines.push(mover_line(mover));
        lines.extend(mover.because.iter().map(because_line));
    }
    lines
}

fn mover_line(mover: &Moved) -> String {
    let segment = mover.segment.as_ref().map(|name| format!(" ({name})"));
    let score = |place: &Place| place.score.map_or_else(|| "no score".to_owned(), points);
    let delta = mover.delta.map(|delta| format!(" ({})", signed(delta)));
    let tiers = if mover.present.tier == mover.draft.tier {
        format!("stays {}", mover.draft.tier)
    } else {
        format!("{} → {}", mover.present.tier, mover.draft.tier)
    };
    format!(
        "{}{}: {} → {}{}, {tiers}",
        mover.account,
        segment.unwrap_or_default(),
        score(&mover.present),
        score(&mover.draft),
        delta.unwrap_or_default()
    )
}

/// What moved it, what of the card did that, and what the card says about it.
fn because_line(because: &Because) -> String {
    let changed = |name: &str, before: String, after: String| {
        (before != after).then(|| format!("{name} {before} → {after}"))
    };
    let weight = because.weight.and_then(|weight| {
        let percent = |weight: f64| format!("{weight:.1} %");
        changed("weighs", percent(weight.present), percent(weight.draft))
    });
    let of_hundred = |points: Option<f64>| points.map_or_else(|| "none".to_owned(), self::points);
    let points = &because.points;
    let points = changed(
        "points",
        of_hundred(points.present),
        of_hundred(points.draft),
    );
    let how: Vec<_> = weight.into_iter().chain(points).collect();
    let how = if how.is_empty() {
        String::new()
    } else {
        format!(" ({})", how.join(", "))
    };
    let text = if because.text.is_empty() {
        String::new()
    } else {
        format!(": {}", because.text)
    };
    format!(
        "  {:>6}  {}{how}{text}",
        signed(because.delta),
        because.what
    )
}

fn points(points: f64) -> String {
    format!("{points:.1}")
}

fn signed(points: f64) -> String {
    let sign = if points < 0.0 { "−" } else { "+" };
    format!("{sign}{:.1}", points.abs())
}

/// A share; what is not nothing does not look like nothing.
fn percent(percent: f64) -> String {
    if percent > 0.0 && percent < 0.05 {
        "< 0.1 %".to_owned()
    } else {
        format!("{percent:.1} %")
    }
}

fn many(accounts: u64) -> String {
    let noun = if accounts == 1 { "account" } else { "accounts" };
    format!("{} {noun}", table::count(accounts))
}

fn short(digest: &str) -> &str {
    digest.get(..8).unwrap_or(digest)
}
