"""Trains a fresh installation on so many phrasings: time and memory of the whole of `manage.py train`, judge included.

python -m tests.bench.bench_training                              10,000 phrasings of clinc150, both encoders
python -m tests.bench.bench_training --phrasings 500 --quick      the companion alone

Exits with 1 where an aim is missed: 30 minutes and 4 GiB; 5 minutes up to 500 phrasings.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from qa.benchmarking.files import read_benchmark_file
from tests.servers import ROOT, environment

BENCH = ROOT.parent / "shared" / "bench"
MANAGE = str(ROOT / "manage.py")
FEW = 500
MOST_MINUTES, MOST_MINUTES_OF_FEW = 30, 5
MOST_GIB = 4.0


def knowledge(most: int) -> dict[str, object]:
    """Return clinc150's entries with `most` phrasings in all, as even as they can be, as `import_knowledge` takes them."""
    by_entry: dict[str, list[str]] = defaultdict(list)
    for row in read_benchmark_file(BENCH / "clinc150" / "kb.tsv"):
        by_entry[row.label].append(row.text)
    turns = sorted((turn, label, text) for label, texts in by_entry.items() for turn, text in enumerate(texts))
    chosen: dict[str, list[str]] = defaultdict(list)
    for _turn, label, text in turns[:most]:
        chosen[label].append(text)
    entries = [
        {
            "external_id": label,
            "question": {"en": label.replace("_", " ")},
            "answer": {"en": f"About {label}."},
            "phrasings": {"en": texts},
        }
        for label, texts in chosen.items()
    ]
    return {"entries": entries}


def run(var: Path, *arguments: str) -> tuple[float, float]:
    """Run one command of manage.py; return its seconds and the most memory that it held, in GiB.

    Raises:
        SystemExit: It failed; it has said why.
    """
    started = time.monotonic()
    process = os.posix_spawn(sys.executable, [sys.executable, MANAGE, *arguments], environment(var))
    _, status, usage = os.wait4(process, 0)
    if code := os.waitstatus_to_exitcode(status):
        raise SystemExit(f"manage.py {arguments[0]} ended with {code}.")
    return time.monotonic() - started, usage.ru_maxrss / 2**20


def main() -> None:
    """Make the installation, train it, and hold time and memory against the aims."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phrasings", type=int, default=10_000)
    parser.add_argument("--quick", action="store_true", help="train the companion alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file, var = Path(folder) / "clinc150.json", Path(folder) / "var"
        file.write_text(json.dumps(knowledge(options.phrasings)))
        run(var, "migrate", "-v0")
        run(var, "import_knowledge", str(file), "--knowledge-base", "clinc150", "--create")
        prepared_s, _ = run(var, "prepare_model")
        seconds, gibibytes = run(var, "train", *(["--quick"] if options.quick else []))
    most_minutes = MOST_MINUTES if options.phrasings > FEW else MOST_MINUTES_OF_FEW
    print(
        f"{options.phrasings} phrasings: prepared in {prepared_s:.0f} s; trained, judged and released in "
        f"{seconds / 60:.1f} min (aim {most_minutes}), {gibibytes:.1f} GiB at the most (aim {MOST_GIB:.0f})"
    )
    raise SystemExit(int(seconds > 60 * most_minutes or gibibytes > MOST_GIB))


if __name__ == "__main__":
    main()
