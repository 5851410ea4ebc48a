"""The sentence encoder: strings to L2-normalised vectors, as one SavedModel."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_text as tf_text

from nlp.network import build_network, pour_weights
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.vocabulary import PAD_ID, Vocabulary

MAX_TOKENS = 128
"""Longer questions are cut here; 99.9 % of the public sets' questions have fewer than 64 tokens."""
LENGTH_BUCKETS = (8, 16, 24, 32, 48, 64, 96, MAX_TOKENS)
"""Tokens that a batch is padded to. Multiples of 8: at 12 the sums depended on the batch (measured)."""
MAX_BATCH = 32
"""Sentences of one call of the network; larger batches gain nothing on two cores."""


class EncoderModule(tf.Module):  # type: ignore[misc]  # TensorFlow ships no types
    """The exported graph: tokenizer and network in one, `encode` from strings to vectors."""

    def __init__(self, weights: PretrainedWeights, vocabulary: Vocabulary, word_embeddings: FloatArray) -> None:
        super().__init__(name="sentence_encoder")
        self._prefix = weights.prefix
        self._tokenizer = tf_text.SentencepieceTokenizer(
            model=vocabulary.to_proto(), out_type=tf.int32, add_bos=True, add_eos=True
        )
        self._network = build_network(weights.architecture, len(vocabulary))
        pour_weights(self._network, weights, word_embeddings)
        # tf.Module only tracks variables that it can see; the network is a Keras object.
        self.variables_of_network = list(self._network.variables)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])  # type: ignore[untyped-decorator]
    def tokenize(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Turn normalised texts `(batch,)` into token ids, ragged `(batch, tokens)` int32."""
        ids = self._tokenizer.tokenize(tf.strings.join([self._prefix, texts]))
        # Cut long questions, but never the closing </s>.
        return tf.concat([ids[:, : MAX_TOKENS - 1], ids[:, MAX_TOKENS - 1 :][:, -1:]], axis=1)

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)])  # type: ignore[untyped-decorator]
    def embed(self, token_ids: tf.Tensor) -> tf.Tensor:
        """Turn padded token ids `(batch, length)` int32 into vectors `(batch, dim)` float32."""
        padding_mask = tf.cast(tf.not_equal(token_ids, PAD_ID), tf.int32)
        return self._network([token_ids, padding_mask], training=False)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])  # type: ignore[untyped-decorator]
    def encode(self, texts: tf.Tensor) -> tf.Tensor:
        """Turn normalised texts `(batch,)` into vectors `(batch, dim)` float32, in one step."""
        return self.embed(self.tokenize(texts).to_tensor(PAD_ID))


def export_encoder(
    folder: Path, weights: PretrainedWeights, vocabulary: Vocabulary, word_embeddings: FloatArray
) -> None:
    """Write the encoder as a SavedModel whose signature `serving_default` maps strings to vectors."""
    module = EncoderModule(weights, vocabulary, word_embeddings)
    signatures = {"serving_default": module.encode.get_concrete_function()}
    tf.saved_model.save(module, str(folder), signatures=signatures)


class SentenceEncoder:
    """A loaded encoder.

    Equal texts give equal vectors, bit for bit, whatever batch they come in: sentences are grouped
    by length bucket, and the network runs without XLA, whose sums depend on the batch's shape
    (docs/decisions/0002-encoder-without-xla.md). One thread at a time may call it.
    """

    def __init__(self, folder: Path) -> None:
        self._module = tf.saved_model.load(str(folder))
        self.dim = int(self._module.embed(tf.ones((1, 1), tf.int32)).shape[1])

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Encode normalised texts.

        Returns:
            `(len(texts), dim)` float32, L2-normalised, in the order of `texts`.
        """
        vectors = np.empty((len(texts), self.dim), np.float32)
        if not texts:
            return vectors
        ragged = self._module.tokenize(tf.constant(list(texts)))
        ids, lengths = ragged.to_tensor(PAD_ID).numpy(), ragged.row_lengths().numpy()
        for rows, length in _batches(lengths):
            batch = _padded(ids[rows], length)
            vectors[rows] = self._module.embed(tf.constant(batch)).numpy()
        return vectors

    def warm_up(self) -> None:
        """Run one sentence of every usual length, so that no customer pays for the first one."""
        for length in LENGTH_BUCKETS[:5]:
            self._module.embed(tf.ones((1, length), tf.int32))
        self.encode(["?"])


def _batches(lengths: npt.NDArray[np.int64]) -> Iterable[tuple[npt.NDArray[np.intp], int]]:
    """Group row numbers by length bucket, at most MAX_BATCH together."""
    buckets = np.asarray(LENGTH_BUCKETS)[np.searchsorted(LENGTH_BUCKETS, lengths)]
    for bucket in np.unique(buckets):
        rows = np.flatnonzero(buckets == bucket)
        for start in range(0, len(rows), MAX_BATCH):
            yield rows[start : start + MAX_BATCH], int(bucket)


def _padded(ids: npt.NDArray[np.int32], length: int) -> npt.NDArray[np.int32]:
    ids = ids[:, :length]
    return np.pad(ids, ((0, 0), (0, length - ids.shape[1])), constant_values=PAD_ID)
