"""Two encoders side by side: shares, centring, and what a model directory is named for."""

import json
from pathlib import Path

import numpy as np
import pytest

from nlp.artifacts import MANIFEST, ModelDirectory, check_canaries, open_model, prepare_model
from nlp.encoder import COMPANION_SHARE, SHRINKAGE, SentenceEncoder
from nlp.encoder_part import EncoderPart
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.text import normalise
from nlp.universal import UniversalWeights
from tests.nlp.conftest import TINY_TERMS, TINY_TEXTS
from tests.nlp.universal_samples import OUT

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def model(
    tmp_path_factory: pytest.TempPathFactory, tiny_weights: PretrainedWeights, tiny_universal: UniversalWeights
) -> ModelDirectory:
    folder = tmp_path_factory.mktemp("pair")
    return prepare_model(folder, tiny_weights, texts=TINY_TEXTS, terms=TINY_TERMS, companion=tiny_universal)


@pytest.fixture(scope="module")
def encoder(model: ModelDirectory) -> SentenceEncoder:
    return SentenceEncoder(model.encoder_folder)


def centred(folder: Path, texts: list[str], domain: list[str]) -> FloatArray:
    part = EncoderPart(folder)
    mean = part.encode(domain).sum(axis=0) / (len(domain) + SHRINKAGE)
    vectors = part.encode(texts) - mean
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def test_a_cosine_is_the_weighted_mean_of_both_encoders_centred_cosines(
    model: ModelDirectory, encoder: SentenceEncoder
) -> None:
    domain = sorted({normalise(text) for text in TINY_TEXTS} - {""})
    texts = ["空调不制冷怎么办?", "no cold air", "e1"]
    one, other = (centred(model.encoder_folder / name, texts, domain) for name in ("transformer", "companion"))
    expected = (1 - COMPANION_SHARE) * one @ one.T + COMPANION_SHARE * other @ other.T
    vectors = encoder.encode(texts)
    assert (vectors.shape, vectors.dtype, encoder.dim) == ((3, 8 + OUT), np.float32, 8 + OUT)
    assert np.allclose(vectors @ vectors.T, expected, atol=1e-5)


def test_equal_texts_give_equal_bits_in_any_company(encoder: SentenceEncoder) -> None:
    texts = list(TINY_TEXTS)
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    encoder.warm_up()
    assert encoder.encode(texts).tobytes() == alone.tobytes()
    assert encoder.encode(texts[::-1])[::-1].tobytes() == alone.tobytes()
    assert encoder.encode([]).shape == (0, 8 + OUT)


def test_its_manifest_names_both(model: ModelDirectory, tiny_universal: UniversalWeights) -> None:
    manifest = json.loads((model.folder / MANIFEST).read_text())
    assert (manifest["dim"], manifest["companion_sha256"]) == (8 + OUT, tiny_universal.sha256)
    assert (model.dim, open_model(model.folder)) == (8 + OUT, model)
    check_canaries(model.folder, SentenceEncoder(model.encoder_folder).encode)


def test_other_domains_and_no_companion_are_other_models(
    tmp_path: Path,
    model: ModelDirectory,
    tiny_model: ModelDirectory,
    tiny_weights: PretrainedWeights,
    tiny_universal: UniversalWeights,
) -> None:
    def fingerprint(*texts: str) -> str:
        return prepare_model(
            tmp_path, tiny_weights, texts=texts, terms=TINY_TERMS, companion=tiny_universal
        ).fingerprint

    assert fingerprint(*TINY_TEXTS, *TINY_TEXTS[::-1]) == model.fingerprint
    # The same pieces, another mean.
    assert len({model.fingerprint, tiny_model.fingerprint, fingerprint(*TINY_TEXTS[1:]), fingerprint("")}) == 4
