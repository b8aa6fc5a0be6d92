//! The rules that the configuration names: read, compiled, and judged against their tenants.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::rule::{package, sign};
use super::scorecard;
use crate::config::{Config, Problem, Problems, Rule, Tenant};
use crate::features::Selection;
use crate::model::{Digest, content_digest};
use crate::rules::record::{RuleRole, Signed};
use crate::rules::signature::Signatures;
use crate::rules::{Desired, DesiredRule, DesiredTenant, Module, RulesEngine, Trust};
use crate::state::Plan;

/// What the rules log should say, and the modules that it needs.
#[derive(Debug, Default)]
pub(super) struct RuleSet {
    pub(super) desired: Desired,
    pub(super) modules: BTreeMap<Digest, Vec<u8>>,
    /// What lies beside the modules.
    pub(super) signatures: BTreeMap<Digest, Signatures>,
    /// By tenant and module, the signature for which the tenant takes it.
    pub(super) signed: BTreeMap<(String, Digest), Signed>,
    /// Whose rules the tenants take.
    pub(super) trust: BTreeMap<String, Trust>,
    /// Held, so that nobody compiles them once more while the program starts.
    _compiled: Vec<Arc<Module>>,
}

/// Reads all rules of all tenants.
pub(super) fn read(config: &Config, engine: &RulesEngine) -> Result<RuleSet, Problems> {
    let mut reader = Reader {
        config,
        engine,
        known: BTreeMap::new(),
        set: RuleSet::default(),
    };
    let mut problems = Vec::new();
    for (name, tenant) in &config.tenants {
        let wanted = reader.tenant(tenant, &mut problems);
        reader.set.desired.tenants.insert(name.clone(), wanted);
        let trust = tenant.trust.clone();
        reader.set.trust.insert(name.clone(), trust);
    }
    reader.set._compiled = reader.known.into_values().collect();
    if problems.is_empty() {
        Ok(reader.set)
    } else {
        Err(Problems(problems))
    }
}

struct Reader<'a> {
    config: &'a Config,
    engine: &'a RulesEngine,
    /// Modules that were compiled already: tenants may share a file.
    known: BTreeMap<Digest, Arc<Module>>,
    set: RuleSet,
}

impl Reader<'_> {
    fn tenant(&mut self, tenant: &Tenant, problems: &mut Vec<Problem>) -> DesiredTenant {
        let settings = tenant.settings.clone();
        let mut wanted = DesiredTenant {
            settings,
            rules: BTreeMap::new(),
        };
        let plan = match Plan::new(&tenant.settings, &BTreeMap::new()) {
            Ok(plan) => plan,
            Err(messages) => {
                problems.extend(messages.into_iter().map(|message| Problem {
                    place: tenant.place.clone(),
                    message,
                }));
                return wanted;
            }
        };
        for rule in &tenant.rules {
            let at_rule = |message: String| Problem {
                place: rule.place.clone(),
                message,
            };
            match self.rule(rule, &plan, &tenant.trust) {
                Err(messages) => problems.extend(messages.into_iter().map(at_rule)),
                Ok((name, desired)) => {
                    if wanted.rules.insert(name.clone(), desired).is_some() {
                        problems.push(at_rule(format!(
                            "expected each rule once, found `{name}` twice; remove one"
                        )));
                    }
                }
            }
        }
        wanted
    }

    fn rule(
        &mut self,
        rule: &Rule,
        plan: &Plan,
        trust: &Trust,
    ) -> Result<(String, DesiredRule), Vec<String>> {
        let path = self.config.folder.join(&rule.file);
        let shown = path.display();
        let bytes = bytes(&path, plan)?;
        let digest = content_digest(&bytes);
        self.judge(&path, digest, trust)
            .map_err(|why| vec![format!("{shown}: {why}")])?;
        let module = match self.known.get(&digest) {
            Some(module) => Arc::clone(module),
            None => {
                let compiled = self.engine.compile(&bytes);
                let module = compiled.map_err(|refusal| vec![format!("{shown}: {refusal}")])?;
                self.known.insert(digest, Arc::clone(&module));
                module
            }
        };
        module.parameters(&rule.parameters)?;
        Selection::new(plan, &module.manifest.features)?;
        self.set.modules.insert(module.digest, bytes);
        let role = if rule.primary {
            RuleRole::Primary
        } else {
            RuleRole::Secondary
        };
        let desired = DesiredRule {
            digest: module.digest,
            source: module.manifest.source.clone(),
            role,
            shadow: rule.shadow,
            parameters: rule.parameters.clone(),
            from: rule.from,
        };
        Ok((module.manifest.name.clone(), desired))
    }
}

impl Reader<'_> {
    /// Whether the tenant takes the package at `path`, for its signature or without one.
    fn judge(&mut self, path: &Path, digest: Digest, trust: &Trust) -> Result<(), String> {
        if scorecard::is_card(path) {
            return trust.judge(digest, None).map(drop).map_err(|why| {
                format!(
                    "a scorecard is compiled at each start, so nobody can have signed it: {why}; \
                     `puls rule build` makes a package of it to sign, name that one here"
                )
            });
        }
        let signatures = sign::read_beside(path).map_err(|error| format!("{error:#}"))?;
        if let Some(signed) = trust.judge(digest, signatures.as_ref())? {
            self.set
                .signed
                .insert((trust.tenant.clone(), digest), signed);
        }
        if let Some(signatures) = signatures {
            self.set.signatures.insert(digest, signatures);
        }
        Ok(())
    }
}

/// The package at `path`: as it stands there, or compiled from a scorecard.
fn bytes(path: &Path, plan: &Plan) -> Result<Vec<u8>, Vec<String>> {
    let missing = |error| {
        let shown = path.display();
        vec![format!(
            "expected a module or a scorecard at {shown}, found: {error}"
        )]
    };
    if scorecard::is_card(path) {
        let text = std::fs::read_to_string(path).map_err(missing)?;
        let (package, _) = package::of_card(path, &text, plan)?;
        return Ok(package);
    }
    std::fs::read(path).map_err(missing)
}
