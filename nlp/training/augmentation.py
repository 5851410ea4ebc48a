"""Light noise on training phrasings: what fingers do to a keyboard."""

from collections.abc import Callable

import numpy as np

_LEAST_LENGTH = 5
"""Shorter texts and words are left alone: a typo could make another word of them."""


def with_typo(text: str, rng: np.random.Generator) -> str:
    """Swap, drop or double one inner character of a text.

    Digits are left alone: an error code with another digit is another code.
    """
    places = [i for i in range(1, len(text) - 2) if text[i].isalpha() and text[i + 1].isalpha()]
    if len(text) < _LEAST_LENGTH or not places:
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
