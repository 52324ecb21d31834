//! A registry in this process, which behaves well until it is told not to.
//!
//! 1. `message`: as much of HTTP/1.1 as it takes.
//! 2. `store`: what a registry keeps, and its answers.
//! 3. [`FakeRegistry`]: the server, the faults that it is told, and what it was asked.

mod message;
mod store;

use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
    /// It waits until [`FakeRegistry::let_go`], and is answered then.
    Hold,
}

/// Where it falls silent for good: nothing is answered from there on until [`FakeRegistry::thaw`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The request of this number, from 0, and all later ones have no effect.
    Before(usize),
    /// The request of this number has its effect, and all later ones have none.
    After(usize),
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
    /// How many requests came since it was told where to fall silent.
    count: usize,
    silence: Option<Silence>,
    is_silent: bool,
    /// How many requests are held, and how many times those were let go.
    held: usize,
    releases: usize,
}

/// What the connections share.
#[derive(Debug, Default)]
struct Told {
    script: Mutex<Script>,
    changed: Condvar,
}

/// A running one. It ends when it is dropped.
#[derive(Debug)]
pub struct FakeRegistry {
    /// `127.0.0.1:PORT`.
    pub address: String,
    store: Arc<Mutex<Store>>,
    told: Arc<Told>,
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
            told: Arc::default(),
            is_over: Arc::default(),
        };
        let (store, told, is_over) =
            (Arc::clone(&registry.store), Arc::clone(&registry.told), Arc::clone(&registry.is_over));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                let (store, told) = (Arc::clone(&store), Arc::clone(&told));
                std::thread::spawn(move || serve(&stream, &store, &told));
            }
        });
        registry
    }

    /// Has the next `times` requests of this method (`*` for any), whose target contains `part`, go wrong.
    pub fn fault(&self, method: &'static str, part: &str, times: usize, fault: Fault) {
        lock(&self.told.script).rules.push(Rule { method, part: part.to_owned(), times, fault });
    }

    /// Nothing goes wrong any more.
    pub fn forget_faults(&self) {
        lock(&self.told.script).rules.clear();
    }

    /// What it was asked so far; forgotten here.
    pub fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut lock(&self.told.script).requests)
    }

    /// Falls silent at a request that is still to come. Numbers are counted from here.
    pub fn fall_silent(&self, silence: Silence) {
        let mut script = lock(&self.told.script);
        (script.count, script.silence, script.is_silent) = (0, Some(silence), false);
    }

    /// Waits until it is silent; false where that does not come in this time.
    pub fn is_silent_within(&self, time: Duration) -> bool {
        self.wait(time, |script| script.is_silent)
    }

    /// Speaks again. Whoever waited for an answer is hung up on.
    pub fn thaw(&self) {
        let mut script = lock(&self.told.script);
        (script.silence, script.is_silent) = (None, false);
        self.told.changed.notify_all();
    }

    /// Waits until so many requests are held; false where that does not come in this time.
    pub fn holds_within(&self, count: usize, time: Duration) -> bool {
        self.wait(time, |script| script.held >= count)
    }

    /// Answers the requests that are held.
    pub fn let_go(&self) {
        let mut script = lock(&self.told.script);
        (script.held, script.releases) = (0, script.releases + 1);
        self.told.changed.notify_all();
    }

    fn wait(&self, time: Duration, is_so: impl Fn(&Script) -> bool) -> bool {
        let script = lock(&self.told.script);
        let waited = self.told.changed.wait_timeout_while(script, time, |script| !is_so(script));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// The digests that tags are on, by `REPOSITORY:TAG`.
    pub fn tags(&self) -> BTreeMap<String, String> {
        lock(&self.store).tags()
    }

    /// The tags, as `REPOSITORY:TAG`, whose image lacks something.
    pub fn incomplete(&self) -> Vec<String> {
        lock(&self.store).incomplete()
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
        self.thaw();
        self.let_go();
        self.is_over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(&self.address);
    }
}

fn serve(stream: &TcpStream, store: &Mutex<Store>, told: &Told) {
    let mut input = BufReader::new(stream);
    while let Some(request) = Request::read(&mut input) {
        let Some(fault) = heard(&request, store, told) else { break };
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
            None | Some(Fault::Hold) => lock(store).answer(&request),
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

/// Notes a request, and returns what goes wrong with it; `None` where it gets no answer at all.
fn heard(request: &Request, store: &Mutex<Store>, told: &Told) -> Option<Option<Fault>> {
    let mut script = outlast_silence(lock(&told.script), store, told, request)?;
    let found = script.rules.iter_mut().find(|rule| rule.meets(request));
    let fault = found.map(|rule| {
        rule.times -= 1;
        rule.fault.clone()
    });
    script.requests.push(request.clone());
    if matches!(fault, Some(Fault::Hold)) {
        let before = script.releases;
        script.held += 1;
        told.changed.notify_all();
        drop(told.changed.wait_while(script, |script| script.releases == before));
    }
    Some(fault)
}

/// Waits as long as it is to be silent; `None` where it was.
fn outlast_silence<'a>(
    mut script: MutexGuard<'a, Script>,
    store: &Mutex<Store>,
    told: &Told,
    request: &Request,
) -> Option<MutexGuard<'a, Script>> {
    let number = script.count;
    script.count += 1;
    let has_effect = match script.silence {
        Some(Silence::Before(last)) if number >= last => false,
        Some(Silence::After(last)) if number >= last => number == last,
        _ => return Some(script),
    };
    if has_effect {
        lock(store).answer(request);
    }
    script.is_silent = true;
    told.changed.notify_all();
    drop(told.changed.wait_while(script, |script| script.is_silent));
    None
}

impl Rule {
    fn meets(&self, request: &Request) -> bool {
        let is_method = self.method == "*" || self.method == request.method;
        self.times > 0 && is_method && request.target != "/v2/" && request.target.contains(&self.part)
    }
}
