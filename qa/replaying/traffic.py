"""Held-out phrasings as traffic: what is known at first, and what is asked week after week."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nlp.text import normalise
from qa.benchmarking.files import OUT_OF_SCOPE, LabelledText
from qa.exceptions import ImportRefused


@dataclass(frozen=True)
class Traffic:
    """One drawing of an experiment; no text is in two of its parts.

    Attributes:
        known: What the knowledge base knows at first.
        lots: What is asked in each week, in the order of asking.
        test: What is measured on.
    """

    known: tuple[LabelledText, ...]
    lots: tuple[tuple[LabelledText, ...], ...]
    test: tuple[LabelledText, ...]

    @property
    def num_test_out_of_scope(self) -> int:
        """How many of the test's questions must be declined."""
        return sum(row.label == OUT_OF_SCOPE for row in self.test)


def draw_traffic(
    kb: Sequence[LabelledText],
    test: Sequence[LabelledText],
    stream: Sequence[LabelledText] | None,
    *,
    per_entry: int,
    num_lots: int,
    seed: int,
) -> Traffic:
    """Draw what is known at first, and shuffle the rest into lots.

    The traffic is what KB has beyond `per_entry` phrasings an entry, and the stream; without one, half of the
    out-of-scope questions of TEST, which is then measured on the other half. Labels that KB does not have are out of
    scope. What is in TEST is not asked.

    Raises:
        ImportRefused: Nothing is left to be asked.
    """
    rng = np.random.default_rng(seed)
    known, rest = _first_of_each(_shuffled(_once(kb), rng), per_entry)
    entries = {row.label for row in known}
    measured = [_as_known(row, entries) for row in _once(test)]
    if stream is None:
        more, measured = _halved(measured, rng)
    else:
        more = [_as_known(row, entries) for row in stream]
    asked = [*rest, *more]
    taken = {normalise(row.text) for row in (*known, *measured)}
    fresh = _shuffled([row for row in _once(asked) if normalise(row.text) not in taken], rng)
    if len(fresh) < num_lots:
        raise ImportRefused(
            f"{len(fresh)} questions are left for {num_lots} lots beside {len(known)} known phrasings. "
            "Give a --stream, a larger KB, or a smaller --per-entry."
        )
    lots = tuple(tuple(fresh[place] for place in lot) for lot in np.array_split(np.arange(len(fresh)), num_lots))
    return Traffic(tuple(known), lots, tuple(measured))


def _once(rows: Iterable[LabelledText]) -> list[LabelledText]:
    """Keep the first row of each text."""
    firsts: dict[str, LabelledText] = {}
    for row in rows:
        if text := normalise(row.text):
            firsts.setdefault(text, row)
    return list(firsts.values())


def _shuffled(rows: Sequence[LabelledText], rng: np.random.Generator) -> list[LabelledText]:
    return [rows[place] for place in rng.permutation(len(rows))]


def _first_of_each(rows: Sequence[LabelledText], per_entry: int) -> tuple[list[LabelledText], list[LabelledText]]:
    """Part rows into the first `per_entry` of each label, which out of scope is not, and the others."""
    counts: dict[str, int] = {}
    known: list[LabelledText] = []
    rest: list[LabelledText] = []
    for row in rows:
        counts[row.label] = counts.get(row.label, 0) + 1
        is_known = row.label != OUT_OF_SCOPE and counts[row.label] <= per_entry
        (known if is_known else rest).append(row)
    return known, rest


def _as_known(row: LabelledText, entries: set[str]) -> LabelledText:
    return row if row.label in entries else LabelledText(OUT_OF_SCOPE, row.text)


def _halved(test: Sequence[LabelledText], rng: np.random.Generator) -> tuple[list[LabelledText], list[LabelledText]]:
    """Take half of what is out of scope away from a test."""
    outside = [place for place, row in enumerate(test) if row.label == OUT_OF_SCOPE]
    taken = set(rng.permutation(outside)[: len(outside) // 2].tolist()) if outside else set()
    return [test[place] for place in sorted(taken)], [row for place, row in enumerate(test) if place not in taken]
