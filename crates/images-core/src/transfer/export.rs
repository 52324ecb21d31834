//! Images go into a folder or a file.

use std::io::{self, BufWriter, Write};

use camino::Utf8Path;
use images_oci::archive::write_archive;
use images_oci::layout::Layout;
use images_oci::model::Descriptor;

use super::Local;
use crate::Error;
use crate::build::Planned;
use crate::graph::Graph;

/// Writes images as an OCI layout: into a file where the path ends with `.tar`, else into a folder, to which they are added.
///
/// # Errors
/// A blob is damaged, or the place cannot be written.
pub fn export(graph: &Graph<'_>, planned: &Planned, local: &Local, output: &Utf8Path) -> Result<(), Error> {
    let images = local.named(graph, planned);
    if output.extension() == Some("tar") {
        let folder =
            output.parent().filter(|folder| !folder.as_str().is_empty()).unwrap_or(Utf8Path::new("."));
        // Temporary files are private; what a user asked for has the mode of any file, as far as the umask lets it.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        let file = tempfile::Builder::new()
            .permissions(mode)
            .tempfile_in(folder)
            .map_err(Error::io("cannot write into", folder))?;
        let mut writer = BufWriter::with_capacity(1 << 16, file);
        write_archive(&local.layout, &images, &mut writer)?;
        let put = writer.into_inner().map_err(io::IntoInnerError::into_error);
        return put
            .and_then(|file| file.persist(output).map_err(|error| error.error))
            .map(drop)
            .map_err(Error::io("cannot write", output));
    }
    let target = Layout::open_or_create(output)?;
    for image in &images {
        let manifest = local.layout.manifest(&image.manifest)?;
        for blob in manifest.layers.iter().chain([&manifest.config, &image.manifest]) {
            copy_blob(&local.layout, &target, blob)?;
        }
    }
    let named =
        images.iter().flat_map(|image| image.names.iter().map(|name| (name.clone(), image.manifest.clone())));
    Ok(target.set_names(&named.collect::<Vec<_>>())?)
}

fn copy_blob(from: &Layout, to: &Layout, blob: &Descriptor) -> Result<(), Error> {
    if to.has(blob) {
        return Ok(());
    }
    let mut writer = to.write_blob()?;
    io::copy(&mut from.read_blob(blob)?, &mut writer)
        .and_then(|_| writer.flush())
        .map_err(Error::io("cannot copy a blob into", to.root()))?;
    Ok(writer.finish_as(blob)?)
}
