#!/usr/bin/env python3
"""Writes telemetry in which one five-tuple or one host has everything, to see how much memory that takes.

    python3 bench/one_key.py flows 2000000 out/
    /usr/bin/time -v lopside hunt out/ --memory 256M --format jsonl -o findings.jsonl

Kinds: flows (of one five-tuple, 0.2 s apart), names, files and connections (a TLS name, a file, a Sysmon event for each of such flows),
contacts (Sysmon events of one five-tuple without a sensor), lookups (of different addresses by one client, of which it reaches a
thousand), peers (one flow to each of as many addresses), starts (of processes on one host, which makes a thousand flows).
"""

import argparse
import datetime
import json
import pathlib

START = 1_773_220_442.0
HEAD = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t{path}\n#fields\t{fields}\n"
ENDS = "id.orig_h\tid.orig_p\tid.resp_h\tid.resp_p"
FIELDS = {
    "conn": f"ts\tuid\t{ENDS}\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes"
    "\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents",
    "ssl": f"ts\tuid\t{ENDS}\tserver_name\tsubject\tvalidation_status",
    "dns": f"ts\tuid\t{ENDS}\tproto\tquery\tanswers\tTTLs",
    "files": f"ts\tfuid\tuid\t{ENDS}\tsource\tdepth\tanalyzers\tmime_type\tfilename\tduration\tlocal_orig\tis_orig\tseen_bytes"
    "\ttotal_bytes\tmissing_bytes\toverflow_bytes\ttimedout",
}
TUPLE = "10.20.30.41\t51515\t203.0.113.9\t443"


def address(number):
    return f"{11 + (number >> 24) % 100}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def flow(number, ends=TUPLE, step=0.2):
    sent = 100 + number % 4_900
    return (
        f"{START + step * number:.6f}\tC{number:017x}\t{ends}\ttcp\tssl\t0.123456\t{sent}\t{sent * 3}\tSF\tT\tF\t0\tShADadFf"
        f"\t10\t{sent + 520}\t12\t{sent * 3 + 640}\t-\n"
    )


def flow_to(number, step):
    return flow(number, f"10.20.30.41\t{1_024 + number % 60_000}\t{address(number)}\t443", step)


def name(number):
    return f"{START + 0.2 * number + 0.01:.6f}\tC{number:017x}\t{TUPLE}\thost{number % 1_000}.example.com\t-\t-\n"


def file(number):
    return (
        f"{START + 0.2 * number + 0.01:.6f}\tF{number:017x}\tC{number:017x}\t{TUPLE}\tHTTP\t0\t-\tapplication/zip\t-\t0.1\tT\tT"
        f"\t{number % 1_000}\t-\t0\t0\tF\n"
    )


def lookup(number):
    return (
        f"{START + 0.2 * number:.6f}\tD{number:x}\t10.20.30.41\t50000\t10.0.0.53\t53\tudp\thost{number}.example.com"
        f"\t{address(number)}\t60.000000\n"
    )


def event(code, seconds, **fields):
    time = datetime.datetime.fromtimestamp(START + seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:23]
    common = {
        "EventID": code,
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "Hostname": "WS-0417.corp.example",
        "SourceName": "Microsoft-Windows-Sysmon",
        "UtcTime": time,
        "User": r"CORP\m.ito",
    }
    return json.dumps(common | fields) + "\n"


def guid(number):
    return "{7b1f22c0-3256-69b1-4e02-%012x}" % number


def connection(number):
    return event(
        3,
        0.2 * number + 0.05,
        ProcessGuid=guid(number % 500 + 1),
        ProcessId=str(1_000 + number % 500),
        Image=r"C:\ProgramData\Kestrel\syncd.exe",
        Protocol="tcp",
        Initiated="true",
        SourceIp="10.20.30.41",
        SourcePort="51515",
        DestinationIp="203.0.113.9",
        DestinationPort="443",
        DestinationHostname="-",
    )


def start(number):
    return event(
        1,
        0.2 * number,
        ProcessGuid=guid(number + 1),
        ProcessId=str(1_000 + number % 50_000),
        Image=r"C:\Windows\System32\cmd.exe",
        CommandLine=f"cmd.exe /c echo {number}",
        ParentImage=r"C:\Windows\explorer.exe",
    )


# Of each kind the files: log or endpoint, what makes a line, and how many of them at most.
KINDS = {
    "flows": [("conn", flow, None)],
    "names": [("conn", flow, None), ("ssl", name, None)],
    "files": [("conn", flow, None), ("files", file, None)],
    "connections": [("conn", flow, None), ("endpoint", connection, None)],
    "contacts": [("endpoint", connection, None)],
    "lookups": [("conn", lambda number: flow_to(number, 0.2), 1_000), ("dns", lookup, None)],
    "peers": [("conn", lambda number: flow_to(number, 0.05), None)],
    "starts": [("conn", lambda number: flow_to(number, 0.2), 1_000), ("endpoint", start, None)],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("count", type=int)
    parser.add_argument("folder", type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for log, line, most in KINDS[arguments.kind]:
        name = "endpoint.json" if log == "endpoint" else f"{log}.log"
        with (arguments.folder / name).open("w") as out:
            if log != "endpoint":
                out.write(HEAD.format(path=log, fields=FIELDS[log]))
            out.writelines(line(number) for number in range(min(arguments.count, most or arguments.count)))


if __name__ == "__main__":
    main()
