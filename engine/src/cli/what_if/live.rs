//! Asks a running engine over its listener, and shows how far its columns are meanwhile.

use std::time::Duration;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};

use super::WhatIfArgs;
use crate::cli::progress;
use crate::cli::session::Session;
use crate::clock::Stopwatch;
use crate::config::Config;
use crate::limits::WHAT_IF_MS_MAX;
use crate::query::Answer;
use crate::worker::Stop;

/// Longest answer that is read, in bytes: the most movers with their reasons.
const ANSWER_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Beyond the evaluation: columns are waited for a while, and a card is compiled.
const SLACK: Duration = Duration::from_secs(30);
/// How long to go on asking while the engine is busy, or reads no further values.
const PATIENCE: Duration = Duration::from_secs(60);

/// The answer of the running engine.
pub(super) fn ask(
    args: &WhatIfArgs,
    (config, tenant): (&Config, &str),
    card: &[u8],
    session: &Session,
) -> anyhow::Result<Answer> {
    let engine = Engine {
        agent: agent(),
        base: base(args, config)?,
        tenant,
        bearer: format!("Bearer {}", token(config, tenant)?),
        patience: PATIENCE,
    };
    let bar = bar(session);
    let answer = engine.answer(&query(args), card, &bar);
    bar.finish_and_clear();
    serde_json::from_value(answer?).context("read the answer; is the engine of another version?")
}

fn agent() -> Agent {
    Agent::config_builder()
        .timeout_global(Some(Duration::from_millis(WHAT_IF_MS_MAX) + SLACK))
        // What is wrong is told in the answer's body.
        .http_status_as_error(false)
        .build()
        .new_agent()
}

/// An engine that listens, and who asks it about whom.
struct Engine<'a> {
    agent: Agent,
    base: String,
    tenant: &'a str,
    bearer: String,
    patience: Duration,
}

impl Engine<'_> {
    /// Asks until there is an answer: again later where the engine says when, and for the draft
    /// while its values are read.
    fn answer(&self, query: &str, card: &[u8], bar: &ProgressBar) -> anyhow::Result<Value> {
        let mut draft: Option<String> = None;
        let mut since = Stopwatch::start();
        let (mut accounts, mut is_told) = (0, false);
        loop {
            let mut answer = match &draft {
                None => self.open(query, card)?,
                Some(draft) => self.look(draft)?,
            };
            let (status, pause) = (answer.status().as_u16(), retry_after(&answer));
            let document = document(&mut answer)?;
            match (status, pause) {
                (200, _) => return Ok(document),
                // The engine has waited before it said so: the next question follows at once.
                (202, _) => {
                    let number = |key: &str| document.get(key).and_then(Value::as_u64).unwrap_or(0);
                    bar.set_length(number("of"));
                    bar.set_position(number("accounts"));
                    if number("accounts") > accounts {
                        accounts = number("accounts");
                        since = Stopwatch::start();
                    }
                    anyhow::ensure!(
                        since.elapsed() < self.patience,
                        "expected {} to read the values of {} accounts, found {accounts} and no \
                         more for {} s; does it still fold? Ask again once it does",
                        self.base,
                        number("of"),
                        self.patience.as_secs()
                    );
                    let id = document.get("draft").and_then(Value::as_str);
                    let id = id.context("expected the draft's id in the answer, found none")?;
                    draft = Some(id.to_owned());
                }
                (409 | 503, Some(pause))
                    if pause.saturating_add(since.elapsed()) < self.patience =>
                {
                    if !std::mem::replace(&mut is_told, true) {
                        let seconds = self.patience.as_secs();
                        bar.println(format!("{}; asking for {seconds} s", said(&document)));
                    }
                    Stop::default().wait(pause);
                }
                _ => anyhow::bail!("{} answers {status}: {}", self.base, said(&document)),
            }
        }
    }

    fn open(&self, query: &str, card: &[u8]) -> anyhow::Result<Response<Body>> {
        let url = format!("{}/v1/tenants/{}/what-if{query}", self.base, self.tenant);
        self.agent
            .post(&url)
            .header("authorization", &self.bearer)
            .header("content-type", "application/octet-stream")
            .send(card)
            .with_context(|| self.silent())
    }

    fn look(&self, draft: &str) -> anyhow::Result<Response<Body>> {
        let url = format!("{}/v1/tenants/{}/what-if/{draft}", self.base, self.tenant);
        self.agent
            .get(&url)
            .header("authorization", &self.bearer)
            .call()
            .with_context(|| self.silent())
    }

    fn silent(&self) -> String {
        format!("ask {}; does `puls run` listen there?", self.base)
    }
}

/// How long the engine wants to be left alone before it is asked again.
fn retry_after(answer: &Response<Body>) -> Option<Duration> {
    let seconds = answer.headers().get("retry-after")?.to_str().ok()?;
    Some(Duration::from_secs(seconds.parse().ok()?))
}

/// What an answer that is none says.
fn said(document: &Value) -> &str {
    let said = |key: &str| document.get(key).and_then(Value::as_str);
    said("detail").or(said("title")).unwrap_or("nothing more")
}

fn document(answer: &mut Response<Body>) -> anyhow::Result<Value> {
    let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX);
    let text = body.read_to_string().context("read the answer")?;
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

/// Where the engine listens.
fn base(args: &WhatIfArgs, config: &Config) -> anyhow::Result<String> {
    if let Some(url) = &args.url {
        return Ok(url.trim_end_matches('/').to_owned());
    }
    let mut address = config
        .puls
        .listen
        .context("expected `[puls] listen` in the configuration, or --url, found neither")?;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    Ok(format!("http://{address}"))
}

fn token(config: &Config, tenant: &str) -> anyhow::Result<String> {
    let what_if = config
        .tenants
        .get(tenant)
        .and_then(|it| it.what_if.as_ref());
    let variable = what_if.map(|it| it.token_env.as_str()).with_context(|| {
        format!(
            "expected [tenants.{tenant}.what_if] with `token_env`, the name of the environment \
             variable that holds the token, found none; without it a running engine answers nobody"
        )
    })?;
    super::token(variable)
}

/// What is asked beside the card.
fn query(args: &WhatIfArgs) -> String {
    let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let rule = args
        .rule
        .iter()
        .map(|rule| format!("rule={}", escaped(rule)));
    let parameters = args.parameters.iter();
    let parameters = parameters
        .map(|(name, value)| format!("parameter={}", escaped(&format!("{name}={value}"))));
    let movers = format!("movers={}", args.movers);
    let all: Vec<_> = rule.chain(parameters).chain([movers]).collect();
    format!("?{}", all.join("&"))
}

fn bar(session: &Session) -> ProgressBar {
    let bar = progress::line(session.err_is_terminal);
    let template = "{spinner} reading values of accounts {bar:30} {human_pos} of {human_len}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// Listens and answers one request after the other: status, head lines, body.
    fn engine(script: &'static [(u16, &'static str, &'static str)]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for (status, head, body) in script {
                let (mut stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    let line = line.trim().to_lowercase();
                    if let Some(found) = line.strip_prefix("content-length:") {
                        length = found.trim().parse().unwrap();
                    }
                    if line.is_empty() {
                        break;
                    }
                }
                reader.read_exact(&mut vec![0; length]).unwrap();
                write!(
                    stream,
                    "HTTP/1.1 {status} x\r\n{head}connection: close\r\ncontent-length: {}\r\n\r\n\
                     {body}",
                    body.len()
                )
                .unwrap();
            }
        });
        base
    }

    const LATER: &str = "retry-after: 0\r\n";
    const BUSY: &str = r#"{"detail":"expected one at a time"}"#;
    const FILLING: &str = r#"{"draft":"d","accounts":3,"of":9}"#;
    const DONE: &str = r#"{"accounts":9}"#;

    type Script = &'static [(u16, &'static str, &'static str)];

    #[test]
    fn a_busy_engine_is_asked_again_and_not_for_ever() {
        let long = Duration::from_secs(120);
        let cases: [(Script, Duration, Result<(), &str>); 6] = [
            (
                &[
                    (409, LATER, BUSY),
                    (202, LATER, FILLING),
                    (409, LATER, BUSY),
                    (503, LATER, BUSY),
                    (200, "", DONE),
                ],
                long,
                Ok(()),
            ),
            (&[(409, "", BUSY)], long, Err("answers 409: expected one")),
            (
                &[(429, LATER, BUSY)],
                long,
                Err("answers 429: expected one"),
            ),
            (
                &[(409, "retry-after: 600\r\n", BUSY)],
                long,
                Err("answers 409: expected one"),
            ),
            (
                &[(202, LATER, r#"{"draft":"d","accounts":0,"of":9}"#)],
                Duration::ZERO,
                Err("values of 9 accounts, found 0 and no more"),
            ),
            (&[(202, LATER, "{}")], long, Err("expected the draft's id")),
        ];
        for (script, patience, expected) in cases {
            let engine = Engine {
                agent: agent(),
                base: engine(script),
                tenant: "acme",
                bearer: "Bearer x".into(),
                patience,
            };
            let answer = engine.answer("?movers=1", b"[card]", &ProgressBar::hidden());
            match (answer, expected) {
                (Ok(answer), Ok(())) => assert_eq!(answer["accounts"], 9),
                (Err(error), Err(part)) => {
                    let said = format!("{error:#}");
                    assert!(said.contains(part), "{script:?}: {said}");
                }
                (answer, _) => panic!("{script:?}: {answer:?}"),
            }
        }
    }
}
