//! Workspaces made for measuring: images without a RUN instruction, so that the time is the tools' and not the images'.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How images stand on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Each image has this many children, as long as there are images.
    Tree(usize),
    /// Each has one.
    Chain,
    /// All but the first stand on the first.
    Fan,
}

impl Shape {
    /// The image that the image `at` stands on; the first stands on nothing.
    pub(crate) fn parent(self, at: usize) -> Option<usize> {
        let before = at.checked_sub(1)?;
        Some(match self {
            Self::Tree(children) => before / children,
            Self::Chain => before,
            Self::Fan => 0,
        })
    }
}

/// A workspace to generate.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    /// Its root.
    pub(crate) folder: PathBuf,
    /// Its namespace.
    pub(crate) namespace: String,
    pub(crate) shape: Shape,
    /// How many images there are.
    pub(crate) images: usize,
    /// How many small files each context has, in folders of at most 100.
    pub(crate) files: usize,
}

impl Workspace {
    /// Writes all files: the Cargo workspace, the images, and the same graph for `docker buildx bake`.
    pub(crate) fn write(&self) -> io::Result<()> {
        let root = format!(
            "[workspace]\nmembers = []\nresolver = \"3\"\n\n[workspace.metadata.images]\nnamespace = \"{}\"\n\
             members = [\"images/*\"]\n",
            self.namespace
        );
        fs::create_dir_all(&self.folder)?;
        fs::write(self.folder.join("Cargo.toml"), root)?;
        for at in 0..self.images {
            self.write_image(at)?;
        }
        fs::write(self.folder.join("docker-bake.json"), self.bake().to_string())
    }

    fn write_image(&self, at: usize) -> io::Result<()> {
        let folder = self.image_folder(at);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("Image.toml"), "[image]\nversion = \"1.0.0\"\n")?;
        let base =
            self.shape.parent(at).map_or_else(|| "scratch".to_owned(), |parent| self.reference(parent));
        let name = name(at);
        fs::write(folder.join("Dockerfile"), format!("FROM {base}\nCOPY files /{name}/\nENV {name}=1\n"))?;
        for file in 0..self.files {
            let place = folder.join(format!("files/{:03}", file / 100));
            if file % 100 == 0 {
                fs::create_dir_all(&place)?;
            }
            fs::write(place.join(format!("{file:05}.txt")), format!("file {file} of {name}\n").repeat(8))?;
        }
        Ok(())
    }

    /// The folder of an image.
    pub(crate) fn image_folder(&self, at: usize) -> PathBuf {
        self.folder.join("images").join(name(at))
    }

    /// The name of an image as people write it.
    pub(crate) fn reference(&self, at: usize) -> String {
        format!("localhost/{}/{}:1.0.0", self.namespace, name(at))
    }

    /// The graph as bake reads it: <https://docs.docker.com/build/bake/contexts/>.
    fn bake(&self) -> serde_json::Value {
        let target = |at: usize| {
            let mut target = serde_json::json!({
                "context": Path::new("images").join(name(at)),
                "tags": [self.reference(at)],
            });
            if let Some(parent) = self.shape.parent(at) {
                target["contexts"] =
                    serde_json::json!({self.reference(parent): format!("target:{}", name(parent))});
            }
            (name(at), target)
        };
        let targets: serde_json::Map<_, _> = (0..self.images).map(target).collect();
        let names: Vec<_> = (0..self.images).map(name).collect();
        serde_json::json!({"group": {"default": {"targets": names}}, "target": targets})
    }

    /// A file of the last image, on which nothing stands.
    pub(crate) fn file_of_leaf(&self) -> PathBuf {
        self.image_folder(self.images - 1).join("files/000/00000.txt")
    }
}

/// The name of an image.
pub(crate) fn name(at: usize) -> String {
    format!("img{at:05}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_say_who_stands_on_whom() {
        let parents = |shape: Shape| (0..7).map(|at| shape.parent(at)).collect::<Vec<_>>();
        assert_eq!(parents(Shape::Tree(4)), [None, Some(0), Some(0), Some(0), Some(0), Some(1), Some(1)]);
        assert_eq!(parents(Shape::Chain)[..4], [None, Some(0), Some(1), Some(2)]);
        assert_eq!(parents(Shape::Fan)[..4], [None, Some(0), Some(0), Some(0)]);
    }

    #[test]
    fn bake_has_the_same_graph() {
        let workspace = Workspace {
            folder: PathBuf::new(),
            namespace: "n".to_owned(),
            shape: Shape::Chain,
            images: 2,
            files: 0,
        };
        let expected = serde_json::json!({
            "group": {"default": {"targets": ["img00000", "img00001"]}},
            "target": {
                "img00000": {"context": "images/img00000", "tags": ["localhost/n/img00000:1.0.0"]},
                "img00001": {
                    "context": "images/img00001", "tags": ["localhost/n/img00001:1.0.0"],
                    "contexts": {"localhost/n/img00000:1.0.0": "target:img00000"},
                },
            },
        });
        assert_eq!(workspace.bake(), expected);
    }
}
