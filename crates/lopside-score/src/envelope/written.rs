//! An entry as it stands in the file: what people write and review.

use serde::{Deserialize, Serialize};

/// One text or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a text or a list of texts")]
pub enum Texts {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Default for Texts {
    fn default() -> Self {
        Texts::Many(Vec::new())
    }
}

impl Texts {
    /// All of them.
    pub fn list(&self) -> &[String] {
        match self {
            Texts::One(text) => std::slice::from_ref(text),
            Texts::Many(texts) => texts,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list().is_empty()
    }
}

impl From<Vec<String>> for Texts {
    fn from(texts: Vec<String>) -> Texts {
        match <[String; 1]>::try_from(texts) {
            Ok([one]) => Texts::One(one),
            Err(texts) => Texts::Many(texts),
        }
    }
}

/// A number, or a text that holds one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a whole number or a text")]
pub enum Amount {
    /// A number.
    Number(u64),
    /// A text: `40 GB`, `2500-3300`.
    Text(String),
}

impl Amount {
    /// As text.
    pub fn text(&self) -> String {
        match self {
            Amount::Number(number) => number.to_string(),
            Amount::Text(text) => text.clone(),
        }
    }
}

/// A date, as TOML writes dates or as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a date like 2026-11-25")]
pub enum Date {
    /// `2026-11-25`.
    Toml(toml::value::Datetime),
    /// `"2026-11-25"`.
    Text(String),
}

impl Date {
    /// As text.
    pub fn text(&self) -> String {
        match self {
            Date::Toml(date) => date.to_string(),
            Date::Text(text) => text.clone(),
        }
    }
}

/// An entry as it is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Written {
    /// A short name.
    pub id: String,
    /// Paths of images, with stars.
    pub image: Texts,
    /// The service, script or library that the image runs, as the process identity tells it.
    pub runs: Texts,
    /// Who made the image.
    pub signer: Texts,
    /// The product that the image belongs to.
    pub product: Texts,
    /// Hosts by name or network, or `@group`.
    pub hosts: Texts,
    /// Users as `DOMAIN\name`, or kinds of account.
    pub users: Texts,
    /// Domains, networks, `internal`.
    pub destinations: Texts,
    /// Ports and ranges of ports.
    pub ports: Vec<Amount>,
    /// Hours of the UTC day, `22-06`.
    pub hours: Option<String>,
    /// What a host may send so in a UTC day.
    pub max_bytes_per_day: Option<Amount>,
    /// How much more it may send than it gets back.
    pub max_ratio: Option<f64>,
    /// Whether the process is to send nowhere else.
    pub nowhere_else: bool,
    /// Who answers for it.
    pub owner: String,
    /// Why it is expected.
    pub reason: String,
    /// When it was written.
    pub created: Option<Date>,
    /// The last day on which it holds.
    pub expires: Option<Date>,
}
