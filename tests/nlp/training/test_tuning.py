"""Tuning: trained, blended back, and described so that it can be done again."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from nlp.exceptions import TrainingCancelled, TrainingImpossible
from nlp.pretrained import PretrainedWeights
from nlp.training.progress import Progress, StepDone
from nlp.training.run import TrainingSurroundings
from nlp.training.settings import TrainingReport
from nlp.training.tuning import TRAINED_SHARE, TRANSFORMER_STEPS, Tuned, blend, tune
from nlp.universal import UniversalWeights
from tests.nlp.small_training import DEV, EXAMPLES, SETTINGS, largest_difference, tiny_start

pytestmark = pytest.mark.unit

TEXTS = [e.text for e in EXAMPLES]
TERMS = ("四通阀", "外机")


def moved(weights: PretrainedWeights, by: float) -> PretrainedWeights:
    """Weights that differ by a number everywhere, embeddings and all."""
    return replace(weights, tensors={n: t + np.float32(by) for n, t in weights.tensors.items()}, source="moved")


def layers_of(weights: PretrainedWeights) -> dict[str, np.ndarray]:
    return {n: t for n, t in weights.tensors.items() if n.startswith("encoder.layer.")}


@pytest.mark.parametrize("share", [0.0, 0.25, 0.6, 1.0])
def test_blend_lies_between_before_and_after(share: float) -> None:
    before = tiny_start()
    blended = blend(before, moved(before, 2.0), share)
    for name, tensor in layers_of(blended).items():
        assert tensor.dtype == np.float32
        assert tensor == pytest.approx(before.tensors[name] + 2.0 * share, abs=1e-6)


def test_blend_leaves_the_embeddings_alone() -> None:
    before = tiny_start()
    blended = blend(before, moved(before, 2.0), 0.5)
    kept = {n for n in blended.tensors if blended.tensors[n] is before.tensors[n]}
    assert kept == before.tensors.keys() - layers_of(before).keys()
    assert (blended.pieces, blended.architecture) == (before.pieces, before.architecture)


def test_blend_at_its_ends_is_one_or_the_other() -> None:
    before = tiny_start()
    after = replace(moved(before, 2.0), tensors={**before.tensors, **layers_of(moved(before, 2.0))})
    assert largest_difference(blend(before, after, 0.0), before) == 0
    assert largest_difference(blend(before, after, 1.0), after) == 0


def test_blend_has_an_identity_and_a_source_of_its_own() -> None:
    before = replace(tiny_start(), prefix="query: ")
    after = replace(moved(before, 2.0), prefix="")
    blends = [blend(before, after, share) for share in (0.0, 0.5, 0.5, 1.0)]
    assert len({b.sha256 for b in blends} | {before.sha256}) == 4
    assert {(b.source, b.prefix) for b in blends} == {("moved", "query: ")}


def tuned(progress: Progress | None = None) -> Tuned:
    around = TrainingSurroundings(progress=progress)
    return tune(tiny_start(), EXAMPLES, SETTINGS, texts=TEXTS, terms=TERMS, dev=DEV, surroundings=around)


@pytest.fixture(scope="module")
def first() -> Tuned:
    return tuned()


def test_tune_moves_the_layers_and_nothing_else(first: Tuned) -> None:
    start = tiny_start()
    changed = {n for n, t in first.weights.tensors.items() if not np.array_equal(t, start.tensors[n])}
    assert changed
    assert changed <= layers_of(start).keys()
    assert first.weights.source == f"from scratch, trained on {len(EXAMPLES)} phrasings of 4 entries"
    assert all(np.isfinite(t).all() for t in first.weights.tensors.values())


def test_record_is_plain_json(first: Tuned) -> None:
    record = json.loads(json.dumps(first.record))
    assert record.keys() == {"settings", "report", "trained_share"}
    assert record["trained_share"] == TRAINED_SHARE
    assert record["settings"] == json.loads(json.dumps(asdict(SETTINGS)))
    assert record["report"]["num_steps"] == first.report.num_steps > 0
    assert len(record["report"]["losses"]) == len(record["report"]["dev_accuracies"]) > 0


def test_tune_is_reproducible(first: Tuned) -> None:
    steps: list[int] = []
    again = tuned(progress=lambda done: steps.append(done.step))
    assert again.weights.sha256 == first.weights.sha256
    assert largest_difference(again.weights, first.weights) == 0
    assert untimed(again) == untimed(first)
    assert steps == list(range(1, first.report.num_steps + 1))


def untimed(tuned: Tuned) -> TrainingReport:
    return replace(tuned.report, seconds=0.0)


def test_another_seed_gives_other_weights(first: Tuned) -> None:
    other = tune(tiny_start(), EXAMPLES, replace(SETTINGS, seed=1), texts=TEXTS, terms=TERMS, dev=DEV)
    assert other.weights.sha256 != first.weights.sha256


def test_tune_refuses_one_entry_in_words() -> None:
    with pytest.raises(TrainingImpossible, match="given were 1 with a phrasing, expected at least 2"):
        tune(tiny_start(), EXAMPLES[:3], SETTINGS, texts=TEXTS)


LENGTHS = replace(SETTINGS, companion_epochs=3)
"""Two steps an epoch; it may stop early."""


def tuned_pair(companion: UniversalWeights, around: TrainingSurroundings | None = None) -> Tuned:
    return tune(
        tiny_start(),
        EXAMPLES,
        LENGTHS,
        texts=TEXTS,
        terms=TERMS,
        dev=DEV,
        companion=companion,
        surroundings=around,
    )


def test_tune_trains_the_companion_too_and_tells_of_all_steps(
    first: Tuned, tiny_universal: UniversalWeights, tmp_path: Path
) -> None:
    told: list[StepDone] = []
    pair = tuned_pair(tiny_universal, TrainingSurroundings(checkpoint_folder=tmp_path, progress=told.append))
    assert pair.weights.sha256 == first.weights.sha256  # the companion's training leaves the transformer's as it is
    assert pair.companion is not None
    assert pair.companion_report is not None
    assert pair.companion.sha256 != tiny_universal.sha256
    counted = [done.step for done in told]
    planned = LENGTHS.companion_epochs * 2
    assert counted[: pair.companion_report.num_steps] == list(range(1, pair.companion_report.num_steps + 1))
    assert counted[pair.companion_report.num_steps :] == [planned + 1 + i for i in range(pair.report.num_steps)]
    assert {done.num_steps for done in told} == {planned + LENGTHS.epochs * 2}
    assert pair.num_steps == pair.report.num_steps + pair.companion_report.num_steps == len(told)
    assert pair.seconds > pair.report.seconds
    record = json.loads(json.dumps(pair.record))
    assert record["companion"]["report"]["num_steps"] == pair.companion_report.num_steps
    work = [(done.work, done.all_work) for done in told]
    all_work = planned + LENGTHS.epochs * 2 * TRANSFORMER_STEPS
    assert work[0] == (1, all_work)
    assert work[pair.companion_report.num_steps] == (planned + TRANSFORMER_STEPS, all_work)
    last_of_companion = told[pair.companion_report.num_steps - 1]
    assert last_of_companion.share == (pair.companion_report.num_steps, all_work)
    assert last_of_companion.eta_s > 0  # the transformer's training is to come


def test_a_tuning_that_is_stopped_in_the_second_training_keeps_the_first(
    tiny_universal: UniversalWeights, tmp_path: Path
) -> None:
    whole = tuned_pair(tiny_universal)
    assert whole.companion_report is not None
    after = LENGTHS.companion_epochs * 2
    told: list[int] = []
    with pytest.raises(TrainingCancelled):
        tuned_pair(
            tiny_universal,
            TrainingSurroundings(
                checkpoint_folder=tmp_path,
                progress=lambda done: told.append(done.step),
                cancelled=lambda: bool(told) and told[-1] == after + 3,
            ),
        )
    later: list[int] = []
    around = TrainingSurroundings(checkpoint_folder=tmp_path, progress=lambda done: later.append(done.step))
    again = tuned_pair(tiny_universal, around)
    assert later[0] == after + 4
    assert again.companion is not None
    assert whole.companion is not None
    assert (again.weights.sha256, again.companion.sha256) == (whole.weights.sha256, whole.companion.sha256)


def test_a_quick_tuning_trains_the_companion_alone(tiny_universal: UniversalWeights, tmp_path: Path) -> None:
    told: list[StepDone] = []
    around = TrainingSurroundings(checkpoint_folder=tmp_path, progress=told.append)
    quick = replace(LENGTHS, quick=True)
    start = tiny_start()
    alone = tune(start, EXAMPLES, quick, texts=TEXTS, dev=DEV, companion=tiny_universal, surroundings=around)
    pair = tuned_pair(tiny_universal)
    assert alone.weights is start
    assert alone.companion is not None
    assert pair.companion is not None
    # "quick" is part of a training's identity, and of nothing that it learns.
    assert all(np.array_equal(t, pair.companion.tensors[n]) for n, t in alone.companion.tensors.items())
    assert alone.num_steps == alone.report.num_steps == told[-1].step
    assert {done.num_steps for done in told} == {LENGTHS.companion_epochs * 2}
    assert json.loads(json.dumps(alone.record))["settings"]["quick"]
    with pytest.raises(TrainingImpossible, match="Train without --quick"):
        tune(start, EXAMPLES, quick, texts=TEXTS, dev=DEV)
