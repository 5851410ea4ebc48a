"""A throw-away knowledge base that learns what a reviewer labels, week by week."""

from collections.abc import Mapping, Sequence

import numpy as np

from nlp.interpretation import Interpreter, TextEncoder
from nlp.lexicon import Lexicon
from nlp.pretrained import FloatArray
from qa.benchmarking.files import OUT_OF_SCOPE, LabelledText
from qa.benchmarking.throw_away import (
    BASE_ID,
    Outcome,
    calibration_of,
    confidence_of,
    documents_of,
    entries_of,
    outcome_of,
)
from qa.decision import Answer, Candidate, Clarify, HandOff, decide
from qa.engine.bundle import Bundle, Finding, Question
from qa.selecting import NUM_SUGGESTIONS, Asked
from retrieval.lexical import LexicalAnalyzer
from retrieval.searcher import Partition, Searcher

BATCH = 256
"""Questions that are asked together."""
_KINDS = {Answer: "answer", Clarify: "clarify", HandOff: "handoff"}


class Learner:
    """Answers by what it was taught so far.

    Attributes:
        rows: What it knows: phrasings of entries, and questions to decline.
    """

    def __init__(
        self,
        rows: Sequence[LabelledText],
        encoder: TextEncoder,
        entry_ids: Mapping[str, int],
        *,
        num_chosen: int = 0,
        is_trained: bool = False,
        seed: int,
    ) -> None:
        """Index what is known, and fit the confidence to it.

        Args:
            rows: What it knows; what was chosen for review comes last.
            encoder: Makes the vectors.
            entry_ids: As `number_entries` numbers them.
            num_chosen: How many rows were chosen because the bot was unsure of them.
            is_trained: Whether the encoder was trained on `rows`.
            seed: Of what is drawn for the confidence.
        """
        self.rows, self.num_chosen = tuple(rows), num_chosen
        self._encoder, self._entry_ids, self._seed = encoder, entry_ids, seed
        documents = documents_of(rows, entry_ids)
        chosen = {d.phrasing_id for d in documents if d.phrasing_id > len(rows) - num_chosen}
        partition = Partition.build(documents, encoder.encode([d.text for d in documents]), LexicalAnalyzer({}))
        self._bundle = Bundle(
            release=0,
            model_fingerprint="",
            knowledge_revision=0,
            lexicon_revision=0,
            interpreter=Interpreter(encoder),
            searcher=Searcher({BASE_ID: partition}),
            lexicons={BASE_ID: Lexicon()},
            calibrations={BASE_ID: calibration_of(partition, is_trained=is_trained, chosen=chosen, seed=seed)},
        )

    def taught(self, labelled: Sequence[LabelledText], *, are_chosen: bool) -> "Learner":
        """Return what answers when these are known too.

        Args:
            labelled: What a reviewer labelled.
            are_chosen: Whether they were chosen for what is to be learned from them, and not by chance.
        """
        num_chosen = self.num_chosen + len(labelled) if are_chosen else 0
        rows = (*self.rows, *labelled)
        return Learner(rows, self._encoder, self._entry_ids, num_chosen=num_chosen, seed=self._seed)

    def under(self, encoder: TextEncoder, *, is_trained: bool) -> "Learner":
        """Return what answers with the same knowledge under another encoder."""
        return Learner(
            self.rows,
            encoder,
            self._entry_ids,
            num_chosen=self.num_chosen,
            is_trained=is_trained,
            seed=self._seed,
        )

    def ask(self, rows: Sequence[LabelledText]) -> list[Finding]:
        """Ask questions in batches."""
        texts = [row.text for row in rows]
        findings: list[Finding] = []
        for start in range(0, len(texts), BATCH):
            findings += self._bundle.consider([Question(BASE_ID, text) for text in texts[start : start + BATCH]])
        return findings

    def vectors_of(self, findings: Sequence[Finding]) -> FloatArray:
        """Return the vectors of what was asked, (len(findings), dim) float32."""
        return self._encoder.encode([finding.text for finding in findings])

    def measure(self, test: Sequence[LabelledText]) -> tuple[Outcome, float]:
        """Return what it makes of a test, and the threshold from which it answers."""
        findings = self.ask(test)
        ranked, confidence = [entries_of(f) for f in findings], [confidence_of(f) for f in findings]
        threshold = self._bundle.calibrations[BASE_ID].answer_threshold
        return outcome_of(ranked, confidence, test, self._entry_ids), threshold


def number_entries(rows: Sequence[LabelledText]) -> dict[str, int]:
    """Number the entries of a knowledge base, and what is out of scope, which may come to be known."""
    return {label: number for number, label in enumerate(dict.fromkeys([*(r.label for r in rows), OUT_OF_SCOPE]), 1)}


def asked_of(finding: Finding) -> Asked:
    """Return what the loop is told of one answered question, as `qa.services.proposing` reads it from a stored turn."""
    decision = decide([Candidate(r.entry_id, r.probability) for r in finding.ranked], finding.thresholds)
    return Asked(
        decision=_KINDS[type(decision)],
        probability=decision.probability,
        answer_threshold=finding.thresholds.answer,
        clarify_threshold=finding.thresholds.clarify,
        hits=tuple((r.entry_id, r.probability) for r in finding.ranked[:NUM_SUGGESTIONS]),
    )


class RememberingEncoder:
    """An encoder that encodes each text once: what is taught and asked comes back week after week."""

    def __init__(self, encoder: TextEncoder) -> None:
        self.dim = encoder.dim
        self._encoder = encoder
        self._vectors: dict[str, FloatArray] = {}

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return (len(texts), dim) float32, in order."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if missing:
            self._vectors |= zip(missing, self._encoder.encode(missing), strict=True)
        return np.array([self._vectors[text] for text in texts], np.float32).reshape(len(texts), self.dim)
