//! `puls-generate`: writes a made-up workload as NDJSON, to a file or to standard output.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Parser;
use puls::model::Time;
use puls_benches::{Generator, Keys, Workload};

/// Write a made-up workload: canonical JSON events, one a line, in order of time.
#[derive(Parser, Debug)]
#[command(name = "puls-generate", version)]
struct Arguments {
    /// Number of records to write.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// Seed of all choices; the same arguments give the same bytes.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Accounts over all tenants.
    #[arg(long, default_value_t = 10_000)]
    accounts: u32,
    /// Tenants.
    #[arg(long, default_value_t = 1)]
    tenants: u32,
    /// Exponent of the Zipf distribution of accounts; 0 makes them all alike.
    #[arg(long, default_value_t = 1.0)]
    zipf: f64,
    /// Time of the first record, RFC 3339.
    #[arg(long, default_value = "2026-01-01T00:00:00Z", value_parser = time)]
    start: Time,
    /// Records in a second of simulated time.
    #[arg(long, default_value_t = 100.0)]
    rate: f64,
    /// Share of records whose event happened up to six days before.
    #[arg(long, default_value_t = 0.01, value_parser = share)]
    late: f64,
    /// Share of records that repeat an earlier one.
    #[arg(long, default_value_t = 0.01, value_parser = share)]
    duplicates: f64,
    /// Leave out the profile and license that every account begins with.
    #[arg(long)]
    no_profiles: bool,
    /// File to write; standard output where there is none.
    #[arg(long)]
    out: Option<PathBuf>,
}

fn time(text: &str) -> Result<Time, String> {
    Time::parse_rfc3339(text).ok_or_else(|| "expected a time such as 2026-01-01T00:00:00Z".into())
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a share from 0 to 1".into()),
    }
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let written = match &arguments.out {
        Some(path) => write(&arguments, File::create(path)?),
        None => write(&arguments, io::stdout().lock()),
    };
    match written {
        // The reader has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

fn write(arguments: &Arguments, to: impl Write) -> io::Result<()> {
    let workload = Workload {
        seed: arguments.seed,
        accounts: arguments.accounts,
        tenants: arguments.tenants,
        keys: if arguments.zipf > 0.0 {
            Keys::Zipf(arguments.zipf)
        } else {
            Keys::Uniform
        },
        start: arguments.start,
        events_per_s: arguments.rate,
        late_share: arguments.late,
        duplicate_share: arguments.duplicates,
        profiles: !arguments.no_profiles,
        ..Workload::default()
    };
    let mut to = BufWriter::with_capacity(1 << 20, to);
    for (line, _) in Generator::new(&workload).zip(0..arguments.events) {
        to.write_all(line.value.as_bytes())?;
        to.write_all(b"\n")?;
    }
    to.flush()
}
