//! Connections: as many as there are places, each closed that stays silent.
//!
//! A client can hold a place only as long as its requests are answered: the head of each must come
//! within a limit, which is also how long a connection may lie idle. While all places are taken,
//! further clients wait in the listener's queue. Knows nothing of what is asked.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::limits::{HTTP_CONNECTIONS_MAX, HTTP_HEAD_MS_MAX};

/// How long answers that are under way are waited for when the listener ends.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long the next connection is waited for after one could not be taken, for want of file
/// descriptors as a rule.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// What clients may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Connections at once.
    pub(super) connections_max: usize,
    /// How long the head of a request may take to arrive.
    pub(super) head_wait: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections_max: HTTP_CONNECTIONS_MAX,
            head_wait: Duration::from_millis(HTTP_HEAD_MS_MAX),
        }
    }
}

/// Serves `router` until `stopped` is told, or its sender is gone; then gives answers that are
/// under way a moment.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(bounds.head_wait);
    let places = Arc::new(Semaphore::new(bounds.connections_max));
    let open = GracefulShutdown::new();
    loop {
        let next = tokio::select! {
            _ = &mut stopped => None,
            next = accept(&listener, &places) => next,
        };
        let Some((stream, place)) = next else {
            break;
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A client that goes away or says no HTTP is the client's affair.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke off");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, open.shutdown())
        .await
        .is_err()
    {
        tracing::debug!("connections were open when the http listener ended");
    }
}

/// The next connection, as soon as there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Some((stream, place)),
            Err(error) => {
                tracing::warn!(%error, "accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
