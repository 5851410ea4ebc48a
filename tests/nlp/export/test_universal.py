"""The exported Universal Sentence Encoder: the vectors of its numpy reading, equal vectors for equal texts."""

from pathlib import Path

import numpy as np
import pytest

from nlp.encoder_part import EncoderPart
from nlp.export.universal import export_universal
from nlp.text import normalise
from nlp.training.universal_encoder import UniversalEncoder
from nlp.universal import UniversalWeights, read_universal
from tests.nlp.sentences import SENTENCES

pytestmark = pytest.mark.unit

QUESTIONS = [normalise(s) for s in SENTENCES]


@pytest.fixture(scope="module")
def weights() -> UniversalWeights:
    return read_universal()


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory, weights: UniversalWeights) -> EncoderPart:
    folder = tmp_path_factory.mktemp("universal") / "companion"
    export_universal(folder, weights)
    return EncoderPart(folder)


def test_int8_turns_no_vector_by_much(part: EncoderPart, weights: UniversalWeights) -> None:
    cosines = np.sum(part.encode(QUESTIONS) * UniversalEncoder(weights).encode(QUESTIONS), axis=1)
    assert len(cosines) == 40
    assert cosines.min() >= 0.99, QUESTIONS[int(cosines.argmin())]


def test_equal_texts_give_equal_bits_in_any_company(part: EncoderPart) -> None:
    together = part.encode(QUESTIONS)
    alone = np.concatenate([part.encode([q]) for q in QUESTIONS])
    backwards = part.encode(QUESTIONS[::-1])[::-1]
    assert together.tobytes() == alone.tobytes()
    assert together.tobytes() == backwards.tobytes()


def test_export_gives_the_same_bytes_again(tmp_path: Path, part: EncoderPart, weights: UniversalWeights) -> None:
    for name in ("one", "two"):
        export_universal(tmp_path / name, weights)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["encoder.json", "network.tflite", "steps.npy", "tokenizer.model", "words.npy"]
    assert [(tmp_path / "one" / n).read_bytes() for n in names] == [(tmp_path / "two" / n).read_bytes() for n in names]


@pytest.mark.parametrize("text", ["", "?", "x" * 4000, "空调" * 300])
def test_odd_texts_have_vectors(part: EncoderPart, text: str) -> None:
    vectors = part.encode([text, "y"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)
