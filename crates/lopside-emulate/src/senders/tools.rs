//! Senders that bring a program of their own.

use crate::applications::Proto;
use crate::atlas::Reach;
use crate::calendar::{HOUR, MINUTE, SECOND};
use crate::day::{Scene, places::tenant_label};
use crate::error::EmulateError;
use crate::machine::Program;
use crate::senders::{Part, Shape};
use crate::session::{Place, Talk};

type Done = Result<(), EmulateError>;

/// A well-known tool for file synchronisation under another name takes much at once.
pub(crate) fn renamed_sync_tool(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let original = part.fixed.pick(&["rclone.exe", "rclone.exe", "restic.exe", "winscp.exe", "-"]);
    let mut program = scene.own_software(part, Some(original));
    if part.fixed.happens(0.5) {
        program.company = "-".to_owned();
    }
    let place = if part.fixed.happens(0.3) {
        let service = part.fixed.pick(&["s3.amazonaws.com", "blob.core.windows.net"]);
        let name = tenant_label(&mut part.fixed, service, None);
        scene.resolve(name)
    } else {
        scene.drop_name(part)
    };
    let parent = scene.own_parent(part);
    let process = scene.begin(part, &program, parent);
    let mut shape = Shape::tls(part);
    shape.flows = part.fixed.range(2, 16) as u32;
    let last = scene.send(part, Some(&process), &place, &shape)?;
    scene.finish(&process, last);
    Ok(())
}

/// A tool of its own speaks its own protocol to a high port.
pub(crate) fn own_tool_high_port(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let program = scene.own_software(part, None);
    let place = scene.drop_place(part);
    let parent = scene.own_parent(part);
    let process = scene.begin(part, &program, parent);
    let mut shape = Shape::tls(part);
    shape.port = part.fixed.range(1_025, 65_000) as u16;
    shape.service = part.fixed.pick(&["-", "-", "ssl"]);
    let last = scene.send(part, Some(&process), &place, &shape)?;
    scene.finish(&process, last);
    Ok(())
}

/// TLS on its usual port, to an address that has no name.
pub(crate) fn bare_address(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let program = scene.own_software(part, None);
    let reach = part.fixed.one(&[Reach::Hosting, Reach::Hosting, Reach::Cloud, Reach::Residential]);
    let place = Place::bare(scene.run.fleet.atlas.address(reach, &mut part.fixed));
    let parent = scene.own_parent(part);
    let process = scene.begin(part, &program, parent);
    let shape = Shape::tls(part);
    let last = scene.send(part, Some(&process), &place, &shape)?;
    scene.finish(&process, last);
    Ok(())
}

/// Little at a time, day after day.
pub(crate) fn drip(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let program = scene.own_software(part, None);
    let place = scene.drop_name(part);
    let parent = scene.own_parent(part);
    part.bytes = part.fixed.spread(14_000_000.0, 0.5) as u64;
    let kept = scene.run.kept.get(&part.planned.mark).cloned();
    let process = kept.unwrap_or_else(|| scene.begin(part, &program, parent));
    scene.run.kept.insert(part.planned.mark, process.clone());
    let mut shape = Shape::tls(part);
    shape.flows = part.fixed.range(8, 60) as u32;
    shape.port = part.fixed.one(&[443, 443, 443, 8443, 80, 53_127]);
    shape.service = if shape.port == 80 { "http" } else { "ssl" };
    shape.answer = part.fixed.spread(0.02, 0.6);
    shape.over = (scene.on.1 - part.at).clamp(HOUR, 8 * HOUR);
    scene.send(part, Some(&process), &place, &shape)?;
    Ok(())
}

/// The same bytes, shared out over several places.
pub(crate) fn several_destinations(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let program = scene.own_software(part, None);
    let count = part.fixed.range(2, 4) as u64;
    part.bytes = (part.bytes / count).max(part.fixed.range(7_000_000, 12_000_000) as u64);
    let parent = scene.own_parent(part);
    let process = scene.begin(part, &program, parent);
    let shape = Shape::tls(part);
    let mut last = part.at;
    for _ in 0..count {
        let place = scene.drop_place(part);
        last = scene.send(part, Some(&process), &place, &shape)?;
        part.at = last + scene.chance.range(SECOND, 10 * MINUTE);
    }
    scene.finish(&process, last);
    Ok(())
}

/// An upload among downloads from the same address, which hide it in the sum.
pub(crate) fn hidden_in_downloads(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let program = scene.own_software(part, None);
    let place = scene.drop_name(part);
    let parent = scene.own_parent(part);
    let process = scene.begin(part, &program, parent);
    let mut at = part.at;
    for _ in 0..part.fixed.range(2, 6) {
        let back = (part.bytes as f64 * scene.chance.real(0.3, 1.5)) as u64;
        let length = scene.chance.range(10, 300) * SECOND;
        let talk = Talk::new(at, length, back / 90 + 2_000, back);
        at = scene.talk(Some(&process), &place, talk)? + scene.chance.range(SECOND, 5 * MINUTE);
    }
    part.at = at;
    let shape = Shape::tls(part);
    let last = scene.send(part, Some(&process), &place, &shape)?;
    scene.finish(&process, last);
    Ok(())
}

/// A script in an interpreter that others use for other things.
pub(crate) fn script_interpreter(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let account = scene.run.host.account.clone();
    let word = crate::names::word(&mut part.fixed);
    let folder = part.fixed.pick(&["C:\\ProgramData", "C:\\Users\\Public", "D:\\work", "C:\\Scripts"]);
    let python = format!(
        "{}\\AppData\\Local\\Programs\\Python\\Python312\\python.exe",
        crate::names::profile(&account)
    );
    let (image, ending) = match part.fixed.below(3) {
        0 => ("C:\\Program Files\\nodejs\\node.exe", "js"),
        1 => ("C:\\Program Files\\Python311\\python.exe", "py"),
        _ => (python.as_str(), "py"),
    };
    let mut program =
        Program::windows(image, &format!("{folder}\\{word}.{ending}"), crate::applications::Account::User);
    let (company, product) =
        if ending == "js" { ("Node.js", "Node.js") } else { ("Python Software Foundation", "Python") };
    (program.company, program.product) = (company.to_owned(), product.to_owned());
    let place = scene.drop_place(part);
    let parent = scene.own_parent(part);
    let process = scene.begin(part, &program, parent);
    let mut shape = Shape::tls(part);
    shape.port = part.fixed.one(&[443, 443, 8080, 5000, 8443]);
    shape.proto = Proto::Tcp;
    let last = scene.send(part, Some(&process), &place, &shape)?;
    scene.finish(&process, last);
    Ok(())
}
