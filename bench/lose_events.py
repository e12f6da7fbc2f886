#!/usr/bin/env python3
"""Takes a share of the endpoint events of a labelled fleet away, as a collector that drops them would.

    python3 bench/lose_events.py FLEET [SHARE [SEED]]

Each line of each file below FLEET/telemetry/endpoint is left out with the chance SHARE (0.3 when silent), drawn from SEED (1 when
silent) and the file's name: the same arguments leave the same lines. Plain files and .gz alike; the network logs stay whole.
"""

import gzip
import random
import sys
from pathlib import Path


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    fleet = Path(sys.argv[1])
    share = float(sys.argv[2]) if len(sys.argv) > 2 else 0.3
    seed = sys.argv[3] if len(sys.argv) > 3 else "1"
    folder = fleet / "telemetry" / "endpoint"
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        sys.exit(f"no endpoint logs below {folder}")
    read = kept = 0
    for path in files:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rb") as file:
            lines = file.readlines()
        chance = random.Random(f"{seed} {path.relative_to(folder)}")
        left = [line for line in lines if chance.random() >= share]
        with opened(path, "wb") as file:
            file.writelines(left)
        read, kept = read + len(lines), kept + len(left)
    print(f"{kept} of {read} events kept in {len(files)} files")


if __name__ == "__main__":
    main()
