"""The companion's network under training: the vectors of the reading in numpy, with gradients."""

import numpy as np
import pytest
import tensorflow as tf

from nlp.training.convolutional import ConvolutionsUnderTraining, UniversalTokenizer
from nlp.training.universal_encoder import UniversalEncoder
from nlp.universal import UniversalWeights

pytestmark = pytest.mark.unit

TEXTS = ["no cold air", "空调不制冷怎么办?", "e", "外机不转 e4", ""]


def test_vectors_are_those_of_the_encoder_in_numpy(tiny_universal: UniversalWeights) -> None:
    network = ConvolutionsUnderTraining(tiny_universal)
    vectors = network.embed(*network.batch(UniversalTokenizer(tiny_universal, 64).tokenize(TEXTS)), training=True)
    assert np.allclose(vectors.numpy(), UniversalEncoder(tiny_universal).encode(TEXTS), atol=1e-5)


def test_company_in_a_batch_changes_nothing(tiny_universal: UniversalWeights) -> None:
    network = ConvolutionsUnderTraining(tiny_universal)
    ids = UniversalTokenizer(tiny_universal, 64).tokenize(TEXTS)
    alone = np.concatenate([network.embed(*network.batch([each]), training=False).numpy() for each in ids])
    assert np.allclose(network.embed(*network.batch(ids), training=False).numpy(), alone, atol=1e-6)


def test_every_tensor_gets_a_gradient_and_comes_back(tiny_universal: UniversalWeights) -> None:
    network = ConvolutionsUnderTraining(tiny_universal)
    batch = network.batch(UniversalTokenizer(tiny_universal, 64).tokenize(TEXTS))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(network.embed(*batch, training=True)[:, 0])
    gradients = tape.gradient(loss, [v.value for v in network.moved])
    assert all(g is not None and np.isfinite(g.numpy()).all() for g in gradients)
    drained = network.drained()
    assert drained.keys() == tiny_universal.tensors.keys() - {"eps"}
    assert all(np.array_equal(array, tiny_universal.tensors[name]) for name, array in drained.items())


def test_long_texts_are_cut_and_keep_their_closing_mark(tiny_universal: UniversalWeights) -> None:
    long, short = UniversalTokenizer(tiny_universal, 6).tokenize(["空调不制冷怎么办" * 9, "e"])
    whole = UniversalTokenizer(tiny_universal, 999).tokenize(["空调不制冷怎么办" * 9])[0]
    assert long.tolist() == [*whole[:5].tolist(), whole[-1]]
    assert len(short) <= 6
