//! A layout is where images come from, and where they go.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::{BlobSink, BlobSource};
use crate::layout::Layout;
use crate::model::Descriptor;

impl BlobSource for Layout {
    fn open_blob(&self, blob: &Descriptor, offset: u64) -> io::Result<Box<dyn Read + '_>> {
        if offset == 0 {
            return Ok(Box::new(self.read_blob(blob).map_err(io::Error::other)?));
        }
        // What was sent before this byte was verified by nobody, and what is sent now is not either: the registry does it.
        let mut file = File::open(self.blob_path(&blob.digest))?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Box::new(file))
    }
}

impl BlobSink for Layout {
    fn has_blob(&self, blob: &Descriptor) -> io::Result<bool> {
        if !self.has(blob) {
            return Ok(false);
        }
        let mut reader = self.read_blob(blob).map_err(io::Error::other)?;
        match io::copy(&mut reader, &mut io::sink()) {
            Ok(_) => Ok(true),
            Err(_) => {
                self.drop_blob(&blob.digest).map_err(io::Error::other)?;
                Ok(false)
            }
        }
    }

    fn keep_blob(
        &self,
        blob: &Descriptor,
        fill: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut writer = self.write_blob().map_err(io::Error::other)?;
        fill(&mut writer)?;
        writer.finish_as(blob).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use camino::Utf8PathBuf;

    use super::*;
    use crate::model::media_type;

    fn layout() -> (tempfile::TempDir, Layout) {
        let kept = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(kept.path().join("oci")).unwrap();
        (kept, Layout::open_or_create(&root).unwrap())
    }

    #[test]
    fn a_blob_is_kept_whole_or_not_at_all() {
        let (_kept, layout) = layout();
        let blob = Descriptor::of(media_type::LAYER, b"right");
        let keep = |bytes: &'static [u8], fails: bool| {
            layout.keep_blob(&blob, &mut |out| {
                out.write_all(bytes)?;
                if fails { Err(io::Error::other("broke off")) } else { Ok(()) }
            })
        };
        assert_eq!(keep(b"right", true).unwrap_err().to_string(), "broke off");
        assert!(keep(b"wrong", false).is_err());
        assert!(!layout.has_blob(&blob).unwrap());
        keep(b"right", false).unwrap();
        assert!(layout.has_blob(&blob).unwrap());
        let mut rest = String::new();
        layout.open_blob(&blob, 2).unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "ght");
    }

    #[test]
    fn a_damaged_blob_is_got_again() {
        let (_kept, layout) = layout();
        let blob = layout.put(media_type::LAYER, b"right").unwrap();
        std::fs::write(layout.blob_path(&blob.digest), b"wrong").unwrap();
        assert!(layout.open_blob(&blob, 0).unwrap().read_to_end(&mut Vec::new()).is_err());
        assert!(!layout.has_blob(&blob).unwrap());
        assert!(!layout.blob_path(&blob.digest).exists());
    }
}
