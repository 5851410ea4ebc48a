"""The adapter: brings phrasings together, repeats itself, stays the identity where nothing can be learned."""

import numpy as np
import pytest

from nlp.exceptions import TrainingDiverged, TrainingImpossible
from nlp.pretrained import FloatArray
from nlp.training.adapter import AdapterSettings, adapt, fit_adapter
from nlp.training.packing import IntArray

pytestmark = pytest.mark.unit


def noisy(num_labels: int, per_label: int, seed: int = 0) -> tuple[FloatArray, IntArray]:
    """Labels differ in four coordinates, noise is larger in the other twelve."""
    centres = np.zeros((num_labels, 16))
    centres[:, :4] = np.random.default_rng(7).normal(size=(num_labels, 4))
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(num_labels, dtype=np.int32), per_label)
    x = centres[labels] + np.concatenate([np.zeros((len(labels), 4)), rng.normal(size=(len(labels), 12))], axis=1)
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True), np.float32), labels


def accuracy(known: FloatArray, labels: IntArray, asked: FloatArray, expected: IntArray) -> float:
    return float(np.mean(labels[np.argmax(asked @ known.T, axis=1)] == expected))


@pytest.mark.parametrize("per_label", [2, 8])
def test_adapter_generalises_to_new_phrasings(per_label: int) -> None:
    known, labels = noisy(30, per_label)
    asked, expected = noisy(30, 4, seed=1)
    adapter = fit_adapter(known, labels, AdapterSettings(learning_rate=1e-2))
    before = accuracy(known, labels, asked, expected)
    after = accuracy(adapt(known, adapter), labels, adapt(asked, adapter), expected)
    assert (adapter.shape, adapter.dtype) == ((16, 16), np.float32)
    assert after > before + 0.1


def test_equal_seeds_give_equal_adapters() -> None:
    known, labels = noisy(10, 4)
    first, again, other = (fit_adapter(known, labels, AdapterSettings(seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("labels", [np.zeros(6, np.int32), np.arange(6, dtype=np.int32)])
def test_nothing_to_learn_leaves_the_identity(labels: IntArray) -> None:
    known, _ = noisy(3, 2)
    assert np.array_equal(fit_adapter(known, labels), np.eye(16, dtype=np.float32))


def test_labels_may_be_any_numbers() -> None:
    known, labels = noisy(5, 3)
    assert np.array_equal(fit_adapter(known, labels), fit_adapter(known, labels * 1000 - 7))


def test_adapted_vectors_have_length_one() -> None:
    known, labels = noisy(5, 3)
    assert np.allclose(np.linalg.norm(adapt(known, fit_adapter(known, labels)), axis=1), 1.0, atol=1e-6)


def test_unequal_numbers_and_nan_are_refused() -> None:
    known, labels = noisy(3, 2)
    with pytest.raises(TrainingImpossible, match="6 vectors and 5 labels"):
        fit_adapter(known, labels[:5])
    known[0, 0] = np.nan
    with pytest.raises(TrainingImpossible, match="finite vectors"):
        fit_adapter(known, labels)


def test_divergence_is_refused_in_words() -> None:
    with pytest.raises(TrainingDiverged, match="The last adapter stays"):
        fit_adapter(*noisy(5, 3), AdapterSettings(learning_rate=float("inf")))
