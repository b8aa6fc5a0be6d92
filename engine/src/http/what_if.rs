//! What-ifs over HTTP.
//!
//! ```text
//! POST   /v1/tenants/{tenant}/what-if          card or module: 200 answer, 202 progress
//!        ?rule=NAME&parameter=name=value&movers=N
//! GET    /v1/tenants/{tenant}/what-if/{draft}  the same draft again: 200 answer, 202 progress
//! DELETE /v1/tenants/{tenant}/what-if/{draft}  closes it: 204
//! ```
//! Who asks shows the tenant's bearer token before anything else is looked at: without it nobody
//! learns here which tenants there are (`/metrics`, for who operates the engine, names those whose
//! rules fail). What is wrong is said as RFC 9457 says. Work is done on other threads than the
//! listener's.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http_body_util::LengthLimitError;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::clock::Stopwatch;
use crate::limits::{WHAT_IF_BODY_BYTES_MAX, WHAT_IF_BODY_MS_MAX};
use crate::metrics::{self, WhatIfEnd};
use crate::model::{Digest, content_digest};
use crate::query::{Ask, Desk, Refused, Said};
use crate::rules::named_number;

/// Who may ask what-ifs, and where.
#[derive(Debug)]
pub struct WhatIfs {
    desk: Option<Arc<Desk>>,
    /// Digest of each tenant's token: comparing digests tells nobody how much of one was right.
    tokens: BTreeMap<String, Digest>,
}

impl WhatIfs {
    /// Nobody.
    #[must_use]
    pub const fn nobody() -> Self {
        Self {
            desk: None,
            tokens: BTreeMap::new(),
        }
    }

    /// Who has a tenant's token may ask about that tenant.
    #[must_use]
    pub fn new(desk: Desk, tokens: impl IntoIterator<Item = (String, String)>) -> Self {
        let tokens = tokens.into_iter();
        Self {
            desk: Some(Arc::new(desk)),
            tokens: tokens
                .map(|(tenant, token)| (tenant, content_digest(token.as_bytes())))
                .collect(),
        }
    }

    /// The desk, for who shows the tenant's token.
    fn admit(&self, tenant: &str, headers: &HeaderMap) -> Result<Arc<Desk>, Problem> {
        let shown = headers.get(header::AUTHORIZATION);
        let shown = shown.and_then(|value| value.to_str().ok());
        let token = shown.and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
        let shown = content_digest(token.unwrap_or_default().as_bytes());
        let is_known = token.is_some() && self.tokens.get(tenant) == Some(&shown);
        let desk = self.desk.as_ref().filter(|_| is_known);
        desk.map(Arc::clone).ok_or_else(|| {
            Problem::new(
                StatusCode::UNAUTHORIZED,
                "expected `Authorization: Bearer` with the token of this tenant; its \
                 configuration names the variable that holds it ([tenants.<name>.what_if])",
            )
        })
    }
}

pub(super) fn router(what_ifs: Arc<WhatIfs>) -> Router {
    Router::new()
        .route("/v1/tenants/{tenant}/what-if", post(open))
        .route(
            "/v1/tenants/{tenant}/what-if/{draft}",
            get(look).delete(close),
        )
        .with_state(what_ifs)
}

async fn open(
    State(what_ifs): State<Arc<WhatIfs>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let watch = Stopwatch::start();
    counted(opened(&what_ifs, &tenant, request).await, &watch)
}

async fn opened(what_ifs: &WhatIfs, tenant: &str, request: Request) -> Result<Response, Problem> {
    let desk = what_ifs.admit(tenant, request.headers())?;
    let ask = ask(request.uri())?;
    let body = body(request).await?;
    let of = tenant.to_owned();
    answered(tenant, move || desk.open(&of, &body, &ask)).await
}

async fn look(
    State(what_ifs): State<Arc<WhatIfs>>,
    Path((tenant, draft)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let watch = Stopwatch::start();
    counted(looked(&what_ifs, (&tenant, &draft), &headers).await, &watch)
}

async fn looked(
    what_ifs: &WhatIfs,
    (tenant, draft): (&str, &str),
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let desk = what_ifs.admit(tenant, headers)?;
    let id = id(draft)?;
    let of = tenant.to_owned();
    answered(tenant, move || desk.look(&of, id)).await
}

async fn close(
    State(what_ifs): State<Arc<WhatIfs>>,
    Path((tenant, draft)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let desk = what_ifs.admit(&tenant, &headers)?;
    desk.close(&tenant, id(&draft)?)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Counts how a what-if ended.
fn counted(said: Result<Response, Problem>, watch: &Stopwatch) -> Result<Response, Problem> {
    let end = match &said {
        Ok(response) if response.status() == StatusCode::ACCEPTED => WhatIfEnd::Filling,
        Ok(_) => WhatIfEnd::Answered,
        Err(_) => WhatIfEnd::Refused,
    };
    metrics::what_if(end, watch.elapsed());
    said
}

/// Does the work on a thread that may take its time.
async fn answered(
    tenant: &str,
    work: impl FnOnce() -> Result<Said, Refused> + Send + 'static,
) -> Result<Response, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    let ended = |_| {
        let detail = "the what-if ended in a bug; the engine's log says more";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    };
    match done.map_err(ended)?? {
        Said::Answer(answer) => {
            let written = serde_json::to_vec(&answer);
            let written = written.map_err(|error| {
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
            })?;
            Ok(json_response(StatusCode::OK, "application/json", written))
        }
        Said::Filling(progress) => {
            let document = json!({
                "state": "filling",
                "draft": progress.draft.to_string(),
                "accounts": progress.accounts,
                "of": progress.of,
            });
            let body = document.to_string().into_bytes();
            let mut response = json_response(StatusCode::ACCEPTED, "application/json", body);
            let place = format!("/v1/tenants/{tenant}/what-if/{}", progress.draft);
            if let Ok(place) = place.parse() {
                response.headers_mut().insert(header::LOCATION, place);
            }
            later(&mut response);
            Ok(response)
        }
    }
}

/// The body, as far as it is within limits and comes in time.
async fn body(request: Request) -> Result<Vec<u8>, Problem> {
    let wait = Duration::from_millis(WHAT_IF_BODY_MS_MAX);
    let read = axum::body::to_bytes(request.into_body(), WHAT_IF_BODY_BYTES_MAX);
    let late = |_| {
        let detail = format!("expected the card within {} s", wait.as_secs());
        Problem::new(StatusCode::REQUEST_TIMEOUT, detail)
    };
    let read = tokio::time::timeout(wait, read).await.map_err(late)?;
    Ok(read.map_err(|error| unread(&error))?.to_vec())
}

/// Why there is no whole body: it is too long, or it broke off.
fn unread(error: &axum::Error) -> Problem {
    let cause = std::error::Error::source(error);
    if cause.is_some_and(|it| it.is::<LengthLimitError>()) {
        let detail = format!(
            "expected a card or module of at most {WHAT_IF_BODY_BYTES_MAX} bytes, found more"
        );
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail);
    }
    let detail = format!(
        "expected a card or module as long as its head says, found a body that broke off \
         ({error}); send it again"
    );
    Problem::new(StatusCode::BAD_REQUEST, detail)
}

/// What is asked beside the card.
fn ask(uri: &Uri) -> Result<Ask, Problem> {
    let mut ask = Ask::default();
    let wrong = |detail: String| Problem::new(StatusCode::BAD_REQUEST, detail);
    let pairs = uri.query().unwrap_or_default().split('&');
    for pair in pairs.filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
        match name {
            "rule" => ask.rule = Some(value),
            "movers" => {
                let number = value
                    .parse()
                    .map_err(|_| wrong(format!("movers: expected a number, found `{value}`")))?;
                ask.movers = Some(number);
            }
            "parameter" => {
                let (parameter, number) = named_number(&value).ok_or_else(|| {
                    wrong(format!("parameter: expected name=number, found `{value}`"))
                })?;
                ask.parameters.insert(parameter, number);
            }
            other => {
                return Err(wrong(format!(
                    "expected `rule`, `parameter` or `movers` in the query, found `{other}`"
                )));
            }
        }
    }
    Ok(ask)
}

fn id(text: &str) -> Result<Digest, Problem> {
    Digest::parse(text).ok_or_else(|| Refused::Closed.into())
}

/// What is wrong, as RFC 9457 says it.
#[derive(Debug)]
struct Problem {
    status: StatusCode,
    detail: String,
    /// One entry each, where there are several.
    problems: Vec<String>,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            problems: Vec::new(),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let status = match &refused {
            Refused::Busy => StatusCode::CONFLICT,
            Refused::Closed => StatusCode::NOT_FOUND,
            Refused::Crowded(_) => StatusCode::TOO_MANY_REQUESTS,
            Refused::Starting => StatusCode::SERVICE_UNAVAILABLE,
            Refused::Full => StatusCode::INSUFFICIENT_STORAGE,
            Refused::Card(_) | Refused::Rule(_) | Refused::Stopped(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        };
        let detail = refused.to_string();
        let problems = match refused {
            Refused::Card(problems) => problems,
            _ => Vec::new(),
        };
        Self {
            status,
            detail,
            problems,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut document = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or_default(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let (Value::Object(fields), false) = (&mut document, self.problems.is_empty()) {
            fields.insert("problems".into(), self.problems.into());
        }
        let body = document.to_string().into_bytes();
        let mut response = json_response(self.status, "application/problem+json", body);
        match self.status {
            StatusCode::UNAUTHORIZED => {
                let bearer = header::HeaderValue::from_static("Bearer");
                response
                    .headers_mut()
                    .insert(header::WWW_AUTHENTICATE, bearer);
            }
            StatusCode::CONFLICT
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::TOO_MANY_REQUESTS => later(&mut response),
            _ => {}
        }
        response
    }
}

/// Says that it is worth while to ask again in a second.
fn later(response: &mut Response) {
    let second = header::HeaderValue::from_static("1");
    response.headers_mut().insert(header::RETRY_AFTER, second);
}

fn json_response(status: StatusCode, form: &'static str, body: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, form)], Body::from(body)).into_response()
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use bytes::Bytes;
    use hyper::body::{Body as Frames, Frame};

    use super::*;

    /// A body that breaks off after its first bytes.
    struct Broken(Option<Bytes>);

    impl Frames for Broken {
        type Data = Bytes;
        type Error = io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
            let broken = || Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            let first = self.0.take();
            Poll::Ready(Some(
                first.map_or_else(broken, |bytes| Ok(Frame::data(bytes))),
            ))
        }
    }

    #[test]
    fn a_body_is_read_whole_or_it_is_said_why_not() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let long = vec![b'#'; WHAT_IF_BODY_BYTES_MAX + 1];
        let cases = [
            (Body::from("[card]"), Ok(6)),
            (Body::from(long), Err((413, "found more"))),
            (
                Body::new(Broken(Some(Bytes::from_static(b"[ca")))),
                Err((400, "found a body that broke off")),
            ),
        ];
        for (sent, expected) in cases {
            let read = runtime.block_on(body(Request::new(sent)));
            match (read, expected) {
                (Ok(read), Ok(length)) => assert_eq!(read.len(), length),
                (Err(problem), Err((status, part))) => {
                    assert_eq!(problem.status.as_u16(), status, "{problem:?}");
                    assert!(problem.detail.contains(part), "{problem:?}");
                }
                (read, expected) => panic!("expected {expected:?}, found {read:?}"),
            }
        }
    }
}
