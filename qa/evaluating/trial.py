"""A trial: both systems answer the same frozen questions the way a customer's are answered."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from qa.engine.bundle import Bundle, Question
from qa.evaluating.asking import Asked, Reply, ask
from qa.evaluating.contenders import with_promises, without_held_out, without_strangers
from qa.evaluating.questions import LabelledQuestion, QuestionSet, known_entries
from qa.evaluating.slicing import latin_words, slice_questions
from qa.evaluating.trial_questions import Docket, TrialQuestion, draw_docket
from qa.evaluating.weighing import Hearing
from qa.models import KnowledgeBase
from qa.progress import Progress

NUM_TIMED, NUM_WARMED = 60, 5
"""Questions that both systems are timed on, one after the other, and how many come before that don't count."""
MAX_LATENCY_RATIO = 1.25
"""Most that an answer may take, as a multiple of the live model's."""


@dataclass(frozen=True)
class Trial:
    """What a trial brought to light.

    Attributes:
        hearings: One a knowledge base.
        latency_ratio: Median over questions of candidate's by live time; None without questions.
    """

    hearings: tuple[Hearing, ...]
    latency_ratio: float | None


def hold_trial(
    live: Bundle,
    candidate: Bundle,
    *,
    question_set: QuestionSet | None,
    file_base: KnowledgeBase | None,
    trained: Collection[str] = (),
    progress: Progress,
) -> Trial:
    """Ask both systems everything.

    Args:
        live: As it answers now.
        candidate: As it would go live, promises left aside (see `build_contender`).
        question_set: An operator's own questions.
        file_base: The knowledge base that these are put to.
        trained: Normalised texts that one of them was trained on; what was reviewed and is among them is not asked.
        progress: Told of each stage.
    """
    bundles = (live, with_promises(candidate))
    hearings = []
    for base in KnowledgeBase.objects.order_by("slug"):
        own = question_set if file_base is not None and base.pk == file_base.pk else None
        hearings.append(hear(base, *bundles, own, trained=trained, progress=progress))
    return Trial(tuple(hearings), _latency_ratio(bundles, hearings))


def hear(
    base: KnowledgeBase,
    live: Bundle,
    candidate: Bundle,
    question_set: QuestionSet | None,
    *,
    trained: Collection[str] = (),
    progress: Progress,
) -> Hearing:
    """Ask both systems the questions of one knowledge base; see `hold_trial`."""
    known = live.searcher.partition(base.pk).documents
    docket = draw_docket(base, known, known_entries(base), question_set, trained=trained)
    asked = [
        put(base, bundle, docket, progress=partial(progress, f"{base.slug}: asking the {name}"))
        for name, bundle in (("live model", live), ("candidate", candidate))
    ]
    documents = live.searcher.partition(base.pk).documents
    words = latin_words([d.text for d in documents if d.phrasing_id not in docket.held_out_phrasings])
    members = tuple(slice_questions(docket.questions, asked[0].replies, live.lexicons[base.pk], words))
    return Hearing(base.slug, base.promise_target, docket, asked[0], asked[1], members)


def put(base: KnowledgeBase, bundle: Bundle, docket: Docket, *, progress: Callable[[int, int], None]) -> Asked:
    """Ask one system all questions of a docket, each of the knowledge that may be known then."""
    entries, num = known_entries(base), len(docket.questions)
    replies: list[Reply] = []
    parts: tuple[tuple[tuple[TrialQuestion, ...], Callable[[], Bundle]], ...] = (
        (docket.whole, lambda: bundle),
        (docket.held_out, lambda: without_held_out(bundle, base.pk, docket)),
        (docket.strangers, lambda: without_strangers(bundle, base.pk, docket)),
    )
    for questions, system in parts:
        if questions:
            before = len(replies)
            step = partial(_shifted, progress, before, num)
            replies += ask(system(), base.pk, _labelled(questions), entries, progress=step).replies
    return Asked(tuple(replies), bundle.calibrations[base.pk].answer_threshold)


def _shifted(progress: Callable[[int, int], None], before: int, num: int, done: int, _of: int) -> None:
    progress(before + done, num)


def _labelled(questions: Sequence[TrialQuestion]) -> list[LabelledQuestion]:
    return [question.question for question in questions]


def _latency_ratio(bundles: tuple[Bundle, Bundle], hearings: Sequence[Hearing]) -> float | None:
    """Time both systems on the same questions in turns; a slow first measurement is checked by a longer one."""
    questions = [
        Question(base.pk, asked.question.text)
        for hearing, base in zip(hearings, KnowledgeBase.objects.order_by("slug"), strict=True)
        for asked in hearing.docket.questions
    ]
    if not questions:
        return None
    ratio = _timed(bundles, questions, NUM_TIMED)
    # Other work on the machine makes a slow measurement, never a fast one: the lower of two is nearer to the truth.
    return ratio if ratio <= MAX_LATENCY_RATIO else min(ratio, _timed(bundles, questions, 2 * NUM_TIMED))


def _timed(bundles: tuple[Bundle, Bundle], questions: Sequence[Question], num: int) -> float:
    ratios = []
    for turn in range(NUM_WARMED + num):
        question = questions[turn % len(questions)]
        order = (0, 1) if turn % 2 else (1, 0)
        seconds = [0.0, 0.0]
        for side in order:
            began = time.perf_counter()
            bundles[side].consider([question])
            seconds[side] = time.perf_counter() - began
        ratios.append(seconds[1] / seconds[0])
    return float(np.median(ratios[NUM_WARMED:]))
