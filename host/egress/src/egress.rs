//! The way out.

use std::sync::Arc;

use rustls::RootCertStore;
use signalsync_core::contract;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::config::EgressConfig;
use crate::connect::Connector;
use crate::error::EgressError;
use crate::exchange::exchange;
use crate::origin::Origin;
use crate::outgoing::{self, Outgoing};

/// Sends requests outside. One for the process; it has no state but its places.
pub struct Egress {
    config: Arc<EgressConfig>,
    connector: Connector,
    places: Semaphore,
}

impl Egress {
    /// Trusts the certificate authorities that Mozilla trusts.
    pub fn new(config: EgressConfig) -> Self {
        Self::trusting(config, RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })
    }

    /// Trusts these certificate authorities and no others, e.g. an organisation's own.
    pub fn trusting(config: EgressConfig, roots: RootCertStore) -> Self {
        let config = Arc::new(config);
        let places = Semaphore::new(config.concurrent_max);
        Self { connector: Connector::new(Arc::clone(&config), roots), config, places }
    }

    /// Sends one request to one of the `granted` origins and waits for the whole answer, until `deadline`
    /// or the operator's own limit, whichever comes first. Redirects are returned as they are.
    ///
    /// Must run within a tokio runtime. Dropping the future closes the connection; the request may have
    /// been received by then.
    ///
    /// # Errors
    /// See [`EgressError`]. After `Unavailable` and `OverLimit` the request may have been received.
    pub async fn send(
        &self,
        granted: &[Origin],
        request: contract::Request,
        deadline: Instant,
    ) -> Result<contract::Response, EgressError> {
        let outgoing = outgoing::check(granted, request)?;
        let deadline = deadline.min(Instant::now() + self.config.total());
        let answered = timeout_at(deadline, self.deliver(outgoing)).await;
        answered.unwrap_or_else(|_| Err(EgressError::unavailable("there was no complete answer in time")))
    }

    async fn deliver(&self, outgoing: Outgoing) -> Result<contract::Response, EgressError> {
        let busy = |_| EgressError::unavailable("the way out is closed");
        let _place = self.places.acquire().await.map_err(busy)?;
        let stream = self.connector.connect(&outgoing.origin).await?;
        exchange(stream, outgoing.request, &self.config).await
    }
}
