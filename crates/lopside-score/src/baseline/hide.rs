//! Names as keyed hashes, so that a baseline can be given to another site.
//!
//! HMAC-SHA-256 over the kind of name and the name, of which 80 bits are kept. Whoever has the key can ask for a name; whoever has not
//! can neither read names nor try many. Images below the Windows folder stay in clear, since every Windows has them; what they run
//! (the service, the script) does not.

use std::collections::HashMap;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Baseline;
use crate::fragment::{Fragment, HostHabits, NO_PROCESS, UNMONITORED};
use crate::names::Names;

/// Bytes of a hash that are kept.
const KEPT: usize = 10;
/// Begins a hashed name.
const MARK: &str = "~";
/// Where every Windows has its own images.
const EVERYWHERE: &str = "%systemroot%\\";

/// A secret by which names are hashed.
#[derive(Clone)]
pub struct NameKey(Hmac<Sha256>);

/// Why names cannot be hashed or matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HideError {
    /// The secret is too short to be one.
    #[error("a key for names needs at least 16 bytes; make one with `openssl rand -hex 32`")]
    Short,
    /// The names are hashed, and no key was given.
    #[error("the names of this baseline are hashed; give the key that it was built with (--hash-key)")]
    NoKey,
    /// The names are hashed with another key.
    #[error("the names of this baseline are hashed with another key; give the one that it was built with")]
    WrongKey,
    /// The names are hashed already.
    #[error("the names of this baseline are hashed already")]
    Twice,
}

/// What a name is the name of: the same text of two kinds has two hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Named {
    Process,
    Destination,
    Host,
    User,
    Image,
}

impl std::fmt::Debug for NameKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NameKey")
    }
}

impl NameKey {
    /// A key of a secret.
    ///
    /// # Errors
    /// Where it has fewer than 16 bytes.
    pub fn new(secret: &[u8]) -> Result<NameKey, HideError> {
        let secret = secret.trim_ascii();
        if secret.len() < 16 {
            return Err(HideError::Short);
        }
        Hmac::new_from_slice(secret).map(NameKey).map_err(|_| HideError::Short)
    }

    /// Tells this key from others.
    pub(super) fn check(&self) -> [u8; 8] {
        let hash = self.hash(b"lopside baseline, check of the key");
        std::array::from_fn(|at| hash.get(at).copied().unwrap_or(0))
    }

    fn hash(&self, text: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(text);
        mac.finalize().into_bytes().into()
    }

    fn token(&self, named: Named, text: &str) -> String {
        let mut input = vec![named as u8];
        input.extend_from_slice(text.as_bytes());
        let mut token = String::from(MARK);
        for byte in self.hash(&input).iter().take(KEPT) {
            token.push_str(&format!("{byte:02x}"));
        }
        token
    }

    /// The hashed form of a name.
    fn hide(&self, named: Named, text: &str) -> String {
        match named {
            Named::Process => self.hide_process(text),
            _ => self.token(named, text),
        }
    }

    /// Of a process identity the image and what it runs are hashed apart, so that scripts of one interpreter stay one program.
    fn hide_process(&self, identity: &str) -> String {
        if matches!(identity, NO_PROCESS | UNMONITORED) {
            return identity.to_owned();
        }
        let (image, runs) =
            identity.split_once('/').map_or((identity, None), |(image, runs)| (image, Some(runs)));
        let mut told =
            if image.starts_with(EVERYWHERE) { image.to_owned() } else { self.token(Named::Process, image) };
        if let Some(runs) = runs {
            told.push('/');
            told.push_str(&self.token(Named::Process, runs));
        }
        told
    }
}

impl Baseline {
    /// Replaces the names of hosts, users, destinations and images by keyed hashes.
    ///
    /// # Errors
    /// Where they are hashed already.
    pub fn hide(&mut self, key: &NameKey) -> Result<(), HideError> {
        if self.hidden.is_some() {
            return Err(HideError::Twice);
        }
        self.fragment.rename(&mut |named, text| key.hide(named, text));
        self.hidden = Some(key.check());
        Ok(())
    }

    /// Makes its names match: they are in clear, or hashed with this key.
    ///
    /// # Errors
    /// Where the key is missing or another one.
    pub fn unlock(&mut self, key: Option<NameKey>) -> Result<(), HideError> {
        match (self.hidden, &key) {
            (Some(_), None) => return Err(HideError::NoKey),
            (Some(check), Some(key)) if key.check() != check => return Err(HideError::WrongKey),
            _ => {}
        }
        self.key = key;
        Ok(())
    }

    /// What it teaches, with the names that `known` holds in clear; others stay hashed, and count as somebody else's.
    pub fn teach(&self, known: &Fragment) -> Fragment {
        let mut fragment = self.fragment.clone();
        if let (Some(_), Some(key)) = (self.hidden, &self.key) {
            let mut clear: HashMap<(Named, String), String> = HashMap::new();
            known.each_name(&mut |named, text| {
                clear.insert((named, key.hide(named, text)), text.to_owned());
            });
            fragment.rename(&mut |named, text| {
                clear.get(&(named, text.to_owned())).cloned().unwrap_or_else(|| text.to_owned())
            });
        }
        fragment
    }

    /// Replaces one hashed name by what it stands for, so that it can be shown; needs to be unlocked.
    pub fn reveal(&mut self, name: &str) {
        let Some(key) = self.key.clone().filter(|_| self.hidden.is_some()) else { return };
        let kinds = [Named::Process, Named::Destination, Named::Host, Named::User, Named::Image];
        let hidden = kinds.map(|named| (named, key.hide(named, name)));
        self.fragment.rename(&mut |named, text| {
            let found = hidden.iter().any(|(kind, hash)| *kind == named && hash == text);
            if found { name.to_owned() } else { text.to_owned() }
        });
    }
}

impl Fragment {
    fn each_name(&self, told: &mut dyn FnMut(Named, &str)) {
        let of = [
            (Named::Process, &self.names.processes),
            (Named::Destination, &self.names.destinations),
            (Named::Host, &self.names.hosts),
        ];
        for (named, names) in of {
            names.iter().for_each(|text| told(named, text));
        }
        for host in &self.habits {
            host.users.keys().for_each(|user| told(Named::User, user));
            host.accessors.iter().for_each(|image| told(Named::Image, image));
            host.processes
                .iter()
                .flat_map(|habits| &habits.parents)
                .for_each(|image| told(Named::Image, image));
        }
    }

    fn rename(&mut self, to: &mut dyn FnMut(Named, &str) -> String) {
        let mut renamed = |named, names: &Names| {
            let mut new = Names::default();
            for text in names.iter() {
                new.number(&to(named, text));
            }
            new
        };
        self.names.processes = renamed(Named::Process, &self.names.processes);
        self.names.destinations = renamed(Named::Destination, &self.names.destinations);
        self.names.hosts = renamed(Named::Host, &self.names.hosts);
        for host in &mut self.habits {
            host.rename(to);
        }
    }
}

impl HostHabits {
    fn rename(&mut self, to: &mut dyn FnMut(Named, &str) -> String) {
        let users = std::mem::take(&mut self.users);
        self.users = users.into_iter().map(|(user, habits)| (to(Named::User, &user), habits)).collect();
        self.accessors = self.accessors.iter().map(|image| to(Named::Image, image)).collect();
        for habits in &mut self.processes {
            for parent in &mut habits.parents {
                *parent = to(Named::Image, parent);
            }
            habits.parents.sort_unstable();
        }
    }
}
