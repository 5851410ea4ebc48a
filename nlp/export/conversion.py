"""From a traced TensorFlow function to LiteRT bytes: weights in int8 a channel, activations quantised as they come."""

import warnings
from typing import Protocol

import tensorflow as tf

Pair = tuple[tf.Tensor, tf.Tensor]
"""A kernel (in, out) with its bias (out,), or a norm's scale with its offset."""


class Network(Protocol):
    """What can be converted.

    Attributes:
        word_dim: Of the embedded tokens that it takes.
        embed: Traced function of `embedded: (batch, length, word_dim)` and `mask: (batch, length)`, both float32.
    """

    word_dim: int
    embed: tf.types.experimental.PolymorphicFunction


def convert(network: Network) -> bytes:
    """Convert a network to LiteRT. The same weights give the same bytes."""
    specs = [tf.TensorSpec([None, None, network.word_dim], tf.float32), tf.TensorSpec([None, None], tf.float32)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the converter announces its own move to another package
        function = network.embed.get_concrete_function(*specs)
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function], network)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converted: bytes = converter.convert()
    return converted


def dense(x: tf.Tensor, pair: Pair) -> tf.Tensor:
    """Multiply rows (n, in) with a kernel and add its bias: (n, out)."""
    return tf.matmul(x, pair[0]) + pair[1]


def normed(x: tf.Tensor, epsilon: float) -> tf.Tensor:
    """Bring the last axis to mean 0 and variance 1."""
    centred = x - tf.reduce_mean(x, -1, keepdims=True)
    variance = tf.reduce_mean(centred * centred, -1, keepdims=True)
    return centred * tf.math.rsqrt(variance + epsilon)


def unit(x: tf.Tensor) -> tf.Tensor:
    """Bring the last axis to length 1."""
    return x * tf.math.rsqrt(tf.maximum(tf.reduce_sum(x * x, -1, keepdims=True), 1e-24))
