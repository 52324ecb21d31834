//! One connection: TCP that waits no longer than it should, and TLS over it.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use images_engine::process::Cancel;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::super::retry::SLICE;

/// How long is waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection to one address.
    pub connect: Duration,
    /// While nothing comes, or nothing goes. A transfer as a whole has no limit.
    pub silence: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(15), silence: Duration::from_secs(60) }
    }
}

/// A TCP stream that notices interrupts, and whose patience with silence ends.
#[derive(Debug)]
pub(super) struct Patient {
    stream: TcpStream,
    silence: Duration,
    cancel: Cancel,
}

/// A connection to a server, or to a proxy in its place.
#[derive(Debug)]
pub(super) enum Connection {
    Plain(Patient),
    Secure(Box<StreamOwned<ClientConnection, Patient>>),
}

impl Patient {
    /// Connects to the first of the addresses of `HOST:PORT` that answers.
    ///
    /// # Errors
    /// The name is not known: [`io::ErrorKind::NotFound`]; else why the last address failed.
    pub(super) fn connect(socket: &str, timeouts: Timeouts, cancel: &Cancel) -> io::Result<Self> {
        let unknown = |why: &str| {
            io::Error::new(io::ErrorKind::NotFound, format!("the name cannot be resolved: {why}"))
        };
        let addresses = socket.to_socket_addrs().map_err(|error| unknown(&error.to_string()))?;
        let mut failure = unknown("it has no address");
        for address in addresses {
            match TcpStream::connect_timeout(&address, timeouts.connect) {
                Ok(stream) => return Self::new(stream, timeouts.silence, cancel),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    fn new(stream: TcpStream, silence: Duration, cancel: &Cancel) -> io::Result<Self> {
        let slice = silence.clamp(Duration::from_millis(1), SLICE);
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(slice))?;
        stream.set_write_timeout(Some(slice))?;
        Ok(Self { stream, silence, cancel: cancel.clone() })
    }

    /// Tries until something happens, there was silence for too long, or there is an interrupt.
    fn patiently<T>(&self, mut act: impl FnMut(&TcpStream) -> io::Result<T>) -> io::Result<T> {
        let mut waited = Duration::ZERO;
        loop {
            if self.cancel.is_interrupted() {
                return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "interrupted"));
            }
            match act(&self.stream) {
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    waited += SLICE.min(self.silence);
                    if waited >= self.silence {
                        let message = format!("nothing moved for {} s", self.silence.as_secs_f32());
                        return Err(io::Error::new(io::ErrorKind::TimedOut, message));
                    }
                }
                done => return done,
            }
        }
    }

    /// Whether the other side neither closed it nor sent what nobody asked for.
    fn is_idle(&self) -> bool {
        let peek = || {
            self.stream.set_nonblocking(true)?;
            let peeked = self.stream.peek(&mut [0]);
            self.stream.set_nonblocking(false)?;
            peeked
        };
        peek().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl Read for Patient {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.patiently(|mut stream| stream.read(bytes))
    }
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.patiently(|mut stream| stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Connection {
    /// Shakes hands with `host`.
    ///
    /// # Errors
    /// The host is not who it should be, or the connection broke.
    pub(super) fn secure(stream: Patient, host: &str, config: Arc<ClientConfig>) -> io::Result<Self> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let session = ClientConnection::new(config, name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(session, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Self::Secure(Box::new(stream)))
    }

    pub(super) fn is_idle(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_idle(),
            Self::Secure(stream) => stream.sock.is_idle(),
        }
    }
}

impl Read for Connection {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(bytes),
            Self::Secure(stream) => stream.read(bytes),
        }
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Secure(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Secure(stream) => stream.flush(),
        }
    }
}
