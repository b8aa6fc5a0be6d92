//! The demo as a project on disk: the same companies' past year, ending now, with a configuration,
//! a scorecard to edit, and who left. What `puls demo --write` makes, for those who want to try
//! rules on something that is not their own customers.
//!
//! ```text
//! FOLDER/puls.toml                  reads the events, scores them with the card
//!        events.ndjson              the year, one event a line, up to the moment of writing
//!        outcomes.csv               who gave notice, when, and what it was worth
//!        rules/saas-scorecard/      the card that governs
//! ```
//! Writes into an empty or new folder only.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::year::{HISTORY_DAYS, START, Year};
use crate::model::{DAY_MS, Time};

/// Days of the year that lie before the present day at least.
const YEAR_DAYS: i64 = 365;
/// The card that the project begins with, as it ships.
const CARD: &str = include_str!("../../../rules/saas-scorecard/card.toml");
const CONFIGURATION: &str = include_str!("project/puls.toml");

/// What a project came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Project {
    /// Companies.
    pub accounts: usize,
    /// Events written.
    pub events: u64,
    /// Companies that gave notice.
    pub departures: usize,
    /// When its first event became known.
    pub from: Time,
}

/// Why a project cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The folder has something in it.
    #[error("expected an empty or new folder, found files in {}: name another one", .0.display())]
    NotEmpty(PathBuf),
    /// The disk does not take it.
    #[error("write {}: {error}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// Writes the project of `accounts` companies into `folder`: a year that ends at `now`.
///
/// # Errors
/// Where the folder is not empty, or cannot be written.
pub fn write(
    folder: &Path,
    (seed, accounts): (u64, usize),
    now: Time,
) -> Result<Project, ProjectError> {
    let wrong = |path: &Path| {
        let path = path.to_owned();
        move |error| ProjectError::Write { path, error }
    };
    let card = folder.join("rules/saas-scorecard");
    fs::create_dir_all(folder).map_err(wrong(folder))?;
    let mut entries = fs::read_dir(folder).map_err(wrong(folder))?;
    if entries.next().is_some() {
        return Err(ProjectError::NotEmpty(folder.to_owned()));
    }
    fs::create_dir_all(&card).map_err(wrong(&card))?;
    let put = |path: PathBuf, text: &str| {
        let mut file = File::create_new(&path).map_err(wrong(&path))?;
        file.write_all(text.as_bytes()).map_err(wrong(&path))
    };
    put(card.join("card.toml"), CARD)?;
    put(folder.join("puls.toml"), CONFIGURATION)?;
    let mut year = Year::starting(start(now), seed, accounts);
    let events = folder.join("events.ndjson");
    let written = File::create_new(&events)
        .and_then(|file| write_events(&mut year, now, &mut BufWriter::new(file)))
        .map_err(wrong(&events))?;
    let mut outcomes = String::from("account,decided_at,ended_at,kind,mrr_lost\n");
    let mut departures = 0;
    for gone in year.departures().filter(|gone| gone.decided_at <= now) {
        departures += 1;
        let (account, decided, ended) = (&gone.account, gone.decided_at, gone.ended_at);
        outcomes += &format!("{account},{decided},{ended},churned,{}\n", gone.mrr);
    }
    put(folder.join("outcomes.csv"), &outcomes)?;
    Ok(Project {
        accounts: year.companies().len(),
        events: written,
        departures,
        from: start(now).minus_ms(i64::from(HISTORY_DAYS) * DAY_MS),
    })
}

/// Midnight of the last Wednesday a year or more before `now`, so that weekends are weekends.
fn start(now: Time) -> Time {
    let day = now.0.div_euclid(DAY_MS) - YEAR_DAYS;
    let too_late = (day - START.0 / DAY_MS).rem_euclid(7);
    Time((day - too_late) * DAY_MS)
}

fn write_events(year: &mut Year, now: Time, out: &mut dyn Write) -> io::Result<u64> {
    let days = now.since_ms(start(now)).div_euclid(DAY_MS);
    let mut written = 0;
    while i64::from(year.day_next()) <= days {
        for line in year.day().iter().filter(|line| line.time <= now) {
            writeln!(out, "{}", line.value)?;
            written += 1;
        }
    }
    out.flush()?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_year_begins_on_a_wednesday_and_ends_now() {
        for hours in 0..24 * 15 {
            let now = Time::parse_rfc3339("2026-11-20T00:00:00Z").unwrap();
            let now = now.plus_ms(hours * 3_600_000);
            let found = start(now);
            assert_eq!(found.since_ms(START) % (7 * DAY_MS), 0, "{now}");
            let days = now.since_ms(found) / DAY_MS;
            assert!((365..372).contains(&days), "{now}: {days}");
        }
    }

    #[test]
    fn a_project_is_written_once_and_ends_now() {
        let folder = tempfile::tempdir().unwrap();
        let now = Time::parse_rfc3339("2026-11-26T15:00:00Z").unwrap();
        let project = write(folder.path(), (7, 60), now).unwrap();
        let events = fs::read_to_string(folder.path().join("events.ndjson")).unwrap();
        assert_eq!(events.lines().count() as u64, project.events);
        let last = serde_json::from_str::<serde_json::Value>(events.lines().last().unwrap());
        let last = Time::parse_rfc3339(last.unwrap()["at"].as_str().unwrap()).unwrap();
        assert!(last <= now && now.since_ms(last) < DAY_MS, "{last}");
        let outcomes = fs::read_to_string(folder.path().join("outcomes.csv")).unwrap();
        assert_eq!(outcomes.lines().count(), project.departures + 1);
        assert!((3..30).contains(&project.departures), "{outcomes}");
        // Systems learn of it when the term ends, and of nothing behind that.
        for line in outcomes.lines().skip(1) {
            let fields: Vec<_> = line.split(',').collect();
            let ended = Time::parse_rfc3339(fields[2]).unwrap();
            let account = format!("\"account\":\"{}\"", fields[0]);
            let of_account = events.lines().filter(|line| line.contains(&account));
            let told = of_account
                .filter(|line| line.contains("\"churned\""))
                .count();
            assert_eq!(told, usize::from(ended <= now), "{line}");
        }
        let configuration = fs::read_to_string(folder.path().join("puls.toml")).unwrap();
        assert!(configuration.contains(&format!("[tenants.{}]", crate::demo::life::TENANT)));
        let again = write(folder.path(), (7, 60), now);
        assert!(matches!(again, Err(ProjectError::NotEmpty(_))), "{again:?}");
    }
}
