"""The encoder as one SavedModel from strings to vectors, tokenizer in the graph, for other programs."""

from pathlib import Path

import tensorflow as tf
import tensorflow_text as tf_text

from nlp.encoder_part import MAX_TOKENS
from nlp.network import build_network, pour_weights
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.vocabulary import PAD_ID, Vocabulary


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


def export_saved_model(
    folder: Path, weights: PretrainedWeights, vocabulary: Vocabulary, word_embeddings: FloatArray
) -> None:
    """Write the encoder in full precision as a SavedModel whose signature `serving_default` maps strings to vectors."""
    module = EncoderModule(weights, vocabulary, word_embeddings)
    signatures = {"serving_default": module.encode.get_concrete_function()}
    tf.saved_model.save(module, str(folder), signatures=signatures)
