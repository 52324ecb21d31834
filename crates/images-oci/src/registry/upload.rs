//! Blobs that go: <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs>.

use std::io::{self, Read};

use super::client::{Answer, Ask, Client, Source, Trouble};
use super::manifests::check_field;
use super::transport::{Payload, Url};
use super::{RegistryError, RegistryErrorKind, Repository};
use crate::model::Descriptor;

/// The pieces of a blob that a registry finds too large, in bytes.
const PIECE: u64 = 16 << 20;
/// No more repositories are asked for a blob: each question that fails costs a round trip.
const MOUNTS: usize = 3;

/// How a blob came to be in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It was there.
    Present,
    /// The registry took it from another of its repositories.
    Mounted,
    /// It was sent.
    Uploaded,
}

/// Opens a blob from this byte on.
pub type OpenBlob<'a> = dyn Fn(u64) -> io::Result<Box<dyn Read + 'a>> + 'a;

/// A blob on its way.
struct Upload<'a, 'r> {
    repository: &'a Repository,
    descriptor: &'a Descriptor,
    open: &'a OpenBlob<'r>,
}

/// What came of the question for an upload.
enum Start {
    Mounted,
    /// The URL to send to.
    Session(Url),
}

impl Client {
    /// Has a blob in a repository: sends it only where it neither is there, nor in one of the repositories in
    /// `elsewhere` that are of the same registry.
    ///
    /// # Errors
    /// The registry refuses it; the blob cannot be read.
    pub fn push_blob(
        &self,
        repository: &Repository,
        descriptor: &Descriptor,
        open: &OpenBlob<'_>,
        elsewhere: &[Repository],
    ) -> Result<Sent, RegistryError> {
        if self.has_blob(repository, descriptor.digest)? {
            return Ok(Sent::Present);
        }
        self.send_blob(repository, descriptor, open, elsewhere)
    }

    /// The same without the question whether it is there.
    pub(super) fn send_blob(
        &self,
        repository: &Repository,
        descriptor: &Descriptor,
        open: &OpenBlob<'_>,
        elsewhere: &[Repository],
    ) -> Result<Sent, RegistryError> {
        let is_other = |other: &&Repository| other.host() == repository.host() && *other != repository;
        for other in elsewhere.iter().filter(is_other).take(MOUNTS) {
            if self.mount(repository, descriptor, other)? {
                return Ok(Sent::Mounted);
            }
        }
        let upload = Upload { repository, descriptor, open };
        let (mut piece, mut tries) = (self.options.chunk.filter(|piece| descriptor.size > *piece), 0);
        self.again_and_again(|| {
            tries += 1;
            if tries > 1 && self.has_blob(repository, descriptor.digest)? {
                return Ok(Sent::Uploaded);
            }
            match self.try_upload(&upload, piece) {
                Err(Trouble::Final(error)) if error.status == Some(413) && piece.is_none() => {
                    piece = Some(PIECE);
                    self.try_upload(&upload, piece)
                }
                done => done,
            }
        })
    }

    /// Whether the registry took the blob from the other repository. That it may not be read there is no error.
    fn mount(
        &self,
        repository: &Repository,
        descriptor: &Descriptor,
        other: &Repository,
    ) -> Result<bool, RegistryError> {
        let started = self.again_and_again(|| {
            let url = self.url(repository, "blobs/uploads/")?;
            let url = url.with("mount", &descriptor.digest.to_string()).with("from", other.path());
            let scope = format!("{} {}", repository.push_scope(), other.pull_scope());
            self.start(repository, url, scope)
        });
        match started {
            Ok(start) => Ok(matches!(start, Start::Mounted)),
            Err(error) if is_of_registry(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn start(&self, repository: &Repository, url: Url, scope: String) -> Result<Start, Trouble> {
        let ask = Ask { method: "POST", url, repository, scope, fields: Vec::new(), payload: None };
        let answer = self.try_to_ask(&ask)?;
        match answer.status() {
            201 => {
                answer.drain();
                Ok(Start::Mounted)
            }
            202 => Ok(Start::Session(location(answer)?)),
            _ => Err(self.refusal(answer, repository).error.into()),
        }
    }

    fn try_upload(&self, upload: &Upload<'_, '_>, piece: Option<u64>) -> Result<Sent, Trouble> {
        let url = self.url(upload.repository, "blobs/uploads/")?;
        let Start::Session(url) = self.start(upload.repository, url, upload.repository.push_scope())? else {
            return Ok(Sent::Mounted);
        };
        match piece {
            None => self.complete(upload, url, 0)?,
            Some(piece) => {
                let url = self.send_pieces(upload, url, piece)?;
                self.complete(upload, url, upload.descriptor.size)?;
            }
        }
        Ok(Sent::Uploaded)
    }

    /// Sends all from `start` on, which ends the upload.
    fn complete(&self, upload: &Upload<'_, '_>, url: Url, start: u64) -> Result<(), Trouble> {
        let Descriptor { digest, size, .. } = upload.descriptor;
        let url = url.with("digest", &digest.to_string());
        let source = || upload.part(start, *size);
        let answer = self.try_to_ask(&upload.ask("PUT", url, Some(&source)))?;
        if !matches!(answer.status(), 201 | 204) {
            return Err(self.of_session(answer, upload));
        }
        check_field(&answer.url, "a blob", *digest, answer.head.field("docker-content-digest"))?;
        answer.drain();
        Ok(())
    }

    /// Sends pieces, and returns the URL that ends the upload. After a broken connection the registry says how much has
    /// arrived.
    fn send_pieces(&self, upload: &Upload<'_, '_>, mut url: Url, piece: u64) -> Result<Url, Trouble> {
        let size = upload.descriptor.size;
        let (mut start, mut backoff) = (0, self.backoff());
        while start < size {
            let end = start.saturating_add(piece).min(size);
            let arrived = match self.send_piece(upload, url.clone(), start, end) {
                Err(Trouble::Again(error, after)) => {
                    if !backoff.wait(after)? {
                        return Err(Trouble::Final(error));
                    }
                    self.arrived(upload, url)?
                }
                done => {
                    backoff = self.backoff();
                    done?
                }
            };
            (url, start) = arrived;
            if start > size {
                return Err(RegistryError::garbled(&url, "more bytes than were sent").into());
            }
        }
        Ok(url)
    }

    fn send_piece(
        &self,
        upload: &Upload<'_, '_>,
        url: Url,
        start: u64,
        end: u64,
    ) -> Result<(Url, u64), Trouble> {
        let source = || upload.part(start, end);
        let mut ask = upload.ask("PATCH", url, Some(&source));
        ask.fields.push(("Content-Range", format!("{start}-{}", end - 1)));
        let answer = self.try_to_ask(&ask)?;
        match answer.status() {
            202 | 204 => {
                let arrived = last(&answer).map_or(end, |last| last + 1);
                Ok((location(answer)?, arrived))
            }
            416 => {
                let error = self.refusal(answer, upload.repository).error;
                Err(Trouble::Again(error.of_kind(RegistryErrorKind::Unavailable), None))
            }
            _ => Err(self.of_session(answer, upload)),
        }
    }

    /// How much has arrived: <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks>.
    fn arrived(&self, upload: &Upload<'_, '_>, url: Url) -> Result<(Url, u64), Trouble> {
        let answer = self.try_to_ask(&upload.ask("GET", url, None))?;
        match answer.status() {
            200 | 204 => {
                let arrived = last(&answer).map_or(0, |last| last + 1);
                Ok((location(answer)?, arrived))
            }
            _ => Err(self.of_session(answer, upload)),
        }
    }

    /// An upload that the registry does not know any more may be begun anew.
    fn of_session(&self, answer: Answer, upload: &Upload<'_, '_>) -> Trouble {
        let error = self.refusal(answer, upload.repository).error;
        match error.status {
            Some(404) => Trouble::Again(error.of_kind(RegistryErrorKind::Unavailable), None),
            _ => Trouble::Final(error),
        }
    }
}

impl<'r> Upload<'_, 'r> {
    fn part(&self, start: u64, end: u64) -> Result<Payload<'r>, RegistryError> {
        if start == end {
            return Ok(Payload { reader: Box::new(io::empty()), length: 0 });
        }
        let opened = (self.open)(start);
        let what = || format!("the blob {} cannot be read", self.descriptor.digest);
        Ok(Payload {
            reader: opened.map_err(|error| RegistryError::local(&what(), &error))?,
            length: end - start,
        })
    }

    fn ask<'b>(&'b self, method: &'static str, url: Url, payload: Option<&'b Source<'b>>) -> Ask<'b> {
        let fields = match payload {
            Some(_) => vec![("Content-Type", "application/octet-stream".to_owned())],
            None => Vec::new(),
        };
        Ask { method, url, repository: self.repository, scope: self.repository.push_scope(), fields, payload }
    }
}

/// Whether the registry itself said so, rather than that it was not reached.
fn is_of_registry(error: &RegistryError) -> bool {
    error.status.is_some_and(|status| (400..500).contains(&status)) || error.kind == RegistryErrorKind::Denied
}

fn location(answer: Answer) -> Result<Url, RegistryError> {
    let next = match answer.head.field("location") {
        Some(location) => answer.url.join(location),
        None => Some(answer.url.clone()),
    };
    let url = answer.url.clone();
    answer.drain();
    next.ok_or_else(|| RegistryError::garbled(&url, "a location that is none"))
}

/// The last byte that has arrived: `Range: 0-LAST`. docker's registry says `0-0` for one byte, and for none.
fn last(answer: &Answer) -> Option<u64> {
    let range = answer.head.field("range")?.trim();
    let range = range.strip_prefix("bytes=").unwrap_or(range);
    range.strip_prefix("0-")?.parse().ok().filter(|last| *last > 0)
}
