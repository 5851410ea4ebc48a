"""Full training: it learns, repeats itself, resumes, stops, refuses; on one device and on two."""

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from nlp.artifacts import prepare_model
from nlp.exceptions import CheckpointForeign, TrainingCancelled, TrainingDiverged, TrainingImpossible
from nlp.pretrained import FloatArray
from nlp.training.datasets import Example
from nlp.training.monitoring import ScalarLog
from nlp.training.progress import StepDone
from nlp.training.run import TrainingRun
from tests.nlp.small_training import DEV, EXAMPLES, SETTINGS, largest_difference, tiny_start, train
from tests.servers import free_port

pytestmark = pytest.mark.unit

NUM_STEPS = 12
"""Nine phrasings in batches of six: two steps an epoch, six epochs."""


class Killed(Exception):
    """Stands for a process that ends without a word."""


def killed_after(step: int):  # type: ignore[no-untyped-def]
    def progress(done: StepDone) -> None:
        if done.step == step:
            raise Killed

    return progress


@pytest.mark.parametrize("objective", ["proxy", "nca", "contrastive", "multiple_negatives"])
def test_training_lowers_the_loss(objective: str) -> None:
    plan = replace(SETTINGS.plan, pair_singles=objective != "proxy")
    weights, report = train(replace(SETTINGS, objective=objective, plan=plan))
    assert report.losses[-1] < 0.9 * report.losses[0]
    assert weights.sha256 != tiny_start().sha256


def test_report_says_what_was_done() -> None:
    _, report = train(replace(SETTINGS, patience=0), dev=DEV)
    assert (report.num_steps, len(report.losses), len(report.dev_accuracies)) == (NUM_STEPS, 6, 6)
    assert (report.strategy, report.num_replicas, report.precision) == ("_DefaultDistributionStrategy", 1, "float32")
    assert (report.stopped_early, report.seconds > 0) == (False, True)
    assert report.best_epoch == int(np.argmax(report.dev_accuracies))


def test_only_layers_change() -> None:
    before, (after, _) = tiny_start(), train()
    changed = {n for n, t in after.tensors.items() if not np.array_equal(t, before.tensors[n])}
    assert {n for n in after.tensors if n.startswith("encoder.layer.")} - changed == set()
    assert all(n.startswith("encoder.layer.") for n in changed)
    assert (after.architecture, after.pieces, after.prefix) == (before.architecture, before.pieces, before.prefix)


def test_trained_weights_are_exported_like_any_others(tmp_path: Path) -> None:
    weights, _ = train()
    texts = [e.text for e in EXAMPLES]
    trained = prepare_model(tmp_path, weights, texts=texts, terms=())
    untrained = prepare_model(tmp_path, tiny_start(), texts=texts, terms=())
    assert trained.fingerprint != untrained.fingerprint
    assert "trained on 9 phrasings of 4 entries" in trained.source


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_equal_seeds_give_equal_weights(dropout: float) -> None:
    settings = replace(SETTINGS, dropout=dropout, deterministic=True)
    (first, _), (again, _), (other, _) = train(settings), train(settings), train(replace(settings, seed=1))
    assert largest_difference(first, again) <= 1e-5
    assert first.sha256 == again.sha256
    assert largest_difference(first, other) > 1e-3


@pytest.mark.parametrize("step", [5, 10])
def test_a_killed_training_resumes_to_the_same_weights(tmp_path: Path, step: int) -> None:
    settings = replace(SETTINGS, dropout=0.2, patience=0)
    straight, full = train(settings, dev=DEV)
    with pytest.raises(Killed):
        train(settings, dev=DEV, checkpoint_folder=tmp_path, progress=killed_after(step))
    resumed, report = train(settings, dev=DEV, checkpoint_folder=tmp_path)
    assert largest_difference(straight, resumed) <= 1e-5
    assert replace(report, seconds=0) == replace(full, seconds=0)
    steps: list[StepDone] = []
    again, _ = train(settings, dev=DEV, checkpoint_folder=tmp_path, progress=steps.append)
    assert steps == []  # it was done
    assert again.sha256 == resumed.sha256


def test_an_epoch_that_was_killed_at_its_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(SETTINGS, patience=0, checkpoint_every=1)
    _, full = train(settings, dev=DEV)
    end_epoch = TrainingRun._end_epoch

    def die_at_the_last(run: TrainingRun, log: ScalarLog) -> None:
        if run.progress.step == NUM_STEPS:
            raise Killed
        end_epoch(run, log)

    monkeypatch.setattr(TrainingRun, "_end_epoch", die_at_the_last)
    with pytest.raises(Killed):
        train(settings, dev=DEV, checkpoint_folder=tmp_path)
    monkeypatch.undo()
    _, report = train(settings, dev=DEV, checkpoint_folder=tmp_path)
    assert report.dev_accuracies == full.dev_accuracies


def test_a_cancelled_training_saves_where_it_stopped(tmp_path: Path) -> None:
    steps: list[int] = []

    def note(done: StepDone) -> None:
        steps.append(done.step)

    with pytest.raises(TrainingCancelled, match="after 3 of 12 steps"):
        train(checkpoint_folder=tmp_path, progress=note, cancelled=lambda: len(steps) == 3)
    train(checkpoint_folder=tmp_path, progress=note)
    assert steps == list(range(1, NUM_STEPS + 1))


def test_another_trainings_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        train(checkpoint_folder=tmp_path, progress=killed_after(2 + 1))
    with pytest.raises(CheckpointForeign, match="phrasings or settings changed"):
        train(examples=[*EXAMPLES, Example("水", 40)], checkpoint_folder=tmp_path)
    with pytest.raises(CheckpointForeign, match="settings changed"):
        train(replace(SETTINGS, seed=1), checkpoint_folder=tmp_path)


def test_progress_counts_every_step_and_the_time_left() -> None:
    heard: list[StepDone] = []
    train(progress=heard.append)
    assert [h.step for h in heard] == list(range(1, NUM_STEPS + 1))
    assert {h.num_steps for h in heard} == {NUM_STEPS}
    assert heard[0].eta_s > 0
    assert heard[-1].eta_s == 0


def test_max_steps_bounds_all_epochs() -> None:
    _, report = train(replace(SETTINGS, max_steps=3))
    assert (report.num_steps, len(report.losses), report.stopped_early) == (3, 2, False)


def test_dev_that_stays_the_same_stops_training_with_the_best_weights() -> None:
    # A dev phrasing that no training turns round: its entry's text under another label.
    dev = [Example(EXAMPLES[0].text, 40)]
    settings = replace(SETTINGS, patience=2)
    weights, report = train(settings, dev=dev)
    first, _ = train(replace(settings, patience=0), dev=dev)
    assert (report.stopped_early, len(report.dev_accuracies), report.best_epoch) == (True, 3, 0)
    assert largest_difference(weights, first) == 0


def test_dev_of_unknown_entries_is_no_dev() -> None:
    _, report = train(dev=[Example("其它", 99)])
    assert (report.dev_accuracies, report.best_epoch) == ((), -1)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_divergence_is_refused_in_words(tmp_path: Path) -> None:
    settings = replace(SETTINGS, learning_rate=1e30, checkpoint_every=1000)
    with pytest.raises(TrainingDiverged, match=r"diverged at step \d+ of 12.*Lower the learning rate"):
        train(settings, checkpoint_folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_one_entry_is_refused() -> None:
    with pytest.raises(TrainingImpossible, match="expected at least 2"):
        train(examples=EXAMPLES[:3])


def test_one_phrasing_an_entry_trains() -> None:
    examples = [Example(e.text, i) for i, e in enumerate(EXAMPLES)]
    _, report = train(examples=examples)
    assert report.losses[-1] < report.losses[0]


def test_two_entries_with_the_same_phrasing_train() -> None:
    _, report = train(examples=[*EXAMPLES, Example(EXAMPLES[0].text, 20)])
    assert math.isfinite(report.losses[-1])


def test_r_drop_trains_in_two_passes() -> None:
    _, report = train(replace(SETTINGS, dropout=0.2, r_drop=1.0))
    assert report.losses[-1] < report.losses[0]


def test_neighbours_are_asked_for_prototypes_before_each_epoch() -> None:
    asked: list[FloatArray] = []

    def nearest(vectors: FloatArray) -> "np.typing.NDArray[np.int64]":
        asked.append(vectors)
        return np.full((len(vectors), 1), -1)

    train(nearest=nearest)
    assert [a.shape for a in asked] == [(4, 8)] * 6
    assert np.allclose(np.linalg.norm(asked[-1], axis=1), 1.0, atol=1e-5)
    assert not np.allclose(asked[0], asked[-1], atol=1e-3)


def test_variants_are_asked_for_with_a_generator() -> None:
    asked: list[str] = []

    def augment(text: str, rng: np.random.Generator) -> str:
        asked.append(text)
        return text + "办" if rng.random() < 0.5 else text

    settings = replace(SETTINGS, augment_share=1.0)
    first, _ = train(settings, augment=augment)
    assert set(asked) == {e.text for e in EXAMPLES}
    again, _ = train(settings, augment=augment)
    assert first.sha256 == again.sha256


def test_scalars_are_logged(tmp_path: Path) -> None:
    train(replace(SETTINGS, patience=0), dev=DEV, log_folder=tmp_path)
    (path,) = tmp_path.glob("events*")
    events = [tf.compat.v1.Event.FromString(r.numpy()) for r in tf.data.TFRecordDataset(str(path))]
    tags = [(v.tag, e.step) for e in events for v in e.summary.value]
    assert [step for tag, step in tags if tag == "loss"] == list(range(1, NUM_STEPS + 1))
    assert [step for tag, step in tags if tag == "dev_accuracy"] == list(range(2, NUM_STEPS + 1, 2))


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_other_precisions_learn_as_well(precision: str) -> None:
    weights, report = train(replace(SETTINGS, precision=precision))
    assert report.losses[-1] < 0.9 * report.losses[0]
    assert {t.dtype for t in weights.tensors.values()} == {np.dtype(np.float32)}


def test_two_devices_learn_what_one_learns() -> None:
    command = [sys.executable, "-W", "error", "-m", "tests.nlp.train_on_two_devices"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    proxy, nca, dropped = json.loads(done.stdout)
    for found in (proxy, nca, dropped):
        assert (found["strategy"], found["num_replicas"]) == ("MirroredStrategy", 2)
        assert found["moved"] > 0.01
    for found in (proxy, nca):  # sums in another order, which Adam's division by small moments enlarges
        assert found["apart"] <= 5e-3 * found["moved"]
    assert dropped["apart"] > 0, "each device drops other values"


def test_two_processes_learn_what_one_learns() -> None:
    ports = [free_port(), free_port()]
    cluster = {"worker": [f"localhost:{port}" for port in ports]}
    command = [sys.executable, "-W", "error", "-m", "tests.nlp.train_in_two_processes"]
    workers = [
        subprocess.Popen(
            command,
            env=os.environ
            | {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for index in range(2)
    ]
    try:
        done = [worker.communicate(timeout=500) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()  # one whose partner never came waits for ever
    assert [worker.returncode for worker in workers] == [0, 0], done[0][1][-3000:]
    first, second = (json.loads(out) for out, _ in done)
    assert (first["num_replicas"], first["sha256"]) == (2, second["sha256"])
    _, alone = train(replace(SETTINGS, objective="nca", epochs=2))
    assert np.allclose(first["losses"], alone.losses, atol=1e-4)
