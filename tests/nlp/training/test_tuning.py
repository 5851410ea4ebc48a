"""Tuning: trained, blended back, and described so that it can be done again."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from nlp.exceptions import TrainingImpossible
from nlp.pretrained import PretrainedWeights
from nlp.training.run import TrainingSurroundings
from nlp.training.settings import TrainingReport
from nlp.training.tuning import TRAINED_SHARE, Tuned, blend, tune
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


def tuned(**surroundings: object) -> Tuned:
    around = TrainingSurroundings(**surroundings)  # type: ignore[arg-type]
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
