//! What the view shows: where every company stands, how it got there, and which alerts are open.
//!
//! Fed with published outputs, in their order, and with the ends of days. What it shows depends on
//! these alone, not on how fast they came.

use std::collections::{BTreeMap, VecDeque};

use super::news::{self, Alerted, News, Part, Scored};
use super::year::Company;
use crate::model::{Output, Time};

/// The tiers of the shipped rule, best first; whatever else there is counts as the last.
pub(super) const TIERS: [&str; 5] = ["healthy", "watch", "at risk", "critical", "unknown"];
/// Place of `unknown` among the tiers.
pub(super) const UNKNOWN: usize = 4;
/// Entries of the feed that are kept; a screen shows far fewer.
const FEED_MAX: usize = 200;

/// Where a company stands.
#[derive(Clone, Debug)]
pub(super) struct Standing {
    /// Place among [`TIERS`].
    pub(super) tier: usize,
    /// Since when it is in that tier.
    pub(super) since: Time,
    /// The tier before.
    pub(super) from: Option<usize>,
    pub(super) score: Option<f64>,
    /// Tiers since the year began, each once for each stay.
    pub(super) path: Vec<usize>,
    /// Parts of its score when it came to its tier.
    parts: BTreeMap<String, Part>,
    exceptions: Vec<String>,
}

/// A company came to another tier.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Movement {
    pub(super) at: Time,
    /// Place among the companies.
    pub(super) company: usize,
    pub(super) from: Option<usize>,
    pub(super) to: usize,
    pub(super) score: Option<f64>,
    pub(super) reason: String,
}

/// An alert that is open.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct OpenAlert {
    pub(super) company: usize,
    pub(super) subject: String,
    pub(super) rule: String,
    pub(super) severity: Severity,
    pub(super) opened: Time,
    pub(super) owner_role: String,
    pub(super) reason: String,
}

/// How much an alert matters, most first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Severity {
    Critical,
    Warning,
    Info,
}

/// What became of an alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum AlertChange {
    Opened,
    Escalated,
    Resolved,
}

/// An alert opened, escalated or ended.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct AlertNews {
    pub(super) at: Time,
    pub(super) change: AlertChange,
    pub(super) alert: OpenAlert,
}

/// Something worth telling.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Entry {
    Moved(Movement),
    Alert(AlertNews),
}

/// Numbers of the whole run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Totals {
    pub(super) scores: u64,
    pub(super) movements: u64,
    pub(super) alerts_opened: u64,
    pub(super) alerts_resolved: u64,
    pub(super) triggers: u64,
    pub(super) dead: u64,
}

/// What the view shows.
#[derive(Debug)]
pub(super) struct Board {
    pub(super) companies: Vec<Company>,
    places: BTreeMap<String, usize>,
    /// By place of the company; `None` before its first score.
    pub(super) standings: Vec<Option<Standing>>,
    /// The latest first.
    pub(super) feed: VecDeque<Entry>,
    alerts: BTreeMap<String, OpenAlert>,
    /// For each day that ended, how many companies were in each tier.
    pub(super) days: Vec<[usize; TIERS.len()]>,
    /// For each day that ended, score and tier of the companies with a story.
    pub(super) scores: Vec<Vec<Option<(f64, usize)>>>,
    pub(super) totals: Totals,
    /// Whether the year has begun; what comes before it is taken in and not told.
    telling: bool,
}

impl Board {
    /// A board on which nobody stands yet.
    pub(super) fn new(companies: &[Company]) -> Self {
        let places = companies.iter().map(|company| company.account.clone());
        let stories = companies.iter().filter(|company| company.story.is_some());
        Self {
            places: places.zip(0..).collect(),
            standings: vec![None; companies.len()],
            feed: VecDeque::new(),
            alerts: BTreeMap::new(),
            days: Vec::new(),
            scores: vec![Vec::new(); stories.count()],
            totals: Totals::default(),
            telling: false,
            companies: companies.to_vec(),
        }
    }

    /// The year begins: from now on everything is told.
    pub(super) fn begin(&mut self) {
        self.telling = true;
        self.totals = Totals::default();
        for standing in self.standings.iter_mut().flatten() {
            standing.path = vec![standing.tier];
        }
    }

    /// Takes what was published; returns what is worth telling.
    pub(super) fn take(&mut self, output: &Output) -> Option<Entry> {
        let entry = match news::read(output)? {
            News::Scored(scored) => self.scored(*scored).map(Entry::Moved),
            News::Alerted(alerted) => self.alerted(*alerted).map(Entry::Alert),
            News::Triggered => {
                self.totals.triggers += 1;
                None
            }
            News::Dead => {
                self.totals.dead += 1;
                None
            }
        }?;
        if !self.telling {
            return None;
        }
        self.feed.push_front(entry.clone());
        self.feed.truncate(FEED_MAX);
        Some(entry)
    }

    /// A day of the year is over.
    pub(super) fn end_day(&mut self) {
        self.days.push(self.tiers());
        for (scores, standing) in self.scores.iter_mut().zip(&self.standings) {
            let standing = standing.as_ref();
            scores.push(standing.and_then(|at| Some((at.score?, at.tier))));
        }
    }

    /// How many companies are in each tier now.
    pub(super) fn tiers(&self) -> [usize; TIERS.len()] {
        let mut tiers = [0; TIERS.len()];
        for standing in self.standings.iter().flatten() {
            if let Some(count) = tiers.get_mut(standing.tier) {
                *count += 1;
            }
        }
        tiers
    }

    /// Open alerts, the most severe and oldest first.
    pub(super) fn alerts(&self) -> Vec<&OpenAlert> {
        let mut alerts: Vec<_> = self.alerts.values().collect();
        alerts.sort_by_key(|alert| (alert.severity, alert.opened, alert.company));
        alerts
    }

    /// Name of the company at this place.
    pub(super) fn name(&self, company: usize) -> &str {
        self.companies
            .get(company)
            .map_or("", |company| &company.name)
    }

    /// Whether the company at this place has a story.
    pub(super) fn has_story(&self, company: usize) -> bool {
        self.companies
            .get(company)
            .is_some_and(|company| company.story.is_some())
    }

    fn scored(&mut self, scored: Scored) -> Option<Movement> {
        self.totals.scores += 1;
        let company = *self.places.get(&scored.account)?;
        let place = self.standings.get_mut(company)?;
        let to = tier(&scored.tier);
        let mut path = Vec::new();
        let mut from = None;
        if let Some(before) = place {
            before.score = scored.score;
            if before.tier == to {
                return None;
            }
            from = Some(before.tier);
            path = std::mem::take(&mut before.path);
        }
        path.push(to);
        let reason = reason(place.as_ref(), &scored, to);
        let Scored {
            at,
            score,
            parts,
            exceptions,
            ..
        } = scored;
        *place = Some(Standing {
            tier: to,
            since: at,
            from,
            score,
            path,
            parts,
            exceptions,
        });
        self.totals.movements += u64::from(from.is_some());
        Some(Movement {
            at,
            company,
            from,
            to,
            score,
            reason,
        })
    }

    fn alerted(&mut self, alerted: Alerted) -> Option<AlertNews> {
        let company = *self.places.get(&alerted.account)?;
        let change = match alerted.change.as_str() {
            "opened" => AlertChange::Opened,
            "escalated" => AlertChange::Escalated,
            "resolved" => AlertChange::Resolved,
            _ => {
                self.update(alerted, company);
                return None;
            }
        };
        let at = alerted.at;
        let alert = match change {
            AlertChange::Resolved => {
                self.totals.alerts_resolved += 1;
                self.alerts.remove(&alerted.alert)?
            }
            AlertChange::Opened | AlertChange::Escalated => {
                self.totals.alerts_opened += u64::from(change == AlertChange::Opened);
                self.update(alerted, company)
            }
        };
        Some(AlertNews { at, change, alert })
    }

    fn update(&mut self, alerted: Alerted, company: usize) -> OpenAlert {
        let reason = alerted.why.into_iter().next().unwrap_or_default();
        let alert = OpenAlert {
            company,
            subject: alerted.subject,
            rule: alerted.rule,
            severity: severity(&alerted.severity),
            opened: alerted.opened,
            owner_role: alerted.owner_role,
            reason,
        };
        self.alerts.insert(alerted.alert, alert.clone());
        alert
    }
}

fn tier(name: &str) -> usize {
    match name {
        "healthy" => 0,
        "watch" => 1,
        "at_risk" => 2,
        "critical" => 3,
        _ => UNKNOWN,
    }
}

fn severity(word: &str) -> Severity {
    match word {
        "critical" => Severity::Critical,
        "info" => Severity::Info,
        _ => Severity::Warning,
    }
}

/// Why a company moved, in one sentence: an exception that came, else the part of the score that
/// changed most in the direction of the movement since the company came to its former tier.
fn reason(before: Option<&Standing>, scored: &Scored, to: usize) -> String {
    let Some(before) = before else {
        return "first seen".into();
    };
    if to == UNKNOWN {
        return "too little is known".into();
    }
    if before.tier == UNKNOWN {
        return "enough is known now".into();
    }
    let came = scored
        .exceptions
        .iter()
        .find(|text| !before.exceptions.contains(*text));
    if let Some(text) = came {
        return text.clone();
    }
    let down = to > before.tier;
    let change = |name: &String, part: &Part| {
        let earlier = before.parts.get(name).map_or(0.0, |part| part.contribution);
        let change = part.contribution - earlier;
        if down { -change } else { change }
    };
    let most = scored
        .parts
        .iter()
        .map(|(name, part)| (change(name, part), part))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match most {
        Some((points, part)) if points > 0.0 => match &part.reason {
            Some(text) => text.clone(),
            None => {
                let how = if down { "worse" } else { "better" };
                format!("{}: {points:.0} points {how}", part.measure)
            }
        },
        _ => String::new(),
    }
}

#[cfg(test)]
pub(super) mod tests {
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
            r#"{{"specversion":"1.0","id":"1","source":"puls/demo","type":"puls.score.v1","subject":"{account}","time":"{at}","data":{{"account":"{account}","rule":{{"name":"saas-health","version":"1","digest":"","primary":true}},"as_of":"{at}","score":{score},"tier":"{tier}","exceptions":[],"measures":[{{"name":"adoption","title":"Adoption","parts":[{{"name":"rhythm","contribution":{use_points},"points":{use_points},"weight":50,"reason":{{"code":"r","text":"Active on {use_points} days"}},"features":[]}}]}},{{"name":"support","title":"Support","parts":[{{"name":"answers","contribution":{late},"points":{late},"weight":50,"reason":null,"features":[]}}]}}]}}}}"#
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
}
