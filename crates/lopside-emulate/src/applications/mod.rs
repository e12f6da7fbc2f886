//! Applications: what runs, where it lies and what it sends. The ordinary ones are a list; each fleet gets a long
//! tail of invented ones beside it.

mod rare;

use std::sync::Arc;

use serde::Deserialize;

use crate::error::EmulateError;
use crate::hosts::Role;

pub(crate) use rare::{command, pilot_applications, rare_applications};

/// The list of ordinary applications.
const ORDINARY: &str = include_str!("ordinary.toml");

/// A piece of software and its habits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Application {
    pub(crate) name: String,
    /// May hold `%USERPROFILE%`.
    pub(crate) image: String,
    /// `OriginalFileName`; the image's own name when silent.
    #[serde(default)]
    pub(crate) original: Option<String>,
    pub(crate) company: String,
    pub(crate) product: String,
    /// What follows the image on the command line.
    pub(crate) command: String,
    pub(crate) parent: String,
    #[serde(default)]
    pub(crate) user: Account,
    pub(crate) life: Life,
    /// The sender is a child of another process of the same image.
    #[serde(default)]
    pub(crate) root: bool,
    /// The share of hosts of its roles that have it.
    pub(crate) share: f64,
    /// Names of roles, or `all` for every Windows host.
    pub(crate) roles: Vec<String>,
    /// Arrives on its hosts within a day or two of each other.
    #[serde(default)]
    pub(crate) rollout: bool,
    /// The share of its hosts that get it after the first day.
    #[serde(default)]
    pub(crate) late: f64,
    pub(crate) traffic: Vec<Traffic>,
}

/// The account that a process runs under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Account {
    #[default]
    User,
    System,
    Network,
    Local,
}

/// How long a process of an application lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Life {
    /// A service: from boot to shutdown.
    Boot,
    /// One session of the user.
    Day,
    /// One conversation.
    Run,
}

/// When a habit strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum When {
    #[default]
    Work,
    Any,
    Night,
    Logon,
}

/// The transport of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Proto {
    #[default]
    Tcp,
    Udp,
    Icmp,
}

/// One habit of an application: conversations of one kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Traffic {
    pub(crate) to: To,
    #[serde(default)]
    pub(crate) proto: Proto,
    /// 0 for a random high port.
    #[serde(default = "https")]
    pub(crate) port: u16,
    /// What the sensor recognises; `-` for nothing.
    #[serde(default = "ssl")]
    pub(crate) service: String,
    /// Conversations on a working day.
    pub(crate) per_day: f64,
    /// The share of days on which it happens at all.
    #[serde(default = "one")]
    pub(crate) days: f64,
    #[serde(default)]
    pub(crate) when: When,
    /// Median bytes and spread.
    pub(crate) out: (f64, f64),
    #[serde(rename = "in")]
    pub(crate) back: (f64, f64),
    /// Median seconds and spread.
    pub(crate) seconds: (f64, f64),
    /// `per_day` is not scaled to the plan's flows a day.
    #[serde(default)]
    pub(crate) fixed: bool,
    /// Spread of a factor on the bytes that is drawn once for a host.
    #[serde(default)]
    pub(crate) steady: f64,
}

/// Where a habit sends to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum To {
    /// One of the sites that everybody visits.
    Popular,
    /// A site that hardly anybody else visits.
    Rare,
    /// A mail service in the browser.
    Webmail,
    /// A site of another company to which files are handed once in a while.
    Portal,
    /// A server of another company that this host talks to again and again.
    Partner,
    /// A fixed name.
    Name(Arc<str>),
    /// The company's own name at a shared service: `own:sharepoint.com`.
    Own(String),
    /// The company's VPN gateway.
    OwnVpn,
    /// A tenant of a shared service that this host uses: `tenant:s3.amazonaws.com`.
    Tenant(String),
    /// Addresses of a conferencing service, without a name.
    Pool(String),
    /// Any media address of a big provider.
    Media,
    /// A home.
    Residential,
    /// A rented server that this user owns.
    Server,
    /// A public resolver.
    Resolver,
    /// A server within.
    Internal(String),
    /// Another workstation.
    Peer,
    /// Callers from outside: the conversation comes in.
    Callers,
}

impl TryFrom<String> for To {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (kind, rest) = text.split_once(':').unwrap_or((&text, ""));
        Ok(match kind {
            "popular" => Self::Popular,
            "rare" => Self::Rare,
            "webmail" => Self::Webmail,
            "portal" => Self::Portal,
            "partner" => Self::Partner,
            "name" => Self::Name(rest.into()),
            "own" => Self::Own(rest.to_owned()),
            "own-vpn" => Self::OwnVpn,
            "tenant" => Self::Tenant(rest.to_owned()),
            "pool" => Self::Pool(rest.to_owned()),
            "media" => Self::Media,
            "residential" => Self::Residential,
            "server" => Self::Server,
            "resolver" => Self::Resolver,
            "internal" => Self::Internal(rest.to_owned()),
            "peer" => Self::Peer,
            "callers" => Self::Callers,
            _ => return Err(format!("no destination is called {text}")),
        })
    }
}

impl Application {
    /// Whether hosts of a role may have it.
    pub(crate) fn suits(&self, role: Role) -> bool {
        role.is_windows() && self.roles.iter().any(|name| name == "all" || name == role.name())
    }

    /// The image for an account.
    pub(crate) fn image_for(&self, account: &str) -> String {
        self.image.replace("%USERPROFILE%", &crate::names::profile(account))
    }
}

/// The ordinary applications.
pub(crate) fn ordinary_applications() -> Result<Vec<Application>, EmulateError> {
    #[derive(Deserialize)]
    struct List {
        application: Vec<Application>,
    }
    let list: List = toml::from_str(ORDINARY).map_err(|error| EmulateError::Facts(error.to_string()))?;
    Ok(list.application)
}

fn https() -> u16 {
    443
}

fn ssl() -> String {
    "ssl".to_owned()
}

fn one() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sound() {
        let list = ordinary_applications().expect("the list reads");
        assert!(list.len() > 40, "{}", list.len());
        for application in &list {
            assert!(!application.traffic.is_empty(), "{}", application.name);
            for role in &application.roles {
                let known = role == "all" || Role::ALL.iter().any(|known| known.name() == role);
                assert!(known, "{}: {role}", application.name);
            }
        }
    }
}
