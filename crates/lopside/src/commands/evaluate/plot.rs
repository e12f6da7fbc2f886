//! The evaluation as a drawing: precision against recall, and nominal against achieved rates of false findings.
//!
//! In: what came out for each fleet. Out: an SVG of two panels, made of plain shapes and text.

use super::FleetReport;
use super::svg::Svg;

/// Width and height of a panel, and the space around it.
const SIZE: f64 = 320.0;
const SPACE: f64 = 60.0;
/// Rates from 1 to 100 per 1,000 host-days, by powers of ten.
const RATES: (f64, f64) = (0.0, 2.0);

const LINE: &str = "#2b6cb0";
const RULE: &str = "#a0522d";
const GREY: &str = "#999999";

/// A point of a panel as a point of the drawing.
struct Panel {
    left: f64,
    top: f64,
}

impl Panel {
    /// From shares of the panel, 0 to 1 each, upwards.
    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.left + x.clamp(0.0, 1.0) * SIZE, self.top + (1.0 - y.clamp(0.0, 1.0)) * SIZE)
    }

    fn frame(&self, svg: &mut Svg, title: &str, across: &str, up: &str) {
        svg.put(&format!(
            r#"<rect x="{:.1}" y="{:.1}" width="{SIZE}" height="{SIZE}" fill="none" stroke="{GREY}"/>"#,
            self.left, self.top
        ));
        svg.text((self.left, self.top - 14.0), title, "start");
        svg.text((self.left + SIZE / 2.0, self.top + SIZE + 36.0), across, "middle");
        svg.text((self.left, self.top - 1.0), up, "start");
    }

    fn line(&self, svg: &mut Svg, points: &[(f64, f64)], colour: &str, dashed: bool) {
        let steps = points.iter().enumerate().map(|(number, point)| {
            let (x, y) = self.place(*point);
            format!("{}{x:.1} {y:.1}", if number == 0 { "M" } else { " L" })
        });
        let path: String = steps.collect();
        if !path.is_empty() {
            let dash = if dashed { r#" stroke-dasharray="4 4""# } else { "" };
            svg.put(&format!(r#"<path d="{path}" fill="none" stroke="{colour}"{dash}/>"#));
        }
    }

    fn dot(&self, svg: &mut Svg, point: (f64, f64), colour: &str, label: &str) {
        let (x, y) = self.place(point);
        svg.put(&format!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.5" fill="{colour}"/>"#));
        let (shift, anchor) = if point.0 > 0.5 { (-7.0, "end") } else { (7.0, "start") };
        svg.text((x + shift, y + 4.0), label, anchor);
    }
}

/// The drawing of all fleets together.
pub(super) fn render(fleets: &[FleetReport]) -> String {
    let (width, height) = (2.0 * SIZE + 3.0 * SPACE, SIZE + 2.0 * SPACE);
    let mut svg = Svg::new(width, height);
    ranking(&mut svg, fleets);
    rates(&mut svg, fleets);
    svg.finish()
}

/// Precision against recall: a line a fleet, a dot a rule (the mean over fleets).
fn ranking(svg: &mut Svg, fleets: &[FleetReport]) {
    let panel = Panel { left: SPACE, top: SPACE };
    panel.frame(svg, "Ranking: a line a fleet; rules of today as dots", "recall", "");
    ticks(svg, &panel, &[(0.0, "0"), (0.5, "0.5"), (1.0, "1")]);
    svg.text((panel.left - 30.0, panel.top - 14.0), "precision", "middle");
    for fleet in fleets {
        panel.line(svg, &fleet.curve, LINE, false);
    }
    let names = fleets.first().map(|fleet| fleet.rules.as_slice()).unwrap_or_default();
    for rule in names {
        let points: Vec<(f64, f64)> = fleets
            .iter()
            .flat_map(|fleet| &fleet.rules)
            .filter(|other| other.name == rule.name)
            .filter_map(|other| other.point)
            .collect();
        if !points.is_empty() {
            let count = points.len() as f64;
            let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
            panel.dot(svg, (mean(|point| point.0), mean(|point| point.1)), RULE, &rule.name);
        }
    }
}

/// Nominal against achieved rates: a line a fleet, dashed where both would be the same.
fn rates(svg: &mut Svg, fleets: &[FleetReport]) {
    let panel = Panel { left: 2.0 * SPACE + SIZE, top: SPACE };
    panel.frame(
        svg,
        "False findings per 1,000 host-days, achieved (up) against the budget",
        "alert_budget",
        "",
    );
    ticks(svg, &panel, &[(0.0, "1"), (0.5, "10"), (1.0, "100")]);
    let share = |rate: f64| (rate.max(0.01).log10() - RATES.0) / (RATES.1 - RATES.0);
    panel.line(svg, &[(0.0, 0.0), (1.0, 1.0)], GREY, true);
    for fleet in fleets {
        let points: Vec<(f64, f64)> = fleet
            .calibration
            .iter()
            .map(|achieved| (share(achieved.budget), share(achieved.false_per_1000_host_days)))
            .collect();
        panel.line(svg, &points, LINE, false);
    }
}

fn ticks(svg: &mut Svg, panel: &Panel, at: &[(f64, &str)]) {
    for (share, label) in at {
        let (x, y) = panel.place((*share, 0.0));
        svg.text((x, y + 16.0), label, "middle");
        let (x, y) = panel.place((0.0, *share));
        svg.text((x - 6.0, y + 4.0), label, "end");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::evaluate::{Achieved, Measures, RuleReport};

    #[test]
    fn shapes_stay_within_the_panels_and_text_is_escaped() {
        let fleet = FleetReport {
            path: "a".into(),
            host_days: 1_000,
            lopside: Measures::default(),
            rules: vec![RuleReport {
                name: "a < b & c".into(),
                measures: Measures::default(),
                point: Some((0.9, 7.0)),
            }],
            calibration: vec![
                Achieved { budget: 1.0, false_per_1000_host_days: 0.0, recall: 0.1 },
                Achieved { budget: 50.0, false_per_1000_host_days: 4_000.0, recall: 0.9 },
            ],
            curve: vec![(0.1, 1.0), (0.9, 0.5)],
            misses: None,
        };
        let svg = render(&[fleet]);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"), "{svg}");
        assert!(svg.contains("a &lt; b &amp; c") && svg.matches("<path").count() == 3, "{svg}");
        assert!(svg.contains(r#"cy="60.0""#), "a precision above 1 is drawn at 1: {svg}");
    }

    #[test]
    fn nothing_to_draw_is_an_empty_frame() {
        assert_eq!(render(&[]).matches("<circle").count(), 0);
    }
}
