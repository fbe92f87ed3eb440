"""`python -m benchmarks [--json] [NAME …]`: tables with the machine, or one JSON object."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.codes import parsing
from benchmarks.ledger import Figures, auditing, commissioning, handoffs, lookup, pallet
from benchmarks.linear import linear_codes
from benchmarks.recall import recall
from benchmarks.server import handoffs_over_http
from benchmarks.shelves import shelves
from benchmarks.verdicts import verdict_times

CORES = os.cpu_count() or 2
WORKERS = max(1, CORES - 1)


def best(run: Callable[[], Figures], times: int = 3) -> Figures:
    """The fastest of some runs: what the machine can do when nothing else disturbs it."""
    return max((run() for _ in range(times)), key=lambda figures: next(iter(figures.values())))


def at_camera() -> Figures:
    """What a person waits for at the camera."""
    from benchmarks.camera import camera  # needs Chromium and OpenCV, without which the others still run

    return camera()


RUNS: dict[str, tuple[Callable[[], Figures], str]] = {
    "handoffs": (
        lambda: best(lambda: handoffs(5_000, CORES)),
        "single-pack handoffs: 10,000 statements, in process, best of 3",
    ),
    "http": (lambda: handoffs_over_http(4_000, 0), "single-pack handoffs over HTTP, 32 clients"),
    "commissioning": (
        lambda: commissioning(200_000, WORKERS),
        "commissioning 200,000 packs in events of 1,000",
    ),
    "pallet": (pallet, "shipping a pallet of 10,000 packs against one pack"),
    "lookup": (
        lambda: lookup(10_000, 1_000_000, WORKERS),
        "provenance among 10 thousand and 1 million packs",
    ),
    "stock": (shelves, "the stock of 1 million packs on 100 pallets, and 20,000 loose ones"),
    "audit": (lambda: auditing(10_000, WORKERS), "audit of 10,000 handoffs"),
    "linear": (linear_codes, "1,500 damaged linear codes and frames without one, by one reader and by two"),
    "verdict": (
        lambda: verdict_times(1_000_000, WORKERS),
        "verdicts over HTTP at 200 checks a second, among a million packs",
    ),
    "camera": (at_camera, "a tray of 24 codes, and a verdict, before a real Chromium's camera, median of 5"),
    "gs1": (parsing, "parsing the element string of a pack"),
}


def scanning(options: argparse.Namespace) -> dict[str, object]:
    """The figures of the scanner, its report printed as it grows (to the error stream beside JSON)."""
    from benchmarks.scan import scan  # needs OpenCV, without which the others still run

    out = sys.stderr if options.json else sys.stdout
    print("\nscanner: rates, times, trays and misreads", file=out, flush=True)
    return scan(options.seed, options.frames, lambda line: print(line, file=out, flush=True))


def recalling(options: argparse.Namespace) -> Figures:
    """The figures of a recall trace; what else is measured on the way goes to the error stream."""
    print(f"recall trace among {options.packs:,} packs", file=sys.stderr, flush=True)
    return recall(
        options.packs, options.store, WORKERS, lambda line: print(line, file=sys.stderr, flush=True)
    )


def judging(options: argparse.Namespace) -> dict[str, object]:
    """The rates of verdicts by kind of scan, and how fast they are given."""
    from benchmarks.corpus import corpus  # a whole trade, which the others need not load

    out = sys.stderr if options.json else sys.stdout
    print(f"\ncorpus: {options.scans} scans, seed {options.seed}", file=out, flush=True)
    found = corpus(options.seed, options.scans, lambda line: print(line, file=out, flush=True))
    times = RUNS["verdict"][0]()
    for name, value in times.items():
        print(f"  {name:28}{value:>12.1f}", file=out, flush=True)
    by_kind = found.pop("by_kind")
    return {**found, "verdict_p95_ms": round(times["verdict_p95_ms"], 3), "by_kind": by_kind}


def machine() -> str:
    """What this was measured on."""
    model = platform.processor() or "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"


def main() -> None:
    """Run the named benchmarks, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    reports = {"scan": scanning, "corpus": judging}
    names = [*RUNS, "recall", *reports]
    parser.add_argument("names", nargs="*", choices=[*names, []], help="which to run (default: all)")
    parser.add_argument("--json", action="store_true", help="one object instead of tables")
    parser.add_argument("--seed", type=int, default=1, help="scan, corpus: of all that is made")
    parser.add_argument("--scans", type=int, default=100_000, help="corpus: how many, at least")
    parser.add_argument("--frames", type=int, default=6, help="scan: for each severity of damage")
    parser.add_argument("--packs", type=int, default=10_000_000, help="recall: packs in the whole store")
    parser.add_argument("--store", type=Path, help="recall: folder of the store, kept and used again")
    options = parser.parse_args()
    figures: dict[str, object] = {}
    if not options.json:
        print(machine())
    # The corpus measures verdicts too.
    for name in options.names or [name for name in names if name != "verdict"]:
        if name in reports:
            figures |= reports[name](options)
            continue
        run, title = RUNS.get(name, (lambda: recalling(options), "recall trace of a tenth of the packs"))
        if not options.json:
            print(f"\n{title}", flush=True)
        else:
            print(title, file=sys.stderr, flush=True)
        found = run()
        figures.update({key: round(value, 3) for key, value in found.items()})
        if not options.json:
            for key, value in found.items():
                print(f"  {key:28}{value:14,.3f}", flush=True)
    if options.json:
        # The keys of the corpus are fixed: a report of it alone has nothing else.
        about = {} if options.names == ["corpus"] else {"machine": machine()}
        print(json.dumps({**about, **figures}))


if __name__ == "__main__":
    main()
