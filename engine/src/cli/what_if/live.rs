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
use crate::config::Config;
use crate::limits::WHAT_IF_MS_MAX;
use crate::query::Answer;

/// Longest answer that is read, in bytes: the most movers with their reasons.
const ANSWER_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Beyond the evaluation: columns are waited for a while, and a card is compiled.
const SLACK: Duration = Duration::from_secs(30);

/// The answer of the running engine.
pub(super) fn ask(
    args: &WhatIfArgs,
    (config, tenant): (&Config, &str),
    card: &[u8],
    session: &Session,
) -> anyhow::Result<Answer> {
    let base = base(args, config)?;
    let token = token(config, tenant)?;
    let agent = Agent::config_builder()
        .timeout_global(Some(Duration::from_millis(WHAT_IF_MS_MAX) + SLACK))
        // What is wrong is told in the answer's body.
        .http_status_as_error(false)
        .build()
        .new_agent();
    let bearer = format!("Bearer {token}");
    let url = format!("{base}/v1/tenants/{tenant}/what-if{}", query(args));
    let no_answer = || format!("ask {base}; does `puls run` listen there?");
    let mut answer = agent
        .post(&url)
        .header("authorization", &bearer)
        .header("content-type", "application/octet-stream")
        .send(card)
        .with_context(no_answer)?;
    let bar = bar(session);
    loop {
        let status = answer.status().as_u16();
        let document = document(&mut answer)?;
        match status {
            200 => {
                bar.finish_and_clear();
                let answer = serde_json::from_value(document);
                return answer.context("read the answer; is the engine of another version?");
            }
            202 => {
                let number = |key: &str| document.get(key).and_then(Value::as_u64).unwrap_or(0);
                bar.set_length(number("of"));
                bar.set_position(number("accounts"));
                let draft = document.get("draft").and_then(Value::as_str);
                let draft = draft.context("expected the draft's id in the answer, found none")?;
                let url = format!("{base}/v1/tenants/{tenant}/what-if/{draft}");
                answer = agent
                    .get(&url)
                    .header("authorization", &bearer)
                    .call()
                    .with_context(no_answer)?;
            }
            _ => {
                bar.finish_and_clear();
                let detail = document.get("detail").and_then(Value::as_str);
                let title = document.get("title").and_then(Value::as_str);
                let said = detail.or(title).unwrap_or("nothing more");
                anyhow::bail!("{base} answers {status}: {said}");
            }
        }
    }
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
