//! How much JavaScript each page loads before it can be used, packed: the entry, the page's own chunk, and what both import.
//! What a page asks for later, such as the drawing of a graph, is not counted.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use super::{BUILT, MANIFEST};
use crate::failure::{Failure, Result, While};
use crate::project::Project;

/// What a page may cost, bytes in gzip.
const PAGE_MAX: usize = 60_000;

/// One page and what it costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its source, such as `src/pages/HomePage.vue`.
    pub source: String,
    /// The JavaScript it begins with, bytes in gzip.
    pub bytes: usize,
}

/// Weighs every page as it was built; the heaviest first.
///
/// # Errors
/// There is no build, or a page is too heavy; the failure names each of them.
pub fn pages(project: &Project) -> Result<Vec<Page>> {
    let manifest = project.path(MANIFEST);
    let text = fs::read_to_string(&manifest).while_doing(format!("read {}", manifest.display()))?;
    let manifest = serde_json::from_str(&text).while_doing(format!("read {}", manifest.display()))?;
    let built = project.path(BUILT);
    let mut pages = weigh(&manifest, |file| packed(&built.join(file)))?;
    pages.sort_by_key(|page| std::cmp::Reverse(page.bytes));
    let heavy: Vec<String> = pages
        .iter()
        .filter(|page| page.bytes > PAGE_MAX)
        .map(|page| format!("  {} begins with {} bytes", page.source, page.bytes))
        .collect();
    if pages.is_empty() {
        return Err(Failure::new(format!("{MANIFEST} names no page in src/pages/.")));
    }
    if heavy.is_empty() {
        return Ok(pages);
    }
    Err(Failure::new(format!(
        "A page may begin with {PAGE_MAX} bytes of JavaScript in gzip. Load later what it does not need at first (`import()`):\n{}",
        heavy.join("\n")
    )))
}

/// Adds up each page of a manifest of Vite; `size` is that of a file in the build.
fn weigh(manifest: &Value, mut size: impl FnMut(&str) -> Result<usize>) -> Result<Vec<Page>> {
    let chunks = manifest.as_object().into_iter().flatten();
    let (mut entries, mut routes) = (Vec::new(), Vec::new());
    for (name, chunk) in chunks {
        if chunk["isEntry"] == true {
            entries.push(name.as_str());
        } else if chunk["isDynamicEntry"] == true && name.starts_with("src/pages/") {
            routes.push(name.as_str());
        }
    }
    let mut pages = Vec::new();
    for route in routes {
        let mut files = BTreeSet::new();
        for name in entries.iter().chain([&route]) {
            gather(manifest, name, &mut files);
        }
        let mut bytes = 0;
        for file in files {
            bytes += size(&file)?;
        }
        pages.push(Page {
            source: route.to_owned(),
            bytes,
        });
    }
    Ok(pages)
}

/// The files of a chunk and of all it imports before it runs.
fn gather(manifest: &Value, name: &str, files: &mut BTreeSet<String>) {
    let chunk = &manifest[name];
    let Some(file) = chunk["file"].as_str().filter(|file| file.ends_with(".js")) else {
        return;
    };
    if files.insert(file.to_owned()) {
        let imports = chunk["imports"].as_array().into_iter().flatten();
        for import in imports.filter_map(Value::as_str) {
            gather(manifest, import, files);
        }
    }
}

fn packed(file: &Path) -> Result<usize> {
    let doing = format!("weigh {}", file.display());
    let content = fs::read(file).while_doing(&doing)?;
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(&content).while_doing(&doing)?;
    Ok(packer.finish().while_doing(&doing)?.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_page_weighs_what_it_imports_once_and_not_what_it_asks_for_later() {
        let manifest = json!({
            "index.html": { "file": "i.js", "isEntry": true, "imports": ["_vue.js"], "dynamicImports": ["src/pages/A.vue"] },
            "_vue.js": { "file": "v.js" },
            "_chart.js": { "file": "c.js", "imports": ["_vue.js"] },
            "src/pages/A.vue": { "file": "a.js", "isDynamicEntry": true, "imports": ["index.html", "_chart.js"],
                "dynamicImports": ["src/graph.ts"], "css": ["a.css"] },
            "src/graph.ts": { "file": "g.js", "isDynamicEntry": true },
        });
        let sizes = [
            ("i.js", 1),
            ("v.js", 10),
            ("c.js", 100),
            ("a.js", 1_000),
            ("g.js", 10_000),
        ];
        let size = |file: &str| Ok(sizes.iter().find(|(name, _)| *name == file).unwrap().1);
        let expected = Page {
            source: "src/pages/A.vue".to_owned(),
            bytes: 1_111,
        };
        assert_eq!(weigh(&manifest, size).unwrap(), [expected]);
    }
}
