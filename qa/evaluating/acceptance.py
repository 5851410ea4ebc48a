"""What shows a customer that a claim holds: figures, what they rest on, and examples that we did not choose."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from django.utils import timezone

from nlp.comparing import questions_to_settle
from nlp.evaluation import Share
from nlp.metrics import BoolArray
from qa.decision import Clarify
from qa.engine.bundle import Bundle
from qa.evaluating.asking import Asked, Reply, ask
from qa.evaluating.figures import Details, detail
from qa.evaluating.overlap import Overlap, find_overlap
from qa.evaluating.provenance import hashes_of
from qa.evaluating.questions import QuestionSet, known_entries
from qa.evaluating.weighing import right_flags
from qa.models import Answer, KnowledgeBase

FORMAT = "hangjia-acceptance-1"
NUM_EXAMPLES = 20
"""Right ones, and wrong ones, that are shown in full."""


@dataclass(frozen=True)
class Origin:
    """Who vouches for the questions.

    Attributes:
        written_by: Who wrote them.
        drawn: How they were chosen.
    """

    written_by: str
    drawn: str


@dataclass(frozen=True)
class Measure:
    """One share that can be claimed.

    Attributes:
        name: `decided`, `answers`, `top1` or `declined`.
        share: With its Wilson interval; `value` is None where there was nothing to count.
        state: `shown`, `refuted`, or `open` where these questions don't tell.
        needed: Smallest number of questions that would settle the claim, should the share stay as it is; None
            where none in reach would, or nothing was counted.
    """

    name: str
    share: Share
    state: str
    needed: int | None


@dataclass(frozen=True)
class Example:
    """One question in full: what was asked, what was right, what was done, and the answer's words."""

    question: str
    label: str
    done: str
    given: str
    answer: str
    probability: float


@dataclass(frozen=True)
class Acceptance:
    """Everything that an acceptance report says.

    Attributes:
        claim: The share that was claimed, 0..1.
        measures: Of all questions.
        unseen: The same of those that the system had not seen.
        declined: In-scope questions that were asked back, and that were handed off; out-of-scope ones not answered.
    """

    knowledge_base: str
    made_at: str
    claim: float
    origin: Origin
    file_name: str
    file_sha256: str
    num: int
    num_out_of_scope: int
    measures: tuple[Measure, ...]
    overlap: Overlap
    unseen: tuple[Measure, ...]
    declined: dict[str, int]
    details: Details
    rights: tuple[Example, ...]
    wrongs: tuple[Example, ...]
    hashes: dict[str, object]

    def to_json(self) -> dict[str, object]:
        """Return what is signed."""
        overlap = {"exact": len(self.overlap.exact), "near": len(self.overlap.near), "cosine": self.overlap.cosine}
        return {
            "format": FORMAT,
            "knowledge_base": self.knowledge_base,
            "made_at": self.made_at,
            "claim": self.claim,
            "questions": {
                "num": self.num,
                "num_out_of_scope": self.num_out_of_scope,
                "file": self.file_name,
                "sha256": self.file_sha256,
                **asdict(self.origin),
            },
            "overlap": {**overlap, "num_known_texts": self.overlap.num_known},
            "measures": [asdict(measure) for measure in self.measures],
            "measures_without_overlap": [asdict(measure) for measure in self.unseen],
            "declined": self.declined,
            "slices": [asdict(one) for one in self.details.slices],
            "examples": {
                "seed": self.file_sha256,
                "right": [asdict(example) for example in self.rights],
                "wrong": [asdict(example) for example in self.wrongs],
            },
            "hashes": self.hashes,
        }


def examine(
    bundle: Bundle,
    knowledge_base: KnowledgeBase,
    question_set: QuestionSet,
    *,
    claim: float,
    origin: Origin,
    progress: Callable[[str, int, int], None],
) -> Acceptance:
    """Ask the questions and collect what an acceptance report says.

    Args:
        bundle: What is live.
        knowledge_base: Whose questions they are.
        question_set: The customer's questions, labelled.
        claim: The share that was claimed, 0..1.
        origin: Who wrote the questions and how they were drawn.
        progress: Told of each stage.
    """
    questions = question_set.questions
    step = partial(progress, "asking the questions")
    asked = ask(bundle, knowledge_base.pk, questions, known_entries(knowledge_base), progress=step)
    overlap = find_overlap(bundle, knowledge_base, questions)
    right = right_flags(asked)
    is_new = np.array([row not in overlap.rows for row in range(len(questions))], np.bool_)
    answers = _answers_of(knowledge_base)
    chosen = _chosen(right, question_set.file_sha256)
    return Acceptance(
        knowledge_base=knowledge_base.slug,
        made_at=timezone.now().isoformat(timespec="seconds"),
        claim=claim,
        origin=origin,
        file_name=question_set.file_name,
        file_sha256=question_set.file_sha256,
        num=len(questions),
        num_out_of_scope=sum(not question.is_in_scope for question in questions),
        measures=measure_claim(asked, np.ones(len(questions), np.bool_), claim),
        overlap=overlap,
        unseen=measure_claim(asked, is_new, claim),
        declined=_declined(asked.replies),
        details=detail(asked),
        rights=tuple(_example(asked.replies[row], answers) for row in chosen[0]),
        wrongs=tuple(_example(asked.replies[row], answers) for row in chosen[1]),
        hashes=hashes_of(bundle, knowledge_base.pk),
    )


def measure_claim(asked: Asked, here: BoolArray, claim: float) -> tuple[Measure, ...]:
    """Measure every share that may be meant by a claim, on the questions (n,) that are `here`."""
    right, inside, answered = right_flags(asked), asked.outcomes.in_scope, asked.answered
    counted = {
        "decided": right[here],
        "answers": (right & inside)[here & answered],
        "top1": asked.outcomes.right[here & inside],
        "declined": right[here & ~inside],
    }
    return tuple(_measure(name, Share.wilson(flags), claim) for name, flags in counted.items())


def _measure(name: str, share: Share, claim: float) -> Measure:
    if share.value is None:
        return Measure(name, share, "open", None)
    state = "shown" if share.low >= claim else "refuted" if share.high < claim else "open"
    return Measure(name, share, state, questions_to_settle(share.value, claim))


def _declined(replies: Sequence[Reply]) -> dict[str, int]:
    unanswered = [reply for reply in replies if not reply.is_answered]
    inside = [reply for reply in unanswered if reply.question.is_in_scope]
    asked_back = sum(isinstance(reply.decision, Clarify) for reply in inside)
    return {
        "in_scope_asked_back": asked_back,
        "in_scope_handed_off": len(inside) - asked_back,
        "out_of_scope_not_answered": len(unanswered) - len(inside),
    }


def _chosen(right: BoolArray, file_sha256: str) -> tuple[list[int], list[int]]:
    """Draw right and wrong ones; the file's hash is the seed, so that nobody can choose what is shown."""
    rng = np.random.default_rng(int(file_sha256, 16))
    order = rng.permutation(len(right))
    rows = [order[flags][:NUM_EXAMPLES].tolist() for flags in (right[order], ~right[order])]
    return rows[0], rows[1]


def _answers_of(knowledge_base: KnowledgeBase) -> dict[tuple[str, str], str]:
    answers = Answer.objects.filter(entry__knowledge_base=knowledge_base)
    return {(pk, code): text for pk, code, text in answers.values_list("entry__external_id", "language", "text")}


def _example(reply: Reply, answers: dict[tuple[str, str], str]) -> Example:
    done = "answered" if reply.is_answered else "asked back" if isinstance(reply.decision, Clarify) else "handed off"
    own = answers.get((reply.given, reply.language))
    other = next((text for (entry, _code), text in sorted(answers.items()) if entry == reply.given), "")
    probability = round(reply.probability, 4)
    return Example(reply.question.text, reply.question.label, done, reply.given, own or other, probability)
