//! How many connections there may be, in total and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

type Addresses = Arc<Mutex<HashMap<IpAddr, u32>>>;

/// Places for connections.
pub(crate) struct Places {
    total: Arc<Semaphore>,
    total_max: u32,
    addresses: Addresses,
    per_address_max: u32,
}

/// A place that is taken until this is dropped.
pub(crate) struct Place {
    address: IpAddr,
    addresses: Addresses,
    _total: OwnedSemaphorePermit,
}

impl Places {
    pub(crate) fn new(total_max: u32, per_address_max: u32) -> Self {
        let total = Arc::new(Semaphore::new(total_max as usize));
        Self { total, total_max, addresses: Addresses::default(), per_address_max }
    }

    /// Waits until there is a place for anyone.
    pub(crate) async fn any(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.total).acquire_owned().await.ok()
    }

    /// Gives the place to an address, unless that has as many as it may.
    pub(crate) fn of_address(&self, place: OwnedSemaphorePermit, address: IpAddr) -> Option<Place> {
        let mut addresses = self.addresses.lock();
        let taken = addresses.entry(address).or_default();
        if *taken >= self.per_address_max {
            return None;
        }
        *taken += 1;
        Some(Place { address, addresses: Arc::clone(&self.addresses), _total: place })
    }

    /// Waits until nobody has a place.
    pub(crate) async fn all_free(&self) {
        // It fails when the semaphore is closed, which nobody does.
        let _ = self.total.acquire_many(self.total_max).await;
    }
}

impl Place {
    /// Whose it is.
    pub(crate) fn address(&self) -> IpAddr {
        self.address
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut addresses = self.addresses.lock();
        if let Some(taken) = addresses.get_mut(&self.address) {
            *taken -= 1;
            if *taken == 0 {
                addresses.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn places_are_limited_and_come_back() {
        let places = Places::new(3, 1);
        let (one, two) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let first = places.of_address(places.any().await.unwrap(), one).unwrap();
        assert!(places.of_address(places.any().await.unwrap(), one).is_none());
        let second = places.of_address(places.any().await.unwrap(), two).unwrap();
        drop(first);
        assert!(places.of_address(places.any().await.unwrap(), one).is_some());
        drop(second);
        places.all_free().await;
        assert!(places.addresses.lock().is_empty());
    }
}
