#!/usr/bin/env python3
"""Lopside's whole analysis against DuckDB's answer to the core of the same question, over the same files.

    pip install duckdb
    python3 bench/compare.py                          200 hosts, 7 days, plain files
    python3 bench/compare.py --gzip                   the same in gzip
    python3 bench/compare.py --hosts 200,2000         and how time grows with the fleet
    python3 bench/compare.py --all                    everything that docs/ quotes

A fleet is emulated into a cache below `target/` the first time. Then, in every run, both programs read the same files,
one after the other, the first of them by turns; wall time and peak memory are those of the whole process as the
operating system counts them (a program's peak is at least the 40 MiB of this script, from which it was started). Both may
use every core. `reading` is what no program can be faster than: the bytes of the files, read and inflated on every
core, and thrown away.

Each run waits a while (`--pause`). A virtual machine may hand memory that nobody uses back to whoever runs it, within two
seconds on the one that docs/ was measured on, and what it fetches anew costs a second per GiB and more. A short program
that runs again at once finds its memory still there; one that takes longer never does, nor does a user's first run.
"""

import argparse
import concurrent.futures
import gzip
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QUESTION = ROOT / "bench" / "duckdb_question.py"
CHUNK = 1 << 20


def main():
    given = arguments()
    if given.read_alone:
        return read_all(json.loads(Path(given.read_alone).read_text(encoding="utf-8")))
    if not hasattr(os, "wait4"):
        sys.exit("peak memory of a process cannot be measured here: run this on Linux or macOS")
    need_duckdb()
    needs_lopside = not (given.fleet and given.duckdb_only)
    lopside = given.lopside or (build_lopside() if needs_lopside else None)
    cases = [(hosts, zipped) for zipped in given.packing for hosts in given.hosts]
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {given.runs} runs each")

    results = []
    for hosts, zipped in cases:
        fleet = emulate(lopside, given, hosts, zipped)
        results.append(measure(lopside, given, fleet, hosts, zipped))
        tell(results[-1])
    tell_growth(results)
    if given.json:
        Path(given.json).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", default="200", help="sizes of the fleets, by commas (200)")
    parser.add_argument("--days", type=int, default=7, help="days of each fleet (7)")
    parser.add_argument("--seed", type=int, default=1, help="seed of each fleet (1)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each program on each fleet (5)")
    packing = parser.add_mutually_exclusive_group()
    packing.add_argument("--gzip", action="store_true", help="files in gzip instead of plain ones")
    packing.add_argument("--both", action="store_true", help="plain files, then files in gzip")
    parser.add_argument("--all", action="store_true", help="200 and 2,000 hosts, plain and in gzip")
    parser.add_argument("--rendering", default="winlogbeat", help="how endpoint events are written (winlogbeat)")
    parser.add_argument("--reader", choices=["lines", "json", "best"], default="best",
                        help="how DuckDB reads endpoint events; best tries both once and takes the faster")
    parser.add_argument("--memory", help="memory limit for both programs, as in 2GiB (each program's own default)")
    parser.add_argument("--threads", type=int, help="threads for both programs (all cores)")
    parser.add_argument("--pause", type=float, default=12, help="seconds to wait before each run (12)")
    parser.add_argument("--cache", type=Path, default=ROOT / "target" / "bench", help="where fleets are kept")
    parser.add_argument("--fleet", type=Path, help="measure this fleet instead of emulated ones")
    parser.add_argument("--lopside", type=Path, help="this binary instead of building one")
    parser.add_argument("--json", help="write every figure to this file too")
    parser.add_argument("--duckdb-only", action="store_true", help="leave Lopside out")
    parser.add_argument("--read-alone", help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.hosts = [int(part) for part in ("200,2000" if given.all else given.hosts).split(",")]
    given.packing = [False, True] if given.all or given.both else [given.gzip]
    if given.fleet:
        given.hosts, given.packing = [0], [False]
    return given


def need_duckdb():
    try:
        import duckdb
    except ImportError:
        sys.exit("DuckDB is missing: pip install duckdb")
    print(f"DuckDB {duckdb.__version__}")


# ── What is measured ─────────────────────────────────────────────────────────────────────────────────────────────


def build_lopside():
    """Builds the release binary and returns its path."""
    subprocess.run(["cargo", "build", "--release", "--locked", "--package", "lopside"], cwd=ROOT, check=True)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "release" / ("lopside.exe" if os.name == "nt" else "lopside")


def emulate(lopside, given, hosts, zipped):
    """The folder of a fleet, written unless it is there already."""
    if given.fleet:
        return given.fleet
    name = f"fleet-{hosts}-hosts-{given.days}-days-seed-{given.seed}-{given.rendering}" + ("-gzip" if zipped else "")
    fleet = given.cache / name
    if (fleet / "truth.json").exists():
        return fleet
    shutil.rmtree(fleet, ignore_errors=True)
    given.cache.mkdir(parents=True, exist_ok=True)
    command = [str(lopside), "emulate", "fleet", str(fleet), "--hosts", str(hosts), "--days", str(given.days),
               "--seed", str(given.seed)]
    # `mixed` draws a rendering for each host; one rendering for all asks less of DuckDB.
    known = subprocess.run([str(lopside), "emulate", "fleet", "--help"], capture_output=True, text=True).stdout
    if "--endpoint" in known:
        command += ["--endpoint", given.rendering]
    if zipped:
        command.append("--gzip")
    print("$ " + " ".join(command), flush=True)
    subprocess.run(command, check=True)
    return fleet


def manifest_of(fleet):
    """The files of a fleet by rendering, and the columns of its `conn.log` files, so that DuckDB need not guess."""
    telemetry = fleet / "telemetry"
    endpoint, network, everything, size = {}, {}, [], 0
    for file in sorted(path for path in telemetry.rglob("*") if path.is_file()):
        everything.append(str(file))
        size += file.stat().st_size
        if file.name.startswith("conn."):
            network.setdefault(conn_columns(file), []).append(str(file))
        elif ".json" in file.name and "network" not in file.relative_to(telemetry).parts[:-1]:
            rendering = rendering_of(file)
            if rendering:
                endpoint.setdefault(rendering, []).append(str(file))
    if not endpoint or not network:
        sys.exit(f"{telemetry} holds no endpoint events as JSON lines, or no conn.log with tabs")
    asked = [file for files in [*endpoint.values(), *network.values()] for file in files]
    return {
        "endpoint": endpoint,
        "network": [{"columns": list(columns), "files": files} for columns, files in network.items()],
        "asked": asked,
        "everything": everything,
        "bytes": size,
        "asked_bytes": sum(os.path.getsize(file) for file in asked),
    }


def opened(file):
    return gzip.open(file, "rb") if str(file).endswith(".gz") else open(file, "rb")


def rendering_of(file):
    """Which of the renderings that `duckdb_question.py` knows a file of events has; `None` for an empty file."""
    with opened(file) as stream:
        line = stream.readline()
    if not line.strip():
        return None
    event = json.loads(line)
    for key, rendering in [("winlog", "winlogbeat"), ("Event", "evtx_dump"), ("System", "velociraptor"),
                           ("event_data", "helk"), ("EventID", "nxlog")]:
        if key in event:
            return rendering
    sys.exit(f"{file}: not one of the renderings that the comparison knows")


def conn_columns(file):
    """The columns that a `conn.log` names in its head."""
    with opened(file) as stream:
        for line in stream:
            if line.startswith(b"#fields"):
                return tuple(line.decode().rstrip("\r\n").split("\t")[1:])
            if not line.startswith(b"#"):
                break
    sys.exit(f"{file}: no head that names its columns; write the fleet as tab-separated Zeek logs")


def read_all(manifest):
    """Reads and inflates every file on every core and throws the bytes away."""
    def read(file):
        with opened(file) as stream:
            buffer = bytearray(CHUNK)
            count = 0
            while got := stream.readinto(buffer):
                count += got
        return count

    files = sorted(manifest["everything"], key=os.path.getsize, reverse=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        print(json.dumps({"bytes": sum(pool.map(read, files))}))


# ── Measuring ────────────────────────────────────────────────────────────────────────────────────────────────────


def timed(command, environment=None):
    """Runs a command. Returns seconds of wall time and of all cores, MiB of peak memory, and what it printed."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=errors, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        text = output.read().decode(errors="replace")
        if process.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}\nfailed with {process.returncode}:\n"
                     + errors.read().decode(errors="replace")[-4000:])
    unit = 1 if sys.platform == "darwin" else 1024
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss * unit / 2**20, "text": text}


def measure(lopside, given, fleet, hosts, zipped):
    """All runs over one fleet."""
    given.cache.mkdir(parents=True, exist_ok=True)
    manifest = manifest_of(fleet)
    listing = given.cache / "manifest.json"
    listing.write_text(json.dumps(manifest), encoding="utf-8")

    reading = [sys.executable, Path(__file__), "--read-alone", listing]
    inflated = json.loads(timed(reading)["text"])["bytes"]  # the first time also fills the system's cache
    commands = {"reading": reading, "duckdb": duckdb_command(given, listing)}
    if not given.duckdb_only:
        commands["lopside"] = lopside_command(lopside, given, fleet)

    counted = json.loads(timed([*commands["duckdb"], "--count"])["text"])

    # A user's last hunt, which `explain` reads, stays as it is.
    environment = dict(os.environ, XDG_STATE_HOME=str(given.cache / "state"), LOCALAPPDATA=str(given.cache / "state"))
    runs = {name: [] for name in commands}
    for turn in range(given.runs):
        order = list(commands) if turn % 2 == 0 else list(reversed(commands))
        for name in order:
            time.sleep(given.pause)
            runs[name].append(timed(commands[name], environment))

    result = {
        "fleet": fleet.name, "hosts": hosts, "gzip": zipped, "files": len(manifest["everything"]),
        "file_bytes": manifest["bytes"], "inflated_bytes": inflated, "duckdb_file_bytes": manifest["asked_bytes"],
        "reader": commands["duckdb"][commands["duckdb"].index("--reader") + 1],
        "duckdb_answer": counted | json.loads(runs["duckdb"][-1]["text"]),
    }
    if not given.duckdb_only:
        # Not timed: a summary holds the hash of every file, which nobody asked DuckDB for.
        summary = given.cache / "summary.json"
        timed([*commands["lopside"], "--summary", summary], environment)
        told = json.loads(summary.read_text(encoding="utf-8"))
        asked = ("records", "flows", "process_known", "both_known", "findings")
        result["lopside_answer"] = {key: told.get(key) for key in asked}
    for name, list_of_runs in runs.items():
        result[name] = {
            "wall": [round(run["wall"], 3) for run in list_of_runs],
            "cpu": [round(run["cpu"], 3) for run in list_of_runs],
            "peak_mib": [round(run["peak"], 1) for run in list_of_runs],
        }
    return result


def duckdb_command(given, listing):
    command = [sys.executable, QUESTION, listing]
    if given.threads:
        command += ["--threads", str(given.threads)]
    if given.memory:
        command += ["--memory", given.memory]
    readers = ["lines", "json"] if given.reader == "best" else [given.reader]
    if len(readers) > 1:
        readers.sort(key=lambda reader: timed([*command, "--reader", reader])["wall"])
    return [*command, "--reader", readers[0]]


def lopside_command(lopside, given, fleet):
    command = [lopside, "hunt", fleet / "telemetry", "--format", "jsonl", "-o", given.cache / "findings.jsonl",
               "--progress", "never"]
    if given.threads:
        command += ["--threads", str(given.threads)]
    if given.memory:
        command += ["--memory", given.memory]
    return command


# ── Telling ──────────────────────────────────────────────────────────────────────────────────────────────────────


def median(result, name, figure="wall"):
    return statistics.median(result[name][figure])


def tell(result):
    print(f"\n{result['fleet']}: {result['files']} files, {result['file_bytes'] / 1e6:,.1f} MB"
          f" ({result['inflated_bytes'] / 1e6:,.1f} MB inflated)")
    print(f"  {'':10}{'median s':>9}{'min':>8}{'max':>8}{'core s':>8}{'peak MiB':>10}{'MB/s':>8}")
    for name in ("reading", "duckdb", "lopside"):
        if name not in result:
            continue
        walls = result[name]["wall"]
        wall, cpu, peak = median(result, name), median(result, name, "cpu"), max(result[name]["peak_mib"])
        print(f"  {name:10}{wall:9.2f}{min(walls):8.2f}{max(walls):8.2f}{cpu:8.2f}{peak:10.0f}"
              f"{result['inflated_bytes'] / 1e6 / wall:8.0f}")
    answer = result["duckdb_answer"]
    print(f"  DuckDB ({result['reader']}) reads {result['duckdb_file_bytes'] / 1e6:,.1f} MB of the files:"
          f" {answer['flows']:,} flows, {answer['connections']:,} connections, {answer['flows_with_process']:,} flows"
          f" with a process, {answer['sums']:,} sums; inside: {answer['seconds']}")
    if "lopside_answer" in result:
        print(f"  Lopside: {result['lopside_answer']}")
    if "lopside" in result:
        # Of one pair of runs at a time, as the machine may be slower during one pair than during another.
        ratios = [ours / theirs for ours, theirs in zip(result["lopside"]["wall"], result["duckdb"]["wall"])]
        print(f"  Lopside takes {statistics.median(ratios):.2f} of DuckDB's time (median of pairs,"
              f" {min(ratios):.2f} to {max(ratios):.2f}); the bar is 0.50", flush=True)


def tell_growth(results):
    for zipped in (False, True):
        sizes = sorted((result for result in results if result["gzip"] == zipped), key=lambda result: result["hosts"])
        for small, large in zip(sizes, sizes[1:]):
            print(f"\nfrom {small['hosts']:,} to {large['hosts']:,} hosts{' in gzip' if zipped else ''}:"
                  f" {large['inflated_bytes'] / small['inflated_bytes']:.2f} times the bytes,", end=" ")
            print(", ".join(f"{name} {median(large, name) / median(small, name):.2f} times the time"
                            for name in ("reading", "duckdb", "lopside") if name in small))


if __name__ == "__main__":
    main()
