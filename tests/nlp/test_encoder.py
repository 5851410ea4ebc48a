"""The served encoder: the reference engine's vectors, equal vectors for equal texts, the SavedModel beside it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.artifacts import ModelDirectory
from nlp.encoder import SentenceEncoder
from nlp.encoder_part import LENGTH_BUCKETS, MAX_BATCH, MAX_TOKENS
from nlp.export.transformer import export_transformer
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.saved_model import EncoderModule, export_saved_model
from nlp.text import normalise
from nlp.vocabulary import choose_pieces, general_words, trim
from tests.nlp.conftest import TINY_TERMS, TINY_TEXTS
from tests.nlp.sentences import SENTENCES

pytestmark = pytest.mark.unit

QUESTIONS = [normalise(s) for s in SENTENCES]


def test_vectors_agree_with_the_reference_engine(
    e5_encoder: SentenceEncoder, reference_engine: Callable[[Sequence[str]], FloatArray]
) -> None:
    cosines = np.sum(e5_encoder.encode(QUESTIONS) * reference_engine(SENTENCES), axis=1)
    assert len(cosines) == 40
    assert cosines.min() >= 0.99, QUESTIONS[int(cosines.argmin())]


def test_vectors_are_unit_float32(e5_encoder: SentenceEncoder) -> None:
    vectors = e5_encoder.encode(QUESTIONS)
    assert (vectors.shape, vectors.dtype, e5_encoder.dim) == ((40, 384), np.float32, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


def test_equal_texts_give_equal_bits_in_any_company(e5_encoder: SentenceEncoder) -> None:
    together = e5_encoder.encode(QUESTIONS)
    alone = np.concatenate([e5_encoder.encode([q]) for q in QUESTIONS])
    backwards = e5_encoder.encode(QUESTIONS[::-1])[::-1]
    pairs = np.concatenate([e5_encoder.encode(QUESTIONS[i : i + 2]) for i in range(0, 40, 2)])
    crowded = e5_encoder.encode(QUESTIONS * 3)[40:80]
    for other in (alone, backwards, pairs, crowded):
        assert together.tobytes() == other.tobytes()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text("空调不制冷e1 x", max_size=140), max_size=6), st.randoms(use_true_random=False))
def test_order_does_not_matter(tiny_encoder: SentenceEncoder, texts: list[str], random: Random) -> None:
    order = list(range(len(texts)))
    random.shuffle(order)
    vectors = tiny_encoder.encode(texts)
    assert tiny_encoder.encode([texts[i] for i in order]).tobytes() == vectors[order].tobytes()


def test_int8_turns_no_vector_of_the_pretrained_encoder_by_much(
    e5_encoder: SentenceEncoder, e5_weights: PretrainedWeights
) -> None:
    vocabulary, table = trim(e5_weights, choose_pieces(e5_weights, SENTENCES, general_words()))
    module = EncoderModule(e5_weights, vocabulary, table)
    exact = module.encode(tf.constant(QUESTIONS)).numpy()
    assert np.sum(e5_encoder.encode(QUESTIONS) * exact, axis=1).min() >= 0.998


def test_two_loads_give_equal_bits(tiny_encoder: SentenceEncoder, tiny_model: ModelDirectory) -> None:
    again = SentenceEncoder(tiny_model.encoder_folder)
    assert again.encode(TINY_TEXTS).tobytes() == tiny_encoder.encode(TINY_TEXTS).tobytes()


def test_saved_model_takes_strings_without_our_code(
    tmp_path: Path, tiny_weights: PretrainedWeights, tiny_encoder: SentenceEncoder
) -> None:
    vocabulary, table = trim(tiny_weights, range(len(tiny_weights.pieces)), TINY_TERMS)
    export_saved_model(tmp_path / "saved", tiny_weights, vocabulary, table)
    serve = tf.saved_model.load(str(tmp_path / "saved")).signatures["serving_default"]
    (vectors,) = serve(texts=tf.constant(TINY_TEXTS)).values()
    # Eight dimensions: int8 shows more than in the real model.
    assert np.sum(vectors.numpy() * tiny_encoder.encode(TINY_TEXTS), axis=1).min() >= 0.95


def test_tokens_are_those_of_the_graph(tiny_weights: PretrainedWeights, tiny_encoder: SentenceEncoder) -> None:
    vocabulary, table = trim(tiny_weights, range(len(tiny_weights.pieces)), TINY_TERMS)
    texts = [*TINY_TEXTS, "x" * 4000]
    module = EncoderModule(tiny_weights, vocabulary, table)
    assert tiny_encoder.transformer.tokenize(texts) == module.tokenize(tf.constant(texts)).to_list()


def test_export_gives_the_same_bytes_again(tmp_path: Path, tiny_weights: PretrainedWeights) -> None:
    vocabulary, table = trim(tiny_weights, range(len(tiny_weights.pieces)))
    for name in ("one", "two"):
        export_transformer(tmp_path / name, tiny_weights, vocabulary, table)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(names) == 5
    assert [(tmp_path / "one" / n).read_bytes() for n in names] == [(tmp_path / "two" / n).read_bytes() for n in names]


def test_encode_nothing(tiny_encoder: SentenceEncoder) -> None:
    assert tiny_encoder.encode([]).shape == (0, 8)


def test_encode_an_empty_text(tiny_encoder: SentenceEncoder) -> None:
    vectors = tiny_encoder.encode(["", ""])
    assert np.isfinite(vectors).all()
    assert vectors[0].tobytes() == vectors[1].tobytes()


@pytest.mark.parametrize("num_characters", [*(b + d for b in LENGTH_BUCKETS for d in (-3, -2, -1, 0)), 4000])
def test_encode_at_every_bucket_edge(tiny_encoder: SentenceEncoder, num_characters: int) -> None:
    vectors = tiny_encoder.encode(["x" * num_characters, "y"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)


def test_long_texts_are_cut_but_keep_their_end_mark(tiny_encoder: SentenceEncoder) -> None:
    ids = tiny_encoder.transformer.tokenize(["x" * 4000, "x" * (MAX_TOKENS - 3), "x"])
    assert [len(row) for row in ids] == [MAX_TOKENS, MAX_TOKENS, 4]
    assert {(row[0], row[-1]) for row in ids} == {(0, 2)}


@pytest.mark.parametrize("num_texts", [MAX_BATCH - 1, MAX_BATCH, MAX_BATCH + 1, 2 * MAX_BATCH + 1])
def test_batches_at_their_limit_keep_rows(tiny_encoder: SentenceEncoder, num_texts: int) -> None:
    texts = [f"e{i} 空调" if i % 3 else "不制冷" * (i + 1) for i in range(num_texts)]
    alone = np.concatenate([tiny_encoder.encode([t]) for t in texts])
    assert tiny_encoder.encode(texts).tobytes() == alone.tobytes()


def test_warm_up_changes_nothing(tiny_encoder: SentenceEncoder) -> None:
    before = tiny_encoder.encode(TINY_TEXTS)
    tiny_encoder.warm_up()
    assert tiny_encoder.encode(TINY_TEXTS).tobytes() == before.tobytes()
