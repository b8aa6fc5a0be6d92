//! Links the rule as a module.

fn main() {
    puls_rules_sdk::module();
}
