"""The Universal Sentence Encoder written for serving: its convolutions as matrix products, its words in 8 bits."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from nlp.encoder_part import NETWORK, SETTINGS, STEPS, TOKENIZER, WORDS
from nlp.export.conversion import Pair, convert, dense, normed, unit
from nlp.pretrained import FloatArray
from nlp.universal import WIDTHS, UniversalWeights


class ConvolutionalNetwork(tf.Module):  # type: ignore[misc]  # TensorFlow ships no types
    """Three stacks of two convolutions over a sentence's words, summed, then dense layers.

    The same sums as `nlp.training.universal_encoder`, written so that the converter finds 2-D products.
    """

    def __init__(self, weights: UniversalWeights) -> None:
        super().__init__(name="convolutional_network")
        tensors = weights.tensors
        self.word_dim, self._epsilon = weights.words.shape[1], weights.epsilon
        self._narrow = int(tensors["proj_b2"].shape[0])
        self._projection = _joined(tensors, "proj", "proj_b")
        self._first_norm = _joined(tensors, "ln_g", "ln_b")
        self._convolutions = {
            width: [_filter(tensors, f"w{layer}_{width}", f"b{layer}_{width}", width) for layer in (1, 2)]
            for width in WIDTHS
        }
        self._last_norm = _pair(tensors, "ln_g", "ln_b")
        self._summing = _pair(tensors, "cnn_W", "cnn_b")
        self._dense = {name: tf.constant(tensors[name], tf.float32) for name in ("d0", "d1", "d2", "d3", "p1", "p3")}

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def embed(self, embedded: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """Turn embedded tokens into sentence vectors.

        Args:
            embedded: (batch, length, word_dim) float32.
            mask: (batch, length) float32, 1 = a token.

        Returns:
            (batch, dim) float32, L2-normalised.
        """
        shape, inside = tf.shape(mask), tf.expand_dims(mask, -1)  # (batch, length, 1)
        words = tf.reshape(embedded * inside, [-1, self.word_dim])  # (batch * length, word_dim)
        projected = normed(dense(words, self._projection), self._epsilon) * self._first_norm[0] + self._first_norm[1]
        beside = tf.expand_dims(inside, 1)  # (batch, 1, length, 1)
        stacks = zip(tf.split(projected, len(WIDTHS), axis=-1), WIDTHS, strict=True)
        convolved = [self._convolved(stack, beside, shape, width) for stack, width in stacks]
        x = normed(tf.concat([words, *convolved], axis=-1), self._epsilon) * self._last_norm[0] + self._last_norm[1]
        x = tf.reshape(x, [shape[0], shape[1], x.shape[-1]]) * inside
        length = tf.reduce_sum(mask, 1, keepdims=True)  # (batch, 1)
        summed = tf.matmul(tf.reduce_sum(x, 1), self._summing[0]) + length * self._summing[1]
        return unit(self._deepened(summed * tf.math.rsqrt(length)))

    def _convolved(self, x: tf.Tensor, inside: tf.Tensor, shape: tf.Tensor, width: int) -> tf.Tensor:
        """Let each token see its neighbours, twice: (batch * length, narrow) to the same shape."""
        x = tf.reshape(x, [shape[0], 1, shape[1], self._narrow]) * inside
        left = WIDTHS[width]
        for kernel, bias in self._convolutions[width]:
            padded = tf.pad(x, [[0, 0], [0, 0], [left, width - 1 - left], [0, 0]])
            x = (x + tf.nn.relu(tf.nn.conv2d(padded, kernel, 1, "VALID") + bias)) * inside
        return tf.reshape(x, [-1, self._narrow])

    def _deepened(self, mean: tf.Tensor) -> tf.Tensor:
        w = self._dense
        first = tf.nn.relu(tf.matmul(mean, w["d0"]))
        second = tf.nn.relu(tf.matmul(mean, w["p1"]) + tf.matmul(first, w["d1"]))
        third = tf.nn.relu(tf.matmul(second, w["d2"]))
        return tf.tanh(tf.matmul(second, w["p3"]) + tf.matmul(third, w["d3"]))


def _pair(tensors: Mapping[str, FloatArray], weight: str, bias: str) -> Pair:
    return tf.constant(tensors[weight], tf.float32), tf.constant(tensors[bias], tf.float32)


def _filter(tensors: Mapping[str, FloatArray], weight: str, bias: str, width: int) -> Pair:
    """Return a convolution's kernel as (1, width, in, out)."""
    kernel, offset = tensors[weight], tensors[bias]
    return tf.constant(kernel.reshape(1, width, -1, kernel.shape[1]), tf.float32), tf.constant(offset, tf.float32)


def _joined(tensors: Mapping[str, FloatArray], weight: str, bias: str) -> Pair:
    """Join what the three stacks have alike, side by side."""
    kernel, offset = (
        np.concatenate([tensors[f"{name}{width}"] for width in WIDTHS], axis=-1) for name in (weight, bias)
    )
    return tf.constant(kernel, tf.float32), tf.constant(offset, tf.float32)


def export_universal(folder: Path, weights: UniversalWeights) -> None:
    """Write an encoder that `nlp.encoder_part.EncoderPart` serves.

    Its vocabulary is left whole: the words are mapped into memory, and only those that occur are read.

    Args:
        folder: Is made.
    """
    folder.mkdir(parents=True)
    np.save(folder / WORDS, weights.words, allow_pickle=False)
    np.save(folder / STEPS, np.stack([weights.scale, weights.lowest]), allow_pickle=False)
    (folder / TOKENIZER).write_bytes(weights.tokenizer)
    (folder / SETTINGS).write_text(json.dumps({"dim": weights.dim, "prefix": "", "passage_prefix": ""}))
    (folder / NETWORK).write_bytes(convert(ConvolutionalNetwork(weights)))
