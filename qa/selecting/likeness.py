"""Which utterances say the same."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

NEAR_DUPLICATE = 0.97
"""Cosine from which two utterances with the same codes, numbers and telling words are one. Among the demonstration's
3,100 phrasings one pair of two entries reaches it, and that pair differs in a telling word."""
# What tells two questions apart that an encoder finds nearly the same: 室内机漏水 and 室外机漏水 have a cosine of 0.99.
_TELLING = re.compile(
    r"[a-z]*\d[a-z\d./-]*|[内外冷热暖凉开关不没无未左右上下前后高低大小多少进出白黑红黄绿蓝]"
    r"|\b(?:in|out|indoors?|outdoors?|inside|outside|on|off|not?|never|without|\w+n't|hot|cold|heat\w*|cool\w*|before|after|"
    r"up|down|left|right|high|low)\b",
    re.IGNORECASE,
)


def group_near_duplicates(texts: Sequence[str], vectors: FloatArray) -> list[int]:
    """Say of each text which earlier one it repeats; its own place when it is the first of its kind.

    Args:
        texts: Normalised.
        vectors: (num_texts, dim) float32, L2-normalised.
    """
    telling = [frozenset(_TELLING.findall(text)) for text in texts]
    firsts: list[int] = []
    group: list[int] = []
    for place in range(len(texts)):
        same = [first for first in firsts if telling[first] == telling[place]]
        likeness = vectors[same] @ vectors[place] if same else np.zeros(0, np.float32)
        if len(likeness) and likeness.max() >= NEAR_DUPLICATE:
            group.append(same[int(likeness.argmax())])
        else:
            firsts.append(place)
            group.append(place)
    return group
