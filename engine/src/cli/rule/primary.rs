//! A tenant's primary rule, where a person's word ends it: which one ends, and how the tenant has
//! one again. Writes nothing.

use super::ledger::{Ledger, governs_as_primary};
use crate::model::Time;
use crate::rules::record::Activation;

/// The primary rule of another name that an activation ends.
pub(super) fn ended_by(ledger: &Ledger, wanted: &Activation) -> Vec<String> {
    if !governs_as_primary(wanted) {
        return Vec::new();
    }
    let walk = ledger.walk(&wanted.tenant, Time::MAX);
    let others = walk.standing.iter().filter(|(name, at)| {
        **name != wanted.rule && ledger.activation(**at).is_some_and(governs_as_primary)
    });
    others.map(|(name, _)| name.clone()).collect()
}

/// What is to be said where the end of `rule` leaves its tenant without a primary one.
pub(super) fn missing(ledger: &mut Ledger, tenant: &str, rule: &str) -> anyhow::Result<String> {
    let any = "`puls rule activate RULE --primary` makes a rule the primary one";
    let way_back = way_back(ledger, tenant, rule)?;
    Ok(format!(
        "{tenant} has no primary rule then, and its accounts no score: {}",
        way_back.unwrap_or_else(|| any.to_owned())
    ))
}

/// How the primary rule comes back whose place `rule` has taken; `None` where it has taken none.
pub(super) fn way_back(
    ledger: &mut Ledger,
    tenant: &str,
    rule: &str,
) -> anyhow::Result<Option<String>> {
    let Some(before) = ledger.primary_before(tenant, rule).cloned() else {
        return Ok(None);
    };
    let module = ledger.module(before.digest)?;
    let name = &module.manifest.name;
    let mut words = vec![format!("puls rule activate {name}@{}", before.digest)];
    if *name != before.rule {
        words.push(format!("--as {}", before.rule));
    }
    if ledger.tenants().len() > 1 {
        words.push(format!("--tenant {tenant}"));
    }
    let parameters = before.parameters.iter();
    words.extend(parameters.map(|(name, value)| format!("--parameter {name}={value}")));
    words.push("--primary --reason \"…\"".to_owned());
    Ok(Some(format!(
        "`{}` brings back {}, whose place {rule} took",
        words.join(" "),
        before.rule
    )))
}
