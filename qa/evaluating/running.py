"""One evaluation: the questions asked, the figures, and the same again with each part taken out."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import datetime
from functools import partial

from django.utils import timezone

from nlp.evaluation import Confusion
from qa.engine.building import chosen_phrasings
from qa.engine.bundle import Bundle
from qa.evaluating.ablations import ABLATIONS, Ablation, Fitting, refitted, remembering
from qa.evaluating.asking import Asked, ask
from qa.evaluating.figures import AblationRow, Details, Figures, compare, detail, measure, plain
from qa.evaluating.questions import QuestionSet, known_entries
from qa.models import KnowledgeBase
from qa.progress import Progress

FULL = "full system"


@dataclass(frozen=True)
class Subject:
    """What was evaluated, on what: enough to do it again.

    Attributes:
        file_name, file_sha256: Of the questions.
        seed: Of the refitted confidences and the bootstrap.
    """

    knowledge_base: str
    release: int
    model: str
    knowledge_revision: int
    lexicon_revision: int
    file_name: str
    file_sha256: str
    seed: int
    evaluated_at: datetime


@dataclass(frozen=True)
class Evaluation:
    """Everything that one evaluation found.

    Attributes:
        ablations: The full system, its confidence refitted like the others', then each without a part;
            empty when none were asked for.
        asked: The replies; they hold what customers wrote and are shown in the report only.
    """

    subject: Subject
    figures: Figures
    details: Details
    ablations: tuple[AblationRow, ...]
    asked: Asked

    def to_json(self) -> dict[str, object]:
        """Return the figures as plain values; questions' texts are left out."""
        details = {f.name: [_plain(one) for one in getattr(self.details, f.name)] for f in fields(self.details)}
        subject = asdict(self.subject) | {"evaluated_at": self.subject.evaluated_at.isoformat(timespec="seconds")}
        return {
            "subject": subject,
            **plain(self.figures),
            **details,
            "ablations": [asdict(row) for row in self.ablations],
        }


def evaluate(
    bundle: Bundle,
    knowledge_base: KnowledgeBase,
    question_set: QuestionSet,
    *,
    target: float,
    with_ablations: bool,
    is_trained: bool,
    seed: int,
    progress: Progress,
) -> Evaluation:
    """Ask a bundle labelled questions and measure what it makes of them.

    Args:
        bundle: What is evaluated: the live one, or a candidate.
        knowledge_base: Whose questions they are.
        question_set: The questions; each label is an entry of the knowledge base, or out of scope.
        target: Share of right answers that the figures are held against, 0..1.
        with_ablations: Whether to measure what each part adds; takes a few times as long.
        is_trained: Whether the bundle's encoder was trained on the knowledge; its confidence is then fitted otherwise.
        seed: Of everything random.
        progress: Told of each stage.
    """
    entries, questions = known_entries(knowledge_base), question_set.questions
    bundle = remembering(bundle)

    def put_to(system: Bundle, name: str) -> Asked:
        step = partial(progress, f"{name}: asking")
        return ask(system, knowledge_base.pk, questions, entries, progress=step)

    asked = put_to(bundle, "live")
    rows: list[AblationRow] = []
    if with_ablations:
        fitting = Fitting(
            knowledge_base.pk, knowledge_base.promise_target, is_trained, seed, chosen_phrasings(knowledge_base.pk)
        )
        full: Asked | None = None
        for name, system in _systems(bundle, fitting, progress):
            replies = put_to(system, name)
            full = full or replies
            rows.append(compare(name, replies, full, seed=seed))
    return Evaluation(
        subject=_subject(bundle, knowledge_base, question_set, seed),
        figures=measure(asked, target=target),
        details=detail(asked),
        ablations=tuple(rows),
        asked=asked,
    )


def _systems(bundle: Bundle, fitting: Fitting, progress: Progress) -> Iterator[tuple[str, Bundle]]:
    """Yield the full system, then it without each part that it has; the confidence of all is fitted alike."""
    for ablation in (Ablation(FULL, refitted), *ABLATIONS):
        if ablation.applies(bundle):
            stage = f"{ablation.name}: fitting"
            progress(stage, 0, 1)
            system = ablation.without(bundle, fitting)
            progress(stage, 1, 1)
            yield ablation.name, system


def _subject(bundle: Bundle, knowledge_base: KnowledgeBase, question_set: QuestionSet, seed: int) -> Subject:
    return Subject(
        knowledge_base=knowledge_base.slug,
        release=bundle.release,
        model=bundle.model_fingerprint,
        knowledge_revision=bundle.knowledge_revision,
        lexicon_revision=bundle.lexicon_revision,
        file_name=question_set.file_name,
        file_sha256=question_set.file_sha256,
        seed=seed,
        evaluated_at=timezone.now(),
    )


def _plain(one: object) -> dict[str, object]:
    if isinstance(one, Confusion):
        return {"expected": one.expected, "given": one.given, "num": one.num}
    if not is_dataclass(one) or isinstance(one, type):
        raise TypeError(f"{one!r} is no figure.")
    return asdict(one)
