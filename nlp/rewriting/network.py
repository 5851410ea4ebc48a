"""The rewriter's network: a GRU over what was said, attention over what the customer typed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from nlp.pretrained import FloatArray


@dataclass(frozen=True)
class RewriterShape:
    """Sizes of the network.

    Attributes:
        dim: Of the encoder's token states and word embeddings.
        vocabulary_size: Pieces that can be said, marks included.
        num_units: Of the GRU.
        attention_dim: Of queries and keys.
    """

    dim: int
    vocabulary_size: int
    num_units: int = 256
    attention_dim: int = 128

    def variables(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of everything that is learned."""
        units, dim = self.num_units, self.dim
        return {
            "gru_start": (1, units),
            "gru_input": (dim, 3 * units),
            "gru_input_bias": (3 * units,),
            "gru_recurrent": (units, 3 * units),
            "gru_recurrent_bias": (3 * units,),
            "query": (units, self.attention_dim),
            "key": (dim, self.attention_dim),
            "readout_said": (units, dim),
            "readout_attended": (dim, dim),
            "readout_mean": (dim, dim),
            "readout_bias": (dim,),
            "output": (self.vocabulary_size, dim),
            "output_bias": (self.vocabulary_size,),
        }

    def constants(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of what is given: the shared word embeddings, and how the states are standardised."""
        return {"words": (self.vocabulary_size, self.dim), "state_mean": (self.dim,), "state_scale": (self.dim,)}


@dataclass(frozen=True)
class Source:
    """Utterances, ready to be attended to.

    Attributes:
        states: (batch, length, dim), standardised, 0 where padded.
        keys: (batch, length, attention_dim).
        mask: (batch, length), 1 = a token.
        mean: (batch, dim), mean of the states.
    """

    states: tf.Tensor
    keys: tf.Tensor
    mask: tf.Tensor
    mean: tf.Tensor


class RewriterNetwork(tf.Module):  # type: ignore[misc]  # TensorFlow ships no types
    """Gives log probabilities of the next piece.

    The GRU sees only what was said so far; the utterance comes in behind it, by attention and by
    its mean. So the GRU's outputs over a canonical question are the same for every utterance and
    are computed once, and a likelihood needs no loop.

    References:
        Bahdanau et al. 2015 (arXiv:1409.0473) for attention; Luong et al. 2015 (arXiv:1508.04025),
        section 3.1, for attending behind the recurrence; Qiu et al. 2017, AliMe Chat (ACL), for
        reranking by a sequence-to-sequence model's mean token probability.
    """

    def __init__(self, shape: RewriterShape, arrays: Mapping[str, FloatArray]) -> None:
        super().__init__(name="rewriter")
        self.shape = shape
        self.learned = {name: tf.Variable(arrays[name], name=name) for name in shape.variables()}
        self.given = {name: tf.constant(arrays[name]) for name in shape.constants()}

    def arrays(self) -> dict[str, FloatArray]:
        """Everything that `__init__` needs to build this network again."""
        return {name: t.numpy() for name, t in (self.learned | self.given).items()}

    def read(self, states: tf.Tensor, mask: tf.Tensor) -> Source:
        """Take in utterances: `states` (batch, length, dim) float32, `mask` (batch, length) float32."""
        standard = (states - self.given["state_mean"]) / self.given["state_scale"] * mask[:, :, None]
        return self.attendable(standard, mask)

    def attendable(self, standard: tf.Tensor, mask: tf.Tensor) -> Source:
        """Take in states that are standardised already."""
        mean = tf.reduce_sum(standard, axis=1) / tf.reduce_sum(mask, axis=1, keepdims=True)
        return Source(standard, _linear(standard, self.learned["key"]), mask, mean)

    def embed(self, token_ids: tf.Tensor) -> tf.Tensor:
        """Look own ids up: (…) int32 → (…, dim)."""
        return tf.gather(self.given["words"], token_ids)

    def start(self, batch: tf.Tensor) -> tf.Tensor:
        """Return what the GRU remembers before the first token: (batch, num_units)."""
        return tf.tile(tf.tanh(self.learned["gru_start"]), [batch, 1])

    def remember(self, said: tf.Tensor) -> tf.Tensor:
        """Run the GRU over embedded tokens: (batch, steps, dim) → (batch, steps, num_units)."""
        projected = _linear(said, self.learned["gru_input"]) + self.learned["gru_input_bias"]
        steps = tf.scan(self._gru, tf.transpose(projected, [1, 0, 2]), self.start(tf.shape(said)[0]))
        return tf.transpose(steps, [1, 0, 2])

    def advance(self, memory: tf.Tensor, token_ids: tf.Tensor) -> tf.Tensor:
        """Run one step of the GRU: memory (batch, num_units), token ids (batch,) → memory."""
        projected = self.embed(token_ids) @ self.learned["gru_input"] + self.learned["gru_input_bias"]
        return self._gru(memory, projected)

    def _gru(self, memory: tf.Tensor, projected: tf.Tensor) -> tf.Tensor:
        recurrent = memory @ self.learned["gru_recurrent"] + self.learned["gru_recurrent_bias"]
        update, reset, new = tf.split(projected, 3, axis=-1)
        update_r, reset_r, new_r = tf.split(recurrent, 3, axis=-1)
        update = tf.sigmoid(update + update_r)
        return update * memory + (1 - update) * tf.tanh(new + tf.sigmoid(reset + reset_r) * new_r)

    def speak(self, memory: tf.Tensor, source: Source) -> tf.Tensor:
        """Return what comes before the output layer: (batch, steps, num_units) → (batch, steps, dim)."""
        scale = self.shape.attention_dim**-0.5
        scores = tf.matmul(_linear(memory, self.learned["query"]), source.keys, transpose_b=True) * scale
        weights = tf.nn.softmax(scores - 1e9 * (1 - source.mask[:, None, :]))  # (batch, steps, length)
        attended = _linear(tf.matmul(weights, source.states), self.learned["readout_attended"])
        mean = (source.mean @ self.learned["readout_mean"])[:, None, :]
        return tf.tanh(_linear(memory, self.learned["readout_said"]) + attended + mean + self.learned["readout_bias"])

    def choose(self, spoken: tf.Tensor) -> tf.Tensor:
        """Return log probabilities of every piece: (batch, steps, dim) → (batch, steps, vocabulary_size)."""
        return tf.nn.log_softmax(_linear(spoken, tf.transpose(self.learned["output"])) + self.learned["output_bias"])


def initial_arrays(
    shape: RewriterShape, words: FloatArray, state_mean: FloatArray, state_scale: FloatArray, *, seed: int
) -> dict[str, FloatArray]:
    """Make an untrained network: normal with variance 1/fan-in, biases zero, output rows from the embeddings.

    Args:
        words: (vocabulary_size, dim), the encoder's word embeddings of the pieces.
        state_mean: (dim,) of the encoder's token states.
        state_scale: (dim,), their standard deviation.
    """
    rng = np.random.default_rng(seed)
    arrays: dict[str, FloatArray] = {}
    for name, sizes in shape.variables().items():
        flat = len(sizes) == 1 or name == "gru_start"
        arrays[name] = (np.zeros(sizes) if flat else rng.normal(0.0, sizes[0] ** -0.5, sizes)).astype(np.float32)
    # e5's embeddings share one large direction; without it they tell pieces apart.
    standard = (words - words.mean(axis=0)) / max(float(words.std()), 1e-6)
    arrays["output"] = (standard * shape.dim**-0.5).astype(np.float32)
    return arrays | {"words": standard.astype(np.float32), "state_mean": state_mean, "state_scale": state_scale}


def _linear(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    return tf.tensordot(x, kernel, axes=1)
