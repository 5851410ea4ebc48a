"""Measures a rollback between two models of the real encoder, in every web process of a demonstration installation.

python -m tests.bench.bench_rollback
python -m tests.bench.bench_rollback --processes 2 --times 10

Counts from the moment the release is committed until `/readyz` of a process names it. The first rollbacks load a model
that the process never had; later ones find its files in memory. Exits with 1 where one took longer than 2 s.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import httpx

from tests.servers import Site, install_demonstration, manage

LIMIT_S = 2.0
GIVE_UP_S = 60.0
OTHER_MODEL = """
from pathlib import Path
from django.conf import settings
from nlp.artifacts import prepare_model
from qa.models import Release
from qa.services.learning import index_and_release, read_companion, read_domain, read_weights
domain = read_domain()
made = prepare_model(Path(settings.MODELS_DIR), read_weights(), texts=domain.texts,
                     terms=[*domain.terms, "quokka"], companion=read_companion())
index_and_release(model_fingerprint=made.fingerprint, reason=Release.Reason.PROMOTION, progress=lambda *_: None)
"""
ROLL_BACK = """
import time
from qa.services.promoting import restore_release
print(restore_release(number=None).release.number, time.time())
"""


def seconds_until_live(sites: Sequence[Site]) -> list[float]:
    """Roll back once; return how long after the commit each process answered with the new release."""
    number, committed = manage(sites[0].var, "shell", "-v0", "-c", ROLL_BACK).split()[-2:]
    waiting = dict(enumerate(sites))
    taken = [0.0] * len(sites)
    while waiting:
        for place, site in list(waiting.items()):
            report = httpx.get(f"{site.url}readyz", timeout=10).json()
            if report["release"] == int(number):
                taken[place] = time.time() - float(committed)
                del waiting[place]
        if time.time() - float(committed) > GIVE_UP_S:
            raise RuntimeError(f"{len(waiting)} processes do not take up release {number}: {report['detail']}")
        time.sleep(0.01)
    return taken


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--times", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hangjia-rollback-") as folder, ExitStack() as running:
        var = Path(folder)
        install_demonstration(var)
        sites = [running.enter_context(Site(var)) for _ in range(options.processes)]
        manage(var, "shell", "-v0", "-c", OTHER_MODEL)
        taken = [seconds_until_live(sites) for _ in range(options.times)]
    slowest = [max(each) for each in taken]
    for number, each in enumerate(taken, start=1):
        print(f"rollback {number}: {', '.join(f'{seconds:.2f}' for seconds in each)} s")
    print(f"until the last process has it: median {median(slowest):.2f} s, longest {max(slowest):.2f} s")
    sys.exit(0 if max(slowest) <= LIMIT_S else 1)


if __name__ == "__main__":
    main()
