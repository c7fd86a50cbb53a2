//! The copy of the repository that is mutated.
//!
//! It stays where it is from run to run, and a file is written only where it differs: cargo goes by the time at which a file
//! was written, so that what did not change is not compiled again. For the same reason a mutation that is taken back leaves
//! its file with a new time. With the old one cargo would go on with what it has made of the mutation.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::patch::{Mutation, print};
use crate::failure::{Failure, Result, While};
use crate::project::Project;

/// What is never copied where there is no git to ask.
const NOT_OURS: [&str; 7] = [
    ".git",
    ".local",
    "__pycache__",
    "dist",
    "node_modules",
    "proptest-regressions",
    "target",
];
/// What no test that is named here looks at: a change of it leaves every result as it is.
const SAYS_NOTHING: [&str; 4] = ["docs/", "tests/mutations/", "tests/it/mutations.rs", "web/"];

/// A copy of the repository.
#[derive(Debug)]
pub struct Copy {
    /// Its top folder.
    pub root: PathBuf,
    /// Changes with every file that could change what a test says.
    pub print: String,
}

impl Copy {
    /// Makes it what the repository is now, with whatever is not committed.
    ///
    /// # Errors
    /// What cannot be read or written.
    pub fn brought_up_to_date(project: &Project) -> Result<Self> {
        let root = project.local("mutants/tree")?;
        let files = files(project)?;
        let mut prints = String::new();
        for file in &files {
            let (from, to) = (project.path(file), root.join(file));
            let wanted = fs::read(&from).while_doing(format!("read {}", from.display()))?;
            if fs::read(&to).ok().as_ref() != Some(&wanted) {
                let doing = format!("write {}", to.display());
                if let Some(folder) = to.parent() {
                    fs::create_dir_all(folder).while_doing(&doing)?;
                }
                fs::copy(&from, &to).while_doing(&doing)?;
            }
            let is_only_read = !file.contains('/') && file.ends_with(".md");
            if !is_only_read && !SAYS_NOTHING.iter().any(|prefix| file.starts_with(prefix)) {
                prints.push_str(&format!("{file} {}\n", print(&wanted)));
            }
        }
        remove_others(&root, Path::new(""), &files)?;
        Ok(Self {
            root,
            print: print(prints.as_bytes()),
        })
    }

    /// Puts a mutation in, until what is returned is dropped.
    ///
    /// # Errors
    /// It does not apply, or cannot be written.
    pub fn mutated(&self, mutation: &Mutation) -> Result<Mutated> {
        let read = |path: &str| {
            let path = self.root.join(path);
            fs::read_to_string(&path).while_doing(format!("read {}", path.display()))
        };
        let mut mutated = Mutated(Vec::new());
        for (path, text) in mutation.applied(read)? {
            let before = read(&path)?;
            let path = self.root.join(path);
            mutated.0.push((path.clone(), before));
            fs::write(&path, text).while_doing(format!("write {}", path.display()))?;
        }
        Ok(mutated)
    }
}

/// A mutation that is in the copy: dropped, it is out again.
#[derive(Debug)]
pub struct Mutated(Vec<(PathBuf, String)>);

impl Drop for Mutated {
    fn drop(&mut self) {
        for (path, before) in &self.0 {
            // What could not be written back is written by the next run, which compares every file.
            let _ = fs::write(path, before);
        }
    }
}

/// Every file of the repository by its path, what is not committed too; without git, whatever looks like one.
fn files(project: &Project) -> Result<BTreeSet<String>> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(project.path("."))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let mut files = BTreeSet::new();
    match listed {
        Ok(listed) if listed.status.success() => {
            let names = String::from_utf8_lossy(&listed.stdout);
            let is_there = |name: &&str| !name.is_empty() && project.path(name).is_file();
            files.extend(names.split('\0').filter(is_there).map(str::to_owned));
        }
        _ => walk(&project.path("."), Path::new(""), &mut files)?,
    }
    if files.contains("Cargo.toml") {
        Ok(files)
    } else {
        Err(Failure::new("The repository has no files to be copied."))
    }
}

fn walk(root: &Path, folder: &Path, files: &mut BTreeSet<String>) -> Result<()> {
    let doing = format!("list {}", root.join(folder).display());
    for entry in fs::read_dir(root.join(folder)).while_doing(&doing)? {
        let entry = entry.while_doing(&doing)?;
        let name = entry.file_name();
        if NOT_OURS.iter().any(|not_ours| name == **not_ours) {
            continue;
        }
        let path = folder.join(&name);
        if entry.file_type().while_doing(&doing)?.is_dir() {
            walk(root, &path, files)?;
        } else {
            files.insert(path.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

/// Removes from the copy what is not in the repository any more; never what cargo and the tests have made there.
fn remove_others(root: &Path, folder: &Path, files: &BTreeSet<String>) -> Result<()> {
    let mut there = BTreeSet::new();
    walk(root, folder, &mut there)?;
    for file in there.difference(files) {
        let path = root.join(file);
        fs::remove_file(&path).while_doing(format!("remove {}", path.display()))?;
    }
    Ok(())
}
