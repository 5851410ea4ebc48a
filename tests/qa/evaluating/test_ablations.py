"""Each ablation on a real bundle of the small knowledge base: what it takes out, and what it leaves."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nlp.calibration import NEVER
from qa.engine.building import build_bundle
from qa.engine.bundle import DEFAULT_CALIBRATION, Bundle, Question
from qa.evaluating.ablations import (
    ABLATIONS,
    NEAREST,
    Fitting,
    has_rewriter,
    refitted,
    remembering,
    without_classes,
    without_declining,
    without_jargon,
    without_textual,
)
from qa.evaluating.asking import ask
from qa.evaluating.questions import LabelledQuestion, known_entries
from qa.models import KnowledgeBase

if TYPE_CHECKING:
    from nlp.interpretation import Interpreter
    from nlp.pretrained import FloatArray
    from qa.models import Release
    from retrieval.searcher import Partition
    from tests.conftest import RememberingEncoder

pytestmark = pytest.mark.django_db

JARGON = "少氟了"


@pytest.fixture
def bundle(live_release: "Release", interpreter: "Interpreter", remembering_encoder: "RememberingEncoder") -> Bundle:
    return build_bundle(live_release, interpreter, remembering_encoder)


def fitting(base: KnowledgeBase, *, promise: float | None = None, seed: int = 0) -> Fitting:
    return Fitting(base.pk, promise, is_trained=False, seed=seed)


def partition_of(bundle: Bundle, base: KnowledgeBase) -> "Partition":
    return bundle.searcher.partition(base.pk)


def test_without_jargon_no_term_is_known(bundle: Bundle, knowledge_base: KnowledgeBase) -> None:
    question = [Question(knowledge_base.pk, JARGON)]
    (before,) = bundle.consider(question)
    (after,) = without_jargon(bundle, fitting(knowledge_base, seed=0)).consider(question)
    assert (before.terms, after.terms) == (("缺氟",), ())


def test_without_jargon_nothing_is_encoded_again(bundle: Bundle, knowledge_base: KnowledgeBase) -> None:
    before = partition_of(bundle, knowledge_base)
    after = partition_of(without_jargon(bundle, fitting(knowledge_base, seed=0)), knowledge_base)
    assert after.documents == before.documents
    np.testing.assert_allclose(after.vectors(), before.vectors(), atol=1e-6)


def test_without_textual_only_its_weight_goes(bundle: Bundle, knowledge_base: KnowledgeBase) -> None:
    before = partition_of(bundle, knowledge_base)
    after = partition_of(without_textual(bundle, fitting(knowledge_base, seed=0)), knowledge_base)
    assert after.weights == replace(before.weights, textual=0.0)
    assert after.snapshot is before.snapshot


def test_without_classes_is_still_calibrated(bundle: Bundle, knowledge_base: KnowledgeBase) -> None:
    system = without_classes(bundle, fitting(knowledge_base, seed=0))
    assert partition_of(system, knowledge_base).snapshot.classes is None
    assert system.calibrations[knowledge_base.pk] != DEFAULT_CALIBRATION
    (finding,) = system.consider([Question(knowledge_base.pk, "墙上一直流水")])
    known = known_entries(knowledge_base)
    assert known[finding.ranked[0].entry_id].external_id == "water-leak"
    assert finding.ranked[0].probability > finding.thresholds.answer


def test_without_declining_ranks_alike_by_other_confidence(bundle: Bundle, knowledge_base: KnowledgeBase) -> None:
    system = without_declining(bundle, fitting(knowledge_base, seed=0))
    assert system.calibrations[knowledge_base.pk].features == NEAREST
    question = [Question(knowledge_base.pk, "the unit outside is loud at night")]
    before, after = bundle.consider(question)[0], system.consider(question)[0]
    assert [r.entry_id for r in after.ranked] == [r.entry_id for r in before.ranked]
    assert [r.probability for r in after.ranked] != [r.probability for r in before.ranked]


def test_rewriter_is_taken_out_only_where_there_is_one(bundle: Bundle) -> None:
    assert [a.name for a in ABLATIONS if a.applies(bundle)] == [
        "no jargon",
        "no textual evidence",
        "no class scores",
        "no declining evidence",
    ]
    assert not has_rewriter(bundle)


def test_confidence_is_fitted_alike_for_the_same_seed(bundle: Bundle, knowledge_base: KnowledgeBase) -> None:
    fitted = [refitted(bundle, fitting(knowledge_base, seed=3)).calibrations[knowledge_base.pk] for _ in range(2)]
    assert fitted[0] == fitted[1] != DEFAULT_CALIBRATION


def test_refitted_confidence_keeps_the_promise_of_the_knowledge_base(
    bundle: Bundle, knowledge_base: KnowledgeBase
) -> None:
    systems = [refitted(bundle, fitting(knowledge_base, promise=promise)) for promise in (None, 0.999)]
    free, bound = (system.calibrations[knowledge_base.pk] for system in systems)
    assert free.answer_threshold < 1
    assert bound.answer_threshold == NEVER  # so few phrasings can't show that


def test_knowledge_too_small_for_a_fit_keeps_its_confidence(bundle: Bundle, knowledge_base: KnowledgeBase) -> None:
    other = partition_of(bundle, knowledge_base)
    few = other.replace_entries({d.entry_id for d in other.documents}, other.documents[:2], other.vectors()[:2])
    small = replace(bundle, searcher=bundle.searcher.with_partition(knowledge_base.pk, few))
    for take_out in (refitted, without_jargon, without_classes, without_declining):
        assert take_out(small, fitting(knowledge_base, seed=0)).calibrations == bundle.calibrations


class CountingEncoder:
    """The encoder; it counts the texts that it is given."""

    def __init__(self, encoder: object) -> None:
        self.encoder, self.num_texts = encoder, 0

    def encode(self, texts: Sequence[str]) -> "FloatArray":
        self.num_texts += len(texts)
        return self.encoder.encode(texts)  # type: ignore[attr-defined]


def test_remembering_bundle_encodes_a_question_once(bundle: Bundle, knowledge_base: KnowledgeBase) -> None:
    counting = CountingEncoder(bundle.interpreter.encoder)
    interpreter = type(bundle.interpreter)(counting)  # type: ignore[arg-type]
    system = remembering(replace(bundle, interpreter=interpreter))
    questions = [Question(knowledge_base.pk, text) for text in ("室外机嗡嗡响", "室外机嗡嗡响")]
    first = system.consider(questions)
    assert without_textual(system, fitting(knowledge_base, seed=0)).consider(questions)[0].text == first[0].text
    assert counting.num_texts == 1
    assert interpreter.encoder is counting  # the bundle that was given is as it was


def test_questions_are_decided_with_the_live_thresholds(bundle: Bundle, knowledge_base: KnowledgeBase) -> None:
    questions = [
        LabelledQuestion("warranty", "质保几年"),
        LabelledQuestion("gas-smell", "厨房有煤气味"),
        LabelledQuestion("__oos__", "who won the match yesterday"),
    ]
    told: list[tuple[int, int]] = []
    asked = ask(
        bundle,
        knowledge_base.pk,
        questions,
        known_entries(knowledge_base),
        progress=lambda done, of: told.append((done, of)),
    )
    assert [reply.rank for reply in asked.replies] == [1, 1, 0]
    assert [reply.given for reply in asked.replies] == ["warranty", "gas-smell", ""]
    assert asked.threshold == bundle.calibrations[knowledge_base.pk].answer_threshold
    assert told == [(3, 3)]


def test_withdrawn_entries_are_passed_over(bundle: Bundle, knowledge_base: KnowledgeBase) -> None:
    known = {pk: entry for pk, entry in known_entries(knowledge_base).items() if entry.external_id != "warranty"}
    question = LabelledQuestion("warranty", "质保几年")
    asked = ask(bundle, knowledge_base.pk, [question], known, progress=lambda _done, _of: None)
    assert (asked.replies[0].rank, asked.replies[0].given) == (0, "")
    assert "warranty" not in asked.replies[0].ranked
