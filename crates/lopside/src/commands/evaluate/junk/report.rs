//! The evaluation of captures with junk as text.

use super::JunkReport;
use super::counting::Marked;
use crate::output::layout::{Grid, hang, hang_lines, join};
use crate::output::{safe, units};

/// The text, within `columns` columns.
pub(super) fn render(reports: &[JunkReport], columns: usize) -> String {
    let mut out = String::new();
    for report in reports {
        let counts = &report.counts;
        let title = format!(
            "{}: {}, {} with junk that can be told",
            safe::text(&report.path),
            units::counted(counts.conversations, "conversation"),
            units::count(counts.junk.1),
        );
        out.push_str(&hang("", &title, columns));
        let mut grid = Grid::new(&[("", false), ("MARKED", true), ("OF", true), ("SHARE", true)]);
        for (name, marked) in [
            ("junk that can be told", counts.junk),
            ("junk that nobody could tell", counts.undecidable),
            ("controls", counts.controls),
            ("verdicts as expected", counts.verdicts_as_expected),
        ] {
            row(&mut grid, name, marked);
        }
        for (name, marked) in &counts.by_share {
            row(&mut grid, &format!("junk, {name} of the payload"), *marked);
        }
        for (name, marked) in &counts.by_class {
            row(&mut grid, &format!("class {}", safe::text(name)), *marked);
        }
        for (name, marked) in &counts.by_carrier {
            row(&mut grid, &format!("over {}", safe::text(name)), *marked);
        }
        for line in grid.lines(columns.saturating_sub(2)) {
            out.push_str(&format!("  {line}\n"));
        }
        let families = counts.by_family.iter().map(|(name, marked)| (name.as_str(), *marked));
        list(&mut out, "  families ", families, columns);
        let marked = counts.by_control.iter().filter(|(_, marked)| marked.0 > 0);
        list(&mut out, "  marked controls ", marked.map(|(name, marked)| (name.as_str(), *marked)), columns);
        if counts.not_seen > 0 {
            let text =
                format!("{} without a flow in the captures", units::counted(counts.not_seen, "conversation"));
            out.push_str(&hang("  ", &text, columns));
        }
        out.push('\n');
    }
    out
}

fn row(grid: &mut Grid, name: &str, marked: Marked) {
    if marked.1 > 0 {
        let cells = [units::count(marked.0), units::count(marked.1), units::share(marked.0, marked.1)];
        grid.row(std::iter::once(name.to_owned()).chain(cells).collect());
    }
}

fn list<'n>(out: &mut String, label: &str, all: impl Iterator<Item = (&'n str, Marked)>, columns: usize) {
    let items: Vec<String> =
        all.map(|(name, Marked(marked, of))| format!("{} {marked}/{of}", safe::text(name))).collect();
    if items.is_empty() {
        return;
    }
    let last = items.len() - 1;
    let pieces = items
        .into_iter()
        .enumerate()
        .map(|(number, item)| if number == last { item } else { format!("{item},") });
    out.push_str(&hang_lines(label, &join(pieces, " ", columns.saturating_sub(label.len()))));
}

#[cfg(test)]
mod tests {
    use super::super::counting::Counts;
    use super::*;
    use crate::output::layout::width;

    #[test]
    fn what_was_marked_by_family_and_control() {
        let counts = Counts {
            conversations: 400,
            not_seen: 1,
            junk: Marked(9, 10),
            controls: Marked(1, 300),
            by_family: [("tail_filler".to_owned(), Marked(9, 10))].into(),
            by_control: [("plain_json".to_owned(), Marked(0, 9)), ("redis".to_owned(), Marked(1, 9))].into(),
            ..Counts::default()
        };
        let text = render(&[JunkReport { path: "j\u{1b}1".into(), counts }], 80);
        assert!(text.lines().all(|line| width(line) <= 80) && !text.contains('\u{1b}'), "{text}");
        assert!(text.contains("tail_filler 9/10") && text.contains("marked controls redis 1/9"), "{text}");
        assert!(text.contains("90 %") && text.contains("0.3 %") && !text.contains("plain_json"), "{text}");
        assert!(text.contains("1 conversation without a flow"), "{text}");
    }
}
