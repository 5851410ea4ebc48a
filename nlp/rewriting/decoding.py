"""Greedy decoding of the rewriter, free or along the questions that exist."""

import numpy as np
import tensorflow as tf

from nlp.rewriting.canonical import END, START
from nlp.rewriting.network import RewriterNetwork


def decode(
    network: RewriterNetwork, states: tf.Tensor, mask: tf.Tensor, targets: tf.Tensor, *, among_targets: bool
) -> tuple[tf.Tensor, tf.Tensor]:
    """Take the likeliest token, step by step.

    Args:
        states: (batch, length, dim) float32; `mask` (batch, length) float32.
        targets: (num_questions, steps) int32; bounds the length.
        among_targets: Whether every prefix must be a prefix of one of them (a walk down their trie).

    Returns:
        Tokens (batch, longest) int32 with end marks as padding, and the geometric mean of their
        probabilities (batch,) float32.
    """
    source = network.read(states, mask)
    batch, steps = tf.shape(states)[0], tf.shape(targets)[1]
    memory = network.start(batch)
    token = tf.fill([batch], START)
    total, count = tf.zeros([batch]), tf.zeros([batch])
    open_targets = tf.ones([batch, tf.shape(targets)[0]], tf.bool)
    said = tf.TensorArray(tf.int32, size=0, dynamic_size=True, element_shape=[None])
    for step in tf.range(steps):
        going = tf.cast(tf.not_equal(token, END), tf.float32)
        memory = network.advance(memory, token)
        log_p = network.choose(network.speak(memory[:, None, :], source))[:, 0, :]
        if among_targets:
            following = targets[:, step]
            reachable = tf.where(open_targets, tf.gather(log_p, following, axis=1), -np.inf)
            likeliest = tf.gather(following, tf.argmax(reachable, axis=1))
            open_targets = open_targets & tf.equal(following[None, :], likeliest[:, None])
        else:
            likeliest = END + tf.argmax(log_p[:, END:], axis=1, output_type=tf.int32)  # never START
        total += going * tf.gather(log_p, likeliest, axis=1, batch_dims=1)
        count += going
        token = tf.where(going > 0, likeliest, END)
        said = said.write(step, token)
        if tf.reduce_all(tf.equal(token, END)):
            break
    return tf.transpose(said.stack()), tf.exp(total / count)
