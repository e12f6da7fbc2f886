//! Where the image lies.
//!
//! Measures: the class of its folder, by who may write there. Usual: what the fleet runs from such folders is not asked: prevalence
//! says so. Silent when: no path is known. Limits: much ordinary software lives in profiles. Source of the formula: an ordered scale,
//! set by hand.

use super::{Factor, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use lopside_model::identity::Place;

/// See the module.
pub(super) struct PlaceOfImage;

fn scale(place: Place) -> Option<(f64, &'static str)> {
    match place {
        Place::Kernel => Some((0.0, "the kernel")),
        Place::Windows => Some((0.0, "the Windows folder")),
        Place::Programs => Some((0.0, "Program Files")),
        Place::Profile => Some((0.4, "a user's profile")),
        Place::Shared => Some((0.7, "a folder of all users")),
        Place::Other => Some((0.7, "a folder of its own")),
        Place::Network => Some((0.9, "a network share")),
        Place::Temporary => Some((1.0, "a temporary or download folder")),
        Place::Unknown => None,
    }
}

impl Factor for PlaceOfImage {
    fn name(&self) -> &'static str {
        "place"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Place]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        match scale(case.channel.place) {
            Some((strength, _)) => Weighed::Evidence([(Term::Place, strength)].into()),
            None => Weighed::NotMeasured("the path of the image is not known"),
        }
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        let (strength, place) = scale(case.channel.place).unwrap_or_default();
        let who =
            if strength > 0.0 { "where users can write" } else { "where only administrators can write" };
        Told {
            value: Some(place.into()),
            usual: Some("Windows or Program Files".into()),
            text: format!("the image lies in {place}, {who}"),
        }
    }
}
