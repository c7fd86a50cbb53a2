//! Builds the web part: Node from this machine or brought along, packages by the lock file, pages by Vite.
//!
//! Each of it is done once and again only when what it reads has changed, so `cargo xtask up` costs nothing for it when
//! nothing is new.

mod budget;
mod node;
mod stamp;

use std::fs::{self, File};
use std::path::PathBuf;

use crate::failure::{Failure, Result, While};
use crate::processes::complete;
use crate::project::Project;
use crate::steps::{Step, Steps};

pub use budget::{Page, pages};
pub use node::Node;
use stamp::{of_files, of_tree};

/// The folder of the web part.
const FOLDER: &str = "web";
/// Where the built pages are.
pub const BUILT: &str = "web/dist";
/// What Vite says of its output; also the sign that a build went to its end.
const MANIFEST: &str = "web/dist/.vite/manifest.json";
/// What a build does not read: what it makes, and what only tests and benches use.
const NOT_READ: [&str; 5] = ["node_modules", "dist", "browser", "bench", "src/api/schema.d.ts"];

/// The web part with everything installed that builds and tests it.
#[derive(Debug)]
pub struct Web {
    node: Node,
    folder: PathBuf,
}

impl Web {
    /// Makes sure that Node and the packages of `web/package-lock.json` are there.
    ///
    /// # Errors
    /// Node can neither be found nor brought along, or a package cannot be installed.
    pub fn prepare(project: &Project, steps: Steps) -> Result<Self> {
        let node = steps.run("Node.js", |step| Node::prepare(project, step))?;
        let web = Self {
            node,
            folder: project.path(FOLDER),
        };
        steps.run("web packages", |step| web.install(project, step))?;
        Ok(web)
    }

    /// Builds the pages into [`BUILT`], if anything they are made of has changed.
    ///
    /// # Errors
    /// The build's own, with what it said.
    pub fn build(&self, project: &Project, steps: Steps) -> Result<()> {
        steps.run("web pages", |step| self.make(project, step))
    }

    /// Checks types and runs the unit tests.
    ///
    /// # Errors
    /// What was found.
    pub fn check(&self) -> Result<()> {
        let mut npm = self.node.command("npm");
        npm.args(["run", "--silent", "check"]).current_dir(&self.folder);
        complete(npm, "find the web part's types and unit tests in order")
    }

    /// Node, ready to run one of our programs.
    #[must_use]
    pub fn node(&self) -> &Node {
        &self.node
    }

    fn install(&self, project: &Project, step: &mut Step) -> Result<()> {
        let _turn = turn(project)?;
        let installed = self.folder.join("node_modules/.installed");
        let wanted = of_files(&self.folder, &["package.json", "package-lock.json", ".npmrc"])?;
        if fs::read_to_string(&installed).is_ok_and(|known| known == wanted) {
            step.tell("as they were");
            return Ok(());
        }
        step.tell("installing web/package-lock.json");
        let mut npm = self.node.command("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(&self.folder);
        complete(
            npm,
            "install the web part's packages (is the npm registry reachable? does package-lock.json fit package.json?)",
        )?;
        fs::write(&installed, wanted).while_doing(format!("write {}", installed.display()))?;
        step.tell("installed");
        Ok(())
    }

    fn make(&self, project: &Project, step: &mut Step) -> Result<()> {
        let _turn = turn(project)?;
        let stamp = project.local("web/built")?;
        let sources = of_tree(&self.folder, &NOT_READ)?;
        // Typed calls are made from the description of the API.
        let wanted = sources + &of_files(&project.path("docs"), &["openapi.json"])?;
        let is_there = project.path(MANIFEST).is_file();
        if is_there && fs::read_to_string(&stamp).is_ok_and(|known| known == wanted) {
            step.tell("as they were");
            return Ok(());
        }
        step.tell("building");
        let mut npm = self.node.command("npm");
        npm.args(["run", "--silent", "build"]).current_dir(&self.folder);
        complete(npm, "build the web part (its errors follow; nothing was started)")?;
        if !project.path(MANIFEST).is_file() {
            return Err(Failure::new(format!(
                "The build of the web part left no {MANIFEST}: web/vite.config.ts must say `manifest: true`."
            )));
        }
        fs::write(&stamp, wanted).while_doing(format!("write {}", stamp.display()))?;
        step.tell(format!("built into {BUILT}"));
        Ok(())
    }
}

/// Waits until no other command installs or builds here.
fn turn(project: &Project) -> Result<File> {
    let path = project.local("web/turn.lock")?;
    let doing = format!("lock {}", path.display());
    let lock = File::create(&path).while_doing(&doing)?;
    lock.lock().while_doing(&doing)?;
    Ok(lock)
}
