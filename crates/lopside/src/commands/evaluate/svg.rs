//! A drawing made of plain shapes and text, as SVG.

/// The drawing while it is made.
pub(super) struct Svg(String);

impl Svg {
    /// A white sheet of this size in pixels.
    pub(super) fn new(width: f64, height: f64) -> Svg {
        let mut svg = Svg(String::new());
        svg.put(&format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">"#
        ));
        svg.put(r#"<rect width="100%" height="100%" fill="white"/>"#);
        svg
    }

    /// Adds a shape, as SVG writes it.
    pub(super) fn put(&mut self, shape: &str) {
        self.0.push_str(shape);
        self.0.push('\n');
    }

    /// Adds text at a place; `anchor` is `start`, `middle` or `end`.
    pub(super) fn text(&mut self, (x, y): (f64, f64), words: &str, anchor: &str) {
        let words = words.replace('&', "&amp;").replace('<', "&lt;");
        self.put(&format!(r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{words}</text>"#));
    }

    /// The whole text.
    pub(super) fn finish(mut self) -> String {
        self.put("</svg>");
        self.0
    }
}
