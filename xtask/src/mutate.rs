//! Whether the tests notice: the product with one protection taken out, and the test that must fail then.
//!
//! A mutation is a patch in `tests/mutations/`, with a head that says what it takes out, which promise that breaks and
//! which tests catch it. It is put into a copy of the repository, never into the repository itself. What came of it is kept
//! for the code that it was found on, so that a run which was interrupted goes on.

pub mod bench;
pub mod copy;
pub mod kept;
pub mod patch;
pub mod table;

use std::fs;
use std::path::Path;

use crate::failure::{Failure, Result, While};
use patch::{Mutation, Target};

/// Where the patches are, one folder for each room.
pub const FOLDER: &str = "tests/mutations";

/// Every mutation, by room and name.
///
/// # Errors
/// A patch that does not read; it is named.
pub fn all(root: &Path) -> Result<Vec<Mutation>> {
    let mut mutations = Vec::new();
    for room in entries(&root.join(FOLDER))? {
        for name in entries(&root.join(FOLDER).join(&room))? {
            let path = root.join(FOLDER).join(&room).join(&name);
            let Some(name) = name.strip_suffix(".patch") else {
                return Err(Failure::new(format!("{} is no patch.", path.display())));
            };
            let text = fs::read_to_string(&path).while_doing(format!("read {}", path.display()))?;
            mutations.push(Mutation::parse(&room, name, &text)?);
        }
    }
    Ok(mutations)
}

fn entries(folder: &Path) -> Result<Vec<String>> {
    let doing = format!("list {}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).while_doing(&doing)? {
        names.push(
            entry
                .while_doing(&doing)?
                .file_name()
                .to_string_lossy()
                .into_owned(),
        );
    }
    names.sort();
    Ok(names)
}

/// Puts mutations into the order that compiles least: whoever shares a package stands together; tests of one package come
/// before those of the whole, and among these what few depend on before what everything depends on.
pub fn in_cheap_order(mutations: &mut [Mutation]) {
    mutations.sort_by_cached_key(|mutation| {
        let target = mutation
            .caught_by
            .first()
            .map_or(Target::Whole, |named| named.target.clone());
        let path = mutation.path().to_owned();
        let depended_on = match path.split('/').next() {
            Some("functions") => 1,
            Some("crates") if path.starts_with("crates/domain/") => 4,
            Some("crates") if path.starts_with("crates/aws/") => 3,
            Some("crates") => 2,
            // Read when a test runs: nothing is compiled.
            _ => 0,
        };
        (target, depended_on, path, mutation.name.clone())
    });
}
