//! Text in columns: widths as a terminal counts them, and lines that wrap between words and never within one.

use unicode_width::UnicodeWidthStr;

/// Columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The text with blanks behind it up to `columns`.
pub(crate) fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text with blanks before it up to `columns`.
pub(crate) fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Words in lines of at most `columns`; a word that is longer has a line of its own and is not cut.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    join(text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned), " ", columns)
}

/// Pieces with `gap` between them, in lines of at most `columns`; no piece is cut.
pub(crate) fn join(pieces: impl IntoIterator<Item = String>, gap: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if width(line) + width(gap) + width(&piece) <= columns => {
                line.push_str(gap);
                line.push_str(&piece);
            }
            _ => lines.push(piece),
        }
    }
    lines
}

/// A text behind a label, wrapped so that it stays right of the label: `label` is already padded.
pub(crate) fn hang(label: &str, text: &str, columns: usize) -> String {
    hang_lines(label, &wrap(text, columns.saturating_sub(width(label)).max(20)))
}

/// Lines behind a label, the further ones below the first.
pub(crate) fn hang_lines(label: &str, lines: &[String]) -> String {
    let indent = " ".repeat(width(label));
    let mut told = String::new();
    for (index, line) in lines.iter().enumerate() {
        told.push_str(if index == 0 { label } else { &indent });
        told.push_str(line);
        told.push('\n');
    }
    if lines.is_empty() {
        told.push_str(label.trim_end());
        told.push('\n');
    }
    told
}

/// Before a cell that has a line of its own.
const BELOW: &str = "    ";

/// Columns of cells.
pub(crate) struct Grid {
    heads: Vec<(&'static str, bool)>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    /// Columns by head; true where cells stand to the right.
    pub(crate) fn new(heads: &[(&'static str, bool)]) -> Grid {
        Grid { heads: heads.to_vec(), rows: Vec::new() }
    }

    /// Adds a row of as many cells.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The lines; the last cell of a row has a line of its own where the terminal is too narrow, and is never cut.
    pub(crate) fn lines(&self, columns: usize) -> Vec<String> {
        let head: Vec<String> = self.heads.iter().map(|(head, _)| (*head).to_owned()).collect();
        let widths: Vec<usize> = (0..head.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.chain(head.get(column)).map(|cell| width(cell)).max().unwrap_or(0)
            })
            .collect();
        let last = head.len().saturating_sub(1);
        std::iter::once(&head)
            .chain(&self.rows)
            .flat_map(|row| self.line(row, &widths, last, columns))
            .collect()
    }

    fn line(&self, row: &[String], widths: &[usize], last: usize, columns: usize) -> Vec<String> {
        let mut front = String::new();
        for (index, cell) in row.iter().enumerate().take(last) {
            let columns = widths.get(index).copied().unwrap_or(0);
            let to_right = self.heads.get(index).is_some_and(|(_, right)| *right);
            front.push_str(&if to_right { right(cell, columns) } else { left(cell, columns) });
            front.push_str("  ");
        }
        let tail = row.get(last).map_or("", String::as_str);
        if width(&front) + width(tail) <= columns {
            return vec![format!("{front}{tail}").trim_end().to_owned()];
        }
        vec![front.trim_end().to_owned(), format!("{BELOW}{tail}")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wrap_and_paths_stay_whole() {
        let lines = wrap(r"started by C:\a\very\long\path\that\does\not\fit.exe today", 20);
        assert_eq!(lines, ["started by", r"C:\a\very\long\path\that\does\not\fit.exe", "today"]);
        assert_eq!(hang("  +24  ", "a b", 80), "  +24  a b\n");
        assert_eq!(hang("  x  ", "", 80), "  x\n");
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(width("日本"), 4);
        assert_eq!(left("日本", 6), "日本  ");
        assert_eq!(right("é", 3), "  é");
    }

    #[test]
    fn columns_line_up() {
        let mut grid = Grid::new(&[("N", true), ("NAME", false)]);
        grid.row(vec!["1".into(), "a".into()]);
        grid.row(vec!["1,000".into(), "b c".into()]);
        assert_eq!(grid.lines(80), ["    N  NAME", "    1  a", "1,000  b c"]);
        grid.row(vec!["2".into(), r"C:\Program Files\x.exe".into()]);
        assert_eq!(grid.lines(20)[3..], ["    2", r"    C:\Program Files\x.exe"]);
    }
}
