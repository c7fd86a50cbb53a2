//! The page at `/docs`, on which anybody can try the API: the front serves it, and a deployment uploads the same files. Nothing
//! comes from a CDN.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result, While};
use crate::project::Project;
use crate::python::Python;

/// Its files, under `/docs/`; the first is the page itself. None is named by its content, so browsers ask for them again.
pub const FILES: [&str; 5] = [
    "index.html",
    "docs.js",
    "openapi.json",
    "swagger-ui.css",
    "swagger-ui.js",
];

/// Where Swagger UI lies in the package that brings it.
const SWAGGER_UI: &str = "static/drf_spectacular_sidecar/swagger-ui-dist";

/// Where its files come from, as far as they are not this crate's own.
#[derive(Clone, Debug)]
pub struct ApiPage {
    /// `docs/openapi.json`.
    pub openapi: PathBuf,
    /// The folder of Swagger UI's files.
    pub swagger_ui: PathBuf,
}

impl ApiPage {
    /// The project's own, with Swagger UI out of the engine's environment.
    #[must_use]
    pub fn of(project: &Project, python: &Python) -> Self {
        let package = python.package("drf_spectacular_sidecar").unwrap_or_default();
        Self {
            openapi: project.path("docs/openapi.json"),
            swagger_ui: package.join(SWAGGER_UI),
        }
    }

    /// The name of the file that a path asks for; `None` when it asks for something else. The function at CloudFront's edge
    /// (`PageRoutesFunction` in template.yaml) decides by the same rule.
    #[must_use]
    pub fn file_at(path: &str) -> Option<&'static str> {
        if path == "/docs" || path == "/docs/" {
            return Some(FILES[0]);
        }
        let name = path.strip_prefix("/docs/")?;
        FILES.into_iter().find(|file| *file == name)
    }

    /// One of [`FILES`] as it is now, so that a page that is loaded again shows the newest.
    ///
    /// # Errors
    /// It cannot be read, or there is none of this name.
    pub fn read(&self, file: &str) -> Result<Cow<'static, [u8]>> {
        let from = match file {
            "index.html" => return Ok(Cow::Borrowed(include_bytes!("api_page/index.html"))),
            "docs.js" => return Ok(Cow::Borrowed(include_bytes!("api_page/docs.js"))),
            "openapi.json" => self.openapi.clone(),
            "swagger-ui.css" => self.swagger_ui.join(file),
            "swagger-ui.js" => self.swagger_ui.join("swagger-ui-bundle.js"),
            other => return Err(Failure::new(format!("/docs has no file {other}."))),
        };
        let content = fs::read(&from).while_doing(format!("read {}", from.display()))?;
        Ok(Cow::Owned(content))
    }

    /// Writes all of them into a folder, which is made.
    ///
    /// # Errors
    /// One cannot be read or written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).while_doing(format!("make {}", folder.display()))?;
        for file in FILES {
            let path = folder.join(file);
            fs::write(&path, self.read(file)?).while_doing(format!("write {}", path.display()))?;
        }
        Ok(())
    }
}
