"""The served sentence encoder: strings to L2-normalised vectors, of one network or of two side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlp.encoder_part import EncoderPart
from nlp.pretrained import FloatArray

TRANSFORMER, COMPANION = "transformer", "companion"
"""Folders of the parts."""
MEAN = "mean.npy"
COMPANION_SHARE = 0.45
"""What the companion's cosines count beside the transformer's (docs/decisions/0011-companion.md)."""
SHRINKAGE = 8
"""As many texts without direction join the domain's when its mean is taken, so that few texts don't centre much."""


@dataclass(frozen=True)
class _Centred:
    """A part whose vectors are centred on the domain and weighed."""

    part: EncoderPart
    mean: FloatArray
    share: float

    def encode(self, texts: Sequence[str], *, passages: bool) -> FloatArray:
        centred = self.part.encode(texts, passages=passages) - self.mean
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        return np.asarray(centred * (np.sqrt(self.share) / np.maximum(lengths, 1e-12)), np.float32)


class SentenceEncoder:
    """A loaded encoder.

    With a companion, a text's vector is both networks' vectors, each centred on the domain's mean and brought
    to its share of the length, one behind the other: a cosine is then the weighted mean of both cosines.
    Equal texts give equal vectors, bit for bit, whatever batch they come in. One thread at a time may call it.

    Attributes:
        dim: Of the vectors.
    """

    def __init__(self, folder: Path) -> None:
        self.transformer = EncoderPart(folder / TRANSFORMER)
        self._parts: list[_Centred] = []
        if (folder / COMPANION).exists():
            shares = {TRANSFORMER: 1 - COMPANION_SHARE, COMPANION: COMPANION_SHARE}
            parts = {TRANSFORMER: self.transformer, COMPANION: EncoderPart(folder / COMPANION)}
            self._parts = [
                _Centred(part, np.load(folder / name / MEAN, allow_pickle=False), shares[name])
                for name, part in parts.items()
            ]
        self.dim = sum(each.part.dim for each in self._parts) or self.transformer.dim

    def encode(self, texts: Sequence[str], *, passages: bool = False) -> FloatArray:
        """Encode normalised texts.

        Args:
            texts: Questions, or what answers them.
            passages: Whether they are answers; some encoders were trained to be told.

        Returns:
            `(len(texts), dim)` float32, L2-normalised, in the order of `texts`.
        """
        if not self._parts:
            return self.transformer.encode(texts, passages=passages)
        return np.concatenate([each.encode(texts, passages=passages) for each in self._parts], axis=1)

    def warm_up(self) -> None:
        """Run one sentence of every usual length, so that no customer pays for the first one."""
        for part in [each.part for each in self._parts] or [self.transformer]:
            part.warm_up()
        self.encode(["?"])


def write_means(folder: Path, texts: Sequence[str]) -> None:
    """Write the mean vector of a domain's texts beside each part of an encoder with a companion."""
    for name in (TRANSFORMER, COMPANION):
        vectors = EncoderPart(folder / name).encode(texts)
        mean = vectors.sum(axis=0) / (len(vectors) + SHRINKAGE)
        np.save(folder / name / MEAN, mean.astype(np.float32), allow_pickle=False)
