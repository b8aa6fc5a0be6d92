//! What `puls rule inspect` and `bench` say of a module, a card and a card's folder.

use puls_tests::program::{Answer, json, puls, put};

use super::{desk, rule};

#[test]
fn a_module_is_read_and_measured() {
    let desk = desk();
    let text = rule(&desk, &["inspect", "silent-1.1.0.wasm"]).done();
    for part in [
        "silent-account 1.1.0  Accounts that went silent",
        "\ndigest ",
        "  present from 50",
        "  unknown below 0 % of the weight with data",
        "Presence (weight 1, 100 % of all)",
        "    use: usage.days_since_last",
        "  usage.days_since_last, asked when it passes 7, 14, ",
        "  quiet_days = 30 (1 to 365)",
        "→ warning alert for csm, playbook break_the_silence, due in 3 days",
        "again after 720 hours",
        "features         5        128",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let bench = |seed: &str| {
        let args = [
            "bench",
            "silent-1.1.0.wasm",
            "--rows",
            "5000",
            "--seed",
            seed,
            "--json",
        ];
        json(rule(&desk, &args))
    };
    let (first, again, other) = (bench("7"), bench("7"), bench("8"));
    assert_eq!(first["fuel_per_row"], again["fuel_per_row"]);
    assert_ne!(first["scored"], other["scored"]);
    let [fuel, limit] = ["fuel_per_row_max", "fuel_per_row_limit"].map(|key| first[key].as_u64());
    assert!(fuel > Some(0) && fuel < limit, "{first}");
    let [mean, half, most] =
        ["ns_per_row", "ns_per_row_p50", "ns_per_row_p99"].map(|key| first[key].as_f64().unwrap());
    assert!(mean > 0.0 && half > 0.0 && half <= most, "{first}");
    let text = rule(&desk, &["bench", "silent-1.1.0.wasm", "--rows", "1"]).done();
    assert!(
        text.contains("silent-account 1.1.0: 256 rows of seed 1"),
        "{text}"
    );
}

#[test]
fn a_card_and_its_folder_are_read_and_measured_like_a_module() {
    let desk = desk();
    puls(desk.path(), ["rule", "new", "calm", "--dir", "calm"]).done();
    for named in ["calm", "calm/card.toml"] {
        let text = rule(&desk, &["inspect", named]).done();
        assert!(text.contains("calm 0.1.0  Calm"), "{text}");
        let card = rule(&desk, &["inspect", named, "--card"]).done();
        assert!(card.contains("name = \"calm\""), "{card}");
        let found = json(rule(&desk, &["bench", named, "--rows", "256", "--json"]));
        assert_eq!(found["rule"], "calm");
        assert_eq!(found["rows"], 256);
    }
    put(desk.path(), "calm/card.toml", "[card]\nname = 1\n");
    let Answer {
        code, out: told, ..
    } = rule(&desk, &["bench", "calm"]);
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("calm/card.toml:2:8: expected"), "{told}");
}
