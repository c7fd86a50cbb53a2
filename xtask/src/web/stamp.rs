//! What a folder's content is, in one short text: two that are equal were made of the same files.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::failure::{Result, While};

/// The content of these files of `folder`, and which of them are there.
pub fn of_files(folder: &Path, names: &[&str]) -> Result<String> {
    let files: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
    digest(folder, files)
}

/// The content of every file under `folder`, except for these files and folders, named from there.
pub fn of_tree(folder: &Path, but: &[&str]) -> Result<String> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        let doing = format!("list {}", next.display());
        for entry in fs::read_dir(&next).while_doing(&doing)? {
            let entry = entry.while_doing(&doing)?;
            let path = entry.path();
            if but.iter().any(|left_out| path == folder.join(left_out)) {
                continue;
            }
            if entry.file_type().while_doing(&doing)?.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    digest(folder, files)
}

fn digest(folder: &Path, mut files: Vec<PathBuf>) -> Result<String> {
    files.sort();
    let mut total = Sha256::new();
    for file in files {
        let content = match fs::read(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            read => read.while_doing(format!("read {}", file.display()))?,
        };
        let name = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy();
        total.update(format!("{name} {}\n", content.len()));
        total.update(content);
    }
    Ok(total
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own, removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let folder = std::env::temp_dir().join(format!("holdfast-stamp-{}", std::process::id()));
            fs::create_dir_all(folder.join("src/dist")).unwrap();
            fs::create_dir_all(folder.join("dist")).unwrap();
            Self(folder)
        }

        fn write(&self, name: &str, text: &str) -> String {
            fs::write(self.0.join(name), text).unwrap();
            of_tree(&self.0, &["dist"]).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_stamp_changes_with_every_source_and_with_nothing_that_was_made() {
        let folder = Folder::new();
        let before = folder.write("src/a.ts", "1");
        assert_eq!(folder.write("src/a.ts", "1"), before);
        assert_eq!(folder.write("dist/made.js", "1"), before);
        assert_ne!(folder.write("src/a.ts", "2"), before);
        assert_eq!(folder.write("src/a.ts", "1"), before);
        assert_ne!(folder.write("src/dist/b.ts", "1"), before);
    }
}
