"""A second labelled fleet, unlike that of `lopside emulate`: other software, other habits, other kinds of sender.

It exists so that weights do not rest on one generator: the shipped ones are fitted on fleets of both. It shares no code and no list
with the emulator, writes Zeek's tab-separated logs and Sysmon events as `evtx_dump` prints them, and needs Python alone. The same
arguments write the same bytes.

    python3 bench/other_fleet.py SEED HOSTS DAYS OUT [SHARE OF ENDPOINT EVENTS LOST]
    lopside evaluate OUT
"""

import datetime as dt
import json
import math
import os
import random
import sys
import uuid

seed = int(sys.argv[1])
NH = int(sys.argv[2])
ND = int(sys.argv[3])
out = sys.argv[4]
LOSS = float(sys.argv[5]) if len(sys.argv) > 5 else 0.0
R = random.Random(seed)
T0 = dt.datetime(2026, 3, 2, tzinfo=dt.timezone.utc).timestamp()
SY = "bcdfghklmnprstvz"
VO = "aeiou"


def word(n=None):
    return "".join(R.choice(SY) + R.choice(VO) for _ in range(n or R.choice([2, 2, 3])))


def ip():
    return f"{R.choice([5,23,31,45,52,63,78,91,104,146,151,185,193,198,203,212])}.{R.randint(1,254)}.{R.randint(0,255)}.{R.randint(1,254)}"


TLD = ["com"] * 6 + ["io", "net", "org", "de", "cloud", "app", "co"]


def dom():
    return word() + R.choice(["", "", "-" + word(2), "hub", "soft", "ly", "cloud", "sys"]) + "." + R.choice(TLD)


def ln(med, s):
    return med * math.exp(R.gauss(0, s))


class Place:
    count = 0

    def __init__(s, name, ips=None):
        Place.count += 1
        s.number = Place.count
        s.name = name
        s.ips = ips or [ip() for _ in range(R.choice([1, 1, 2, 3]))]


POP = [
    Place(n)
    for n in [
        "outlook.office365.com",
        "login.microsoftonline.com",
        "settings-win.data.microsoft.com",
        "www.google.com",
        "fonts.gstatic.com",
        "teams.microsoft.com",
        "www.linkedin.com",
        "graph.facebook.com",
        "cdn.jsdelivr.net",
        "github.com",
        "api.github.com",
        "www.youtube.com",
        "api.dropboxapi.com",
        "content.dropboxapi.com",
        "www.googleapis.com",
        "slack.com",
        "zoom.us",
    ]
] + [Place(R.choice(["www.", "cdn.", "api.", ""]) + dom()) for _ in range(280)]
W = [1 / (i + 2) for i in range(len(POP))]
byname = {p.name: p for p in POP}
COMPANY = word(3)
TEN = Place(f"{COMPANY}-my.sharepoint.com")
OUT = byname["outlook.office365.com"]
FILESRV = "10.1.0.10"
DC = "10.1.0.5"
PRN = "10.1.0.30"
SIEM = "10.1.0.40"
evs = {}
conn = []
dns = []
truth = []
uid = 0


class Host:
    pass


hosts = []
for i in range(NH):
    h = Host()
    k = R.random()
    h.kind = "srv" if k < 0.14 else "dev" if k < 0.26 else "lap" if k < 0.45 else "ws"
    h.name = {"srv": "SRV", "dev": "DEV", "lap": "LT", "ws": "PC"}[h.kind] + f"-{COMPANY[:3].upper()}{i:04d}"
    h.ip = f"10.1.{1+i//200}.{10+i%200}"
    h.user = f"{COMPANY.upper()}\\{word(2)}.{word(2)}"
    h.start = R.gauss(8.2, 0.9)
    h.len = R.gauss(9, 0.8)
    h.on247 = h.kind == "srv" or R.random() < 0.25
    h.blind = R.random() < 0.06
    h.fields = R.random()
    h.off = R.gauss(0, 0.4) if R.random() < 0.9 else R.gauss(0, 900)
    h.procs = {}
    h.dnsc = {}
    h.pin = {}
    h.port = 49200 + R.randint(0, 3000)
    h.days = []
    for d in range(ND):
        wd = d % 7
        h.days.append(True if h.on247 else (R.random() < 0.9 if wd < 5 else R.random() < 0.08))
    hosts.append(h)
    evs[h.name] = []


def rec(h, eid, t, data):
    if h.blind:
        return
    if LOSS and R.random() < LOSS:
        return
    tt = t + h.off
    s = dt.datetime.fromtimestamp(tt, dt.timezone.utc)
    evs[h.name].append(
        (
            tt,
            {
                "Event": {
                    "System": {
                        "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}},
                        "EventID": eid,
                        "Version": 5,
                        "TimeCreated": {"#attributes": {"SystemTime": s.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}},
                        "EventRecordID": len(evs[h.name]) + 1,
                        "Channel": "Microsoft-Windows-Sysmon/Operational",
                        "Computer": h.name + f".{COMPANY}.local",
                    },
                    "EventData": dict({"RuleName": "-", "UtcTime": s.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]}, **data),
                }
            },
        )
    )


class Proc:
    pass


def start(h, img, t, user=None, parent="C:\\Windows\\explorer.exe", args="", orig=None, company="-", product="-"):
    p = Proc()
    p.img = img
    p.guid = "{" + str(uuid.UUID(int=R.getrandbits(128))) + "}"
    p.pid = R.randint(900, 16000) * 4
    p.user = user or h.user
    rec(
        h,
        1,
        t,
        {
            "ProcessGuid": p.guid,
            "ProcessId": p.pid,
            "Image": img,
            "OriginalFileName": orig if orig is not None else img.split("\\")[-1],
            "Company": "Microsoft Corporation" if img.startswith("C:\\Windows") else company,
            "Product": product,
            "CommandLine": f'"{img}" {args}'.strip(),
            "User": p.user,
            "IntegrityLevel": "System" if "SYSTEM" in p.user else "Medium",
            "ParentProcessGuid": "{" + str(uuid.UUID(int=R.getrandbits(128))) + "}",
            "ParentProcessId": R.randint(400, 9000),
            "ParentImage": parent,
            "ParentCommandLine": parent,
        },
    )
    return p


def proc(h, img, t, **k):
    d = int((t - T0) // 86400)
    key = (img, d, k.get("user"))
    if key not in h.procs:
        h.procs[key] = start(h, img, t - R.uniform(1, 60), **k)
    return h.procs[key]


def flow(h, p, place, t, out, inn, port=443, proto="tcp", svc="ssl", dur=None, addr=None):
    global uid
    uid += 1
    h.port = 49200 + (h.port - 49200 + R.randint(1, 3)) % 15000
    a = addr or h.pin.setdefault((place and place.number, int(t // 86400)), R.choice(place.ips if place else ["198.51.100.1"]))
    out = int(max(40, out))
    inn = int(max(0, inn))
    dur = dur or max(0.05, out / R.uniform(5e5, 8e6) + R.expovariate(1 / 5))
    loc = "T"
    name = place.name if place else None
    if name and t - h.dnsc.get((name, a), -1e12) > R.uniform(200, 1800):
        h.dnsc[(name, a)] = t
        ti = t - R.uniform(0.01, 0.3)
        dns.append((ti, h.ip, name, a))
        if p:
            rec(
                h,
                22,
                ti,
                {
                    "ProcessGuid": p.guid,
                    "ProcessId": p.pid,
                    "QueryName": name,
                    "QueryStatus": "0",
                    "QueryResults": f"::ffff:{a};",
                    "Image": p.img,
                    "User": p.user,
                },
            )
    internal = a.startswith("10.")
    conn.append((t, f"C{uid:x}", h.ip, h.port, a, port, proto, svc, dur, out, inn, internal, name if svc == "ssl" else None))
    if p and proto != "icmp":
        rec(
            h,
            3,
            t + R.uniform(0.001, 0.08),
            {
                "ProcessGuid": p.guid,
                "ProcessId": p.pid,
                "Image": p.img,
                "User": p.user,
                "Protocol": proto,
                "Initiated": "true",
                "SourceIsIpv6": "false",
                "SourceIp": h.ip,
                "SourceHostname": "-",
                "SourcePort": h.port,
                "SourcePortName": "-",
                "DestinationIsIpv6": "false",
                "DestinationIp": a,
                "DestinationHostname": "-",
                "DestinationPort": port,
                "DestinationPortName": "-",
            },
        )
    return t + dur, a


def work(h, d):
    while True:
        x = h.start + h.len * R.random()
        if R.random() < (0.45 if 0.42 < (x - h.start) / h.len < 0.52 else 1):
            return T0 + d * 86400 + x * 3600


def anyt(h, d):
    return T0 + d * 86400 + R.uniform(0, 86000) if h.on247 else work(h, d)


S = "NT AUTHORITY\\SYSTEM"


def prof(h):
    return "C:\\Users\\" + h.user.split("\\")[1]


# rare software
class Soft:
    pass


def soft(h=None):
    s = Soft()
    n = word(2).capitalize()
    m = R.choice(["", "Agent", "Sync", "Client", "Tray", "Helper", "Svc", "Updater", "Connect"])
    f = (n + m) if R.random() < 0.6 else word(2) + R.choice(["", "svc", "d", "32"])
    base = R.choice(
        [
            "C:\\Program Files\\%s",
            "C:\\Program Files\\%s",
            "C:\\Program Files (x86)\\%s",
            "C:\\ProgramData\\%s",
            "%%P\\AppData\\Local\\%s",
            "%%P\\AppData\\Roaming\\%s",
            "C:\\Tools\\%s",
            "%%P\\Downloads\\%s",
            "C:\\%s",
        ]
    )
    s.img = (base % (n + (" " + m if m else ""))) + "\\" + f + ".exe"
    s.orig = (f if R.random() < 0.8 else n.lower()) + ".exe"
    if R.random() < 0.1:
        s.orig = "-"
    s.company = n + " " + R.choice(["GmbH", "Inc.", "Ltd", "AB"]) if R.random() < 0.75 else "-"
    s.vendor = Place(R.choice(["api.", "ingest.", "cloud.", ""]) + n.lower() + "." + R.choice(TLD))
    s.user = S if R.random() < 0.35 else None
    s.parent = (
        "C:\\Windows\\System32\\services.exe"
        if s.user
        else R.choice(
            ["C:\\Windows\\explorer.exe"] * 3 + ["C:\\Windows\\System32\\cmd.exe", "C:\\Windows\\System32\\svchost.exe"]
        )
    )
    s.port = R.choice([443] * 8 + [8443, 22, 5671, 8883, 9000, 4443, 21])
    s.args = R.choice(["", "", "--minimized", "/background", "-c config.yml", "--sync", "run -q", "-d D:\\data"])
    return s


def sproc(h, s, t, new=False):
    img = s.img.replace("%P", prof(h))
    k = dict(user=s.user, parent=s.parent, orig=s.orig, company=s.company, product=s.company, args=s.args)
    return start(h, img, t - R.uniform(1, 40), **k) if new else proc(h, img, t, **k)


CH = "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe"
ED = "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe"
FF = "C:\\Program Files\\Mozilla Firefox\\firefox.exe"
PS = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
CURL = "C:\\Windows\\System32\\curl.exe"
SSH = "C:\\Windows\\System32\\OpenSSH\\ssh.exe"
SVC = "C:\\Windows\\System32\\svchost.exe"
for h in hosts:
    h.browser = R.choice([CH, CH, CH, ED, ED, FF])
    h.backup = h.kind == "srv" and R.random() < 0.7 or R.random() < 0.12
    h.zoom = R.random() < 0.5
    h.own = (
        [Place(None) if R.random() < 0.4 else Place(dom()) for _ in range(R.choice([1, 2]))] if h.kind in ("dev", "srv") else []
    )
BK = [Place(f"{x}.carbonvault.net") for x in ("s01", "s02", "s03", "s04")]
LOGS = Place("intake.logpeak.io")
ROLL = soft()
rollday = R.randint(1, max(1, ND - 2))
rolled = set(R.sample(range(NH), NH // 3))
MGMT = Place("agent.remotefleet.com")
rare = []  # (soft, hosts, mode, from)
for i in range(int(NH * 0.8)):
    s = soft()
    hs = R.sample(hosts, R.choice([1, 1, 1, 2, 3, 5]))
    mode = R.choices(["chat", "updown", "daily", "big", "once", "burst"], [50, 18, 10, 7, 9, 6])[0]
    s.size = ln({"chat": 2e4, "updown": 8e4, "daily": 4e6, "big": 6e7, "once": 6e7, "burst": 2.5e7}[mode], 0.9)
    frm = R.randint(1, ND - 1) if R.random() < 0.15 and ND > 1 else 0
    s.dest = (
        s.vendor
        if R.random() < 0.8
        else R.choice([Place(word(3) + ".s3.amazonaws.com"), Place(word(3) + ".blob.core.windows.net"), Place(None)])
    )
    rare.append((s, hs, mode, frm, R.randint(frm, ND - 1)))
byhost = {}
for r in rare:
    for h in r[1]:
        byhost.setdefault(h.name, []).append(r)


# Software that a few machines try out from some day on, and collectors that send once and do nothing else.
for i in range(max(2, NH // 70)):
    s = soft()
    mode = R.choice(["chat", "daily", "burst", "collect", "collect"])
    s.size = ln({"chat": 2e4, "daily": 4e6, "burst": 2.5e7, "collect": 3e7}[mode], 0.8)
    s.dest = s.vendor if R.random() < 0.85 else Place(word(3) + ".s3.amazonaws.com")
    frm = R.randint(1, ND - 1) if R.random() < 0.6 and ND > 1 else 0
    for h in R.sample(hosts, min(NH, R.randint(2, 9))):
        f = min(ND - 1, frm + (R.choice([0, 0, 0, 1, 1, 2]) if frm else 0))
        byhost.setdefault(h.name, []).append((s, [h], mode, f, R.randint(f, min(ND - 1, f + 2))))


def parts(h, p, place, t, out, inn, **k):
    """What is handed over now and then: mostly in one transfer, at times in several of like size."""
    n = R.choice([2, 4, 7]) if R.random() < 0.03 else 1
    for _ in range(n):
        e, _a = flow(h, p, place, t, out / n * R.uniform(0.7, 1.3), inn / n, **k)
        t = e + R.uniform(0.1, 20)


def portal():
    return Place(R.choice(["upload.", "share.", "files.", "portal.", "www.", ""]) + dom())


def day(h, d):
    if not h.days[d]:
        return
    base = T0 + d * 86400
    if h.kind != "srv" and (d % 7 < 5 or R.random() < 0.2):
        for _ in range(int(R.gauss(45, 12))):
            t = work(h, d)
            p = proc(h, h.browser, t, args="--type=utility")
            flow(
                h,
                p,
                R.choices(POP, W)[0],
                t,
                ln(3500, 1),
                ln(40000, 1.5),
                proto="udp" if R.random() < 0.2 else "tcp",
                svc="quic" if R.random() < 0.1 else "ssl",
            )
        for _ in range(R.randint(2, 9)):
            t = work(h, d)
            p = proc(h, h.browser, t)
            flow(h, p, Place(dom()), t, ln(3000, 1), ln(25000, 1.4))
        if R.random() < 0.05:
            t = work(h, d)
            parts(h, proc(h, h.browser, t), portal(), t, ln(2.2e7, 1.1), ln(6e4, 0.8))
        if R.random() < 0.08:
            t = work(h, d)
            parts(
                h,
                proc(h, h.browser, t),
                R.choice([byname["content.dropboxapi.com"], Place("mail." + dom()), byname["www.googleapis.com"]]),
                t,
                ln(9e6, 1),
                ln(1e5, 0.7),
            )
        t = work(h, d)
        O = proc(h, "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE", t)
        for _ in range(R.randint(2, 6)):
            t = work(h, d)
            flow(h, O, OUT, t, ln(60000, 1.6), ln(200000, 1.3))
        t = work(h, d)
        O = proc(h, prof(h) + "\\AppData\\Local\\Microsoft\\OneDrive\\OneDrive.exe", t)
        for _ in range(R.randint(1, 3)):
            t = work(h, d)
            flow(h, O, TEN, t, ln(1.5e6, 2), ln(300000, 1.5))
        if h.zoom and R.random() < 0.4:
            t = work(h, d)
            Z = proc(h, prof(h) + "\\AppData\\Roaming\\Zoom\\bin\\Zoom.exe", t)
            flow(
                h,
                Z,
                None,
                t,
                ln(3e8, 0.7),
                ln(3e8, 0.8) * R.choice([1, 1, 0.15]),
                port=8801,
                proto="udp",
                svc="-",
                dur=R.uniform(900, 3600),
                addr=ip(),
            )
        if R.random() < 0.3:
            flow(
                h,
                proc(h, "System", base + h.start * 3600, user=S),
                None,
                work(h, d),
                ln(8e6, 1.3),
                ln(4e5, 1.5),
                port=445,
                svc="smb",
                addr=FILESRV,
            )
        if R.random() < 0.1:
            flow(
                h,
                proc(h, "C:\\Windows\\System32\\spoolsv.exe", base, user=S),
                None,
                work(h, d),
                ln(4e6, 1),
                3000,
                port=9100,
                svc="-",
                addr=PRN,
            )
    for _ in range(R.randint(4, 9)):
        t = anyt(h, d)
        p = proc(
            h,
            SVC,
            t,
            user=R.choice([S, "NT AUTHORITY\\NETWORK SERVICE"]),
            args="-k netsvcs -p -s " + R.choice(["wuauserv", "BITS", "DiagTrack"]),
            parent="C:\\Windows\\System32\\services.exe",
        )
        flow(
            h,
            p,
            byname["settings-win.data.microsoft.com"] if R.random() < 0.5 else R.choice(POP[:6]),
            t,
            ln(12000, 1.3),
            ln(60000, 1.8),
        )
    for _ in range(R.randint(2, 6)):
        t = anyt(h, d)
        flow(
            h,
            proc(h, "C:\\Program Files\\ShieldOne\\soagent.exe", t, user=S, parent="C:\\Windows\\System32\\services.exe"),
            Place("edr.shieldone.com", ["52.1.2.3", "52.1.2.4"]),
            t,
            ln(400000, 0.9),
            ln(30000, 1),
        )
    if h.kind == "srv":
        for _ in range(4):
            t = anyt(h, d)
            flow(h, proc(h, "C:\\Program Files\\LogPeak\\lpship.exe", t, user=S), LOGS, t, ln(6e6, 0.5), ln(30000, 0.5))
        for _ in range(3):
            t = anyt(h, d)
            flow(h, proc(h, "System", t, user=S), None, t, ln(3e6, 2), ln(3e6, 2), port=445, svc="smb", addr=FILESRV)
    if h.backup:
        t = base + R.uniform(0.5, 5) * 3600 if h.on247 else work(h, d)
        flow(
            h,
            proc(h, "C:\\Program Files\\CarbonVault\\cvagent.exe", t, user=S),
            R.choice(BK),
            t,
            ln(2.5e8, 0.8),
            ln(9e5, 0.5),
            port=R.choice([443, 443, 4282]),
            dur=R.uniform(300, 5000),
        )
    if NH > 20 and hosts.index(h) in rolled and d >= rollday:
        for _ in range(3):
            t = anyt(h, d)
            flow(h, sproc(h, ROLL, t), ROLL.vendor, t, ln(5e6, 0.7), ln(50000, 0.8))
    if h.kind in ("dev", "srv") and R.random() < 0.5:
        t = work(h, d)
        img = R.choice(
            [
                SSH,
                "C:\\Program Files\\Git\\mingw64\\bin\\git-remote-https.exe",
                "C:\\Program Files\\Python311\\python.exe",
                "C:\\Program Files\\nodejs\\node.exe",
                "C:\\Program Files\\Docker\\docker.exe",
            ]
        )
        pl = (
            R.choice(h.own)
            if h.own and img != "C:\\Program Files\\Docker\\docker.exe"
            else Place("registry." + COMPANY + ".io", ["185.9.9.9"])
        )
        p = start(
            h, img, t - 1, parent="C:\\Windows\\System32\\cmd.exe", args=R.choice(["push", "build.py", "deploy.js", "user@host"])
        )
        flow(h, p, pl, t, ln(4e6, 1.6), ln(60000, 1.3), port=22 if img == SSH else 443, svc="ssh" if img == SSH else "ssl")
    if R.random() < (0.005 if h.kind in ("dev", "srv") else 0.0012):
        t = work(h, d)
        img, args, orig = R.choice(
            [
                (CURL, "-T dump.zip https://x", None),
                (PS, "-File C:\\Scripts\\upload.ps1", None),
                ("C:\\Program Files (x86)\\WinSCP\\WinSCP.exe", "", None),
                ("C:\\Tools\\rclone\\rclone.exe", "copy D:\\x remote:y", None),
                ("C:\\Tools\\PuTTY\\pscp.exe", "-r x u@h:", None),
            ]
        )
        p = start(h, img, t - 3, parent=R.choice(["C:\\Windows\\explorer.exe", "C:\\Windows\\System32\\cmd.exe", PS]), args=args)
        parts(
            h,
            p,
            portal() if R.random() < 0.6 else Place(word(3) + ".s3.amazonaws.com"),
            t,
            ln(5e7, 1),
            ln(60000, 0.7),
            port=22 if "SCP" in img or "pscp" in img else 443,
        )
    if R.random() < 0.002:
        t = work(h, d)
        p = start(h, "C:\\Windows\\System32\\WerFault.exe", t - 2, parent=SVC)
        flow(h, p, Place("watson.events.data.microsoft.com"), t, ln(6e7, 1), 30000)
    if R.random() < 0.004 and h.kind != "srv":
        t = work(h, d)
        p = proc(h, "C:\\Program Files\\TeamViewer\\TeamViewer.exe", t, user=S)
        flow(h, p, None, t, ln(6e7, 1), ln(6e6, 1), port=5938, svc="-", addr=ip(), dur=1500)
    for s, hs, mode, frm, od in byhost.get(h.name, []):
        if d < frm:
            continue
        if d == frm and frm > 0 and R.random() < 0.6:
            start(
                h,
                "C:\\Windows\\System32\\msiexec.exe",
                anyt(h, d) - 5,
                user=S,
                args="/i setup.msi",
                parent="C:\\Windows\\System32\\services.exe",
            )
        if mode == "collect":
            if d == od or R.random() < 0.05:
                t = anyt(h, d)
                parts(h, sproc(h, s, t, True), s.dest, t, ln(s.size, 0.5), ln(60000, 0.7), port=s.port)
            continue
        for _ in range(R.randint(1, 4)):
            t = anyt(h, d)
            flow(h, sproc(h, s, t), s.vendor, t, ln(6000, 1), ln(15000, 1), port=443)
        if mode == "chat":
            continue
        if mode == "once" and d != od:
            continue
        if mode == "burst" and R.random() > 0.3:
            continue
        n = R.randint(1, 5) if mode in ("daily", "updown") else R.choice([1, 1, 2])
        for _ in range(n):
            t = anyt(h, d)
            o = ln(s.size, 0.5) / n * (1.5 if mode == "daily" else 1)
            flow(
                h,
                sproc(h, s, t),
                s.dest,
                t,
                o,
                o * (R.uniform(0.5, 20) if mode == "updown" else R.uniform(0.002, 0.03)) + 4000,
                port=s.port,
            )
    for _ in range(R.randint(0, 3)):
        t = anyt(h, d)
        src = R.choice(
            [
                "C:\\Program Files\\ShieldOne\\soagent.exe",
                "C:\\Windows\\System32\\csrss.exe",
                "C:\\Windows\\System32\\lsass.exe",
                SVC,
                "C:\\Windows\\explorer.exe",
            ]
        )
        if h.procs:
            tg = R.choice(list(h.procs.values()))
            rec(
                h,
                10,
                t,
                {
                    "SourceProcessGUID": "{" + str(uuid.UUID(int=R.getrandbits(128))) + "}",
                    "SourceProcessId": 800,
                    "SourceThreadId": 1,
                    "SourceImage": src,
                    "TargetProcessGUID": tg.guid,
                    "TargetProcessId": tg.pid,
                    "TargetImage": tg.img,
                    "GrantedAccess": R.choice(["0x1000", "0x1410", "0x1fffff", "0x1400"]),
                    "CallTrace": "ntdll",
                    "SourceUser": S,
                    "TargetUser": tg.user,
                },
            )


# attacks
KINDS = [
    "renamed_tool",
    "dropped_tool",
    "powershell",
    "curl",
    "bits",
    "certutil",
    "browser_share",
    "hijack_backup",
    "foreign_tenant",
    "cloud_odd_process",
    "injected",
    "dns_tunnel",
    "ssh_tunnel",
    "ftp",
    "odd_port",
    "drip",
    "blind_host",
    "no_event",
    "multi_dest",
    "python_script",
    "webshell",
    "long_tunnel",
    "smtp",
]
na = max(5, round(NH / 7))
free = [h for h in hosts if sum(h.days) > 0]
R.shuffle(free)
plan = (KINDS * 9)[:]
R.shuffle(plan)
plan = (KINDS + plan)[:na] if NH >= 100 else plan[:na]


SINGLE = R.uniform(0.0, 0.2)


class Campaign:
    """What the hosts of a campaign share: the way, program, place, port, arguments, and when it begins."""

    def __init__(s):
        s.kind = R.choice(["renamed_tool", "dropped_tool", "dropped_tool", "odd_port", "powershell", "curl", "python_script"])
        s.soft = soft()
        s.places = R.choice([Place(dom()), Place(dom()), Place(None), Place("transfer." + dom())])
        s.port = R.choice([4444, 8081, 9001, R.randint(1025, 65000)])
        s.args = R.choice(["-ep bypass -f C:\\ProgramData\\u.ps1", "-c Invoke-RestMethod -Method Put", "-nop -w hidden -enc AAAA"])
        s.script = R.choice(["C:\\Users\\Public\\s.py", "up.py", "C:\\Temp\\job.py"])
        s.day = R.randint(0, max(0, ND - 2))
        s.flows = R.choice([1, 1, 2, 4, 10])
        s.total = min(4e9, ln(1.5e8, 1.1))


def attack(kind, campaign=None):
    for i, h in enumerate(free):
        if kind == "blind_host" and not h.blind:
            continue
        if kind != "blind_host" and h.blind:
            continue
        if kind in ("webshell",) and h.kind != "srv":
            continue
        if kind == "hijack_backup" and not h.backup:
            continue
        if kind in ("browser_share", "foreign_tenant") and h.kind == "srv":
            continue
        free.pop(i)
        break
    else:
        return
    ds = [d for d in range(ND) if h.days[d]]
    named = kind
    if campaign:
        named, kind = "campaign", campaign.kind
        first = campaign.day + R.choice([0, 0, 0, 1, 1, 2])
        ds = [d for d in ds if d >= first] or ds[-1:]
    nd = R.choice([1, 1, 1, 2, 3]) if kind != "drip" else R.randint(3, 6)
    k = R.randrange(len(ds)) if not campaign else 0
    ds = ds[k : k + nd] if kind != "drip" else ds[max(0, min(k, len(ds) - nd)) :][:nd]
    s = campaign.soft if campaign else soft()
    place = campaign.places if campaign else R.choice([Place(dom()), Place(dom()), Place(None), Place(word(3) + ".s3.amazonaws.com"), Place("transfer." + dom())])
    total = max(1.4e7 * len(ds), min(4e9, ln(campaign.total, 0.5) if campaign else ln(1.5e8, 1.1)))
    per = total / len(ds)
    port = 443
    svc = "ssl"
    proto = "tcp"
    user = None
    img = None
    parent = R.choice(
        [
            "C:\\Windows\\System32\\cmd.exe",
            PS,
            "C:\\Windows\\explorer.exe",
            "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe",
            "C:\\Windows\\System32\\svchost.exe",
        ]
    )
    args = s.args
    orig = None
    p = None
    flows = campaign.flows if campaign else R.choice([1, 1, 2, 4, 10])
    if R.random() < SINGLE:
        flows = 1
    ans = R.uniform(0.002, 0.04)
    over = 0
    places = [place]
    offh = R.random() < 0.4 and h.on247
    if kind == "renamed_tool":
        orig = "rclone.exe"
        img = s.img
    elif kind in ("dropped_tool", "multi_dest", "odd_port", "drip", "no_event", "long_tunnel", "dns_tunnel"):
        img = s.img
        orig = s.orig
    if kind == "multi_dest":
        places = [Place(dom()) if R.random() < 0.5 else Place(None) for _ in range(R.randint(2, 3))]
    if kind == "odd_port":
        port = R.choice([4444, 8081, 1337, 53, 9001, R.randint(1025, 65000)])
        svc = R.choice(["-", "ssl"])
    if kind == "powershell":
        img = PS
        args = R.choice(["-nop -w hidden -enc AAAA", "-ep bypass -f C:\\ProgramData\\u.ps1", "-c Invoke-RestMethod -Method Put"])
    if kind == "curl":
        img = CURL
        args = "-k -F file=@a.7z https://x"
    if kind == "bits":
        img = SVC
        args = "-k netsvcs -p -s BITS"
        user = S
        parent = "C:\\Windows\\System32\\services.exe"
    if kind == "certutil":
        img = R.choice(
            ["C:\\Windows\\System32\\certutil.exe", "C:\\Windows\\System32\\rundll32.exe", "C:\\Windows\\System32\\mshta.exe"]
        )
    if kind == "browser_share":
        img = h.browser
        places = [R.choice([portal(), Place("mega.nz"), Place("gofile.io")])]
        offh = offh or R.random() < 0.5
    if kind == "hijack_backup":
        img = "C:\\Program Files\\CarbonVault\\cvagent.exe"
        user = S
    if kind == "foreign_tenant":
        img = prof(h) + "\\AppData\\Local\\Microsoft\\OneDrive\\OneDrive.exe"
        places = [Place(word(3) + "-my.sharepoint.com")]
    if kind == "cloud_odd_process":
        img = s.img
        places = [byname["content.dropboxapi.com"] if R.random() < 0.5 else byname["www.googleapis.com"]]
    if kind == "injected":
        img = R.choice(
            [
                "C:\\Windows\\explorer.exe",
                "C:\\Windows\\System32\\notepad.exe",
                "C:\\Windows\\System32\\dllhost.exe",
                "C:\\Windows\\System32\\RuntimeBroker.exe",
            ]
        )
        places = [R.choice(POP[10:60])] if R.random() < 0.5 else [place]
    if kind == "dns_tunnel":
        port = 53
        proto = "udp"
        svc = "dns"
        per = R.uniform(1.3e7, 4e7)
        flows = 20
        ans = R.uniform(0.1, 0.35)
        places = [Place(None)]
    if kind == "ssh_tunnel":
        img = R.choice([SSH, "C:\\ProgramData\\plink.exe"])
        port = R.choice([22, 443, 2222])
        svc = "ssh"
    if kind == "ftp":
        img = "C:\\Windows\\System32\\ftp.exe"
        port = R.choice([20, 50021])
        svc = "ftp-data"
    if kind == "drip":
        per = R.uniform(5e6, 2e7)
        flows = R.randint(4, 24)
        over = 9 * 3600
    if kind == "python_script":
        img = prof(h) + "\\AppData\\Local\\Programs\\Python\\Python312\\python.exe"
        args = R.choice(["C:\\Users\\Public\\s.py", "up.py", "C:\\Temp\\job.py"])
    if kind == "webshell":
        img = R.choice(["C:\\Windows\\System32\\inetsrv\\w3wp.exe", CURL, PS])
        parent = "C:\\Windows\\System32\\inetsrv\\w3wp.exe"
        user = "IIS APPPOOL\\DefaultAppPool"
        args = "-ap x" if "w3wp" in img else "-T x"
    if kind == "long_tunnel":
        flows = 1
        over = 0
        ans = R.uniform(0.02, 0.15)
    if kind == "smtp":
        img = R.choice(["C:\\Program Files\\Mozilla Thunderbird\\thunderbird.exe", PS])
        port = R.choice([465, 587, 25])
        svc = "smtp"
        flows = 12
    if campaign:
        port = campaign.port if kind == "odd_port" else port
        args = {"powershell": campaign.args, "python_script": campaign.script}.get(kind, args)
    if img:
        img = img.replace("%P", prof(h))
    if user is None and img == s.img.replace("%P", prof(h)):
        user = s.user
    for pl in places:
        A = []
        a0 = None
        a1 = None
        tot = 0
        pid = 0
        gu = None
        for d in ds:
            t = (T0 + d * 86400 + R.choice([R.uniform(0, 5.5), R.uniform(19.5, 23)]) * 3600) if offh else work(h, d)
            t = min(t, T0 + d * 86400 + 82000)
            if kind == "blind_host":
                p = None
            elif kind in ("hijack_backup", "browser_share", "foreign_tenant"):
                p = proc(h, img, t, **({"user": S} if user else {}))
            else:
                p = start(h, img, t - R.uniform(2, 30), user=user, parent=parent, args=args, orig=orig)
            if kind == "injected":
                sp = sproc(h, s, t - 60, True)
                rec(
                    h,
                    10,
                    t - R.uniform(1, 600),
                    {
                        "SourceProcessGUID": sp.guid,
                        "SourceProcessId": sp.pid,
                        "SourceThreadId": 1,
                        "SourceImage": sp.img,
                        "TargetProcessGUID": p.guid,
                        "TargetProcessId": p.pid,
                        "TargetImage": p.img,
                        "GrantedAccess": "0x1fffff",
                        "CallTrace": "ntdll",
                        "SourceUser": h.user,
                        "TargetUser": p.user,
                    },
                )
            q = None if kind == "no_event" else p
            left = per
            for f in range(flows):
                o = per / flows * R.uniform(0.8, 1.2)
                tt = t + (R.uniform(0, over) if over else 0)
                tt = min(tt, T0 + d * 86400 + 86000)
                e, a = flow(h, q, pl, tt, o, o * ans + R.uniform(1000, 9000), port=port, proto=proto, svc=svc)
                A.append(a)
                a0 = min(a0 or tt, tt)
                a1 = max(a1 or e, e)
                tot += int(o)
                if not over:
                    t = e + R.uniform(0.2, 20)
            if p:
                pid = p.pid
        iso = lambda x: dt.datetime.fromtimestamp(x, dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        truth.append(
            dict(
                scenario=named,
                host=h.name,
                host_ips=[h.ip],
                image=None if kind == "blind_host" else p.img,
                pid=pid,
                user=p.user if p else None,
                domain=pl.name,
                ips=sorted(set(A)),
                port=port,
                start=iso(a0),
                end=iso(a1),
                bytes_out=tot,
                attributable=kind not in ("blind_host", "no_event"),
            )
        )
        if kind in ("multi_dest",):
            pass


for d in range(ND):
    for h in hosts:
        day(h, d)
for k in plan:
    attack(k)
for _ in range(max(1, round(NH / 100)) if NH >= 60 else 0):
    c = Campaign()
    for _ in range(R.randint(2, 6)):
        attack(c.kind, c)
os.makedirs(out + "/telemetry/network", exist_ok=True)
os.makedirs(out + "/telemetry/endpoint", exist_ok=True)
conn.sort()
H = (
    lambda path, f, ty: "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t"
    + path
    + "\n#fields\t"
    + f
    + "\n#types\t"
    + ty
    + "\n"
)
with open(out + "/telemetry/network/conn.log", "w") as c, open(out + "/telemetry/network/ssl.log", "w") as s:
    c.write(
        H(
            "conn",
            "ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	proto	service	duration	orig_bytes	resp_bytes	conn_state	local_orig	local_resp	missed_bytes	history	orig_pkts	orig_ip_bytes	resp_pkts	resp_ip_bytes".replace(
                " ", "\t"
            ),
            "time	string	addr	port	addr	port	enum	string	interval	count	count	string	bool	bool	count	string	count	count	count	count",
        )
    )
    s.write(
        H(
            "ssl",
            "ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	version	server_name",
            "time	string	addr	port	addr	port	string	string",
        )
    )
    for t, u, a, ap, b, bp, pr, sv, du, o, i, inter, name in conn:
        op = o // 1300 + 3
        ip_ = i // 1300 + 2
        c.write(
            f"{t:.6f}\t{u}\t{a}\t{ap}\t{b}\t{bp}\t{pr}\t{sv}\t{du:.6f}\t{o}\t{i}\tSF\tT\t{'T' if inter else 'F'}\t0\tShADadFf\t{op}\t{o+op*40}\t{ip_}\t{i+ip_*40}\n"
        )
        if name and pr == "tcp" and R.random() < 0.92:
            s.write(f"{t+.02:.6f}\t{u}\t{a}\t{ap}\t{b}\t{bp}\tTLSv13\t{name}\n")
dns.sort()
with open(out + "/telemetry/network/dns.log", "w") as f:
    f.write(
        H(
            "dns",
            "ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	proto	query	qtype_name	rcode_name	answers	TTLs",
            "time	string	addr	port	addr	port	enum	string	string	string	vector[string]	vector[interval]",
        )
    )
    for n, (t, a, q, r) in enumerate(dns):
        f.write(f"{t:.6f}\tD{n:x}\t{a}\t{40000+n%20000}\t{DC}\t53\tudp\t{q}\tA\tNOERROR\t{r}\t300.0\n")
for n, l in evs.items():
    if not l:
        continue
    l.sort(key=lambda x: x[0])
    with open(out + f"/telemetry/endpoint/{n}.json", "w") as f:
        for _, e in l:
            f.write(json.dumps(e) + "\n")
hd = sum(sum(h.days) for h in hosts)
json.dump(
    dict(generator="other_fleet.py", seed=seed, hosts=NH, days=ND, host_days=hd, attacks=truth), open(out + "/truth.json", "w")
)
print(seed, hd, len(truth), len(conn))
