"""Error codes and model numbers by their shape, whether or not the lexicon knows them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

# One run of letters, digits and inner separators; each character can be taken in one way only, so
# that matching is linear. A code begins with a letter: `220v`, `3pm` and `24/7` are quantities.
_RUN = re.compile(r"(?<![a-z0-9])[a-z][a-z0-9]*(?:[-/][a-z0-9]+)*(?![a-z0-9])")
_DIGIT = re.compile("[0-9]")
_ERROR_CODE = re.compile("[a-z]{1,2}[0-9]{1,3}")
_LONGEST = 30


@dataclass(frozen=True, slots=True)
class Code:
    """One code in a normalised text: its half-open range, and what it looks like."""

    text: str
    start: int
    end: int
    kind: Literal["code", "model"]


def find_codes(text: str) -> Iterator[Code]:
    """Yield what is shaped like an error code (`e4`, `al12`) or a model number (`kfr-35gw/lc1`, `r410a`).

    Args:
        text: Normalised.
    """
    if not _DIGIT.search(text):
        return
    for match in _RUN.finditer(text):
        if _DIGIT.search(match[0]) and len(match[0]) <= _LONGEST:
            kind: Literal["code", "model"] = "code" if _ERROR_CODE.fullmatch(match[0]) else "model"
            yield Code(match[0], match.start(), match.end(), kind)
