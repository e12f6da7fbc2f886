//! Where a habit sends to, as a place with an address.

use std::sync::Arc;

use crate::applications::To;
use crate::atlas::{Atlas, Reach};
use crate::chance::{Chance, hash};
use crate::day::Scene;
use crate::names;
use crate::session::Place;

impl Scene<'_, '_> {
    /// A place for a habit; none where there is nobody to talk to.
    pub(crate) fn place(&mut self, to: &To) -> Option<Place> {
        let fleet = self.run.fleet;
        let host = self.run.host;
        let named = match to {
            To::Popular => fleet.atlas.popular(&mut self.chance),
            To::Rare => Atlas::rare(&mut self.chance),
            To::Webmail => fleet.atlas.webmail(&mut self.chance),
            To::Portal => portal(&mut self.chance),
            To::Partner => self.own_name("partner", 6),
            To::Name(name) => name.clone(),
            To::Own(service) => {
                let joint = if service.starts_with('-') { "" } else { "." };
                format!("{}{joint}{service}", fleet.company.short).into()
            }
            To::OwnVpn => format!("vpn.{}.example", fleet.company.short).into(),
            To::Tenant(service) => self.tenant(service),
            To::Pool(service) => {
                let index = self.chance.below(180) as u64;
                let mut fixed = Chance::of(fleet.plan.seed, "pool", hash(service), index);
                return Some(Place::bare(fleet.atlas.address(Reach::Cloud, &mut fixed)));
            }
            To::Media => return Some(Place::bare(fleet.atlas.address(Reach::Cloud, &mut self.chance))),
            To::Residential | To::Callers => {
                return Some(Place::bare(fleet.atlas.address(Reach::Residential, &mut self.chance)));
            }
            To::Server => return Some(self.own_server()),
            To::Resolver => {
                let index = self.chance.below(4) as u64;
                let mut fixed = Chance::of(fleet.plan.seed, "resolver", index, 0);
                return Some(Place::bare(fleet.atlas.address(Reach::Own, &mut fixed)));
            }
            To::Internal(kind) => return fleet.internal(kind, host, self.day, &mut self.chance),
            To::Peer => return fleet.peer(host, self.day, &mut self.chance),
        };
        Some(self.resolve(named))
    }

    /// A name with one of its addresses, the same one for most of a day.
    pub(crate) fn resolve(&mut self, name: Arc<str>) -> Place {
        if let Some(address) = self.resolved.get(&name)
            && self.chance.happens(0.8)
        {
            return Place { name: Some(name), address: *address, host: None };
        }
        let list = self.run.fleet.atlas.addresses(&name);
        let address = self.chance.one(&list);
        self.resolved.insert(name.clone(), address);
        Place { name: Some(name), address, host: None }
    }

    /// One of this host's own names of a kind, always the same few.
    fn own_name(&mut self, kind: &str, count: usize) -> Arc<str> {
        let index = self.chance.popular(count) as u64;
        let seed = self.run.fleet.plan.seed ^ hash(kind);
        Atlas::rare(&mut Chance::of(seed, "own name", self.run.host.index.into(), index))
    }

    /// A tenant: mostly the company's, else one of this host alone.
    fn tenant(&mut self, service: &str) -> Arc<str> {
        let fleet = self.run.fleet;
        let own = self.run.host.index.is_multiple_of(8);
        let index = if own { u64::from(self.run.host.index) } else { 1_000_000 };
        let mut fixed = Chance::of(fleet.plan.seed, "tenant", hash(service), index);
        tenant_label(&mut fixed, service, (!own).then_some(&fleet.company.short))
    }

    /// A rented server of this host's person: a name or an address alone.
    fn own_server(&mut self) -> Place {
        let index = self.chance.popular(3) as u64;
        let fleet = self.run.fleet;
        let mut fixed = Chance::of(fleet.plan.seed, "own server", self.run.host.index.into(), index);
        rented_server(&mut fixed, &fleet.atlas)
    }
}

/// A rented server: often with a name, else by its address alone.
pub(crate) fn rented_server(chance: &mut Chance, atlas: &Atlas) -> Place {
    let address = atlas.address(Reach::Hosting, chance);
    let name = chance.happens(0.6).then(|| Atlas::rare(chance));
    Place { name, address, host: None }
}

/// A site of another company to which files are handed.
pub(crate) fn portal(chance: &mut Chance) -> Arc<str> {
    let owner = names::word(chance);
    let domain = names::domain(chance, &owner);
    format!("{}.{domain}", names::label(chance)).into()
}

/// A tenant's name at a shared service.
pub(crate) fn tenant_label(chance: &mut Chance, service: &str, owner: Option<&String>) -> Arc<str> {
    let owner = owner.map_or_else(|| names::word(chance), Clone::clone);
    match chance.below(3) {
        0 => format!("{owner}{}.{service}", names::label(chance).replace('-', "")),
        1 => format!("{owner}-{}.{service}", names::word(chance)),
        _ => format!("{owner}.{service}"),
    }
    .into()
}
