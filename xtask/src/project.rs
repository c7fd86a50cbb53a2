//! Where things are in this repository, and which functions it has.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result, While};

/// The repository, by its top folder.
#[derive(Clone, Debug)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// The repository this crate was built from.
    pub fn here() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .map(Path::to_path_buf);
        match root {
            Some(root) if root.join("Cargo.toml").is_file() => Ok(Self { root }),
            _ => Err(Failure::new(
                "The repository was moved after xtask was built: run `cargo clean --package xtask` first.",
            )),
        }
    }

    /// A path given from the top folder.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// A path in the ignored folder of this machine: environments, state, logs. Its folder is made.
    pub fn local(&self, relative: impl AsRef<Path>) -> Result<PathBuf> {
        let path = self.path(".local").join(relative);
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).while_doing(format!("make the folder {}", folder.display()))?;
        Ok(path)
    }

    /// The functions: one per folder in `functions/` that has a `main.rs`, in alphabetical order.
    pub fn functions(&self) -> Result<Vec<String>> {
        let folder = self.path("functions");
        let doing = format!("list {}", folder.display());
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).while_doing(&doing)? {
            let entry = entry.while_doing(&doing)?;
            if entry.path().join("src/main.rs").is_file() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }
}
