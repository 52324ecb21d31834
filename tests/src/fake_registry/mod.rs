//! A registry in this process, which behaves well until it is told not to.
//!
//! 1. `message`: as much of HTTP/1.1 as it takes.
//! 2. `store`: what a registry keeps, and its answers.
//! 3. [`FakeRegistry`]: the server, the faults that it is told, and what it was asked.

mod message;
mod store;

use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use message::{Request, Response};
use store::Store;

/// The one user.
pub const USER: &str = "tester";
/// Their password, with what is special in some places.
pub const PASSWORD: &str = "pa:ss";
/// Their identity token.
pub const IDENTITY: &str = "identity/token+1";

/// How it wants to know who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Not at all.
    Free,
    /// By name and password.
    Basic,
    /// By tokens that it gives itself at `/token`: to anybody for pulling, to the user for pushing.
    Token,
    /// The same, and to the user alone.
    PrivateToken,
}

/// What goes wrong with a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// It gets this answer.
    Answer(Response),
    /// It gets the right answer with this header field in place of its own.
    Field(&'static str, String),
    /// The connection is closed after so many bytes of the right answer's body.
    Cut(usize),
    /// The connection is closed before the request has an effect.
    Hangup,
    /// It has its effect, and the connection is closed before anything is said.
    Swallow,
    /// It is confirmed, and has no effect.
    Forget,
    /// All tokens that were given expire before it is looked at.
    Expire,
}

#[derive(Debug)]
struct Rule {
    method: &'static str,
    part: String,
    times: usize,
    fault: Fault,
}

#[derive(Debug, Default)]
struct Script {
    rules: Vec<Rule>,
    requests: Vec<Request>,
}

/// A running one. It ends when it is dropped.
#[derive(Debug)]
pub struct FakeRegistry {
    /// `127.0.0.1:PORT`.
    pub address: String,
    store: Arc<Mutex<Store>>,
    script: Arc<Mutex<Script>>,
    is_over: Arc<AtomicBool>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeRegistry {
    /// Starts one on a port that is free.
    ///
    /// # Panics
    /// There is no free port.
    pub fn start(access: Access) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let registry = Self {
            store: Arc::new(Mutex::new(Store::new(access, &address))),
            address,
            script: Arc::default(),
            is_over: Arc::default(),
        };
        let (store, script, is_over) =
            (Arc::clone(&registry.store), Arc::clone(&registry.script), Arc::clone(&registry.is_over));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                let (store, script) = (Arc::clone(&store), Arc::clone(&script));
                std::thread::spawn(move || serve(&stream, &store, &script));
            }
        });
        registry
    }

    /// Has the next `times` requests of this method (`*` for any), whose target contains `part`, go wrong.
    pub fn fault(&self, method: &'static str, part: &str, times: usize, fault: Fault) {
        lock(&self.script).rules.push(Rule { method, part: part.to_owned(), times, fault });
    }

    /// What it was asked so far; forgotten here.
    pub fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut lock(&self.script).requests)
    }

    /// Puts a blob into a repository.
    pub fn put_blob(&self, repository: &str, digest: &str, bytes: &[u8]) {
        lock(&self.store).put_blob(repository, digest, bytes.to_vec());
    }

    /// No referrers API from now on, as registries of version 1.0 of the specification.
    pub fn without_referrers(&self) {
        lock(&self.store).knows_referrers = false;
    }

    /// How many tags it has in a page at most.
    pub fn page(&self, size: usize) {
        lock(&self.store).page = size;
    }
}

impl Drop for FakeRegistry {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(&self.address);
    }
}

fn serve(stream: &TcpStream, store: &Mutex<Store>, script: &Mutex<Script>) {
    let mut input = BufReader::new(stream);
    while let Some(request) = Request::read(&mut input) {
        let fault = {
            let mut script = lock(script);
            let found = script.rules.iter_mut().find(|rule| rule.meets(&request));
            let fault = found.map(|rule| {
                rule.times -= 1;
                rule.fault.clone()
            });
            script.requests.push(request.clone());
            fault
        };
        let mut limit = usize::MAX;
        let response = match fault {
            Some(Fault::Hangup) => break,
            Some(Fault::Swallow) => {
                lock(store).answer(&request);
                break;
            }
            Some(Fault::Answer(response)) => response,
            Some(Fault::Forget) => lock(store).answer_and_forget(&request),
            Some(Fault::Field(name, value)) => lock(store).answer(&request).with(name, &value),
            Some(Fault::Cut(bytes)) => {
                limit = bytes;
                lock(store).answer(&request)
            }
            Some(Fault::Expire) => {
                lock(store).expire();
                lock(store).answer(&request)
            }
            None => lock(store).answer(&request),
        };
        let bytes = response.bytes(&request.method, limit);
        let mut output = stream;
        let is_last = limit != usize::MAX || request.field("connection") == Some("close");
        if output.write_all(&bytes).is_err() || is_last {
            break;
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
}

impl Rule {
    fn meets(&self, request: &Request) -> bool {
        let is_method = self.method == "*" || self.method == request.method;
        self.times > 0 && is_method && request.target != "/v2/" && request.target.contains(&self.part)
    }
}
