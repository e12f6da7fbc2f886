//! Planted senders: what lopsided senders do, from bulk theft to a drip. Each kind is a function; what does not matter
//! for what it is (names, folders, sizes, times, ports, places) is drawn like that of ordinary software.

mod builtin;
mod hidden;
mod plan;
mod tools;
mod trusted;

use std::rc::Rc;

use crate::applications::{Account, Proto};
use crate::calendar::{MINUTE, SECOND};
use crate::chance::Chance;
use crate::day::{Scene, places::rented_server};
use crate::error::EmulateError;
use crate::machine::{Process, Program};
use crate::names::Software;
use crate::session::{Place, Talk};

pub(crate) use plan::{Kind, Planned, plan_attacks};

/// A planted sender on one day: what stays the same on all its days, and where it goes.
pub(crate) struct Part<'p> {
    pub(crate) planned: &'p Planned,
    /// Draws the same on every day.
    pub(crate) fixed: Chance,
    /// When it starts today.
    pub(crate) at: i64,
    /// Bytes to send today.
    pub(crate) bytes: u64,
    /// The maker of its software, where it brings its own.
    vendor: Option<String>,
}

/// Plays one day of a planted sender.
pub(crate) fn play(scene: &mut Scene<'_, '_>, planned: &Planned) -> Result<(), EmulateError> {
    let seed = scene.run.fleet.plan.seed;
    let mut fixed = Chance::of(seed, "planted sender", planned.campaign.into(), 0);
    let mut total = fixed.spread(scene.run.fleet.temper.theft, 1.1).min(5_000_000_000.0);
    if planned.kind == Kind::Campaign {
        total *= Chance::of(seed, "share of a campaign", planned.mark.into(), 0).spread(0.7, 0.6);
    }
    let least = fixed.real(11_000_000.0, 36_000_000.0);
    let today = Chance::of(seed, "bytes of a day", planned.mark.into(), scene.day as u64).real(0.6, 1.4);
    let bytes = (today * (total / f64::from(planned.days)).max(least)) as u64;
    let at = planned.moment(scene);
    let mut part = Part { planned, fixed, at, bytes, vendor: None };
    match planned.way {
        // A campaign goes one of the other ways.
        Kind::Campaign | Kind::RenamedSyncTool => tools::renamed_sync_tool(scene, &mut part),
        Kind::OwnToolHighPort => tools::own_tool_high_port(scene, &mut part),
        Kind::BareAddress => tools::bare_address(scene, &mut part),
        Kind::Drip => tools::drip(scene, &mut part),
        Kind::SeveralDestinations => tools::several_destinations(scene, &mut part),
        Kind::HiddenInDownloads => tools::hidden_in_downloads(scene, &mut part),
        Kind::ScriptInterpreter => tools::script_interpreter(scene, &mut part),
        Kind::CurlUpload => builtin::curl_upload(scene, &mut part),
        Kind::PowershellUpload => builtin::powershell_upload(scene, &mut part),
        Kind::SecureCopy => builtin::secure_copy(scene, &mut part),
        Kind::WebDav => builtin::web_dav(scene, &mut part),
        Kind::BitsUpload => builtin::bits_upload(scene, &mut part),
        Kind::HijackedAgent => trusted::hijacked_agent(scene, &mut part),
        Kind::TrustedCloud => trusted::trusted_cloud(scene, &mut part),
        Kind::BrowserOffHours => trusted::browser_off_hours(scene, &mut part),
        Kind::MailClient => trusted::mail_client(scene, &mut part),
        Kind::RemoteTool => trusted::remote_tool(scene, &mut part),
        Kind::StagedArchive => trusted::staged_archive(scene, &mut part),
        Kind::InjectedProcess => hidden::injected_process(scene, &mut part),
        Kind::DnsTunnel => hidden::dns_tunnel(scene, &mut part),
        Kind::OddDatagrams => hidden::odd_datagrams(scene, &mut part),
        Kind::EchoTunnel => hidden::echo_tunnel(scene, &mut part),
        Kind::UnattributedHost => hidden::unattributed_host(scene, &mut part),
    }
}

/// How a transfer looks on the wire.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) proto: Proto,
    pub(crate) port: u16,
    pub(crate) service: &'static str,
    /// Flows that the bytes are spread over.
    pub(crate) flows: u32,
    /// Bytes that come back for each one sent.
    pub(crate) answer: f64,
    /// Microseconds over which the flows start; 0 for one after the other.
    pub(crate) over: i64,
}

impl Shape {
    /// A few flows over TLS.
    pub(crate) fn tls(part: &mut Part<'_>) -> Self {
        Self {
            proto: Proto::Tcp,
            port: 443,
            service: "ssl",
            flows: part.fixed.one(&[1, 1, 2, 3, 4, 8]),
            answer: part.fixed.spread(0.004, 0.8),
            over: 0,
        }
    }
}

impl Scene<'_, '_> {
    /// Sends the part's bytes to a place; says when the last flow ended.
    pub(crate) fn send(
        &mut self,
        part: &Part<'_>,
        process: Option<&Rc<Process>>,
        place: &Place,
        shape: &Shape,
    ) -> Result<i64, EmulateError> {
        let single = shape.over == 0 && part.planned.in_one_flow;
        let flows = if single { 1 } else { shape.flows.max(1) };
        let speed = self.line_speed();
        let (mut at, mut left, mut last) = (part.at, part.bytes, part.at);
        for flow in 0..flows {
            let even = left / u64::from(flows - flow);
            let out = if flow + 1 == flows {
                left
            } else {
                ((even as f64 * self.chance.real(0.5, 1.4)) as u64).min(left)
            };
            left -= out;
            let back = (out as f64 * shape.answer * self.chance.real(0.7, 1.4)) as u64
                + self.chance.range(900, 6_000) as u64;
            let mut length =
                (out as f64 / speed * SECOND as f64) as i64 + self.chance.range(200_000, 4 * SECOND);
            if shape.over > 0 {
                at = part.at + self.chance.below(shape.over as usize) as i64;
                length = length.min(shape.over);
            }
            let mut talk = Talk::new(at, length, out.max(1), back);
            (talk.proto, talk.port, talk.service) = (shape.proto, shape.port, shape.service.into());
            talk.mark = Some(part.planned.mark);
            let end = self.talk(process, place, talk)?;
            at = end + self.chance.range(20_000, 30 * SECOND);
            last = last.max(end);
        }
        Ok(last)
    }

    /// Bytes a second that one transfer reaches, of ordinary and planted senders alike.
    pub(crate) fn line_speed(&mut self) -> f64 {
        self.chance.spread(3_500_000.0, 0.8).clamp(200_000.0, 11_000_000.0)
    }

    /// Starts a program for a part and says when; it ends some time after the transfer.
    pub(crate) fn begin(&mut self, part: &Part<'_>, program: &Program, parent: &str) -> Rc<Process> {
        let before = self.chance.range(200_000, 8 * SECOND);
        self.start(program, parent, part.at - before)
    }

    /// Ends a part's process a while after its last flow.
    pub(crate) fn finish(&mut self, process: &Rc<Process>, last: i64) {
        let after = self.chance.range(60_000, 5 * MINUTE);
        self.end(process, last + after);
    }

    /// A rented server of the part's own.
    pub(crate) fn drop_place(&mut self, part: &mut Part<'_>) -> Place {
        rented_server(&mut part.fixed, &self.run.fleet.atlas)
    }

    /// A rented server that has a name, or a name that stands anywhere.
    pub(crate) fn drop_name(&mut self, part: &mut Part<'_>) -> Place {
        // Some take a name that fits the program's.
        let alike = part.fixed.happens(0.15);
        let name = match part.vendor.as_ref().filter(|_| alike) {
            Some(vendor) => {
                let domain = crate::names::domain(&mut part.fixed, vendor);
                format!("{}.{domain}", crate::names::label(&mut part.fixed)).into()
            }
            None => crate::day::places::portal(&mut part.fixed),
        };
        let list = self.run.fleet.atlas.addresses(&name);
        Place { name: Some(name), address: part.fixed.one(&list), host: None }
    }

    /// Software of the part's own, drawn like any rare software.
    pub(crate) fn own_software(&mut self, part: &mut Part<'_>, original: Option<&str>) -> Program {
        let software = Software::draw(&mut part.fixed);
        part.vendor = Some(software.vendor.clone());
        let account = self.run.host.account.clone();
        Program {
            image: software.image(&account),
            command: crate::applications::command(&mut part.fixed)
                .replace("%USERPROFILE%", &crate::names::profile(&account)),
            original: original.map_or(software.original, str::to_owned),
            company: if part.fixed.happens(0.25) { "-".to_owned() } else { software.company },
            product: software.product,
            account: if software.per_user || part.fixed.happens(0.6) {
                Account::User
            } else {
                Account::System
            },
        }
    }

    /// What the part's software is started by.
    pub(crate) fn own_parent(&mut self, part: &mut Part<'_>) -> &'static str {
        part.fixed.pick(&[
            "C:\\Windows\\explorer.exe",
            "C:\\Windows\\explorer.exe",
            "C:\\Windows\\System32\\cmd.exe",
            "C:\\Windows\\System32\\svchost.exe",
            "C:\\Windows\\System32\\services.exe",
            "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
        ])
    }
}
