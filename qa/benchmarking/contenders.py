"""The baselines, on the same throw-away knowledge base and the same questions."""

from collections.abc import Sequence

from nlp.text import normalise
from qa.benchmarking.baselines import (
    Baseline,
    Bm25Baseline,
    EncoderBaseline,
    Ranking,
    StackBaseline,
    SvmBaseline,
    TfidfBaseline,
)
from qa.benchmarking.files import LabelledText
from qa.benchmarking.throw_away import Outcome, ThrowAwayBase

BASELINES = ("bm25", "tfidf", "svm", "encoder", "stack")
MAX_CLASSES = 2_000
"""A machine against the rest has a weight an n-gram for each entry: with more entries, gigabytes."""


def fit_baselines(base: ThrowAwayBase) -> dict[str, Baseline]:
    """Fit the baselines to the knowledge base's rows, on the encoder as it was before any training.

    Returns:
        In the order of `BASELINES`; without those that classify where there is one entry alone, or too many.
    """
    rows = [row for row, d in enumerate(base.documents) if not d.is_out_of_scope]  # they know no such thing
    texts, entries = [base.documents[row].text for row in rows], [base.documents[row].entry_id for row in rows]
    is_trained = base.model.is_trained
    vectors = base.untrained.encode(texts, passages=base.holds_answers) if is_trained else base.vectors[rows]
    fitted: dict[str, Baseline] = {
        "bm25": Bm25Baseline(texts, entries),
        "tfidf": TfidfBaseline(texts, entries),
        "encoder": EncoderBaseline(vectors, entries, base.untrained),
    }
    if 2 <= len(set(entries)) <= MAX_CLASSES:
        fitted["svm"] = SvmBaseline(texts, entries)
        fitted["stack"] = StackBaseline(texts, vectors, entries, base.untrained)
    return {name: fitted[name] for name in BASELINES if name in fitted}


def rank_baselines(base: ThrowAwayBase, rows: Sequence[LabelledText]) -> dict[str, Outcome]:
    """Let the baselines rank the same questions."""
    return {name: outcome_of_baseline(base, system, rows) for name, system in fit_baselines(base).items()}


def outcome_of_baseline(base: ThrowAwayBase, system: Baseline, rows: Sequence[LabelledText]) -> Outcome:
    """Hold a baseline's rankings against the labels."""
    rankings: list[Ranking] = system.rank([normalise(r.text) for r in rows])
    return base.outcome([r.entry_ids for r in rankings], [r.score for r in rankings], rows)
