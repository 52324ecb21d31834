//! Media types: OCI's <https://github.com/opencontainers/image-spec/blob/v1.1.1/media-types.md>, and the ones of docker
//! that they replaced, which registries and daemons still hand out.

/// An OCI index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// An OCI manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// An OCI image configuration.
pub const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// A layer as it is.
pub const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
/// A layer, gzip.
pub const LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// A layer, zstd.
pub const LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
/// The empty configuration `{}` of what is no image.
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// Docker's index.
pub const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// Docker's manifest.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Docker's image configuration.
pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
/// Docker's layer, gzip.
pub const DOCKER_LAYER_GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// Whether this is an index, of either kind.
pub fn is_index(media_type: &str) -> bool {
    [INDEX, DOCKER_INDEX].contains(&media_type)
}

/// Whether this is a manifest, of either kind.
pub fn is_manifest(media_type: &str) -> bool {
    [MANIFEST, DOCKER_MANIFEST].contains(&media_type)
}
