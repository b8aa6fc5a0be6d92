//! The rules that the configuration names: read, compiled, and judged against their tenants.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::scorecard;
use crate::config::{Config, Problem, Problems, Rule, Tenant};
use crate::features::Selection;
use crate::model::Digest;
use crate::rules::record::RuleRole;
use crate::rules::{Desired, DesiredRule, DesiredTenant, Module, RulesEngine};
use crate::state::Plan;

/// What the rules log should say, and the modules that it needs.
#[derive(Debug, Default)]
pub(super) struct RuleSet {
    pub(super) desired: Desired,
    pub(super) modules: BTreeMap<Digest, Vec<u8>>,
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
    }
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
            match self.rule(rule, &plan) {
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

    fn rule(&mut self, rule: &Rule, plan: &Plan) -> Result<(String, DesiredRule), Vec<String>> {
        let path = self.config.folder.join(&rule.file);
        let shown = path.display();
        let bytes = bytes(&path, plan)?;
        let digest = crate::model::content_digest(&bytes);
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
            role,
            shadow: rule.shadow,
            parameters: rule.parameters.clone(),
            from: rule.from,
        };
        Ok((module.manifest.name.clone(), desired))
    }
}

/// The module at `path`: as it stands there, or compiled from a scorecard.
fn bytes(path: &Path, plan: &Plan) -> Result<Vec<u8>, Vec<String>> {
    let missing = |error| {
        let shown = path.display();
        vec![format!(
            "expected a module or a scorecard at {shown}, found: {error}"
        )]
    };
    if scorecard::is_card(path) {
        let text = std::fs::read_to_string(path).map_err(missing)?;
        return Ok(scorecard::compile(path, &text, plan)?.module);
    }
    std::fs::read(path).map_err(missing)
}
