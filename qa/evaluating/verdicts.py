"""What a judge says: blessed, or rejected and why; frozen, plain enough for JSON, and put into words when read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path

from django.utils import translation
from django.utils.translation import gettext as _


class Code(StrEnum):
    """Why a candidate is rejected; from FEW on, what could not be judged."""

    UNLOADABLE = "unloadable"
    LOSS = "loss"
    SLICE_LOSS = "slice_loss"
    RANKING = "ranking"
    SLICE_RANKING = "slice_ranking"
    HARM = "harm"
    MUST = "must"
    PROMISE = "promise"
    COVERAGE = "coverage"
    CALIBRATION = "calibration"
    LATENCY = "latency"
    SIZE = "size"
    GROWTH = "growth"
    FEW = "few"
    NONE = "none"
    MUST_BEFORE = "must_before"
    FIRST = "first"
    NO_BASELINE = "no_baseline"


@dataclass(frozen=True)
class Reason:
    """One thing that a judge found.

    Attributes:
        code: What.
        subject: Of what: a knowledge base, a slice, an entry, an error's words.
        numbers: What the words need: shares 0..1 stand in per cent points there already.
    """

    code: Code
    subject: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Return plain values, with the words in English beside them."""
        with translation.override("en"):
            words = describe(self)
        return {"code": self.code.value, "subject": self.subject, "numbers": dict(self.numbers), "words": words}

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> "Reason":
        """Read what `to_json` gave."""
        return cls(Code(str(stored["code"])), str(stored["subject"]), stored["numbers"])  # type: ignore[arg-type]  # ours


def describe(reason: Reason) -> str:
    """Put a reason into words, in the language that is active."""
    texts = {
        Code.UNLOADABLE: _("The candidate can't be loaded: %(subject)s"),
        Code.LOSS: _("%(subject)s: fewer questions are decided right: %(lost)d lost, %(gained)d gained (p = %(p).4f)."),
        Code.SLICE_LOSS: _(
            "%(subject)s: fewer questions of this kind are decided right: %(lost)d lost, %(gained)d gained "
            "(p = %(p).4f)."
        ),
        Code.RANKING: _("%(subject)s: the right entry stands lower: MRR %(before).1f → %(after).1f (p = %(p).4f)."),
        Code.SLICE_RANKING: _(
            "%(subject)s: in questions of this kind the right entry stands lower: MRR %(before).1f → %(after).1f "
            "(p = %(p).4f)."
        ),
        Code.HARM: _("%(subject)s: more questions are answered wrong: %(before)d → %(after)d (p = %(p).4f)."),
        Code.MUST: _("%(subject)s: a question that must be answered with this entry no longer is."),
        Code.PROMISE: _(
            "%(subject)s: the promise of %(target).1f %% is broken: %(after).1f %% of the automatic answers are right."
        ),
        Code.COVERAGE: _(
            "%(subject)s: fewer questions are answered automatically: %(before).1f → %(after).1f %% "
            "(at most %(tolerance).1f points may be lost)."
        ),
        Code.CALIBRATION: _(
            "%(subject)s: P(correct) is further from the truth: calibration error %(before).1f → %(after).1f points "
            "(at most %(tolerance).1f may be added)."
        ),
        Code.LATENCY: _("Answers take %(ratio).2f times as long as the live model's; at most %(most).2f is allowed."),
        Code.SIZE: _("The model has %(size).1f MB; at most %(most).1f are allowed."),
        Code.GROWTH: _("The model has %(size).1f MB, more than %(most).2f times the live one's %(before).1f."),
        Code.FEW: _("%(subject)s: with %(num)d questions only a loss of %(points).1f points would be seen."),
        Code.NONE: _(
            "%(subject)s: there is no question to judge by: too few phrasings to hold any out, nothing reviewed, "
            "nothing that must be answered. Give --questions, or questions that must be answered."
        ),
        Code.MUST_BEFORE: _("%(subject)s: a question that must be answered is not, and was not before either."),
        Code.FIRST: _("Nothing is live yet, so there is nothing to be worse than."),
        Code.NO_BASELINE: _(
            "There are no figures of an earlier run to hold this against; these are stored as the first."
        ),
    }
    return texts[reason.code] % {"subject": reason.subject, **reason.numbers}


@dataclass(frozen=True)
class Comparison:
    """One kind of questions under both systems; shares 0..1.

    Attributes:
        dimension, value: Which kind; `all` for every question.
        num: Questions.
        live_right, candidate_right: Share decided right: answered with its entry, or not answered where out of scope.
        gained, lost, p: McNemar's test for loss, one-sided.
        live_mrr, candidate_mrr, mrr_p: Of the in-scope ones; None without any.
        is_judged: Whether there are enough to judge by.
        is_worse, is_ranked_worse: Whether a loss is shown.
    """

    dimension: str
    value: str
    num: int
    live_right: float
    candidate_right: float
    gained: int
    lost: int
    p: float
    live_mrr: float | None
    candidate_mrr: float | None
    mrr_p: float
    is_judged: bool = True
    is_worse: bool = False
    is_ranked_worse: bool = False


@dataclass(frozen=True)
class Standing:
    """One system's figures on a knowledge base's questions; shares 0..1, None = nothing to measure.

    Attributes:
        top1: Right entry first, of the in-scope ones.
        joint: 0.8 × answered right + 0.2 × declined, as decided.
        answered_wrong: Questions that got a wrong answer.
        right_of_answers: Share of automatic answers that are right.
        coverage: Share of in-scope questions answered.
        ece: Calibration error.
    """

    top1: float | None
    joint: float | None
    answered_wrong: int
    right_of_answers: float | None
    coverage: float | None
    ece: float


@dataclass(frozen=True)
class BaseVerdict:
    """One knowledge base under both systems.

    Attributes:
        knowledge_base: Its slug.
        docket_sha256: Digest of the questions.
        num_by_origin: How many came from where.
        live, candidate: Figures; None without questions.
        overall, slices: Question by question.
        reasons, notes: Against the candidate; what could not be judged.
    """

    knowledge_base: str
    docket_sha256: str
    num_by_origin: Mapping[str, int]
    live: Standing | None
    candidate: Standing | None
    overall: Comparison | None
    slices: tuple[Comparison, ...]
    reasons: tuple[Reason, ...]
    notes: tuple[Reason, ...]

    @property
    def num_questions(self) -> int:
        """How many were asked."""
        return sum(self.num_by_origin.values())


@dataclass(frozen=True)
class Verdict:
    """What a trial came to.

    Attributes:
        is_blessed: Whether the candidate may go live.
        candidate_fingerprint, live_fingerprint: The two models; the second empty where nothing was live.
        reasons: Why not; empty when blessed.
        notes: What could not be judged.
        bases: One a knowledge base.
        latency_ratio: Median time of the candidate over the live model's, question by question; None if not measured.
        size_mb, live_size_mb: Of the model directories; 0 for what can't be loaded.
        calibrations: The candidate's, by slug, as they would go live.
        outcomes: By slug, what the candidate made of each question (`qa.evaluating.outcomes`).
        trial: Number of the row that it is stored in.
        page: The report; None where no question was asked.
    """

    is_blessed: bool
    candidate_fingerprint: str
    live_fingerprint: str
    reasons: tuple[Reason, ...]
    notes: tuple[Reason, ...] = ()
    bases: tuple[BaseVerdict, ...] = ()
    latency_ratio: float | None = None
    size_mb: float = 0.0
    live_size_mb: float = 0.0
    calibrations: Mapping[str, object] = field(default_factory=dict)
    outcomes: Mapping[str, object] = field(default_factory=dict)
    trial: int = 0
    page: Path | None = None

    def to_json(self) -> dict[str, object]:
        """Return plain values without any question's text."""
        return {
            "blessed": self.is_blessed,
            "trial": self.trial,
            "candidate": self.candidate_fingerprint,
            "live": self.live_fingerprint,
            "reasons": [reason.to_json() for reason in self.reasons],
            "notes": [note.to_json() for note in self.notes],
            "latency_ratio": self.latency_ratio,
            "size_mb": self.size_mb,
            "live_size_mb": self.live_size_mb,
            "knowledge_bases": [_plain(base) for base in self.bases],
            "report": str(self.page) if self.page else None,
            "outcomes": self.outcomes,
        }


def _plain(base: BaseVerdict) -> dict[str, object]:
    reasons = {
        "reasons": [reason.to_json() for reason in base.reasons],
        "notes": [note.to_json() for note in base.notes],
    }
    return {**asdict(base), **reasons}
