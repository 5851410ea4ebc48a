"""One immutable engine: model, index and thresholds that answer together under one release."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np

from nlp.calibration import Calibration
from nlp.interpretation import Interpretation, Interpreter, Reading
from nlp.lexicon import Lexicon
from qa.decision import Thresholds
from retrieval.documents import Filter, Hit, Query
from retrieval.searcher import Searcher

TOP_K = 10
"""Entries that are searched for; MRR@10 looks no further."""
FEATURES = (
    "score",
    "margin",
    "dense_class",
    "dense_class_margin",
    "textual_class",
    "textual_class_margin",
    "dense",
    "lexical",
    "density",
    "phrasings",
    "length",
    "terms",
)
"""Evidence of a hit, stored with every turn."""
WEIGHED = ("score",)
"""Evidence that P(correct) rests on; more of it was measured worse (docs/decisions/0006-class-scores.md)."""

WEIGHED_FOR_PROMISES = ("score", "margin")
"""Evidence that a stated promise rests on: near ties count against an answer."""

WEIGHED_ON_QUESTIONS = tuple(name for name in FEATURES if name not in {*WEIGHED_FOR_PROMISES, "terms"})
"""Evidence that is weighed too where there are labelled questions (docs/decisions/0012-evidence.md)."""

DEFAULT_CALIBRATION = Calibration(
    features=("score",),
    mean=(0.55,),
    scale=(0.25,),
    weights=(1.8,),
    bias=0.0,
    answer_threshold=0.4,
    clarify_threshold=0.2,
)
"""For knowledge bases too small to be calibrated on themselves: a middle of those of the public sets."""

EVERYTHING = Filter()
FOREIGN_PENALTY = 0.25
"""Taken from every score when a question names another maker, another product or an error code nobody knows:
about the distance between a knowledge base's middling right answer and its threshold."""
MAX_RENEWED = 6_000
"""Phrasings up to which class scores are fitted anew after every edit: 4 s beside the answering thread."""


@dataclass(frozen=True, slots=True)
class Question:
    """One utterance, asked of one knowledge base.

    Attributes:
        is_unfinished: Whether it is still being typed: it is read once instead of twice.
    """

    knowledge_base_id: int
    text: str
    where: Filter = EVERYTHING
    is_unfinished: bool = False


@dataclass(frozen=True, slots=True)
class RankedEntry:
    """An entry that was found, with its P(correct) 0..1 and what it rests on."""

    entry_id: int
    phrasing_id: int
    probability: float
    evidence: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Finding:
    """All that one release makes of one question.

    Attributes:
        readings: What was searched for: the text as it stands, and in the lexicon's own words where they differ.
    """

    release: int
    text: str
    language: str
    terms: tuple[str, ...]
    ranked: tuple[RankedEntry, ...]
    thresholds: Thresholds
    readings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bundle:
    """What answers: never changed, only replaced by the next one."""

    release: int
    model_fingerprint: str
    knowledge_revision: int
    lexicon_revision: int
    interpreter: Interpreter
    searcher: Searcher
    lexicons: Mapping[int, Lexicon]
    calibrations: Mapping[int, Calibration]

    def consider(self, questions: Sequence[Question]) -> list[Finding]:
        """Interpret, search and weigh questions, in one batch."""
        lexicons = [self.lexicons[q.knowledge_base_id] for q in questions]
        meanings = self.interpreter.interpret(
            [q.text for q in questions], lexicons, briefly=[q.is_unfinished for q in questions]
        )
        found = self._search(questions, meanings)
        return [self._weigh(*parts) for parts in zip(questions, meanings, map(merge_hits, found), strict=True)]

    def renewed(self) -> "Bundle":
        """Return a bundle whose edited knowledge bases have their class scores fitted anew; itself without edits.

        An edit answers at once with a stand-in score; the fit takes a second for 3,000 phrasings. Large
        knowledge bases wait until compacting is due.
        """
        searcher = self.searcher
        for base_id in self.lexicons:
            partition = searcher.partition(base_id)
            is_edited = partition.delta_size or partition.num_tombstones
            if is_edited and len(partition.documents) <= MAX_RENEWED:
                searcher = searcher.with_partition(base_id, partition.compacted())
        return self if searcher is self.searcher else replace(self, searcher=searcher)

    def _search(self, questions: Sequence[Question], meanings: Sequence[Interpretation]) -> list[list[list[Hit]]]:
        """Return the hits of every reading of every question; each knowledge base is searched once."""
        found: list[list[list[Hit]]] = [[] for _ in questions]
        asked: dict[int, list[tuple[int, Reading]]] = {}
        for place, (question, meaning) in enumerate(zip(questions, meanings, strict=True)):
            if meaning.text:
                asked.setdefault(question.knowledge_base_id, []).extend((place, r) for r in meaning.readings)
        for base_id, readings in asked.items():
            queries = [Query(reading.text, questions[place].where) for place, reading in readings]
            vectors = np.array([reading.vector for _, reading in readings])
            hits = self.searcher.search_many(base_id, queries, vectors, top_k=TOP_K)
            for (place, _), of_reading in zip(readings, hits, strict=True):
                found[place].append(of_reading)
        return found

    def _weigh(self, question: Question, meaning: Interpretation, hits: Sequence[Hit]) -> Finding:
        calibration = self.calibrations[question.knowledge_base_id]
        evidence = evidence_of(hits, len(meaning.text), penalty=FOREIGN_PENALTY if meaning.foreign else 0.0)
        # An entry is never likelier than one before it, though it may have more of some evidence.
        probabilities = accumulate(map(calibration.probability_of, evidence), min)
        ranked = tuple(
            RankedEntry(hit.entry_id, hit.phrasing_id, probability, of_hit)
            for hit, probability, of_hit in zip(hits, probabilities, evidence, strict=True)
        )
        thresholds = Thresholds(calibration.answer_threshold, calibration.clarify_threshold)
        readings = tuple(reading.text for reading in meaning.readings)
        return Finding(self.release, meaning.text, meaning.language, meaning.terms, ranked, thresholds, readings)


def merge_hits(found: Sequence[Sequence[Hit]]) -> list[Hit]:
    """Put the hits of an utterance's readings together: each entry under the reading that it fits best."""
    if len(found) == 1:
        return list(found[0])
    best: dict[int, Hit] = {}
    for hit in (hit for hits in found for hit in hits):
        if hit.entry_id not in best or hit.score > best[hit.entry_id].score:
            best[hit.entry_id] = hit
    return sorted(best.values(), key=lambda hit: (-hit.score, hit.entry_id))[:TOP_K]


def evidence_of(hits: Sequence[Hit], length: int, *, penalty: float = 0.0) -> list[dict[str, float]]:
    """Return what each hit's confidence rests on, by the names in FEATURES.

    A margin is the distance to the best of the other hits. Numbers of phrasings and of characters count by their
    logarithm.

    Args:
        hits: Best first.
        length: Of the question, in characters.
        penalty: Taken from every score.
    """
    scores = [hit.score - penalty for hit in hits]
    columns = zip(
        hits,
        scores,
        _margins(scores),
        _margins([hit.dense_class for hit in hits]),
        _margins([hit.textual_class for hit in hits]),
        strict=True,
    )
    log_length = math.log1p(length)
    return [
        {
            "score": score,
            "margin": margin,
            "dense_class": hit.dense_class,
            "dense_class_margin": dense_margin,
            "textual_class": hit.textual_class,
            "textual_class_margin": textual_margin,
            "dense": hit.dense,
            "lexical": hit.lexical,
            "density": hit.density,
            "phrasings": math.log(hit.num_phrasings),
            "length": log_length,
            "terms": hit.term_agreement,
        }
        for hit, score, margin, dense_margin, textual_margin in columns
    ]


def _margins(values: Sequence[float]) -> list[float]:
    """Return each value less the best of the others; less 0 where there is no other."""
    if len(values) < 2:
        return list(values)
    second, best = sorted(values)[-2:]
    return [value - (second if value == best else best) for value in values]
