//! Evidence: one number per term, bounded, with the sign that its meaning gives it.

use serde::{Deserialize, Serialize};

macro_rules! terms {
    ($( $(#[$doc:meta])* $name:ident, $word:literal, $sign:literal; )*) => {
        /// What has a weight of its own. A factor tells of one or more of them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Term { $( $(#[$doc])* $name, )* }
        impl Term {
            /// All, in their order in [`Evidence`].
            pub const ALL: &'static [Term] = &[$( Term::$name, )*];
            /// The word in weight files.
            pub fn name(self) -> &'static str { match self { $( Term::$name => $word, )* } }
            /// +1.0 where it speaks for a finding, -1.0 where it speaks against one.
            pub fn sign(self) -> f64 { match self { $( Term::$name => $sign, )* } }
        }
    };
}

terms! {
    /// More than the process and others send; counts only beside other evidence.
    Volume, "volume", 1.0;
    /// How much it is at all; counts only beside other evidence.
    Size, "size", 1.0;
    /// More lopsided than the process and others are; counts only beside other evidence.
    Asymmetry, "asymmetry", 1.0;
    /// Sent in several large flows; counts only beside other evidence.
    Pieces, "pieces", 1.0;
    /// Large flows of like sizes; counts only beside other evidence.
    Even, "even", 1.0;
    /// The largest flow went as fast as a line may carry; counts only beside other evidence.
    Fast, "fast", 1.0;
    /// The channel is in use for hours of the day.
    DrawnOut, "drawn_out", -1.0;
    /// Few other hosts reach the destination, and the process has no habit of such places.
    Rarity, "rarity", 1.0;
    /// The same for a channel without a process.
    RarityUnattributed, "rarity_unattributed", 1.0;
    /// The program seldom sends this much to a place of one host alone.
    Lone, "lone", 1.0;
    /// The same for a channel without a process, of the processes that it may be of.
    LoneUnattributed, "lone_unattributed", 1.0;
    /// The process reaches this destination on few other hosts although one of the two is common.
    Pairing, "pairing", 1.0;
    /// A place of this host alone, by a process that reaches hardly any such place anywhere.
    Departure, "departure", 1.0;
    /// An address for which no name is known.
    Nameless, "nameless", 1.0;
    /// The destination is a local one.
    Internal, "internal", -1.0;
    /// New to the host, by a process that seldom reaches new places.
    Novelty, "novelty", 1.0;
    /// The same for a channel without a process.
    NoveltyUnattributed, "novelty_unattributed", 1.0;
    /// The host sends as much to other places too.
    Busy, "busy", -1.0;
    /// The program sends as much to other places from this host.
    Sends, "sends", -1.0;
    /// The process reaches many places.
    Breadth, "breadth", -1.0;
    /// A port that the process seldom uses.
    Port, "port", 1.0;
    /// Few other hosts run the process.
    Prevalence, "prevalence", 1.0;
    /// Few other hosts run the script, though its interpreter is common.
    Script, "script", 1.0;
    /// The process is new on a host with history.
    ProcessNew, "process_new", 1.0;
    /// The process was started shortly before it sent.
    Fresh, "fresh", 1.0;
    /// The program sends to no other place from this host.
    Sole, "sole", 1.0;
    /// The program sends to other places from this host, on other days.
    InUse, "in_use", -1.0;
    /// The folder of the image.
    Place, "place", 1.0;
    /// Name against original name.
    Masquerade, "masquerade", 1.0;
    /// A command line that uploads or hides.
    Launch, "launch", 1.0;
    /// An odd parent.
    Parent, "parent", 1.0;
    /// A program that seldom sends by itself, or a tool that is made to upload.
    Sender, "sender", 1.0;
    /// Outside the working hours of the user.
    Hours, "hours", 1.0;
    /// A service or the system while nobody is there.
    Nobody, "nobody", 1.0;
    /// At an hour in which the process seldom sends elsewhere.
    ProcessHours, "process_hours", 1.0;
    /// An account in which the process does not run elsewhere.
    Account, "account", 1.0;
    /// The sender was opened by another process before.
    Access, "access", 1.0;
    /// Files were packed before.
    Packed, "packed", 1.0;
    /// The program is new, and an installer ran before.
    Installed, "installed", -1.0;
    /// The destination bears the name of the program's vendor.
    Vendor, "vendor", -1.0;
    /// The channel is in use on most days before.
    Settled, "settled", -1.0;
    /// It was there from the first day of the data and is in use on most days after.
    Lasting, "lasting", -1.0;
    /// It has sent as much on days before.
    Persistence, "persistence", -1.0;
    /// It goes on sending as much on days after.
    Continued, "continued", -1.0;
    /// More than on its own days before.
    Growth, "growth", 1.0;
    /// The process sends as much, as lopsidedly, on other hosts.
    LookAlikes, "look_alikes", -1.0;
    /// Datagrams of media, or updates for other machines, of a process that sends such elsewhere.
    Media, "media", -1.0;
    /// Other hosts send as much to the same destination.
    SharedUse, "shared_use", -1.0;
    /// What was sent holds data that means nothing.
    Junk, "junk", 1.0;
}

/// The number of terms.
pub const TERMS: usize = Term::ALL.len();

/// Values by term, after the gate: within 0 to 1 for terms that speak for a finding, within -1 to 0 for those against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence(pub [f64; TERMS]);

impl Default for Evidence {
    fn default() -> Self {
        Evidence([0.0; TERMS])
    }
}

impl Evidence {
    /// The value of a term.
    pub fn get(&self, term: Term) -> f64 {
        self.0.get(term as usize).copied().unwrap_or(0.0)
    }

    /// Sets the strength of a term, 0 to 1; its sign comes from its meaning, and what is no number is nothing.
    pub fn set(&mut self, term: Term, strength: f64) {
        let strength = if strength.is_finite() { strength.clamp(0.0, 1.0) } else { 0.0 };
        if let Some(slot) = self.0.get_mut(term as usize) {
            *slot = term.sign() * strength;
        }
    }

    /// Each value times `gate`.
    #[must_use]
    pub fn gated(mut self, gate: f64) -> Evidence {
        for value in &mut self.0 {
            *value *= gate;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounded_with_the_sign_of_the_meaning() {
        let mut evidence = Evidence::default();
        evidence.set(Term::Port, 7.0);
        evidence.set(Term::Persistence, 0.5);
        evidence.set(Term::Hours, f64::NAN);
        assert_eq!(evidence.get(Term::Port), 1.0);
        assert_eq!(evidence.get(Term::Persistence), -0.5);
        assert_eq!(evidence.get(Term::Hours), 0.0);
        assert_eq!(evidence.gated(0.5).get(Term::Port), 0.5);
    }
}
