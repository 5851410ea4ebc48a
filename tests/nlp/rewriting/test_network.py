"""The rewriter's network: one step at a time or all at once, padded or not."""

import numpy as np
import pytest
import tensorflow as tf

from nlp.rewriting.network import RewriterNetwork, RewriterShape, initial_arrays

pytestmark = pytest.mark.unit

SHAPE = RewriterShape(dim=4, vocabulary_size=6, num_units=3, attention_dim=2)


@pytest.fixture(scope="module")
def network() -> RewriterNetwork:
    words = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
    return RewriterNetwork(
        SHAPE, initial_arrays(SHAPE, words, np.ones(4, np.float32), np.full(4, 2, np.float32), seed=0)
    )


@pytest.fixture(scope="module")
def states() -> tf.Tensor:
    return tf.constant(np.random.default_rng(2).normal(size=(2, 5, 4)), tf.float32)


def test_arrays_have_the_shapes_that_are_named(network: RewriterNetwork) -> None:
    shapes = {name: array.shape for name, array in network.arrays().items()}
    assert shapes == SHAPE.variables() | SHAPE.constants()


def test_remembering_is_advancing_step_by_step(network: RewriterNetwork) -> None:
    tokens = tf.constant([[0, 3, 5], [0, 2, 1]])
    memory, steps = network.start(tf.constant(2)), []
    for step in range(3):
        memory = network.advance(memory, tokens[:, step])
        steps.append(memory)
    assert np.allclose(network.remember(network.embed(tokens)), tf.stack(steps, axis=1), atol=1e-6)


def test_probabilities_sum_to_one(network: RewriterNetwork, states: tf.Tensor) -> None:
    memory = network.remember(network.embed(tf.constant([[0, 3], [0, 2]])))
    log_p = network.choose(network.speak(memory, network.read(states, tf.ones((2, 5)))))
    assert log_p.shape == (2, 2, 6)
    assert np.allclose(tf.reduce_sum(tf.exp(log_p), axis=2), 1.0, atol=1e-6)


def test_padding_changes_nothing(network: RewriterNetwork, states: tf.Tensor) -> None:
    memory = network.remember(network.embed(tf.constant([[0, 3], [0, 2]])))
    plain = network.speak(memory, network.read(states, tf.ones((2, 5))))
    padded = tf.pad(states, [[0, 0], [0, 3], [0, 0]], constant_values=9.0)
    mask = tf.pad(tf.ones((2, 5)), [[0, 0], [0, 3]])
    assert np.allclose(network.speak(memory, network.read(padded, mask)), plain, atol=1e-6)


def test_the_utterance_matters(network: RewriterNetwork, states: tf.Tensor) -> None:
    memory = network.remember(network.embed(tf.constant([[0], [0]])))
    spoken = network.speak(memory, network.read(states, tf.ones((2, 5)))).numpy()
    assert np.abs(spoken[0] - spoken[1]).max() > 0.01
