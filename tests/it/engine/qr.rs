//! Reads QR codes as a scanner does: from pixels, by a decoder that we did not write.

use std::io::Cursor;

/// Grey pixels, 0 for black, of a square picture.
struct Picture {
    width: usize,
    pixels: Vec<u8>,
}

impl Picture {
    /// What the one code in it says.
    fn read(&self) -> String {
        let pixel = |x: usize, y: usize| self.pixels[y * self.width + x];
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(self.width, self.width, pixel);
        let codes = image.detect_grids();
        assert_eq!(codes.len(), 1, "one code is seen");
        codes[0].decode().expect("the code is whole").1
    }
}

/// What the QR code in a PNG says.
pub fn read_qr(png: &[u8]) -> String {
    let mut decoder = png::Decoder::new(Cursor::new(png));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("it is a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("it has a size")];
    let frame = reader.next_frame(&mut pixels).expect("it is whole");
    assert_eq!(frame.width, frame.height);
    let width = frame.width as usize;
    Picture { width, pixels }.read()
}

/// What the QR code in an SVG of ours says: a path of runs, each `M{x} {y}h{length}v1h-{length}z`.
pub fn read_svg(svg: &str) -> String {
    const SCALE: usize = 4;
    let between = |start: &str, end: &str| {
        let (_, rest) = svg
            .split_once(start)
            .unwrap_or_else(|| panic!("no {start} in {svg}"));
        rest.split_once(end).map_or(rest, |(found, _)| found)
    };
    let number = |text: &str| {
        text.parse::<usize>()
            .unwrap_or_else(|_| panic!("{text} in {svg}"))
    };
    let width = SCALE * number(between("viewBox=\"0 0 ", " "));
    let mut pixels = vec![255; width * width];
    for run in between(" d=\"", "\"").split_terminator('z') {
        let mut parts = run.trim_start_matches('M').split([' ', 'h', 'v']);
        let mut next = || number(parts.next().unwrap_or_default());
        let (x, y, length) = (next(), next(), next());
        for row in SCALE * y..SCALE * (y + 1) {
            pixels[row * width + SCALE * x..row * width + SCALE * (x + length)].fill(0);
        }
    }
    Picture { width, pixels }.read()
}
