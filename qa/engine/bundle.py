"""One immutable engine: model, index and thresholds that answer together under one release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nlp.calibration import Calibration, FeatureArray
from nlp.interpretation import Interpretation, Interpreter
from nlp.lexicon import Lexicon
from qa.decision import Thresholds
from retrieval.documents import Filter, Hit
from retrieval.searcher import Searcher

TOP_K = 10
"""Entries that are searched for; MRR@10 looks no further."""
FEATURES = ("score", "margin", "dense_class", "textual_class", "dense", "lexical", "terms")
"""Evidence of a hit, stored with every turn."""
WEIGHED = ("score",)
"""Evidence that P(correct) rests on; more of it was measured worse (docs/decisions/0006-class-scores.md)."""

WEIGHED_FOR_PROMISES = ("score", "margin")
"""Evidence that a stated promise rests on: near ties count against an answer."""

DEFAULT_CALIBRATION = Calibration(
    features=("score",),
    mean=(0.45,),
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
    """One utterance, asked of one knowledge base."""

    knowledge_base_id: int
    text: str
    where: Filter = EVERYTHING


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
        interpretations = self.interpreter.interpret([q.text for q in questions], lexicons)
        return [self._find(*pair) for pair in zip(questions, interpretations, strict=True)]

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

    def _find(self, question: Question, meaning: Interpretation) -> Finding:
        calibration = self.calibrations[question.knowledge_base_id]
        hits: list[Hit] = []
        if meaning.text:
            found = [
                self.searcher.search(question.knowledge_base_id, r.text, r.vector, top_k=TOP_K, where=question.where)
                for r in meaning.readings
            ]
            hits = merge_hits(found)
        if meaning.foreign:
            hits = [replace(hit, score=hit.score - FOREIGN_PENALTY) for hit in hits]
        evidence = evidence_of(hits)
        probabilities = calibration.probability(columns(evidence, calibration.features))
        ranked = tuple(
            RankedEntry(hit.entry_id, hit.phrasing_id, float(p), dict(zip(FEATURES, map(float, row), strict=True)))
            for hit, p, row in zip(hits, probabilities, evidence, strict=True)
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


def evidence_of(hits: Sequence[Hit]) -> FeatureArray:
    """Return what each hit's confidence rests on: `(len(hits), len(FEATURES))` float64."""
    scores = [hit.score for hit in hits]
    rows = []
    for index, h in enumerate(hits):
        second = max((score for i, score in enumerate(scores) if i != index), default=0.0)
        margin = h.score - second
        rows.append((h.score, margin, h.dense_class, h.textual_class, h.dense, h.lexical, h.term_agreement))
    return np.array(rows, dtype=np.float64).reshape(len(hits), len(FEATURES))


def columns(evidence: FeatureArray, names: Sequence[str]) -> FeatureArray:
    """Return some of the evidence: `(n, len(names))`, in the order of the names."""
    return evidence[:, [FEATURES.index(name) for name in names]]
