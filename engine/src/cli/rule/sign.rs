//! `puls rule keygen | sign | signature`: who stands for a package.
//!
//! A private key lies in a file that only its owner can read; nothing prints it, and no file is
//! overwritten by one. Signatures lie beside the package, in `FILE.sig`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde_json::json;

use crate::cli::patience::ask;
use crate::cli::session::{ConfigArgs, Outcome, Session, tenant};
use crate::config::Config;
use crate::limits::SIGNATURE_BYTES_MAX;
use crate::log::{Log, durable};
use crate::model::{Digest, content_digest};
use crate::rules::RulesEngine;
use crate::rules::signature::{PrivateKey, Signatures};

/// Permissions of a private key: its owner's.
const PRIVATE_MODE: u32 = 0o600;

#[derive(Debug, Args)]
pub(super) struct KeygenArgs {
    /// The file of the private key; the public one is written beside it, with `.pub`.
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct SignArgs {
    /// The package, as `puls rule build` writes it.
    file: PathBuf,
    /// The private key, as `puls rule keygen` writes it.
    #[arg(long, value_name = "FILE", env = "PULS_SIGNING_KEY")]
    key: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct SignatureArgs {
    /// The package; its signatures lie beside it.
    file: PathBuf,
    /// The tenant that may take it; needed where there are several.
    #[arg(long)]
    tenant: Option<String>,
    #[command(flatten)]
    config: ConfigArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Where the signatures of a package lie.
pub(in crate::cli) fn beside(package: &Path) -> PathBuf {
    with_ending(package, ".sig")
}

/// The signatures that lie beside a package; `None` where there are none.
pub(in crate::cli) fn read_beside(package: &Path) -> anyhow::Result<Option<Signatures>> {
    let path = beside(package);
    let shown = || path.display().to_string();
    let mut bytes = Vec::new();
    match File::open(&path) {
        Ok(file) => {
            let most = SIGNATURE_BYTES_MAX as u64 + 1;
            let read = file.take(most).read_to_end(&mut bytes);
            read.with_context(|| format!("read {}", shown()))?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("read {}", shown())),
    }
    Ok(Some(Signatures::parse(&bytes).with_context(shown)?))
}

/// Stores signatures with those that the package has in the log already.
pub(in crate::cli) fn store(log: &mut dyn Log, signatures: &Signatures) -> anyhow::Result<()> {
    let digest = signatures.digest;
    let before = stored(log, digest)?;
    let mut all = before.clone().unwrap_or_else(|| Signatures::none(digest));
    for signature in &signatures.list {
        all.add(*signature);
    }
    // Where there are too many, the ones that were there stand.
    let text = all.to_text();
    Signatures::parse(text.as_bytes())?;
    if before.as_ref() != Some(&all) {
        ask(|| log.publish_signatures(digest, text.as_bytes()))?;
    }
    Ok(())
}

/// The signatures of a package in the log.
pub(in crate::cli) fn stored(
    log: &mut dyn Log,
    digest: Digest,
) -> anyhow::Result<Option<Signatures>> {
    let stored = ask(|| log.signatures(digest))?;
    let stored = stored.map(|bytes| Signatures::parse(&bytes)).transpose();
    stored.with_context(|| format!("the stored signatures of {digest}"))
}

/// Whether the tenant that was named takes a package, or one of all where none was; who signed it.
pub(super) fn someone_takes(
    (config, named): (&Config, Option<&str>),
    digest: Digest,
    signatures: Option<&Signatures>,
) -> anyhow::Result<Option<String>> {
    let tenants: Vec<_> = match named {
        Some(_) => vec![tenant(config, named)?],
        None => config.tenants.keys().map(String::as_str).collect(),
    };
    let (mut signed, mut refusals) = (None, Vec::new());
    for tenant in &tenants {
        match config.trust(tenant).judge(digest, signatures) {
            Ok(by) => signed = signed.or(by),
            Err(why) => refusals.push(why),
        }
    }
    anyhow::ensure!(refusals.len() < tenants.len(), refusals.join("\n"));
    Ok(signed.map(|it| it.by))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

pub(super) fn keygen(args: &KeygenArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).context("ask the system for random bytes")?;
    let private = PrivateKey::new(&random);
    let public_path = with_ending(&args.file, ".pub");
    anyhow::ensure!(
        !public_path.exists(),
        "{}: expected no file there, found one; a key is never overwritten: name another",
        public_path.display()
    );
    create(&args.file, PRIVATE_MODE, &private.to_text())?;
    let public = private.public();
    create(&public_path, 0o644, &format!("{public}\n"))?;
    if args.json {
        session.json(&json!({
            "private": args.file,
            "public": public_path,
            "key": public.to_string(),
        }))?;
        return Ok(Outcome::Done);
    }
    let stem = args.file.file_stem().unwrap_or_default().to_string_lossy();
    session.line(&format!(
        "private key in {} (keep it to yourself), public key in {}",
        args.file.display(),
        public_path.display()
    ))?;
    session.line("a tenant that is to take what it signs names it in the configuration:")?;
    session.line("  [tenants.NAME.trust.keys]")?;
    session.line(&format!("  {stem} = \"{public}\""))?;
    Ok(Outcome::Done)
}

/// Writes a file that is not there yet.
fn create(path: &Path, mode: u32, text: &str) -> anyhow::Result<()> {
    let shown = path.display();
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path);
    let mut file = match created {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => anyhow::bail!(
            "{shown}: expected no file there, found one; a key is never overwritten: name another"
        ),
        Err(error) => return Err(error).with_context(|| format!("write {shown}")),
    };
    let written = file.write_all(text.as_bytes());
    let written = written.and_then(|()| file.sync_all());
    written.with_context(|| format!("write {shown}"))?;
    durable::sync_folder(path).with_context(|| format!("write {shown}"))
}

fn private_key(path: &Path) -> anyhow::Result<PrivateKey> {
    let shown = path.display();
    let mut file = File::open(path).with_context(|| format!("read {shown}"))?;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    anyhow::ensure!(
        mode & 0o077 == 0,
        "{shown}: expected a private key that only its owner can read (mode 600), found mode \
         {mode:o}: `chmod 600 {shown}`, and make a new key if others may have read this one"
    );
    let mut text = String::new();
    let read = file.read_to_string(&mut text);
    read.with_context(|| format!("read {shown}"))?;
    PrivateKey::parse(&text).with_context(|| shown.to_string())
}

/// The package at `path`, checked: name and version, and its digest.
fn package(path: &Path) -> anyhow::Result<(String, Digest)> {
    let shown = path.display();
    anyhow::ensure!(
        !crate::cli::scorecard::is_card(path),
        "{shown}: expected a package, found a scorecard: `puls rule build {shown}` makes one"
    );
    let bytes = std::fs::read(path).with_context(|| format!("read {shown}"))?;
    let manifest = RulesEngine::new()?.check(&bytes);
    let manifest = manifest.with_context(|| shown.to_string())?;
    let name = format!("{} {}", manifest.name, manifest.version);
    Ok((name, content_digest(&bytes)))
}

pub(super) fn sign(args: &SignArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let private = private_key(&args.key)?;
    let (name, digest) = package(&args.file)?;
    let path = beside(&args.file);
    // Those of another package say nothing of this one.
    let before = read_beside(&args.file)?.filter(|it| it.digest == digest);
    let mut signatures = before.unwrap_or_else(|| Signatures::none(digest));
    signatures.add(private.sign(digest));
    let text = signatures.to_text();
    // Read as everybody will.
    Signatures::parse(text.as_bytes()).with_context(|| path.display().to_string())?;
    let written = durable::replace(&path, text.as_bytes());
    written.with_context(|| format!("write {}", path.display()))?;
    let key = private.public().to_string();
    if args.json {
        session.json(&json!({
            "signature": path,
            "digest": digest.to_string(),
            "key": key,
        }))?;
    } else {
        session.line(&format!(
            "{name} is signed with {key} in {}: digest {digest}",
            path.display()
        ))?;
    }
    Ok(Outcome::Done)
}

/// `puls rule signature`: who signed a package, and whether a tenant takes it for that.
pub(super) fn show(args: &SignatureArgs, session: &mut Session) -> anyhow::Result<Outcome> {
    let config = args.config.load()?;
    let tenant = tenant(&config, args.tenant.as_deref())?;
    let trust = config.trust(tenant);
    let (name, digest) = package(&args.file)?;
    let signatures = read_beside(&args.file)?;
    let list = signatures.iter().flat_map(|it| &it.list);
    let signers: Vec<_> = list
        .map(|it| {
            let named = trust.keys.iter().find(|(_, key)| **key == it.key);
            (named.map(|(name, _)| name.clone()), it.key, it.fits(digest))
        })
        .collect();
    let judged = trust.judge(digest, signatures.as_ref());
    if args.json {
        let signers: Vec<_> = signers
            .iter()
            .map(|(name, key, fits)| json!({ "name": name, "key": key.to_string(), "fits": fits }))
            .collect();
        session.json(&json!({
            "digest": digest.to_string(),
            "tenant": tenant,
            "signers": signers,
            "taken": judged.is_ok(),
            "why_not": judged.as_ref().err(),
        }))?;
    } else {
        session.line(&format!("{name}, digest {digest}"))?;
        for (name, key, fits) in &signers {
            let name = name.as_deref().unwrap_or("nobody whom the tenant trusts");
            let fits = if *fits { "fits" } else { "does not fit" };
            session.line(&format!("signed by {name} ({key}): the signature {fits}"))?;
        }
        session.line(&match &judged {
            Ok(Some(signed)) => format!("{tenant} takes it, signed by {}", signed.by),
            Ok(None) => format!("{tenant} takes it without a signature that it trusts"),
            Err(why) => format!("{tenant} does not take it: {why}"),
        })?;
    }
    Ok(if judged.is_ok() {
        Outcome::Done
    } else {
        Outcome::Failed
    })
}
