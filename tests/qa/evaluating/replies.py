"""Replies of a made-up system: eight questions, one of every kind."""

import datetime

from qa.decision import Answer, Candidate, Thresholds, decide
from qa.evaluating.asking import Asked, Reply
from qa.evaluating.figures import compare, detail, measure
from qa.evaluating.questions import LabelledQuestion
from qa.evaluating.running import FULL, Evaluation, Subject

THRESHOLDS = Thresholds(0.6, 0.3)
ROWS: tuple[tuple[str, str, str, bool, tuple[str, ...], float], ...] = (
    # label, text, language, has terms, ranked, P(correct) of the first
    ("a", "少氟怎么办", "zh", True, ("a", "b", "c"), 0.95),
    ("a", "low gas", "en", True, ("a", "b", "c"), 0.8),
    ("b", "buzzes " * 20, "en", False, ("b", "a", "c"), 0.7),
    ("b", "<b>humming</b> & co", "en", False, ("a", "b", "c"), 0.65),  # answered wrong
    ("c", "漏水", "zh", False, ("a", "c"), 0.4),  # asked back, the right one among the options
    ("c", "?", "", False, (), 0.0),  # nothing found
    ("__oos__", "tell me a joke", "en", False, ("c", "a"), 0.75),  # answered
    ("__oos__", "天气", "zh", False, ("b", "a"), 0.1),  # handed off
)


def make_asked(*, shift: float = 0.0) -> Asked:
    """Return the replies, each P(correct) moved by `shift`."""
    return Asked(tuple(_reply(*row, shift) for row in ROWS), THRESHOLDS.answer)


def make_evaluation() -> Evaluation:
    """Return an evaluation of them, with one ablation."""
    asked, without = make_asked(), make_asked(shift=-0.2)
    subject = Subject(
        knowledge_base="small",
        release=7,
        model="0123456789abcdef",
        knowledge_revision=3,
        lexicon_revision=2,
        file_name="questions.tsv",
        file_sha256="0" * 64,
        seed=0,
        evaluated_at=datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC),
    )
    rows = (compare(FULL, asked, asked, seed=0), compare("no jargon", without, asked, seed=0))
    return Evaluation(subject, measure(asked, target=0.9), detail(asked), rows, asked)


def _reply(
    label: str, text: str, language: str, has_terms: bool, ranked: tuple[str, ...], probability: float, shift: float
) -> Reply:
    sure = max(probability + shift, 0.0) if ranked else 0.0
    candidates = [Candidate(number, sure / (number + 1)) for number in range(len(ranked))]
    decision = decide(candidates, THRESHOLDS)
    return Reply(
        question=LabelledQuestion(label, text),
        text=text,
        language=language,
        has_terms=has_terms,
        ranked=ranked,
        probability=sure,
        decision=decision,
        given=ranked[decision.entry_id] if isinstance(decision, Answer) else "",
        offered=tuple(ranked[number] for number in getattr(decision, "entry_ids", ())),
    )
