//! Event sets that nobody here wrote, through every world: the same scores, to the last digit.
#![expect(clippy::string_slice, reason = "a test fails by panicking")]

use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use puls::model::Reason;
use puls::shard::{Counts, Fates};
use puls_tests::data_set::{DataSet, Final, folder};
use puls_tests::program::{put, top};
use tempfile::TempDir;

const RAVENSTACK_UNTIL: &str = "2025-01-01T00:00:00Z";
const CLOUD_UNTIL: &str = "2025-09-20T00:00:00Z";

/// `ravenstack` as one file per kind, each read by the mapping of the shipped configuration.
pub(crate) fn ravenstack(set: &Path) -> (TempDir, DataSet) {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    let packed = fs::File::open(set.join("events.ndjson.gz")).unwrap();
    GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    let shipped = fs::read_to_string(top().join("engine/examples/ravenstack.toml")).unwrap();
    let mapping = &shipped[shipped.find("[mapping.feed]").unwrap()..];
    let mapping = &mapping[..mapping.find("[tenants.").unwrap()];
    let mut config = String::from("[puls]\ndata = \"data\"\n\n");
    for (family, kind) in [
        ("usage", "usage"),
        ("license", "license"),
        ("ticket", "ticket"),
        ("survey", "survey"),
    ] {
        let marker = format!("\"family\": \"{family}\"");
        let lines: Vec<&str> = text.lines().filter(|line| line.contains(&marker)).collect();
        put(
            folder.path(),
            &format!("{kind}.ndjson"),
            lines.join("\n") + "\n",
        );
        config += &format!(
            "[inputs.{kind}]\npath = \"{kind}.ndjson\"\nformat = \"json\"\nkind = \"{kind}\"\n\
             history = true\ntenant = \"ravenstack\"\n\n{}\n",
            mapping.replace("mapping.feed", &format!("mapping.{kind}"))
        );
    }
    config += "[tenants.ravenstack]\ntime_zone = \"UTC\"\ncurrency = \"USD\"\n";
    put(folder.path(), "puls.toml", config);
    let set = DataSet::load(&folder.path().join("puls.toml"), RAVENSTACK_UNTIL);
    (folder, set)
}

/// `cloud_provider` as the shipped configuration reads it.
pub(crate) fn cloud_provider(set: &Path) -> (TempDir, DataSet) {
    let folder = tempfile::tempdir().unwrap();
    let shipped = fs::read_to_string(top().join("engine/examples/cloud-provider.toml")).unwrap();
    let config = shipped.replace("../../../shared/data/cloud_provider", set.to_str().unwrap());
    let rules = config.find("[[tenants.").unwrap();
    put(folder.path(), "puls.toml", &config[..rules]);
    let set = DataSet::load(&folder.path().join("puls.toml"), CLOUD_UNTIL);
    (folder, set)
}

fn sums(counts: &Counts) -> (Fates, Fates) {
    let (mut records, mut events) = (Fates::default(), Fates::default());
    for input in &counts.0 {
        for (sum, more) in [(&mut records, input.records), (&mut events, input.events)] {
            sum.applied += more.applied;
            sum.duplicate += more.duplicate;
            sum.dead += more.dead;
        }
        assert_eq!(
            input.reasons.iter().sum::<u64>(),
            input.events.dead,
            "{}",
            input.input
        );
    }
    (records, events)
}

fn accounts(end: &Final, rule: &str) -> usize {
    end.scores
        .keys()
        .filter(|name| name.ends_with(rule))
        .count()
}

#[test]
fn ravenstack_ends_the_same_in_every_world() {
    let Some(set) = folder("ravenstack") else {
        return;
    };
    let (_folder, set) = ravenstack(&set);
    let one = set.through_files(1);
    let (records, events) = sums(&one.counts);
    assert_eq!((records.sum(), records.applied), (35_661, 35_661));
    assert_eq!((events.sum(), events.applied), (37_756, 37_756));
    assert_eq!(accounts(&one, "saas-health"), 500);
    for (name, score) in one
        .scores
        .iter()
        .filter(|(name, _)| name.ends_with("saas-health"))
    {
        let tier = one.tiers.get(name).unwrap();
        assert!(
            !score.contains("score: None") || tier.starts_with("unknown"),
            "{name}: {tier}"
        );
    }
    for (how, other) in [
        ("4 shards", set.through_files(4)),
        ("4 shards, cut at 1", set.through_memory(4, 1)),
        ("1 shard, cut at 100", set.through_memory(1, 100)),
    ] {
        one.assert_same_scores(&other, how);
        one.assert_same_decisions(&other, how);
        assert_eq!(one.counts, other.counts, "{how}");
    }
}

#[test]
fn cloud_provider_ends_the_same_in_every_world() {
    let Some(set) = folder("cloud_provider") else {
        return;
    };
    let (_folder, set) = cloud_provider(&set);
    let one = set.through_files(1);
    let (records, events) = sums(&one.counts);
    assert_eq!(records.sum(), 45_412);
    assert_eq!(records.dead, 66 + 40 + 1_089 + 13);
    let reason = |reason: Reason| -> u64 {
        one.counts
            .0
            .iter()
            .filter_map(|input| input.reasons.get(reason as usize))
            .sum()
    };
    // Missing usage values; negative costs, impossible NPS and CSAT answers.
    assert_eq!(reason(Reason::MissingField), 877);
    assert_eq!(reason(Reason::OutOfRange), 216 + 66 + 40 + 13);
    assert_eq!(events.dead, 877 + 216 + 66 + 40 + 13);
    assert_eq!(accounts(&one, "saas-health"), 80);
    for (how, other) in [
        ("4 shards", set.through_files(4)),
        ("4 shards, cut at 100", set.through_memory(4, 100)),
    ] {
        one.assert_same_scores(&other, how);
    }
}
