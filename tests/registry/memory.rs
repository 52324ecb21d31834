//! Images in memory, and a clock that does not wait.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use images_engine::process::Cancel;
use images_oci::model::{Descriptor, Digest, Index, Manifest, Platform, media_type};
use images_oci::registry::{BlobSink, BlobSource, Clock};

/// Blobs by their digest: a source and a sink.
#[derive(Debug, Default)]
pub(crate) struct Memory(pub(crate) Mutex<BTreeMap<Digest, Vec<u8>>>);

impl Memory {
    /// Puts a blob in.
    pub(crate) fn add(&self, media_type: &str, bytes: &[u8]) -> Descriptor {
        let descriptor = Descriptor::of(media_type, bytes);
        self.0.lock().unwrap().insert(descriptor.digest, bytes.to_vec());
        descriptor
    }

    /// Puts an image of these layers in.
    pub(crate) fn image(&self, config: &str, layers: &[&[u8]]) -> Descriptor {
        let config = self.add(media_type::CONFIG, config.as_bytes());
        let layers = layers.iter().map(|layer| self.add(media_type::LAYER_GZIP, layer)).collect();
        let manifest = serde_json::to_vec(&Manifest::new(config, layers)).unwrap();
        self.add(media_type::MANIFEST, &manifest)
    }

    /// Puts an index of these images in.
    pub(crate) fn index(&self, images: &[(&str, Descriptor)]) -> Descriptor {
        let with_platform = images.iter().map(|(platform, image)| {
            let (os, architecture) = platform.split_once('/').unwrap();
            let platform = self::platform(os, architecture);
            Descriptor { platform: Some(platform), ..image.clone() }
        });
        let index = Index::new(with_platform.collect());
        self.add(media_type::INDEX, &serde_json::to_vec(&index).unwrap())
    }

    pub(crate) fn digests(&self) -> Vec<Digest> {
        self.0.lock().unwrap().keys().copied().collect()
    }
}

pub(crate) fn platform(os: &str, architecture: &str) -> Platform {
    Platform { architecture: architecture.to_owned(), os: os.to_owned(), os_version: None, variant: None }
}

impl BlobSource for Memory {
    fn open_blob(&self, descriptor: &Descriptor, offset: u64) -> io::Result<Box<dyn Read + '_>> {
        let bytes = self.0.lock().unwrap().get(&descriptor.digest).cloned();
        let mut bytes = Cursor::new(bytes.ok_or(io::ErrorKind::NotFound)?);
        bytes.set_position(offset);
        Ok(Box::new(bytes))
    }
}

impl BlobSink for Memory {
    fn has_blob(&self, descriptor: &Descriptor) -> io::Result<bool> {
        Ok(self.0.lock().unwrap().contains_key(&descriptor.digest))
    }

    fn keep_blob(
        &self,
        descriptor: &Descriptor,
        fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        fill(&mut bytes)?;
        self.0.lock().unwrap().insert(descriptor.digest, bytes);
        Ok(())
    }
}

/// Notes how long it was asked to wait.
#[derive(Debug, Default)]
pub(crate) struct PatientClock(pub(crate) Mutex<Vec<Duration>>);

impl PatientClock {
    pub(crate) fn shared() -> Arc<Self> {
        Arc::default()
    }
}

impl Clock for PatientClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, time: Duration, _: &Cancel) {
        self.0.lock().unwrap().push(time);
    }
}
