"""The question that `compare.py` asks of DuckDB, as a whole process: which process of which host sent how much, to
whom, over which port, in which hour, ranked by bytes and by ratio.

    python3 bench/duckdb_question.py MANIFEST [--reader json|lines] [--threads N] [--memory SIZE] [--count]

MANIFEST is a JSON file that `compare.py` writes: the files of a fleet by rendering, with the columns of each, so that
DuckDB has nothing to guess. `--reader` is how endpoint events are read: `json` gives every line to DuckDB's JSON
reader with explicit columns; `lines` reads lines as text, drops those that cannot be Sysmon's event 3, and parses the
rest. Prints one line of JSON: what was found, and the seconds inside DuckDB.
"""

import argparse
import json
import time

import duckdb

# For each rendering: the part of a line that Sysmon's event 3 always has, the columns of the line that matter (names
# as DuckDB's JSON reader wants them), and where host, time and the event's own fields are found in them.
FIELDS = (
    "UtcTime VARCHAR, ProcessGuid VARCHAR, Image VARCHAR, \"User\" VARCHAR, Protocol VARCHAR, "
    "SourceIp VARCHAR, SourcePort INTEGER, DestinationIp VARCHAR, DestinationPort INTEGER"
)
SYSMON = "Microsoft-Windows-Sysmon/Operational"
RENDERINGS = {
    "winlogbeat": {
        "mark": '"event_id":"3"',
        "columns": {
            "winlog": f"STRUCT(event_id INTEGER, channel VARCHAR, computer_name VARCHAR, event_data STRUCT({FIELDS}))"
        },
        "event": "winlog.event_id",
        "channel": "winlog.channel",
        "host": "winlog.computer_name",
        "data": "winlog.event_data",
    },
    "evtx_dump": {
        "mark": '"EventID":3,',
        "columns": {
            "Event": f"STRUCT(System STRUCT(EventID INTEGER, Channel VARCHAR, Computer VARCHAR), "
                     f"EventData STRUCT({FIELDS}))"
        },
        "event": "Event.System.EventID",
        "channel": "Event.System.Channel",
        "host": "Event.System.Computer",
        "data": "Event.EventData",
    },
    "velociraptor": {
        "mark": '"EventID":{"Value":3}',
        "columns": {
            "System": "STRUCT(EventID STRUCT(\"Value\" INTEGER), Channel VARCHAR, Computer VARCHAR)",
            "EventData": f"STRUCT({FIELDS})",
        },
        "event": "System.EventID.Value",
        "channel": "System.Channel",
        "host": "System.Computer",
        "data": "EventData",
    },
    "helk": {
        "mark": '"event_id":3,',
        "columns": {
            "event_id": "INTEGER", "log_name": "VARCHAR", "computer_name": "VARCHAR", "event_data": f"STRUCT({FIELDS})"
        },
        "event": "event_id",
        "channel": "log_name",
        "host": "computer_name",
        "data": "event_data",
    },
    "nxlog": {
        "mark": '"EventID":3,',
        "columns": {
            "EventID": "INTEGER", "Channel": "VARCHAR", "Hostname": "VARCHAR",
            **dict(part.strip().replace('"', "").split(" ") for part in FIELDS.split(",")),
        },
        "event": "EventID",
        "channel": "Channel",
        "host": "Hostname",
        "data": None,
    },
}

# The columns of `conn.log` that the question needs; all others are read as text and dropped.
CONN_TYPES = {
    "ts": "DOUBLE", "id.orig_p": "INTEGER", "id.resp_p": "INTEGER", "duration": "DOUBLE",
    "orig_bytes": "BIGINT", "resp_bytes": "BIGINT",
}

# How far a connection event may lie from the start of its flow, in seconds.
TOLERANCE = 120.0


def quote(text):
    return "'" + text.replace("'", "''") + "'"


def list_of(files):
    return "[" + ", ".join(quote(file) for file in files) + "]"


def struct_of(columns):
    return "{" + ", ".join(f"{quote(name)}: {quote(kind)}" for name, kind in columns.items()) + "}"


def connections_of(rendering, files, reader):
    """Sysmon's event 3 of the files of one rendering."""
    spec = RENDERINGS[rendering]
    if reader == "json":
        # Without `records = true` DuckDB 2.0 takes some forty times as long over explicit columns.
        source = (
            f"read_json({list_of(files)}, format = 'newline_delimited', records = true, auto_detect = false, "
            f"columns = {struct_of(spec['columns'])})"
        )
    else:
        lines = (
            f"read_csv({list_of(files)}, columns = {{'line': 'VARCHAR'}}, auto_detect = false, header = false, "
            f"delim = '\\x01', quote = '', escape = '', max_line_size = 1048576, buffer_size = 4194304)"
        )
        shape = json.dumps({name: json_shape(kind) for name, kind in spec["columns"].items()})
        parsed = f"SELECT from_json(line, {quote(shape)}) AS r FROM {lines} WHERE contains(line, {quote(spec['mark'])})"
        source = f"(SELECT unnest(r) FROM ({parsed}))"

    def data(field):
        return f'{spec["data"]}."{field}"' if spec["data"] else f'"{field}"'

    return f"""
        SELECT {spec['host']} AS host, epoch({data('UtcTime')}::TIMESTAMP) AS at, {data('Image')} AS image,
               {data('User')} AS account, {data('Protocol')} AS proto,
               {data('SourceIp')} AS src, {data('SourcePort')} AS sport,
               {data('DestinationIp')} AS dst, {data('DestinationPort')} AS dport
        FROM {source}
        WHERE {spec['event']} = 3 AND {spec['channel']} = {quote(SYSMON)}"""


def json_shape(kind):
    """A column's type as `from_json` wants it: structs as JSON objects."""
    kind = kind.strip()
    if not kind.startswith("STRUCT("):
        return kind
    shape, depth, part = {}, 0, ""
    for letter in kind[len("STRUCT("):-1] + ",":
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            name, inner = part.strip().split(" ", 1)
            shape[name.strip('"')] = json_shape(inner)
            part = ""
        else:
            part += letter
    return shape


def flows_of(columns, files):
    """The rows of the `conn.log` files that have one list of columns."""
    types = {name: CONN_TYPES.get(name, "VARCHAR") for name in columns}
    return f"""
        SELECT ts, proto, "id.orig_h" AS src, "id.orig_p" AS sport, "id.resp_h" AS dst, "id.resp_p" AS dport,
               orig_bytes, resp_bytes
        FROM read_csv({list_of(files)}, columns = {struct_of(types)}, auto_detect = false, header = false,
                      delim = '\\t', quote = '', escape = '', comment = '#', nullstr = '-')"""


# A flow takes the event whose time is nearest.
QUESTION = f"""
    CREATE TEMP TABLE transfers AS
    WITH nearest AS (
        SELECT f.id, arg_min(c.rowid, abs(c.at - f.ts)) AS event
        FROM flows f JOIN connections c
          ON f.src = c.src AND f.sport = c.sport AND f.dst = c.dst AND f.dport = c.dport AND f.proto = c.proto
        WHERE abs(c.at - f.ts) <= {TOLERANCE}
        GROUP BY f.id
    )
    SELECT f.*, c.host, c.image, c.account
    FROM flows f LEFT JOIN nearest n USING (id) LEFT JOIN connections c ON c.rowid = n.event;

    CREATE TEMP TABLE sums AS
    SELECT coalesce(host, src) AS host, image, account, dst, dport, (ts // 3600)::BIGINT AS hour,
           count(*) AS flows, sum(orig_bytes)::BIGINT AS bytes_out, sum(resp_bytes)::BIGINT AS bytes_in
    FROM transfers
    GROUP BY ALL;
"""

# The first thousand by bytes and the first thousand by ratio: two heaps are cheaper than a rank of every row.
RANKED = [
    f"""
    SELECT *, bytes_out / greatest(bytes_in, 1) AS ratio
    FROM sums
    WHERE bytes_out IS NOT NULL
    ORDER BY {order} DESC, host, image, dst, dport, hour
    LIMIT 1000
    """
    for order in ("bytes_out", "bytes_out / greatest(bytes_in, 1)")
]

# What `--count` adds; not part of the question.
COUNTS = {
    "connections": "SELECT count(*) FROM connections",
    "flows": "SELECT count(*) FROM flows",
    "flows_with_process": "SELECT count(*) FROM transfers WHERE image IS NOT NULL",
    "sums": "SELECT count(*) FROM sums",
}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("manifest")
    arguments.add_argument("--reader", choices=["json", "lines"], default="lines")
    arguments.add_argument("--threads", type=int)
    arguments.add_argument("--memory")
    arguments.add_argument("--count", action="store_true", help="say how many rows each step had")
    given = arguments.parse_args()
    with open(given.manifest, encoding="utf-8") as file:
        manifest = json.load(file)

    began = time.perf_counter()
    database = duckdb.connect(":memory:")
    database.execute("SET preserve_insertion_order = false")
    database.execute("SET enable_progress_bar = false")
    if given.threads:
        database.execute(f"SET threads = {given.threads}")
    if given.memory:
        database.execute(f"SET memory_limit = {quote(given.memory)}")

    endpoint = [connections_of(name, files, given.reader) for name, files in sorted(manifest["endpoint"].items())]
    database.execute("CREATE TEMP TABLE connections AS " + " UNION ALL ".join(endpoint))
    read_endpoint = time.perf_counter()
    network = [flows_of(part["columns"], part["files"]) for part in manifest["network"]]
    database.execute(
        "CREATE TEMP TABLE flows AS SELECT row_number() OVER () AS id, * FROM (" + " UNION ALL ".join(network) + ")"
    )
    read_network = time.perf_counter()
    for statement in QUESTION.split(";"):
        if statement.strip():
            database.execute(statement)
    ranked = [database.execute(query).fetchall() for query in RANKED]
    done = time.perf_counter()

    told = {
        "ranked": sum(map(len, ranked)),
        "seconds": {
            "endpoint": round(read_endpoint - began, 3),
            "network": round(read_network - read_endpoint, 3),
            "join_sum_rank": round(done - read_network, 3),
        },
    }
    if given.count:
        for name, query in COUNTS.items():
            told[name] = database.execute(query).fetchone()[0]
    print(json.dumps(told))


if __name__ == "__main__":
    main()
