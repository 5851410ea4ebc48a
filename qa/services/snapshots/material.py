"""What a training takes from a snapshot, and nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa.exceptions import NothingToTrainOn
from qa.services.snapshots.reading import Dataset
from qa.services.snapshots.rows import Row, Source, Split

if TYPE_CHECKING:
    from nlp.lexicon import Lexicon
    from nlp.training.datasets import Example


@dataclass(frozen=True)
class Material:
    """A dataset as the encoder learns it.

    Attributes:
        examples: Phrasings and reviewed utterances of entries, each weighing the same.
        dev: The same, held out.
        texts: All texts: what the vocabulary keeps pieces for.
        terms: Jargon that gets tokens of its own.
        lexicon_by_text: That of each example's knowledge base; texts that several bases know are not among them.
        shown_texts, shown_names: What TensorBoard's projector shows: texts, and the entry of each.
    """

    examples: "tuple[Example, ...]"
    dev: "tuple[Example, ...]"
    texts: tuple[str, ...]
    terms: tuple[str, ...]
    lexicon_by_text: "Mapping[str, Lexicon]"
    shown_texts: tuple[str, ...]
    shown_names: tuple[str, ...]


def material_of(dataset: Dataset) -> Material:
    """Return what a dataset is trained with. What must be declined is no example: it has nothing in common.

    Raises:
        NothingToTrainOn: It has fewer than two entries with something to train on.
    """
    lexicons = {slug: _lexicon(dataset, slug) for slug in sorted(dataset.terms)}
    surfaces = (surface for lexicon in lexicons.values() for surface in lexicon.surfaces)
    shown = [row for row in dataset.rows if row.source != Source.OUT_OF_SCOPE]
    examples = _examples(dataset.rows, Split.TRAIN)
    if len({example.label for example in examples}) < 2:  # one entry can't be told from another
        raise NothingToTrainOn
    return Material(
        examples=examples,
        dev=_examples(dataset.rows, Split.DEV),
        texts=(*(row.text for row in dataset.rows), *surfaces),
        terms=tuple(dict.fromkeys(term for lexicon in lexicons.values() for term in lexicon.vocabulary_terms)),
        lexicon_by_text=_by_text(dataset.rows, lexicons),
        shown_texts=tuple(row.text for row in shown),
        shown_names=tuple(row.entry for row in shown),
    )


def _examples(rows: tuple[Row, ...], split: Split) -> "tuple[Example, ...]":
    from nlp.training.datasets import Example  # SentencePiece: only where something is trained

    wanted = (row for row in rows if row.split == split and row.source != Source.OUT_OF_SCOPE)
    return tuple(Example(row.text, row.entry_id) for row in wanted if row.entry_id is not None)


def _by_text(rows: Iterable[Row], lexicons: "Mapping[str, Lexicon]") -> "dict[str, Lexicon]":
    bases: dict[str, set[str]] = {}
    for row in rows:
        bases.setdefault(row.text, set()).add(row.knowledge_base)
    return {text: lexicons[slug] for text, (slug, *others) in bases.items() if not others and slug in lexicons}


def _lexicon(dataset: Dataset, slug: str) -> "Lexicon":
    from qa.engine.building import lexicon_of

    phrasings = [row.text for row in dataset.rows if row.knowledge_base == slug and row.phrasing_id is not None]
    return lexicon_of(dataset.terms[slug], phrasings)
