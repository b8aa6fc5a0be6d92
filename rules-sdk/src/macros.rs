//! The macros: a list with a handle for each item, the exports of a module, and the test of its
//! cases.

/// Declares a list and a handle for each item: `list!(LIST: Type { HANDLE = item, … })`.
///
/// `LIST` goes into the [`Rule`](crate::Rule), the handles into its function. A handle's name in
/// lower case is the item's name in the manifest (a feature has its own).
#[macro_export]
macro_rules! list {
    ($list:ident: $item:ty { $($handle:ident = $value:expr),+ $(,)? }) => {
        const $list: &[$crate::Named<$item>] =
            &[$($crate::Named::new(stringify!($handle), $value)),+];
        $(const $handle: $crate::Id<$item> = $crate::Id::of($list, stringify!($handle));)+
    };
}

/// Makes the crate a module: `rule!(RULE)` with a constant of type [`Rule`](crate::Rule).
///
/// For wasm32 it writes the exports of the ABI and the section with the manifest; for other
/// targets a function `manifest()` with the same bytes.
#[macro_export]
macro_rules! rule {
    ($rule:path) => {
        /// The manifest of this rule, byte for byte as it stands in the module.
        #[cfg(not(target_arch = "wasm32"))]
        #[must_use]
        pub fn manifest() -> &'static [u8] {
            static MANIFEST: [u8; $rule.manifest_bytes()] = $rule.manifest();
            &MANIFEST
        }

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            static MODULE_RULE: $crate::Rule = $rule;
            static MODULE_ARENA: $crate::guest::Arena<{ $rule.arena_blocks() }> =
                $crate::guest::Arena::new();

            #[used]
            #[unsafe(link_section = "puls.manifest")]
            static MANIFEST: [u8; $rule.manifest_bytes()] = $rule.manifest();

            #[unsafe(no_mangle)]
            extern "C" fn puls_abi_1() {}

            #[unsafe(no_mangle)]
            extern "C" fn puls_arena(bytes: u32) -> u32 {
                MODULE_ARENA.address(bytes)
            }

            #[unsafe(no_mangle)]
            extern "C" fn puls_eval(header: u32) -> i32 {
                MODULE_ARENA.evaluate(&MODULE_RULE, header)
            }
        };
    };
}

/// Tests the crate's rule against the cases beside it: `cases!(RULE, "cases.toml")`, after
/// [`rule!`](crate::rule) and in the same module. The file is named from the crate's folder.
#[cfg(feature = "kit")]
#[macro_export]
macro_rules! cases {
    ($rule:path, $file:literal) => {
        #[cfg(test)]
        #[test]
        fn the_cases_pass() {
            static CASES_RULE: $crate::Rule = $rule;
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/", $file);
            $crate::cases::pass(&CASES_RULE, manifest(), path);
        }
    };
}

/// Without the feature `kit`, which only tests have, there is nothing to test.
#[cfg(not(feature = "kit"))]
#[macro_export]
macro_rules! cases {
    ($rule:path, $file:literal) => {};
}
