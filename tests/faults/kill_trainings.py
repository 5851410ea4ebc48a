"""Kill the training worker at random points: `python -m tests.faults.kill_trainings --kills 20`.

Each round queues a training with a seed of its own, kills the worker at a random moment of it, starts another, and holds
what comes of it against what must: one model published or none, the old one serving until then, nothing half-written.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.training_site import TrainingSite

STEPS = ("--epochs", "1000", "--max-steps", "200", "--checkpoint-every", "10")


def is_over(job: dict[str, object]) -> bool:
    return job["state"] not in {"queued", "running"}


def measure(site: TrainingSite) -> float:
    """Return how long a worker takes from its start to a release when nobody disturbs it, in seconds."""
    site.manage("train", "--queue", "--seed", "999", *STEPS)
    started = time.monotonic()
    site.start_worker()
    site.wait_for(is_over)
    took = time.monotonic() - started
    site.kill()
    return took


def kill_once(site: TrainingSite, rng: random.Random, seed: int, longest_s: float) -> list[str]:
    """Kill one training once; return what was wrong, in words."""
    before, models = site.live_model(), {path.name for path in (site.var / "models").iterdir()}
    site.manage("train", "--queue", "--seed", str(seed), *STEPS)
    site.start_worker()
    pause = rng.uniform(0, longest_s)
    time.sleep(pause)
    site.kill()
    at_kill, live = site.job(), site.live_model()
    wrong = []
    if live not in {before, at_kill["candidate"]}:
        wrong.append(f"after the kill {live} is live, which is neither {before} nor the candidate")
    site.start_worker()
    job = site.wait_for(is_over)
    site.kill()
    after = {path.name for path in (site.var / "models").iterdir()}
    if job["state"] != "done" or site.live_model() != job["candidate"]:
        wrong.append(f"it ended as {job['state']} with {site.live_model()} live: {job['history']}")
    if after - models != {job["candidate"]}:
        wrong.append(f"models that came: {sorted(after - models)}, expected {job['candidate']}")
    if strays := site.strays():
        wrong.append(f"left behind: {strays}")
    where = f"{at_kill['state']}, {at_kill['stage'] or 'no stage'}, step {at_kill['step']} of {at_kill['num_steps']}"
    print(
        f"seed {seed}: killed after {pause:4.1f} s ({where}); {job['state']} at attempt {job['attempts']}", flush=True
    )
    return wrong


def main() -> int:
    """Run the rounds; 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="hangjia-kills-") as folder:
        site = TrainingSite(Path(folder) / "var", Path(folder) / "tiny")
        site.make()
        longest_s = measure(site)
        print(f"undisturbed, a training takes {longest_s:.1f} s from the worker's start", flush=True)
        wrong = [f"seed {n}: {line}" for n in range(options.kills) for line in kill_once(site, rng, n, longest_s)]
    print(f"{options.kills} kills, {len(wrong)} wrong", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
