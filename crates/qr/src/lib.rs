//! A text as a QR code, drawn as SVG or as PNG. Knows nothing of what the text means.
//!
//! ```
//! let code = qr::Qr::of("http://google.com")?;
//! let svg = code.svg("Google");
//! assert!(svg.starts_with("<svg "));
//! # Ok::<(), qr::TextTooLong>(())
//! ```

use qrcodegen::{QrCode, QrCodeEcc};
use std::fmt::{self, Write};

/// Light modules on each side; scanners need as many to find the code.
pub const QUIET_ZONE: u32 = 4;
/// The largest scale of a PNG, pixels on each side of one module. The largest code is then 2,960 pixels wide.
pub const SCALE_MAX: u32 = 16;

/// A text that no QR code has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a QR code has no room for a text of {bytes} bytes")]
pub struct TextTooLong {
    /// How long it is.
    pub bytes: usize,
}

/// Why there is no PNG.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDrawn {
    /// The scale is not 1 to [`SCALE_MAX`].
    #[error("a module is drawn 1 to {SCALE_MAX} pixels wide, not {0}")]
    Scale(u32),
    /// The encoder refused.
    #[error("the picture could not be encoded: {0}")]
    Encoding(String),
}

/// A QR code, ready to be drawn.
#[derive(Clone, PartialEq, Eq)]
pub struct Qr(QrCode);

impl fmt::Debug for Qr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What it says may be a secret.
        write!(f, "Qr({} modules)", self.modules())
    }
}

impl Qr {
    /// The smallest code that has room for the text and still reads when 15 % of it are gone; less of it, if the text fits
    /// only so. Where a better correction costs no room, it is taken.
    ///
    /// # Errors
    /// [`TextTooLong`] above some 2,900 bytes.
    pub fn of(text: &str) -> Result<Self, TextTooLong> {
        QrCode::encode_text(text, QrCodeEcc::Medium)
            .or_else(|_| QrCode::encode_text(text, QrCodeEcc::Low))
            .map(Self)
            .map_err(|_| TextTooLong { bytes: text.len() })
    }

    /// Modules on each side, without the quiet zone: 21 to 177.
    #[must_use]
    pub fn modules(&self) -> u32 {
        u32::try_from(self.0.size()).unwrap_or_default()
    }

    /// Whether the module in this column and row is dark. Outside of the code everything is light.
    #[must_use]
    pub fn is_dark(&self, column: u32, row: u32) -> bool {
        match (i32::try_from(column), i32::try_from(row)) {
            (Ok(column), Ok(row)) => self.0.get_module(column, row),
            _ => false,
        }
    }

    /// Modules on each side with the quiet zone.
    fn side(&self) -> u32 {
        self.modules() + 2 * QUIET_ZONE
    }

    /// The code as SVG of any size: one path of dark modules on nothing, so that it takes the colour around it. It reads
    /// on a light ground. `title` is what a screen reader says.
    #[must_use]
    pub fn svg(&self, title: &str) -> String {
        let side = self.side();
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" role=\"img\" \
             shape-rendering=\"crispEdges\"><title>{}</title><path fill=\"currentColor\" d=\"{}\"/></svg>",
            escaped(title),
            self.path()
        )
    }

    /// Each run of dark modules in a row as a rectangle.
    fn path(&self) -> String {
        let mut path = String::new();
        for row in 0..self.modules() {
            let mut column = 0;
            while column < self.modules() {
                let start = column;
                while self.is_dark(column, row) {
                    column += 1;
                }
                let run = column - start;
                if run > 0 {
                    let (x, y) = (start + QUIET_ZONE, row + QUIET_ZONE);
                    // Writing to a string cannot fail.
                    let _ = write!(path, "M{x} {y}h{run}v1h-{run}z");
                }
                column += 1;
            }
        }
        path
    }

    /// The code as PNG, one bit a pixel, black on white; a module is `scale` pixels wide.
    ///
    /// # Errors
    /// [`NotDrawn`].
    pub fn png(&self, scale: u32) -> Result<Vec<u8>, NotDrawn> {
        if !(1..=SCALE_MAX).contains(&scale) {
            return Err(NotDrawn::Scale(scale));
        }
        let width = self.side() * scale;
        let mut encoder_output = Vec::new();
        let mut encoder = png::Encoder::new(&mut encoder_output, width, width);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let drawn = encoder.write_header().and_then(|mut writer| {
            writer.write_image_data(&self.pixels(scale))?;
            writer.finish()
        });
        match drawn {
            Ok(()) => Ok(encoder_output),
            Err(error) => Err(NotDrawn::Encoding(error.to_string())),
        }
    }

    /// Rows of pixels, eight to a byte, 1 for light; each row begins with a new byte.
    fn pixels(&self, scale: u32) -> Vec<u8> {
        let width = self.side() * scale;
        let mut pixels = Vec::new();
        for y in 0..self.side() {
            let mut row = vec![0_u8; width.div_ceil(8) as usize];
            for x in 0..width {
                // In the quiet zone before the code the subtraction wraps, and what is far outside is light.
                let column = (x / scale).wrapping_sub(QUIET_ZONE);
                if !self.is_dark(column, y.wrapping_sub(QUIET_ZONE)) {
                    row[(x / 8) as usize] |= 0x80 >> (x % 8);
                }
            }
            for _ in 0..scale {
                pixels.extend_from_slice(&row);
            }
        }
        pixels
    }
}

/// A text as it may stand in XML. What XML has no way to write is left out.
fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        match letter {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            letter => written.push(letter),
        }
    }
    written
}

#[cfg(test)]
mod tests;
