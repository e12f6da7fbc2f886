//! Histograms as text: a bar a line, in ASCII, without colour.

use crate::output::layout::{right, width};
use crate::output::units;

/// Bars of counts by label; each bar has at most `columns` with its label and count, and none that counts anything is empty.
pub(super) fn bars(rows: &[(String, u64)], columns: usize) -> Vec<String> {
    let labels = rows.iter().map(|(label, _)| width(label)).max().unwrap_or(0);
    let counts: Vec<String> = rows.iter().map(|(_, count)| units::count(*count)).collect();
    let digits = counts.iter().map(|count| width(count)).max().unwrap_or(0);
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let room = columns.saturating_sub(labels + digits + 4).clamp(10, 60);
    let line = |((label, count), told): (&(String, u64), &String)| {
        let long = (*count as f64 / most as f64 * room as f64).ceil() as usize;
        format!("{}  {}  {}", right(label, labels), right(told, digits), "#".repeat(long))
            .trim_end()
            .to_owned()
    };
    rows.iter().zip(&counts).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_fit_and_none_is_lost() {
        let rows = [("1 MB".to_owned(), 1_000), ("10 MB".to_owned(), 1), ("x".to_owned(), 0)];
        let lines = bars(&rows, 40);
        assert_eq!(
            lines,
            [
                format!(" 1 MB  1,000  {}", "#".repeat(26)),
                "10 MB      1  #".to_owned(),
                "    x      0".to_owned()
            ]
        );
        assert!(bars(&[], 40).is_empty());
    }
}
