"""Objectives of the sentence encoder. Vectors are L2-normalised; two phrasings of one entry are never negatives."""

import numpy as np
import numpy.typing as npt
import tensorflow as tf

_LEAST = -1e9
"""Stands for minus infinity in a softmax: exp of it is 0, and no NaN comes out of 0 × infinity."""


def proxy_logits(
    embeddings: tf.Tensor, proxies: tf.Tensor, labels: tf.Tensor, *, temperature: float, margin: float
) -> tf.Tensor:
    """Scaled cosines to one learned vector a label, the own label's lowered by a margin.

    Args:
        embeddings: (batch, dim) float32, L2-normalised.
        proxies: (num_labels, dim) float32, of any length.
        labels: (batch,) int32, row numbers of `proxies`.

    Returns:
        (batch, num_labels) float32.

    References:
        Wang et al. 2018, CosFace (arXiv:1801.09414).
    """
    cosines = tf.matmul(embeddings, tf.math.l2_normalize(proxies, axis=1), transpose_b=True)
    own = tf.one_hot(labels, tf.shape(proxies)[0], dtype=cosines.dtype)
    return (cosines - margin * own) / temperature


def proxy_loss(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Cross-entropy of `proxy_logits`, one value a row: (batch,) float32, ≥ 0."""
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)


def symmetric_divergence(logits: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """Mean of both Kullback-Leibler divergences between two passes' softmaxes: (batch,) float32, ≥ 0.

    References:
        Liang et al. 2021, R-Drop (arXiv:2106.14448).
    """
    a, b = tf.nn.log_softmax(logits), tf.nn.log_softmax(other)
    return 0.5 * tf.reduce_sum((tf.exp(a) - tf.exp(b)) * (a - b), axis=1)


def nca_loss(
    embeddings: tf.Tensor,
    labels: tf.Tensor,
    others: tf.Tensor,
    other_labels: tf.Tensor,
    own: tf.Tensor,
    *,
    temperature: float,
) -> tf.Tensor:
    """Minus the log probability that a softmax-chosen neighbour has the own label.

    Args:
        embeddings: (batch, dim) float32, L2-normalised; the anchors.
        labels: (batch,) int32.
        others: (num_others, dim) float32; what can be a neighbour, the anchors among them.
        other_labels: (num_others,) int32.
        own: (batch,) int32, the anchors' rows in `others`; none is its own neighbour.

    Returns:
        (batch,) float32, ≥ 0; 0 for an anchor that has no other phrasing in the batch.

    References:
        Goldberger et al. 2004, Neighbourhood Components Analysis.
    """
    scores, same = _scores(embeddings, labels, others, other_labels, own, temperature)
    inside = tf.reduce_logsumexp(tf.where(same, scores, _LEAST), axis=1)
    return tf.where(tf.reduce_any(same, axis=1), tf.reduce_logsumexp(scores, axis=1) - inside, 0.0)


def contrastive_loss(
    embeddings: tf.Tensor,
    labels: tf.Tensor,
    others: tf.Tensor,
    other_labels: tf.Tensor,
    own: tf.Tensor,
    *,
    temperature: float,
) -> tf.Tensor:
    """Supervised contrastive loss: mean over an anchor's positives, outside the logarithm.

    Arguments and result as `nca_loss`.

    References:
        Khosla et al. 2020, Supervised Contrastive Learning (arXiv:2004.11362), equation 2.
    """
    scores, same = _scores(embeddings, labels, others, other_labels, own, temperature)
    log_shares = scores - tf.reduce_logsumexp(scores, axis=1, keepdims=True)
    positives = tf.cast(same, scores.dtype)
    return -tf.math.divide_no_nan(tf.reduce_sum(log_shares * positives, axis=1), tf.reduce_sum(positives, axis=1))


def multiple_negatives_loss(
    embeddings: tf.Tensor,
    labels: tf.Tensor,
    others: tf.Tensor,
    other_labels: tf.Tensor,
    own: tf.Tensor,
    *,
    temperature: float,
) -> tf.Tensor:
    """Each anchor against each of its positives in turn, negatives only from other labels.

    Arguments and result as `nca_loss`. Unlike `contrastive_loss`, the other positives are not in the
    denominator, so that an entry's phrasings do not compete.

    References:
        Henderson et al. 2017, Efficient Natural Language Response Suggestion (arXiv:1705.00652).
    """
    scores, same = _scores(embeddings, labels, others, other_labels, own, temperature)
    foreign = tf.not_equal(labels[:, None], other_labels[None, :])
    negatives = tf.reduce_logsumexp(tf.where(foreign, scores, _LEAST), axis=1, keepdims=True)
    losses = tf.math.softplus(negatives - scores)  # = -log(e^s / (e^s + sum of negatives))
    positives = tf.cast(same, scores.dtype)
    return tf.math.divide_no_nan(tf.reduce_sum(losses * positives, axis=1), tf.reduce_sum(positives, axis=1))


def _scores(
    embeddings: tf.Tensor,
    labels: tf.Tensor,
    others: tf.Tensor,
    other_labels: tf.Tensor,
    own: tf.Tensor,
    temperature: float,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return scores (batch, num_others) with each anchor itself ruled out, and where the labels agree."""
    scores = tf.matmul(embeddings, others, transpose_b=True) / temperature
    itself = tf.equal(own[:, None], tf.range(tf.shape(others)[0])[None, :])
    same = tf.equal(labels[:, None], other_labels[None, :]) & ~itself
    return tf.where(itself, _LEAST, scores), same


def centred(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the cosines between vectors whose mean was taken away: (n, n) float32.

    Encoders whose cosines all lie near one (e5: 0.77 to 0.91) and encoders that use the whole range
    become comparable.

    Args:
        vectors: (n, dim) float32.
    """
    apart = vectors - vectors.mean(axis=0)
    apart = apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-12)
    return np.asarray(apart @ apart.T, np.float32)


def relational_loss(
    embeddings: tf.Tensor, everyone: tf.Tensor, similarities: tf.Tensor, rows: tf.Tensor, *, temperature: float
) -> tf.Tensor:
    """Divergence of the student's similarities within a batch from the teachers'.

    Both are softmaxed over the batch, a sentence itself left out.

    Args:
        embeddings: (sentences, dim) float32, a replica's share.
        everyone: (batch, dim) float32, the whole batch.
        similarities: (sentences, batch) float32, the teachers' centred cosines.
        rows: (sentences,) int32, places of the share in the batch.
        temperature: Divides cosines, > 0.

    Returns:
        (sentences,) float32, ≥ 0: Kullback-Leibler divergence in nats.
    """
    mean = tf.reduce_mean(everyone, axis=0)
    mine, all_of_them = tf.math.l2_normalize(embeddings - mean, axis=1), tf.math.l2_normalize(everyone - mean, axis=1)
    itself = tf.equal(rows[:, None], tf.range(tf.shape(everyone)[0])[None, :])
    scores = tf.where(itself, _LEAST, tf.matmul(mine, all_of_them, transpose_b=True) / temperature)
    targets = tf.where(itself, _LEAST, similarities / temperature)
    student, teachers = tf.nn.log_softmax(scores), tf.nn.log_softmax(targets)
    return tf.reduce_sum(tf.exp(teachers) * (teachers - student), axis=1)
