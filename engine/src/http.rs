//! `/metrics`, `/healthz`, `/readyz` and what-ifs, on a thread of their own.
//!
//! Shows what the engine counts and whether it is ready, and passes what-ifs on to where they are
//! asked (`what_if`). Never takes an event, never touches a shard: a slow reader of metrics slows
//! nobody down.

mod connections;
mod what_if;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use self::connections::Bounds;
pub use self::what_if::WhatIfs;
use crate::limits::{HTTP_THREADS_MAX, RULE_THREAD_STACK_BYTES};
use crate::metrics;

/// How often histograms are tidied up while nobody asks.
const UPKEEP: Duration = Duration::from_secs(5);

/// Why the listener cannot start.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address cannot be listened on.
    #[error("listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The metrics cannot be recorded.
    #[error("record metrics: {0}")]
    Recorder(String),
}

/// The listener. Ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    ready: Arc<AtomicBool>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts recording metrics and listens on `address`; port 0 takes a free one. What-ifs are
    /// answered where `what_ifs` has somebody who may ask.
    ///
    /// # Errors
    /// Where the address cannot be listened on, or another recorder is installed.
    pub fn start(address: SocketAddr, what_ifs: Arc<WhatIfs>) -> Result<Self, HttpError> {
        let handle = record().map_err(HttpError::Recorder)?;
        Self::with_handle(address, handle, what_ifs, Bounds::default())
    }

    fn with_handle(
        address: SocketAddr,
        handle: PrometheusHandle,
        what_ifs: Arc<WhatIfs>,
        bounds: Bounds,
    ) -> Result<Self, HttpError> {
        let listen = |source| HttpError::Listen { address, source };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(HTTP_THREADS_MAX)
            .thread_stack_size(RULE_THREAD_STACK_BYTES)
            .build()
            .map_err(listen)?;
        let listener = runtime
            .block_on(TcpListener::bind(address))
            .map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let ready = Arc::new(AtomicBool::new(false));
        let (stop, stopped) = oneshot::channel();
        let view = View {
            handle,
            ready: Arc::clone(&ready),
        };
        let thread = std::thread::Builder::new()
            .name("http".into())
            .spawn(move || {
                runtime.block_on(serve(listener, (view, what_ifs), bounds, stopped));
                // What nobody waits for any more ends by itself, within its own limits.
                runtime.shutdown_background();
            })
            .map_err(listen)?;
        Ok(Self {
            address,
            ready,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says whether the engine has its shards and folds.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Relaxed);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // Where nobody listens any more, it has stopped already.
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the http thread panicked");
        }
    }
}

/// Installs the recorder of all metrics.
fn record() -> Result<PrometheusHandle, String> {
    let recorder = builder()
        .map_err(|error| error.to_string())?
        .build_recorder();
    let handle = recorder.handle();
    ::metrics::set_global_recorder(recorder).map_err(|error| error.to_string())?;
    metrics::describe();
    Ok(handle)
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(
        Matcher::Suffix("_seconds".into()),
        &metrics::SECONDS_BUCKETS,
    )
}

#[derive(Clone)]
struct View {
    handle: PrometheusHandle,
    ready: Arc<AtomicBool>,
}

async fn serve(
    listener: TcpListener,
    (view, what_ifs): (View, Arc<WhatIfs>),
    bounds: Bounds,
    stopped: oneshot::Receiver<()>,
) {
    let upkeep = view.handle.clone();
    let router = Router::new()
        .route("/metrics", get(show_metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(show_ready))
        .with_state(view)
        .merge(what_if::router(what_ifs));
    let tidy = tokio::spawn(async move {
        let mut tick = tokio::time::interval(UPKEEP);
        loop {
            tick.tick().await;
            upkeep.run_upkeep();
        }
    });
    connections::serve(listener, router, bounds, stopped).await;
    tidy.abort();
}

async fn show_metrics(State(view): State<View>) -> impl IntoResponse {
    let format = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, format)], view.handle.render())
}

async fn show_ready(State(view): State<View>) -> impl IntoResponse {
    if view.ready.load(Ordering::Relaxed) {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;
    use crate::metrics::{Outcomes, WhatIfEnd};
    use crate::model::ShardId;

    fn ask(server: &Server, path: &str) -> String {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// A listener that nobody may ask what-ifs.
    fn listening(handle: PrometheusHandle, bounds: Bounds) -> Server {
        let nobody = Arc::new(WhatIfs::nobody());
        Server::with_handle(([127, 0, 0, 1], 0).into(), handle, nobody, bounds).unwrap()
    }

    fn bounded(connections_max: usize, head_wait: Duration) -> Server {
        let handle = builder().unwrap().build_recorder().handle();
        let bounds = Bounds {
            connections_max,
            head_wait,
        };
        listening(handle, bounds)
    }

    #[test]
    fn a_silent_client_is_closed() {
        let server = bounded(8, Duration::from_millis(250));
        for said in ["", "GET /healthz HT"] {
            let mut silent = TcpStream::connect(server.address()).unwrap();
            write!(silent, "{said}").unwrap();
            silent
                .set_read_timeout(Some(Duration::from_secs(20)))
                .unwrap();
            let mut answer = String::new();
            let read = silent.read_to_string(&mut answer);
            assert!(read.is_ok(), "after `{said}`: {read:?}");
            assert!(!answer.contains("200"), "after `{said}`: {answer}");
        }
        assert!(ask(&server, "/healthz").starts_with("HTTP/1.1 200"));
    }

    #[test]
    fn a_client_beyond_the_places_waits_for_one() {
        let server = bounded(1, Duration::from_secs(60));
        let first = TcpStream::connect(server.address()).unwrap();
        let mut second = TcpStream::connect(server.address()).unwrap();
        second
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        write!(
            second,
            "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let early = second.read_exact(&mut [0_u8]);
        assert!(early.is_err(), "answered beyond its places");
        drop(first);
        second
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let mut answer = String::new();
        second.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    #[test]
    fn answers_and_ends() {
        let recorder = builder().unwrap().build_recorder();
        let handle = recorder.handle();
        ::metrics::with_local_recorder(&recorder, || {
            metrics::describe();
            let records = Outcomes {
                applied: 3,
                duplicate: 0,
                dead: 1,
            };
            metrics::taken("usage", records, records);
            metrics::commit(Duration::from_millis(3), false);
            metrics::waiting(ShardId(2), true);
            metrics::folded(ShardId(5), 1, Duration::from_millis(3));
            for end in [WhatIfEnd::Answered, WhatIfEnd::Refused, WhatIfEnd::Refused] {
                metrics::what_if(end, Duration::from_millis(30));
            }
        });
        let server = listening(handle, Bounds::default());
        assert!(ask(&server, "/healthz").starts_with("HTTP/1.1 200"));
        assert!(ask(&server, "/readyz").starts_with("HTTP/1.1 503"));
        server.set_ready(true);
        assert!(ask(&server, "/readyz").starts_with("HTTP/1.1 200"));
        let metrics = ask(&server, "/metrics");
        for line in [
            "# TYPE puls_records_total counter",
            "puls_records_total{input=\"usage\",outcome=\"applied\"} 3",
            "puls_records_total{input=\"usage\",outcome=\"dead\"} 1",
            "puls_commit_seconds_bucket{le=\"0.005\"} 1",
            "puls_peers_waiting{shard=\"2\"} 1",
            "puls_peers_waiting{shard=\"5\"} 0",
            "puls_what_ifs_total{outcome=\"answered\"} 1",
            "puls_what_ifs_total{outcome=\"refused\"} 2",
            "puls_what_if_seconds_count 1",
        ] {
            assert!(metrics.contains(line), "{line} is not in {metrics}");
        }
        let address = server.address();
        drop(server);
        assert!(TcpStream::connect(address).is_err());
    }
}
