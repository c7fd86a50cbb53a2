//! QR codes as answers: PNG unless SVG is asked for.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::Fault;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Pixels on each side of one module of a PNG: some 300 for a short link, 400 for a pass.
const SCALE: u32 = 8;

/// How a QR code is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PictureFormat {
    /// Pixels, black on white.
    #[default]
    Png,
    /// One path, of any size.
    Svg,
}

/// `?format=png|svg`.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PictureParams {
    /// `png` when absent, or `svg`.
    #[serde(default)]
    #[param(inline)]
    pub format: PictureFormat,
}

impl PictureFormat {
    /// The QR code of a text. `title` is what a screen reader says of an SVG.
    ///
    /// # Errors
    /// [`Fault::Defect`] for a text that no QR code has room for.
    pub fn draw(self, text: &str, title: &str) -> Result<Response, Fault> {
        let code = qr::Qr::of(text).map_err(|error| Fault::Defect(error.to_string()))?;
        let (content_type, drawn) = match self {
            Self::Png => (
                "image/png",
                code.png(SCALE)
                    .map_err(|error| Fault::Defect(error.to_string()))?,
            ),
            Self::Svg => ("image/svg+xml", code.svg(title).into_bytes()),
        };
        let mut response = drawn.into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Ok(response)
    }
}
