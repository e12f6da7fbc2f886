//! Senders that hide behind what is trusted: sanctioned agents, clouds that everybody uses, browsers, mail.

use std::rc::Rc;

use crate::applications::{Account, Life};
use crate::calendar::{HOUR, MINUTE};
use crate::chance::Chance;
use crate::day::{Scene, Words, places::portal, places::tenant_label};
use crate::error::EmulateError;
use crate::machine::{Process, Program};
use crate::names;
use crate::senders::{Part, Shape};

type Done = Result<(), EmulateError>;

impl Scene<'_, '_> {
    /// The process of an installed or built-in application by its name in the list.
    pub(crate) fn existing(&mut self, name: &str, at: i64) -> Option<Rc<Process>> {
        let index = self.run.fleet.applications.iter().position(|application| application.name == name)?;
        Some(self.process_of(index, at, &Words::none()))
    }

    /// One of the applications of a list that this host has.
    fn one_installed(&self, names: &[&'static str], chance: &mut Chance) -> Option<&'static str> {
        let fleet = self.run.fleet;
        let present: Vec<&'static str> = names
            .iter()
            .copied()
            .filter(|name| {
                self.run
                    .host
                    .installed
                    .iter()
                    .any(|installed| fleet.applications[installed.application].name == *name)
            })
            .collect();
        (!present.is_empty()).then(|| chance.one(&present))
    }
}

/// A sanctioned agent for backup, sync or logs is pointed at a foreign place.
pub(crate) fn hijacked_agent(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    const AGENTS: &[&str] = &[
        "backup-cloud",
        "backup-internal",
        "log-shipper",
        "onedrive",
        "asset-agent",
        "remote-management",
        "rclone",
    ];
    let agent = scene.one_installed(AGENTS, &mut part.fixed).unwrap_or("backup-cloud");
    let Some(process) = scene.existing(agent, part.at) else { return Ok(()) };
    let place = scene.drop_place(part);
    let mut shape = Shape::tls(part);
    if agent == "backup-cloud" && part.fixed.happens(0.5) {
        shape.port = 44_445;
    }
    let last = scene.send(part, Some(&process), &place, &shape)?;
    if matches!(agent, "backup-internal" | "rclone") {
        scene.finish(&process, last);
    }
    Ok(())
}

/// A cloud that everybody uses, from a process that has no business there.
pub(crate) fn trusted_cloud(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let service = part.fixed.pick(&["blob.core.windows.net", "s3.amazonaws.com", "sharepoint.com", ""]);
    let name = if service.is_empty() {
        "content.dropboxapi.com".into()
    } else {
        tenant_label(&mut part.fixed, service, None)
    };
    let place = scene.resolve(name);
    let program = match part.fixed.below(3) {
        0 => {
            let image = part.fixed.pick(&[
                "C:\\Windows\\System32\\rundll32.exe",
                "C:\\Windows\\System32\\regsvr32.exe",
                "C:\\Windows\\System32\\certutil.exe",
            ]);
            let command = format!("C:\\ProgramData\\{}.dll,Start", names::word(&mut part.fixed));
            Program::windows(image, &command, Account::User)
        }
        _ => scene.own_software(part, None),
    };
    let parent = scene.own_parent(part);
    let process = scene.begin(part, &program, parent);
    let shape = Shape::tls(part);
    let last = scene.send(part, Some(&process), &place, &shape)?;
    scene.finish(&process, last);
    Ok(())
}

/// A browser uploads when nobody should be there.
pub(crate) fn browser_off_hours(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let browser = scene.one_installed(&["chrome", "edge", "firefox"], &mut part.fixed).unwrap_or("edge");
    let Some(application) =
        scene.run.fleet.applications.iter().find(|application| application.name == browser)
    else {
        return Ok(());
    };
    let words = Words::none();
    let process = scene.launch(application, part.at - MINUTE, &words);
    let name = portal(&mut part.fixed);
    let place = scene.resolve(name);
    let shape = Shape::tls(part);
    let last = scene.send(part, Some(&process), &place, &shape)?;
    scene.finish(&process, last);
    Ok(())
}

/// A mail program hands much to a foreign mail server.
pub(crate) fn mail_client(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let place = scene.drop_name(part);
    let process = if part.fixed.happens(0.6) {
        scene.existing("outlook", part.at)
    } else {
        let mut program =
            Program::windows("C:\\Program Files\\Mozilla Thunderbird\\thunderbird.exe", "", Account::User);
        (program.company, program.product) = ("Mozilla Corporation".to_owned(), "Thunderbird".to_owned());
        Some(scene.begin(part, &program, "C:\\Windows\\explorer.exe"))
    };
    let Some(process) = process else { return Ok(()) };
    part.bytes = part.bytes.min(part.fixed.range(200_000_000, 500_000_000) as u64);
    let mut shape = Shape::tls(part);
    shape.port = part.fixed.one(&[587, 465, 993]);
    shape.service = if shape.port == 587 { "smtp,ssl" } else { "ssl" };
    shape.flows = (part.bytes / 18_000_000).clamp(1, 30) as u32;
    shape.over = 2 * HOUR;
    scene.send(part, Some(&process), &place, &shape)?;
    Ok(())
}

/// A tool for remote support that nobody sanctioned carries files to its user's home.
pub(crate) fn remote_tool(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let home = part.fixed.happens(0.5);
    let place = if home {
        crate::session::Place::bare(
            scene.run.fleet.atlas.address(crate::atlas::Reach::Residential, &mut part.fixed),
        )
    } else {
        scene.drop_name(part)
    };
    let program = scene.own_software(part, None);
    let parent = scene.own_parent(part);
    let process = scene.begin(part, &program, parent);
    let mut shape = Shape::tls(part);
    shape.port = if home {
        part.fixed.range(1_025, 65_000) as u16
    } else {
        part.fixed.one(&[443, 5_938, 7_070, 8_041])
    };
    shape.service = part.fixed.pick(&["ssl", "-"]);
    shape.flows = part.fixed.one(&[1, 1, 2, 3]);
    shape.answer = part.fixed.spread(0.02, 0.7);
    let last = scene.send(part, Some(&process), &place, &shape)?;
    scene.finish(&process, last);
    Ok(())
}

/// An insider packs what is to go, then hands it to a browser or a file transfer program.
pub(crate) fn staged_archive(scene: &mut Scene<'_, '_>, part: &mut Part<'_>) -> Done {
    let archive = names::document(&mut part.fixed);
    let command = format!("a -t7z -mx1 {archive} D:\\{}", names::word(&mut part.fixed));
    let mut program = Program::windows("C:\\Program Files\\7-Zip\\7z.exe", &command, Account::User);
    (program.company, program.product) = ("Igor Pavlov".to_owned(), "7-Zip".to_owned());
    let packing = part.at - scene.chance.range(4 * MINUTE, 50 * MINUTE);
    let parent = part.fixed.pick(&["C:\\Windows\\explorer.exe", "C:\\Windows\\System32\\cmd.exe"]);
    let packer = scene.start(&program, parent, packing);
    scene.end(&packer, packing + 3 * MINUTE);
    let place = scene.drop_name(part);
    let sender =
        scene.one_installed(&["winscp", "chrome", "edge", "firefox"], &mut part.fixed).unwrap_or("edge");
    let Some(process) = scene.existing(sender, part.at) else { return Ok(()) };
    let mut shape = Shape::tls(part);
    if sender == "winscp" {
        (shape.port, shape.service) = (22, "ssh");
    }
    let last = scene.send(part, Some(&process), &place, &shape)?;
    let lives =
        scene.run.fleet.applications.iter().any(|known| known.name == sender && known.life == Life::Run);
    if lives {
        scene.finish(&process, last);
    }
    Ok(())
}
