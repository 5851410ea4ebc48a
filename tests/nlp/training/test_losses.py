"""Objectives against their definitions, written out; labels respected; gradients finite at the edges."""

import numpy as np
import pytest
import tensorflow as tf

from nlp.pretrained import FloatArray
from nlp.training import losses

pytestmark = pytest.mark.unit

LABELS = np.array([0, 0, 1, 1, 1, 2], np.int32)
BATCH_LOSSES = [losses.nca_loss, losses.contrastive_loss, losses.multiple_negatives_loss]


@pytest.fixture
def vectors() -> FloatArray:
    x = np.random.default_rng(3).normal(size=(6, 4)).astype(np.float32)
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True))


def written_out(name: str, vectors: FloatArray, temperature: float) -> list[float]:
    scores = np.exp(vectors @ vectors.T / temperature)
    out = []
    for i, label in enumerate(LABELS):
        others = [j for j in range(6) if j != i]
        positives = [j for j in others if LABELS[j] == label]
        negatives = sum(scores[i, j] for j in others if LABELS[j] != label)
        everyone = sum(scores[i, j] for j in others)
        if not positives:
            out.append(0.0)
        elif name == "nca_loss":
            out.append(-np.log(sum(scores[i, j] for j in positives) / everyone))
        elif name == "contrastive_loss":
            out.append(np.mean([-np.log(scores[i, j] / everyone) for j in positives]))
        else:
            out.append(np.mean([-np.log(scores[i, j] / (scores[i, j] + negatives)) for j in positives]))
    return out


@pytest.mark.parametrize("loss", BATCH_LOSSES)
def test_batch_losses_are_their_definitions(loss, vectors: FloatArray) -> None:  # type: ignore[no-untyped-def]
    found = loss(vectors, LABELS, vectors, LABELS, tf.range(6), temperature=0.5)
    assert np.allclose(found, written_out(loss.__name__, vectors, 0.5), atol=1e-5)


@pytest.mark.parametrize("loss", BATCH_LOSSES)
def test_a_share_of_the_batch_gives_its_rows(loss, vectors: FloatArray) -> None:  # type: ignore[no-untyped-def]
    whole = loss(vectors, LABELS, vectors, LABELS, tf.range(6), temperature=0.5)
    share = loss(vectors[2:4], LABELS[2:4], vectors, LABELS, tf.constant([2, 3]), temperature=0.5)
    assert np.allclose(share, whole[2:4], atol=1e-6)


@pytest.mark.parametrize("loss", BATCH_LOSSES)
@pytest.mark.parametrize("labels", [np.zeros(3, np.int32), np.arange(3, dtype=np.int32)])
def test_gradients_are_finite_without_negatives_or_positives(loss, labels) -> None:  # type: ignore[no-untyped-def]
    x = tf.constant(np.eye(3, 4, dtype=np.float32))
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = tf.reduce_sum(loss(x, labels, x, labels, tf.range(3), temperature=0.01))
    assert np.isfinite(value)
    assert np.isfinite(tape.gradient(value, x)).all()


def test_proxy_logits_lower_the_own_label_by_the_margin(vectors: FloatArray) -> None:
    proxies = 3.0 * vectors[[0, 2, 5]]
    found = losses.proxy_logits(vectors[:1], proxies, LABELS[:1], temperature=0.1, margin=0.2)
    cosines = vectors[:1] @ vectors[[0, 2, 5]].T
    assert np.allclose(found, (cosines - [0.2, 0, 0]) / 0.1, atol=1e-5)


def test_proxy_loss_of_a_sure_answer_is_nothing() -> None:
    assert np.allclose(losses.proxy_loss(tf.constant([[50.0, 0.0]]), tf.constant([0])), 0.0, atol=1e-6)


def test_symmetric_divergence_is_the_mean_of_both() -> None:
    p, q = np.array([0.7, 0.2, 0.1]), np.array([0.1, 0.3, 0.6])
    both = 0.5 * (np.sum(p * np.log(p / q)) + np.sum(q * np.log(q / p)))
    logits = tf.constant(np.log([p, q]), tf.float32)
    assert np.allclose(losses.symmetric_divergence(logits[:1], logits[1:]), both, atol=1e-6)
    assert np.allclose(losses.symmetric_divergence(logits, logits), 0.0)


def test_centred_cosines_do_not_see_a_common_direction(vectors: FloatArray) -> None:
    shifted = vectors + np.float32(7.0)
    assert np.allclose(losses.centred(shifted), losses.centred(vectors), atol=1e-4)
    assert np.allclose(np.diag(losses.centred(vectors)), 1.0, atol=1e-5)


def test_relational_loss_is_nothing_for_the_teacher_itself(vectors: FloatArray) -> None:
    found = losses.relational_loss(vectors, vectors, losses.centred(vectors), tf.range(6), temperature=0.05)
    assert np.allclose(found, 0.0, atol=1e-4)


def test_relational_loss_is_positive_for_another(vectors: FloatArray) -> None:
    found = losses.relational_loss(vectors, vectors, losses.centred(vectors[::-1]), tf.range(6), temperature=0.05)
    assert np.asarray(found).min() >= 0
    assert np.asarray(found).max() > 0.1
