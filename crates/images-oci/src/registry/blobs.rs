//! Blobs that come: <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-blobs>.

use std::io::{self, Read, Write};

use super::client::{Answer, Ask, Client, Trouble};
use super::manifests::check_field;
use super::{RegistryError, RegistryErrorKind, Repository};
use crate::model::{Descriptor, Digest, Hasher};

/// After this many bytes the tries are counted anew, so that a large blob gets through a bad line.
const PROGRESS: u64 = 1 << 20;

/// What has come of a blob.
#[derive(Default)]
struct Progress {
    hasher: Hasher,
    count: u64,
}

impl Client {
    /// Whether a blob is there. It never fails where a try to send the blob would tell more.
    ///
    /// # Errors
    /// The registry cannot be asked.
    pub fn has_blob(&self, repository: &Repository, digest: Digest) -> Result<bool, RegistryError> {
        let answer = self.again_and_again(|| {
            let url = self.url(repository, &format!("blobs/{digest}"))?;
            let scope = repository.push_scope();
            self.try_to_ask(&Ask {
                method: "HEAD",
                url,
                repository,
                scope,
                fields: Vec::new(),
                payload: None,
            })
        })?;
        match answer.status() {
            200 => Ok(true),
            404 => Ok(false),
            _ => Err(self.refusal(answer, repository).error),
        }
    }

    /// Writes a blob. A connection that breaks is made again, for what is missing.
    ///
    /// # Errors
    /// There is none ([`RegistryErrorKind::Absent`]); its size or digest is not what the descriptor says. What was
    /// written before an error is worth nothing.
    pub fn blob(
        &self,
        repository: &Repository,
        descriptor: &Descriptor,
        into: &mut dyn Write,
    ) -> Result<(), RegistryError> {
        let mut progress = Progress::default();
        let (mut backoff, mut mark) = (self.backoff(), 0);
        loop {
            match self.try_blob(repository, descriptor, into, &mut progress) {
                Ok(()) => return finish(repository, descriptor, progress),
                Err(Trouble::Final(error)) => return Err(error),
                Err(Trouble::Again(error, after)) => {
                    if progress.count >= mark + PROGRESS {
                        (backoff, mark) = (self.backoff(), progress.count);
                    }
                    if !backoff.wait(after)? {
                        let message = format!("{error}; tried {} times", backoff.waits + 1);
                        return Err(RegistryError { message, ..error });
                    }
                }
            }
        }
    }

    fn try_blob(
        &self,
        repository: &Repository,
        descriptor: &Descriptor,
        into: &mut dyn Write,
        progress: &mut Progress,
    ) -> Result<(), Trouble> {
        if progress.count > 0 && progress.count == descriptor.size {
            return Ok(());
        }
        let url = self.url(repository, &format!("blobs/{}", descriptor.digest))?;
        let range = (progress.count > 0).then(|| ("Range", format!("bytes={}-", progress.count)));
        let fields = range.into_iter().collect();
        let scope = repository.pull_scope();
        let answer =
            self.try_to_ask(&Ask { method: "GET", url, repository, scope, fields, payload: None })?;
        let skipped = match answer.status() {
            200 => progress.count,
            206 if continues_at(&answer, progress.count) => 0,
            206 => return Err(RegistryError::garbled(&answer.url, "another range than was asked for").into()),
            _ => return Err(self.refusal(answer, repository).error.into()),
        };
        check_field(&answer.url, "a blob", descriptor.digest, answer.head.field("docker-content-digest"))?;
        self.copy(answer, skipped, descriptor, into, progress)
    }

    /// Writes the body without its first `skipped` bytes, and never more than the blob's size.
    fn copy(
        &self,
        answer: Answer,
        mut skipped: u64,
        descriptor: &Descriptor,
        into: &mut dyn Write,
        progress: &mut Progress,
    ) -> Result<(), Trouble> {
        let Answer { mut body, url, .. } = answer;
        let mut buffer = vec![0; 64 << 10];
        loop {
            let count = body.read(&mut buffer).map_err(|error| self.transport.failure(&url, &error))?;
            if count == 0 {
                return Ok(());
            }
            let start = usize::try_from(skipped).unwrap_or(usize::MAX).min(count);
            skipped -= start as u64;
            let bytes = &buffer[start..count];
            if progress.count + bytes.len() as u64 > descriptor.size {
                let what = format!("more than the {} bytes of the blob", descriptor.size);
                return Err(RegistryError::garbled(&url, what).of_kind(RegistryErrorKind::Mismatch).into());
            }
            into.write_all(bytes).map_err(|error| written(descriptor, &error))?;
            progress.hasher.update(bytes);
            progress.count += bytes.len() as u64;
        }
    }
}

fn written(descriptor: &Descriptor, error: &io::Error) -> RegistryError {
    RegistryError::local(&format!("the blob {} cannot be written", descriptor.digest), error)
}

/// Whether `Content-Range: bytes FIRST-LAST/SIZE` begins where it should.
fn continues_at(answer: &Answer, first: u64) -> bool {
    let range = answer.head.field("content-range").and_then(|range| range.trim().strip_prefix("bytes "));
    range.and_then(|range| range.split('-').next()?.parse().ok()) == Some(first)
}

fn finish(repository: &Repository, descriptor: &Descriptor, progress: Progress) -> Result<(), RegistryError> {
    let Descriptor { digest, size, .. } = descriptor;
    let found = progress.hasher.finish();
    if progress.count == *size && found == *digest {
        return Ok(());
    }
    let count = progress.count;
    let message =
        format!("{repository} has {count} bytes with digest {found} in place of {size} bytes with {digest}");
    Err(RegistryError::new(RegistryErrorKind::Mismatch, message))
}
