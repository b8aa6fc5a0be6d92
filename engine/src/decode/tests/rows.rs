//! CSV rows: headers, quotes, canonical columns and columns of a mapping.

use super::{dead, decoder, mapping_decoder, only, outcome, with_headers};
use crate::decode::{DecoderSpec, Format, Rejection};
use crate::model::{Kind, Reason, Record};

const HEADER: &str =
    "id,tenant,account,kind,at,metric,value,attributes.industry,crm_ids.hubspot,zzz";

fn csv() -> DecoderSpec {
    DecoderSpec {
        format: Format::Csv,
        ..DecoderSpec::default()
    }
}

fn row(header: &str, row: &str) -> Record {
    with_headers(row, &[("csv-header", header)])
}

#[test]
fn columns_are_fields() {
    let mut decoder = decoder(&csv());
    let usage = row(HEADER, "e,t,a,usage,2026-01-01T00:00:00Z,m, 2.5 ,,,x\r");
    let event = only(&mut decoder, &usage).unwrap();
    assert_eq!(
        format!("{:?}", event.body),
        r#"Usage(Usage { metric: "m", value: 2.5, duration_s: None, errors: None })"#
    );
    let account = row(
        HEADER,
        "e,t,a,account,1767225600000,,,\"Food, \"\"fast\"\"\",17,",
    );
    let event = only(&mut decoder, &account).unwrap();
    let body = format!("{:?}", event.body);
    assert!(
        body.contains(r#"attributes: [("industry", Text("Food, \"fast\""))]"#),
        "{body}"
    );
    assert!(body.contains(r#"crm_ids: [("hubspot", "17")]"#), "{body}");
}

#[test]
fn each_record_follows_its_own_header() {
    let mut decoder = decoder(&DecoderSpec {
        tenant: Some("t".into()),
        kind: Some(Kind::Usage),
        ..csv()
    });
    let [first, second] = [
        row("\u{feff}account , at,metric", "a,0000000000,m"),
        row("metric,account,at", "m,a,0000000000"),
    ];
    for record in [&first, &second, &first] {
        let event = only(&mut decoder, record).unwrap();
        assert_eq!((&*event.account, event.at.0), ("a", 0));
    }
}

#[test]
fn the_configuration_may_name_columns_and_delimiter() {
    let mut decoder = decoder(&DecoderSpec {
        tenant: Some("t".into()),
        kind: Some(Kind::Usage),
        columns: ["account", "at", "metric"].map(String::from).to_vec(),
        delimiter: Some(';'),
        ..csv()
    });
    let record = with_headers("a,b;0000000000;m", &[]);
    assert_eq!(only(&mut decoder, &record).unwrap().account, "a,b");
}

#[test]
fn a_row_that_does_not_fit_is_malformed() {
    let long = format!("{HEADER},more");
    let table = [
        (
            row(HEADER, "e,t,a"),
            "expected a row of 10 cells, as its header has, found 3",
        ),
        (
            row(&long, "e,t,a,touch,0,,,,,"),
            "expected a row of 11 cells, as its header has, found 10",
        ),
        (
            with_headers("e", &[]),
            "expected the record header `csv-header` or `columns`",
        ),
        (
            row("a,b", "\"x\",y\nz,w"),
            "expected one CSV row, found several",
        ),
    ];
    for (record, expected) in table {
        let rejection: Rejection = outcome(&mut decoder(&csv()), &record).unwrap_err();
        assert_eq!(rejection.reason, Reason::Malformed);
        assert!(
            rejection.detail.starts_with(expected),
            "{}",
            rejection.detail
        );
    }
}

#[test]
fn a_mapping_reads_columns_by_name() {
    let toml = r#"
        account = "/Customer/No"
        kind = "ticket"
        change = "opened"
        ticket = "{/Year}-{/No}"
        at = "/Opened"
        category = { from = "/Type", name = true }
        zone = "Europe/Oslo"
    "#;
    let spec = DecoderSpec {
        tenant: Some("t".into()),
        ..csv()
    };
    let mut decoder = mapping_decoder(toml, spec).unwrap();
    let header = "No,Year,Opened,Type,Customer/No";
    let record = row(header, "7,2025,2025-07-02,Bug Report,c 1");
    let event = only(&mut decoder, &record).unwrap();
    assert_eq!(event.account, "c 1");
    assert_eq!(event.at, super::at("2025-07-01T22:00:00Z"));
    assert_eq!(
        format!("{:?}", event.body),
        "Ticket(Ticket { ticket: \"2025-7\", change: Opened, priority: None, channel: None, \
         category: Some(\"bug_report\"), subcategory: None })"
    );
    let (reason, detail) = dead(&mut decoder, &row(header, "7,2025,2025-07-02,,c 1"));
    assert_eq!(reason, Reason::MissingField);
    assert_eq!(
        detail,
        "event 1 of the mapping: `category`: expected a value at /Type, found nothing"
    );
}
