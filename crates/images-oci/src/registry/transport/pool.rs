//! Connections that wait for their next request.

use std::io::BufReader;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::connection::Connection;
use super::url::Origin;

/// No more than this many wait.
const LIMIT: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Vec<(Origin, BufReader<Connection>)>>);

impl Pool {
    fn lock(&self) -> MutexGuard<'_, Vec<(Origin, BufReader<Connection>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keep(&self, origin: Origin, connection: BufReader<Connection>) {
        let mut kept = self.lock();
        if kept.len() == LIMIT {
            kept.remove(0);
        }
        kept.push((origin, connection));
    }

    /// The newest connection to there that is still good.
    pub(super) fn take(&self, origin: &Origin) -> Option<BufReader<Connection>> {
        let mut kept = self.lock();
        while let Some(place) = kept.iter().rposition(|(kept, _)| kept == origin) {
            let (_, connection) = kept.remove(place);
            if connection.buffer().is_empty() && connection.get_ref().is_idle() {
                return Some(connection);
            }
        }
        None
    }
}
