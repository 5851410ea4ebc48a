"""Light noise on training phrasings: what fingers do to a keyboard."""

import re
from collections.abc import Callable

import numpy as np

_LEAST_LENGTH = 5
"""Shorter words are left alone: a typo could make another word of them."""
_TOKEN = re.compile(r"(?:(?![\u2e80-\u9fff\uac00-\ud7af])[\w-])+")
"""What stands together, without characters that mean something each: Chinese, Japanese, Korean."""


def with_typo(text: str, rng: np.random.Generator) -> str:
    """Swap, drop or double one inner letter of a word.

    What has a digit or a hyphen is left alone: another letter makes another model or error code. So are characters
    that mean something each: without 不 a text says the contrary.
    """
    words = [token for token in _TOKEN.finditer(text) if token[0].isalpha() and len(token[0]) >= _LEAST_LENGTH]
    places = [place for word in words for place in range(word.start() + 1, word.end() - 2)]
    if not places:
        return text
    at = int(rng.choice(places))
    kind = int(rng.integers(3))
    if kind == 0:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + text[at + 1 :] if kind == 1 else text[: at + 1] + text[at:]


def vary(
    text: str,
    rng: np.random.Generator,
    augment: Callable[[str, np.random.Generator], str] | None,
    *,
    augment_share: float,
    typo_share: float,
) -> str:
    """Return a training variant of a text: sometimes another wording, sometimes a typo, mostly itself.

    Args:
        augment: Text → a variant that means the same; none = no other wordings.
        augment_share: How often `augment` is asked, 0 to 1.
        typo_share: How often there is a typo, 0 to 1.
    """
    asked, slipped = rng.random(2)
    varied = augment(text, rng) if augment and asked < augment_share else text
    return with_typo(varied, rng) if slipped < typo_share else varied
