//! Senders that hide in other processes, in protocols that carry no files, or where no agent runs.

use crate::applications::{Account, Proto};
use crate::atlas::{Atlas, Reach};
use crate::calendar::{HOUR, MINUTE, SECOND};
use crate::day::{CALL_TRACE, Scene};
use crate::error::EmulateError;
use crate::machine::Program;
use crate::senders::{Part, Shape};
use crate::session::Place;

type Done = Result<(), EmulateError>;

/// A loader opens a quiet process, which then talks to a cloud that everybody uses.
pub(crate) fn injected_process(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let loader = scene.own_software(part, None);
    let parent = scene.own_parent(part);
    let source = scene.begin(part, &loader, parent);
    let before = part.at - scene.chance.range(SECOND, 25 * MINUTE);
    let target = match part.fixed.below(5) {
        0 => scene.existing("time", part.at),
        1 => scene.existing("cryptsvc", part.at),
        2 => scene.existing("spooler", part.at),
        3 => Some(scene.run.machine.parent("C:\\Windows\\explorer.exe", before, &mut scene.chance)),
        _ => {
            let image = part.fixed.pick(&[
                "C:\\Windows\\System32\\notepad.exe",
                "C:\\Windows\\System32\\RuntimeBroker.exe",
                "C:\\Windows\\System32\\dllhost.exe",
            ]);
            let program = Program::windows(image, "", Account::User);
            Some(scene.start(&program, "C:\\Windows\\explorer.exe", before - SECOND))
        }
    };
    let Some(target) = target else { return Ok(()) };
    let granted = part.fixed.one(&[0x1f_ffff, 0x143a, 0x1f_3fff, 0x43a]);
    scene.access(&source, &target, before, granted, CALL_TRACE);
    let name = match part.fixed.below(3) {
        0 => "content.dropboxapi.com".into(),
        1 => scene.run.fleet.atlas.popular(&mut part.fixed),
        _ => crate::day::places::tenant_label(&mut part.fixed, "blob.core.windows.net", None),
    };
    let place = scene.resolve(name);
    let shape = Shape::tls(part);
    let last = scene.send(part, Some(&target), &place, &shape)?;
    scene.finish(&source, last);
    Ok(())
}

/// Data in queries to a foreign name server.
pub(crate) fn dns_tunnel(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let program = scene.own_software(part, None);
    let place = Place::bare(scene.run.fleet.atlas.address(Reach::Hosting, &mut part.fixed));
    let parent = scene.own_parent(part);
    let process = scene.begin(part, &program, parent);
    part.bytes = part.fixed.spread(18_000_000.0, 0.3) as u64;
    let mut shape = Shape::tls(part);
    (shape.proto, shape.port, shape.service) = (Proto::Udp, 53, "dns");
    shape.flows = part.fixed.range(6, 40) as u32;
    shape.answer = part.fixed.spread(0.25, 0.3);
    shape.over = 3 * HOUR;
    let last = scene.send(part, Some(&process), &place, &shape)?;
    scene.finish(&process, last);
    Ok(())
}

/// Datagrams to an odd port.
pub(crate) fn odd_datagrams(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let program = scene.own_software(part, None);
    let place = scene.drop_place(part);
    let parent = scene.own_parent(part);
    let process = scene.begin(part, &program, parent);
    let mut shape = Shape::tls(part);
    (shape.proto, shape.service) = (Proto::Udp, part.fixed.pick(&["-", "-", "quic"]));
    shape.port = if shape.service == "quic" { 443 } else { part.fixed.range(1_025, 65_000) as u16 };
    let last = scene.send(part, Some(&process), &place, &shape)?;
    scene.finish(&process, last);
    Ok(())
}

/// Data in echo requests: no endpoint event names who sends them.
pub(crate) fn echo_tunnel(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let program = scene.own_software(part, None);
    let place = Place::bare(scene.run.fleet.atlas.address(Reach::Hosting, &mut part.fixed));
    let parent = scene.own_parent(part);
    let process = scene.begin(part, &program, parent);
    part.bytes = part.fixed.spread(34_000_000.0, 0.4) as u64;
    let mut shape = Shape::tls(part);
    (shape.proto, shape.port, shape.service) = (Proto::Icmp, 0, "-");
    shape.flows = part.fixed.range(1, 6) as u32;
    shape.answer = part.fixed.spread(0.1, 0.5);
    let last = scene.send(part, Some(&process), &place, &shape)?;
    scene.finish(&process, last);
    Ok(())
}

/// A device, or a host without an agent, sends much.
pub(crate) fn unattributed_host(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let place = if part.fixed.happens(0.6) {
        let name = Atlas::rare(&mut part.fixed);
        scene.resolve(name)
    } else {
        scene.drop_place(part)
    };
    let mut shape = Shape::tls(part);
    shape.port = part.fixed.one(&[443, 443, 8443, 22, 9_000]);
    shape.service = if shape.port == 22 { "ssh" } else { "ssl" };
    scene.send(part, None, &place, &shape)?;
    Ok(())
}
