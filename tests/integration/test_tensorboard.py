"""`manage.py tensorboard` shows what a training has written."""

import subprocess
import sys
import time
from pathlib import Path

import httpx
import tensorflow as tf

from tests.servers import PATIENCE_S, READY_S, ROOT, environment, free_port


def test_scalars_of_a_training_are_served(tmp_path: Path) -> None:
    run = tmp_path / "tensorboard" / "training-1"
    with tf.summary.create_file_writer(str(run)).as_default(step=1):
        tf.summary.scalar("loss", 0.5)
    port = free_port()
    command = [sys.executable, "manage.py", "tensorboard", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=environment(tmp_path), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == f"TensorBoard: http://127.0.0.1:{port}/  (Ctrl-C stops it)\n"
            deadline, found = time.monotonic() + READY_S, {}
            while "training-1" not in found and time.monotonic() < deadline:
                time.sleep(0.5)
                try:
                    found = httpx.get(f"http://127.0.0.1:{port}/data/plugin/scalars/tags", timeout=PATIENCE_S).json()
                except httpx.TransportError:
                    continue
            assert {run: list(tags) for run, tags in found.items()} == {"training-1": ["loss"]}
        finally:
            process.terminate()
        assert process.wait(PATIENCE_S) == 0


def test_without_logs_it_says_so(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: PLW1510  # the code is what is looked at
        [sys.executable, "manage.py", "tensorboard"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "Train first" in done.stderr) == (1, True)
