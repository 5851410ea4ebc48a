"""What every source of weights gives, and weights from scratch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from nlp.hashing import fingerprint

FloatArray = npt.NDArray[np.float32]


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
