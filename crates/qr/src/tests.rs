//! What was drawn is read back by somebody else's decoder.

use super::*;
use proptest::prelude::*;

/// Width and grey pixels, 0 for black, of a PNG.
fn pixels_of(png: &[u8]) -> (usize, Vec<u8>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    assert_eq!(reader.info().bit_depth, png::BitDepth::One);
    assert_eq!(reader.info().color_type, png::ColorType::Grayscale);
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let frame = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(frame.width, frame.height);
    (frame.width as usize, pixels)
}

fn read(png: &[u8]) -> String {
    let (width, pixels) = pixels_of(png);
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, width, |x, y| pixels[y * width + x]);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "one code is seen");
    grids[0].decode().unwrap().1
}

/// The dark modules of an SVG, with the quiet zone, from its path.
fn modules_of(svg: &str) -> Vec<(u32, u32)> {
    let (_, rest) = svg.split_once(" d=\"").unwrap();
    let (path, _) = rest.split_once('"').unwrap();
    let mut dark = Vec::new();
    for run in path.split_terminator('z') {
        let (start, rest) = run.strip_prefix('M').unwrap().split_once('h').unwrap();
        let (x, y) = start.split_once(' ').unwrap();
        let (x, y): (u32, u32) = (x.parse().unwrap(), y.parse().unwrap());
        let (length, rest) = rest.split_once('v').unwrap();
        assert_eq!(rest, format!("1h-{length}"));
        dark.extend((x..x + length.parse::<u32>().unwrap()).map(|x| (x, y)));
    }
    dark
}

#[test]
fn a_png_is_read_back_by_an_independent_decoder_at_every_scale() {
    let text = "http://localhost:8080/door/0123456789abcdefghjkmnpqrstvwxyz";
    let code = Qr::of(text).unwrap();
    for scale in 1..=SCALE_MAX {
        let png = code.png(scale).unwrap();
        let (width, _) = pixels_of(&png);
        assert_eq!(width as u32, (code.modules() + 8) * scale);
        assert_eq!(read(&png), text, "at scale {scale}");
    }
}

#[test]
fn svg_and_png_show_the_same_modules() {
    let code = Qr::of("https://example.com/l/Fy9z6aGA").unwrap();
    let (width, pixels) = pixels_of(&code.png(1).unwrap());
    let dark: Vec<(u32, u32)> = (0..width * width)
        .filter(|at| pixels[*at] == 0)
        .map(|at| ((at % width) as u32, (at / width) as u32))
        .collect();
    assert!(dark.len() > 100);
    assert_eq!(modules_of(&code.svg("x")), dark);
    let edge = width as u32 - QUIET_ZONE;
    assert!(
        dark.iter()
            .all(|(x, y)| (QUIET_ZONE..edge).contains(x) && (QUIET_ZONE..edge).contains(y)),
        "the quiet zone is empty"
    );
}

#[test]
fn an_svg_says_what_it_is_and_a_title_cannot_break_out_of_it() {
    let svg = Qr::of("x").unwrap().svg("Row 1 & \"2\" </title><script>\u{1}");
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 29 29\" role=\"img\""));
    assert!(svg.contains("<title>Row 1 &amp; &quot;2&quot; &lt;/title&gt;&lt;script&gt;</title>"));
}

#[test]
fn a_text_that_is_too_long_and_a_scale_that_is_too_large_are_refused() {
    assert!(Qr::of(&"a".repeat(2_900)).is_ok());
    assert_eq!(Qr::of(&"a".repeat(2_954)), Err(TextTooLong { bytes: 2_954 }));
    let code = Qr::of("x").unwrap();
    assert_eq!(code.png(0), Err(NotDrawn::Scale(0)));
    assert_eq!(code.png(SCALE_MAX + 1), Err(NotDrawn::Scale(17)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_was_written_is_read_back(text in "[ -~]{1,300}") {
        prop_assert_eq!(read(&Qr::of(&text).unwrap().png(3).unwrap()), text);
    }
}
