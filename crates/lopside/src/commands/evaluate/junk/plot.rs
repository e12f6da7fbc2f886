//! The profile of each family of junk and of each control as a drawing, with the verdicts that its conversations got.

use std::collections::BTreeMap;

use lopside_model::payload::Verdict;

use super::super::svg::Svg;
use super::JunkReport;
use super::counting::Profiles;

/// Panels in a row.
const COLUMNS: usize = 6;
/// Width and height of a curve, and of its panel with title, verdicts and space.
const CURVE: (f64, f64) = (150.0, 60.0);
const PANEL: (f64, f64) = (170.0, 124.0);
/// The space around everything, and the height of a heading.
const MARGIN: f64 = 20.0;
const HEADING: f64 = 44.0;

/// A family or a control over all sets.
#[derive(Default)]
struct Kind {
    junk: bool,
    profiles: Profiles,
    verdicts: BTreeMap<&'static str, u64>,
}

/// The drawing of all sets together: families first, then controls, each by name.
pub(super) fn render(reports: &[JunkReport]) -> String {
    let mut kinds: BTreeMap<&str, Kind> = BTreeMap::new();
    for report in reports {
        for (name, (junk, profiles)) in &report.counts.profiles {
            let kind = kinds.entry(name).or_default();
            kind.junk |= junk;
            kind.profiles.merge(profiles);
        }
        for (name, verdicts) in &report.counts.verdicts {
            let kind = kinds.entry(name).or_default();
            for (verdict, count) in verdicts {
                *kind.verdicts.entry(verdict).or_default() += count;
            }
        }
    }
    let of = |junk: bool| kinds.iter().filter(move |(_, kind)| kind.junk == junk).collect::<Vec<_>>();
    let (families, controls) = (of(true), of(false));
    let rows = |panels: usize| panels.div_ceil(COLUMNS) as f64;
    let height = 2.0 * (MARGIN + HEADING) + (rows(families.len()) + rows(controls.len())) * PANEL.1;
    let mut svg = Svg::new(2.0 * MARGIN + COLUMNS as f64 * PANEL.0, height);
    let next = group(&mut svg, "Families of junk", &families, MARGIN);
    group(&mut svg, "Controls", &controls, next);
    svg.finish()
}

/// A heading and its panels from `top` downwards; where they end.
fn group(svg: &mut Svg, heading: &str, kinds: &[(&&str, &Kind)], top: f64) -> f64 {
    let words = format!(
        "{heading}: how evenly bytes are drawn from the start of the messages (left) to their end (right), in hundredths of random bytes; band from least to most"
    );
    svg.text((MARGIN, top + 14.0), &words, "start");
    for (number, (name, kind)) in kinds.iter().enumerate() {
        let left = MARGIN + (number % COLUMNS) as f64 * PANEL.0;
        panel(svg, (left, top + HEADING + (number / COLUMNS) as f64 * PANEL.1), name, kind);
    }
    top + HEADING + kinds.len().div_ceil(COLUMNS) as f64 * PANEL.1
}

fn panel(svg: &mut Svg, (left, top): (f64, f64), name: &str, kind: &Kind) {
    let (width, height) = CURVE;
    svg.text((left, top - 4.0), name, "start");
    svg.put(&format!(
        r##"<rect x="{left:.1}" y="{top:.1}" width="{width}" height="{height}" fill="none" stroke="#999999"/>"##
    ));
    let profiles = &kind.profiles;
    let place = |number: usize, part: f64| {
        let across = (number as f64 + 0.5) / profiles.parts.len() as f64;
        format!("{:.1} {:.1}", left + across * width, top + (1.0 - part / 100.0) * height)
    };
    if profiles.count > 0 {
        let parts = || profiles.parts.iter().enumerate();
        let above = parts().map(|(number, (_, _, most))| place(number, f64::from(*most)));
        let below = parts().rev().map(|(number, (least, _, _))| place(number, f64::from(*least)));
        let band: Vec<String> = above.chain(below).collect();
        svg.put(&format!(r##"<path d="M{} Z" fill="#d6e4f0"/>"##, band.join(" L")));
        let mean: Vec<String> =
            parts().map(|(number, (_, sum, _))| place(number, *sum as f64 / profiles.count as f64)).collect();
        svg.put(&format!(r##"<path d="M{}" fill="none" stroke="#2b6cb0"/>"##, mean.join(" L")));
    } else {
        svg.text((left + width / 2.0, top + height / 2.0 + 4.0), "too little for a profile", "middle");
    }
    let total: u64 = kind.verdicts.values().sum();
    let mut verdicts: Vec<(&str, u64)> =
        kind.verdicts.iter().map(|(verdict, count)| (*verdict, *count)).collect();
    verdicts.sort_by_key(|(verdict, count)| (std::cmp::Reverse(*count), *verdict));
    let mut from = left;
    for (verdict, count) in &verdicts {
        let share = *count as f64 / total.max(1) as f64 * width;
        svg.put(&format!(
            r#"<rect x="{from:.1}" y="{:.1}" width="{share:.1}" height="6" fill="{}"/>"#,
            top + height + 4.0,
            colour(verdict)
        ));
        from += share;
    }
    for (line, few) in verdicts.chunks(2).take(2).enumerate() {
        let words: Vec<String> = few.iter().map(|(verdict, count)| format!("{verdict} {count}")).collect();
        svg.text((left, top + height + 21.0 + line as f64 * 12.0), &words.join(", "), "start");
    }
}

/// Marks are red, what was left open is grey, the rest blue.
fn colour(verdict: &str) -> &'static str {
    let is = |of: Verdict| of.name() == verdict;
    match () {
        () if is(Verdict::Junk) => "#b03a2e",
        () if is(Verdict::Suspect) => "#e08e79",
        () if is(Verdict::TooLittle) || verdict == "none" => "#cccccc",
        () if is(Verdict::Opaque) || is(Verdict::NotApplicable) => "#8d99ae",
        () => "#2b6cb0",
    }
}

#[cfg(test)]
mod tests {
    use super::super::counting::Counts;
    use super::*;

    fn report(name: &str, junk: bool, profile: &[u8], verdict: &'static str) -> JunkReport {
        let mut profiles = Profiles::default();
        profiles.add(profile);
        let counts = Counts {
            profiles: [(name.to_owned(), (junk, profiles))].into(),
            verdicts: [(name.to_owned(), [(verdict, 3)].into())].into(),
            ..Counts::default()
        };
        JunkReport { path: "j".into(), counts }
    }

    #[test]
    fn every_kind_has_a_panel_with_its_verdicts() {
        let reports = [
            report("tail<s", true, &[50; 16], "junk"),
            report("tail<s", true, &[70; 16], "opaque"),
            report("plain", false, &[], "plain"),
        ];
        let svg = render(&reports);
        assert!(svg.contains("tail&lt;s") && svg.contains("junk 3, opaque 3"), "{svg}");
        // The mean of 50 and 70 is drawn at 60 of a hundred, 40 % of the height below the top.
        let top = MARGIN + HEADING;
        assert!(svg.contains(&format!(" {:.1} L", top + 0.4 * CURVE.1)), "{svg}");
        assert!(svg.contains("too little for a profile") && svg.ends_with("</svg>\n"), "{svg}");
        assert!(svg.find("Families").unwrap() < svg.find("Controls").unwrap());
    }
}
