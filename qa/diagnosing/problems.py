"""One thing that is wrong, and the checks that find it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        says: What was found, and what was expected.
        mend: What to do about it.
    """

    says: str
    mend: str


Check = Callable[[], Iterator[Problem]]
"""Looks at one thing and yields what is wrong with it."""


@dataclass(frozen=True)
class Examination:
    """What one check came to.

    Attributes:
        name: Of the check.
        problems: None where all is well.
        needed: The check that failed before, without which this one says nothing; None when it was made.
    """

    name: str
    problems: tuple[Problem, ...] = ()
    needed: str | None = None
