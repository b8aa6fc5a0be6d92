//! Rule packages, as people meet them who build, sign and take them: one file with all that belongs
//! to a rule, whose word stands behind it, and what is refused.
#![expect(clippy::string_slice, reason = "a test fails by panicking")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use puls_tests::program::{self, Answer, built, json, puls, top};
use puls_wire::{CARD_SECTION, CASES_SECTION, TEXTS_SECTION, section, with_section};
use serde_json::Value;
use tempfile::TempDir;

const CASES: &str = "[[cases]]\nname = \"quiet\"\nfeatures = { \"usage.active_days_28d\" = 4 }\n\
                     [cases.expect]\ntriggers = []\n";

const CONFIG: &str = r#"
[inputs.events]
path = "events.ndjson"
tenant = "acme"
[tenants.acme]
"#;

/// Puts a new file in the place of what lay there, which another name may be of.
fn put(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    fs::remove_file(folder.join(name)).ok();
    program::put(folder, name, bytes);
}

fn card(version: &str) -> String {
    let text = fs::read_to_string(top().join("rules/saas-scorecard/card.toml")).unwrap();
    text.replace("version = \"1.0.0\"", &format!("version = \"{version}\""))
}

/// A folder with a rule of its own folder, and a configuration without rules.
fn desk() -> TempDir {
    let desk = tempfile::tempdir().unwrap();
    let here = desk.path();
    fs::create_dir(here.join("health")).unwrap();
    put(here, "health/card.toml", card("1.0.0"));
    put(here, "health/cases.toml", CASES);
    put(here, "puls.toml", CONFIG);
    put(
        here,
        "events.ndjson",
        "{\"id\":\"1\",\"account\":\"globex\",\"kind\":\"usage\",\"metric\":\"login\",\
         \"at\":\"2026-01-02T09:00:00Z\"}\n",
    );
    desk
}

fn rule(desk: &TempDir, words: &str) -> Answer {
    puls(desk.path(), std::iter::once("rule").chain(words.split(' ')))
}

fn assert_part(answer: &Answer, code: i32, part: &str) {
    assert_eq!(answer.code, code, "{answer:?}");
    let said = format!("{}{}", answer.out, answer.err);
    assert!(said.contains(part), "{part:?} is not in {said}");
}

#[test]
fn a_package_holds_what_lies_in_the_folder_of_its_rule() {
    let desk = desk();
    let here = desk.path();
    let read = |name: &str| fs::read(here.join(name)).unwrap();
    let said = rule(&desk, "build health").done();
    assert!(said.starts_with("saas-scorecard 1.0.0 written to health/saas-scorecard.wasm: "));
    let cases = format!("cases: {} bytes", CASES.len());
    assert!(said.contains(&format!("bytes ({cases}, card: ")), "{said}");
    let package = read("health/saas-scorecard.wasm");
    assert_eq!(
        section(&package, CARD_SECTION).unwrap(),
        card("1.0.0").as_bytes()
    );
    assert_eq!(section(&package, CASES_SECTION).unwrap(), CASES.as_bytes());
    // The same again, from the card itself, and from the package: the same bytes.
    for again in [
        "build health/card.toml --out a.wasm",
        "build health/saas-scorecard.wasm --out b.wasm",
    ] {
        rule(&desk, again).done();
    }
    assert!(read("a.wasm") == package && read("b.wasm") == package);
    let checked = json(rule(&desk, "check health/card.toml --json"));
    let built = json(rule(&desk, "build health --json"));
    assert_eq!(checked["digest"], built["digest"]);
    // Other cases make another package.
    put(here, "health/cases.toml", CASES.replace("quiet", "loud"));
    assert_ne!(
        json(rule(&desk, "build health --json"))["digest"],
        checked["digest"]
    );
    // What it carries comes out again.
    let inspected = rule(&desk, "inspect a.wasm").done();
    assert!(
        inspected.contains(&format!("its package carries\n  {cases}\n  card: ")),
        "{inspected}"
    );
    assert_eq!(rule(&desk, "inspect a.wasm --card").done(), card("1.0.0"));
    // A module from code takes the cases of the folder that is named.
    let module = built_rule("silent-account");
    put(here, "silent.wasm", module);
    rule(&desk, "build silent.wasm --beside health --out c.wasm").done();
    assert_eq!(
        section(&read("c.wasm"), CASES_SECTION).unwrap().len(),
        CASES.len() - 1
    );
    let answer = rule(&desk, "inspect c.wasm --card");
    assert_part(&answer, 1, "expected a package that carries its scorecard");
}

fn built_rule(name: &str) -> Vec<u8> {
    fs::read(built().join("../rules").join(format!("{name}.wasm"))).unwrap()
}

#[test]
fn what_no_package_may_be_is_refused_by_name() {
    let desk = desk();
    let here = desk.path();
    rule(&desk, "build health --out good.wasm").done();
    let good = fs::read(here.join("good.wasm")).unwrap();
    let twice = {
        let section = with_section(b"\0asm\x01\0\0\0", CASES_SECTION, b"x");
        [&good[..], &section[8..]].concat()
    };
    let nonsense = vec![b'x'; 900_000];
    let cases: [(&str, Vec<u8>, &str); 8] = [
        (
            "cases of 900 KB",
            with_section(&good, CASES_SECTION, &nonsense),
            "`puls.cases` of 900000 bytes",
        ),
        (
            "texts of 300 KB",
            with_section(&good, TEXTS_SECTION, &nonsense[..300_000]),
            "`puls.texts` of 300000",
        ),
        (
            "a slip",
            with_section(&good, "puls.case", b"x"),
            "found `puls.case`",
        ),
        (
            "bytes",
            with_section(&good, CASES_SECTION, &[0xff, 0xfe]),
            "`puls.cases` that is no UTF-8",
        ),
        ("cases twice", twice, "found `puls.cases` twice"),
        (
            "another card",
            with_section(&good, CARD_SECTION, b"[card]"),
            "compiled from another source",
        ),
        (
            "a card of a module from code",
            with_section(&built_rule("silent-account"), CARD_SECTION, b"[card]"),
            "compiled from another source",
        ),
        (
            "all of it too long",
            with_section(&good, "producers", &vec![b'x'; 1_100_000]),
            "at most 1048576 bytes",
        ),
    ];
    puls(here, ["run"]).done();
    for (what, bytes, part) in cases {
        put(here, "bad.wasm", bytes);
        for words in ["check bad.wasm", "inspect bad.wasm", "push bad.wasm"] {
            assert_part(&rule(&desk, words), 1, part);
            println!("{what}: {words}");
        }
    }
    // What toolchains write may stay.
    put(here, "named.wasm", with_section(&good, "producers", b"\0"));
    rule(&desk, "push named.wasm").done();
    for (words, part) in [
        ("build nowhere", "expected a rule at nowhere"),
        (
            "build .",
            "a card.toml (a table) or a Cargo.toml (in Rust), found neither",
        ),
        (
            "build health --beside health",
            "--beside: expected a module, found a scorecard",
        ),
    ] {
        assert_part(&rule(&desk, words), 1, part);
    }
}

/// The public key that `puls rule keygen` made.
fn keygen(desk: &TempDir, name: &str) -> String {
    let made = json(rule(desk, &format!("keygen {name}.key --json")));
    made["key"].as_str().unwrap().to_owned()
}

fn trust(desk: &TempDir, trust: &str) {
    put(
        desk.path(),
        "puls.toml",
        format!("{CONFIG}[tenants.acme.trust]\n{trust}\n"),
    );
}

#[test]
fn a_key_is_made_once_and_kept_from_others() {
    let desk = desk();
    let here = desk.path();
    let said = rule(&desk, "keygen ada.key").done();
    let private = fs::read_to_string(here.join("ada.key")).unwrap();
    let public = fs::read_to_string(here.join("ada.key.pub")).unwrap();
    let secret = private.trim().rsplit(':').next().unwrap();
    assert!(
        said.contains(public.trim()) && said.contains("[tenants.NAME.trust.keys]"),
        "{said}"
    );
    assert!(!said.contains(secret), "{said}");
    let mode = |mode: u32| {
        fs::set_permissions(here.join("ada.key"), fs::Permissions::from_mode(mode)).unwrap();
    };
    let found = fs::metadata(here.join("ada.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(found & 0o777, 0o600);
    assert_part(
        &rule(&desk, "keygen ada.key"),
        1,
        "a key is never overwritten",
    );
    assert_eq!(fs::read_to_string(here.join("ada.key")).unwrap(), private);
    rule(&desk, "build health --out a.wasm").done();
    mode(0o644);
    assert_part(
        &rule(&desk, "sign a.wasm --key ada.key"),
        1,
        "found mode 644: `chmod 600 ada.key`",
    );
    mode(0o600);
    for (words, part) in [
        ("sign a.wasm --key away.key", "read away.key"),
        (
            "sign a.wasm --key puls.toml",
            "puls.toml: expected a private key that only its owner",
        ),
        (
            "sign health/card.toml --key ada.key",
            "`puls rule build health/card.toml` makes one",
        ),
        (
            "sign events.ndjson --key ada.key",
            "expected a well-formed WebAssembly module",
        ),
    ] {
        let answer = rule(&desk, words);
        assert_part(&answer, 1, part);
        assert!(!answer.err.contains(secret), "{answer:?}");
    }
    assert!(
        rule(&desk, "sign a.wasm --key ada.key")
            .done()
            .contains(public.trim())
    );
    // What is no key is not shown either.
    put(here, "bad.key", format!("x{private}"));
    fs::set_permissions(here.join("bad.key"), fs::Permissions::from_mode(0o600)).unwrap();
    let answer = rule(&desk, "sign a.wasm --key bad.key");
    assert_part(
        &answer,
        1,
        "bad.key: expected a private key as `puls rule keygen` writes it",
    );
    assert!(!answer.err.contains(secret), "{answer:?}");
}

#[test]
fn what_the_configuration_says_of_keys_is_judged() {
    let desk = desk();
    let key = keygen(&desk, "ada");
    for (text, part) in [
        (
            "unsigned = \"maybe\"".to_owned(),
            "expected one of (`accept`, `refuse`), found `maybe`",
        ),
        (
            "unsigned = \"refuse\"".to_owned(),
            "so no rule could ever govern",
        ),
        (
            "keys = { ada = \"ed25519:AAAA\" }".to_owned(),
            "expected a public key such as",
        ),
        (
            format!("keys = {{ \"Ada L\" = \"{key}\" }}"),
            "found `Ada L`",
        ),
        (
            format!("keys = {{ ada = \"{key}\", bob = \"{key}\" }}"),
            "found it as `ada` and `bob`",
        ),
        ("kyes = {}".to_owned(), "did you mean `keys`?"),
    ] {
        trust(&desk, &text);
        let answer = puls(desk.path(), ["check"]);
        assert_part(&answer, 1, part);
        assert!(answer.out.starts_with("puls.toml:"), "{answer:?}");
    }
}

const ACTIVATE: &str = "activate saas-scorecard --by ada --reason tried --primary";

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told from its beginning")]
fn only_what_a_trusted_key_signed_is_pushed_and_activated() {
    let desk = desk();
    let here = desk.path();
    let (ada, bob) = (keygen(&desk, "ada"), keygen(&desk, "bob"));
    puls(here, ["run"]).done();
    // Pushed while unsigned packages were taken.
    rule(&desk, "build health --out a.wasm").done();
    rule(&desk, "push a.wasm").done();
    trust(&desk, &format!("keys = {{ ada = \"{ada}\" }}"));
    assert_part(
        &rule(&desk, "signature a.wasm"),
        1,
        "acme does not take it: expected a package signed",
    );
    assert_part(
        &rule(&desk, "push a.wasm"),
        1,
        "(`ada`), found no signature: sign the package",
    );
    assert_part(
        &rule(&desk, "push health/card.toml"),
        1,
        "found no signature",
    );
    assert_part(&rule(&desk, ACTIVATE), 1, "found no signature");
    rule(&desk, "sign a.wasm --key bob.key").done();
    assert_part(
        &rule(&desk, "push a.wasm"),
        1,
        &format!("found the signature of {bob}"),
    );
    assert_part(
        &rule(&desk, "signature a.wasm"),
        1,
        "signed by nobody whom the tenant trusts",
    );
    // From here on it is signed by ada alone.
    fs::remove_file(here.join("a.wasm.sig")).unwrap();
    rule(&desk, "sign a.wasm --key ada.key").done();
    assert_part(
        &rule(&desk, "signature a.wasm"),
        0,
        "acme takes it, signed by ada",
    );
    assert_part(&rule(&desk, "push a.wasm"), 0, "is there already: digest");
    let said = rule(&desk, ACTIVATE).done();
    assert!(
        said.starts_with("saas-scorecard 1.0.0, signed by ada governs acme"),
        "{said}"
    );
    // One byte of the package, and of a signature.
    put(here, "health/card.toml", card("1.1.0"));
    rule(&desk, "build health --out a.wasm").done();
    assert_part(&rule(&desk, "push a.wasm"), 1, "found some of another");
    rule(&desk, "sign a.wasm --key ada.key").done();
    let sound = fs::read_to_string(here.join("a.wasm.sig")).unwrap();
    let place = sound.len() - 20;
    let other = if &sound[place..=place] == "A" {
        "B"
    } else {
        "A"
    };
    put(
        here,
        "a.wasm.sig",
        [&sound[..place], other, &sound[place + 1..]].concat(),
    );
    assert_part(
        &rule(&desk, "push a.wasm"),
        1,
        "found one of `ada` that does not",
    );
    put(here, "a.wasm.sig", "nonsense\n");
    assert_part(
        &rule(&desk, "push a.wasm"),
        1,
        "a.wasm.sig: expected signatures as `puls rule sign`",
    );
    put(here, "a.wasm.sig", sound);
    assert_part(&rule(&desk, "push a.wasm"), 0, ", signed by ada");
    rule(&desk, ACTIVATE).done();
    a_withdrawn_key_brings_nothing_in_and_ends_nothing(&desk, &bob);
}

/// Two versions by ada stand in the log, and only bob is trusted from now on.
fn a_withdrawn_key_brings_nothing_in_and_ends_nothing(desk: &TempDir, bob: &str) {
    let here = desk.path();
    trust(desk, &format!("keys = {{ bob = \"{bob}\" }}"));
    let run = puls(here, ["run"]);
    assert_part(
        &run,
        0,
        "signed with a key that its tenant does not trust today",
    );
    let told = json(rule(desk, "history saas-scorecard --json"));
    let worth = |row: &Value| row["signed"]["worth"].as_str().unwrap().to_owned();
    let rows = told.as_array().unwrap();
    assert_eq!(
        rows.iter().map(worth).collect::<Vec<_>>(),
        ["withdrawn", "withdrawn"]
    );
    assert_part(&rule(desk, "list"), 0, "ada (key withdrawn)");
    let again = "rollback saas-scorecard --by ada --reason worse";
    assert_part(
        &rule(desk, again),
        1,
        "(`bob`), found the signature of ed25519:",
    );
    // Signed by bob too, it may come back; the log says who stands for it now.
    put(here, "health/card.toml", card("1.0.0"));
    rule(desk, "build health --out a.wasm").done();
    rule(desk, "sign a.wasm --key bob.key").done();
    rule(desk, "push a.wasm").done();
    assert!(
        rule(desk, again)
            .done()
            .contains("saas-scorecard 1.0.0, signed by bob")
    );
    let told = json(rule(desk, "history saas-scorecard --json"));
    let last = &told[2]["signed"];
    assert_eq!(
        (&last["by"], &last["worth"]),
        (&"bob".into(), &"trusted".into())
    );
    anybody_can_check_it_again(&told[2]);
    rule(desk, "deactivate saas-scorecard --by ada --reason over").done();
}

/// From the record alone: digest, key, signature.
fn anybody_can_check_it_again(row: &Value) {
    use puls::model::Digest;
    use puls::rules::signature::Signature;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (key, bytes) = (
        text(&row["signed"]["key"]),
        text(&row["signed"]["signature"]),
    );
    let signature = Signature::parse(&key, &bytes).unwrap();
    assert!(signature.fits(Digest::parse(&text(&row["digest"])).unwrap()));
    assert!(!signature.fits(Digest::default()));
}

#[test]
fn a_rule_that_the_configuration_names_is_judged_at_the_start() {
    let desk = desk();
    let here = desk.path();
    let ada = keygen(&desk, "ada");
    rule(&desk, "build health --out a.wasm").done();
    let configure = |file: &str| {
        let rules = format!("[[tenants.acme.rules]]\nfile = \"{file}\"\nprimary = true");
        trust(&desk, &format!("keys = {{ ada = \"{ada}\" }}\n{rules}"));
    };
    configure("a.wasm");
    for words in ["check", "run"] {
        assert_part(&puls(here, [words]), 1, "a.wasm: expected a package signed");
    }
    configure("health/card.toml");
    assert_part(&puls(here, ["run"]), 1, "nobody can have signed it");
    configure("a.wasm");
    rule(&desk, "sign a.wasm --key ada.key").done();
    puls(here, ["run"]).done();
    let told = json(rule(&desk, "history --json"));
    let activation = told.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&activation["by"], &activation["signed"]["by"]),
        (&"configuration".into(), &"ada".into())
    );
    // A person may go back to it later: the signature is kept with the module.
    let again = rule(
        &desk,
        "activate saas-scorecard --as twin --by ada --reason tried",
    );
    assert_part(&again, 0, "signed by ada");
}
