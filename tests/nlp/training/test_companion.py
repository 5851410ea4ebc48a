"""Training the companion: it learns, repeats itself, goes on where it was interrupted, and is blended back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlp.exceptions import TrainingDiverged
from nlp.training.companion import blend_companions, train_companion
from nlp.training.progress import Progress, StepDone
from nlp.training.run import TrainingSurroundings
from nlp.training.settings import TrainingReport
from nlp.universal import UniversalWeights
from tests.nlp.small_training import DEV, EXAMPLES, SETTINGS
from tests.nlp.universal_samples import calmed

pytestmark = pytest.mark.unit

BESIDE = replace(SETTINGS, companion_epochs=6, companion_learning_rate=1e-2).for_companion()


class Killed(Exception):
    """Stands for a process that ends without a word."""


@pytest.fixture(scope="module")
def start(tiny_universal: UniversalWeights) -> UniversalWeights:
    return calmed(tiny_universal)


def trained(
    weights: UniversalWeights, folder: Path | None = None, progress: Progress | None = None
) -> tuple[UniversalWeights, TrainingReport]:
    around = TrainingSurroundings(checkpoint_folder=folder, progress=progress)
    return train_companion(weights, EXAMPLES, BESIDE, dev=DEV, surroundings=around)


def alike(one: UniversalWeights, other: UniversalWeights) -> bool:
    return one.sha256 == other.sha256 and all(np.array_equal(t, other.tensors[n]) for n, t in one.tensors.items())


def test_training_lowers_the_loss_and_moves_all_but_the_words(start: UniversalWeights) -> None:
    after, report = trained(start)
    assert report.losses[-1] < 0.9 * report.losses[0]
    assert after.words is start.words
    same = {n for n, t in after.tensors.items() if np.array_equal(t, start.tensors[n])}
    assert same == {"eps"}
    assert after.sha256 != start.sha256
    assert alike(after, trained(start)[0])


def test_an_interrupted_training_gives_the_same_and_a_finished_one_does_no_step(
    start: UniversalWeights, tmp_path: Path
) -> None:
    whole, _ = trained(start)
    steps: list[int] = []

    def killed(done: StepDone) -> None:
        steps.append(done.step)
        if len(steps) == 5:
            raise Killed

    with pytest.raises(Killed):
        trained(start, tmp_path, killed)
    assert alike(trained(start, tmp_path)[0], whole)
    later: list[StepDone] = []
    assert alike(trained(start, tmp_path, later.append)[0], whole)
    assert not later


def test_a_diverging_training_is_refused_in_words(start: UniversalWeights) -> None:
    with pytest.raises(TrainingDiverged, match="Nothing was kept"):
        train_companion(start, EXAMPLES, replace(BESIDE, learning_rate=1e38))


def test_a_blend_lies_between_before_and_after(start: UniversalWeights) -> None:
    moved = {n: t + 2 if n != "eps" else t for n, t in start.tensors.items()}
    after = replace(start, tensors=moved, sha256="after")
    blended = blend_companions(start, after, 0.25)
    for name, tensor in blended.tensors.items():
        assert tensor == pytest.approx(start.tensors[name] + (0.5 if name != "eps" else 0.0), abs=1e-6)
    assert len({blended.sha256, start.sha256, blend_companions(start, after, 0.5).sha256}) == 3
